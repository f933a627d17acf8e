"""A model is asked until there is an answer, or it is clear that there is none."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from agent.errors import EngineError, EngineUnavailableError, FileError
from agent.llm.caller import Caller
from agent.llm.chat import Completion, Finish, Limits, Messages, Method, Piece, Traits
from agent.llm.faults import Kind, ModelError
from agent.llm.meter import Meter
from agent.llm.trace import Trace
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import first
from evals.fakellm.server import FakeLLM
from tests.transport_support import (
    ASKED,
    JSON,
    SHAPE,
    TOKENS,
    WORDS,
    Answer,
    ScriptedChat,
    chat_and_server,
    saying,
)

PROSE = "The candidate gave an answer."
CUT = Completion('{"intent": ', Finish.length, TOKENS)
BUSY = ModelError(Kind.rate_limit, "HTTP 429: slow down")
DOWN = ModelError(Kind.connection, "the connection failed")
TOO_LONG = ModelError(Kind.context, "HTTP 400: too long")
NOT_SO = ModelError(Kind.unsupported, "HTTP 400: no response_format here")
FILTERED = ModelError(Kind.filtered, "HTTP 400: content_filter")


class Bench:
    """A caller of a scripted model, with a clock that does not run and no chance."""

    def __init__(
        self,
        *answers: Answer | Sequence[str | Piece | ModelError],
        traits: Traits | None = None,
        trace: Trace | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.chat = ScriptedChat(list(answers))
        if traits is not None:
            self.chat.traits = traits
        self.meter = Meter()
        self.slept: list[float] = []
        self.budgets: list[int] = []
        self.caller = Caller(
            self.chat,
            limits or Limits(backoff=0.5, longest_wait=20),
            self.meter,
            trace=trace,
            sleep=self.sleep,
            chance=lambda: 0.5,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def prompt(self, budget: int) -> Messages:
        self.budgets.append(budget)
        return ASKED

    async def ask(self, max_tokens: int = 1_000) -> str:
        return await self.caller.structured(
            "observe", self.prompt, SHAPE, read, max_tokens=max_tokens
        )

    def asked(self, max_tokens: int = 1_000) -> str:
        """The answer that is had."""
        return asyncio.run(self.ask(max_tokens))

    def said(self) -> str:
        """The text that is had."""

        async def heard() -> str:
            text = self.caller.text("speak", self.prompt, max_tokens=1_000)
            return "".join([piece async for piece in text])

        return asyncio.run(heard())


def read(raw: dict[str, Any], last: bool) -> str:
    """What a caller's user makes of an object."""
    if raw.get("intent") not in ("answer", "ask_hint"):
        raise ValueError(f"intent {raw.get('intent')!r} is not one of answer, ask_hint")
    return f"{raw['intent']}, mended" if last else str(raw["intent"])


def test_a_good_answer_is_had_at_once() -> None:
    bench = Bench(JSON)
    assert bench.asked() == "answer"
    assert bench.chat.asked == [ASKED]
    assert bench.caller.method is Method.json_schema


# Reaching the model.


def test_passing_faults_are_waited_out_ever_longer() -> None:
    bench = Bench(BUSY, DOWN, ModelError(Kind.server, "HTTP 500"), JSON)
    assert bench.asked() == "answer"
    assert bench.slept == [0.5, 1.0, 2.0]


def test_as_long_as_the_server_says_is_waited() -> None:
    bench = Bench(ModelError(Kind.rate_limit, "HTTP 429", retry_after=7), JSON)
    bench.asked()
    assert bench.slept == [7.125]


def test_a_wait_that_is_too_long_is_not_waited() -> None:
    bench = Bench(ModelError(Kind.rate_limit, "HTTP 429", retry_after=60))
    with pytest.raises(EngineUnavailableError, match="wait a little, or choose another model"):
        bench.asked()
    assert bench.slept == []


def test_a_model_that_cannot_be_reached_is_given_up_with_a_remedy() -> None:
    bench = Bench(*[DOWN] * 4)
    with pytest.raises(EngineUnavailableError, match="openai:scripted: the connection failed; che"):
        bench.asked()
    assert len(bench.slept) == 3


@pytest.mark.parametrize("kind", [Kind.key, Kind.quota, Kind.model, Kind.request])
def test_what_does_not_pass_is_not_tried_again(kind: Kind) -> None:
    bench = Bench(ModelError(kind, "HTTP 4xx"))
    with pytest.raises(EngineUnavailableError, match=r"HTTP 4xx; \w+"):
        bench.asked()
    assert bench.slept == []


def test_a_text_is_tried_again_as_long_as_nothing_was_said() -> None:
    bench = Bench(BUSY, ["Hello ", "there."])
    assert bench.said() == "Hello there."
    assert bench.slept == [0.5]


def test_a_real_server_that_is_busy_is_asked_again() -> None:
    async def called() -> str:
        busy = first(2, Fault("http_429", retry_after=0.01))
        async with chat_and_server(FakeLLM(saying(), faults=busy)) as chat:
            text = Caller(chat, Limits(backoff=0.01), Meter()).text(
                "speak", lambda _: ASKED, max_tokens=100
            )
            return "".join([piece async for piece in text])

    assert asyncio.run(called()) == WORDS


# Forms of structured answers.


def test_a_form_that_is_refused_gives_way_to_the_next_for_good() -> None:
    bench = Bench(NOT_SO, NOT_SO, JSON, JSON)
    bench.asked()
    bench.asked()
    assert bench.chat.methods == [*list(Method)[:3], Method.json_mode]
    assert bench.caller.method is Method.json_mode
    assert bench.slept == []


def test_the_schema_stands_in_the_prompt_where_nothing_else_holds_to_it() -> None:
    bench = Bench(NOT_SO, NOT_SO, JSON)
    bench.asked()
    tool_call, json_mode = bench.chat.asked[1:]
    assert "ask_hint" not in tool_call[-1].text
    assert "ask_hint" in json_mode[-1].text


def test_a_model_without_any_form_left_cannot_be_used() -> None:
    bench = Bench(NOT_SO, traits=Traits(methods=(Method.json_schema,)))
    with pytest.raises(EngineUnavailableError, match="choose another model"):
        bench.asked()


def test_a_form_that_is_not_heeded_twice_gives_way_to_the_next() -> None:
    bench = Bench(PROSE, PROSE, JSON)
    bench.asked()
    assert bench.chat.methods == [Method.json_schema, Method.json_schema, Method.tool_call]
    assert bench.caller.method is Method.tool_call


def test_a_form_that_was_not_heeded_once_stays() -> None:
    bench = Bench(PROSE, JSON)
    bench.asked()
    assert set(bench.chat.methods) == {Method.json_schema}


def test_json_of_another_form_twice_means_that_the_form_is_not_heeded() -> None:
    bench = Bench('{"intent": "banana"}', '{"mood": "good"}', JSON)
    bench.asked()
    assert bench.caller.method is Method.tool_call


def test_a_form_that_has_worked_is_kept() -> None:
    bench = Bench(JSON, PROSE, PROSE, JSON)
    bench.asked()
    bench.asked()
    assert set(bench.chat.methods) == {Method.json_schema}


def test_calls_at_the_same_time_give_a_form_up_together() -> None:
    bench = Bench(NOT_SO, NOT_SO, NOT_SO, JSON, JSON, JSON)

    async def three() -> list[str]:
        return await asyncio.gather(*(bench.ask() for _ in range(3)))

    assert asyncio.run(three()) == ["answer"] * 3
    assert bench.caller.method in (Method.tool_call, Method.prompted, Method.json_mode)


# The context.


def test_a_prompt_that_is_too_long_is_made_shorter() -> None:
    bench = Bench(TOO_LONG, TOO_LONG, JSON)
    bench.asked()
    assert bench.budgets == [15_000, 7_000, 3_000]
    assert bench.slept == []


def test_a_text_whose_prompt_is_too_long_is_asked_for_with_less() -> None:
    bench = Bench(TOO_LONG, "Hello.")
    assert bench.said() == "Hello."
    assert bench.budgets == [15_000, 7_000]


def test_making_the_prompt_shorter_takes_no_try_away() -> None:
    bench = Bench(TOO_LONG, TOO_LONG, BUSY, BUSY, BUSY, JSON)
    assert bench.asked() == "answer"
    assert bench.slept == [0.5, 1.0, 2.0]


def test_a_context_that_is_too_short_for_anything_is_given_up() -> None:
    bench = Bench(*[TOO_LONG] * 4)
    with pytest.raises(EngineUnavailableError, match="choose a model with a longer context"):
        bench.asked()
    assert bench.budgets == [15_000, 7_000, 3_000, 1_000]


class Meeting(ScriptedChat):
    """A model whose first calls are all under way before one of them is answered."""

    async def complete(self, *args: Any, **kwargs: Any) -> Completion:
        await asyncio.sleep(0)
        return await super().complete(*args, **kwargs)


def test_calls_at_the_same_time_shorten_the_context_once() -> None:
    bench = Bench()
    meeting = Meeting([*[TOO_LONG] * 3, *[JSON] * 3])
    bench.caller = Caller(meeting, Limits(), bench.meter)

    async def three() -> None:
        await asyncio.gather(*(bench.ask() for _ in range(3)))

    asyncio.run(three())
    assert bench.budgets == [15_000] * 3 + [7_000] * 3


# Answers that cannot be used.


def test_what_was_wrong_is_said_when_asking_again() -> None:
    bench = Bench('{"intent": "banana"}', JSON)
    assert bench.asked() == "answer"
    assert bench.chat.asked[1][:-1] == ASKED[:-1]
    assert "'banana' is not one of answer, ask_hint" in bench.chat.asked[1][-1].text


def test_the_last_answer_may_be_mended() -> None:
    assert Bench(PROSE, PROSE, "{'intent': 'answer'").asked() == "answer, mended"


def test_after_three_bad_answers_there_is_none() -> None:
    bench = Bench(*['{"intent": "banana"}'] * 3)
    with pytest.raises(EngineError, match=r"no usable answer in 3: intent 'banana'") as seen:
        bench.asked()
    assert not isinstance(seen.value, EngineUnavailableError)
    assert bench.caller.method is None


def test_an_answer_that_is_cut_off_gets_twice_the_room() -> None:
    bench = Bench(CUT, CUT, JSON)
    bench.asked()
    assert bench.chat.max_tokens == [1_000, 2_000, 4_000]


def test_an_answer_gets_at_most_half_of_the_context() -> None:
    bench = Bench(CUT, CUT, JSON)
    bench.asked(max_tokens=5_000)
    assert bench.chat.max_tokens == [5_000, 8_000, 8_000]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Completion("No.", Finish.refusal), "the model refused to answer"),
        (Completion(JSON, Finish.content_filter), "content filter cut the answer off"),
        (FILTERED, "content filter cut the answer off"),
        (" \n", "it is empty"),
        (CUT, "it was cut off before its end"),
    ],
)
def test_a_model_that_answers_with_nothing_can_be_reached_all_the_same(
    answer: Answer, reason: str
) -> None:
    bench = Bench(*[answer] * 3)
    with pytest.raises(EngineError, match=reason) as seen:
        bench.asked()
    assert not isinstance(seen.value, EngineUnavailableError)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (["Hello ", DOWN], r"the answer broke off \(the connection failed\)"),
        ([Piece(finish=Finish.refusal)], "the model refused to answer"),
        (["Hello ", Piece(finish=Finish.content_filter)], "content filter"),
        ([FILTERED], "content filter"),
        ([" ", Piece(finish=Finish.stop)], "the answer is empty"),
        (["Hello ", Piece(finish=Finish.length)], "cut off before its end"),
    ],
)
def test_a_text_that_fails_is_an_error_of_its_own(
    answer: Sequence[str | Piece | ModelError], reason: str
) -> None:
    with pytest.raises(EngineError, match=reason) as seen:
        Bench(answer).said()
    assert not isinstance(seen.value, EngineUnavailableError)


def test_who_has_heard_enough_of_a_text_ends_the_call() -> None:
    bench = Bench(["Hello ", "there."])

    async def heard() -> int:
        text = bench.caller.text("speak", bench.prompt, max_tokens=10)
        async with aclosing(text):
            await anext(text)
        return bench.chat.closed

    assert asyncio.run(heard()) == 1
    assert bench.meter.read().models[0].calls == 1


# What it took.


def test_answers_that_could_not_be_used_are_counted_too() -> None:
    bench = Bench(PROSE, BUSY, PROSE, JSON)
    bench.asked()
    [spent] = bench.meter.read().models
    assert (spent.calls, spent.input_tokens, spent.cached_tokens) == (3, 3 * 2048, 3 * 1024)
    assert not spent.estimated


@pytest.mark.parametrize(("answer", "calls"), [(["Hello ", DOWN], 1), ([FILTERED], 0)])
def test_a_text_that_broke_off_is_counted_and_one_that_never_began_is_not(
    answer: Sequence[str | ModelError], calls: int
) -> None:
    bench = Bench(answer)
    with pytest.raises(EngineError):
        bench.said()
    assert sum(model.calls for model in bench.meter.read().models) == calls


def test_tokens_are_counted_here_if_the_server_tells_none() -> None:
    bench = Bench(["Hello ", "there."])
    bench.said()
    [spent] = bench.meter.read().models
    assert spent.estimated
    assert 0 < spent.output_tokens < spent.input_tokens < 12


def test_tokens_of_a_text_are_those_that_the_server_tells() -> None:
    bench = Bench(["Hello.", Piece(finish=Finish.stop), Piece(tokens=TOKENS)])
    bench.said()
    [spent] = bench.meter.read().models
    assert (spent.input_tokens, spent.output_tokens, spent.estimated) == (2048, 3, False)


def test_a_trace_has_a_line_for_each_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", 'sk-"quoted"')
    path = tmp_path / "trace.jsonl"
    bench = Bench(
        ModelError(Kind.server, "HTTP 500: oops"),
        Completion('{"intent": "sk-"quoted""}'),
        JSON,
        "Hello.",
        trace=Trace(path),
    )
    bench.asked()
    bench.said()
    failed, bad, good, text = [json.loads(line) for line in path.read_text().splitlines()]
    assert (failed["fault"], failed["reply"]) == ("server: HTTP 500: oops", "")
    assert bad["reply"] == '{"intent": "[key removed]"}'
    assert good["tokens"] == {"input": 2048, "cached": 1024, "output": 3}
    assert good["messages"][0] == {"role": "system", "content": "You are terse."}
    assert (text["task"], text["model"], text["reply"]) == ("speak", "openai:scripted", "Hello.")


def test_a_trace_that_cannot_be_written_is_the_users_to_mend(tmp_path: Path) -> None:
    bench = Bench(JSON, trace=Trace(tmp_path / "none" / "trace.jsonl"))
    with pytest.raises(FileError, match=r"trace\.jsonl: the trace cannot be written"):
        bench.asked()


def test_a_prompt_with_half_a_character_is_traced(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    Trace(path).write({"messages": ["\ud83d"]})
    assert json.loads(path.read_text())["messages"] == ["?"]
