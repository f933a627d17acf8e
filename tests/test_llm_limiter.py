"""How many calls may be with a model at once: on servers and a clock that are simulated."""

import asyncio
import random
import selectors
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import pytest

from agent.llm.caller import Caller
from agent.llm.chat import Completion, Headroom, Limits, Method, Piece
from agent.llm.connect import connect
from agent.llm.engine import connected
from agent.llm.faults import Kind, ModelError
from agent.llm.limiter import Limited, Limiter, Outcome, limiter_for
from agent.llm.meter import Meter
from agent.llm.patience import closing
from agent.ports import EngineChoice
from evals.fakellm.server import FakeLLM, serving
from tests.transport_support import ASKED, SHAPE, VALUE, Answer, ScriptedChat, giving

_T = TypeVar("_T")
OK, FAILED = Outcome("ok"), Outcome("failed")
LATENCY = 0.3
FIRST = 16
"""How many slots there are at first."""


class _Skipping(selectors.SelectSelector):
    """Passes the time instead of waiting."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += timeout or 0.0
        return super().select(0)


class _Simulated(asyncio.SelectorEventLoop):
    """A loop in which a minute passes in a moment."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def simulated(main: Coroutine[Any, Any, _T]) -> _T:
    with asyncio.Runner(loop_factory=_Simulated) as runner:
        return runner.run(main)


def limiter() -> Limiter:
    return Limiter(clock=asyncio.get_running_loop().time, chance=lambda: 0.5)


class Server(Protocol):
    async def call(self) -> Outcome: ...


class AtOnce:
    """Allows so many calls at once; how many may depend on the time."""

    def __init__(self, most: int | Callable[[float], int]) -> None:
        self._most = most if callable(most) else lambda _: most
        self._random = random.Random(1)
        self.in_flight = 0

    async def call(self) -> Outcome:
        await asyncio.sleep(0.002 * self._random.random())
        if self.in_flight >= self._most(asyncio.get_running_loop().time()):
            return Outcome("refused", 1.0)
        self.in_flight += 1
        await asyncio.sleep(LATENCY * (0.9 + 0.2 * self._random.random()))
        self.in_flight -= 1
        return OK


class AMinute:
    """Allows so many calls in each minute, and says so in headers or not."""

    def __init__(self, most: int, *, tells: bool) -> None:
        self._most, self._tells = most, tells
        self._minute = self._used = 0
        self._random = random.Random(1)

    async def call(self) -> Outcome:
        await asyncio.sleep(0.001)
        now = asyncio.get_running_loop().time()
        if now // 60 > self._minute:
            self._minute, self._used = int(now // 60), 0
        self._used += 1
        rest = 60 - now % 60
        left = Headroom(max(0, self._most - self._used), requests_reset=rest)
        told = left if self._tells else None
        if self._used > self._most:
            return Outcome("refused", rest, told)
        await asyncio.sleep(LATENCY * (0.9 + 0.2 * self._random.random()))
        return Outcome("ok", headroom=told)


async def _called(server: Server, calls: int, slots: Limiter, attempts: int = 8) -> float:
    """All calls, each until it is served; the seconds that it took."""
    served = 0

    async def one() -> None:
        nonlocal served
        for _ in range(attempts):
            ticket = await slots.enter()
            outcome = await server.call()
            await slots.leave(ticket, outcome)
            if outcome.kind == "ok":
                served += 1
                return
            await asyncio.sleep(outcome.retry_after or 0)

    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(one() for _ in range(calls)))
    assert served == calls
    assert slots.in_flight == 0
    return asyncio.get_running_loop().time() - began


def load(server: Server, calls: int) -> tuple[float, Limiter]:
    async def main() -> tuple[float, Limiter]:
        slots = limiter()
        return await _called(server, calls, slots), slots

    return simulated(main())


@pytest.mark.parametrize(("most", "calls"), [(5, 400), (20, 400), (64, 1500), (100, 3000)])
def test_a_server_that_allows_so_many_at_once_gets_so_many(most: int, calls: int) -> None:
    seconds, slots = load(AtOnce(most), calls)
    assert slots.limit in (most, most + 1)
    assert seconds / (calls / most * LATENCY) < 1.25
    assert slots.refused / slots.entered < 0.04


def test_few_are_refused_in_the_long_run() -> None:
    _, slots = load(AtOnce(20), 8000)
    assert slots.refused / slots.entered < 0.005


def test_a_server_that_allows_all_gets_more_and_more_up_to_a_thousand() -> None:
    _, slots = load(AtOnce(5000), 15_000)
    assert (slots.limit, slots.refused) == (1000, 0)


def test_one_that_grows_more_generous_is_found_out() -> None:
    seconds, slots = load(AtOnce(lambda now: 20 if now < 60 else 100), 12_000)
    assert slots.limit in (100, 101)
    assert seconds < 60 + 60 + 8000 / 100 * LATENCY
    assert slots.refused / slots.entered < 0.01


def test_one_that_grows_less_generous_is_found_out() -> None:
    _, slots = load(AtOnce(lambda now: 100 if now < 10 else 20), 6000)
    assert slots.limit in (20, 21)
    assert slots.refused / slots.entered < 0.02


@pytest.mark.parametrize("tells", [True, False])
def test_a_server_that_allows_so_many_a_minute_is_not_pestered(tells: bool) -> None:
    seconds, slots = load(AMinute(600, tells=tells), 3000)
    assert seconds < 300
    assert slots.refused / slots.entered < (0.01 if tells else 0.06)


def test_a_burst_of_refusals_is_one_decision() -> None:
    async def main() -> int:
        slots = limiter()
        tickets = [await slots.enter() for _ in range(8)]
        for ticket in tickets[:3]:
            await slots.leave(ticket, Outcome("refused", 1.0))
        return slots.limit

    assert simulated(main()) == 5


def test_while_everything_is_refused_nothing_is_sent() -> None:
    async def main() -> int:
        slots = limiter()

        async def one() -> None:
            ticket = await slots.enter()
            await asyncio.sleep(0.01)
            await slots.leave(ticket, Outcome("refused", 20.0))

        calls = [asyncio.ensure_future(one()) for _ in range(50)]
        await asyncio.sleep(19)
        entered = slots.entered
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        return entered

    assert simulated(main()) <= FIRST


@pytest.mark.parametrize(
    "left", [Headroom(requests=0, requests_reset=30.0), Headroom(tokens=0, tokens_reset=30.0)]
)
def test_when_nothing_is_left_no_call_begins_until_the_reset(left: Headroom) -> None:
    async def main() -> float:
        slots = limiter()
        await slots.leave(await slots.enter(), Outcome("ok", headroom=left))
        await slots.enter()
        return asyncio.get_running_loop().time()

    assert 30 <= simulated(main()) <= 33


def test_no_more_begin_than_are_left() -> None:
    async def main() -> list[float]:
        slots, loop = limiter(), asyncio.get_running_loop()
        left = Headroom(requests=3, requests_reset=30.0)
        first, _ = await slots.enter(), await slots.enter()
        await slots.leave(first, Outcome("ok", headroom=left))
        begun = []
        for _ in range(3):
            await slots.enter()
            begun.append(loop.time())
        return begun

    begun = simulated(main())
    assert begun[:2] == [0, 0]  # the second call may not have been counted yet
    assert begun[2] >= 30


def test_what_only_a_refusal_tells_is_meant_for_that_call() -> None:
    async def main() -> float:
        slots = limiter()
        tickets = [await slots.enter() for _ in range(4)]
        none = Headroom(requests=0, requests_reset=30.0)
        await slots.leave(tickets[0], OK)
        await slots.leave(tickets[1], Outcome("refused", 30.0, none))
        await slots.leave(tickets[2], OK)
        await slots.enter()
        return asyncio.get_running_loop().time()

    assert simulated(main()) == 0


def test_slots_that_nobody_needs_do_not_become_more() -> None:
    async def main() -> int:
        slots = limiter()
        for _ in range(100):
            await slots.leave(await slots.enter(), OK)
        return slots.limit

    assert simulated(main()) == FIRST


def test_failures_change_nothing_but_give_the_slot_back() -> None:
    async def main() -> tuple[int, int]:
        slots = limiter()
        for _ in range(100):
            await slots.leave(await slots.enter(), FAILED)
        return slots.limit, slots.in_flight

    assert simulated(main()) == (FIRST, 0)


def test_an_unknown_ticket_is_ignored() -> None:
    async def main() -> int:
        slots = limiter()
        ticket = await slots.enter()
        for _ in range(3):
            await slots.leave(ticket, Outcome("refused"))
        await slots.leave(12345, OK)
        return slots.refused

    assert simulated(main()) == 1


async def _queued(slots: Limiter, number: int) -> tuple[list[int], list[asyncio.Task[int]]]:
    """All slots taken, and so many more waiting."""
    taken = [await slots.enter("dead") for _ in range(FIRST)]
    waiting = [asyncio.ensure_future(slots.enter()) for _ in range(number)]
    await asyncio.sleep(0)
    return taken, waiting


def test_whoever_came_first_goes_first() -> None:
    async def main() -> None:
        slots = limiter()
        taken, waiting = await _queued(slots, 5)
        for number, ticket in enumerate(taken[:5]):
            await slots.leave(ticket, FAILED)
            await asyncio.sleep(0.1)
            assert [task.done() for task in waiting] == [at <= number for at in range(5)]

    simulated(main())


def test_who_no_longer_waits_takes_no_slot() -> None:
    async def main() -> None:
        slots = limiter()
        taken, (first, second) = await _queued(slots, 2)
        first.cancel()
        await slots.leave(taken[0], FAILED)
        await second
        assert slots.in_flight == FIRST

    simulated(main())


def test_a_slot_for_one_who_left_at_that_moment_is_passed_on() -> None:
    async def main() -> None:
        slots = limiter()
        taken, (first, second) = await _queued(slots, 2)
        await slots.leave(taken[0], FAILED)
        first.cancel()
        await second
        with suppress(asyncio.CancelledError):
            await first
        assert first.cancelled()
        assert (slots.in_flight, slots.entered) == (FIRST, FIRST + 1)

    simulated(main())


def test_who_waits_for_the_reset_is_woken_also_if_the_first_of_them_left() -> None:
    async def main() -> None:
        slots = limiter()
        left = Headroom(requests=0, requests_reset=30.0)
        await slots.leave(await slots.enter(), Outcome("ok", headroom=left))
        first, second = (asyncio.ensure_future(slots.enter()) for _ in range(2))
        await asyncio.sleep(1)
        first.cancel()
        await second

    simulated(main())


def test_a_holder_that_died_holds_nothing() -> None:
    async def main() -> None:
        slots = limiter()
        _, waiting = await _queued(slots, 1)
        dying = asyncio.ensure_future(slots.enter("dead"))
        await asyncio.sleep(0)
        slots.lost("dead")
        await waiting[0]
        await asyncio.wait([dying])
        assert dying.cancelled()
        assert slots.in_flight == 1

    simulated(main())


def test_two_threads_share_the_slots() -> None:
    slots = Limiter()
    most, now, lock = 0, 0, threading.Lock()

    async def one() -> None:
        nonlocal most, now
        ticket = await slots.enter()
        with lock:
            now += 1
            most = max(most, now)
        await asyncio.sleep(0.001)
        with lock:
            now -= 1
        await slots.leave(ticket, FAILED)

    async def many() -> None:
        await asyncio.gather(*(one() for _ in range(100)))

    threads = [threading.Thread(target=asyncio.run, args=(many(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (slots.entered, slots.in_flight) == (200, 0)
    assert most <= FIRST


def test_one_whose_loop_is_gone_is_passed_over() -> None:
    slots = Limiter()
    loop = asyncio.new_event_loop()

    async def full() -> None:
        for _ in range(FIRST):
            await slots.enter("dead")

    asyncio.run(full())
    waiting = slots.enter()
    loop.run_until_complete(_begun(waiting))
    loop.close()

    async def later() -> None:
        slots.lost("dead")
        await slots.enter()

    asyncio.run(later())
    assert slots.in_flight == 1
    waiting.close()


async def _begun(waiting: Coroutine[Any, Any, int]) -> None:
    waiting.send(None)


# The chat model that keeps to it.


class _Seen:
    """Slots that are always free."""

    def __init__(self) -> None:
        self.entered = 0
        self.left: list[Outcome] = []

    async def enter(self, holder: str = "") -> int:
        self.entered += 1
        return self.entered

    async def leave(self, ticket: int, outcome: Outcome) -> None:
        self.left.append(outcome)


def left_by(call: Callable[[Limited], Awaitable[Any]], *answers: Any) -> list[Outcome]:
    seen = _Seen()

    async def main() -> None:
        with suppress(ModelError):
            await call(Limited(ScriptedChat(list(answers)), seen))

    asyncio.run(main())
    assert len(seen.left) == seen.entered == 1
    return seen.left


async def whole(chat: Limited) -> Completion:
    return await chat.complete(ASKED, shape=None, method=Method.prompted, max_tokens=9)


async def streamed(chat: Limited) -> list[Piece]:
    return [piece async for piece in chat.stream(ASKED, max_tokens=9)]


SLOW = ModelError(Kind.rate_limit, "slow down", retry_after=3.0, headroom=Headroom(requests=0))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Completion("Hi.", headroom=Headroom(7)), Outcome("ok", headroom=Headroom(7))),
        (SLOW, Outcome("refused", 3.0, Headroom(requests=0))),
        (ModelError(Kind.server, "it is down", retry_after=3.0), FAILED),
        (ModelError(Kind.quota, "no money"), FAILED),
    ],
)
def test_an_answer_has_its_outcome(answer: Answer, outcome: Outcome) -> None:
    assert left_by(whole, answer) == [outcome]


@pytest.mark.parametrize(
    ("pieces", "outcome"),
    [(["Hi."], OK), (SLOW, Outcome("refused", 3.0, Headroom(requests=0))),
     (["Hi.", ModelError(Kind.connection, "it broke off")], FAILED)],
)  # fmt: skip
def test_a_stream_has_its_outcome(pieces: Any, outcome: Outcome) -> None:
    assert left_by(streamed, pieces) == [outcome]


def test_a_stream_of_which_enough_was_heard_gives_its_slot_back() -> None:
    async def begun(chat: Limited) -> None:
        async with closing(chat.stream(ASKED, max_tokens=9)) as pieces:
            await anext(pieces)

    assert left_by(begun, ["Hi. ", "How are you?"]) == [OK]


def test_a_call_that_is_given_up_gives_its_slot_back() -> None:
    class Silent(ScriptedChat):
        async def complete(self, *_: Any, **__: Any) -> Completion:
            await asyncio.sleep(60)
            raise AssertionError

    async def main() -> _Seen:
        seen = _Seen()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await whole(Limited(Silent([]), seen))
        return seen

    assert simulated(main()).left == [FAILED]


def test_a_limited_model_is_what_it_was() -> None:
    chat = ScriptedChat([])
    limited = Limited(chat, _Seen())
    assert (limited.name, limited.traits) == (chat.name, chat.traits)


def test_there_is_one_limiter_for_a_server() -> None:
    assert limiter_for("openai http://127.0.0.1:1") is limiter_for("openai http://127.0.0.1:1")
    assert limiter_for("openai http://127.0.0.1:1") is not limiter_for("openai http://127.0.0.1:2")


def test_the_models_of_an_engine_share_the_limiter_of_their_server() -> None:
    async def main(url: str) -> None:
        choice = EngineChoice(model="openai:a", observer_model="openai:b", base_url=url)
        models = await connected(choice)
        for chat in (models.speaker, models.observer):
            await chat.complete(ASKED, shape=SHAPE, method=Method.json_schema, max_tokens=9)
        await models.close()
        assert limiter_for(f"openai {url}").entered == 2

    with serving(FakeLLM(giving(), models=("a", "b"))) as server:
        asyncio.run(main(server.url))


def test_of_many_calls_to_a_real_server_none_is_lost_and_few_are_refused() -> None:
    limits = Limits(attempts=8, longest_wait=120.0)

    async def main(url: str) -> list[dict[str, Any]]:
        chat = await connect("openai:fake-model", url, limits)
        limited = Limited(chat, Limiter())

        async def one() -> dict[str, Any]:
            caller = Caller(limited, limits, Meter())
            return await caller.structured(
                "note", lambda _: ASKED, SHAPE, lambda answer, _: answer, max_tokens=9
            )

        answers = await asyncio.gather(*(one() for _ in range(400)))
        await chat.close()
        return answers

    with serving(FakeLLM(giving(), max_in_flight=20, latency=0.05)) as server:
        answers = asyncio.run(main(server.url))
        assert answers == [VALUE] * 400
        assert server.served == 400
        assert server.peak_in_flight == 20
        assert server.refused <= 20


def test_never_more_slots_are_given_than_the_user_allows() -> None:
    async def held() -> int:
        limiter = Limiter()
        limiter.at_most(3)
        for _ in range(3):
            await limiter.enter()
        waiting = asyncio.ensure_future(limiter.enter())
        await asyncio.sleep(0.01)
        waiting.cancel()
        return limiter.in_flight

    assert asyncio.run(held()) == 3
