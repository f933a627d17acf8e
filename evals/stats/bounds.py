"""An estimate with its bounds, and the two that need no resampling: of a correlation, of a share.

Intervals by bootstrap are the business of `evals.stats.intervals`.
"""

import math
from dataclasses import dataclass

from scipy import special


@dataclass(frozen=True)
class Bounds:
    """An estimate and its two-sided interval at `confidence` (0 to 1)."""

    value: float
    low: float
    high: float
    confidence: float


def of_correlation(r: float, count: int, confidence: float) -> Bounds:
    """Fisher's z interval (Fisher 1921) of a correlation over `count` pairs.

    With fewer than 4 pairs nothing is known, and it is -1 to 1.
    """
    if count < 4:
        return Bounds(r, -1.0, 1.0, confidence)
    reach = float(special.ndtri((1 + confidence) / 2)) / math.sqrt(count - 3)
    z = math.atanh(max(-1 + 1e-15, min(1 - 1e-15, r)))
    return Bounds(r, math.tanh(z - reach), math.tanh(z + reach), confidence)


def share_at_least(hits: int, count: int, confidence: float) -> float:
    """What a share of `hits` in `count` is at least: one-sided exact (Clopper & Pearson 1934)."""
    if hits == 0:
        return 0.0
    return float(special.betaincinv(hits, count - hits + 1, 1 - confidence))
