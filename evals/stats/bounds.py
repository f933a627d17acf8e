"""An estimate with its bounds, and the two that need no resampling: of a correlation, of a share.

Intervals by bootstrap are the business of `evals.stats.intervals`.
"""

import math

from scipy import special

from evals.stats.intervals import Interval


class Bounds(Interval):
    """An interval of which nothing is undefined: where a value can be told, so can its limits."""

    value: float
    low: float
    high: float


def of_correlation(r: float, count: int, confidence: float) -> Bounds:
    """Fisher's z interval (Fisher 1921) of a correlation over `count` pairs.

    With fewer than 4 pairs nothing is known, and it is -1 to 1.
    """
    if count < 4:
        return Bounds(value=r, low=-1.0, high=1.0, level=confidence)
    reach = float(special.ndtri((1 + confidence) / 2)) / math.sqrt(count - 3)
    z = math.atanh(max(-1 + 1e-15, min(1 - 1e-15, r)))
    return Bounds(value=r, low=math.tanh(z - reach), high=math.tanh(z + reach), level=confidence)


def share_at_least(hits: int, count: int, confidence: float) -> float:
    """What a share of `hits` in `count` is at least: one-sided exact (Clopper & Pearson 1934)."""
    if hits == 0:
        return 0.0
    return float(special.betaincinv(hits, count - hits + 1, 1 - confidence))
