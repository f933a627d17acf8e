"""How like criteria are: freed of rating error, and by each rater's overall impression (halo).

The criteria by the raters stand as a multitrait-multimethod matrix (Campbell & Fiske 1959): the
criteria are the traits, the raters the methods.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from evals.levels import Array
from evals.stats.bounds import Bounds
from evals.stats.covariances import Moments, centred, left_out, moments

_GROUPS = 20
"""Groups of the jackknife: t with 19 degrees of freedom is within 4 % of a normal's 5 % point."""


@dataclass(frozen=True)
class Halo:
    """How far raters give one overall impression (Murphy, Jako & Anhalt 1993).

    `within` is the mean correlation of two criteria as one rater gives them, `between` that of one
    rater's with another rater's. What the criteria have in common in the answers is in both; the
    `excess`, within less between, is what one rater's head adds. Samples of one model share that
    model's impression, so between them a halo is told too low.
    """

    within: float
    between: float
    excess: Bounds


@dataclass(frozen=True, eq=False)
class Likeness:
    """`corrected[i, j]`: the correlation of two criteria freed of rating error; `least`, its lower
    95 % bound for all pairs of a criterion at once (Bonferroni). (criteria, criteria), nan where it
    cannot be told; it may exceed 1 by chance.

    Covariances of different raters only, over the root of both criteria's covariances of different
    raters with themselves: neither error nor halo of one rater is in it (Spearman 1904).
    """

    corrected: Array
    least: Array
    halo: Halo | None


def likeness(worth: Array, confidence: float = 0.95) -> Likeness | None:
    """Of what the levels are worth, (answers, criteria, raters), nan for none.

    None for one rater, or for fewer than four answers. The bounds are of a delete-a-group jackknife
    over answers.
    """
    answers, criteria, raters = worth.shape
    if raters < 2 or answers < 4 or not criteria:
        return None
    columns = centred(worth.reshape(answers, criteria * raters))
    whole = moments(columns)
    corrected, within, between = _told(whole, criteria, raters)
    groups = min(_GROUPS, answers)
    without = [_told(part, criteria, raters) for part in left_out(columns, whole, groups)]
    error = _error(np.concatenate([one[0] for one in without]))
    comparisons = max(1, criteria - 1)
    least = corrected - float(special.stdtrit(groups - 1, 1 - 0.05 / comparisons)) * error
    spread = _error(np.concatenate([one[1] - one[2] for one in without]))
    halo = _halo(float(within), float(between), float(spread), groups, confidence)
    return Likeness(corrected, least, halo)


def in_words(halo: Halo | None) -> str:
    """What is to be said of the halo, in one sentence; also that it cannot be told."""
    if halo is None:
        return (
            "Whether raters give one overall impression cannot be told: that takes two raters of "
            "the same answers, and criteria that vary."
        )
    told = (
        f"two criteria correlate at {halo.within:.2f} in one rater's levels and at "
        f"{halo.between:.2f} across raters"
    )
    if halo.excess.low > 0:
        return (
            f"Raters give one overall impression in part: {told}, and the difference of "
            f"{halo.excess.value:.2f} lies in the rater, not in the answers."
        )
    return f"No overall impression beyond the answers is seen: {told}."


def _halo(
    within: float, between: float, error: float, groups: int, confidence: float
) -> Halo | None:
    excess = within - between
    if np.isnan(excess) or np.isnan(error):
        return None
    reach = float(special.stdtrit(groups - 1, (1 + confidence) / 2)) * error
    return Halo(
        within,
        between,
        Bounds(value=excess, low=excess - reach, high=excess + reach, level=confidence),
    )


def _error(without: Array) -> Array:
    """The jackknife's standard error of estimates, each without one group along the first axis."""
    groups = len(without)
    squares = ((without - without.mean(axis=0)) ** 2).sum(axis=0)
    error: Array = np.sqrt((groups - 1) / groups * squares)
    return error


def _told(sums: Moments, criteria: int, raters: int) -> tuple[Array, Array, Array]:
    """The corrected correlations, and the mean correlations within and between raters."""
    shape = (*sums.both.shape[:-2], criteria, raters, criteria, raters)
    other = ~np.eye(raters, dtype=bool)[None, :, None, :]
    across = _mean(sums.covariances().reshape(shape), other, (-3, -1))
    own = np.diagonal(across, axis1=-2, axis2=-1)
    own = np.where(own > 1e-12, own, np.nan)
    corrected: Array = across / np.sqrt(own[..., :, None] * own[..., None, :])
    r = sums.correlations().reshape(shape)
    different = ~np.eye(criteria, dtype=bool)[:, None, :, None]
    every = (-4, -3, -2, -1)
    return corrected, _mean(r, different & ~other, every), _mean(r, different & other, every)


def _mean(blocks: Array, wanted: np.typing.NDArray[np.bool_], axes: tuple[int, ...]) -> Array:
    """The mean of the wanted over these axes, without nan; nan where there are none."""
    given = wanted & ~np.isnan(blocks)
    count = given.sum(axis=axes)
    total = np.where(given, blocks, 0.0).sum(axis=axes)
    mean: Array = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean
