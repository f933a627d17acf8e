"""The same answers graded several times by what should come to the same: how much does change.

Every value has an interval over answers (`evals.stats.intervals`): it speaks for other answers,
not for other repeats.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from agent.frozen import Frozen
from evals.levels import Array, Scale
from evals.stats import confusion, icc
from evals.stats.categories import Unit, categories
from evals.stats.division import over
from evals.stats.intervals import (
    Interval,
    Resamples,
    Statistic,
    bootstrap,
    intervals,
    resample,
)

FAR = 2
"""A level that is moved so far was taken for another, not doubted between two."""


class Retest(Frozen):
    """How repeatable levels are on one criterion, or on all if `criterion` is None.

    `cells` are levels of the first run that were given again, counted once for each other run.
    Of these `flip` is the share that differ, `far` that by two levels or more, `change` the mean
    difference. `sem` is the standard error of measurement of one level: the root of the mean
    variance within an answer on a criterion, over all runs. `icc` is ICC(2,1) over runs, `qwk`
    that of all pairs of runs. `change` and `sem` are in levels, or in shares of full marks if
    `unit` says so.
    """

    criterion: str | None
    cells: int
    unit: Unit
    flip: Interval
    far: Interval
    change: Interval
    sem: Interval
    icc: Interval
    qwk: Interval


class Retests(Frozen):
    """How repeatable levels are on all criteria together and on each."""

    overall: Retest
    by_criterion: tuple[Retest, ...]


class RetestPercents(Frozen):
    """How repeatable percents of whole answers are, over the `answers` with two or more.

    `change` is the mean difference from the first run, `largest` the largest; both and `sem` are
    in percentage points.
    """

    answers: int
    change: Interval
    largest: float | None
    sem: Interval
    icc: Interval


def retest(
    levels: Array, scales: Sequence[Scale], *, replicates: int = 1000, seed: int = 0
) -> Retests:
    """Compare runs, (answers, criteria, runs), the first being the one that others are held to.

    nan is no level. Over all criteria cells are pooled; `evals.stats.categories` says as what.
    Raises ValueError for fewer than two runs, levels off the scale, no answers or no scales.
    """
    if levels.shape[2] < 2:
        raise ValueError("one run alone is no repeat")
    pooled = categories(scales)
    largest = max(scale.top for scale in scales) + 1
    worth = pooled.values(levels)
    cells = _again(levels).sum(axis=2)

    def drawn(parts: Array, size: int = 1) -> Resamples:
        return resample(parts, cells=size, replicates=replicates, seed=seed)

    raw, told = changes(levels, levels), changes(levels, worth)
    (overall,) = _measured(
        [None],
        np.array([cells.sum()]),
        pooled.unit,
        drawn(told.sum(axis=1)),
        drawn(within(worth).sum(axis=1)),
        drawn(icc.sums(worth).sum(axis=1)),
        drawn(_pairs(pooled.of(levels), len(pooled)).sum(axis=1), 2),
        pooled.scores,
    )
    by_criterion = _measured(
        [scale.criterion for scale in scales],
        cells.sum(axis=0),
        "level",
        drawn(raw),
        drawn(within(levels)),
        drawn(icc.sums(levels)),
        drawn(_pairs(levels, largest), 2),
        np.arange(largest, dtype=float),
    )
    return Retests(overall=overall, by_criterion=by_criterion)


def retest_percents(percents: Array, *, replicates: int = 1000, seed: int = 0) -> RetestPercents:
    """Compare runs in percents, (answers, runs), the first being what others are held to.

    Raises ValueError for fewer than two runs or for no answers.
    """
    if percents.shape[1] < 2:
        raise ValueError("one run alone is no repeat")
    middle = np.nanmean(percents) if (~np.isnan(percents)).any() else 0.0

    def found(parts: Array, statistic: Statistic) -> Interval:
        return bootstrap(parts, statistic, replicates=replicates, seed=seed)

    apart = np.abs(percents[:, 1:] - percents[:, :1])[_again(percents)]
    return RetestPercents(
        answers=int(((~np.isnan(percents)).sum(axis=1) > 1).sum()),
        change=found(changes(percents, percents), share_of(3)),
        largest=float(apart.max()) if apart.size else None,
        sem=found(within(percents), error_of),
        icc=found(icc.sums(percents - middle), icc.single),
    )


def _again(values: Array) -> npt.NDArray[np.bool_]:
    """Which values of the first run were given again, (..., runs - 1)."""
    given = ~np.isnan(values)
    return np.asarray(given[..., :1] & given[..., 1:])


def changes(levels: Array, values: Array) -> Array:
    """(..., runs) to the sums (..., 4): cells, those that differ, those far apart, differences."""
    given = _again(levels)
    steps = np.where(given, np.abs(levels[..., 1:] - levels[..., :1]), 0.0)
    apart = np.where(given, np.abs(values[..., 1:] - values[..., :1]), 0.0)
    parts: Array = np.stack([given, steps > 0, steps >= FAR, apart], axis=-1).astype(float)
    return np.asarray(parts.sum(axis=-2))


def within(values: Array) -> Array:
    """(..., runs) to (..., 2): degrees of freedom, and the squares about each cell's own mean."""
    given = ~np.isnan(values)
    count = given.sum(axis=-1)
    filled = np.where(given, values, 0.0)
    mean = filled.sum(axis=-1) / np.maximum(count, 1)
    squares = (np.where(given, values - mean[..., None], 0.0) ** 2).sum(axis=-1)
    return np.stack([np.maximum(count - 1, 0).astype(float), squares], axis=-1)


def _pairs(levels: Array, size: int) -> Array:
    """The tables of all pairs of runs together, (..., categories, categories)."""
    made = np.zeros((*levels.shape[:-1], size, size))
    for one, other in combinations(range(levels.shape[-1]), 2):
        made += confusion.tables(levels[..., one], levels[..., other], size)
    return made


def share_of(column: int) -> Statistic:
    """The mean over cells of a column of `changes`."""
    return lambda sums: over(sums[..., column], sums[..., 0])


def error_of(sums: Array) -> Array:
    """The root of the mean variance within, from summed `within`."""
    return np.asarray(np.sqrt(over(sums[..., 1], sums[..., 0])))


def _measured(
    names: Sequence[str | None],
    cells: Array,
    unit: Unit,
    changed: Resamples,
    spread: Resamples,
    squares: Resamples,
    tables: Resamples,
    scores: Array,
) -> tuple[Retest, ...]:
    """One for each of `names`; the sums have an axis of them unless it is one only."""
    by_name = zip(
        names,
        cells,
        *(intervals(changed.map(share_of(column))) for column in (1, 2, 3)),
        intervals(spread.map(error_of)),
        intervals(squares.map(icc.single)),
        intervals(tables.map(lambda table: confusion.quadratic_kappa(table, scores))),
        strict=True,
    )
    return tuple(
        Retest(
            criterion=name,
            cells=int(count),
            unit=unit,
            flip=flip,
            far=far,
            change=change,
            sem=sem,
            icc=single,
            qwk=qwk,
        )
        for name, count, flip, far, change, sem, single, qwk in by_name
    )
