"""A decision study: the reliability of so many judges and repeats, and the cheapest that suffices.

Pure, over `evals.stats.generalizability.GStudy`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evals.levels import Array
from evals.stats.bounds import Bounds
from evals.stats.generalizability import GStudy, drawn_components, facets

Coefficient = Literal["relative", "absolute"]


@dataclass(frozen=True)
class Decision:
    """What the mean over `judges`, each `repeats` times, is worth.

    `relative` is E rho squared, for ranking answers: a judge who is strict to all does no harm.
    `absolute` is Phi, for the score as such: who is strict does. Both 0 to 1, with 95 % intervals;
    None where neither answers nor anything else varies. The standard errors of measurement are in
    units of the scores. `cost` is judges x repeats x the cost of one grading, or None without one.
    """

    judges: int
    repeats: int
    gradings: int
    cost: float | None
    relative: Bounds | None
    absolute: Bounds | None
    relative_sem: float
    absolute_sem: float


@dataclass(frozen=True)
class Plan:
    """The cheapest decision that reaches `target`, or None if none within the bounds does.

    `most` is what the bounds allow at best, by the same coefficient.
    """

    target: float
    coefficient: Coefficient
    max_judges: int
    max_repeats: int
    decision: Decision | None
    most: Decision


def decide(
    study: GStudy, judges: int, repeats: int = 1, cost_per_grading: float | None = None
) -> Decision:
    """The coefficients of a mean over `judges` x `repeats`.

    Source: Brennan (2001). Raises ValueError for less than one of either, and for repeats where
    the study had none: it cannot tell what repeating would change.
    """
    _check(study, judges, repeats)
    variances = np.array([[one.variance for one in study.components]])
    point = _variances(study, variances, judges, repeats)
    drawn = _variances(study, drawn_components(study), judges, repeats)
    gradings = judges * repeats
    return Decision(
        judges=judges,
        repeats=repeats,
        gradings=gradings,
        cost=None if cost_per_grading is None else gradings * cost_per_grading,
        relative=_bounds(point[0], point[1], drawn[0], drawn[1]),
        absolute=_bounds(point[0], point[2], drawn[0], drawn[2]),
        relative_sem=float(np.sqrt(point[1][0])),
        absolute_sem=float(np.sqrt(point[2][0])),
    )


def plan(
    study: GStudy,
    target: float = 0.8,
    coefficient: Coefficient = "absolute",
    *,
    max_judges: int = 20,
    max_repeats: int = 10,
    cost_per_grading: float | None = None,
) -> Plan:
    """The fewest gradings whose estimated coefficient is at least `target`.

    Among equals the higher coefficient. A further judge is never worth less than a further repeat
    at the same price, so repeats come in where `max_judges` runs out: set it to the number of
    models at hand. Without repeats in the study only judges are counted. Raises ValueError for a
    target that is not between 0 and 1, or a bound below 1.
    """
    if not 0 < target < 1:
        raise ValueError(f"target {target:g}; it must lie between 0 and 1")
    if study.repeats == 1:
        max_repeats = 1
    _check(study, max_judges, max_repeats)
    variances = np.array([[one.variance for one in study.components]])
    index = 1 if coefficient == "relative" else 2
    found: list[tuple[int, float, int, int]] = []
    for judges in range(1, max_judges + 1):
        for repeats in range(1, max_repeats + 1):
            told = _variances(study, variances, judges, repeats)
            reached = _coefficient(told[0], told[index])[0]
            if reached >= target - 1e-12:  # nan does not reach it
                found.append((judges * repeats, -float(reached), judges, repeats))
    best = min(found, default=None)
    return Plan(
        target,
        coefficient,
        max_judges,
        max_repeats,
        None if best is None else decide(study, best[2], best[3], cost_per_grading),
        decide(study, max_judges, max_repeats, cost_per_grading),
    )


def _check(study: GStudy, judges: int, repeats: int) -> None:
    if judges < 1 or repeats < 1:
        raise ValueError(f"{judges} judges x {repeats} repeats; both must be at least 1")
    if repeats > 1 and study.repeats == 1:
        raise ValueError("the study has no repeats and cannot tell what repeating would change")


def _variances(
    study: GStudy, components: Array, judges: int, repeats: int
) -> tuple[Array, Array, Array]:
    """The variances of universe scores, relative errors and absolute errors, for each row."""
    universe, relative, absolute = (np.zeros(len(components)) for _ in range(3))
    for at, one in enumerate(study.components):
        facet = facets(study.design, one.source)
        if facet == "p":
            universe = components[:, at]
            continue
        error = components[:, at] / (
            (judges if "r" in facet else 1) * (repeats if "o" in facet else 1)
        )
        absolute = absolute + error
        if "p" in facet:
            relative = relative + error
    return universe, relative, absolute


def _coefficient(universe: Array, error: Array) -> Array:
    total = universe + error
    return np.where(total > 0, universe / np.where(total > 0, total, 1), np.nan)


def _bounds(universe: Array, error: Array, drawn: Array, drawn_error: Array) -> Bounds | None:
    value = float(_coefficient(universe, error)[0])
    if np.isnan(value):
        return None
    low, high = np.quantile(_coefficient(drawn, drawn_error), [0.025, 0.975])
    return Bounds(value=value, low=float(low), high=float(high))
