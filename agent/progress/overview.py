"""Progress by rubric: scores over time, what is weak, and what to practise next. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from agent.progress.attempt import Attempt, Criterion, Step
from agent.progress.schedule import Judging, schedule

_RECENT = 3
_WEAKEST = 5
_WEAK_BELOW = 0.75
"""Of the top level: what is at 3 of 4 is no weakness, be it lower than the rest."""


@dataclass(frozen=True)
class Point:
    """A value of an interview in a series: a percentage, or a level."""

    at: datetime
    value: float
    interview: str


@dataclass(frozen=True)
class StepSeries:
    """A step's percentages, oldest first; interviews that did not assess it are left out."""

    step: Step
    points: tuple[Point, ...]


@dataclass(frozen=True)
class CriterionSeries:
    """A criterion's levels, oldest first; interviews that did not judge it are left out."""

    criterion: Criterion
    points: tuple[Point, ...]

    @property
    def mean(self) -> float | None:
        """The mean of the last levels, three at most; None if there is none."""
        recent = [point.value for point in self.points[-_RECENT:]]
        return fmean(recent) if recent else None


@dataclass(frozen=True)
class Weakness:
    """A criterion with the mean of its last levels (three at most), judged so often in all."""

    criterion: Criterion
    mean: float
    judged: int


@dataclass(frozen=True)
class Due:
    """A criterion to practise again.

    `interval` is the days from the judging that set it to the moment `due`; `is_due` from so
    long before that moment on as a judging counts (`EARLY`). `level` is the one judged last.
    """

    criterion: Criterion
    due: datetime
    interval: int
    level: int
    is_due: bool


@dataclass(frozen=True)
class Progress:
    """How interviews by one rubric went.

    `overall` are the percentages of whole interviews with a decision, `drills` those of drills,
    both oldest first; all interviews count in `steps` and `criteria`, which are those of the
    last scorecard, in its order: what is no longer in the rubric is not shown. `weakest` has
    the weakest first, `due` what is due longest first.
    """

    rubric: str
    last: datetime
    overall: tuple[Point, ...]
    drills: tuple[Point, ...]
    steps: tuple[StepSeries, ...]
    criteria: tuple[CriterionSeries, ...]
    weakest: tuple[Weakness, ...]
    due: tuple[Due, ...]


def progress(made: Iterable[Attempt], now: datetime) -> tuple[Progress, ...]:
    """The progress by each rubric, the one practised last first.

    `made` is oldest first, as `attempts` gives it; `now` has a time zone, as all times here.
    """
    by_rubric: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in made:
        by_rubric[attempt.rubric].append(attempt)
    found = [_progress(rubric, mine, now) for rubric, mine in by_rubric.items()]
    return tuple(sorted(found, key=lambda one: one.last, reverse=True))


def next_drill(shown: Progress, steps: Collection[str]) -> str | None:
    """The step with the most criteria due now; of several the one with what is due longest.

    `steps` are the ids of the rubric's steps: what is judged over the whole interview comes back,
    too, but cannot be drilled. None if nothing of them is due.
    """
    return next((step.id for step, _ in due_steps(shown) if step.id in steps), None)


def due_steps(shown: Progress) -> tuple[tuple[Step, tuple[Due, ...]], ...]:
    """The steps with what is due now in each: the most first, of equals what is due longest."""
    now = [one for one in shown.due if one.is_due]
    # `due` is in order of time, and a counter keeps what it met first before its equals.
    counts = Counter(Step(one.criterion.step, one.criterion.step_title) for one in now)
    return tuple(
        (step, tuple(one for one in now if one.criterion.step == step.id))
        for step, _ in counts.most_common()
    )


def _progress(rubric: str, made: Sequence[Attempt], now: datetime) -> Progress:
    last, judged = made[-1], _judged(made)
    criteria = tuple(CriterionSeries(one, tuple(judged[one.id])) for one in last.criteria)
    return Progress(
        rubric=rubric,
        last=last.at,
        overall=_points((one, one.whole_percent) for one in made),
        drills=_points((one, one.percent) for one in made if one.drill),
        steps=tuple(
            StepSeries(step, _points((one, one.percents.get(step.id)) for one in made))
            for step in last.steps
        ),
        criteria=criteria,
        weakest=_weakest(criteria),
        due=_due(criteria, now),
    )


def _points(values: Iterable[tuple[Attempt, float | None]]) -> tuple[Point, ...]:
    return tuple(Point(one.at, value, one.id) for one, value in values if value is not None)


def _judged(made: Iterable[Attempt]) -> Mapping[str, Sequence[Point]]:
    found: dict[str, list[Point]] = defaultdict(list)
    for attempt in made:
        for criterion, level in attempt.levels.items():
            found[criterion].append(Point(attempt.at, level, attempt.id))
    return found


def _weakest(criteria: Iterable[CriterionSeries]) -> tuple[Weakness, ...]:
    found = [
        Weakness(one.criterion, one.mean, len(one.points))
        for one in criteria
        if one.mean is not None and one.mean < _WEAK_BELOW * one.criterion.top
    ]
    found.sort(key=lambda one: (one.mean / one.criterion.top, -one.judged))
    return tuple(found[:_WEAKEST])


def _due(criteria: Iterable[CriterionSeries], now: datetime) -> tuple[Due, ...]:
    found = []
    for one in criteria:
        top = one.criterion.top
        coming = schedule(Judging(point.at, point.value * 2 <= top) for point in one.points)
        if coming is not None:
            level, is_due = int(one.points[-1].value), coming.is_due(now)
            found.append(Due(one.criterion, coming.due, coming.interval, level, is_due))
    return tuple(sorted(found, key=lambda one: one.due))
