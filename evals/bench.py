"""Speed as ratios within one run (`python -m evals.bench`).

Machines differ and are noisy, ratios less so.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from agent.catalog import Catalog
from agent.cli.turns import script_turns
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import EventLog, Session
from agent.offline.engine import OfflineEngine
from agent.store.memory import MemoryLog
from agent.store.sql import SqlStore
from evals import bench_grading, bench_llm, bench_web
from evals.offline import SCRIPTS

_SCRIPT = SCRIPTS / "tuned_a" / "netflix_recs" / "excellent.yaml"
_REPEATS = 5


def main() -> None:
    """Print the ratios."""
    turns = script_turns(_SCRIPT)
    catalog = Catalog()
    engine = OfflineEngine(catalog.rubric(), catalog.scenario("netflix_recs"))
    with tempfile.TemporaryDirectory() as folder:
        store = SqlStore(str(Path(folder) / "bench.db"))
        played = _seconds(lambda: asyncio.run(_play(MemoryLog(), engine, turns)))
        stored = _seconds(lambda: asyncio.run(_play(store, engine, turns)))
        graded = _seconds(lambda: asyncio.run(_play(MemoryLog(), engine, turns, grade=True)))
        store.close()
    bare = _seconds(lambda: _run("-c", "pass"))
    shown = _seconds(lambda: _run("-m", "agent.cli.app", "--help"))
    words = sum(len(turn.split()) for turn in turns)
    print(f"A turn, {words / len(turns):.0f} words, offline, in memory: {_ms(played, turns)}")
    print(f"  the same with each event committed to SQLite: {stored / played:.1f} times that")
    print(f"  grading the interview, in turns: {(graded - played) / played * len(turns):.1f}")
    print(f"sevenstep --help: {shown / bare:.1f} times the start of Python ({bare * 1000:.0f} ms)")
    bench_llm.main()
    bench_grading.main()
    bench_web.main()


async def _play(
    log: EventLog, engine: OfflineEngine, turns: list[str], *, grade: bool = False
) -> None:
    session = await Session.start(log, engine, Options(), ScriptClock(), source="script")
    for turn in turns:
        if session.is_open:
            await session.answer(turn)
    await session.leave()
    if grade:
        await session.finish()


def _seconds(work: Callable[[], object]) -> float:
    """The median time of several runs, the first, which warms caches, left out."""
    times = []
    for _ in range(_REPEATS + 1):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def _ms(seconds: float, turns: list[str]) -> str:
    return f"{seconds / len(turns) * 1000:.1f} ms"


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


if __name__ == "__main__":
    main()
