"""A person's word against a grade: kept beside the original, and scored anew.

For answers in an output folder's ledger, and for stored interviews. Who asks the person is the
business of the faces.
"""

import difflib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from agent.batch.answer import Answer
from agent.batch.outputs import GradesFile
from agent.batch.problem import Made, problem_in
from agent.batch.results import write_results
from agent.errors import InputError
from agent.graded import GradedAnswer
from agent.grading.interviewed import sitting_of
from agent.grading.reviewed import grades_in, own_level
from agent.grading.scoring import scorecard
from agent.interview.state import InterviewState
from agent.report.summary import BatchSummary
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.scorecard import NOT_ASSESSED, CriterionGrade, Provenance, Review, Scorecard
from agent.store.ledger import Ledger


class Judgement:
    """What a person says: this criterion is at this level, because of this."""

    def __init__(self, criterion: str, level: int, reason: str, by: str) -> None:
        self.criterion = criterion
        self.level = level
        self.reason = " ".join(reason.split())
        self.by = by.strip()

    def on(self, card: Scorecard, at: datetime) -> Review:
        """The review of this scorecard; raises InputError for what does not fit it."""
        grade = _found(card, self.criterion)
        if not 0 <= self.level <= grade.top:
            raise InputError(
                f"{grade.id} has the levels 0 to {grade.top}, so that {self.level} is none of them"
            )
        if own_level(grade) == NOT_ASSESSED:
            raise InputError(f"{grade.id} was not assessed; only what was judged can be reviewed")
        if not self.reason or not self.by:
            raise InputError("a review needs a reason and a name: --reason TEXT --by NAME")
        return Review(
            criterion=grade.id,
            original=own_level(grade),
            level=self.level,
            reason=self.reason,
            by=self.by,
            at=at,
        )


def review_answer(ledger: Ledger, answer_id: str, said: Judgement, at: datetime) -> GradedAnswer:
    """Keep a review of an answer; the outcome as it stands then. Raises InputError."""
    graded = graded_answer(ledger, answer_id)
    problem = problem_in(ledger.problem(graded.problem) or "")
    answer = Answer.model_validate_json(ledger.text_of(answer_id) or "")
    review = said.on(graded.scorecard, at)
    card = problem.card(
        answer,
        grades_in(graded.scorecard),
        _made(graded.scorecard.provenance),
        (*graded.reviews, review),
    )
    changed = graded.model_copy(update={"scorecard": card, "reviews": (*graded.reviews, review)})
    ledger.add_review(answer_id, review)
    ledger.replace(changed)
    return changed


def graded_answer(ledger: Ledger, answer_id: str) -> GradedAnswer:
    """The outcome of an answer; raises InputError if there is none."""
    graded = ledger.answer(answer_id)
    if graded is None:
        raise InputError(_unknown(answer_id, (one.id for one in ledger.graded())))
    return graded


def rewrite(folder: Path, ledger: Ledger) -> BatchSummary:
    """Write the results of a folder anew after reviews; what they add up to."""
    with GradesFile(folder, ledger) as grades:
        grades.finish()
    return write_results(folder, ledger)


def review_interview(
    rubric: Rubric, scenario: Scenario, state: InterviewState, said: Judgement, at: datetime
) -> tuple[Review, Scorecard]:
    """The review of a graded interview, and its scorecard then. Raises InputError."""
    if state.scorecard is None:
        raise InputError(f"the interview {state.interview!r} is not graded yet")
    review = said.on(state.scorecard, at)
    sitting = sitting_of(state, (*state.reviews, review))
    card = scorecard(
        rubric, scenario, sitting, grades_in(state.scorecard), state.scorecard.provenance
    )
    return review, card


def _made(made: Provenance) -> Made:
    return Made(
        engine=made.engine,
        note=made.note,
        prompts_hash=made.prompts_hash,
        parameters=made.parameters,
        calibration=made.calibration,
        methods=made.structured_output,
        usage=made.models,
    )


def _found(card: Scorecard, criterion: str) -> CriterionGrade:
    for grade in card.criteria:
        if grade.id == criterion:
            return grade
    known = [grade.id for grade in card.criteria]
    near = difflib.get_close_matches(criterion, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise InputError(f"unknown criterion {criterion!r}; {hint}known are {', '.join(known)}")


def _unknown(answer_id: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(answer_id, list(known)[:10_000], n=1)
    hint = f"did you mean {near[0]!r}?" if near else "grades.csv lists them"
    return f"there is no answer {answer_id!r} among the graded ones; {hint}"
