"""How far raters disagree on one criterion: how often, by how many levels, and as a reliability."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from evals.levels import Array
from evals.stats.bounds import Bounds


@dataclass(frozen=True)
class Disagreement:
    """How raters disagree on one criterion; of all pairs of raters of the same answer.

    `reliability` is that of a single rater, the one-way intraclass correlation ICC(1): the share
    of the levels' variance that lies between answers. The rest, `1 - reliability`, is variance
    within answers, a stricter rater's included. None where no level varies.
    """

    pairs: int
    exact: float
    """The share of pairs that give the same level."""
    apart: float
    """The mean difference of a pair, in levels."""
    reliability: Bounds | None
    means: tuple[float | None, ...]
    """Each rater's mean level."""


def disagreement(levels: Array, confidence: float = 0.90) -> Disagreement | None:
    """Of levels, (answers, raters), nan for none. None where no answer has two."""
    given = ~np.isnan(levels)
    pairs, same, distance = 0, 0, 0.0
    for first in range(levels.shape[1]):
        later = np.abs(levels[:, first + 1 :] - levels[:, [first]])
        later = later[~np.isnan(later)]
        pairs += later.size
        same += int((later == 0).sum())
        distance += float(later.sum())
    if not pairs:
        return None
    counts = given.sum(axis=0)
    totals = np.where(given, levels, 0.0).sum(axis=0)
    means = tuple(
        float(total / count) if count else None for total, count in zip(totals, counts, strict=True)
    )
    return Disagreement(
        pairs, same / pairs, distance / pairs, single_rater_reliability(levels, confidence), means
    )


def single_rater_reliability(levels: Array, confidence: float = 0.90) -> Bounds | None:
    """ICC(1) with its F interval (Shrout & Fleiss 1979); raters need not be the same throughout.

    For unequal numbers of raters n0 takes the place of their number (Snedecor & Cochran 1989),
    and the interval is approximate. None where nothing varies or no answer has two raters.
    """
    given = ~np.isnan(levels)
    counts = given.sum(axis=1)
    rows, counts, given = levels[counts > 0], counts[counts > 0], given[counts > 0]
    total, answers = int(counts.sum()), len(counts)
    if answers < 2 or total == answers:
        return None
    filled = np.where(given, rows, 0.0)
    means = filled.sum(axis=1) / counts
    middle = filled.sum() / total
    within = float((np.where(given, rows - means[:, None], 0.0) ** 2).sum()) / (total - answers)
    between = float((counts * (means - middle) ** 2).sum()) / (answers - 1)
    size = (total - float((counts**2).sum()) / total) / (answers - 1)
    if within + between < 1e-12:
        return None
    if within < 1e-12:
        return Bounds(value=1.0, low=1.0, high=1.0, level=confidence)
    ratio, tail = between / within, (1 - confidence) / 2
    freedom = (answers - 1, total - answers)
    least = ratio / float(special.fdtri(*freedom, 1 - tail))
    most = ratio / float(special.fdtri(*freedom, tail))
    value, low, high = ((one - 1) / (one + size - 1) for one in (ratio, least, most))
    return Bounds(value=value, low=low, high=high, level=confidence)
