"""Two graders of the same answers, A and B: how much closer to people the second is.

Each statistic is worked out for both over what all three graded, and the difference for each draw
of answers: what makes an answer hard for both cancels out. What the statistics are stands in
`evals.stats.confusion` and `evals.stats.moments`; what a difference means is decided elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from scipy.special import stdtr

from agent.frozen import Frozen
from evals.levels import Array, Scale
from evals.stats import confusion
from evals.stats import moments as of
from evals.stats.categories import Unit, categories
from evals.stats.intervals import Interval, Resamples, intervals, resample

Measure = Literal["qwk", "exact", "mae", "bias", "pearson"]

HIGHER_IS_BETTER: Mapping[Measure, bool] = {
    "qwk": True,
    "exact": True,
    "mae": False,
    "bias": False,
    "pearson": True,
}


class Paired(Frozen):
    """A measure of A against people and of B, and B's less A's.

    Of `bias`, which is signed, the difference is that of the sizes: |B's| less |A's|. `error` is
    the difference's standard error, `p` that of a t test of no difference.
    """

    measure: Measure
    a: Interval
    b: Interval
    difference: Interval
    error: float | None
    p: float | None


class PairedCriterion(Frozen):
    """All measures on one criterion, or on all if `criterion` is None.

    `pairs` are levels that people, A and B gave, `answers` those with at least one. Of `mae` and
    `bias` the values are in levels, or in shares of full marks if `unit` says so.
    """

    criterion: str | None
    answers: int
    pairs: int
    unit: Unit
    measures: tuple[Paired, ...]

    def of(self, measure: Measure) -> Paired:
        """One of the measures; raises KeyError for one that is not there."""
        return _one(self.measures, measure)


class PairedLevels(Frozen):
    """A and B against people in levels, on all criteria together and on each."""

    overall: PairedCriterion
    by_criterion: tuple[PairedCriterion, ...]


class PairedPercents(Frozen):
    """A and B against people in percents of whole answers; mae and bias in percentage points."""

    answers: int
    measures: tuple[Paired, ...]

    def of(self, measure: Measure) -> Paired:
        """One of the measures; raises KeyError for one that is not there."""
        return _one(self.measures, measure)


def paired_levels(
    people: Array,
    a: Array,
    b: Array,
    scales: Sequence[Scale],
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> PairedLevels:
    """Compare in levels, (answers, criteria) each; nan where one gave none.

    Over all criteria, pairs are pooled; `evals.stats.categories` says as what. Raises ValueError
    for shapes that differ, levels off the scale, no answers or no scales.
    """
    people, (a, b) = _common(people, a, b)
    pooled = categories(scales)
    largest = max(scale.top for scale in scales) + 1
    given = ~np.isnan(people)

    def drawn(parts: Array) -> Resamples:
        return resample(parts, cells=2, replicates=replicates, seed=seed)

    each = [drawn(confusion.tables(people, side, largest)) for side in (a, b)]
    together = [
        drawn(confusion.tables(pooled.of(people), pooled.of(side), len(pooled)).sum(axis=1))
        for side in (a, b)
    ]
    by_level = np.arange(largest, dtype=float)
    (overall,) = _of_tables(together, 1, pooled.scores)
    measured = _of_tables(each, len(scales), by_level)
    return PairedLevels(
        overall=PairedCriterion(
            criterion=None,
            answers=int(given.any(axis=1).sum()),
            pairs=int(given.sum()),
            unit=pooled.unit,
            measures=overall,
        ),
        by_criterion=tuple(
            PairedCriterion(
                criterion=scale.criterion,
                answers=int(count),
                pairs=int(count),
                unit="level",
                measures=measures,
            )
            for scale, count, measures in zip(scales, given.sum(axis=0), measured, strict=True)
        ),
    )


def paired_percents(
    people: Array, a: Array, b: Array, *, replicates: int = 1000, seed: int = 0
) -> PairedPercents:
    """Compare in percents, (answers,) each; nan where one gave none.

    Raises ValueError for shapes that differ or for no answers.
    """
    people, (a, b) = _common(people, a, b)
    given = ~np.isnan(people)
    # Nothing here depends on the origin, and sums of squares about it lose fewer digits.
    origin = people[given].mean() if given.any() else 0.0
    first, second = (
        resample(of.moments(people - origin, side - origin), replicates=replicates, seed=seed)
        for side in (a, b)
    )
    return PairedPercents(
        answers=int(given.sum()),
        measures=tuple(
            one
            for measure, statistic in _OF_PERCENTS.items()
            for one in paired(measure, first.map(statistic), second.map(statistic))
        ),
    )


_OF_PERCENTS: Mapping[Measure, Callable[[Array], Array]] = {
    "pearson": of.pearson,
    "mae": of.mae,
    "bias": of.bias,
}


def _common(people: Array, *sides: Array) -> tuple[Array, list[Array]]:
    """All of them, without what any of them lacks."""
    if any(side.shape != people.shape for side in sides):
        raise ValueError(f"shapes differ: {[one.shape for one in (people, *sides)]}")
    lacking = np.isnan(np.stack([people, *sides])).any(axis=0)
    kept = [np.where(lacking, np.nan, one) for one in (people, *sides)]
    return kept[0], kept[1:]


def _of_tables(
    sides: Sequence[Resamples], count: int, scores: Array
) -> tuple[tuple[Paired, ...], ...]:
    """The measures of each of `count` tables of A and B."""
    a, b = sides
    statistics: Mapping[Measure, Callable[[Array], Array]] = {
        "qwk": lambda table: of.concordance(confusion.moments(table, scores)),
        "exact": confusion.exact,
        "mae": lambda table: of.mae(confusion.moments(table, scores)),
        "bias": lambda table: of.bias(confusion.moments(table, scores)),
    }
    found = [
        paired(measure, a.map(statistic), b.map(statistic))
        for measure, statistic in statistics.items()
    ]
    return tuple(tuple(one[at] for one in found) for at in range(count))


def paired(measure: Measure, a: Resamples, b: Resamples) -> tuple[Paired, ...]:
    """The measure of A and of B, (values,) or (), worked out of the same draws of answers."""
    one, other = (a.map(np.abs), b.map(np.abs)) if measure == "bias" else (a, b)
    apart = Resamples(
        np.asarray(other.whole - one.whole),
        other.drawn - one.drawn,
        other.without - one.without,
        a.filled,
    )
    differences = intervals(apart)
    drawn = apart.drawn.reshape(-1, len(differences))
    clusters = np.broadcast_to(a.filled.sum(axis=0), apart.whole.shape).reshape(-1)
    return tuple(
        Paired(
            measure=measure,
            a=first,
            b=second,
            difference=difference,
            error=(error := _error(difference, drawn[:, at], int(clusters[at]))),
            p=_p(difference.value, error, int(clusters[at])),
        )
        for at, (first, second, difference) in enumerate(
            zip(intervals(a), intervals(b), differences, strict=True)
        )
    )


def _error(difference: Interval, drawn: Array, clusters: int) -> float | None:
    """The standard error; None where there is no interval either."""
    if difference.low is None:
        return None
    # The draws' variance is too small by (n - 1) / n, as that of a mean with divisor n is.
    return float(np.nanstd(drawn) * np.sqrt(clusters / (clusters - 1)))


def _p(value: float | None, error: float | None, clusters: int) -> float | None:
    if value is None or not error:
        return None
    return float(2 * stdtr(clusters - 1, -abs(value) / error))


def _one(measures: Sequence[Paired], wanted: Measure) -> Paired:
    for one in measures:
        if one.measure == wanted:
            return one
    raise KeyError(wanted)
