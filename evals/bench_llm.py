"""What an interview with a model costs beside the model itself (part of `make bench`).

Against the recorded server: time to the first visible sentence at a fixed latency, CPU time of
a turn beside one direct call with the bare openai client, and many interviews at once in one
process. The server runs in a process of its own, so that its work is not counted.
"""

import asyncio
import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import openai
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent.catalog import Catalog
from agent.interview.clock import ScriptClock
from agent.interview.session import EventLog, Session
from agent.llm.chat import Limits
from agent.llm.engine import Connected, LlmEngine, connected
from agent.llm.guard import Guard
from agent.ports import EngineChoice
from agent.store.memory import MemoryLog
from agent.store.sql import SqlStore
from agent.transcript import Party
from evals.recorded import RECORDINGS, Candidate, candidates

LATENCY = 0.3
AT_ONCE = 200
_CALLS = 30
_ROUNDS = 9
_MEASURED = "netflix_strong"


def main() -> None:
    """Print the figures."""
    with recorded_server(LATENCY) as url:
        waited = [seconds / LATENCY for seconds in asyncio.run(_first_sentences(url))]
    print(
        f"First visible sentence at {LATENCY} s a call (L): "
        f"median {statistics.median(waited):.2f} L, worst {max(waited):.2f} L "
        f"over {len(waited)} turns; 2.2 L and 150 ms are {2.2 + 0.15 / LATENCY:.2f} L"
    )
    with recorded_server(0.0) as url:
        bare, streamed, chained, turn, stored = asyncio.run(_cpu(url))
    print(f"CPU time of one direct call with the openai client: {bare * 1000:.1f} ms")
    print(f"  the same, streamed: {streamed / bare:.1f} times that")
    print(f"  the same, streamed through LangChain's ChatOpenAI: {chained / bare:.1f} times that")
    print(f"  a turn (two calls, policy, guard), events in memory: {turn / bare:.1f} times that")
    print(f"  a turn, each event committed to SQLite: {stored / bare:.1f} times that")
    for number in (1, AT_ONCE):
        with recorded_server(LATENCY) as url:
            seconds, turns, kilobytes = asyncio.run(_many(url, number))
        print(
            f"{number} interviews at once at {LATENCY} s a call: "
            f"{turns / seconds:.1f} turns a second, "
            f"{kilobytes / number:.0f} kB more memory an interview"
        )


@contextlib.contextmanager
def recorded_server(latency: float) -> Iterator[str]:
    """The recorded server in a process of its own; its base URL."""
    command = [sys.executable, "-m", "evals.fakellm", "serve", *map(str, RECORDINGS.glob("*.yaml"))]
    process = subprocess.Popen(
        [*command, "--latency", str(latency)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


class Room:
    """Holds recorded interviews with models that all of them share."""

    def __init__(self, models: Connected) -> None:
        self._models = models
        self._rubric = Catalog().rubric()
        self._scenarios = {one.id: one for one in Catalog().scenarios()}
        self._guards = {
            name: Guard(self._rubric, self._scenarios[name])
            for name in {candidate.scenario for candidate in candidates()}
        }

    async def play(self, candidate: Candidate, log: EventLog, trace: Path | None = None) -> Session:
        """An interview up to its grading."""
        engine = LlmEngine(
            self._rubric,
            self._scenarios[candidate.scenario],
            self._models,
            trace=trace,
            guard=self._guards[candidate.scenario],
        )
        session = await Session.start(
            log, engine, candidate.options, ScriptClock(), source="script"
        )
        for turn in candidate.turns:
            if session.is_open:
                await candidate.say(session, turn)
        return session


@contextlib.asynccontextmanager
async def _room(url: str) -> AsyncIterator[Room]:
    models = await connected(EngineChoice(model="openai:recorded", base_url=url), Limits())
    try:
        yield Room(models)
    finally:
        await models.close()


async def _first_sentences(url: str) -> list[float]:
    """Seconds from an answer to the first words of the reply, for all recorded turns."""
    waited: list[float] = []
    async with _room(url) as room:
        for candidate in candidates():
            session = await room.play(candidate, MemoryLog())
            waited += session.state.first_words[1:]  # the opening has no answer before it
    return waited


async def _cpu(url: str) -> list[float]:
    """CPU seconds: a direct call, a streamed one, one by LangChain, a turn, one in SQLite.

    Medians of rounds in which all are measured in turn, since a machine's speed changes.
    """
    (candidate,) = candidates([_MEASURED])
    langchain = ChatOpenAI(model="recorded", base_url=url, api_key=SecretStr("none"))
    with tempfile.TemporaryDirectory() as folder:
        trace, store = Path(folder) / "trace.jsonl", SqlStore(str(Path(folder) / "bench.db"))
        async with (
            _room(url) as room,
            openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client,
        ):
            await room.play(candidate, MemoryLog(), trace)
            asked = _last_spoken(trace)
            rounds = [
                (
                    await _call_cpu(partial(_directly, client, asked)),
                    await _call_cpu(partial(_streamed, client, asked)),
                    await _call_cpu(partial(_chained, langchain, asked)),
                    await _turn_cpu(room, candidate, MemoryLog()),
                    await _turn_cpu(room, candidate, store),
                )
                for _ in range(_ROUNDS)
            ]
        store.close()
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


async def _turn_cpu(room: Room, candidate: Candidate, log: EventLog) -> float:
    before = time.process_time()
    turns = 0
    while turns < _CALLS:
        turns += (await room.play(candidate, log)).state.candidate_turns
    return (time.process_time() - before) / turns


def _last_spoken(trace: Path) -> list[Any]:
    """The messages of the last spoken reply: a direct call shall carry what a turn's does."""
    entries = [json.loads(line) for line in trace.read_text(encoding="utf-8").splitlines()]
    found: list[Any] = [one for one in entries if one["task"] == "speak"][-1]["messages"]
    return found


async def _directly(client: openai.AsyncOpenAI, messages: list[Any]) -> None:
    await client.chat.completions.create(model="recorded", messages=messages)


async def _streamed(client: openai.AsyncOpenAI, messages: list[Any]) -> None:
    async for _ in await client.chat.completions.create(
        model="recorded", messages=messages, stream=True
    ):
        pass


async def _chained(model: ChatOpenAI, messages: list[Any]) -> None:
    async for _ in model.astream(messages):
        pass


async def _call_cpu(call: Callable[[], Awaitable[None]]) -> float:
    await call()
    before = time.process_time()
    for _ in range(_CALLS):
        await call()
    return (time.process_time() - before) / _CALLS


async def _many(url: str, number: int) -> tuple[float, int, float]:
    """Seconds, turns and kilobytes of so many interviews at once, whose turns are checked."""
    known = candidates()
    async with _room(url) as room:
        for candidate in known:
            await room.play(candidate, MemoryLog())
        before = _memory()
        began = time.perf_counter()
        log = MemoryLog()
        played = await asyncio.gather(
            *(room.play(known[at % len(known)], log) for at in range(number))
        )
        seconds = time.perf_counter() - began
        grown = _memory() - before
    for at, session in enumerate(played):
        said = tuple(t.text for t in session.state.turns if t.speaker is Party.candidate)
        if not said or said != known[at % len(known)].turns[: len(said)]:
            raise RuntimeError(f"the turns of interview {at} were mixed up")
    return seconds, sum(session.state.candidate_turns for session in played), grown


def _memory() -> float:
    """The most memory held so far, in kB."""
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    main()
