"""What past interviews add up to: attempts, progress by rubric, what to practise next. Pure.

Only live interviews count. Where interviews are kept is the business of `agent.store`, how
progress is shown that of the faces. A criterion that was weak comes back after the days of
`INTERVALS`, one step further each time that it was not weak when it was due.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import NamedTuple

from agent.interview.events import Graded, Started
from agent.rubric import Decision, Seniority
from agent.scorecard import Scorecard

INTERVALS = (1, 3, 7, 14)
"""Days until a weak criterion comes back, and then again and again until it is learnt."""

_RECENT = 3
_WEAKEST = 5

Entry = tuple[Started, Graded | None]
"""An interview's first event and its grading as it stands; a store lists these."""


@dataclass(frozen=True)
class Step:
    """A section of a scorecard; what is judged over the whole interview has one of its own."""

    id: str
    title: str


@dataclass(frozen=True)
class Criterion:
    """A criterion as it stands on a scorecard; its levels go from 0 to `top`."""

    id: str
    title: str
    step: str
    step_title: str
    top: int


@dataclass(frozen=True)
class Attempt:
    """One graded interview.

    `at` is when it was graded. `percents` are those of the steps, 0 to 100, None where nothing
    was assessed; `levels` are those of the criteria that were judged. `steps` and `criteria` are
    all that stand on the scorecard, in its order. A `drill` was of chosen steps only.
    """

    id: str
    at: datetime
    scenario: str
    rubric: str
    seniority: Seniority
    percent: float | None
    decision: Decision | None
    percents: Mapping[str, float | None]
    levels: Mapping[str, int]
    steps: tuple[Step, ...]
    criteria: tuple[Criterion, ...]
    drill: bool


@dataclass(frozen=True)
class ScenarioHistory:
    """How often a scenario was begun, graded or not, and when last.

    `best` is the highest percentage of whole interviews: that of a drill, which is of some
    steps only, does not count. None without one.
    """

    tries: int
    best: float | None
    last: datetime


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


@dataclass(frozen=True)
class Weakness:
    """A criterion with the mean of its last levels (three at most), judged so often in all."""

    criterion: Criterion
    mean: float
    judged: int


@dataclass(frozen=True)
class Due:
    """A criterion to practise again.

    `interval` is the days from the judging that set it to the moment `due`; `level` is the one
    judged last, be it before that moment.
    """

    criterion: Criterion
    due: datetime
    interval: int
    level: int
    is_due: bool


@dataclass(frozen=True)
class Progress:
    """How interviews by one rubric went.

    `overall` are the percentages of whole interviews, oldest first; drills count in `steps` and
    `criteria`, which are those of the last scorecard, in its order: what is no longer in the
    rubric is not shown. `weakest` has the weakest first, `due` what is due longest first.
    """

    rubric: str
    last: datetime
    overall: tuple[Point, ...]
    steps: tuple[StepSeries, ...]
    criteria: tuple[CriterionSeries, ...]
    weakest: tuple[Weakness, ...]
    due: tuple[Due, ...]


def attempts(entries: Iterable[Entry]) -> tuple[Attempt, ...]:
    """The graded interviews, oldest first."""
    made = [_attempt(started, graded) for started, graded in _live(entries) if graded]
    return tuple(sorted(made, key=lambda attempt: attempt.at))


def by_scenario(entries: Iterable[Entry]) -> Mapping[str, ScenarioHistory]:
    """What was done with each scenario that was ever begun, by its id."""
    tried: dict[str, list[Entry]] = defaultdict(list)
    for entry in _live(entries):
        tried[entry[0].scenario].append(entry)
    return {
        scenario: ScenarioHistory(
            tries=len(mine),
            best=max(
                (
                    graded.scorecard.percent
                    for started, graded in mine
                    if graded and graded.scorecard.percent is not None and not _is_drill(started)
                ),
                default=None,
            ),
            last=max(started.at for started, _ in mine),
        )
        for scenario, mine in tried.items()
    }


def unfinished(entries: Iterable[Entry]) -> tuple[Started, ...]:
    """The interviews that were begun and are not graded, newest first."""
    begun = [started for started, graded in _live(entries) if graded is None]
    return tuple(sorted(begun, key=lambda started: started.at, reverse=True))


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
    # `due` is in order of time, and a counter keeps what it met first before its equals.
    counts = Counter(one.criterion.step for one in shown.due if one.is_due)
    return next((step for step, _ in counts.most_common() if step in steps), None)


def _live(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry[0].source == "live"]


def _is_drill(started: Started) -> bool:
    return bool(started.options.steps)


def _attempt(started: Started, graded: Graded) -> Attempt:
    card = graded.scorecard
    return Attempt(
        id=started.interview,
        at=graded.at,
        scenario=started.scenario,
        rubric=started.rubric,
        seniority=started.options.level,
        percent=card.percent,
        decision=card.decision,
        percents={step.id: step.percent for step in card.steps},
        levels={grade.id: grade.level for grade in card.criteria if isinstance(grade.level, int)},
        steps=tuple(Step(id=step.id, title=step.title) for step in card.steps),
        criteria=_criteria(card),
        drill=_is_drill(started),
    )


def _criteria(card: Scorecard) -> tuple[Criterion, ...]:
    titles = {step.id: step.title for step in card.steps}
    return tuple(
        Criterion(
            id=grade.id,
            title=grade.title,
            step=grade.step,
            step_title=titles.get(grade.step, grade.step),
            top=grade.top,
        )
        for grade in card.criteria
    )


class _Judging(NamedTuple):
    """A criterion's level in one interview."""

    at: datetime
    level: int
    interview: str
    weak: bool


def _progress(rubric: str, made: Sequence[Attempt], now: datetime) -> Progress:
    last, judgings = made[-1], _judgings(made)
    judged = [(one, judgings.get(one.id, ())) for one in last.criteria]
    return Progress(
        rubric=rubric,
        last=last.at,
        overall=_points((one, one.percent) for one in made if not one.drill),
        steps=tuple(
            StepSeries(step, _points((one, one.percents.get(step.id)) for one in made))
            for step in last.steps
        ),
        criteria=tuple(
            CriterionSeries(one, tuple(Point(j.at, j.level, j.interview) for j in mine))
            for one, mine in judged
        ),
        weakest=_weakest(judged),
        due=_due(judged, now),
    )


def _points(values: Iterable[tuple[Attempt, float | None]]) -> tuple[Point, ...]:
    return tuple(Point(one.at, value, one.id) for one, value in values if value is not None)


def _judgings(made: Iterable[Attempt]) -> Mapping[str, Sequence[_Judging]]:
    found: dict[str, list[_Judging]] = defaultdict(list)
    for attempt in made:
        for criterion in attempt.criteria:
            level = attempt.levels.get(criterion.id)
            if level is not None:
                weak = level * 2 <= criterion.top
                found[criterion.id].append(_Judging(attempt.at, level, attempt.id, weak))
    return found


def _weakest(judged: Iterable[tuple[Criterion, Sequence[_Judging]]]) -> tuple[Weakness, ...]:
    found = [
        Weakness(criterion, fmean(one.level for one in mine[-_RECENT:]), len(mine))
        for criterion, mine in judged
        if mine
    ]
    return tuple(sorted(found, key=lambda one: (one.mean, -one.judged))[:_WEAKEST])


def _due(judged: Iterable[tuple[Criterion, Sequence[_Judging]]], now: datetime) -> tuple[Due, ...]:
    found = []
    for criterion, mine in judged:
        coming = _next(mine)
        if coming is not None:
            due, interval = coming
            found.append(Due(criterion, due, interval, mine[-1].level, is_due=due <= now))
    return tuple(sorted(found, key=lambda one: one.due))


def _next(judgings: Iterable[_Judging]) -> tuple[datetime, int] | None:
    """When a criterion comes back, and after how many days; None if never weak, or learnt."""
    due: datetime | None = None
    left: tuple[int, ...] = ()
    for one in judgings:
        if one.weak:
            left = INTERVALS
        elif due is None or one.at < due:
            continue
        else:
            left = left[1:]
        due = one.at + timedelta(days=left[0]) if left else None
    return (due, left[0]) if due is not None else None
