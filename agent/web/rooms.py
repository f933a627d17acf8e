"""The interviews that are going on in this server, each shared by all that look at it.

A room holds one `Session`: what a tab sends is stored before it is acknowledged, and the
interviewer's work goes on whether or not a tab is open. Nothing is shown here; see
`agent.web.pages.room`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from agent.engines import rubric_and_scenario
from agent.errors import EngineUnavailableError, InputError, SevenstepError, StoreError
from agent.interview.clock import WallClock
from agent.interview.events import Event, Started
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.interview.state import fold
from agent.ports import Engine, EngineChoice, Intent
from agent.store.sql import SqlStore
from agent.web.library import Library

AWAY_SECONDS = 60.0
"""Nobody has looked for so long: the clock stops."""
IDLE_SECONDS = 900.0
"""Nobody has looked for so long: the room is closed; it opens again from its events."""

_log = logging.getLogger(__name__)


class Room:
    """One interview. `watch` it to be told of changes; its methods are the candidate's wishes.

    `speaking` holds what the interviewer has said so far of an utterance that is on its way,
    `fault` why the engine cannot go on, and `broken` why the events cannot be kept.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.session: Session
        self.engine: Engine
        self.speaking = ""
        self.fault: str | None = None
        self.broken: str | None = None
        self._watching: set[Callable[[], None]] = set()
        self._work: asyncio.Task[None] | None = None
        self._taking = asyncio.Lock()
        self.empty_since: float | None = None

    def hold(self, session: Session, engine: Engine) -> None:
        """Take in the session that this room is for."""
        self.session, self.engine = session, engine
        session.told = self._tell

    @property
    def id(self) -> str:
        """The interview's id."""
        return self.session.state.interview

    @property
    def is_working(self) -> bool:
        """Whether the interviewer is at work, or the grader."""
        return self._work is not None and not self._work.done()

    @property
    def is_watched(self) -> bool:
        """Whether anyone looks at it."""
        return bool(self._watching)

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each change, until the function returned here is called."""
        self._watching.add(listener)
        self.empty_since = None

        def leave() -> None:
            self._watching.discard(listener)
            if not self._watching:
                self.empty_since = asyncio.get_running_loop().time()

        return leave

    def hear(self, piece: str) -> None:
        """Take up a piece of the interviewer's words."""
        self.speaking += piece
        self._tell()

    async def answer(self, text: str, key: str) -> None:
        """Store an answer; on return it is kept, and the interviewer is at work on it.

        The same `key` again changes nothing. Raises InputError, or StoreError if it could not
        be kept.
        """
        async with self._storing():
            await self.session.receive(text, key=key)
        self.go_on()

    async def wish(self, intent: Intent, step: str | None = None) -> None:
        """Store a wish for a hint, for the next step or to go to a step; see `answer`."""
        typed = {Intent.ask_hint: "/hint", Intent.move_on: "/next"}.get(intent, f"/back {step}")
        async with self._storing():
            await self.session.wish(typed, intent, step)
        self.go_on()

    async def pause(self) -> None:
        """Stop the clock."""
        async with self._storing():
            await self.session.pause()

    async def unpause(self) -> None:
        """Let the clock run again."""
        async with self._storing():
            await self.session.unpause()

    async def note(self, text: str) -> None:
        """Keep a private note."""
        async with self._storing():
            await self.session.note(text)

    async def end(self) -> None:
        """Close the interview and have it graded."""
        # What the interviewer was about to say is dropped with the candidate's leaving.
        await self._stop()
        async with self._storing():
            await self.session.leave()
        self.go_on()

    async def switch(self, engine: Engine) -> None:
        """Go on with another engine, which is noted in the events."""
        async with self._storing():
            before, self.engine = self.engine, engine
            await self.session.switch(engine)
        await before.close()
        self.go_on()

    def go_on(self) -> None:
        """Do what is pending, in the background; try again after a fault."""
        if self.is_working or self.session.state.pending in ("listen", "done"):
            return
        self.fault = self.broken = None
        self._work = asyncio.create_task(self._working(), name=f"room {self.id}")
        self._tell()

    async def close(self) -> None:
        """Stop the work where it is; the events tell how to go on."""
        await self._stop()
        await self.engine.close()

    async def _stop(self) -> None:
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work

    @asynccontextmanager
    async def _storing(self) -> AsyncIterator[None]:
        """One wish at a time; where the events cannot be kept, the room is broken."""
        async with self._taking:
            try:
                yield
            except StoreError as error:
                self.broken = str(error)
                self._tell()
                raise

    async def _working(self) -> None:
        self.speaking = ""
        try:
            if self.session.state.ended is None:
                await self._unpaused_work()
            if self.session.state.pending == "grade":
                await self.session.finish()
        except EngineUnavailableError as error:
            self.fault = str(error)
            await self.session.pause()
        except SevenstepError as error:
            self.broken = str(error)
        except Exception:
            _log.exception("the interview %s stopped", self.id)
            self.broken = "the server met an error that it did not expect; see its log"
        finally:
            self.speaking = ""
            self._work = None
            self._tell()
        if self.fault is None and self.broken is None:
            # An answer may have come in while this was ending.
            self.go_on()

    async def _unpaused_work(self) -> None:
        if self.session.state.paused and self.fault is None:
            await self.session.unpause()
        await self.session.work()

    def _tell(self) -> None:
        if self.session.state.pending != "speak":
            self.speaking = ""
        for listener in tuple(self._watching):
            listener()


class Rooms:
    """All rooms of a server."""

    def __init__(self, store: SqlStore, library: Library) -> None:
        self._store = store
        self._library = library
        self._open: dict[str, Room] = {}
        self._entering: dict[tuple[str, str], asyncio.Task[Room]] = {}

    async def begin(
        self, owner: str, scenario: str, options: Options, choice: EngineChoice, rubric: str
    ) -> Room:
        """Begin an interview. Raises InputError, EngineUnavailableError or StoreError."""
        engine = await self._library.engine(choice, *self._library.together(rubric, scenario))
        room = Room(owner)
        try:
            session = await Session.open(
                self._store, engine, options, WallClock(), hear=room.hear, owner=owner
            )
        except BaseException:
            await engine.close()
            raise
        room.hold(session, engine)
        self._opened(room)
        return room

    async def enter(self, owner: str, interview: str, choice: EngineChoice | None = None) -> Room:
        """The room of this interview, which goes on with another engine if a `choice` is given.

        Raises InputError if there is none of this owner's, EngineUnavailableError if its
        engine cannot be had.
        """
        room = self._open.get(interview)
        if room is not None and room.broken is not None and not room.is_working:
            # It was continued elsewhere, or could not be stored: the events have the last word.
            del self._open[interview]
            await room.close()
            room = None
        if room is None:
            asked = owner, interview
            if asked not in self._entering:
                task = asyncio.create_task(self._reopened(owner, interview, choice))
                self._entering[asked] = task
                task.add_done_callback(lambda _: self._entering.pop(asked, None))
            room = await asyncio.shield(self._entering[asked])
        if room.owner != owner:
            raise _unknown(interview)
        return room

    async def sweep(self, now: float) -> None:
        """Stop the clock where nobody looks, and close what nobody has looked at for long.

        `now` is in the loop's seconds.
        """
        for name, room in list(self._open.items()):
            if room.empty_since is None or room.is_working:
                continue
            away = now - room.empty_since
            if away > AWAY_SECONDS and room.session.is_open and not room.session.state.paused:
                # The other rooms are swept all the same; this one is broken then.
                with suppress(StoreError):
                    await room.pause()
            if away > IDLE_SECONDS:
                del self._open[name]
                await room.close()

    async def close(self) -> None:
        """Leave all rooms as they are."""
        await asyncio.gather(*(room.close() for room in self._open.values()))
        self._open.clear()

    async def take_offline(self, room: Room) -> None:
        """Go on with the offline engine."""
        plan = room.session.plan
        await room.switch(await self._library.engine(EngineChoice(), plan.rubric, plan.scenario))

    async def _reopened(self, owner: str, interview: str, choice: EngineChoice | None) -> Room:
        first, events = await owned_events(self._store, owner, interview)
        state = fold(events)
        rubric, scenario = rubric_and_scenario(first, self._library)
        # What is graded already needs no model any more.
        choice = EngineChoice() if state.scorecard else choice or state.choice
        engine = await self._library.engine(choice, rubric, scenario)
        room = Room(owner)
        session = await Session.reopen(
            self._store, engine, interview, WallClock(), hear=room.hear, stay_paused=True
        )
        room.hold(session, engine)
        self._opened(room)
        return room

    def _opened(self, room: Room) -> None:
        room.empty_since = asyncio.get_running_loop().time()
        self._open[room.id] = room
        room.go_on()


async def owned_events(
    store: SqlStore, owner: str, interview: str
) -> tuple[Started, tuple[Event, ...]]:
    """An interview's first event and all of them; raises InputError if it is not this owner's."""
    events = await store.events(interview)
    first = events[0] if events else None
    if not isinstance(first, Started) or first.owner != owner:
        raise _unknown(interview)
    return first, events


def _unknown(interview: str) -> InputError:
    return InputError(f"there is no interview {interview!r} of yours")
