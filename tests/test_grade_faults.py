"""A model that fails in every known way: no grade is lost, none is made up."""

import json
import re
from pathlib import Path
from typing import Any

from agent.graded import GradedAnswer
from agent.scorecard import UNGRADED
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.faults import KINDS, Fault
from evals.fakellm.scripts import mixed
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.cli_support import run

ANSWERS = 240
TOP = 2
REFUSED, INVENTED = 7, 17
"""Of forty answers, the one that the model never wants to grade, and one that it never can."""
_INVENTED = {"level": 1, "quotes": [{"turn": 0, "quote": "Nobody said this."}]}
CRITERIA = ("cause", "remedy", "price")
_NUMBER = re.compile(r"Answer number (\d+) ")
RUBRIC = "\n".join(
    [
        "id: caches",
        "title: Caches",
        "question: Why do caches go stale?",
        "criteria:",
        *(
            f"  - {{id: {one}, title: {one}, levels: {{0: None, 1: Some, 2: All}}}}"
            for one in CRITERIA
        ),
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
        if not self.errs:
            return None
        return Fault("http_401") if number == ANSWERS // 2 else self._faults(number, request)

    def reply(self, request: ChatRequest) -> Reply:
        self._asked += 1
        answer = _number(request)
        wanted = [one for one in CRITERIA if f"{one}: {one}." in request.last]
        grades = {one: _grade(level(answer, one), answer) for one in wanted}
        if self.errs and answer % 40 == REFUSED:
            return Reply(refusal="I would rather not.")
        if self.errs:
            _spoil(grades, self._asked)
            if answer % 40 == INVENTED and "cause" in grades:
                grades["cause"] |= _INVENTED
        return Reply(json={"grades": grades, "red_flags": []})


def _spoil(grades: dict[str, dict[str, Any]], number: int) -> None:
    """Now and then a level that there is not, no grade, a quote that does not stand, or none."""
    first = next(iter(grades))
    match number % 24:
        case 3:
            grades[first]["level"] = TOP + 5
        case 9:
            del grades[first]
        case 15:
            grades[first] |= _INVENTED
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


def test_whatever_fails_no_answer_is_lost_no_grade_made_up_and_none_paid_for_twice(
    tmp_path: Path,
) -> None:
    answers, rubric, out = tmp_path / "many.jsonl", tmp_path / "rubric.yaml", tmp_path / "out"
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
        assert stops > 0
        faulty = _lines(out)
        model.errs, before = False, server.served
        assert run(*order).code == 0
        calls = server.served - before
    _no_answer_is_lost(faulty)
    _no_grade_is_made_up(faulty)
    _every_level_has_a_quote_that_stands(faulty)
    _what_was_missing_is_completed_and_only_that_is_paid_for(faulty, _lines(out), calls)


def _answer(number: int) -> dict[str, str]:
    return {"id": f"a{number}", "answer": f"Answer number {number} says why. It is not told."}


def _lines(folder: Path) -> list[GradedAnswer]:
    lines = (folder / "grades.jsonl").read_text().splitlines()
    return [GradedAnswer.model_validate_json(line) for line in lines]


def _no_answer_is_lost(graded: list[GradedAnswer]) -> None:
    assert [one.id for one in graded] == [f"a{number}" for number in range(ANSWERS)]
    for one in graded:
        assert tuple(grade.id for grade in one.scorecard.criteria) == CRITERIA


def _no_grade_is_made_up(graded: list[GradedAnswer]) -> None:
    ungraded = 0
    for number, one in enumerate(graded):
        for grade in one.scorecard.criteria:
            if grade.level == UNGRADED:
                ungraded += 1
                assert grade.reason.strip()
                assert grade.evidence == ()
            else:
                assert grade.level == level(number, grade.id)
    # Those that the model never gets right, and hardly any other.
    never = ANSWERS // 40 * (len(CRITERIA) + 1)
    assert never <= ungraded < 2 * never


def _every_level_has_a_quote_that_stands(graded: list[GradedAnswer]) -> None:
    for number, one in enumerate(graded):
        for grade in one.scorecard.criteria:
            assert bool(grade.evidence) == (grade.level not in (0, UNGRADED))
            for evidence in grade.evidence:
                assert evidence.turn == 0
                assert evidence.quote in _answer(number)["answer"]


def _what_was_missing_is_completed_and_only_that_is_paid_for(
    faulty: list[GradedAnswer], whole: list[GradedAnswer], calls: int
) -> None:
    assert {one.status for one in whole} == {"graded"}
    assert calls == sum(one.status != "graded" for one in faulty)
    for before, after in zip(faulty, whole, strict=True):
        if before.status == "graded":
            assert after == before
