"""Grades by workers that are spread over a Ray cluster.

This process alone reads the inputs, decides what is asked, and keeps what was found; a worker is
sent a text with a unit to grade, or with the offline engine a whole answer. So nothing is kept
twice, and what was with a lost worker is simply asked again.
"""

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, Self

from agent.batch.answer import Answer
from agent.batch.problem import Made, Problem, is_blank
from agent.batch.raters import Raters
from agent.batch.ray_cluster import Cluster, LostError, answered, not_started
from agent.batch.ray_desk import Desk, Figures
from agent.batch.ray_team import Member, Team
from agent.batch.runner import LedgerUnits, ModelRunner, OfflineRunner, Rated, Runner, how_of
from agent.batch.settings import Limitations, Settings
from agent.batch.units import Task, UnitResult, Work
from agent.errors import InputError
from agent.grading.sheet import Item
from agent.llm.budget import Budget
from agent.llm.connect import OPENAI_KEYS
from agent.llm.dialogue import ungraded
from agent.llm.prices import no_price
from agent.llm.providers import PROVIDERS
from agent.offline.engine import OfflineEngine
from agent.ports import Graded, Verdict
from agent.store.ledger import Ledger

_LOOK_SECONDS = 0.2
_LAST_LOOK_SECONDS = 5.0
_DESK_AT_ONCE = 1000
_QUEUED = 4
"""So many answers for each worker of the offline engine, so that none waits for the next."""
_KILLER = "each worker that took it up was lost"


class Gauge:
    """What the desk has counted, looked up now and then; the budget here is told of it."""

    def __init__(self, desk: Any, budget: Budget) -> None:
        self._desk = desk
        self._budget = budget
        self._looking: asyncio.Task[None] | None = None
        self.now = Figures()

    async def start(self) -> None:
        """Look, and go on looking; raises EngineUnavailableError if the desk cannot be had."""
        try:
            await self._look()
        except Exception as error:
            raise not_started(error) from error
        self._looking = asyncio.create_task(self._look_on())

    async def stop(self) -> None:
        """Look for the last time."""
        if self._looking is None:
            return
        self._looking.cancel()
        await asyncio.gather(self._looking, return_exceptions=True)
        with suppress(LostError, TimeoutError):
            async with asyncio.timeout(_LAST_LOOK_SECONDS):
                await self._look()

    async def _look_on(self) -> None:
        # If the desk is lost the workers cannot go on, and say so.
        with suppress(LostError):
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                await self._look()

    async def _look(self) -> None:
        self.now = await answered(self._desk.figures.remote())
        self._budget.tokens, self._budget.cost = self.now.tokens, self.now.cost


class TeamRaters(Raters):
    """The raters of a run, whose calls are made by the workers."""

    def __init__(self, raters: Raters, team: Team, gauge: Gauge) -> None:
        """`raters` are those that each worker has as well."""
        super().__init__(raters.raters, (), no_price, ())
        self._team = team
        self._gauge = gauge
        self._used: dict[str, None] = {}

    @property
    def slots(self) -> int:
        """How many calls may be in flight now in all workers together."""
        return self._gauge.now.slots

    def methods(self) -> tuple[str, ...]:
        """How structured answers were had."""
        return tuple(self._used)

    async def rate(self, work: Work, task: Task, earlier: UnitResult | None) -> UnitResult:
        """Have a worker grade a unit, or what is missing of it; raises EngineUnavailableError."""
        unit, rater = task.unit, task.rater

        async def by(member: Member) -> tuple[UnitResult, tuple[str, ...]]:
            found: tuple[UnitResult, tuple[str, ...]] = await member.told(
                unit.digest,
                unit,
                lambda sent: member.actor.rate.remote(
                    unit.digest, sent, work.transcript, work.notes, rater, earlier
                ),
            )
            return found

        try:
            result, used = await self._team.do(by)
        except LostError:
            known = earlier.verdicts if earlier else {}
            return UnitResult(graded=_lost(unit.items, known)).after(earlier)
        self._used.update(dict.fromkeys(used))
        return result


class TeamOffline(OfflineRunner):
    """The engine without a model, at work in all workers."""

    def __init__(self, team: Team, workers: int) -> None:
        self._team = team
        self.at_once = _QUEUED * workers

    async def rate(self, answer: Answer, problem: Problem) -> Rated:
        """Have a worker grade an answer."""
        if is_blank(answer):
            return await super().rate(answer, problem)

        async def by(member: Member) -> Rated:
            rated: Rated = await member.told(
                problem.digest,
                problem,
                lambda sent: member.actor.rate_offline.remote(problem.digest, sent, answer),
            )
            return rated

        try:
            return await self._team.do(by)
        except LostError:
            made = Made(engine=OfflineEngine.name, note=OfflineEngine.note)
            return Rated(_lost(problem.sheet(answer).items(), {}), made)


class RayRunner:
    """Grades by workers under Ray. Make one with `started`."""

    def __init__(self, runner: Runner, team: Team, gauge: Gauge, cluster: Cluster) -> None:
        self.how = runner.how
        self._runner = runner
        self._team = team
        self._gauge = gauge
        self._cluster = cluster

    @classmethod
    async def started(
        cls,
        settings: Settings,
        limitations: Limitations,
        budget: Budget,
        ledger: Ledger,
        *,
        answers: int,
    ) -> Self:
        """Join Ray and start workers, at most one for each of so many answers.

        `budget` is kept up to date with what they spend. Raises InputError for what is missing or
        wrong, EngineUnavailableError if Ray or a model cannot be reached.
        """
        here = None
        if not settings.is_offline:
            # It makes no calls; but what is wrong with a name or key is known before Ray starts.
            here = await Raters.connected(settings, limitations, budget)
            await here.close()
        cluster = Cluster.joined(limitations.ray_address)
        desk = cluster.actor(Desk, limitations, cpus=0, at_once=_DESK_AT_ONCE, is_here=True)
        how = OfflineRunner.how
        providers: set[str] = set()
        if here is not None:
            how = how_of(settings, [rater.identity for rater in here.raters])
            providers = {name.partition(":")[0] for name in here.names}
        keys = environment_for(providers)

        async def begin(member: Member) -> None:
            begun = member.actor.begin.remote(settings, limitations, desk, member.name, keys)
            if await answered(begun) != how:
                raise InputError(
                    "a worker of Ray would grade in another way than this machine; install the "
                    "same sevenstep on all of them, and see that --base-url is one server for all"
                )

        wanted = max(1, min(limitations.workers or cluster.cpus, answers))
        team = Team(cluster, wanted, begin, lambda member: desk.lost.remote(member.name))
        gauge = Gauge(desk, budget)
        runner: Runner
        if here is None:
            runner = TeamOffline(team, wanted)
        else:
            runner = ModelRunner(settings, TeamRaters(here, team, gauge), LedgerUnits(ledger))
        started = cls(runner, team, gauge, cluster)
        try:
            await gauge.start()
            await team.open()
        except BaseException:
            await started.close()
            raise
        return started

    @property
    def at_once(self) -> int:
        """How many answers it can work on now."""
        return self._runner.at_once

    @property
    def workers(self) -> dict[str, Any]:
        """The workers that are ready: their names, and Ray's handles."""
        return self._team.names

    async def rate(self, answer: Answer, problem: Problem) -> Rated:
        """Grade an answer; raises EngineUnavailableError for what others would meet, too."""
        return await self._runner.rate(answer, problem)

    async def close(self) -> None:
        """End the workers, and Ray if it was started for them."""
        try:
            await self._gauge.stop()
            await self._team.close()
        finally:
            self._cluster.close()


def environment_for(providers: Collection[str]) -> dict[str, str]:
    """The variables of this process that these providers need, such as keys."""
    prefixes = ("LANGSMITH_", "LANGCHAIN_", *(f"{name.upper()}_" for name in providers))
    names = {key for one in PROVIDERS if one.id in providers for key in one.keys}
    names |= set(OPENAI_KEYS) if "openai" in providers else set()
    return {
        name: value
        for name, value in os.environ.items()
        if name in names or (providers and name.startswith(prefixes))
    }


def _lost(items: Iterable[Item], known: Mapping[str, Verdict]) -> Graded:
    """What is left of a text that no worker survives."""
    return Graded(
        verdicts=tuple(known.get(item.id) or ungraded(item.id, _KILLER) for item in items)
    )
