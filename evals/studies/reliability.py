"""How repeatable a grader's levels are: the same answers graded again under other conditions.

What the statistics are stands in `evals.stats.retest`, which runs there are in `evals.conditions`,
and how it looks in `evals.report`.
"""

from collections.abc import Sequence

import numpy as np

from agent.errors import InputError
from agent.frozen import Frozen
from evals.conditions import Condition, Plan, Regraded
from evals.gates import with_limits
from evals.levels import Array, Levels, Scale
from evals.stats.division import over
from evals.stats.intervals import Interval, bootstrap
from evals.stats.retest import Retest, RetestPercents, Retests, retest, retest_percents

CONFIDENCE = 0.95


class Repeated(Frozen):
    """The base and the runs of one condition, or of all if `condition` is None.

    `decisions` is the share of answers whose decision differs from the base's, once for each run;
    None where scorecards have none.
    """

    condition: Condition | None
    runs: tuple[str, ...]
    levels: Retests
    percents: RetestPercents
    decisions: Interval | None


class Ungraded(Frozen):
    """What some run has no level for, of answers on criteria that some run has graded."""

    answers: int
    cells: int
    cells_in_some_run: int
    answers_in_some_run: int


class Idle(Frozen):
    """A condition that was not run, as it changes nothing, and why."""

    condition: Condition
    reason: str


class ReliabilityStudy(Frozen):
    """How much changes when the same answers are graded again.

    Percents of an answer are over the criteria that all compared runs have graded. `at_most` is,
    where no level of any answer changed, the share of answers below which the true one lies with
    a confidence of 95 %.
    """

    whole: Repeated
    conditions: tuple[Repeated, ...]
    idle: tuple[Idle, ...]
    ungraded: Ungraded
    at_most: float | None

    @property
    def least(self) -> tuple[Retest, ...]:
        """The criteria, the least repeatable first."""
        return tuple(
            sorted(
                self.whole.levels.by_criterion,
                key=lambda one: (-(one.flip.value or 0.0), -(one.change.value or 0.0)),
            )
        )

    def figures(self) -> dict[str, float | None]:
        """What gates may name: flip, far, change, sem, qwk of levels, icc of whole answers.

        Also total.sem, total.change, decision_change; each of a condition's, such as flip.order;
        CRITERION.flip, CRITERION.sem, CRITERION.icc; ungraded, a share of levels.
        """
        found = _named("", self.whole)
        for one in self.conditions:
            found |= _named(f".{one.condition}", one)
        for each in self.whole.levels.by_criterion:
            for name in ("flip", "far", "change", "sem", "icc", "qwk"):
                found |= with_limits(f"{each.criterion}.{name}", getattr(each, name))
        count = self.ungraded.cells
        found["ungraded"] = self.ungraded.cells_in_some_run / count if count else None
        return found


def measured_reliability(
    plan: Plan,
    runs: Sequence[Regraded],
    ids: Sequence[str],
    scales: Sequence[Scale],
    *,
    seed: int = 0,
    replicates: int = 1000,
) -> ReliabilityStudy:
    """Compare runs, the base first. Raises InputError where no level was given twice."""
    base, *others = runs
    chosen = list(dict.fromkeys(one.condition for one in others))
    groups: list[tuple[Condition | None, list[Regraded]]] = [
        (name, [one for one in others if one.condition == name]) for name in chosen
    ]
    whole, *conditions = (
        _repeated(name, [base, *again], ids, scales, seed, replicates)
        for name, again in [(None, others), *groups]
    )
    if not whole.levels.overall.cells:
        raise InputError("no level was given twice: nothing can be compared")
    times = (~np.isnan(_stacked(runs))).sum(axis=2)
    some, in_part = times > 0, (times > 0) & (times < len(runs))
    graded = int(some.any(axis=1).sum())
    is_the_same = whole.levels.overall.sem.value == 0
    return ReliabilityStudy(
        whole=whole,
        conditions=tuple(conditions),
        idle=tuple(Idle(condition=one, reason=reason) for one, reason in plan.idle),
        ungraded=Ungraded(
            answers=len(ids),
            cells=int(some.sum()),
            cells_in_some_run=int(in_part.sum()),
            answers_in_some_run=int(in_part.any(axis=1).sum()),
        ),
        at_most=1 - (1 - CONFIDENCE) ** (1 / graded) if is_the_same else None,
    )


def _repeated(
    condition: Condition | None,
    runs: Sequence[Regraded],
    ids: Sequence[str],
    scales: Sequence[Scale],
    seed: int,
    replicates: int,
) -> Repeated:
    levels = _stacked(runs)
    every = ~np.isnan(levels).any(axis=2, keepdims=True)
    # Over one and the same criteria, or percents would change with what was not graded.
    complete = Levels(
        tuple(ids),
        tuple(scales),
        tuple(str(at) for at in range(len(runs))),
        np.where(every, levels, np.nan),
    )
    return Repeated(
        condition=condition,
        runs=tuple(one.name for one in runs[1:]),
        levels=retest(levels, scales, seed=seed, replicates=replicates),
        percents=retest_percents(complete.percents(), seed=seed, replicates=replicates),
        decisions=_decisions(runs, seed, replicates),
    )


def _stacked(runs: Sequence[Regraded]) -> Array:
    """The levels of all runs, (answers, criteria, runs)."""
    return np.stack([one.levels for one in runs], axis=2)


def _decisions(runs: Sequence[Regraded], seed: int, replicates: int) -> Interval | None:
    """How often a decision is another than the base's; None where that has none."""
    base = runs[0].decisions
    others = [one.decisions for one in runs[1:] if one.decisions is not None]
    if base is None or not others:
        return None
    parts = np.zeros((len(base), 2))
    for other in others:
        for at, (one, again) in enumerate(zip(base, other, strict=True)):
            if one is not None and again is not None:
                parts[at] += 1, one != again
    return bootstrap(
        parts, lambda sums: over(sums[..., 1], sums[..., 0]), seed=seed, replicates=replicates
    )


def _named(suffix: str, one: Repeated) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    whole = one.levels.overall
    for name in ("flip", "far", "change", "sem", "qwk"):
        found |= with_limits(f"{name}{suffix}", getattr(whole, name))
    found |= with_limits(f"icc{suffix}", one.percents.icc)
    found |= with_limits(f"total.sem{suffix}", one.percents.sem)
    found |= with_limits(f"total.change{suffix}", one.percents.change)
    if one.decisions is not None:
        found |= with_limits(f"decision_change{suffix}", one.decisions)
    return found
