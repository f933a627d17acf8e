"""What an interview is to be: options, and the budgets that follow from them.

Pure. How time is measured is the business of `agent.interview.clock`.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from agent.errors import InputError
from agent.frozen import Frozen, Slug
from agent.ports import Style
from agent.rubric import Rubric, Seniority, Step
from agent.scenario import Curveball, Scenario

CURVEBALL_MINUTES = 30.0
_TURN_FACTOR_WHEN_TIMED = 3


class Pace(StrEnum):
    """Whether steps end by the clock or by the number of turns alone."""

    timed = "timed"
    relaxed = "relaxed"


class Options(Frozen):
    """What the candidate chose. `minutes` None means the steps' own; `steps` empty means all."""

    level: Seniority = Seniority.mid
    pace: Pace = Pace.timed
    minutes: Annotated[float, Field(gt=0, le=600)] | None = None
    steps: tuple[Slug, ...] = ()
    style: Style = Style.neutral


class Plan(Frozen):
    """Rubric, scenario and options together, with the budgets worked out."""

    rubric: Rubric
    scenario: Scenario
    options: Options

    def steps(self) -> tuple[Step, ...]:
        """The steps of this interview, in the rubric's order."""
        chosen = self.options.steps
        return tuple(s for s in self.rubric.steps if not chosen or s.id in chosen)

    def seconds(self, step_id: str) -> float:
        """A step's budget in seconds, scaled to the interview's length."""
        own = sum(step.minutes for step in self.steps())
        return self.rubric.step(step_id).minutes * 60 * (self.total_minutes() / own)

    def total_minutes(self) -> float:
        """The length of the interview in minutes (nominal in the relaxed pace)."""
        own = sum(step.minutes for step in self.steps())
        return self.options.minutes if self.options.minutes is not None else own

    def turns(self, step_id: str) -> int:
        """How many turns a candidate may take in a step.

        In the relaxed pace this is the budget; with the clock it is only a guard against
        a conversation of very many very short turns.
        """
        turns = self.rubric.step(step_id).turns
        return turns if self.options.pace is Pace.relaxed else turns * _TURN_FACTOR_WHEN_TIMED

    def total_turns(self) -> int:
        """After how many messages, commands included, the interview ends whatever happens."""
        return 2 * sum(self.turns(step.id) for step in self.steps())

    def curveball(self) -> Curveball | None:
        """The curveball of this interview: by the level, so that two runs give the same."""
        if self.total_minutes() < CURVEBALL_MINUTES:
            return None
        ids = {step.id for step in self.steps()}
        eligible = [ball for ball in self.scenario.curveballs if ball.step in ids]
        if not eligible:
            return None
        return eligible[list(Seniority).index(self.options.level) % len(eligible)]


def checked_steps(rubric: Rubric, names: tuple[str, ...]) -> tuple[str, ...]:
    """The named steps; raises InputError for one that the rubric does not have."""
    known = [step.id for step in rubric.steps]
    for name in names:
        if name not in known:
            raise InputError(f"unknown step {name!r}; the steps are {', '.join(known)}")
    return tuple(dict.fromkeys(names))
