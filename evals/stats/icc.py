"""The intraclass correlations ICC(2,1) and ICC(2,k), any number of raters (Shrout & Fleiss 1979).

Targets and raters are both taken as random, and raters' different means count as disagreement
(absolute agreement). All functions are batched over leading axes; what is undefined is nan.
"""

import numpy as np

from evals.levels import Array
from evals.stats.division import over, without_rounding


def sums(ratings: Array) -> Array:
    """The sums of every single target, (..., raters) to (..., 2 + raters): add up over targets.

    They are 1, the squared sum over raters, the sum of squares, and each rater's value. All are 0
    for a target that some rater did not rate (nan): only complete targets count, see `dropped`.
    """
    given = complete(ratings)[..., None]
    values = np.where(given, ratings, 0.0)
    total = values.sum(axis=-1, keepdims=True)
    squares = (values**2).sum(axis=-1, keepdims=True)
    return np.concatenate([given.astype(float), total**2, squares, values], axis=-1)


def complete(ratings: Array) -> Array:
    """Which targets every rater rated, as booleans: (..., raters) to (...)."""
    return np.asarray(~np.isnan(ratings).any(axis=-1))


def dropped(ratings: Array) -> int:
    """How many targets were rated by some rater, but not by all."""
    rated = ~np.isnan(ratings)
    return int((rated.any(axis=-1) & ~rated.all(axis=-1)).sum())


def single(table: Array) -> Array:
    """ICC(2,1): the reliability of one rater's value, from summed `sums`.

    nan for fewer than two targets or raters, or if no value differs from another.
    """
    targets, raters, between, across, error = _mean_squares(table)
    extra = raters * (across - error) / np.maximum(targets, 1.0)
    return over(between - error, between + (raters - 1) * error + extra)


def average(table: Array) -> Array:
    """ICC(2,k): the reliability of the mean over these raters, from summed `sums`.

    nan as for `single`, and where the raters' disagreement leaves no variance of their mean.
    """
    targets, _, between, across, error = _mean_squares(table)
    return over(between - error, between + (across - error) / np.maximum(targets, 1.0))


def _mean_squares(table: Array) -> tuple[Array, int, Array, Array, Array]:
    """Targets, raters, and the mean squares between targets, between raters and of error."""
    targets, by_target, squares = (table[..., at] for at in range(3))
    by_rater = table[..., 3:]
    raters = by_rater.shape[-1]
    enough = (targets >= 2) & (raters >= 2)
    n = np.where(enough, targets, np.nan)
    centre = by_rater.sum(axis=-1) ** 2 / (n * raters)
    total = without_rounding(squares - centre, squares)
    varied = np.where(total > 0, total, np.nan)
    between = by_target / raters - centre
    across = (by_rater**2).sum(axis=-1) / n - centre
    error = np.maximum(varied - between - across, 0.0)
    spare = max(raters - 1, 1)
    return n, raters, between / (n - 1), across / spare, error / ((n - 1) * spare)
