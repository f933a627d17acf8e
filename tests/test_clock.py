"""Active time: what counts and what does not."""

import asyncio
from datetime import UTC, datetime

import pytest

from agent.errors import InputError
from agent.interview.clock import ScriptClock, Stopwatch
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.ports import Intent
from agent.store.memory import MemoryLog
from tests.support import engine


class HandClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def seconds(self) -> float:
        """The time that was set."""
        return self.time

    def now(self) -> datetime:
        """Always the same moment."""
        return datetime(2026, 1, 1, tzinfo=UTC)

    def spoken(self, text: str) -> None:
        """Time does not pass by itself."""


def test_a_stopwatch_leaves_out_pauses() -> None:
    clock = HandClock()
    watch = Stopwatch(clock)
    clock.time = 10
    watch.pause()
    clock.time = 500
    watch.resume()
    clock.time = 505
    assert watch.read() == 15


def test_a_clock_that_jumps_back_takes_no_time_away() -> None:
    clock = HandClock()
    watch = Stopwatch(clock, base=60)
    clock.time = -100
    assert watch.read() == 60


def test_a_script_clock_runs_at_150_words_a_minute() -> None:
    clock = ScriptClock()
    clock.spoken("word " * 150)
    assert clock.seconds() == pytest.approx(64)


def test_paused_time_counts_for_no_step() -> None:
    async def run() -> float:
        clock = HandClock()
        session = await Session.start(MemoryLog(), engine(), Options(), clock)
        clock.time = 30
        await session.pause()
        clock.time = 3000
        await session.answer("Maximise long-term retention of members.")
        return session.state.seconds_in("problem_formulation")

    assert asyncio.run(run()) == 30


def test_time_between_a_crash_and_the_resumption_does_not_count() -> None:
    async def run() -> float:
        log, clock = MemoryLog(), HandClock()
        session = await Session.start(log, engine(), Options(), clock)
        clock.time = 40
        await session.answer("Maximise long-term retention of members.")
        clock.time = 10_000
        again = await Session.resume(log, engine(), session.state.interview, clock)
        clock.time = 10_005
        return again.active_seconds

    assert asyncio.run(run()) == 45


def test_a_candidate_who_lets_the_clock_run_out_is_thanked_and_graded() -> None:
    async def run() -> str:
        clock = HandClock()
        session = await Session.start(MemoryLog(), engine(), Options(minutes=5), clock)
        clock.time = 301
        await session.answer("Sorry, I was away.")
        await session.finish()
        return session.record().ended

    assert asyncio.run(run()) == "time"


def test_a_command_needs_no_observer_and_is_no_evidence() -> None:
    async def run() -> Session:
        session = await Session.start(MemoryLog(), engine(), Options(), HandClock())
        await session.command("/hint", Intent.ask_hint)
        return session

    state = asyncio.run(run()).state
    assert state.turns[-1].text.startswith("A hint: ")
    assert not state.transcript.answers()


@pytest.mark.parametrize("text", ["", "  \n", "x" * 200_001])
def test_an_empty_or_enormous_answer_is_refused_and_nothing_is_stored(text: str) -> None:
    async def run() -> tuple[int, int]:
        session = await Session.start(MemoryLog(), engine(), Options(), HandClock())
        before = len(session.events)
        with pytest.raises(InputError):
            await session.answer(text)
        return before, len(session.events)

    before, after = asyncio.run(run())
    assert before == after
