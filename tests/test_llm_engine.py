"""The engine with a model: who speaks, who observes, and what a scorecard is told of it."""

import asyncio
from pathlib import Path
from typing import Any

import jinja2
import pytest

from agent.llm.chat import Limits
from agent.llm.engine import Connected, LlmEngine
from agent.llm.prompts import filled, prompts_hash
from agent.move import LastWord, Move
from agent.ports import EngineChoice, Grading, Listening, Observation
from tests.chat_in_memory import QUESTION, ChatInMemory, conversation, speaking
from tests.support import rubric, scenario

NOTE: dict[str, Any] = {"evidence": [], "intent": "answer"}
TALK = conversation("What first?", "A rule.")
HEARD = Listening(transcript=TALK, step="model", focus=None, curveball=None, seen=())
GRADES = {"grades": {"baseline": {"quotes": [], "reason": "None.", "level": 0}}}


def engine(speaker: ChatInMemory, observer: ChatInMemory | None = None, **given: Any) -> LlmEngine:
    choice = EngineChoice(model=speaker.name)
    models = Connected(speaker, observer or speaker, choice, Limits(attempts=1), priced=False)
    return LlmEngine(rubric(), scenario(), models, **given)


def observed(made: LlmEngine) -> Observation:
    return asyncio.run(made.observer.observe(HEARD))


def test_one_model_does_everything() -> None:
    chat = ChatInMemory(NOTE, QUESTION, GRADES)
    made = engine(chat)
    observed(made)

    async def say() -> str:
        given = speaking(Move(lead=LastWord(question=QUESTION)))
        return "".join([piece async for piece in made.speaker.say(given)])

    assert asyncio.run(say()) == QUESTION
    graded = asyncio.run(made.grader.grade(Grading(transcript=TALK, assessed=("baseline",))))
    assert [verdict.level for verdict in graded.verdicts] == [0]
    assert made.methods() == ("json_schema",)


def test_another_model_may_observe() -> None:
    speaker, observer = ChatInMemory(), ChatInMemory(NOTE)
    observer.name = "scripted:small"
    made = engine(speaker, observer)
    observed(made)
    assert made.name == "scripted:model (observer scripted:small)"
    assert (len(speaker.calls), len(observer.calls)) == (0, 1)
    assert made.methods() == ("json_schema",)


def test_before_any_call_no_method_was_used() -> None:
    assert engine(ChatInMemory()).methods() == ()


def test_what_was_spent_is_read_once() -> None:
    made = engine(ChatInMemory(NOTE))
    observed(made)
    assert [usage.calls for usage in made.spent().models] == [1]
    assert made.spent().models == ()


def test_a_scorecard_is_told_the_model_and_the_prompts() -> None:
    made = engine(ChatInMemory())
    assert "scripted:model" in made.note
    assert made.prompts == prompts_hash()


def test_all_calls_may_be_traced(tmp_path: Path) -> None:
    observed(engine(ChatInMemory(NOTE), trace=tmp_path / "trace.jsonl"))
    assert '"task": "observe"' in (tmp_path / "trace.jsonl").read_text()


def test_a_prompt_that_lacks_a_variable_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="conversation"):
        filled("grade_transcript", condensed=True, interview=True)
