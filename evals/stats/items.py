"""Item analysis of a rubric: what each criterion does, and what the criteria do together.

Pure, over `evals.levels.Levels`. What is wrong with a criterion is told by `evals.stats.flags`;
agreement in full by the other modules of this package.

An answer's share on a criterion is the mean over raters of what their levels are worth, 0 to 1,
and not the panel's median: the lower of two middle levels lies below what two raters gave, and
steps of a median hide what raters agree on in part. Sums are of share times weight. Covariances
are of the answers that have both criteria (pairwise), so a gap costs one answer for one pair.
"""

from dataclasses import dataclass

import numpy as np

from evals.levels import Array, Levels, Scale
from evals.stats.alpha import of_covariances, without_each
from evals.stats.bounds import Bounds, of_correlation
from evals.stats.covariances import centred, moments, varies
from evals.stats.disagreement import Disagreement, disagreement
from evals.stats.likeness import Likeness, likeness

ITEM_CONFIDENCE = 0.90
"""Of a criterion's intervals: each end is a one-sided bound at 95 %, as flags ask for."""


@dataclass(frozen=True)
class Nearest:
    """The other criterion that goes most closely with one, and Pearson's r of their shares."""

    criterion: str
    r: float


@dataclass(frozen=True)
class Item:
    """One criterion. What cannot be told, such as r of what does not vary, is None."""

    scale: Scale
    answers: int
    """Answers with a level from at least one rater."""
    ratings: int
    missing: int
    """Answers times raters without a level."""
    mean: float | None
    """The mean level over answers; an answer's level here is the mean over its raters."""
    sd: float | None
    """The standard deviation over answers of that level, divided by n - 1."""
    difficulty: float | None
    """The mean share of what the criterion can earn, 0 to 1: the higher, the easier."""
    counts: tuple[int, ...]
    """How often raters gave each level, from 0 up."""
    discrimination: Bounds | None
    """Corrected item-total correlation: r of the share with the sum of the other criteria."""
    alpha_without: float | None
    """Cronbach's alpha of the other criteria."""
    nearest: Nearest | None
    disagreement: Disagreement | None
    """None where no answer has two raters."""

    @property
    def criterion(self) -> str:
        """The criterion's id."""
        return self.scale.criterion

    @property
    def unused(self) -> tuple[int, ...]:
        """The levels that no rater ever gave."""
        return tuple(level for level, count in enumerate(self.counts) if not count)

    @property
    def floor(self) -> float | None:
        """The share of ratings at the lowest level."""
        return self.counts[0] / self.ratings if self.ratings else None

    @property
    def ceiling(self) -> float | None:
        """The share of ratings at the highest level."""
        return self.counts[-1] / self.ratings if self.ratings else None


@dataclass(frozen=True, eq=False)
class ItemAnalysis:
    """A rubric's criteria and how they go together. What cannot be told is None."""

    answers: int
    raters: int
    items: tuple[Item, ...]
    alpha: Bounds | None
    """Cronbach's alpha of the weighted sum, with Feldt's 95 % interval.

    Criteria with levels for fewer than two answers are left out; those that do not vary are in.
    """
    mean_correlation: float | None
    """The mean of all criteria's correlations with each other."""
    first_share: float | None
    """The first eigenvalue of their correlations over the number of criteria that vary, 0 to 1."""
    correlations: Array
    """Pearson's r of the criteria's shares, (criteria, criteria)."""
    pairs: Array
    """Answers that have both criteria, (criteria, criteria)."""
    likeness: Likeness | None
    """Correlations freed of rating error, and the halo. None with one rater: with one, what
    criteria have in common cannot be told from one overall impression, nor error from meaning."""


def analyse(levels: Levels) -> ItemAnalysis:
    """Item analysis of a rubric's levels, by one or more raters."""
    worth = levels.worth()
    given = ~np.isnan(worth)
    count = given.sum(axis=2)
    total = np.where(given, worth, 0.0).sum(axis=2)
    shares = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    sums = moments(centred(shares))
    kept = [at for at, count in enumerate(np.diag(sums.both)) if count > 1]
    both = sums.both[np.ix_(kept, kept)]
    covariances = sums.covariances()[np.ix_(kept, kept)]
    weights = np.array([scale.weight for scale in levels.scales])[kept]
    weighted = covariances * np.outer(weights, weights)
    rest = dict(zip(kept, _discriminations(covariances, weights, both), strict=True))
    without = dict(zip(kept, without_each(weighted), strict=True))
    r = sums.correlations()
    np.fill_diagonal(r, np.nan)
    items = tuple(
        _item(levels, at, shares[:, at], rest.get(at), without.get(at), r)
        for at in range(len(levels.scales))
    )
    known = r[~np.isnan(r)]
    return ItemAnalysis(
        answers=len(levels.answers),
        raters=len(levels.raters),
        items=items,
        alpha=of_covariances(weighted, int(both.min()) if both.size else 0),
        mean_correlation=float(known.mean()) if known.size else None,
        first_share=_first_share(r),
        correlations=r,
        pairs=sums.both,
        likeness=likeness(worth),
    )


def _item(
    levels: Levels,
    at: int,
    shares: Array,
    discrimination: Bounds | None,
    alpha_without: float | None,
    correlations: Array,
) -> Item:
    scale, values = levels.scales[at], levels.values[:, at, :]
    given = ~np.isnan(values)
    rated = given.any(axis=1)
    means = np.where(given, values, 0.0).sum(axis=1)[rated] / given.sum(axis=1)[rated]
    counts = np.bincount(values[given].astype(int), minlength=scale.top + 1)
    nearest = None
    if not np.isnan(correlations[at]).all():
        other = int(np.nanargmax(np.abs(correlations[at])))
        nearest = Nearest(levels.criteria[other], float(correlations[at, other]))
    return Item(
        scale=scale,
        answers=len(means),
        ratings=int(given.sum()),
        missing=int((~given).sum()),
        mean=float(means.mean()) if means.size else None,
        sd=float(means.std(ddof=1)) if means.size > 1 else None,
        difficulty=float(shares[rated].mean()) if means.size else None,
        counts=tuple(int(count) for count in counts),
        discrimination=discrimination,
        alpha_without=alpha_without,
        nearest=nearest,
        disagreement=disagreement(values, ITEM_CONFIDENCE),
    )


def _discriminations(covariances: Array, weights: Array, both: Array) -> list[Bounds | None]:
    """Each share's correlation with the weighted sum of the others, by Fisher's z."""
    others = weights[None, :] * ~np.eye(len(weights), dtype=bool)
    shared = (covariances * others).sum(axis=1)
    rest = np.einsum("ij,jk,ik->i", others, covariances, others, optimize=True)
    told: list[Bounds | None] = []
    for at, own in enumerate(np.diag(covariances)):
        if not (varies(own) and varies(rest[at])):  # nan does not vary either
            told.append(None)
            continue
        r = float(np.clip(shared[at] / np.sqrt(own * rest[at]), -1, 1))
        told.append(of_correlation(r, int(both[at].min()), ITEM_CONFIDENCE))
    return told


def _first_share(correlations: Array) -> float | None:
    varying = ~np.isnan(correlations).all(axis=1)
    matrix = correlations[np.ix_(varying, varying)]
    np.fill_diagonal(matrix, 1.0)
    if len(matrix) < 2 or np.isnan(matrix).any():
        return None
    return float(np.linalg.eigvalsh(matrix)[-1]) / len(matrix)
