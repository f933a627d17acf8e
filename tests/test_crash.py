"""Killed at any moment, an interview goes on: no turn lost, none doubled, the same question."""

import asyncio
import os
import random
import signal
from functools import cache
from pathlib import Path

import pytest

from agent.cli.sitting import without_played
from agent.interview.clock import ScriptClock
from agent.interview.events import Event
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.ports import Intent
from agent.record import InterviewRecord
from agent.store.memory import MemoryLog
from agent.transcript import Turn
from tests.cli_support import run, script
from tests.forked import forked
from tests.support import engine

TURNS = (
    "How many users are there, and what is the latency budget?",
    "I would predict the probability of a play as a binary classification, because plays matter.",
    "/hint",
    "Offline NDCG at 10, online watch time in an A/B test, because clicks mislead.",
    "/notes ask about cost",
    "/next",
    "I would use random k-fold cross validation on the viewing logs.",
    "I'm not sure.",
    "/next",
    "User, item and context features; labels from completed plays; time-based joins.",
)
STEPS = "problem_formulation,metrics,data_features"


async def _play(session: Session, turns: list[str]) -> None:
    for turn in turns:
        if not session.is_open:
            break
        match turn.split()[0]:
            case "/hint":
                await session.command(turn, Intent.ask_hint)
            case "/next":
                await session.command(turn, Intent.move_on)
            case "/notes":
                await session.note(turn.removeprefix("/notes "))
            case _:
                await session.answer(turn)
    await session.leave()
    await session.finish()


@cache
def _whole() -> tuple[Event, ...]:
    async def play() -> tuple[Event, ...]:
        options = Options(steps=tuple(STEPS.split(",")))
        session = await Session.start(MemoryLog(), engine(), options, ScriptClock())
        await _play(session, list(TURNS))
        return session.events

    return asyncio.run(play())


def _shape(events: tuple[Event, ...]) -> list[dict[str, object]]:
    return [event.model_dump(exclude={"at", "interview"}) for event in events]


async def _cut_and_resumed(events: tuple[Event, ...], cut: int) -> tuple[Event, ...]:
    log = MemoryLog()
    for seq, event in enumerate(events[:cut]):
        await log.append("x", seq, event)
    # The log is asked for by the interview's own id from now on.
    name = getattr(events[0], "interview", "")
    log._stored[name] = log._stored.pop("x")
    session = await Session.resume(log, engine(), name, ScriptClock())
    await _play(session, without_played(session, TURNS))
    return session.events


def test_resuming_after_any_event_gives_the_same_events() -> None:
    whole = _whole()
    assert len(whole) > 30
    for cut in range(1, len(whole) + 1):
        resumed = asyncio.run(_cut_and_resumed(whole, cut))
        assert _shape(resumed) == _shape(whole), f"cut after event {cut}"


@pytest.mark.parametrize("times", [2, 5])
def test_resuming_several_times_gives_the_same_events(times: int) -> None:
    events = whole = _whole()
    for cut in sorted(random.Random(times).sample(range(1, len(whole)), times)):
        events = asyncio.run(_cut_and_resumed(events, cut))
    assert _shape(events) == _shape(whole)


def _transcript(path: Path) -> tuple[Turn, ...]:
    return InterviewRecord.model_validate_json(path.read_text()).transcript


def _killed(command: tuple[str, ...], seconds: float | None) -> bool:
    """Run a command and kill it so many seconds after its first line; whether that came first."""
    ours, its = os.pipe()
    process = forked(*command, end=its)
    os.close(its)
    with open(ours, encoding="utf-8") as out:  # noqa: PTH123
        out.readline()
        process.join(seconds)
        process.kill()
        out.read()
    process.join()
    return process.exitcode == -signal.SIGKILL


def test_an_interview_killed_again_and_again_ends_like_one_that_was_not(tmp_path: Path) -> None:
    db, whole, resumed = tmp_path / "x.db", tmp_path / "whole.json", tmp_path / "resumed.json"
    played = ("--script", str(script(tmp_path, *TURNS)), "--db")
    begin = ("practice", "netflix_recs", "--steps", STEPS)
    assert run(*begin, *played, tmp_path / "y.db", "--json", whole).code == 0

    chance = random.Random(7)
    kills = 0
    for _ in range(20):
        command = begin if "No interviews" in _all(db) else ("resume",)
        last = None if kills >= 4 else chance.uniform(0.0, 0.15)
        kills += _killed((*command, *played, str(db)), last)
        if "unfinished" not in _all(db) and "netflix_recs" in _all(db):
            break
    assert kills >= 2
    assert run("report", "--db", db, "--format", "json", "--out", resumed).code == 0
    assert _transcript(resumed) == _transcript(whole)
    assert _all(db).count("netflix_recs") == 1


def _all(db: Path) -> str:
    return run("history", "--all", "--db", db).out


def test_turns_already_played_are_not_played_again(tmp_path: Path) -> None:
    whole = asyncio.run(_state_after(7))
    assert without_played(whole, TURNS) == list(TURNS[7:])


def test_a_script_of_the_rest_alone_is_played_whole() -> None:
    whole = asyncio.run(_state_after(3))
    assert without_played(whole, ["Something new"]) == ["Something new"]


async def _state_after(count: int) -> Session:
    session = await Session.start(MemoryLog(), engine(), Options(), ScriptClock())
    for turn in TURNS[:count]:
        if turn.startswith("/notes"):
            await session.note(turn.removeprefix("/notes "))
        elif turn == "/hint":
            await session.command(turn, Intent.ask_hint)
        elif turn == "/next":
            await session.command(turn, Intent.move_on)
        else:
            await session.answer(turn)
    return session
