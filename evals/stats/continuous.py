"""Agreement of two raters in percents of whole answers, each statistic with its interval."""

import numpy as np

from agent.frozen import Frozen
from evals.levels import Array
from evals.stats import moments as of
from evals.stats.division import over, without_rounding
from evals.stats.intervals import Groups, Interval, Statistic, interval, resample, reweigh


class Closeness(Frozen):
    """How close the second rater's percents are to the first's over `answers` that have both.

    `mae`, `bias` (second less first) and `rmse` are in percentage points.
    """

    answers: int
    pearson: Interval
    spearman: Interval
    icc: Interval
    mae: Interval
    bias: Interval
    rmse: Interval


def closeness(
    first: Array,
    second: Array,
    *,
    replicates: int = 1000,
    seed: int = 0,
    groups: Groups | None = None,
) -> Closeness:
    """Compare two raters' percents, (answers,) each; nan where one gave none.

    Raises ValueError for shapes that differ or for no answers.
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise ValueError(f"percents of the shapes {first.shape} and {second.shape}")
    given = ~(np.isnan(first) | np.isnan(second))
    # Nothing here depends on the origin, and sums of squares about it lose fewer digits.
    origin = first[given].mean() if given.any() else 0.0
    drawn = resample(
        of.moments(first - origin, second - origin),
        replicates=replicates,
        seed=seed,
        groups=groups,
    )
    ranked = reweigh(
        len(first),
        spearman(first, second),
        filled=given,
        replicates=replicates,
        seed=seed,
        groups=groups,
    )
    return Closeness(
        answers=int(given.sum()),
        pearson=interval(drawn.map(of.pearson)),
        spearman=interval(ranked),
        icc=interval(drawn.map(of.icc_single)),
        mae=interval(drawn.map(of.mae)),
        bias=interval(drawn.map(of.bias)),
        rmse=interval(drawn.map(of.rmse)),
    )


def spearman(first: Array, second: Array) -> Statistic:
    """Spearman's rank correlation of (answers,) as a function of weights (batch, answers).

    An answer of weight w counts as w equal ones. Pairs with a value missing do not count. nan if
    either rater's values are all equal.
    """
    given = ~(np.isnan(first) | np.isnan(second))
    x, y = _ranker(first[given]), _ranker(second[given])

    def of_weights(weights: Array) -> Array:
        if not given.any():
            return np.full(len(weights), np.nan)
        kept = weights[:, given]
        by_x, by_y = x(kept), y(kept)
        xx = without_rounding((kept * by_x**2).sum(axis=1), kept.sum(axis=1))
        yy = without_rounding((kept * by_y**2).sum(axis=1), kept.sum(axis=1))
        return np.clip(over((kept * by_x * by_y).sum(axis=1), np.sqrt(xx * yy)), -1.0, 1.0)

    return of_weights


def _ranker(values: Array) -> Statistic:
    """A function from weights to mid-ranks as shares of all, less a half, so that they sum to 0."""
    order = np.argsort(values, kind="stable")
    distinct, place = np.unique(values, return_inverse=True)
    starts = np.searchsorted(values[order], distinct)

    def ranks(weights: Array) -> Array:
        tied = np.add.reduceat(weights[:, order], starts, axis=1)
        middle = np.cumsum(tied, axis=1) - tied / 2
        shares: Array = over(middle, tied.sum(axis=1, keepdims=True)) - 0.5
        return shares[:, place]

    return ranks
