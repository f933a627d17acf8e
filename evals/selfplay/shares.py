"""Shares with their intervals: of things that are apart, or of things that hang on interviews.

Questions of one interview are alike, and counting them as if they were not would make intervals
too narrow.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field

from agent.frozen import Frozen
from evals.levels import Array
from evals.stats.intervals import bootstrap

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


class Share(Frozen):
    """So many of so many, with a 95 % interval; `value`, 0 to 1, is None where there are none."""

    hits: Annotated[int, Field(ge=0)]
    of: Annotated[int, Field(ge=0)]
    value: float | None
    low: float | None = None
    high: float | None = None


def share(outcomes: Iterable[bool]) -> Share:
    """The share of outcomes that are true, with Wilson's interval (Wilson 1927)."""
    given = list(outcomes)
    return _with_wilson(sum(given), len(given), len(given))


def clustered(outcomes: Sequence[Sequence[bool]]) -> Share:
    """The share over all clusters, such as interviews, each a list of outcomes.

    The interval is that of a bootstrap over clusters. Where it has none (fewer than ten clusters,
    or all outcomes alike) it is Wilson's with as many trials as there are clusters, as if all of
    a cluster were one outcome: too wide rather than too narrow.
    """
    filled = [cluster for cluster in outcomes if cluster]
    hits, of = sum(map(sum, filled)), sum(map(len, filled))
    if not of:
        return Share(hits=0, of=0, value=None)
    parts = np.array([(sum(cluster), len(cluster)) for cluster in filled], dtype=float)
    found = bootstrap(parts, _ratio)
    if found.low is None or found.high is None:
        return _with_wilson(hits, of, len(filled))
    low, high = max(0.0, found.low), min(1.0, found.high)
    return Share(hits=hits, of=of, value=hits / of, low=low, high=high)


def _ratio(tables: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: Array = tables[..., 0] / tables[..., 1]
    return ratio


def _with_wilson(hits: int, of: int, trials: int) -> Share:
    if not of:
        return Share(hits=0, of=0, value=None)
    value, spread = hits / of, _Z**2 / trials
    middle = (value + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(value * (1 - value) / trials + spread / (4 * trials))
    # At the ends the arithmetic may leave the unit interval by a rounding error.
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Share(hits=hits, of=of, value=value, low=min(low, value), high=max(high, value))
