"""Practising with a model from the command line: scripts, resuming, what is told and kept."""

import json
from pathlib import Path

import pytest

from agent.interview.events import EVENT
from evals.recorded import CANDIDATES, candidates
from tests.cli_support import data_file, refused, run, script
from tests.plain_model import plain_model, recorded_model

NAMES = [path.stem for path in sorted(CANDIDATES.glob("*.yaml"))]
DRILL = ("practice", "netflix_recs", "--steps", "metrics", "--base-url")
ANSWER = "Offline I take NDCG at ten because the order counts. Online qualified plays decide."


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_interview_is_played_to_its_scorecard(name: str, tmp_path: Path) -> None:
    (candidate,) = candidates([name])
    out = tmp_path / "out.json"
    with recorded_model() as server:
        ran = run(
            "practice", candidate.scenario, "--base-url", server.url, "--model", "openai:recorded",
            "--level", candidate.options.level.value, "--style", candidate.options.style.value,
            "--script", CANDIDATES / f"{name}.yaml", "--json", out,
        )  # fmt: skip
    assert ran.code == 0, ran.err
    card = json.loads(out.read_text())["scorecard"]
    assert card["provenance"]["engine"] == "openai:recorded"
    assert card["provenance"]["structured_output"] == ["json_schema"]
    assert card["unobserved_turns"] == []


def test_the_strong_candidates_come_out_before_the_others() -> None:
    percents = {}
    with recorded_model() as server:
        for candidate in candidates():
            ran = run(
                "practice", candidate.scenario, "--base-url", server.url,
                "--model", "openai:recorded", "--level", candidate.options.level.value,
                "--style", candidate.options.style.value,
                "--script", CANDIDATES / f"{candidate.name}.yaml",
            )  # fmt: skip
            record = json.loads(run("report", ran.id, "--format", "json").out)
            percents[candidate.name] = record["scorecard"]["percent"]
    for scenario in ("netflix", "fraud"):
        strong, skips, poor = (percents[f"{scenario}_{k}"] for k in ("strong", "skips", "poor"))
        assert strong > skips > poor


def test_the_model_is_named_before_the_interview(tmp_path: Path) -> None:
    with plain_model() as server:
        ran = run(*DRILL, server.url, "--script", script(tmp_path, ANSWER))
    assert "interviewer: openai:fake-model" in ran.out


def test_without_a_key_the_offline_engine_says_so_and_how_to_get_a_model(tmp_path: Path) -> None:
    ran = run("practice", "netflix_recs", "--script", script(tmp_path, ANSWER))
    assert "The offline engine interviews" in ran.out
    assert "OPENAI_API_KEY" in ran.out


def test_a_key_alone_chooses_its_providers_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plain_model() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        ran = run("practice", "netflix_recs", "--script", script(tmp_path, ANSWER))
    assert "OPENAI_API_KEY is set: openai:gpt-" in ran.out
    assert "interviewer: openai:gpt-" in ran.out


def test_a_key_pays_for_no_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    ran = run("practice")
    assert ran.code == 0
    assert "interviewer: offline" in ran.out


def test_the_report_tells_calls_tokens_price_and_waiting(tmp_path: Path) -> None:
    with plain_model() as server:
        ran = run(*DRILL, server.url, "--script", script(tmp_path, ANSWER))
    for form in ("text", "md", "html"):
        told = run("report", ran.id, "--format", form).out
        assert "tokens in (0 cached)" in " ".join(told.split())
        assert "price not known" in " ".join(told.split())
        assert "Time to the first word" in " ".join(told.split())


def test_cost_is_shown_within_the_interview(tmp_path: Path) -> None:
    with plain_model() as server:
        ran = run(*DRILL, server.url, "--script", script(tmp_path, ANSWER, "/cost"))
    assert "3 calls" in ran.out


def test_the_trace_holds_every_prompt_and_reply(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    with plain_model() as server:
        run(*DRILL, server.url, "--script", script(tmp_path, ANSWER), "--trace", trace)
        calls = server.served
    entries = [json.loads(line) for line in trace.read_text().splitlines()]
    assert len(entries) == calls
    assert {entry["task"] for entry in entries} == {"speak", "observe", "grade"}
    assert all(entry["messages"] and entry["reply"] for entry in entries)


def test_an_interview_goes_on_with_the_model_it_was_held_with(tmp_path: Path) -> None:
    with plain_model() as server:
        monkey = ("practice", "netflix_recs", "--base-url", server.url, "--pace", "relaxed")
        down = run(*monkey, "--script", script(tmp_path, ANSWER, ANSWER + " Again."))
        assert down.code == 0
    events = run("report", down.id, "--format", "json").out
    started = json.loads(events)["events"][0]
    assert started["choice"] == {
        "model": "openai:fake-model", "observer_model": None, "base_url": server.url
    }  # fmt: skip


def test_credentials_in_a_base_url_are_not_stored(tmp_path: Path) -> None:
    with plain_model() as server:
        url = server.url.replace("://", "://user:secretword@")
        ran = run(*DRILL, url, "--script", script(tmp_path, ANSWER))
    assert ran.code == 0, ran.err
    assert b"secretword" not in data_file().read_bytes()
    assert "secretword" not in ran.out


def test_another_model_may_read_the_answers(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with plain_model(models=("big", "small")) as server:
        ran = run(
            *DRILL, server.url, "--model", "openai:big", "--observer-model", "openai:small",
            "--script", script(tmp_path, ANSWER), "--json", out,
        )  # fmt: skip
    assert ran.code == 0, ran.err
    models = json.loads(out.read_text())["scorecard"]["provenance"]["models"]
    calls = {one["model"]: one["calls"] for one in models}
    assert calls["openai:small"] == 1
    assert calls["openai:big"] > 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "openai:gpt-6-luna"), "no OPENAI_API_KEY is set"),
        (("--observer-model", "openai:gpt-6-luna"), "--model"),
        (("--trace", "trace.jsonl"), "--trace"),
        (("--model", "nobody:model"), "unknown provider 'nobody'"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    options: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    ran = run("practice", "netflix_recs", "--script", script(tmp_path, ANSWER), *options)
    assert told in refused(ran)


def test_old_events_without_an_engines_choice_can_still_be_read() -> None:
    event = EVENT.validate_json(
        '{"type": "started", "clock": 0, "at": "2026-01-01T00:00:00Z", "interview": "x",'
        '"scenario": "netflix_recs", "scenario_hash": "", "rubric": "ml_system_design",'
        '"rubric_hash": "", "options": {}, "engine": "offline", "version": "0"}'
    )
    assert event.type == "started"
    assert event.choice.model == "offline"
