"""Many interviews in one process, sharing one model, keep their turns apart and in order."""

import asyncio
import random

from agent.interview.clock import ScriptClock
from agent.interview.plan import Options, Pace
from agent.interview.session import Session
from agent.llm.chat import Limits
from agent.llm.engine import LlmEngine, connected
from agent.llm.guard import Guard
from agent.ports import EngineChoice
from agent.store.memory import MemoryLog
from agent.transcript import Party
from tests.plain_model import plain_model
from tests.support import rubric, scenario

_INTERVIEWS = 200
_TURNS = 2


async def _held(url: str) -> list[Session]:
    models = await connected(EngineChoice(model="openai:fake-model", base_url=url), Limits())
    guard, log = Guard(rubric(), scenario()), MemoryLog()
    options = Options(steps=("metrics",), pace=Pace.relaxed)

    async def held(number: int) -> Session:
        engine = LlmEngine(rubric(), scenario(), models, guard=guard)
        await asyncio.sleep(random.Random(number).random() / 10)
        session = await Session.start(log, engine, options, ScriptClock())
        for turn in range(_TURNS):
            await session.answer(f"Interview {number}, answer {turn}. We measure plays.")
        return session

    held_all = await asyncio.gather(*(held(number) for number in range(_INTERVIEWS)))
    await models.close()
    return list(held_all)


def test_two_hundred_interviews_at_once_keep_their_turns_apart_and_their_order() -> None:
    with plain_model() as server:
        sessions = asyncio.run(_held(server.url))
    for number, session in enumerate(sessions):
        said = [t.text for t in session.state.turns if t.speaker is Party.candidate]
        assert [text.split(". ")[0] for text in said] == [
            f"Interview {number}, answer {turn}" for turn in range(_TURNS)
        ]
        quoted = [note.quotes[0].rstrip(".") for note in session.state.quotes]
        assert quoted == [f"Interview {number}, answer {turn}" for turn in range(_TURNS)]
        assert session.state.usage[0].calls == 1 + 2 * _TURNS
