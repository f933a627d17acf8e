"""How many calls may be with a model at once: found out by trying, one limiter per server.

`Limiter` hands out slots in the order of asking. How many there are follows from what the
server does with the calls (`_Level`); when none is given, from what it says (`_Gate`). It knows
nothing of calls but tickets and outcomes, so that it can also serve workers elsewhere; one that
stands in for it there is a `Slots`, too. `Limited` is a chat model that keeps to it.

Nothing is retried here: a refused call gives its slot back, and `agent.llm.caller` asks again.
"""

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Protocol

from agent.llm.around import Around
from agent.llm.chat import Chat, Completion, Headroom, Messages, Method, Piece, Shape
from agent.llm.faults import Kind, ModelError
from agent.llm.patience import closing

MOST_SLOTS = 1000

_FIRST_SLOTS = 16
_GROWTH = 0.5
"""Slots for each success at first: half as many again in each round of calls."""
_REGROWTH = 1.0
_IN_USE = 0.8
_PROBE_AFTER = 40
"""Successes before one more slot is tried, so that few of all calls are refused for it."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_BACK_TO = 0.7
_TRIMMED, _HALVED = 0.9, 0.5
_STRIKES = 4
_FIRST_HOLD, _LONGEST_HOLD = 0.5, 120.0
_MOST_HOLDS = 6
_PATIENT_FOR = 20
"""Successes until the waits, which double if they were too short, begin anew."""
_JITTER = 0.1


@dataclass(frozen=True)
class Outcome:
    """How a call went: `refused` is the server's 429; `failed` says nothing about the load."""

    kind: Literal["ok", "refused", "failed"]
    retry_after: float | None = None
    headroom: Headroom | None = None


class Slots(Protocol):
    """What gives out slots, here or in another process."""

    async def enter(self, holder: str = "") -> int:
        """Wait for a slot; its ticket."""
        ...

    async def leave(self, ticket: int, outcome: Outcome) -> None:
        """Give the slot back."""
        ...


@dataclass(frozen=True)
class _Call:
    """A call in flight, as things stood when it began."""

    holder: str
    ahead: int
    refused: int


@dataclass(eq=False)
class _Waiter:
    """Somebody who waits for a slot, in a loop of his own."""

    holder: str
    loop: asyncio.AbstractEventLoop
    given: asyncio.Future[int]
    ticket: int | None = None


class _Level:
    """The number of slots. It grows while the server takes the calls, and falls when it refuses.

    A call counts for what it shows only if it began after the last change (`_since`): so a
    burst of refusals is one decision.
    """

    def __init__(self) -> None:
        self.limit: float = _FIRST_SLOTS
        self._ceiling: float | None = None  # what works; None until the first refusal
        self._since = 0
        self._worked = 0
        self._strikes = 0
        self._step = 1
        self._pause = _FIRST_PAUSE
        self._probe_at = 0.0
        self._before = 1.0
        self._scouting = False

    @property
    def struck_out(self) -> bool:
        """Whether one call after the other was refused, at ever fewer slots."""
        return self._strikes >= _STRIKES

    def succeeded(self, ticket: int, last: int, now: float, *, in_use: bool) -> None:
        """The server took a call. `last` is the newest ticket of all."""
        if ticket <= self._since:
            return
        self._strikes = 0
        if self._scouting:
            # The server takes calls again. It was the rate that was too high, not the number at
            # once: back soon, but not at once, to somewhat fewer than there were.
            self._scouting = False
            self._settle(max(1.0, _BACK_TO * self._before), last, now)
            self.limit = 1.0
        elif not in_use:
            pass
        elif self._ceiling is None:
            self.limit = min(MOST_SLOTS, self.limit + _GROWTH)
        elif self.limit < self._ceiling:
            self.limit = min(self._ceiling, self.limit + _REGROWTH)
        else:
            self._worked += 1
            self._probe(last, now)

    def refused(self, ticket: int, last: int, now: float, *, accepted: int) -> None:
        """The server turned a call away while it had `accepted` others."""
        level = min(self.limit, max(1.0, accepted))
        if ticket <= self._since:
            if level < self.limit:
                self._settle(level, last, now)
            return
        probing = self._ceiling is not None and self.limit > self._ceiling
        if self._strikes == 0:
            self._before = level
        elif not probing:
            # It goes on at what was thought to work.
            level = max(1.0, level * (_TRIMMED if self._strikes == 1 else _HALVED))
        self._strikes += 1
        self._step = 1
        if probing:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        self._settle(level, last, now)

    def scout(self, last: int, now: float) -> None:
        """From now on one call at a time, until one is taken."""
        self._scouting = True
        self._settle(1.0, last, now)

    def _probe(self, last: int, now: float) -> None:
        """Try more slots if it is time, in steps that double while they work."""
        assert self._ceiling is not None
        if self.limit > self._ceiling:
            if self._worked < self.limit:
                return
            self._settle(self.limit, last, now)
            self._step = max(1, min(2 * self._step, int(self.limit / 2)))
            self._pause = max(_FIRST_PAUSE, self._pause / 2)
        elif self._worked < max(2 * self.limit, _PROBE_AFTER) or now < self._probe_at:
            return
        self.limit = min(MOST_SLOTS, self.limit + self._step)
        self._since, self._worked = last, 0

    def _settle(self, level: float, last: int, now: float) -> None:
        self.limit = self._ceiling = level
        self._since, self._worked = last, 0
        self._probe_at = now + self._pause


class _Gate:
    """When no call shall begin at all, by what the server says and by its refusing everything."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._shut_until = 0.0
        self._holds = 0
        self._taken = 0
        self._left: int | None = None
        self._left_until = 0.0
        self._most_left = 1
        self._period = 0.0
        self._told_by = 0
        self._tells = False

    def opens_at(self, now: float) -> float:
        """When calls may begin; `now`, or earlier, if they may."""
        if self._left is not None and now >= self._left_until:
            # As many as ever; the answers will tell how many there are now.
            self._left, self._left_until = self._most_left, now + self._period
        spent = self._left is not None and self._left <= 0
        return max(self._shut_until, self._left_until if spent else 0.0)

    def passed(self, by: int) -> None:
        """So many calls began, or did not after all."""
        if self._left is not None:
            self._left -= by

    def succeeded(self) -> None:
        """The server took a call."""
        self._taken += 1
        if self._taken >= _PATIENT_FOR:
            self._holds = 0

    def heed(self, headroom: Headroom, ticket: int, since: int, now: float, *, ok: bool) -> None:
        """Keep to what the server said to this call, `since` which so many others began."""
        self._tells = self._tells or ok
        if not self._tells or ticket < self._told_by:
            # Who tells it in refusals only means the call that was refused; and what was told
            # to a younger call is newer.
            return
        self._told_by = ticket
        if headroom.requests is not None and headroom.requests_reset:
            self._left = max(0, headroom.requests - since)
            self._left_until = now + self._stretched(headroom.requests_reset)
            self._most_left = max(self._most_left, headroom.requests)
            self._period = min(headroom.requests_reset, _LONGEST_HOLD)
        if headroom.tokens == 0 and headroom.tokens_reset:
            self._shut(now, headroom.tokens_reset)

    def hold(self, retry_after: float | None, now: float) -> None:
        """Everything is refused: wait as long as the server says, and longer each time."""
        if now >= self._shut_until:
            patience = _FIRST_HOLD * (2**self._holds - 1)
            self._holds, self._taken = min(self._holds + 1, _MOST_HOLDS), 0
            self._shut(now, max(retry_after or 0.0, patience))

    def _shut(self, now: float, seconds: float) -> None:
        self._shut_until = max(self._shut_until, now + self._stretched(seconds))

    def _stretched(self, seconds: float) -> float:
        """A little longer, so that several processes do not come back at the same moment."""
        return min(seconds, _LONGEST_HOLD) * (1 + _JITTER * self._chance())


class Limiter:
    """Slots for the calls to one server, for all threads and event loops of a process."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._level = _Level()
        self._gate = _Gate(chance)
        self._calls: dict[int, _Call] = {}
        self._waiters: deque[_Waiter] = deque()
        self._ticket = 0
        self._entered = 0
        self._refused = 0
        self._alarm: tuple[_Waiter, float] | None = None
        self._most = MOST_SLOTS

    def at_most(self, most: int) -> None:
        """Never give more slots than these, from 1, whatever the server would take."""
        self._most = most

    @property
    def limit(self) -> int:
        """How many calls may be in flight at once, as far as is known."""
        return min(int(self._level.limit), self._most)

    @property
    def in_flight(self) -> int:
        """How many are."""
        return len(self._calls)

    @property
    def entered(self) -> int:
        """How many calls got a slot so far."""
        return self._entered

    @property
    def refused(self) -> int:
        """How many of them the server refused."""
        return self._refused

    async def enter(self, holder: str = "") -> int:
        """Wait for a slot; its ticket. Whoever came first gets the first one.

        `holder` names who would have to die for the slot to be lost, see `lost`.
        """
        loop = asyncio.get_running_loop()
        with self._lock:
            if not self._waiters and self._has_room():
                return self._begun(holder)
            waiter = _Waiter(holder, loop, loop.create_future())
            self._waiters.append(waiter)
            self._admit()
        try:
            return await waiter.given
        except asyncio.CancelledError:
            with self._lock:
                if waiter.ticket is not None:
                    self._not_begun(waiter.ticket)
                elif waiter in self._waiters:
                    self._waiters.remove(waiter)
                self._admit()
            raise

    async def leave(self, ticket: int, outcome: Outcome) -> None:
        """Give a slot back, and say how the call went; an unknown ticket is ignored."""
        with self._lock:
            in_flight = len(self._calls)
            call = self._calls.pop(ticket, None)
            if call is None:
                return
            now = self._clock()
            if outcome.kind == "ok":
                in_use = max(call.ahead + 1, in_flight) >= _IN_USE * self.limit
                self._level.succeeded(ticket, self._ticket, now, in_use=in_use)
                self._gate.succeeded()
            elif outcome.kind == "refused":
                self._turned_away(ticket, call, outcome.retry_after, now)
            if outcome.headroom is not None and outcome.kind != "failed":
                since = self._ticket - ticket
                ok = outcome.kind == "ok"
                self._gate.heed(outcome.headroom, ticket, since, now, ok=ok)
            self._admit()

    def lost(self, holder: str) -> None:
        """Free what a holder that died has, and forget what it waits for."""
        with self._lock:
            for ticket in [t for t, call in self._calls.items() if call.holder == holder]:
                del self._calls[ticket]
            for waiter in [one for one in self._waiters if one.holder == holder]:
                self._waiters.remove(waiter)
                with suppress(RuntimeError):  # its loop is closed
                    waiter.loop.call_soon_threadsafe(waiter.given.cancel)
            self._admit()

    def _turned_away(self, ticket: int, call: _Call, retry_after: float | None, now: float) -> None:
        # Of those that were ahead of it, some may have been refused too, and some may be done
        # by now; of those in flight now, some may be refused yet.
        ahead = call.ahead - (self._refused - call.refused)
        self._refused += 1
        accepted = max(ahead, len(self._calls))
        self._level.refused(ticket, self._ticket, now, accepted=accepted)
        if self._level.struck_out or not self._calls:
            self._level.scout(self._ticket, now)
            self._gate.hold(retry_after, now)

    def _has_room(self) -> bool:
        now = self._clock()
        return len(self._calls) < self.limit and self._gate.opens_at(now) <= now

    def _begun(self, holder: str) -> int:
        self._ticket += 1
        self._calls[self._ticket] = _Call(holder, len(self._calls), self._refused)
        self._entered += 1
        self._gate.passed(1)
        return self._ticket

    def _not_begun(self, ticket: int) -> None:
        """A slot was given to somebody who no longer wants it."""
        if self._calls.pop(ticket, None) is not None:
            self._entered -= 1
            self._gate.passed(-1)

    def _admit(self) -> None:
        """Give the free slots to whoever waits; see to it that it is tried again in time."""
        while self._waiters and self._has_room():
            waiter = self._waiters.popleft()
            waiter.ticket = self._begun(waiter.holder)
            try:
                waiter.loop.call_soon_threadsafe(_hand, waiter.given, waiter.ticket)
            except RuntimeError:  # its loop is closed
                self._not_begun(waiter.ticket)
        now = self._clock()
        opens = self._gate.opens_at(now)
        if self._waiters and opens > now and self._alarm != (self._waiters[0], opens):
            # Nothing else may happen until then; whoever is first wakes up and looks.
            first = self._waiters[0]
            self._alarm = (first, opens)
            with suppress(RuntimeError):  # its loop is closed
                first.loop.call_soon_threadsafe(first.loop.call_later, opens - now, self._look)

    def _look(self) -> None:
        with self._lock:
            self._alarm = None
            self._admit()


def _hand(given: asyncio.Future[int], ticket: int) -> None:
    if not given.done():
        given.set_result(ticket)


class Limited(Around):
    """A chat model that begins a call only when there is a slot for it."""

    def __init__(self, chat: Chat, slots: Slots, *, holder: str = "") -> None:
        super().__init__(chat)
        self._slots = slots
        self._holder = holder

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,
        seed: int | None = None,
    ) -> Completion:
        """A whole answer; raises ModelError."""
        ticket = await self._slots.enter(self._holder)
        outcome = _FAILED
        try:
            answer = await self._chat.complete(
                messages, shape=shape, method=method, max_tokens=max_tokens, seed=seed
            )
            outcome = Outcome("ok", headroom=answer.headroom)
        except ModelError as error:
            outcome = _outcome_of(error)
            raise
        finally:
            await self._slots.leave(ticket, outcome)
        return answer

    async def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """An answer in pieces; raises ModelError, also in the middle."""
        ticket = await self._slots.enter(self._holder)
        outcome = _FAILED
        try:
            async with closing(self._chat.stream(messages, max_tokens=max_tokens)) as pieces:
                async for piece in pieces:
                    outcome = _TAKEN  # also if the reader has soon heard enough
                    yield piece
        except ModelError as error:
            outcome = _outcome_of(error)
            raise
        finally:
            await self._slots.leave(ticket, outcome)


_FAILED, _TAKEN = Outcome("failed"), Outcome("ok")


def _outcome_of(error: ModelError) -> Outcome:
    if error.kind is not Kind.rate_limit:
        return _FAILED
    return Outcome("refused", error.retry_after, error.headroom)


_limiters: dict[str, Limiter] = {}
_limiters_lock = threading.Lock()


def limiter_for(key: str) -> Limiter:
    """The limiter of this process for a provider and server, such as `openai https://...`."""
    with _limiters_lock:
        return _limiters.setdefault(key, Limiter())
