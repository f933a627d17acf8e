"""A model that fails in every known way: no grade is lost, none is made up."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.graded import GradedAnswer
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.faults import KINDS, Fault
from evals.fakellm.scripts import mixed
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.cli_support import run

ANSWERS = 240
TOP = 2
CRITERIA = ("cause", "remedy", "price")
_NUMBER = re.compile(r"Answer number (\d+) ")
RUBRIC = "\n".join(
    [
        "id: caches",
        "title: Caches",
        "question: Why do caches go stale?",
        "criteria:",
        *(f"  - {{id: {one}, title: {one}, levels: {{0: No, 1: Some, 2: All}}}}" for one in CRITERIA),
    ]
)
FAULTS = [Fault(kind, seconds=0.05, retry_after=0.05) for kind in KINDS]


class _Erring:
    """A model that on top of what its server does errs in what it writes, as long as `errs`.

    What it would grade rightly is always the same: see `level`.
    """

    def __init__(self) -> None:
        self.errs = True
        self._asked = 0
        self._faults = mixed(FAULTS, 0.1)

    def fault(self, number: int, request: ChatRequest) -> Fault | None:
        return self._faults(number, request) if self.errs else None

    def reply(self, request: ChatRequest) -> Reply:
        self._asked += 1
        answer = _number(request)
        wanted = [one for one in CRITERIA if f"{one}: {one}." in request.last]
        grades = {one: _grade(level(answer, one), answer) for one in wanted}
        if self.errs:
            _spoil(grades, self._asked)
        return Reply(json={"grades": grades, "red_flags": []})


def _spoil(grades: dict[str, dict[str, Any]], number: int) -> None:
    first = next(iter(grades))
    match number % 24:
        case 3:
            grades[first]["level"] = TOP + 5
        case 9:
            del grades[first]
        case 15 | 16:
            # Twice in a row, so that asking once more does not always help.
            grades[first] |= {"level": 1, "quotes": [{"turn": 0, "quote": "Nobody said this."}]}
        case 21:
            grades[first] |= {"level": 1, "quotes": []}


def _grade(points: int, answer: int) -> dict[str, Any]:
    quotes = [{"turn": 0, "quote": f"Answer number {answer} says why"}] if points else []
    return {"quotes": quotes, "reason": "You say so.", "level": points, "confidence": "high"}


def level(answer: int, criterion: str) -> int:
    """What the model gives for a criterion of an answer when it does not err."""
    return (answer + CRITERIA.index(criterion)) % (TOP + 1)


def _number(request: ChatRequest) -> int:
    number = _NUMBER.search(request.last)
    assert number is not None
    return int(number[1])


@dataclass
class _Runs:
    """What stood in the folder after the runs with faults and after one without."""

    faulty: list[GradedAnswer]
    whole: list[GradedAnswer]
    stops: int
    calls: int
    """How many calls the run without faults made."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Runs]:
    home = tmp_path_factory.mktemp("faults")
    answers, rubric, out = home / "many.jsonl", home / "rubric.yaml", home / "out"
    rubric.write_text(RUBRIC)
    answers.write_text("".join(f"{json.dumps(_answer(at))}\n" for at in range(ANSWERS)))
    model = _Erring()
    with serving(FakeLLM(Scripted(model.reply), faults=model.fault)) as server:
        model_options = ("--model", "openai:x", "--base-url", server.url)
        order = ("grade", answers, "--rubric", rubric, "--out", out, *model_options)
        # A refused key stops a run, as all calls would meet it; the same command goes on.
        stops = 0
        while (ran := run(*order)).code == 3:
            stops += 1
            assert stops < 20, ran.err
        assert ran.code == 0, ran.err
        faulty = _lines(out)
        model.errs, before = False, server.served
        assert run(*order).code == 0
        yield _Runs(faulty, _lines(out), stops, server.served - before)


def _answer(number: int) -> dict[str, str]:
    return {"id": f"a{number}", "answer": f"Answer number {number} says why. It is not told."}


def _lines(folder: Path) -> list[GradedAnswer]:
    lines = (folder / "grades.jsonl").read_text().splitlines()
    return [GradedAnswer.model_validate_json(line) for line in lines]


def test_no_answer_is_lost_whatever_fails(runs: _Runs) -> None:
    assert [one.id for one in runs.faulty] == [f"a{number}" for number in range(ANSWERS)]
    for one in runs.faulty:
        assert tuple(grade.id for grade in one.scorecard.criteria) == CRITERIA


def test_no_grade_is_made_up_whatever_fails(runs: _Runs) -> None:
    ungraded = 0
    for number, one in enumerate(runs.faulty):
        for grade in one.scorecard.criteria:
            if grade.level == "ungraded":
                ungraded += 1
                assert grade.reason.strip()
                assert grade.evidence == ()
            else:
                assert grade.level == level(number, grade.id)
    # Some faults outlast all patience, but nearly all are overcome.
    assert 0 < ungraded < 0.1 * ANSWERS * len(CRITERIA)


def test_every_level_above_0_has_a_quote_that_stands_in_the_answer(runs: _Runs) -> None:
    for number, one in enumerate(runs.faulty):
        for grade in one.scorecard.criteria:
            if grade.level not in (0, "ungraded"):
                assert grade.evidence
            assert all(e.quote in _answer(number)["answer"] for e in grade.evidence)
            assert all(e.turn == 0 for e in grade.evidence)


def test_a_refused_key_stops_a_run_and_the_same_command_goes_on(runs: _Runs) -> None:
    assert runs.stops > 0


def test_a_run_without_faults_completes_what_is_missing_and_pays_for_nothing_else(
    runs: _Runs,
) -> None:
    assert {one.status for one in runs.whole} == {"graded"}
    assert runs.calls == sum(one.status != "graded" for one in runs.faulty)
    for before, after in zip(runs.faulty, runs.whole, strict=True):
        if before.status == "graded":
            assert after == before
