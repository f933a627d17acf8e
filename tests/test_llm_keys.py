"""An API key appears nowhere but in the header of a request."""

import json
from pathlib import Path

import pytest

from evals.fakellm.faults import Fault
from evals.fakellm.scripts import FaultScript, always, first, never
from tests.cli_support import run, script
from tests.plain_model import is_grading, plain_model

KEY = "sk-proj-plantedPLANTED0123456789abcdefXYZ"
ANSWER = "We keep members because retention pays."


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (never, 0),
        (always(Fault("http_401")), 2),
        (first(1, Fault("http_401"), only=is_grading), 2),
    ],
    ids=["healthy", "refused from the start", "refused at the end"],
)
def test_a_planted_key_is_found_in_no_file_and_no_output(
    faults: FaultScript, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    out, trace = tmp_path / "out.json", tmp_path / "trace.jsonl"
    turns = script(tmp_path, ANSWER)
    with plain_model(faults, keep_requests=True) as server:
        ran = run(
            "practice", "netflix_recs", "--steps", "metrics", "--base-url", server.url,
            "--script", turns, "--json", out, "--trace", trace,
        )  # fmt: skip
        assert server.requests[0].bearer == KEY
    assert ran.code == code
    shown = [ran.out, ran.err]
    if code == 0:
        shown += [run("report", ran.id, "--format", form).out for form in ("json", "html", "md")]
    assert not [text for text in shown if KEY in text]
    found = _files(tmp_path)
    assert trace in found
    assert not [path for path in found if KEY.encode() in path.read_bytes()]


def test_a_key_that_a_server_sends_back_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with plain_model(always(Fault("http_401"))) as server:
        ran = run(
            "practice", "netflix_recs", "--base-url", server.url,
            "--script", script(tmp_path, ANSWER),
        )  # fmt: skip
    assert ran.code == 2
    assert "[key removed]" in ran.err
    assert "check the API key" in ran.err


def test_a_trace_line_is_json_after_a_key_was_removed_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    trace = tmp_path / "trace.jsonl"
    with plain_model() as server:
        run(
            "practice", "netflix_recs", "--steps", "metrics", "--base-url", server.url,
            "--script", script(tmp_path, f"My key is {KEY}, by the way."), "--trace", trace,
        )  # fmt: skip
    lines = trace.read_text().splitlines()
    assert all(json.loads(line)["task"] for line in lines)
    assert KEY not in trace.read_text()
