"""How far two raters agree in levels, over all criteria and on each: every value with its interval.

What the statistics are stands in `evals.stats.confusion` and `evals.stats.moments`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from agent.frozen import Frozen
from evals.levels import Array, Scale
from evals.stats import confusion
from evals.stats import moments as of
from evals.stats.categories import Unit, categories
from evals.stats.intervals import Groups, Interval, Resamples, intervals, resample


class Agreement(Frozen):
    """Two raters' agreement on one criterion, or on all if `criterion` is None.

    `pairs` are levels that both gave, `answers` those with at least one such pair. `mae` and
    `bias` (second rater less first) are in levels, or in shares of full marks if `unit` says so;
    `adjacent` is undefined for shares.
    """

    criterion: str | None
    answers: int
    pairs: int
    unit: Unit
    quadratic_kappa: Interval
    exact: Interval
    adjacent: Interval
    mae: Interval
    bias: Interval
    pearson: Interval
    spearman: Interval
    icc: Interval


class Agreements(Frozen):
    """Two raters' agreement on all criteria together and on each."""

    overall: Agreement
    by_criterion: tuple[Agreement, ...]


def agreement(
    first: Array,
    second: Array,
    scales: Sequence[Scale],
    *,
    replicates: int = 1000,
    seed: int = 0,
    groups: Groups | None = None,
) -> Agreements:
    """Compare two raters' levels, (answers, criteria) each; nan where one gave none.

    Over all criteria, pairs are pooled; `evals.stats.categories` says as what. Intervals draw
    answers, or `groups` of them. Raises ValueError for shapes that differ, levels off the scale,
    no answers or no scales.
    """
    pooled = categories(scales)
    largest = max(scale.top for scale in scales) + 1
    given = ~(np.isnan(first) | np.isnan(second))

    def drawn(parts: Array) -> Resamples:
        return resample(parts, cells=2, replicates=replicates, seed=seed, groups=groups)

    each = drawn(confusion.tables(first, second, largest))
    if pooled.unit == "level":
        together = each.pooled()
    else:
        tables = confusion.tables(pooled.of(first), pooled.of(second), len(pooled))
        together = drawn(tables.sum(axis=1))
    (overall,) = _measured(
        together, [None], given.any(axis=1).sum(), given.sum(), pooled.unit, pooled.scores
    )
    return Agreements(
        overall=overall,
        by_criterion=_measured(
            each,
            [scale.criterion for scale in scales],
            given.sum(axis=0),
            given.sum(axis=0),
            "level",
            np.arange(largest, dtype=float),
        ),
    )


def _measured(
    tables: Resamples,
    names: Sequence[str | None],
    answers: npt.ArrayLike,
    pairs: npt.ArrayLike,
    unit: Unit,
    scores: Array,
) -> tuple[Agreement, ...]:
    """One agreement for each of `names`; `tables` have an axis of them unless it is one only."""
    sums = tables.map(lambda table: confusion.moments(table, scores))
    undefined = (Interval(value=None),) * len(names)
    by_name = zip(
        names,
        np.atleast_1d(answers),
        np.atleast_1d(pairs),
        intervals(sums.map(of.concordance)),
        intervals(tables.map(confusion.exact)),
        intervals(tables.map(confusion.adjacent)) if unit == "level" else undefined,
        intervals(sums.map(of.mae)),
        intervals(sums.map(of.bias)),
        intervals(sums.map(of.pearson)),
        intervals(tables.map(confusion.spearman)),
        intervals(sums.map(of.icc_single)),
        strict=True,
    )
    return tuple(
        Agreement(
            criterion=name,
            answers=int(with_pairs),
            pairs=int(count),
            unit=unit,
            quadratic_kappa=kappa,
            exact=exact,
            adjacent=adjacent,
            mae=mae,
            bias=bias,
            pearson=pearson,
            spearman=spearman,
            icc=icc,
        )
        for (
            name,
            with_pairs,
            count,
            kappa,
            exact,
            adjacent,
            mae,
            bias,
            pearson,
            spearman,
            icc,
        ) in by_name
    )
