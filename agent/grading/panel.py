"""Several raters' grades of one text as one: the median, with what each of them gave. Pure."""

from collections.abc import Sequence

from agent.grading.flags import DISAGREE
from agent.ports import Graded, GradedFlag, Rating, Verdict
from agent.scorecard import CriterionGrade

_APART = 2
"""Levels this far apart, or from end to end of a shorter scale, are for a person to look at."""


def combined(raters: Sequence[tuple[str, Graded]]) -> Graded:
    """The grades of all raters together, given with their names.

    The level is the median of those who gave one, the lower of two middle ones; at least half
    must have given one. Quotes and reason are those of the first rater at this level. A flag
    stands if any rater saw it.
    """
    if len(raters) == 1:
        return raters[0][1]
    by_criterion: dict[str, list[tuple[str, Verdict]]] = {}
    flags: dict[str, GradedFlag] = {}
    for name, graded in raters:
        for verdict in graded.verdicts:
            by_criterion.setdefault(verdict.criterion, []).append((name, verdict))
        for flag in graded.flags:
            flags.setdefault(flag.flag, flag)
    verdicts = tuple(_median(given) for given in by_criterion.values())
    apart = "; ".join(_told(verdict) for verdict in verdicts if is_apart(verdict.ratings))
    if apart:
        flags[DISAGREE] = GradedFlag(flag=DISAGREE, turn=None, quote=apart)
    return Graded(verdicts=verdicts, flags=tuple(flags.values()))


def is_apart(ratings: Sequence[Rating]) -> bool:
    """Whether raters lie so far apart that a person should look at it."""
    levels = [rating.level for rating in ratings if rating.level is not None]
    return bool(levels) and max(levels) - min(levels) >= _APART


def agreement(grades: Sequence[CriterionGrade]) -> float | None:
    """The share of criteria on which all raters gave the same, 0 to 1.

    Those with a level from at least two raters count; None if there are none.
    """
    rated = [
        levels
        for grade in grades
        if len(levels := [one.level for one in grade.ratings if one.level is not None]) > 1
    ]
    if not rated:
        return None
    return round(sum(len(set(levels)) == 1 for levels in rated) / len(rated), 3)


def _median(given: Sequence[tuple[str, Verdict]]) -> Verdict:
    ratings = tuple(Rating(rater=name, level=verdict.level) for name, verdict in given)
    levels = sorted(verdict.level for _, verdict in given if verdict.level is not None)
    if 2 * len(levels) < len(given) or not levels:
        first = next(verdict for _, verdict in given if verdict.level is None)
        reason = f"{len(levels)} of {len(given)} raters gave a level. {first.reason}"
        return Verdict(criterion=first.criterion, reason=reason, level=None, ratings=ratings)
    middle = levels[(len(levels) - 1) // 2]
    chosen = next(verdict for _, verdict in given if verdict.level == middle)
    return chosen.model_copy(update={"ratings": ratings})


def _told(verdict: Verdict) -> str:
    levels = ", ".join(
        f"{one.rater} {'none' if one.level is None else one.level}" for one in verdict.ratings
    )
    return f"{verdict.criterion}: {levels}"
