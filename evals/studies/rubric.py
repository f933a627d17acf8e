"""What a rubric's criteria do over graded answers, and how many judges a grade takes.

Item analysis and a generalizability study of a grader's levels, of people's, or of both. What the
statistics are stands in `evals.stats`; how it looks in `evals.report`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from agent.errors import InputError
from agent.frozen import Frozen
from evals.dataset import Dataset
from evals.gates import with_limits
from evals.grading import GRADER, Grades
from evals.levels import Array, Levels, Scale
from evals.stats.bounds import Bounds
from evals.stats.decision import Coefficient, Decision, Plan, decide, plan
from evals.stats.flags import Flag, Severity, flags
from evals.stats.generalizability import GStudy, studies
from evals.stats.intervals import Interval
from evals.stats.items import Item, ItemAnalysis, analyse
from evals.stats.likeness import Halo
from evals.studies.agreement import PEOPLE

Judges = Literal["people", "models", "samples"]
"""What stands for judges; samples are those of one model alone."""

TO_LOOK_AT: tuple[Severity, ...] = ("mend", "look")
MOST_REPEATS = 10
_SHOWN_JUDGES, _SHOWN_REPEATS = 8, (1, 2, 3, 5)
_PAIRS = 12


@dataclass(frozen=True)
class Rated:
    """Levels by raters of one sort, `by` whom. `cost` is that of one grading of an answer, dollars.

    `judge_of` names for each rater whose repeat it is, as the samples of a model are.
    """

    by: str
    levels: Levels
    judges: Judges
    judge_of: tuple[str, ...]
    cost: float | None = None


class Pair(Frozen):
    """Two criteria that go closely together, the later one second.

    `r` is Pearson's of their shares over `answers`; `without_error` is freed of rating error and
    `at_least` its lower 95 % bound. These two are None with one rater.
    """

    first: str
    second: str
    answers: int
    r: float
    without_error: float | None
    at_least: float | None


class JudgeStudy(Frozen):
    """What judges add to the variance, and how many of them a grade takes.

    Studies are in points of 100. `one` is a single grading, `now` the mean over those at hand.
    `absolute` and `relative` are the cheapest plans of whole answers for Phi and E rho squared,
    `plans` by criterion for Phi. `grid` is judges by repeats.
    """

    judges: Judges
    total: GStudy
    by_criterion: dict[str, GStudy]
    one: Decision
    now: Decision
    absolute: Plan
    relative: Plan
    plans: dict[str, Plan]
    grid: tuple[Decision, ...]


class View(Frozen):
    """A rubric as the levels of one sort of raters show it.

    `answers` have a level at all. `unrated` criteria have none and are left out. `untold` says why
    there is no study of judges.
    """

    by: str
    raters: tuple[str, ...]
    answers: int
    items: tuple[Item, ...]
    flags: tuple[Flag, ...]
    alpha: Bounds | None
    mean_correlation: float | None
    first_share: float | None
    correlations: tuple[tuple[float | None, ...], ...]
    pairs: tuple[Pair, ...]
    halo: Halo | None
    judges: JudgeStudy | None
    untold: str | None
    unrated: tuple[str, ...]

    @property
    def to_look_at(self) -> dict[str, list[Flag]]:
        """The flags that ask for something, by criterion in the rubric's order."""
        found: dict[str, list[Flag]] = {}
        for flag in self.flags:
            if flag.severity in TO_LOOK_AT:
                found.setdefault(flag.criterion, []).append(flag)
        return found


class RubricStudy(Frozen):
    """A rubric as its raters' levels show it: one view for each sort of raters."""

    target: float
    views: tuple[View, ...]

    def figures(self) -> dict[str, float | None]:
        """What gates may name: alpha, flags, flags.mend, phi, generalizability, halo,
        CRITERION.discrimination, CRITERION.difficulty, CRITERION.reliability.

        phi and generalizability (E rho squared) are of the mean over the raters at hand. Of a
        second sort of raters the same with `people.` in front.
        """
        found: dict[str, float | None] = {}
        for at, view in enumerate(self.views):
            prefix = f"{view.by}." if at else ""
            found |= {f"{prefix}{name}": value for name, value in _figures(view)}
        return found


def rated_by_grader(grades: Grades, scales: Sequence[Scale]) -> Rated:
    """The levels of all models and samples of a grader."""
    levels = grades.ratings(scales)
    models = tuple(rater.partition(" #")[0] for rater in levels.raters)
    alone = len(set(models)) == 1
    gradings = len(levels.raters) * sum(one is not None for one in grades.graded)
    # Nothing spent is a model without a price, and plans are then counted in gradings.
    cost = grades.spent / gradings if grades.spent and gradings else None
    return Rated(
        by=GRADER,
        levels=levels,
        judges="samples" if alone and len(models) > 1 else "models",
        judge_of=levels.raters if alone else models,
        cost=cost,
    )


def rated_by_people(data: Dataset) -> Rated:
    """The levels of the dataset's people. Raises InputError if they gave none by criterion."""
    if not data.people.scales:
        raise InputError(
            f"{data.folder}: people gave no levels by criterion; name their columns in `raters`"
        )
    return Rated(PEOPLE, data.people, "people", data.people.raters)


def measured_rubric(
    rated: Sequence[Rated], *, target: float = 0.8, max_judges: int = 20
) -> RubricStudy:
    """Analyse the levels of each sort of raters.

    `target` is the coefficient, 0 to 1, that plans are to reach with at most `max_judges`. Raises
    InputError where nobody gave a level.
    """
    return RubricStudy(target=target, views=tuple(_view(one, target, max_judges) for one in rated))


def _view(rated: Rated, target: float, max_judges: int) -> View:
    given = ~np.isnan(rated.levels.values)
    criteria = rated.levels.criteria
    named = [name for at, name in enumerate(criteria) if given[:, at].any()]
    if not named:
        raise InputError(f"no {rated.by} level is there: nothing can be analysed")
    levels = rated.levels.choose(named)
    analysis = analyse(levels)
    judges, untold = _judges(rated, levels, target, max_judges)
    likeness = analysis.likeness
    return View(
        by=rated.by,
        raters=levels.raters,
        answers=int(given.any(axis=(1, 2)).sum()),
        items=analysis.items,
        flags=flags(analysis),
        alpha=analysis.alpha,
        mean_correlation=analysis.mean_correlation,
        first_share=analysis.first_share,
        correlations=tuple(tuple(map(_told, row)) for row in analysis.correlations),
        pairs=tuple(_pairs(analysis)),
        halo=likeness.halo if likeness else None,
        judges=judges,
        untold=untold,
        unrated=tuple(name for name in criteria if name not in named),
    )


def _judges(
    rated: Rated, levels: Levels, target: float, max_judges: int
) -> tuple[JudgeStudy | None, str | None]:
    """The study of judges, or why there is none."""
    if len(levels.raters) < 2:
        return None, "there is one rater"
    try:
        by_criterion, total = studies(levels, rated.judge_of)
    except ValueError as error:
        return None, str(error)
    wanted = [
        (judges, repeats)
        for repeats in (_SHOWN_REPEATS if total.repeats > 1 else (1,))
        for judges in range(1, _SHOWN_JUDGES + 1)
    ]

    def cheapest(of: GStudy, coefficient: Coefficient) -> Plan:
        return plan(
            of,
            target,
            coefficient,
            max_judges=max_judges,
            max_repeats=MOST_REPEATS,
            cost_per_grading=rated.cost,
        )

    return JudgeStudy(
        judges=rated.judges,
        total=total,
        by_criterion=by_criterion,
        one=decide(total, 1, 1, rated.cost),
        now=decide(total, total.judges, total.repeats, rated.cost),
        absolute=cheapest(total, "absolute"),
        relative=cheapest(total, "relative"),
        plans={name: cheapest(one, "absolute") for name, one in by_criterion.items()},
        grid=tuple(decide(total, judges, repeats, rated.cost) for judges, repeats in wanted),
    ), None


def _pairs(analysis: ItemAnalysis) -> Iterator[Pair]:
    """The pairs that go most closely together, by r freed of error where that can be told."""
    likeness, r = analysis.likeness, analysis.correlations
    by = r if likeness is None else np.where(np.isnan(likeness.corrected), r, likeness.corrected)
    first, second = np.triu_indices(len(r), 1)
    known = ~np.isnan(by[first, second])
    first, second = first[known], second[known]
    for at in np.argsort(-by[first, second], kind="stable")[:_PAIRS]:
        one, other = int(first[at]), int(second[at])
        yield Pair(
            first=analysis.items[one].criterion,
            second=analysis.items[other].criterion,
            answers=int(analysis.pairs[one, other]),
            r=float(r[one, other]),
            without_error=_at(likeness.corrected, one, other) if likeness else None,
            at_least=_at(likeness.least, one, other) if likeness else None,
        )


def _at(values: Array, one: int, other: int) -> float | None:
    return _told(values[one, other])


def _told(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _figures(view: View) -> Iterator[tuple[str, float | None]]:
    def limits(name: str, interval: Interval | None) -> Iterator[tuple[str, float | None]]:
        yield from with_limits(name, interval or Interval(value=None)).items()

    now = view.judges.now if view.judges else None
    yield from limits("alpha", view.alpha)
    yield "flags", sum(flag.severity in TO_LOOK_AT for flag in view.flags)
    yield "flags.mend", sum(flag.severity == "mend" for flag in view.flags)
    yield from limits("phi", now.absolute if now else None)
    yield from limits("generalizability", now.relative if now else None)
    yield from limits("halo", view.halo.excess if view.halo else None)
    for item in view.items:
        yield from limits(f"{item.criterion}.discrimination", item.discrimination)
        yield f"{item.criterion}.difficulty", item.difficulty
        told = item.disagreement
        yield from limits(f"{item.criterion}.reliability", told.reliability if told else None)
