"""Plays interviews: every persona in every scenario, as often as there are seeds.

Each interview is kept once it is graded, so that a run can be ended at any moment and the same
call goes on. What the interviews show is worked out in `evals.selfplay.measures`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.batch.raters import patient, price_of
from agent.batch.settings import Limitations, Settings
from agent.catalog import DEFAULT_RUBRIC, Catalog, check_together
from agent.errors import (
    BudgetReachedError,
    EngineError,
    EngineUnavailableError,
    RunStoppedError,
)
from agent.frozen import Frozen, content_hash
from agent.interview.clock import ScriptClock
from agent.interview.events import Moved
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.llm.budget import Budget
from agent.llm.caller import Caller
from agent.llm.engine import Connected, LlmEngine, connected
from agent.llm.guard import Guard
from agent.llm.meter import Meter
from agent.llm.prices import Price
from agent.llm.prompts import prompts_hash
from agent.llm.providers import OFFLINE
from agent.offline.engine import OfflineEngine
from agent.ports import Engine, EngineChoice
from agent.record import InterviewRecord
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.store.memory import MemoryLog
from evals.records import GOLD
from evals.selfplay.actor import acted
from evals.selfplay.candidate import Candidate, Heard, Request
from evals.selfplay.material import Material, load_material
from evals.selfplay.persona import Persona, personas
from evals.selfplay.played import Header, Played, code_hash, keep, kept, script_hash
from evals.selfplay.prompts import prompts_hash as persona_hash
from evals.selfplay.scripted import Part, scripted

_AT_ONCE = 4
"""Interviews at once with a model; without one they share a single processor anyway."""


@dataclass(frozen=True)
class Order:
    """What is to be played. Without names it is all scenarios, and all personas.

    `engine` interviews; `candidate` is the model that plays the candidates, None for scripts.
    `gold` is the folder with the passages that scripts speak.
    """

    scenarios: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    seeds: int = 1
    rubric: str = DEFAULT_RUBRIC
    options: Options = field(default_factory=Options)
    engine: EngineChoice = field(default_factory=EngineChoice)
    candidate: EngineChoice | None = None
    limitations: Limitations = field(default_factory=Limitations)
    catalog: Catalog = field(default_factory=Catalog)
    gold: Path = GOLD


class Failure(Frozen):
    """An interview that could not be played to its end, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a run is. `reused` of the `done` were played before; `last` is the latest."""

    total: int
    done: int = 0
    reused: int = 0
    failed: int = 0
    last: str = ""


@dataclass(frozen=True)
class Outcome:
    """What was played, in the order of scenarios, personas and seeds."""

    rubric: Rubric
    scenarios: tuple[Scenario, ...]
    played: tuple[Played, ...]
    reused: int = 0
    failures: tuple[Failure, ...] = ()


async def play(
    order: Order, folder: Path, told: Callable[[Progress], None] = lambda _: None
) -> Outcome:
    """Play all interviews of an order, or take those that are in the folder already.

    Raises InputError for what is wrong in the order, FileError if an interview cannot be kept,
    EngineUnavailableError if a model cannot be used and nothing was played, and RunStoppedError,
    with what was played as its `graded`, if the run ended before its time, by its limits or for
    want of a model. Interviews in the middle are lost then.
    """
    rubric = order.catalog.rubric(order.rubric)
    scenarios = tuple(_scenarios(order, rubric))
    cast = personas(order.personas)
    async with _connected(order) as house:
        parts = [
            _Interview(order, house, rubric, scenario, persona, seed)
            for scenario in scenarios
            for persona in cast
            for seed in range(order.seeds)
        ]
        return await _Run(parts, folder, told, rubric, scenarios, house.at_once).go()


def _scenarios(order: Order, rubric: Rubric) -> Iterator[Scenario]:
    for name in order.scenarios or tuple(sorted(order.catalog.scenario_paths())):
        scenario = order.catalog.scenario(name)
        check_together(scenario, rubric, order.catalog.scenario_path(name))
        yield scenario


class _House:
    """What all interviews share: models, their limits and prices, engines and material."""

    def __init__(
        self,
        order: Order,
        interviewer: Connected | None,
        candidate: Connected | None,
        prices: tuple[Price, Price],
    ) -> None:
        self._order = order
        self.interviewer = interviewer
        self.candidate = candidate
        self._prices = prices
        self._offline: dict[str, OfflineEngine] = {}
        self._guards: dict[str, Guard] = {}
        self._material: dict[str, Material] = {}
        has_model = interviewer is not None or candidate is not None
        self.at_once = (order.limitations.most_at_once or _AT_ONCE) if has_model else 1

    def engine(self, rubric: Rubric, scenario: Scenario) -> Engine:
        """An engine for one interview."""
        if self.interviewer is None:
            if scenario.id not in self._offline:
                self._offline[scenario.id] = OfflineEngine(rubric, scenario)
            return self._offline[scenario.id]
        if scenario.id not in self._guards:
            self._guards[scenario.id] = Guard(rubric, scenario)
        return LlmEngine(
            rubric,
            scenario,
            self.interviewer,
            meter=Meter(price=self._prices[0]),
            guard=self._guards[scenario.id],
        )

    def material(self, rubric: Rubric, scenario: Scenario) -> Material:
        """The passages on a scenario."""
        if scenario.id not in self._material:
            self._material[scenario.id] = load_material(rubric, scenario, self._order.gold)
        return self._material[scenario.id]

    def actor(self, persona: Persona, scenario: Scenario) -> tuple[Candidate, Meter]:
        """A candidate played by the model, and what measures it."""
        assert self.candidate is not None
        meter = Meter(price=self._prices[1])
        models = self.candidate
        caller = Caller(models.speaker, models.limits, meter, priced=models.priced)
        return acted(persona, scenario.prompt, caller), meter


@asynccontextmanager
async def _connected(order: Order) -> AsyncIterator[_House]:
    """The models of an order, within its limits, and closed in the end."""
    # Only who asks models has to load what they need.
    from evals.selfplay.spending import within

    limitations = order.limitations
    purse = Budget(limitations.most_cost, limitations.most_tokens)
    limits = patient(limitations.timeout)
    opened: list[Connected] = []

    async def one(choice: EngineChoice | None) -> tuple[Connected | None, Price]:
        choice = choice or EngineChoice()
        settings = Settings(models=(choice.model,), base_url=choice.base_url)
        price = price_of(settings, limitations)
        if choice.model == OFFLINE:
            return None, price
        models = await connected(choice, limits)
        opened.append(models)
        return within(models, purse, price), price

    try:
        interviewer, price = await one(order.engine)
        candidate, price_of_candidate = await one(order.candidate)
        yield _House(order, interviewer, candidate, (price, price_of_candidate))
    finally:
        for models in opened:
            await models.close()


@dataclass(frozen=True)
class _Interview:
    """One interview to be played."""

    order: Order
    house: _House
    rubric: Rubric
    scenario: Scenario
    persona: Persona
    seed: int

    @property
    def header(self) -> Header:
        """What it depends on."""
        house = self.house
        if house.candidate is None:
            material = house.material(self.rubric, self.scenario)
            candidate, part = None, f"{script_hash()} {material.hash}"
        else:
            candidate, part = house.candidate.choice, persona_hash(self.persona.id)
        interviewer = house.interviewer
        return Header(
            scenario=self.scenario.id,
            persona=self.persona.id,
            seed=self.seed,
            options=self.order.options,
            rubric_hash=content_hash(self.rubric),
            scenario_hash=content_hash(self.scenario),
            engine=interviewer.choice if interviewer else EngineChoice(),
            prompts=prompts_hash() if interviewer else None,
            candidate=candidate,
            part=part,
            code=code_hash(),
        )

    async def play(self) -> Played:
        """Hold it; raises EngineError or EngineUnavailableError."""
        engine = self.house.engine(self.rubric, self.scenario)
        if self.house.candidate is not None:
            candidate, meter = self.house.actor(self.persona, self.scenario)
            record, _ = await interview(engine, candidate, self.order.options)
            return Played(header=self.header, record=record, usage=meter.read().models)
        material = self.house.material(self.rubric, self.scenario)
        candidate = scripted(Part(self.persona, material, self.seed))
        record, requests = await interview(engine, candidate, self.order.options)
        return Played(header=self.header, record=record, requests=requests)


async def interview(
    engine: Engine, candidate: Candidate, options: Options
) -> tuple[InterviewRecord, tuple[Request, ...]]:
    """Hold an interview to its end, with what the candidate wanted. The clock runs on words."""
    session = await Session.start(MemoryLog(), engine, options, ScriptClock(), source="script")
    requests: list[Request] = []
    while session.is_open:
        said = await candidate(_heard(session))
        turn = len(session.state.turns)
        kinds = {wish.kind for wish in said.wishes}
        requests += [
            Request(turn=turn, only=not said.answers and len(kinds) == 1, **wish.model_dump())
            for wish in said.wishes
        ]
        await session.answer(said.text)
    await session.finish()
    return session.record(), tuple(requests)


def _heard(session: Session) -> Heard:
    move = next(one.move for one in reversed(session.events) if isinstance(one, Moved))
    return Heard(session.state.transcript, move, session.state.step)


class _Run:
    """Plays interviews, some at once, and keeps them."""

    def __init__(
        self,
        parts: list[_Interview],
        folder: Path,
        told: Callable[[Progress], None],
        rubric: Rubric,
        scenarios: tuple[Scenario, ...],
        at_once: int,
    ) -> None:
        self._parts = parts
        self._folder = folder
        self._told = told
        self._rubric = rubric
        self._scenarios = scenarios
        self._slots = asyncio.Semaphore(at_once)
        self._played: dict[str, Played] = {}
        self._failures: list[Failure] = []
        self._reused = 0
        self._stopping = False

    async def go(self) -> Outcome:
        """Play all; see `play`."""
        tasks: list[asyncio.Task[None]] = []
        try:
            tasks += [asyncio.create_task(self._one(part)) for part in self._parts]
            await asyncio.gather(*tasks)
        except EngineUnavailableError as error:
            if not self._played and not isinstance(error, BudgetReachedError):
                raise
            left = len(self._parts) - len(self._played) - len(self._failures)
            raise RunStoppedError(
                f"{error}; {left:,} of {len(self._parts):,} interviews are left, "
                "and the same command goes on with them",
                self._in_order(),
            ) from error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Outcome(
            self._rubric,
            self._scenarios,
            self._in_order(),
            self._reused,
            tuple(self._failures),
        )

    async def _one(self, part: _Interview) -> None:
        async with self._slots:
            if self._stopping:
                return
            try:
                await self._played_or_kept(part)
            except BaseException:
                # Whoever waits for a slot gets it before the others are told to end.
                self._stopping = True
                raise

    async def _played_or_kept(self, part: _Interview) -> None:
        header = part.header
        known = kept(self._folder, header)
        if known is not None:
            self._reused += 1
            self._played[header.name] = known
        else:
            await self._new(part, header)
        self._told(
            Progress(
                total=len(self._parts),
                done=len(self._played),
                reused=self._reused,
                failed=len(self._failures),
                last=header.name,
            )
        )

    async def _new(self, part: _Interview, header: Header) -> None:
        try:
            played = await part.play()
        except EngineUnavailableError:
            raise
        except EngineError as error:
            self._failures.append(Failure(name=header.name, reason=str(error)))
        else:
            keep(self._folder, played)
            self._played[header.name] = played

    def _in_order(self) -> tuple[Played, ...]:
        names = [part.header.name for part in self._parts]
        return tuple(self._played[name] for name in names if name in self._played)
