"""Who grades an answer: the offline engine, or models by live calls.

A runner grades one answer at a time and may be asked for many at once. It decides neither which
answers are graded nor what is written.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agent import __version__
from agent.batch.answer import Answer
from agent.batch.problem import Made, Problem, is_blank, nothing
from agent.batch.raters import Raters, engine_name
from agent.batch.settings import Settings
from agent.batch.units import Planner, Task, UnitResult, Work
from agent.llm.engine import note_on
from agent.offline.engine import OfflineEngine
from agent.ports import Graded
from agent.store.ledger import Ledger
from agent.usage import ModelUsage


@dataclass(frozen=True)
class Rated:
    """The grades of an answer and all that was paid for them, be it in an earlier run."""

    graded: Graded
    made: Made


class Runner(Protocol):
    """Grades answers.

    `how` are the parts of an answer's key that say who grades it and in which way.
    """

    how: tuple[str, ...]

    @property
    def at_once(self) -> int:
        """How many answers it can work on now; 0 for one that takes no time worth waiting for."""
        ...

    async def rate(self, answer: Answer, problem: Problem) -> Rated:
        """Grade an answer; raises EngineUnavailableError for what others would meet, too."""
        ...

    async def close(self) -> None:
        """Let go of what it holds."""
        ...


class LedgerUnits:
    """The results of calls, kept in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def get(self, key: str) -> UnitResult | None:
        """What was kept under this key."""
        kept = self._ledger.unit(key)
        return None if kept is None else UnitResult.model_validate_json(kept)

    def put(self, key: str, result: UnitResult, spent: Sequence[ModelUsage]) -> None:
        """Keep a result; it is committed on return."""
        self._ledger.put_unit(key, result.model_dump_json(), spent)


class OfflineRunner:
    """The engine without a model."""

    how: tuple[str, ...] = (f"offline {__version__}",)
    at_once = 0

    async def rate(self, answer: Answer, problem: Problem) -> Rated:
        """Grade an answer."""
        graded = nothing(problem.sheet(answer)) if is_blank(answer) else problem.offline(answer)
        return Rated(graded, Made(engine=OfflineEngine.name, note=OfflineEngine.note))

    async def close(self) -> None:
        """There is nothing to let go of."""


class ModelRunner:
    """Models, by live calls; what was paid for once is read from the store."""

    def __init__(self, settings: Settings, raters: Raters, store: LedgerUnits) -> None:
        identities = tuple(rater.identity for rater in raters.raters)
        self.how = how_of(settings, identities)
        self._settings = settings
        self._raters = raters
        self._store = store
        self._planner = Planner(identities, settings.calls, settings.prompts)

    @property
    def at_once(self) -> int:
        """Somewhat more than there are slots, as some wait for their next try."""
        return 2 * self._raters.slots + 8

    async def rate(self, answer: Answer, problem: Problem) -> Rated:
        """Grade an answer; raises EngineUnavailableError for what others would meet, too."""
        made = made_by(self._settings, self._raters.names)
        if is_blank(answer):
            return Rated(nothing(problem.sheet(answer)), made)
        work = self._planner.work(problem, answer)
        results = await self._results(work)
        usage = tuple(one for result in results.values() for one in result.usage)
        graded = work.graded(results, self._raters.names)
        return Rated(graded, replace(made, methods=self._raters.methods(), usage=usage))

    async def close(self) -> None:
        """Close the connections."""
        await self._raters.close()

    async def _results(self, work: Work) -> dict[str, UnitResult]:
        results: dict[str, UnitResult] = {}
        missing: dict[object, list[Task]] = {}
        for task in work.tasks:
            kept = self._store.get(task.key)
            if kept is not None:
                results[task.key] = kept
            if kept is None or not kept.is_whole:
                missing.setdefault(self._raters.raters[task.rater].caller, []).append(task)

        async def settle(task: Task) -> None:
            earlier = results.get(task.key)
            result = await self._raters.rate(work, task, earlier)
            self._store.put(task.key, result, result.usage[len(earlier.usage) if earlier else 0 :])
            results[task.key] = result

        async def warmed(tasks: list[Task]) -> None:
            # The first goes alone, so that the provider's prompt cache serves the others.
            await settle(tasks[0])
            await _all(*map(settle, tasks[1:]))

        await _all(*map(warmed, missing.values()))
        return results


def how_of(settings: Settings, identities: Sequence[str]) -> tuple[str, ...]:
    """Who grades and in which way, as a part of an answer's key."""
    return (*identities, settings.calls.value, settings.prompts.hash("grade"))


def made_by(settings: Settings, names: Sequence[str]) -> Made:
    """What stands in the provenance of what these raters graded."""
    name = engine_name(names)
    return Made(
        engine=name,
        note=note_on(name),
        prompts_hash=settings.prompts.hash(),
        parameters=settings.told(),
    )


async def _all(*work: Coroutine[Any, Any, None]) -> None:
    """All of it; if some fails the rest is still done, as it is paid for, before that is raised."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for fault in done:
        if isinstance(fault, BaseException):
            raise fault
