"""From a scorecard back to what the grader said, so that it can be scored anew after a review.

Pure. The scoring itself is done where it always is.
"""

from agent.ports import Graded, GradedFlag, Verdict
from agent.scorecard import NOT_ASSESSED, CriterionGrade, Grade, Scorecard


def grades_in(card: Scorecard) -> Graded:
    """The verdicts and flags without a person's word: the grader's own, calibrated if they were."""
    return Graded(
        verdicts=tuple(
            _verdict(grade) for grade in card.criteria if own_level(grade) != NOT_ASSESSED
        ),
        flags=tuple(
            GradedFlag(flag=flag.id, turn=flag.turn, quote=flag.quote) for flag in card.flags
        ),
    )


def own_level(grade: CriterionGrade) -> Grade:
    """What stands without a person's word; `grade.review` names what stood before it."""
    return grade.level if grade.review is None else grade.review.original


def _verdict(grade: CriterionGrade) -> Verdict:
    level = own_level(grade)
    return Verdict(
        criterion=grade.id,
        evidence=grade.evidence,
        reason=grade.reason,
        level=level if isinstance(level, int) else None,
        confidence=grade.confidence,
        ratings=grade.ratings,
        calibrated_from=grade.calibrated_from,
    )
