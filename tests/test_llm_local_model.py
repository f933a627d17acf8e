"""A whole short interview with a real model over the real protocol.

The model is far too small to judge or to interview. What is tested is that nothing breaks, that
the guard holds, and that the scorecard is honest about what could not be had.
"""

import json
import re
from typing import Any

import pytest

from agent.llm.chat import Limits
from agent.llm.verdicts import verdicts_in
from tests.cli_support import Ran, run, script
from tests.local_model import serving_local_model

pytestmark = pytest.mark.timeout(900)  # a busy machine is several times slower
SCENARIO = """
id: trains
version: "1.0"
title: Late trains
domain: public transport
difficulty: standard
summary: Warn travellers of delays.
prompt: Design a system that warns travellers when their train will be late.
vocabulary: [train, delay]
facts:
  - {id: traffic, text: Two million journeys a day., asks: [how many travellers, journeys a day]}
curveballs:
  - id: strike
    step: requirements
    when: end
    text: A strike changes the timetable.
    good_adaptation: Marks the period.
    signals: [mark it]
pitfalls: [Predicting yes or no.]
grading_notes: {requirements: Good answers say what a warning is for.}
references: {requirements: Travellers can take another train in time.}
"""
TURNS = (
    "Travellers get a warning in time to take another train, because missed connections hurt.",
    "We leave out the planning of routes at first.",
)


@pytest.fixture(scope="module")
def interview(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, dict[str, Any]]:
    """An interview on a rubric and a scenario of one's own, held once for all tests here.

    A small rubric makes short prompts: on two cores this model reads a hundred tokens a second
    and writes twenty. It seldom comes to an end by itself, so that its answers are kept short.
    """
    folder = tmp_path_factory.mktemp("local")
    out = folder / "out.json"
    assert run("rubric", "new", "own", "--dir", folder / "rubric").code == 0
    (folder / "scenario").mkdir()
    (folder / "scenario" / "trains.yaml").write_text(SCENARIO, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, serving_local_model() as url:
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        for part, tokens in (("observer", 100), ("speaker", 32)):
            patch.setattr(f"agent.llm.{part}._ANSWER_TOKENS", tokens)
        patch.setattr("agent.llm.unit._MOST_ANSWER_TOKENS", 100)
        patch.setattr("agent.llm.chat.limits_for", lambda _: Limits(answers=1))
        patch.setattr("agent.llm.structured._LONGEST_TEXT", 40)
        patch.setattr("agent.llm.structured._MOST_ITEMS", 1)
        ran = run(
            "practice", "trains", "--rubric", folder / "rubric" / "own.yaml",
            "--scenarios", folder / "scenario", "--pace", "relaxed", "--base-url", url,
            "--script", script(folder, *TURNS), "--json", out,
        )  # fmt: skip
    return ran, json.loads(out.read_text()) if out.exists() else {}


def test_the_interview_ends_with_a_scorecard(interview: tuple[Ran, dict[str, Any]]) -> None:
    ran, record = interview
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    assert record["scorecard"]["provenance"]["models"][0]["calls"] >= 4


def test_every_turn_of_the_candidate_is_kept(interview: tuple[Ran, dict[str, Any]]) -> None:
    _, record = interview
    said = [t["text"] for t in record["transcript"] if t["speaker"] == "candidate"]
    assert said == list(TURNS)[: len(said)]
    assert said


def test_nothing_that_the_guard_forbids_was_said(interview: tuple[Ran, dict[str, Any]]) -> None:
    _, record = interview
    for turn in record["transcript"]:
        if turn["speaker"] == "interviewer":
            assert turn["text"].count("?") <= 1
            assert not verdicts_in(turn["text"])


def test_every_quote_stands_in_what_was_said(interview: tuple[Ran, dict[str, Any]]) -> None:
    _, record = interview
    texts = {t["index"]: t["text"] for t in record["transcript"]}
    for grade in record["scorecard"]["criteria"]:
        assert all(item["quote"] in texts[item["turn"]] for item in grade["evidence"])
        assert grade["evidence"] or grade["level"] in (0, "not_assessed", "ungraded")


def test_what_could_not_be_had_is_told(interview: tuple[Ran, dict[str, Any]]) -> None:
    _, record = interview
    card = record["scorecard"]
    unread = [e for e in record["events"] if e["type"] == "observed" and not e["observation"]]
    assert len(card["unobserved_turns"]) == len(unread)
    assert all(event["error"] for event in unread)
    ungraded = [g for g in card["criteria"] if g["level"] == "ungraded"]
    assert all(re.search(r"\w", grade["reason"]) for grade in ungraded)


def test_the_model_and_how_it_answers_are_named(interview: tuple[Ran, dict[str, Any]]) -> None:
    _, record = interview
    made = record["scorecard"]["provenance"]
    assert made["engine"].startswith("openai:")
    assert made["prompts_hash"]
