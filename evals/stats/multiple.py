"""p values of many differences at once (Holm 1979)."""

from collections.abc import Sequence

import numpy as np


def holm(given: Sequence[float | None]) -> tuple[float | None, ...]:
    """p values adjusted so that the chance of any false finding stays at the level asked for.

    The k-th smallest of m is multiplied by m - k + 1, and none is below a smaller one's. What has
    no p value keeps none and does not count.
    """
    at = [place for place, one in enumerate(given) if one is not None]
    values = np.array([given[place] for place in at], dtype=float)
    order = np.argsort(values, kind="stable")
    raised = values[order] * (len(values) - np.arange(len(values)))
    adjusted: list[float | None] = [None] * len(given)
    for place, one in zip(order, np.minimum(np.maximum.accumulate(raised), 1.0), strict=True):
        adjusted[at[int(place)]] = float(one)
    return tuple(adjusted)
