"""Two raters' sums of values, squares and differences, and the statistics that are made of them.

The sums are additive, so parts of answers can be added up and drawn again, see
`evals.stats.intervals`. They come from levels (`evals.stats.confusion`) or from percents
(`evals.stats.continuous`). All functions are batched over leading axes; what is undefined is nan.
"""

import numpy as np

from evals.levels import Array
from evals.stats import icc
from evals.stats.division import over, without_rounding

SUMS = ("pairs", "x", "y", "xx", "yy", "xy", "|x-y|")
"""What the last axis of a table of moments holds, in this order; x is the first rater."""


def moments(first: Array, second: Array) -> Array:
    """The sums of every single pair, (..., 7): add up over the axes that belong together.

    0 where either value is missing (nan).
    """
    given = ~(np.isnan(first) | np.isnan(second))
    x = np.where(given, first, 0.0)
    y = np.where(given, second, 0.0)
    return np.stack([given.astype(float), x, y, x * x, y * y, x * y, np.abs(x - y)], axis=-1)


def pearson(sums: Array) -> Array:
    """Pearson's correlation, -1 to 1; nan if either rater gave one value only."""
    _, _, _, xx, yy, xy = _centred(sums)
    return np.clip(over(xy, np.sqrt(xx * yy)), -1.0, 1.0)


def mae(sums: Array) -> Array:
    """The mean absolute difference, in the unit of the values."""
    return over(sums[..., 6], sums[..., 0])


def bias(sums: Array) -> Array:
    """The second rater's mean less the first's, in the unit of the values."""
    return over(sums[..., 2] - sums[..., 1], sums[..., 0])


def rmse(sums: Array) -> Array:
    """The root of the mean squared difference, in the unit of the values."""
    squares = sums[..., 3] + sums[..., 4] - 2 * sums[..., 5]
    return np.sqrt(over(np.maximum(squares, 0.0), sums[..., 0]))


def concordance(sums: Array) -> Array:
    """Lin's concordance (1989) with divisor n: the quadratic weighted kappa (Cohen 1968).

    1 less the mean squared difference over the one that independent raters with the same values
    would have. nan if both gave the same one value throughout.
    """
    pairs, x, y, xx, yy, xy = _centred(sums)
    apart = over((y - x) ** 2, pairs)
    return over(2 * xy, xx + yy + apart)


def icc_single(sums: Array) -> Array:
    """ICC(2,1) of the two raters (Shrout & Fleiss 1979); see `evals.stats.icc.single`."""
    pairs, x, y, xx, yy, xy = (sums[..., at] for at in range(6))
    return icc.single(np.stack([pairs, xx + 2 * xy + yy, xx + yy, x, y], axis=-1))


def _centred(sums: Array) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Pairs, the sums of x and y, and the sums of squares and products about the means."""
    pairs, x, y, xx, yy, xy = (sums[..., at] for at in range(6))
    about_x = without_rounding(xx - over(x * x, pairs), xx)
    about_y = without_rounding(yy - over(y * y, pairs), yy)
    return pairs, x, y, about_x, about_y, xy - over(x * y, pairs)
