"""Two raters' levels as a confusion table, and the statistics of agreement that it gives.

A table's rows are the first rater's categories, its columns the second's. Tables are additive, so
parts of answers can be added up and drawn again (`evals.stats.intervals`). A table may be larger
than the scale: categories that nobody used change nothing. All functions are batched over leading
axes, (..., categories, categories) to (...); what is undefined is nan.
"""

import numpy as np

from evals.levels import Array
from evals.stats import moments as of
from evals.stats.division import over


def tables(first: Array, second: Array, categories: int) -> Array:
    """The table of every single pair, (...) to (..., categories, categories).

    Values are whole numbers from 0; a pair with a value missing (nan) gives a table of 0. Raises
    ValueError for shapes that differ or values that are no category.
    """
    if first.shape != second.shape:
        raise ValueError(f"levels of the shapes {first.shape} and {second.shape}")
    given = ~(np.isnan(first) | np.isnan(second))
    x, y = first[given], second[given]
    for values in (x, y):
        if ((values < 0) | (values >= categories) | (values % 1 != 0)).any():
            raise ValueError(f"a level is none of 0 to {categories - 1}")
    made = np.zeros((*first.shape, categories, categories))
    cells = made.reshape(-1, categories * categories)
    cells[np.flatnonzero(given), (x * categories + y).astype(int)] = 1.0
    return made


def pairs(table: Array) -> Array:
    """How many pairs there are."""
    return np.asarray(table.sum(axis=(-2, -1)))


def exact(table: Array) -> Array:
    """The share of pairs with the same level, 0 to 1."""
    return over(np.trace(table, axis1=-2, axis2=-1), pairs(table))


def adjacent(table: Array) -> Array:
    """The share of pairs with levels at most 1 apart, 0 to 1."""
    near = sum(np.trace(table, offset, axis1=-2, axis2=-1) for offset in (-1, 0, 1))
    return over(np.asarray(near), pairs(table))


def moments(table: Array, scores: Array | None = None) -> Array:
    """The sums of `evals.stats.moments`, (..., 7), for categories worth `scores`.

    They are worth 0, 1, 2 ... if None. The sums give quadratic kappa, Pearson,
    ICC(2,1), MAE, bias and RMSE.
    """
    values = np.arange(table.shape[-1], dtype=float) if scores is None else scores
    return _moments(table, values, values)


def quadratic_kappa(table: Array, scores: Array | None = None) -> Array:
    """Cohen's kappa (1968) weighted by the squared difference of levels, or of `scores`.

    nan if both raters gave one and the same level throughout; 0 if only one of them is constant.
    """
    return of.concordance(moments(table, scores))


def spearman(table: Array) -> Array:
    """Spearman's rank correlation with mid-ranks for ties, -1 to 1, exactly from the margins.

    nan if either rater gave one level only.
    """
    return of.pearson(
        _moments(table, _mid_ranks(table.sum(axis=-1)), _mid_ranks(table.sum(axis=-2)))
    )


def _mid_ranks(margin: Array) -> Array:
    """Each category's mean rank as a share of all, less a half: the mean over the margin is 0."""
    half = np.cumsum(margin, axis=-1) - margin / 2
    return over(half, margin.sum(axis=-1, keepdims=True)) - 0.5


def _moments(table: Array, row_scores: Array, column_scores: Array) -> Array:
    rows, columns = table.sum(axis=-1), table.sum(axis=-2)
    products = (np.matvec(table, column_scores) * row_scores).sum(axis=-1)
    apart = np.abs(row_scores[..., :, None] - column_scores[..., None, :])
    return np.stack(
        [
            rows.sum(axis=-1),
            (rows * row_scores).sum(axis=-1),
            (columns * column_scores).sum(axis=-1),
            (rows * row_scores**2).sum(axis=-1),
            (columns * column_scores**2).sum(axis=-1),
            products,
            (table * apart).sum(axis=(-2, -1)),
        ],
        axis=-1,
    )
