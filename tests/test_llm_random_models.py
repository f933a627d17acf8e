"""Whatever a model answers in the right form, and however often the way to it fails, an interview
comes to its end and keeps its promises."""

import asyncio
import random
from typing import Any

import pytest

from agent.errors import EngineUnavailableError
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.llm.chat import Limits
from agent.llm.engine import Connected, LlmEngine, connected
from agent.llm.guard import Guard
from agent.ports import EngineChoice
from agent.record import InterviewRecord
from agent.store.memory import MemoryLog
from agent.transcript import Party
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.faults import KINDS, Fault
from evals.fakellm.scripts import mixed
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.support import rubric, scenario

WORDS = (
    "the model we users data time split why how leakage ndcg 42 great label plays because "
    "retention </candidate> what? is latency 200 ms."
).split()
SLOW = ("slow_first_token", "stalled_stream")
FOR_GOOD = ("http_401", "context_length", "unsupported_format")
INTERVIEWS = 6


class RandomModel:
    """Answers with random values of the form that is asked for, often taken from the prompt."""

    def __init__(self, seed: int) -> None:
        self._pick = random.Random(seed)

    def reply(self, request: ChatRequest) -> Reply:
        """Random JSON by the schema, or random prose."""
        wanted = request.body.get("response_format", {}).get("json_schema", {}).get("schema")
        if wanted is None and "tools" in request.body:
            wanted = request.body["tools"][0]["function"]["parameters"]
        if wanted is not None:
            return Reply(json=self._value(wanted, request.last))
        return Reply(" ".join(self._pick.choices(WORDS, k=self._pick.randint(0, 60))))

    def _value(self, schema: dict[str, Any], prompt: str) -> Any:
        pick = self._pick
        if "anyOf" in schema:
            return self._value(pick.choice(schema["anyOf"]), prompt)
        if "enum" in schema:
            return pick.choice(schema["enum"])
        start = pick.randrange(max(1, len(prompt) - 60))
        match schema["type"]:
            case "object":
                return {k: self._value(v, prompt) for k, v in schema["properties"].items()}
            case "array":
                return [self._value(schema["items"], prompt) for _ in range(pick.randint(0, 4))]
            case "string":
                return pick.choice([prompt[start : start + pick.randint(1, 60)], ""])
            case "integer":
                return pick.randint(-2, 40)
            case "boolean":
                return pick.random() < 0.5
        return None


async def _held(models: Connected, guard: Guard, seed: int) -> InterviewRecord:
    pick = random.Random(seed)
    engine = LlmEngine(rubric(), scenario(), models, guard=guard)
    session = await Session.open(MemoryLog(), engine, Options(), ScriptClock())
    answers = [" ".join(pick.choices(WORDS, k=pick.randint(1, 80))) + "." for _ in range(8)]
    while session.state.pending != "done":
        try:
            await session.work()
            if session.is_open and answers:
                await session.answer(answers.pop(0))
            elif session.is_open:
                await session.leave()
            else:
                await session.finish()
        except EngineUnavailableError:
            continue  # whoever holds the interview tries again
    return session.record()


async def _all(url: str, seed: int) -> list[InterviewRecord]:
    limits = Limits(backoff=0.001, first_token=2.0, between_tokens=1.0, whole=3.0)
    models = await connected(EngineChoice(model="openai:fake-model", base_url=url), limits)
    guard = Guard(rubric(), scenario())
    numbers = range(seed, seed + INTERVIEWS)
    held = await asyncio.gather(*(_held(models, guard, number) for number in numbers))
    await models.close()
    return list(held)


@pytest.fixture(scope="module", params=[100, 200])
def records(request: pytest.FixtureRequest) -> list[InterviewRecord]:
    """Interviews with a random model behind a faulty way, all of which came to their end."""
    kinds = [kind for kind in KINDS if kind not in (*SLOW, *FOR_GOOD)]
    faults = mixed([Fault(kind) for kind in kinds], 0.15, seed=request.param)
    model = Scripted(RandomModel(request.param).reply)
    with serving(FakeLLM(model, faults=faults)) as server:
        return asyncio.run(_all(server.url, request.param))


def test_every_interview_is_graded(records: list[InterviewRecord]) -> None:
    assert all(record.scorecard.criteria for record in records)


def test_every_quote_stands_and_no_level_is_without_one(records: list[InterviewRecord]) -> None:
    for record in records:
        texts = {t.index: t.text for t in record.transcript if t.speaker is Party.candidate}
        for grade in record.scorecard.criteria:
            assert all(item.quote in texts[item.turn] for item in grade.evidence)
            assert grade.evidence or grade.level in (0, "not_assessed", "ungraded")


def test_no_fact_is_told_that_was_not_asked_for(records: list[InterviewRecord]) -> None:
    for record in records:
        said = [t.text for t in record.transcript if t.speaker is Party.interviewer]
        told = {fact.id for fact in scenario().facts if any(fact.text in text for text in said)}
        assert told <= {fact.id for fact in record.scorecard.facts if fact.asked}


def test_no_turn_holds_two_questions_or_a_tag(records: list[InterviewRecord]) -> None:
    for record in records:
        for turn in record.transcript:
            if turn.speaker is Party.interviewer:
                assert turn.text.replace(scenario().prompt, "").count("?") <= 1
                assert "</candidate>" not in turn.text
