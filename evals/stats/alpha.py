"""Cronbach's alpha of a sum of columns, with Feldt's interval, and alpha without each column."""

import numpy as np
from scipy import special

from evals.levels import Array
from evals.stats.bounds import Bounds
from evals.stats.covariances import centred, moments, varies


def cronbach_alpha(points: Array, confidence: float = 0.95) -> Bounds | None:
    """Cronbach's alpha (1951) of points, (answers, columns), nan for a gap.

    Covariances are pairwise. None for fewer than two columns, fewer than two answers with any
    two of them, or a sum that does not vary.
    """
    sums = moments(centred(points))
    count = int(sums.both.min()) if points.shape[1] else 0
    return of_covariances(sums.covariances(), count, confidence)


def of_covariances(covariances: Array, count: int, confidence: float = 0.95) -> Bounds | None:
    """Cronbach's alpha of covariances over `count` answers, with the interval of Feldt (1965).

    1 - (1 - alpha) F, F with n - 1 and (n - 1)(k - 1) degrees of freedom; it takes the columns
    as exchangeable and about normal.
    """
    columns = len(covariances)
    alpha = _alpha(covariances)
    if alpha is None or count < 2:
        return None
    freedom = (count - 1, (count - 1) * (columns - 1))
    tail = (1 - confidence) / 2
    low, high = (1 - (1 - alpha) * float(special.fdtri(*freedom, at)) for at in (1 - tail, tail))
    return Bounds(value=alpha, low=low, high=high, level=confidence)


def without_each(covariances: Array) -> tuple[float | None, ...]:
    """Alpha of the other columns, for each column; None where two others are not left."""
    return tuple(
        _alpha(np.delete(np.delete(covariances, at, axis=0), at, axis=1))
        for at in range(len(covariances))
    )


def _alpha(covariances: Array) -> float | None:
    columns = len(covariances)
    total = float(covariances.sum())
    if columns < 2 or not varies(total):  # nan does not vary either
        return None
    return columns / (columns - 1) * (1 - float(np.trace(covariances)) / total)
