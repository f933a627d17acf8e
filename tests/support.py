"""What several tests share: the catalog, engines, a store in memory, whole interviews."""

import asyncio
from collections.abc import Sequence
from functools import cache

from agent.answer_rubric import AnswerRubric
from agent.catalog import Catalog
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.offline.engine import OfflineEngine
from agent.record import InterviewRecord
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.store.memory import MemoryLog

SCENARIOS = tuple(Catalog().scenario_paths())


@cache
def rubric() -> Rubric:
    """The shipped rubric."""
    return Catalog().rubric()


@cache
def scenario(name: str = "netflix_recs") -> Scenario:
    """A shipped scenario."""
    return Catalog().scenario(name)


@cache
def engine(name: str = "netflix_recs") -> OfflineEngine:
    """The offline engine for a shipped scenario."""
    return OfflineEngine(rubric(), scenario(name))


async def interviewed(
    turns: Sequence[str], options: Options | None = None, name: str = "netflix_recs"
) -> InterviewRecord:
    """A whole scripted interview, graded."""
    session = await Session.start(
        MemoryLog(), engine(name), options or Options(), ScriptClock(), source="script"
    )
    left = list(turns)
    while left and session.is_open:
        await session.answer(left.pop(0))
    await session.leave()
    await session.finish()
    return session.record(len(left))


def interview(
    turns: Sequence[str], options: Options | None = None, name: str = "netflix_recs"
) -> InterviewRecord:
    """The same without an event loop."""
    return asyncio.run(interviewed(turns, options, name))


def written_rubric() -> AnswerRubric:
    """A small rubric for answers to a question."""
    return AnswerRubric.model_validate(
        {
            "id": "congestion",
            "title": "TCP congestion control",
            "question": "Name the two phases and explain how cwnd changes in each.",
            "reference": "In slow start cwnd doubles each round trip. "
            "In congestion avoidance it grows linearly.",
            "criteria": [
                {"id": "slow_start", "title": "Slow start", "points": 2},
                {
                    "id": "avoidance",
                    "title": "Congestion avoidance",
                    "levels": {0: "Not named.", 1: "Named.", 2: "Linear growth explained."},
                },
            ],
        }
    )
