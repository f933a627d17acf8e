"""Rooms: what several tabs share, what happens where nobody looks, and who may enter."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from agent.catalog import Catalog
from agent.errors import EngineUnavailableError, InputError, StoreError
from agent.interview.plan import Options
from agent.ports import EngineChoice, Intent, Listening, Observation
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.store.sql import SqlStore
from agent.transcript import Party
from agent.web import rooms as rooms_module
from agent.web.library import Aside, Library
from agent.web.rooms import Room, Rooms
from tests.support import engine, rubric, scenario

ANSWER = "I would predict the probability of a play, because plays matter."


class SlowEngine(Aside):
    """The offline engine, which listens until it is let go, or cannot be reached."""

    def __init__(self) -> None:
        super().__init__(engine())
        self.go = asyncio.Event()
        self.go.set()
        self.fault: str | None = None

    async def observe(self, listening: Listening) -> Observation:
        await self.go.wait()
        if self.fault is not None:
            raise EngineUnavailableError(self.fault)
        return await super().observe(listening)


class OneEngine(Library):
    """A library with one rubric, one scenario, and engines made here."""

    def __init__(self) -> None:
        super().__init__(Catalog())
        self.made: list[SlowEngine] = []

    def together(self, *_: str) -> tuple[Rubric, Scenario]:
        return rubric(), scenario()

    async def engine(self, *_: object) -> SlowEngine:
        self.made.append(SlowEngine())
        return self.made[-1]


def play(folder: Path, test: Callable[[Rooms, OneEngine], Awaitable[None]]) -> None:
    """Run a test over rooms with a database."""

    async def run() -> None:
        store, library = SqlStore(str(folder / "rooms.db")), OneEngine()
        rooms = Rooms(store, library)
        try:
            await test(rooms, library)
        finally:
            await rooms.close()
            store.close()

    asyncio.run(run())


async def begun(rooms: Rooms, owner: str = "") -> Room:
    """A room in which the first question was put."""
    room = await rooms.begin(owner, "netflix_recs", Options(), EngineChoice(), "ml_system_design")
    await idle(room)
    return room


async def idle(room: Room) -> None:
    """Wait until the interviewer has done his part."""
    while room.is_working:
        await asyncio.sleep(0.005)


def said(room: Room) -> list[str]:
    """What the candidate has said."""
    return [turn.text for turn in room.session.state.turns if turn.speaker is Party.candidate]


def test_an_answer_that_is_sent_twice_is_taken_once(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms)
        await room.answer(ANSWER, "k1")
        await room.answer(ANSWER, "k1")
        await idle(room)
        await room.answer(ANSWER, "k1")
        assert said(room) == [ANSWER]

    play(tmp_path, test)


def test_an_answer_is_taken_once_also_by_a_server_that_started_anew(tmp_path: Path) -> None:
    async def test(rooms: Rooms, library: OneEngine) -> None:
        room = await begun(rooms)
        library.made[0].go.clear()
        await room.answer(ANSWER, "k1")
        await rooms.close()
        again = await rooms.enter("", room.id)
        await again.answer(ANSWER, "k1")
        await idle(again)
        assert said(again) == [ANSWER]
        assert again.session.is_open

    play(tmp_path, test)


def test_of_two_answers_at_once_the_second_is_refused(tmp_path: Path) -> None:
    async def test(rooms: Rooms, library: OneEngine) -> None:
        room = await begun(rooms)
        library.made[0].go.clear()
        first, second = await asyncio.gather(
            room.answer(ANSWER, "k1"), room.answer("Something else.", "k2"), return_exceptions=True
        )
        assert first is None
        assert isinstance(second, InputError)
        library.made[0].go.set()
        await idle(room)
        assert said(room) == [ANSWER]

    play(tmp_path, test)


def test_an_answer_that_comes_as_the_interviewer_ends_is_answered(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms)
        sent: list[asyncio.Task[None]] = []

        def at_once() -> None:
            if room.session.is_open and len(sent) < 3:
                sent.append(asyncio.create_task(room.answer(ANSWER, f"k{len(sent)}")))

        room.watch(at_once)
        await room.answer("How many users are there?", "first")
        while len(said(room)) < 3:
            await asyncio.sleep(0.005)
        await asyncio.gather(*sent, return_exceptions=True)
        await idle(room)
        assert room.session.is_open

    play(tmp_path, test)


def test_those_who_watch_are_told_of_each_change_until_they_leave(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms)
        told: list[int] = []
        leave = room.watch(lambda: told.append(len(room.session.state.turns)))
        await room.answer(ANSWER, "k1")
        await idle(room)
        assert told[-1] == len(room.session.state.turns)
        leave()
        before = len(told)
        await room.pause()
        assert len(told) == before

    play(tmp_path, test)


def test_an_interview_can_be_ended_while_the_interviewer_is_at_work(tmp_path: Path) -> None:
    async def test(rooms: Rooms, library: OneEngine) -> None:
        room = await begun(rooms)
        library.made[0].go.clear()
        await room.answer(ANSWER, "k1")
        await room.end()
        await idle(room)
        assert room.session.state.ended == "left"
        assert room.session.state.scorecard is not None

    play(tmp_path, test)


def test_a_model_that_cannot_be_reached_stops_the_clock_until_it_can(tmp_path: Path) -> None:
    async def test(rooms: Rooms, library: OneEngine) -> None:
        room = await begun(rooms)
        library.made[0].fault = "no network"
        await room.answer(ANSWER, "k1")
        await idle(room)
        assert (room.fault, room.session.state.paused) == ("no network", True)
        library.made[0].fault = None
        room.go_on()
        await idle(room)
        assert (room.fault, room.session.state.paused) == (None, False)
        assert room.session.is_open

    play(tmp_path, test)


def test_another_engine_can_take_over(tmp_path: Path) -> None:
    async def test(rooms: Rooms, library: OneEngine) -> None:
        room = await begun(rooms)
        library.made[0].fault = "no network"
        await room.answer(ANSWER, "k1")
        await idle(room)
        await rooms.take_offline(room)
        await idle(room)
        assert room.fault is None
        assert len(room.session.state.engines) == 2

    play(tmp_path, test)


def test_the_clock_stops_where_nobody_looks_and_stays_so(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms)
        now = asyncio.get_running_loop().time()
        await rooms.sweep(now + rooms_module.AWAY_SECONDS / 2)
        assert not room.session.state.paused
        await rooms.sweep(now + 2 * rooms_module.AWAY_SECONDS)
        assert room.session.state.paused
        await rooms.sweep(now + 2 * rooms_module.IDLE_SECONDS)
        again = await rooms.enter("", room.id)
        assert again is not room
        assert again.session.state.paused

    play(tmp_path, test)


def test_a_room_that_is_watched_is_left_alone(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms)
        room.watch(lambda: None)
        await rooms.sweep(asyncio.get_running_loop().time() + 2 * rooms_module.IDLE_SECONDS)
        assert not room.session.state.paused
        assert await rooms.enter("", room.id) is room

    play(tmp_path, test)


@pytest.mark.parametrize("is_open", [True, False])
def test_a_room_opens_for_its_owner_only(tmp_path: Path, is_open: bool) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms, "ada")
        if not is_open:
            await rooms.close()
        with pytest.raises(InputError, match="of yours"):
            await rooms.enter("grace", room.id)
        assert (await rooms.enter("ada", room.id)).id == room.id

    play(tmp_path, test)


def test_an_interview_that_went_on_elsewhere_is_read_again(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms)
        store = SqlStore(str(tmp_path / "rooms.db"))
        other = Rooms(store, OneEngine())
        elsewhere = await other.enter("", room.id)
        await elsewhere.answer(ANSWER, "k1")
        await idle(elsewhere)
        await other.close()
        store.close()
        with pytest.raises(StoreError, match="continued in another place"):
            await room.wish(Intent.ask_hint)
        again = await rooms.enter("", room.id)
        assert said(again) == [ANSWER]

    play(tmp_path, test)


def test_a_room_that_cannot_be_stored_does_not_end_the_sweep(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room, other = await begun(rooms), await begun(rooms)
        store = SqlStore(str(tmp_path / "rooms.db"))
        elsewhere = Rooms(store, OneEngine())
        same = await elsewhere.enter("", room.id)
        await same.answer(ANSWER, "k1")
        await idle(same)
        await elsewhere.close()
        store.close()
        now = asyncio.get_running_loop().time()
        await rooms.sweep(now + 2 * rooms_module.AWAY_SECONDS)
        assert room.broken is not None
        assert other.session.state.paused

    play(tmp_path, test)


def test_who_asks_for_the_room_of_another_does_not_keep_him_out(tmp_path: Path) -> None:
    async def test(rooms: Rooms, _: OneEngine) -> None:
        room = await begun(rooms, "ada")
        await rooms.close()
        foreign, own = await asyncio.gather(
            rooms.enter("bob", room.id), rooms.enter("ada", room.id), return_exceptions=True
        )
        assert isinstance(foreign, InputError)
        assert isinstance(own, Room)

    play(tmp_path, test)
