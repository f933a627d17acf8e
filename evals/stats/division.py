"""Division and subtraction that say nan or 0 where rounding would invent a number."""

import numpy as np

from evals.levels import Array

_ROUNDING = 1e-12


def over(top: Array, bottom: Array) -> Array:
    """The quotient, nan where the divisor is not above 0."""
    quotient = np.full(np.broadcast_shapes(np.shape(top), np.shape(bottom)), np.nan)
    np.divide(top, bottom, out=quotient, where=np.greater(bottom, 0))
    return quotient


def without_rounding(about: Array, raw: Array) -> Array:
    """A sum of squares about the mean; 0 where it is but the rounding of the `raw` sum of squares.

    nan stays nan.
    """
    return np.where(about <= _ROUNDING * raw, 0.0, about)
