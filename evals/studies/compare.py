"""Two rubrics, prompts or models on the same answers: is the second closer to people, and can it
be told?

Where there are no people, only how far the two differ from each other. What the statistics are
stands in `evals.stats`; how it looks in `evals.report`.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from agent.errors import InputError
from agent.frozen import Frozen
from evals.dataset import Dataset
from evals.gates import with_limits
from evals.levels import Array, Scale
from evals.sides import Side
from evals.stats.agreement import Agreements, agreement
from evals.stats.continuous import Closeness, closeness
from evals.stats.intervals import Interval
from evals.stats.multiple import holm
from evals.stats.paired import (
    HIGHER_IS_BETTER,
    Measure,
    Paired,
    PairedLevels,
    PairedPercents,
    paired_levels,
    paired_percents,
)
from evals.stats.power import detectable, needed

By = Literal["qwk", "mae", "exact", "pearson"]
Outcome = Literal["better", "worse", "cannot tell"]


class LeftOut(Frozen):
    """A criterion that is not compared, and why."""

    criterion: str
    reason: str


class Verdict(Frozen):
    """What B is beside A by the main measure, over so many answers.

    `better` and `worse` if the difference's interval has no 0 in it. `more_answers` are how many
    more would tell a difference as large as the one seen, `detectable` is the smallest true
    difference that these answers would tell, both with a power of 80 % at the two-sided 5 %.
    """

    measure: By
    on: Literal["levels", "answers"]
    outcome: Outcome
    a: Interval
    b: Interval
    difference: Interval
    error: float | None
    answers: int
    more_answers: int | None
    detectable: float | None


class Missing(Frozen):
    """How many answers there are, those without a grade of A or B, and levels that lack."""

    answers: int
    answers_without_a: int
    answers_without_b: int
    levels_without_a: int
    levels_without_b: int


class Comparison(Frozen):
    """B beside A.

    `criteria` are those that both judge on as many levels. `levels` and `percents` compare the two
    with people, None where people gave none; `adjusted` are Holm's p values of the criteria's
    differences in `adjusted_measure`. `between_levels` and `between_percents` compare B with A,
    bias being B less A.
    """

    a: str
    b: str
    criteria: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    levels: PairedLevels | None
    percents: PairedPercents | None
    adjusted_measure: Measure
    adjusted: dict[str, float | None]
    between_levels: Agreements | None
    between_percents: Closeness
    verdict: Verdict | None
    missing: Missing

    def figures(self) -> dict[str, float | None]:
        """What gates may name.

        `difference` and its limits are those of the main measure; a.qwk, b.qwk and
        difference.qwk, CRITERION.difference.qwk, total.difference.pearson and so on; between.qwk,
        between.bias, between.total.pearson...; detectable, more_answers; a.ungraded, b.ungraded.
        """
        found: dict[str, float | None] = {}
        if self.verdict is not None:
            found |= with_limits("difference", self.verdict.difference)
            found["detectable"] = self.verdict.detectable
            found["more_answers"] = self.verdict.more_answers
        if self.levels is not None:
            found |= _named("", self.levels.overall.measures)
            for one in self.levels.by_criterion:
                found |= _named(f"{one.criterion}.", one.measures)
        if self.percents is not None:
            found |= _named("total.", self.percents.measures)
        if self.between_levels is not None:
            whole = self.between_levels.overall
            found |= with_limits("between.qwk", whole.quadratic_kappa)
            for name in ("exact", "mae", "bias"):
                found |= with_limits(f"between.{name}", getattr(whole, name))
        for name in ("pearson", "icc", "mae", "bias"):
            found |= with_limits(f"between.total.{name}", getattr(self.between_percents, name))
        count = self.missing.answers
        found["a.ungraded"] = self.missing.answers_without_a / count
        found["b.ungraded"] = self.missing.answers_without_b / count
        return found


def compared(
    data: Dataset,
    a: Side,
    b: Side,
    *,
    by: By | None = None,
    seed: int = 0,
    replicates: int = 1000,
) -> Comparison:
    """Compare two sides. Raises InputError for a measure that the dataset has no people for."""
    common, left_out = _common(a.scales, b.scales)
    people = [one for one in data.people.scales if _top(common, one.criterion) == one.top]
    left_out += [
        LeftOut(criterion=one.criterion, reason="people graded it on other levels")
        for one in data.people.scales
        if _top(common, one.criterion) not in (None, one.top)
    ]
    levels = percents = None
    if people:
        levels = paired_levels(
            data.people.choose([one.criterion for one in people]).median(),
            _levels(a, people),
            _levels(b, people),
            people,
            seed=seed,
            replicates=replicates,
        )
    if data.totals.raters:
        percents = paired_percents(
            data.totals.mean(),
            _percents(a, data),
            _percents(b, data),
            seed=seed,
            replicates=replicates,
        )
    levels_a, levels_b = _levels(a, common), _levels(b, common)
    whole_a, whole_b = a.grades.percents, b.grades.percents
    measure = _measure(by, levels, percents)
    adjusted_measure: Measure = "qwk" if measure is None or measure == "pearson" else measure
    return Comparison(
        a=a.told,
        b=b.told,
        criteria=tuple(scale.criterion for scale in common),
        left_out=tuple(left_out),
        levels=levels,
        percents=percents,
        adjusted_measure=adjusted_measure,
        adjusted=_adjusted(levels, adjusted_measure),
        between_levels=(
            agreement(levels_a, levels_b, common, seed=seed, replicates=replicates)
            if common
            else None
        ),
        between_percents=closeness(whole_a, whole_b, seed=seed, replicates=replicates),
        verdict=None if measure is None else _verdict(measure, levels, percents),
        missing=Missing(
            answers=len(data.answers),
            answers_without_a=int(np.isnan(whole_a).sum()),
            answers_without_b=int(np.isnan(whole_b).sum()),
            levels_without_a=int(np.isnan(levels_a).sum()),
            levels_without_b=int(np.isnan(levels_b).sum()),
        ),
    )


def _common(a: Sequence[Scale], b: Sequence[Scale]) -> tuple[list[Scale], list[LeftOut]]:
    """What both judge on as many levels, as A has it, and the rest."""
    common, left_out = [], []
    for scale in a:
        other = _top(b, scale.criterion)
        if other == scale.top:
            common.append(scale)
            continue
        reason = (
            "only A judges it" if other is None else f"A has {scale.top + 1} levels, B {other + 1}"
        )
        left_out.append(LeftOut(criterion=scale.criterion, reason=reason))
    left_out += [
        LeftOut(criterion=scale.criterion, reason="only B judges it")
        for scale in b
        if _top(a, scale.criterion) is None
    ]
    return common, left_out


def _top(scales: Sequence[Scale], criterion: str) -> int | None:
    return next((one.top for one in scales if one.criterion == criterion), None)


def _levels(side: Side, scales: Sequence[Scale]) -> Array:
    return side.grades.levels(scales).values[:, :, 0]


def _percents(side: Side, data: Dataset) -> Array:
    """Over what people graded where the side has all of it; else as the side's scorecards say."""
    scales = data.people.scales
    if data.totals.is_from_levels and all(
        _top(side.scales, one.criterion) == one.top for one in scales
    ):
        return side.grades.levels(scales).percents()[:, 0]
    return side.grades.percents


def _measure(
    by: By | None, levels: PairedLevels | None, percents: PairedPercents | None
) -> By | None:
    if levels is None and percents is None:
        if by is not None:
            raise InputError(f"--by {by} needs people's grades, and the dataset has none")
        return None
    if by is None:
        return "pearson" if levels is None else "qwk"
    if levels is None and by in ("qwk", "exact"):
        raise InputError(
            f"--by {by} needs criteria that people, A and B have judged on as many levels; "
            "there is none, and only pearson and mae can be had of whole answers"
        )
    return by


def _verdict(by: By, levels: PairedLevels | None, percents: PairedPercents | None) -> Verdict:
    if by == "pearson" or levels is None:
        assert percents is not None
        one, answers = percents.of(by), percents.answers
    else:
        one, answers = levels.overall.of(by), levels.overall.answers
    outcome = _outcome(by, one.difference)
    more = None
    if outcome == "cannot tell" and one.error is not None and one.difference.value is not None:
        wanted = needed(answers, one.difference.value, one.error)
        more = None if wanted is None else max(wanted - answers, 1)
    return Verdict(
        measure=by,
        on="answers" if by == "pearson" or levels is None else "levels",
        outcome=outcome,
        a=one.a,
        b=one.b,
        difference=one.difference,
        error=one.error,
        answers=answers,
        more_answers=more,
        detectable=None if one.error is None else detectable(one.error),
    )


def _outcome(measure: Measure, difference: Interval) -> Outcome:
    if difference.low is None or difference.high is None:
        return "cannot tell"
    if difference.low <= 0 <= difference.high:
        return "cannot tell"
    return "better" if (difference.low > 0) == HIGHER_IS_BETTER[measure] else "worse"


def _adjusted(levels: PairedLevels | None, measure: Measure) -> dict[str, float | None]:
    if levels is None:
        return {}
    names = [one.criterion or "" for one in levels.by_criterion]
    return dict(zip(names, holm([one.of(measure).p for one in levels.by_criterion]), strict=True))


def _named(prefix: str, measures: Sequence[Paired]) -> dict[str, float | None]:
    def each() -> Iterator[tuple[str, Interval]]:
        for one in measures:
            yield f"{prefix}a.{one.measure}", one.a
            yield f"{prefix}b.{one.measure}", one.b
            yield f"{prefix}difference.{one.measure}", one.difference

    return {key: value for name, one in each() for key, value in with_limits(name, one).items()}
