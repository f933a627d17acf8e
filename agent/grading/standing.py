"""What stands of a grader's verdict: its evidence checked, and what goes above its level. Pure.

That is a calibration, and above both a person's word.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from agent.grading.evidence import verified
from agent.ports import Confidence, Evidence, Graded, Rating, Verdict
from agent.scorecard import UNGRADED, Grade, Review
from agent.transcript import Transcript

Calibrated = Callable[[str, int], int]
"""Gives the calibrated level for a criterion and the level that its grader gave."""


class Standing(NamedTuple):
    """A criterion's level and what it rests on."""

    level: Grade
    evidence: tuple[Evidence, ...]
    reason: str
    confidence: Confidence | None
    ratings: tuple[Rating, ...]
    calibrated_from: int | None
    review: Review | None


def standing(
    verdict: Verdict,
    transcript: Transcript,
    reviews: Iterable[Review] = (),
    question: str = "",
    calibrated: Calibrated | None = None,
) -> Standing:
    """The verdict as it stands. A level above 0 without a quote that counts is no level.

    A level is then `calibrated`, but 0 without a quote stays 0: nothing is scored without one. Of
    the `reviews` the last one on this criterion counts; it needs no quote.
    """
    level: Grade = UNGRADED if verdict.level is None else verdict.level
    reason, evidence = verdict.reason, verified(verdict.evidence, transcript, question)
    if isinstance(level, int) and level > 0 and not evidence:
        level = UNGRADED
        reason = "No quote that counts stands for it, so the level was thrown out."
    own = verdict.calibrated_from
    if calibrated is not None and isinstance(level, int) and (level > 0 or evidence):
        given, level = level, calibrated(verdict.criterion, level)
        if level != given:
            own = given
            # First, as what is shown of a long reason is its beginning.
            reason = f"Calibrated from level {given} to {level}. {reason}"
    is_scored = isinstance(level, int) and (level > 0 or own is not None)
    review = next((one for one in [*reviews][::-1] if one.criterion == verdict.criterion), None)
    if review is not None:
        level = review.level
    return Standing(
        level=level,
        # What a grader quoted stays beside another level that was set, whatever that is.
        evidence=evidence if review or is_scored else (),
        reason=reason,
        confidence=verdict.confidence,
        ratings=verdict.ratings,
        calibrated_from=own,
        review=review,
    )


def by_words(graded: Graded, transcript: Transcript, question: str) -> Graded:
    """The grades of a grader that counts words; what rests on nothing that counts is absent.

    Such a grader has found all that there is, so that the level is 0 and not thrown out.
    """
    return graded.model_copy(
        update={
            "verdicts": tuple(
                verdict
                if not verdict.level or verified(verdict.evidence, transcript, question)
                else verdict.model_copy(
                    update={
                        "level": 0,
                        "evidence": (),
                        "reason": "What names it only repeats the question or the interviewer.",
                    }
                )
                for verdict in graded.verdicts
            )
        }
    )
