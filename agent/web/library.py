"""The rubrics and scenarios of a server, read once, and the offline engines for them.

What changes in a folder of one's own is seen when the server starts again. How an interview
uses them is the business of `agent.web.rooms`.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from functools import cache
from typing import Any, TypeVar

from agent.catalog import Catalog, check_together
from agent.engines import open_engine
from agent.llm.guard import Guard
from agent.offline.engine import OfflineEngine
from agent.ports import Engine, EngineChoice, Graded, Grading, Listening, Observation, Speaking
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.usage import Spent
from agent.web.aside import aside

_T = TypeVar("_T")


class Library:
    """What a `Catalog` finds."""

    def __init__(self, shelf: Catalog, *, timeout: float | None = None) -> None:
        """`timeout` is how many seconds a model's first word is waited for; None: the usual."""
        self.shelf = shelf
        self._timeout = timeout
        self._rubric = cache(shelf.rubric)
        self._scenario = cache(shelf.scenario)
        self._scenarios = cache(shelf.scenarios)
        self._offline = cache(self._made)
        self._guard = cache(self._watched)

    def rubric(self, rubric_id: str) -> Rubric:
        """A rubric of interviews; raises InputError if there is none of this id."""
        return self._rubric(rubric_id)

    def scenario(self, scenario_id: str) -> Scenario:
        """A scenario; raises InputError if there is none of this id."""
        return self._scenario(scenario_id)

    def scenarios(self) -> tuple[Scenario, ...]:
        """All scenarios."""
        return self._scenarios()

    def together(self, rubric: str, scenario: str) -> tuple[Rubric, Scenario]:
        """A rubric and a scenario; raises InputError if there is none, or they do not fit."""
        pair = self.rubric(rubric), self.scenario(scenario)
        check_together(pair[1], pair[0], self.shelf.scenario_path(scenario))
        return pair

    async def engine(self, choice: EngineChoice, rubric: Rubric, scenario: Scenario) -> Engine:
        """The engine of this choice; raises InputError or EngineUnavailableError."""
        if choice.model == "offline":
            # Making one takes the better part of a second.
            return await aside(self._offline, rubric.id, scenario.id)
        guard = await aside(self._guard, rubric.id, scenario.id)
        return await open_engine(choice, rubric, scenario, timeout=self._timeout, guard=guard)

    def _watched(self, rubric: str, scenario: str) -> Guard:
        return Guard(self.rubric(rubric), self.scenario(scenario))

    def _made(self, rubric: str, scenario: str) -> "Aside":
        return Aside(OfflineEngine(self.rubric(rubric), self.scenario(scenario)))


class Aside:
    """The offline engine with its work done in a thread: it computes where others wait.

    It holds nothing of an interview, so that all of a rubric and a scenario share one.
    """

    def __init__(self, engine: OfflineEngine) -> None:
        self._engine = engine
        self.name, self.note, self.prompts = engine.name, engine.note, engine.prompts
        self.choice, self.rubric, self.scenario = engine.choice, engine.rubric, engine.scenario

    @property
    def observer(self) -> "Aside":
        """Itself."""
        return self

    @property
    def speaker(self) -> "Aside":
        """Itself."""
        return self

    @property
    def grader(self) -> "Aside":
        """Itself."""
        return self

    async def observe(self, listening: Listening) -> Observation:
        """See `agent.ports.Observer`."""
        return await _aside(self._engine.observer.observe(listening))

    def say(self, speaking: Speaking) -> AsyncIterator[str]:
        """See `agent.ports.Speaker`; it takes no time worth a thread."""
        return self._engine.speaker.say(speaking)

    async def grade(self, grading: Grading) -> Graded:
        """See `agent.ports.Grader`."""
        return await _aside(self._engine.grader.grade(grading))

    def spent(self) -> Spent:
        """Nothing."""
        return self._engine.spent()

    def methods(self) -> tuple[str, ...]:
        """None."""
        return self._engine.methods()

    async def close(self) -> None:
        """Nothing to close."""


async def _aside(work: Coroutine[Any, Any, _T]) -> _T:
    return await aside(asyncio.run, work)
