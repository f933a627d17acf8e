"""Attempts: the graded interviews of a list, and what was begun. Pure.

How they went over time is the business of `agent.progress.overview`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.interview.events import Graded, Started
from agent.rubric import Decision, Seniority
from agent.scorecard import Scorecard

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

    `at` is when it was graded. `coverage` is the percentage of the rubric's weight that has a
    grade. `percents` are those of the steps, 0 to 100, None where nothing was assessed;
    `levels` are those of the criteria that were judged. `steps` and `criteria` are all that
    stand on the scorecard, in its order. A `drill` was of chosen steps only.
    """

    id: str
    at: datetime
    scenario: str
    rubric: str
    seniority: Seniority
    percent: float | None
    coverage: float
    decision: Decision | None
    percents: Mapping[str, float | None]
    levels: Mapping[str, int]
    steps: tuple[Step, ...]
    criteria: tuple[Criterion, ...]
    drill: bool

    @property
    def whole_percent(self) -> float | None:
        """The percentage if it may stand beside those of other whole interviews.

        None for a drill, and without a decision: then too little was assessed for one, or all
        could not be graded.
        """
        return None if self.drill or self.decision is None else self.percent


@dataclass(frozen=True)
class ScenarioHistory:
    """How often a scenario was begun, graded or not, and when last.

    `best` is the highest percentage of whole interviews with a decision: that of a drill, which
    is of some steps only, does not count. None without one.
    """

    tries: int
    best: float | None
    last: datetime


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
                (one.whole_percent for one in attempts(mine) if one.whole_percent is not None),
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


def _live(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry[0].source == "live"]


def _attempt(started: Started, graded: Graded) -> Attempt:
    card = graded.scorecard
    return Attempt(
        id=started.interview,
        at=graded.at,
        scenario=started.scenario,
        rubric=started.rubric,
        seniority=started.options.level,
        percent=card.percent,
        coverage=card.coverage,
        decision=card.decision,
        percents={step.id: step.percent for step in card.steps},
        levels={grade.id: grade.level for grade in card.criteria if isinstance(grade.level, int)},
        steps=tuple(Step(id=step.id, title=step.title) for step in card.steps),
        criteria=_criteria(card),
        drill=bool(started.options.steps),
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
