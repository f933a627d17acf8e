"""The one rate and the one budget of workers in many processes.

`Desk` runs in a process of its own, under Ray, and `AtDesk` stands in for it in a worker, so that
a worker's models keep to both as those of a single process do. It grades nothing.
"""

from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from agent.batch.ray_cluster import ENTERING, LostError, answered
from agent.batch.settings import Limitations
from agent.errors import EngineUnavailableError
from agent.llm.budget import Budget
from agent.llm.limiter import Limiter, Outcome

_FAILED = Outcome("failed")


@dataclass(frozen=True)
class Figures:
    """What is known of all calls so far; `slots` is how many may be in flight now."""

    slots: int = 0
    tokens: int = 0
    cost: float = 0.0


class Desk:
    """Gives out slots and counts what is spent. Holders are workers, by name."""

    def __init__(self, limitations: Limitations) -> None:
        self._budget = Budget(limitations.most_cost, limitations.most_tokens)
        self._most_at_once = limitations.most_at_once
        self._limiters: dict[str, Limiter] = {}
        self._calls: Counter[str] = Counter()
        self._lost: set[str] = set()

    async def enter(self, server: str, holder: str) -> int:
        """Wait for a slot at a server; its ticket. Raises BudgetReachedError."""
        limiter = self._limiter(server)
        ticket = await limiter.enter(holder)
        try:
            self._require_alive(holder)
            await self._budget.begin()
        except BaseException:
            await limiter.leave(ticket, _FAILED)
            raise
        self._calls[holder] += 1
        return ticket

    async def leave(
        self, server: str, holder: str, ticket: int, outcome: Outcome, took: "Took"
    ) -> None:
        """Give a slot back, say how the call went and what it took."""
        if holder in self._lost:
            return
        self._calls[holder] -= 1
        await self._budget.end(took.tokens, took.cost)
        await self._limiters[server].leave(ticket, outcome)

    async def lost(self, holder: str) -> None:
        """Free what a worker that is gone has and waits for."""
        self._lost.add(holder)
        self._budget.lost(self._calls.pop(holder, 0))
        for limiter in self._limiters.values():
            limiter.lost(holder)

    async def figures(self) -> Figures:
        """How things stand."""
        slots = sum(limiter.limit for limiter in self._limiters.values())
        return Figures(slots, self._budget.tokens, self._budget.cost)

    def _limiter(self, server: str) -> Limiter:
        if server not in self._limiters:
            self._limiters[server] = Limiter()
            if self._most_at_once:
                self._limiters[server].at_most(self._most_at_once)
        return self._limiters[server]

    def _require_alive(self, holder: str) -> None:
        """What a lost worker had asked for may come late."""
        if holder in self._lost:
            raise EngineUnavailableError("the worker was given up")


@dataclass(frozen=True)
class Took:
    """What a call took."""

    tokens: int = 0
    cost: float | None = None


_took: ContextVar[Took] = ContextVar("_took")


class AtDesk:
    """The desk as a worker sees it: its purse, and its slots for each server.

    A slot and the leave to spend are asked for together, and given back together, so that a
    call to a model takes two calls to the desk and not four.
    """

    def __init__(self, desk: Any, holder: str) -> None:
        self._desk = desk
        self._holder = holder

    def slots(self, server: str) -> "DeskSlots":
        """The slots for a provider and server."""
        return DeskSlots(self._desk, server, self._holder)

    async def begin(self) -> None:
        """It was allowed together with the slot."""

    async def end(self, tokens: int, cost: float | None) -> None:
        """Note what the call took; it is told when the slot is given back."""
        _took.set(Took(tokens, cost))


class DeskSlots:
    """The slots of one server."""

    def __init__(self, desk: Any, server: str, holder: str) -> None:
        self._desk = desk
        self._server = server
        self._holder = holder

    async def enter(self, holder: str = "") -> int:  # noqa: ARG002 (it is the worker)
        """Wait for a slot; its ticket. Raises BudgetReachedError, or EngineUnavailableError."""
        entering = self._desk.enter.options(concurrency_group=ENTERING)
        ticket: int = await _told(entering.remote(self._server, self._holder))
        _took.set(Took())
        return ticket

    async def leave(self, ticket: int, outcome: Outcome) -> None:
        """Give the slot back; the desk has counted it when this returns."""
        await _told(
            self._desk.leave.remote(self._server, self._holder, ticket, outcome, _took.get(Took()))
        )


async def _told(call: Any) -> Any:
    try:
        return await answered(call)
    except LostError as error:
        # Not to be taken for the loss of the worker that asks.
        raise EngineUnavailableError(
            "the process that keeps rate and budget for Ray's workers is gone; run it again, what "
            "was graded is kept"
        ) from error
