"""Krippendorff's alpha for ordered levels, any number of raters, with levels missing.

It is made of coincidence tables (Krippendorff 2011), which are additive, so parts of answers can
be added up and drawn again (`evals.stats.intervals`). Batched over leading axes.
"""

import numpy as np

from evals.levels import Array
from evals.stats.division import over


def coincidences(levels: Array, categories: int) -> Array:
    """The table of every single unit, (..., raters) to (..., categories, categories).

    All ordered pairs of levels that two raters gave the unit, each divided by the raters less 1;
    nan is no level. 0 for a unit that fewer than two raters rated. Raises ValueError for values
    that are no category.
    """
    counts = np.stack([(levels == one).sum(axis=-1) for one in range(categories)], axis=-1)
    if counts.sum() != (~np.isnan(levels)).sum():
        raise ValueError(f"a level is none of 0 to {categories - 1}")
    made: Array = (counts[..., :, None] * counts[..., None, :]).astype(float)
    at = np.arange(categories)
    made[..., at, at] -= counts
    raters = counts.sum(axis=-1)[..., None, None]
    made /= np.maximum(raters - 1, 1)
    return made


def alpha(table: Array) -> Array:
    """Krippendorff's ordinal alpha, at most 1, from summed `coincidences`.

    1 less the observed over the expected disagreement; two levels are as far apart as the levels
    given between them are many, squared. nan if fewer than two levels were given.
    """
    given = table.sum(axis=-1)
    total = given.sum(axis=-1, keepdims=True)
    ranks = over(np.cumsum(given, axis=-1) - given / 2, total)
    apart = (ranks[..., :, None] - ranks[..., None, :]) ** 2
    observed = (table * apart).sum(axis=(-2, -1))
    expected = (given[..., :, None] * given[..., None, :] * apart).sum(axis=(-2, -1))
    return 1 - over(observed * (total[..., 0] - 1), expected)
