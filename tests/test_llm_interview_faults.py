"""Whatever a model's server does, an interview goes on or stops with a clear word; nothing is
lost and nothing invented."""

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from agent.llm import chat
from agent.llm.guard import Guard
from agent.rubric import Rubric
from agent.scenario import Scenario
from evals.fakellm.faults import INVENTED, LEAK, Fault
from evals.fakellm.scripts import each, first
from tests.cli_support import Ran, run, script
from tests.plain_model import is_grading, is_note, is_speech, plain_model
from tests.support import rubric, scenario

TURNS = (
    "We keep members because retention pays. The home page shall help with that.",
    "I predict the probability of a qualified play. It is a binary classification.",
    "Nothing more to say here.",
)
PASSING = [
    Fault("http_429"),
    Fault("http_429", retry_after=0.05),
    Fault("http_500"),
    Fault("http_503"),
    Fault("reset_before"),
    Fault("reset_mid_stream"),
    Fault("slow_first_token", seconds=3.0),
    Fault("stalled_stream", seconds=3.0),
]
"""Faults of the way to the model."""
BREAKS_OFF = ("reset_mid_stream", "stalled_stream")
CONTENT = [
    Fault("truncated_json"),
    Fault("prose_around_json"),
    Fault("wrong_enum"),
    Fault("empty_content"),
    Fault("refusal"),
    Fault("content_filter"),
    Fault("length"),
    Fault("invented_quote"),
    Fault("leak"),
]
"""Faults of what the model says."""


def _name(fault: Fault) -> str:
    return f"{fault.kind}{'_with_retry_after' if fault.retry_after else ''}"


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same patience as for a person, in a hundredth of the time."""
    quick = partial(
        chat.Limits, first_token=1.0, between_tokens=0.5, whole=1.5, backoff=0.01, attempts=3
    )
    monkeypatch.setattr("agent.llm.chat.Limits", quick)
    monkeypatch.setattr("agent.llm.engine.Guard", _guard)


@cache
def _guard_of(_: str) -> Guard:
    return Guard(rubric(), scenario())


def _guard(_: Rubric, asked: Scenario) -> Guard:
    """Made once for all tests here, which are about one scenario."""
    return _guard_of(asked.id)


def _interviewed(tmp_path: Path, url: str) -> tuple[Ran, dict[str, Any]]:
    out = tmp_path / "out.json"
    ran = run(
        "practice", "netflix_recs", "--steps", "problem_formulation", "--pace", "relaxed",
        "--base-url", url, "--script", script(tmp_path, *TURNS), "--json", out,
    )  # fmt: skip
    assert "Traceback" not in ran.out + ran.err
    return ran, json.loads(out.read_text()) if out.exists() else {}


def _candidate(record: dict[str, Any]) -> list[str]:
    return [t["text"] for t in record["transcript"] if t["speaker"] == "candidate"]


@pytest.mark.parametrize("fault", [*PASSING, *CONTENT], ids=_name)
@pytest.mark.parametrize("task", [is_note, is_speech, is_grading])
def test_a_fault_that_passes_leaves_no_trace_in_the_interview(
    fault: Fault, task: Any, tmp_path: Path
) -> None:
    with plain_model(first(1, fault, only=task)) as server:
        ran, record = _interviewed(tmp_path, server.url)
    assert ran.code == 0, ran.err
    assert _candidate(record) == list(TURNS)
    if fault.kind not in ("invented_quote", "leak"):
        assert record["scorecard"]["unobserved_turns"] == []


@pytest.mark.parametrize("fault", [f for f in PASSING if f.kind not in BREAKS_OFF], ids=_name)
@pytest.mark.parametrize("task", [is_note, is_grading])
def test_a_model_that_stays_away_stops_the_script_and_keeps_the_interview(
    fault: Fault, task: Any, tmp_path: Path
) -> None:
    with plain_model(each(fault, only=task)) as server:
        ran, _ = _interviewed(tmp_path, server.url)
    assert ran.code == 2
    (line,) = ran.err.splitlines()
    assert "The interview is kept: sevenstep resume " in line
    with plain_model() as server:
        resumed = run("resume", "--base-url", server.url, "--script", script(tmp_path, *TURNS))
    assert resumed.code == 0, resumed.err
    record = json.loads(run("report", resumed.id, "--format", "json").out)
    assert _candidate(record) == list(TURNS)
    assert record["scorecard"]["unobserved_turns"] == []


@pytest.mark.parametrize("fault", [f for f in PASSING if f.kind not in BREAKS_OFF], ids=_name)
def test_a_model_that_never_speaks_stops_the_script_before_the_first_question(
    fault: Fault, tmp_path: Path
) -> None:
    with plain_model(each(fault, only=is_speech)) as server:
        ran, _ = _interviewed(tmp_path, server.url)
    assert ran.code == 2
    assert "The interview is kept" in ran.err


@pytest.mark.parametrize("kind", BREAKS_OFF)
def test_answers_that_break_off_are_completed_in_authored_words(kind: Any, tmp_path: Path) -> None:
    fault = Fault(kind, seconds=3.0)
    with plain_model(each(fault, only=is_speech)) as server:
        ran, record = _interviewed(tmp_path, server.url)
    assert ran.code == 0, ran.err
    asked = [e["move"]["lead"].get("question") for e in record["events"] if e["type"] == "moved"]
    said = [t["text"] for t in record["transcript"] if t["speaker"] == "interviewer"]
    for question, text in zip(asked, said, strict=True):
        assert question is None or text.endswith(question)


@pytest.mark.parametrize(
    "kind",
    ["truncated_json", "wrong_enum", "empty_content", "refusal", "content_filter", "length"],
)
def test_a_turn_that_cannot_be_read_is_unobserved_and_told_so(kind: Any, tmp_path: Path) -> None:
    with plain_model(each(Fault(kind), only=is_note)) as server:
        ran, record = _interviewed(tmp_path, server.url)
    assert ran.code == 0, ran.err
    observed = [e for e in record["events"] if e["type"] == "observed"]
    unread = [e for e in observed if e["observation"] is None]
    if kind in ("truncated_json", "wrong_enum"):
        # What can be mended on the last try is kept; what was said stays checked.
        assert all(e["observation"] is None or not e["observation"]["flags"] for e in observed)
    else:
        assert len(unread) == len(TURNS)
        assert all(e["error"] for e in unread)
        assert "could not read these turns" in ran.out
    assert all(
        quote["quote"] in said
        for e in observed
        if e["observation"]
        for quote in e["observation"]["sightings"]
        for said in [" ".join(_candidate(record))]
    )


@pytest.mark.parametrize("kind", ["truncated_json", "empty_content", "refusal", "content_filter"])
def test_what_cannot_be_graded_is_ungraded_and_no_zero(kind: Any, tmp_path: Path) -> None:
    with plain_model(each(Fault(kind), only=is_grading)) as server:
        ran, record = _interviewed(tmp_path, server.url)
    assert ran.code == 0, ran.err
    levels = {grade["level"] for grade in record["scorecard"]["criteria"]}
    assert 0 not in levels
    assert "ungraded" in levels


def test_a_quote_that_was_never_said_counts_for_nothing(tmp_path: Path) -> None:
    with plain_model(each(Fault("invented_quote"))) as server:
        ran, record = _interviewed(tmp_path, server.url)
    assert ran.code == 0
    assert INVENTED not in json.dumps(record)
    assert "ungraded" in {grade["level"] for grade in record["scorecard"]["criteria"]}


def test_an_utterance_that_leaks_is_never_said(tmp_path: Path) -> None:
    with plain_model(each(Fault("leak"), only=is_speech)) as server:
        ran, record = _interviewed(tmp_path, server.url)
    assert ran.code == 0
    assert LEAK not in ran.out
    assert "label_construction" not in ran.out
    refused = [r for e in record["events"] if "spent" in e for r in e["spent"]["refused"]]
    assert refused


def test_a_context_that_is_too_short_is_met_by_condensing(tmp_path: Path) -> None:
    with plain_model(first(1, Fault("context_length"))) as server:
        ran, _ = _interviewed(tmp_path, server.url)
    assert ran.code == 0, ran.err


def test_a_server_without_json_schema_is_asked_by_a_tool_call(tmp_path: Path) -> None:
    fault = Fault("unsupported_format", modes=("json_schema",))
    with plain_model(each(fault, only=lambda request: request.mode == "json_schema")) as server:
        ran, record = _interviewed(tmp_path, server.url)
    assert ran.code == 0, ran.err
    assert record["scorecard"]["provenance"]["structured_output"] == ["tool_call"]
