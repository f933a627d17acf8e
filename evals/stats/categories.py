"""What levels of several criteria have in common, so that they can be pooled in one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evals.levels import Array, Scale

Unit = Literal["level", "share"]


@dataclass(frozen=True)
class Categories:
    """A pooled table's categories, in ascending order, and what each is worth in `unit`.

    `places` has the categories of each criterion's levels, (criteria, levels); nan beyond its top.
    """

    unit: Unit
    scores: Array
    places: Array

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, levels: Array) -> Array:
        """The category of each level, (answers, criteria, ...); nan stays nan.

        Raises ValueError for levels off their criterion's scale.
        """
        given = ~np.isnan(levels)
        whole = np.where(given, levels, 0.0)
        if ((whole < 0) | (whole >= self.places.shape[1]) | (whole % 1 != 0)).any():
            raise ValueError("a level is off its criterion's scale")
        criteria = np.arange(len(self.places)).reshape(-1, *(1,) * (levels.ndim - 2))
        found = self.places[criteria, whole.astype(int)]
        if np.isnan(found).any():
            raise ValueError("a level is off its criterion's scale")
        return np.where(given, found, np.nan)

    def values(self, levels: Array) -> Array:
        """What each level is worth in `unit`; nan stays nan. Raises ValueError as `of`."""
        found = self.of(levels)
        given = ~np.isnan(found)
        return np.where(given, self.scores[np.where(given, found, 0.0).astype(int)], np.nan)


def categories(scales: Sequence[Scale]) -> Categories:
    """Criteria of one top are pooled by level; those of several by the share that a level is worth.

    A 2 of 2 is no 2 of 4, but both are worth a share of full marks. So where tops differ, the
    categories are the distinct shares. Raises ValueError for no scales.
    """
    if not scales:
        raise ValueError("no criteria to compare")
    longest = max(scale.top for scale in scales) + 1
    if len({scale.top for scale in scales}) == 1:
        levels = np.arange(longest, dtype=float)
        return Categories("level", levels, np.tile(levels, (len(scales), 1)))
    shares = np.unique(np.concatenate([scale.worth for scale in scales]))
    places = np.full((len(scales), longest), np.nan)
    for row, scale in zip(places, scales, strict=True):
        row[: len(scale.worth)] = np.searchsorted(shares, scale.worth)
    return Categories("share", shares, places)
