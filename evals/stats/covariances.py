"""Covariances of columns with gaps, from sums that add over answers.

Each pair of columns is taken over the answers that have both (pairwise deletion). Because the sums
add, leaving out a group of answers costs a subtraction, and a jackknife is cheap.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evals.levels import Array

_NO_VARIANCE = 1e-12
"""Shares are 0 to 1: a variance below this is a constant column and the rounding of its mean."""

_AT_ONCE = 1_000_000
"""Cells of covariances held at once: some tens of megabytes."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the answers that have both columns i and j, each of the shape (columns, columns).

    `sums` and `squares` are those of column i. Several sets of answers stand on an axis in front.
    """

    both: Array
    sums: Array
    squares: Array
    products: Array

    def __sub__(self, part: "Moments") -> "Moments":
        return Moments(
            self.both - part.both,
            self.sums - part.sums,
            self.squares - part.squares,
            self.products - part.products,
        )

    def covariances(self) -> Array:
        """Sample covariances, divided by n - 1; nan where fewer than two answers have both."""
        enough = np.where(self.both > 1, self.both, np.nan)
        products: Array = (self.products - self.sums * self.sums.swapaxes(-1, -2) / enough) / (
            enough - 1
        )
        return products

    def correlations(self) -> Array:
        """Pearson's r; nan where a column does not vary over the answers that have both."""
        enough = np.where(self.both > 1, self.both, np.nan)
        variances = (self.squares - self.sums**2 / enough) / (enough - 1)
        variances = np.where(variances > _NO_VARIANCE, variances, np.nan)
        r: Array = np.clip(
            self.covariances() / np.sqrt(variances * variances.swapaxes(-1, -2)), -1, 1
        )
        return r


def moments(columns: Array) -> Moments:
    """The sums of columns, (..., answers, columns), nan for a gap. Centre them: see `centred`."""
    given = ~np.isnan(columns)
    filled = np.where(given, columns, 0.0)
    mask = given.astype(float)
    turned = filled.swapaxes(-1, -2)
    return Moments(mask.swapaxes(-1, -2) @ mask, turned @ mask, turned**2 @ mask, turned @ filled)


def centred(columns: Array) -> Array:
    """The columns less their means, so that sums of squares keep their digits."""
    given = ~np.isnan(columns)
    count = np.maximum(given.sum(axis=0), 1)
    less: Array = columns - np.where(given, columns, 0.0).sum(axis=0) / count
    return less


def left_out(columns: Array, whole: Moments, groups: int) -> Iterator[Moments]:
    """The sums without each of `groups` groups of answers: a delete-a-group jackknife (Kott 2001).

    Every `groups`-th answer is of one group. They come several at once, on an axis in front.
    """
    answers, width = columns.shape
    padded = np.full((-answers % groups, width), np.nan)
    by_group = np.concatenate([columns, padded]).reshape(-1, groups, width).swapaxes(0, 1)
    step = max(1, _AT_ONCE // max(1, width * width))
    for first in range(0, groups, step):
        yield whole - moments(by_group[first : first + step])


def varies(variance: float) -> bool:
    """Whether a variance of shares is more than rounding."""
    return variance > _NO_VARIANCE
