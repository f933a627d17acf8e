"""Levels that raters gave: answers × criteria × raters, the one shape that all statistics read.

Types and simple views only. Where levels come from, people or graders, is the business of
`evals.dataset` and `evals.grading`; what they amount to is worked out in `evals.stats`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """A criterion's levels: `worth` is the share, 0 to 1, that each earns of its `weight`.

    `points` are what people call the levels; the level's own number where none are given.
    """

    criterion: str
    title: str
    worth: tuple[float, ...]
    weight: float = 1.0
    points: tuple[float, ...] = ()

    @property
    def top(self) -> int:
        """The highest level; the lowest is 0."""
        return len(self.worth) - 1


@dataclass(frozen=True)
class Levels:
    """What each rater gave each answer for each criterion.

    `values` has the shape (answers, criteria, raters), whole numbers from 0 to the scale's top;
    nan where a rater gave none. Raises ValueError for another shape or for values off the scale.
    """

    answers: tuple[str, ...]
    scales: tuple[Scale, ...]
    raters: tuple[str, ...]
    values: Array

    def __post_init__(self) -> None:
        wanted = (len(self.answers), len(self.scales), len(self.raters))
        if self.values.shape != wanted:
            raise ValueError(f"levels of shape {self.values.shape}, not {wanted}")
        tops = np.array([scale.top for scale in self.scales], dtype=float)[None, :, None]
        given = ~np.isnan(self.values)
        off = given & ((self.values < 0) | (self.values > tops) | (self.values % 1 != 0))
        if off.any():
            answer, criterion, rater = (int(at) for at in np.argwhere(off)[0])
            raise ValueError(
                f"level {self.values[answer, criterion, rater]:g} of answer "
                f"{self.answers[answer]!r}, criterion {self.scales[criterion].criterion!r} is "
                f"none of 0 to {self.scales[criterion].top}"
            )

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria's ids, in the order of the second axis."""
        return tuple(scale.criterion for scale in self.scales)

    def of_rater(self, rater: str) -> Array:
        """The levels of one rater, (answers, criteria). Raises ValueError for an unknown one."""
        return self.values[:, :, self.raters.index(rater)]

    def of_criterion(self, criterion: str) -> Array:
        """The levels of one criterion, (answers, raters). Raises ValueError for an unknown one."""
        return self.values[:, self.criteria.index(criterion), :]

    def median(self) -> Array:
        """The lower median over raters, as panels are combined: (answers, criteria), or nan."""
        ordered = np.sort(self.values, axis=2)  # nan stand last
        given = (~np.isnan(ordered)).sum(axis=2)
        at = np.maximum(given - 1, 0) // 2
        return np.take_along_axis(ordered, at[:, :, None], axis=2)[:, :, 0]

    def worth(self) -> Array:
        """The share that each level earns of its criterion, 0 to 1, in the shape of `values`."""
        worth = np.full(self.values.shape, np.nan)
        for at, scale in enumerate(self.scales):
            given = ~np.isnan(self.values[:, at, :])
            levels = self.values[:, at, :][given].astype(int)
            worth[:, at, :][given] = np.array(scale.worth)[levels]
        return worth

    def percents(self) -> Array:
        """What each rater's levels come to of 100, (answers, raters).

        Weighted over the criteria that have a level; nan where none has.
        """
        earned = self.worth()
        weights = np.array([scale.weight for scale in self.scales])[None, :, None]
        weights = np.where(np.isnan(earned), 0.0, weights)
        total = weights.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, 100 * np.nansum(earned * weights, axis=1) / total, np.nan)

    def choose(self, criteria: Sequence[str]) -> "Levels":
        """Only these criteria, in this order. Raises ValueError for an unknown one."""
        at = [self.criteria.index(one) for one in criteria]
        scales = tuple(self.scales[one] for one in at)
        return Levels(self.answers, scales, self.raters, self.values[:, at, :])
