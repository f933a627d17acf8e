"""Models behind LangChain, with its OpenAI package against a real server on loopback."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from agent.llm.chat import (
    Completion,
    Finish,
    Limits,
    Message,
    Method,
    Piece,
    Shape,
    Tokens,
    Traits,
)
from agent.llm.faults import Kind, ModelError
from agent.llm.langchain_chat import LangChainChat
from evals.fakellm import faults
from evals.fakellm.chat import ChatRequest, Mode
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import always, never
from evals.fakellm.server import FakeLLM, Replies
from tests.transport_support import ASKED, JSON, SHAPE, TOKENS, VALUE, WORDS, giving, saying

MODES: dict[Method, Mode] = {
    Method.json_schema: "json_schema",
    Method.tool_call: "tool",
    Method.json_mode: "json_object",
    Method.prompted: "none",
}
REFUSED: dict[faults.Kind, Kind] = {
    "http_429": Kind.rate_limit,
    "http_503": Kind.server,
    "http_401": Kind.key,
    "context_length": Kind.context,
    "reset_before": Kind.connection,
    "reset_mid_stream": Kind.connection,
}
ENDED: dict[faults.Kind, Finish] = {
    "refusal": Finish.refusal,
    "content_filter": Finish.content_filter,
    "length": Finish.length,
    "empty_content": Finish.stop,
}


def chat_of(model: BaseChatModel, limits: Limits | None = None) -> LangChainChat:
    return LangChainChat("fake:m", model, traits=Traits(), limits=limits or Limits())


async def worded(chat: LangChainChat) -> Completion:
    return await chat.complete(ASKED, shape=None, method=Method.prompted, max_tokens=100)


async def shaped(
    chat: LangChainChat, method: Method = Method.json_schema, shape: Shape = SHAPE
) -> Completion:
    return await chat.complete(ASKED, shape=shape, method=method, max_tokens=100)


async def streamed(chat: LangChainChat) -> list[Piece]:
    return [piece async for piece in chat.stream(ASKED, max_tokens=100)]


def once(
    call: Callable[[LangChainChat], Any],
    replies: Replies,
    fault: Fault | None = None,
    limits: Limits | None = None,
) -> tuple[Any, list[ChatRequest]]:
    """What comes of calls of a server of their own, and what it was asked."""

    async def called() -> Any:
        async with server:
            model = ChatOpenAI(
                model="m",
                base_url=server.url,
                api_key=SecretStr("sk-test"),
                max_retries=0,
                stream_usage=True,
            )
            return await call(chat_of(model, limits))

    server = FakeLLM(replies, faults=always(fault) if fault else never, keep_requests=True)
    return asyncio.run(called()), server.requests


def test_a_text_comes_with_its_tokens_and_the_prompt_keeps_its_roles() -> None:
    answer, [request] = once(worded, saying())
    assert answer == Completion(WORDS, Finish.stop, TOKENS)
    assert request.messages == (("system", "You are terse."), ("user", "Begin."))


@pytest.mark.parametrize("method", Method)
def test_a_structured_answer_is_asked_for_in_its_way(method: Method) -> None:
    answer, [request] = once(lambda chat: shaped(chat, method), giving())
    assert answer == Completion(JSON, Finish.stop, TOKENS)
    assert request.mode == MODES[method]


@pytest.mark.parametrize("method", [Method.json_schema, Method.tool_call])
def test_another_schema_of_the_same_name_is_another_schema(method: Method) -> None:
    other = Shape("note", {**SHAPE.schema, "properties": {"mood": {"type": "string"}}})

    async def both(chat: LangChainChat) -> None:
        await shaped(chat, method)
        await shaped(chat, method, other)

    _, [first, second] = once(both, giving())
    assert "mood" not in str(first.body)
    assert "mood" in str(second.body)


def test_a_stream_comes_in_pieces_with_its_end_and_its_tokens() -> None:
    pieces, _ = once(streamed, saying())
    assert "".join(piece.text for piece in pieces) == WORDS
    assert [piece.finish for piece in pieces if piece.finish] == [Finish.stop]
    assert [piece.tokens for piece in pieces if piece.tokens] == [TOKENS]


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("call", [worded, shaped, streamed])
def test_a_fault_has_its_kind(kind: faults.Kind, call: Callable[[LangChainChat], Any]) -> None:
    with pytest.raises(ModelError) as seen:
        once(call, giving() if call is shaped else saying(), Fault(kind))
    assert seen.value.kind is REFUSED[kind]


@pytest.mark.parametrize("method", [m for m in Method if m is not Method.prompted])
@pytest.mark.filterwarnings("ignore:This model does not support OpenAI's structured output")
def test_a_form_of_answer_that_the_server_has_not_is_unsupported(method: Method) -> None:
    with pytest.raises(ModelError) as seen:
        once(lambda chat: shaped(chat, method), giving(), Fault("unsupported_format"))
    assert seen.value.kind is Kind.unsupported


def test_a_server_may_say_how_long_to_wait() -> None:
    with pytest.raises(ModelError) as seen:
        once(worded, saying(), Fault("http_429", retry_after=7))
    assert seen.value.retry_after == 7


@pytest.mark.parametrize("kind", ENDED)
@pytest.mark.parametrize("method", Method)
def test_an_answer_says_how_it_ended(kind: faults.Kind, method: Method) -> None:
    answer, _ = once(lambda chat: shaped(chat, method), giving(), Fault(kind))
    assert answer.finish is ENDED[kind]


@pytest.mark.parametrize("kind", ["content_filter", "length"])
def test_a_stream_says_how_it_ended(kind: faults.Kind) -> None:
    pieces, _ = once(streamed, saying(), Fault(kind))
    assert [piece.finish for piece in pieces if piece.finish] == [ENDED[kind]]


@pytest.mark.parametrize("method", Method)
def test_an_answer_that_is_cut_off_is_given_as_it_is(method: Method) -> None:
    answer, _ = once(lambda chat: shaped(chat, method), giving(), Fault("truncated_json"))
    assert answer.text == JSON[: len(JSON) * 2 // 3]


@pytest.mark.parametrize("kind", ["slow_first_token", "stalled_stream"])
@pytest.mark.parametrize("call", [worded, streamed])
def test_silence_is_not_waited_out(kind: faults.Kind, call: Callable[[LangChainChat], Any]) -> None:
    brief = Limits(first_token=0.2, between_tokens=0.1, whole=0.2)
    with pytest.raises(ModelError) as seen:
        once(call, saying(), Fault(kind, seconds=30), brief)
    assert seen.value.kind is Kind.timeout


class InParts(GenericFakeChatModel):
    """A model that tells the tokens of its prompt first and those of its answer last."""

    def _stream(self, *args: Any, **kwargs: Any) -> Any:
        for text, read, written in (("", 9, 0), ("Hi.", 0, 0), ("", 0, 2)):
            chunk = AIMessageChunk(
                content=text,
                usage_metadata={
                    "input_tokens": read,
                    "output_tokens": written,
                    "total_tokens": read + written,
                },
            )
            yield ChatGenerationChunk(message=chunk)


def test_tokens_that_are_told_in_parts_are_added() -> None:
    pieces = asyncio.run(streamed(chat_of(InParts(messages=iter(())))))
    assert [piece.tokens for piece in pieces if piece.tokens][-1] == Tokens(9, 0, 2)


def test_a_way_that_the_model_has_not_in_langchain_is_unsupported() -> None:
    chat = chat_of(GenericFakeChatModel(messages=iter([AIMessage(str(VALUE))])))
    with pytest.raises(ModelError) as seen:
        asyncio.run(shaped(chat))
    assert seen.value.kind is Kind.unsupported


@pytest.mark.parametrize(
    ("metadata", "finish"),
    [
        ({"stop_reason": "max_tokens"}, Finish.length),
        ({"stop_reason": "end_turn"}, Finish.stop),
        ({"stop_reason": "refusal"}, Finish.refusal),
        ({"finish_reason": "SAFETY"}, Finish.content_filter),
        ({"finish_reason": "MAX_TOKENS"}, Finish.length),
        ({"done_reason": "length"}, Finish.length),
        ({}, Finish.stop),
    ],
)
def test_each_provider_says_in_its_own_words_why_the_model_stopped(
    metadata: dict[str, str], finish: Finish
) -> None:
    message = AIMessage("Hi.", response_metadata=metadata)
    chat = chat_of(GenericFakeChatModel(messages=iter([message])))
    assert asyncio.run(worded(chat)) == Completion("Hi.", finish)


@pytest.mark.parametrize(("name", "marks"), [("anthropic:m", 1), ("mistralai:m", 0)])
def test_where_the_shared_part_ends_is_marked_for_anthropics_cache(name: str, marks: int) -> None:
    given: list[Any] = []

    class Listening(GenericFakeChatModel):
        def _generate(self, messages: list[Any], *args: Any, **more: Any) -> Any:
            given.extend(messages)
            return super()._generate(messages, *args, **more)

    model = Listening(messages=iter([AIMessage("Yes.")]))
    chat = LangChainChat(name, model, traits=Traits(), limits=Limits())
    asked = (Message("system", "Rules."), Message("user", "The answer. Grade it.", shared=12))
    asyncio.run(chat.complete(asked, shape=None, method=Method.prompted, max_tokens=9))
    content = given[-1].content
    parts = content if isinstance(content, list) else [{"text": content}]
    assert "".join(part["text"] for part in parts) == "The answer. Grade it."
    assert sum("cache_control" in part for part in parts) == marks


@pytest.mark.parametrize(("shape", "replies"), [(None, saying()), (SHAPE, giving())])
def test_a_seed_is_sent_where_the_provider_takes_one(shape: Shape | None, replies: Replies) -> None:
    async def asked(chat: LangChainChat) -> None:
        for seed in (7, 8, None):
            await chat.complete(
                ASKED, shape=shape, method=Method.json_schema, max_tokens=9, seed=seed
            )

    _, requests = once(asked, replies)
    assert [request.body.get("seed") for request in requests] == [7, 8, None]


def test_a_model_that_takes_no_seed_is_not_asked_with_one() -> None:
    chat = chat_of(GenericFakeChatModel(messages=iter([AIMessage("Hi.")])))
    with pytest.raises(ModelError, match="takes no seed"):
        asyncio.run(chat.complete(ASKED, shape=None, method=Method.prompted, max_tokens=9, seed=1))
