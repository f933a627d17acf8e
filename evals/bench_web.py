"""What a turn costs in the browser's room when fifty are interviewed at once (`make bench`).

Three kinds of processes, as in life: the recorded model, `sevenstep serve` with SQLite on disk,
and here the clients, each with a page and a socket of its own. A turn lasts from sending an
answer until the room shows the whole reply and takes the next answer; what is left without the
model's latency is its own time. How often the model was called stands in the interview's
events. The milliseconds in which the recorded server finds its replies, and the clients' own
work on the same cores, are not taken off.
"""

import asyncio
import contextlib
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import aiohttp

from agent.interview.events import Event
from agent.store.sql import SqlStore
from evals.bench_llm import LATENCY, recorded_server
from evals.recorded import Candidate, candidates
from evals.web_tab import PageError, Tab, elements_of
from evals.web_visitor import Said, Visitor, conversation

AT_ONCE = 50
BOUND = 0.150
"""Seconds; the 95th percentile of a turn's own time is to stay below."""
_CANDIDATE = "netflix_strong"
_THINKING = (5.0, 15.0)
"""Seconds before each answer: a person takes a minute."""
_BEGUN_WITHIN = 15.0
"""Seconds in which all begin."""
_SEED = 7
_COMMAND = (sys.executable, "-m", "agent.cli.app", "serve", "--port", "0")
_STARTS = "sevenstep is at "


@dataclass
class Played:
    """An interview as its candidate saw it: seconds a turn, the conversation, what went wrong.

    `shown` stood in the tab at the end, `again` in the room's page when it was loaded anew.
    """

    interview: str = ""
    seconds: list[float] = field(default_factory=list)
    shown: Said = field(default_factory=list)
    again: Said = field(default_factory=list)
    fault: str = ""


@dataclass(frozen=True)
class Used:
    """What a process has taken so far: CPU seconds, and the memory that it holds in kB."""

    cpu: float
    memory: float


def main() -> None:
    """Print the figures."""
    (candidate,) = candidates([_CANDIDATE])
    with tempfile.TemporaryDirectory() as folder:
        with recorded_server(LATENCY) as model, site_with(model, Path(folder)) as (url, process):
            (alone,) = asyncio.run(interviews(url, candidate, 1))
            before, began = _used(process), time.perf_counter()
            many = asyncio.run(interviews(url, candidate, AT_ONCE, _THINKING, _BEGUN_WITHIN))
            seconds, after = time.perf_counter() - began, _used(process)
            asyncio.run(read_again(url, many))
        calls = asyncio.run(calls_in(database_in(Path(folder))))
    own = [one for played in many for one in _own(played, calls)]
    print(
        f"{AT_ONCE} people interviewed at once in the browser's room, {LATENCY} s a call, "
        f"{_THINKING[0]:.0f} to {_THINKING[1]:.0f} s for an answer, begun within "
        f"{_BEGUN_WITHIN:.0f} s: {len(own)} turns, {len(own) / seconds:.1f} a second"
    )
    print(f"  a turn's own time: {_told(own)}; the 95th is to stay below {BOUND * 1000:.0f} ms")
    print(f"  the same of one interview alone: {_told(_own(alone, calls))}")
    print(f"  turns that failed, were lost or doubled: {sum(wrong(candidate, m) for m in many)}")
    if before and after:
        print(
            f"  the server took {(after.cpu - before.cpu) / seconds:.0%} of a core and "
            f"{(after.memory - before.memory) / AT_ONCE:.0f} kB more memory an interview"
        )
    for fault in sorted({one.fault for one in (alone, *many) if one.fault}):
        print(f"  {fault}")


@contextlib.contextmanager
def site_with(model: str, folder: Path) -> Iterator[tuple[str, int]]:
    """`sevenstep serve` with the model at this base URL; its address and its process's id."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SEVENSTEP_")}
    options = ("--model", "openai:recorded", "--base-url", model, "--db", str(database_in(folder)))
    process = subprocess.Popen(
        [*_COMMAND, *options],
        env={**own, "XDG_DATA_HOME": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line.startswith(_STARTS):
            raise RuntimeError(f"the site did not start: {line!r}")
        yield line.removeprefix(_STARTS).split()[0], process.pid
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def database_in(folder: Path) -> Path:
    """Where `site_with` keeps the interviews."""
    return folder / "bench.db"


async def interviews(
    url: str,
    candidate: Candidate,
    number: int,
    thinking: tuple[float, float] = (0.0, 0.0),
    starts: float = 0.0,
) -> list[Played]:
    """So many interviews at once, each by a client of its own at the site at `url`.

    `thinking` is the least and the most of the seconds before each answer; they begin at any
    time in the first `starts` seconds.
    """
    # A page over a connection that the server just gave up would fail; a browser asks again.
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as http:
        every = (
            _interview(Tab(url, http), candidate, thinking, starts, random.Random(_SEED + at))
            for at in range(number)
        )
        return await asyncio.gather(*every)


async def _interview(
    tab: Tab,
    candidate: Candidate,
    thinking: tuple[float, float],
    starts: float,
    dice: random.Random,
) -> Played:
    played = Played()
    try:
        async with tab:
            await asyncio.sleep(dice.uniform(0, starts))
            visitor = Visitor(tab)
            played.interview = await visitor.begin(candidate.scenario)
            for turn in candidate.turns:
                if visitor.is_over:
                    break
                await asyncio.sleep(dice.uniform(*thinking))
                began = time.perf_counter()
                await visitor.say(turn)
                played.seconds.append(time.perf_counter() - began)
            played.shown = visitor.conversation()
            if visitor.is_over:
                await visitor.read_report()
    except (PageError, aiohttp.ClientError) as error:
        played.fault = str(error)
    return played


async def read_again(url: str, all_played: Sequence[Played]) -> None:
    """Note what the rooms of these interviews show to someone who opens them now."""
    async with aiohttp.ClientSession() as http:
        for played in all_played:
            if played.interview:
                page = await Tab(url, http).get(f"/room/{played.interview}")
                played.again = conversation(elements_of(page))


def wrong(candidate: Candidate, played: Played) -> int:
    """How many turns do not stand there once, in their place, with a reply."""
    sent = len(candidate.turns) if played.fault else len(played.seconds)
    script = [("candidate", " ".join(turn.split())) for turn in candidate.turns[:sent]]
    return max(_differing(script, played.shown), _differing(script, played.again))


def _differing(script: Said, shown: Said) -> int:
    # The first of what is shown is the opening; then come pairs of an answer and a reply.
    pairs = zip_longest(script, shown[1::2], shown[2::2])
    return sum(
        said != sent or reply is None or reply[0] != "interviewer" for sent, said, reply in pairs
    )


async def calls_in(database: Path) -> dict[str, list[int]]:
    """How often the model was called in each turn of each interview in this store."""
    store = SqlStore(str(database))
    try:
        begun = [started.interview for started, _ in await store.interviews()]
        return {one: calls_of(await store.events(one)) for one in begun}
    finally:
        store.close()


def calls_of(events: Iterable[Event]) -> list[int]:
    """How often the model was called in each turn; raises RuntimeError if one was not read."""
    calls: list[int] = []
    for event in events:
        if event.type == "candidate_said":
            calls.append(0)
        elif event.type in ("observed", "interviewer_said") and calls:
            calls[-1] += sum(usage.calls for usage in event.spent.models)
        if event.type == "observed" and event.error:
            raise RuntimeError(f"the recorded model did not serve turn {len(calls)}: {event.error}")
    return calls


def _own(played: Played, calls: Mapping[str, Sequence[int]]) -> list[float]:
    """Seconds of each turn without those that the model took."""
    called = calls.get(played.interview, ())
    return [
        seconds - LATENCY * number for seconds, number in zip(played.seconds, called, strict=False)
    ]


def _told(own: Sequence[float]) -> str:
    if len(own) < 2:
        return "too few turns to tell"
    *_, most = statistics.quantiles(own, n=20, method="inclusive")
    ms = [round(1000 * one) for one in (statistics.median(own), most, max(own))]
    return f"median {ms[0]} ms, 95th percentile {ms[1]} ms, worst {ms[2]} ms"


def _used(process: int) -> Used | None:
    """What the process has taken so far; None where there is no /proc to tell."""
    folder = Path("/proc") / str(process)
    if not folder.exists():
        return None
    # The name in parentheses may hold blanks; utime and stime are fields 14 and 15 of all.
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    memory = re.search(r"^VmRSS:\s+(\d+) kB", (folder / "status").read_text(), re.MULTILINE)
    assert memory is not None
    ticks = int(fields[11]) + int(fields[12])
    return Used(ticks / os.sysconf("SC_CLK_TCK"), float(memory[1]))


if __name__ == "__main__":
    main()
