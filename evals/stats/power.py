"""How many answers a paired comparison needs, and what it can tell at all.

Pure arithmetic on a difference and its standard error, by the normal approximation: two-sided at
5 %, with a power of 80 %. The error is taken to fall with the root of the number of answers.
"""

import math

from scipy.special import ndtri

_REACH = float(ndtri(0.975) + ndtri(0.8))
"""1.96 + 0.84: so many standard errors a difference must be to be found in 80 of 100 studies."""


def needed(answers: int, difference: float, error: float) -> int | None:
    """How many answers would tell a difference as large as this one from none.

    n * ((1.96 + 0.84) * error / difference)^2 (Cohen 1988, 2.4 in other letters). It takes the
    difference that was seen for the true one, which by chance may be much smaller or larger. None
    for a difference of 0.
    """
    if difference == 0:
        return None
    return math.ceil(answers * (_REACH * error / difference) ** 2)


def detectable(error: float) -> float:
    """The smallest true difference that as many answers as these would tell from none."""
    return _REACH * error
