"""How far any number of raters agree in levels, over all criteria and on each, with intervals.

What the statistics are stands in `evals.stats.coincidence` and `evals.stats.icc`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from agent.frozen import Frozen
from evals.levels import Array, Scale
from evals.stats import coincidence, icc
from evals.stats.categories import categories
from evals.stats.intervals import Groups, Interval, Resamples, intervals, resample


class Reliability(Frozen):
    """Some raters' agreement on one criterion, or on all if `criterion` is None.

    Alpha takes every one of the `units`, answers on a criterion, that at least two raters rated;
    ICC only the `complete` ones, which every rater rated. `dropped` were rated by some, not all.
    """

    criterion: str | None
    units: int
    complete: int
    dropped: int
    alpha: Interval
    icc_single: Interval
    icc_average: Interval


class Reliabilities(Frozen):
    """The raters' agreement on all criteria together and on each."""

    overall: Reliability
    by_criterion: tuple[Reliability, ...]


def reliability(
    levels: Array,
    scales: Sequence[Scale],
    *,
    replicates: int = 1000,
    seed: int = 0,
    groups: Groups | None = None,
) -> Reliabilities:
    """Compare all raters' levels, (answers, criteria, raters); nan where one gave none.

    Over all criteria, units are pooled; `evals.stats.categories` says as what. Intervals draw
    answers, or `groups` of them, not raters. Raises ValueError for levels off the scale, no
    answers or no scales.
    """
    pooled = categories(scales)

    def drawn(parts: Array, cells: int) -> Resamples:
        return resample(parts, cells=cells, replicates=replicates, seed=seed, groups=groups)

    pairs = drawn(coincidence.coincidences(pooled.of(levels), len(pooled)), 2)
    squares = drawn(icc.sums(pooled.values(levels)), 1)
    rated = (~np.isnan(levels)).sum(axis=2)
    counts = (rated >= 2, rated == levels.shape[2], (rated > 0) & (rated < levels.shape[2]))
    (overall,) = _measured([None], [one.sum() for one in counts], pairs.pooled(), squares.pooled())
    names = [scale.criterion for scale in scales]
    by_criterion = _measured(names, [one.sum(axis=0) for one in counts], pairs, squares)
    return Reliabilities(overall=overall, by_criterion=by_criterion)


def _measured(
    names: Sequence[str | None],
    counts: Sequence[npt.ArrayLike],
    pairs: Resamples,
    squares: Resamples,
) -> tuple[Reliability, ...]:
    """One for each of `names`; the tables have an axis of them unless it is one only."""
    by_name = zip(
        names,
        *(np.atleast_1d(count) for count in counts),
        intervals(pairs.map(coincidence.alpha)),
        intervals(squares.map(icc.single)),
        intervals(squares.map(icc.average)),
        strict=True,
    )
    return tuple(
        Reliability(
            criterion=name,
            units=int(units),
            complete=int(complete),
            dropped=int(dropped),
            alpha=alpha,
            icc_single=single,
            icc_average=average,
        )
        for name, units, complete, dropped, alpha, single, average in by_name
    )
