"""OpenAI's protocol against a real server on loopback: answers, streams, faults, connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from agent.llm.chat import Completion, Finish, Limits, Method, Piece
from agent.llm.dialect import Dialect
from agent.llm.faults import Kind, ModelError
from agent.llm.openai_chat import OpenAIChat
from agent.llm.patience import closing
from evals.fakellm import faults
from evals.fakellm.chat import ChatRequest, Mode, Reply
from evals.fakellm.errors import ChatError
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import always
from evals.fakellm.server import FakeLLM, Replies, Scripted
from tests.transport_support import (
    ASKED,
    JSON,
    SHAPE,
    TOKENS,
    VALUE,
    WORDS,
    answering,
    chat_and_server,
    giving,
    openai_chat,
    saying,
)

MODES: dict[Method, Mode] = {
    Method.json_schema: "json_schema",
    Method.tool_call: "tool",
    Method.json_mode: "json_object",
    Method.prompted: "none",
}
REFUSED: dict[faults.Kind, Kind] = {
    "http_429": Kind.rate_limit,
    "http_500": Kind.server,
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
BRIEF = Limits(first_token=0.1, between_tokens=0.1, whole=0.1)


async def worded(chat: OpenAIChat) -> Completion:
    return await chat.complete(ASKED, shape=None, method=Method.prompted, max_tokens=100)


async def shaped(chat: OpenAIChat, method: Method = Method.json_schema) -> Completion:
    return await chat.complete(ASKED, shape=SHAPE, method=method, max_tokens=100)


async def streamed(chat: OpenAIChat) -> list[Piece]:
    return [piece async for piece in chat.stream(ASKED, max_tokens=100)]


def once(
    call: Callable[[OpenAIChat], Any],
    replies: Replies,
    fault: Fault | None = None,
    limits: Limits | None = None,
) -> Any:
    """One call of a server of its own."""

    async def called() -> Any:
        script = always(fault) if fault else lambda *_: None
        async with chat_and_server(FakeLLM(replies, faults=script), limits) as chat:
            return await call(chat)

    return asyncio.run(called())


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def finish_of(pieces: list[Piece]) -> Finish | None:
    return [piece.finish for piece in pieces if piece.finish][-1]


def test_a_text_comes_with_its_tokens() -> None:
    assert once(worded, saying()) == Completion(WORDS, Finish.stop, TOKENS)


@pytest.mark.parametrize("method", Method)
def test_a_structured_answer_is_asked_for_in_its_way(method: Method) -> None:
    async def called() -> tuple[Completion, ChatRequest]:
        server = FakeLLM(giving(), keep_requests=True)
        async with chat_and_server(server) as chat:
            return await shaped(chat, method), server.requests[0]

    answer, request = asyncio.run(called())
    assert answer == Completion(JSON, Finish.stop, TOKENS)
    assert request.mode == MODES[method]
    assert request.schema == ("note" if method in (Method.json_schema, Method.tool_call) else "")


def test_what_is_sent_is_the_prompt_and_the_parameters_that_all_servers_take() -> None:
    async def called() -> ChatRequest:
        server = FakeLLM(saying(), keep_requests=True)
        async with chat_and_server(server) as chat:
            await worded(chat)
        return server.requests[0]

    request = asyncio.run(called())
    assert request.messages == (("system", "You are terse."), ("user", "Begin."))
    assert set(request.body) == {"model", "messages", "max_tokens", "temperature"}


def test_a_stream_comes_in_pieces_with_its_end_and_its_tokens() -> None:
    pieces = once(streamed, saying())
    assert text_of(pieces) == WORDS
    assert len(pieces) > 5
    assert finish_of(pieces) is Finish.stop
    assert [piece.tokens for piece in pieces if piece.tokens] == [TOKENS]


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("call", [worded, shaped, streamed])
def test_a_fault_has_its_kind(kind: faults.Kind, call: Callable[[OpenAIChat], Any]) -> None:
    replies = giving() if call is shaped else saying()
    with pytest.raises(ModelError) as seen:
        once(call, replies, Fault(kind))
    assert seen.value.kind is REFUSED[kind]


@pytest.mark.parametrize("method", [m for m in Method if m is not Method.prompted])
def test_a_form_of_answer_that_the_server_has_not_is_unsupported(method: Method) -> None:
    with pytest.raises(ModelError) as seen:
        once(lambda chat: shaped(chat, method), giving(), Fault("unsupported_format"))
    assert seen.value.kind is Kind.unsupported


@pytest.mark.parametrize("kind", ["http_429", "http_503"])
def test_a_server_may_say_how_long_to_wait(kind: faults.Kind) -> None:
    with pytest.raises(ModelError) as seen:
        once(worded, saying(), Fault(kind, retry_after=7))
    assert seen.value.retry_after == 7


def test_a_key_that_the_server_echoes_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with pytest.raises(ModelError) as seen:
        once(worded, saying(), Fault("http_401"))
    assert "sk-test" not in str(seen.value)


@pytest.mark.parametrize("kind", ENDED)
@pytest.mark.parametrize("call", [worded, shaped])
def test_a_whole_answer_says_how_it_ended(
    kind: faults.Kind, call: Callable[[OpenAIChat], Any]
) -> None:
    replies = giving() if call is shaped else saying()
    assert once(call, replies, Fault(kind)).finish is ENDED[kind]


@pytest.mark.parametrize("kind", ENDED)
def test_a_stream_says_how_it_ended(kind: faults.Kind) -> None:
    assert finish_of(once(streamed, saying(), Fault(kind))) is ENDED[kind]


@pytest.mark.parametrize("kind", ["truncated_json", "prose_around_json", "wrong_enum"])
@pytest.mark.parametrize("method", Method)
def test_a_spoiled_answer_is_given_as_it_is(kind: faults.Kind, method: Method) -> None:
    answer = once(lambda chat: shaped(chat, method), giving(), Fault(kind))
    assert answer.finish is Finish.stop
    assert answer.text not in ("", JSON)


def test_words_of_a_refusal_are_none_of_the_answer() -> None:
    assert text_of(once(streamed, saying(), Fault("refusal"))) == ""


@pytest.mark.parametrize("kind", ["slow_first_token", "stalled_stream"])
@pytest.mark.parametrize("call", [worded, streamed])
def test_silence_is_not_waited_out(kind: faults.Kind, call: Callable[[OpenAIChat], Any]) -> None:
    with pytest.raises(ModelError) as seen:
        once(call, saying(), Fault(kind, seconds=30), BRIEF)
    assert seen.value.kind is Kind.timeout


def test_a_server_that_never_begins_is_not_waited_for() -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def called() -> None:
        async with answering(silent) as url, openai_chat(url, BRIEF) as chat:
            await streamed(chat)

    with pytest.raises(ModelError) as seen:
        asyncio.run(called())
    assert seen.value.kind is Kind.timeout


def test_what_was_said_before_a_break_was_given() -> None:
    heard: list[Piece] = []

    async def called(chat: OpenAIChat) -> None:
        async for piece in chat.stream(ASKED, max_tokens=100):
            heard.append(piece)  # noqa: PERF401 (what came before the break would be lost)

    with pytest.raises(ModelError):
        once(called, saying(), Fault("reset_mid_stream", after=4))
    assert text_of(heard) == "Predict churn within "


@pytest.mark.parametrize("method", [Method.prompted, Method.json_mode])
def test_an_answer_without_a_server_is_a_connection_that_failed(method: Method) -> None:
    async def called() -> None:
        async with openai_chat("http://127.0.0.1:9/v1") as chat:
            await shaped(chat, method)

    with pytest.raises(ModelError) as seen:
        asyncio.run(called())
    assert seen.value.kind is Kind.connection


# What other servers send, byte for byte.


def event(**delta: Any) -> bytes:
    reason = delta.pop("finish_reason", None)
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


@asynccontextmanager
async def sending(*parts: bytes, kind: str = "text/event-stream") -> AsyncIterator[OpenAIChat]:
    """The adapter for a server that answers with these bytes."""

    async def handler(http: web.Request) -> web.StreamResponse:
        await http.read()
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(http)
        for part in parts:
            await response.write(part)
            await asyncio.sleep(0.01)
        await response.write_eof()
        return response

    async with answering(handler) as url, openai_chat(url) as chat:
        yield chat


def sent(*parts: bytes) -> list[Piece]:
    """What is read of a stream of these bytes."""

    async def called() -> list[Piece]:
        async with sending(*parts) as chat:
            return await streamed(chat)

    return asyncio.run(called())


def whole(body: Any) -> Completion:
    """What is read of an answer with this body."""

    async def called() -> Completion:
        async with sending(json.dumps(body).encode(), kind="application/json") as chat:
            return await worded(chat)

    return asyncio.run(called())


def test_an_error_in_the_middle_of_a_stream_is_one_of_the_server() -> None:
    with pytest.raises(ModelError, match="the server reports: out of memory") as seen:
        sent(event(content="Pre"), b'data: {"error": {"message": "out of memory"}}\n\n')
    assert seen.value.kind is Kind.server


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "slow down", "code": 429}, Kind.rate_limit),
        ({"message": "slow down", "code": "rate_limit_exceeded"}, Kind.rate_limit),
        ({"message": "x", "code": 400, "type": "exceed_context_size_error"}, Kind.context),
        ({"message": "no credits", "code": 402}, Kind.quota),
        ("it broke", Kind.server),
    ],
)
def test_an_error_in_an_answer_that_began_well_has_its_kind(error: Any, kind: Kind) -> None:
    with pytest.raises(ModelError) as seen:
        whole({"error": error})
    assert seen.value.kind is kind


@pytest.mark.parametrize("body", [{}, {"choices": []}, {"choices": None}, {"choices": ["x"]}, []])
def test_an_answer_without_a_choice_is_an_error_of_the_server(body: Any) -> None:
    with pytest.raises(ModelError) as seen:
        whole(body)
    assert seen.value.kind is Kind.server


def test_a_choice_without_a_message_is_an_empty_answer() -> None:
    assert whole({"choices": [{}]}) == Completion("")


def test_an_answer_that_is_no_json_is_an_error_of_the_server() -> None:
    async def called() -> None:
        async with sending(b"<html>Bad gateway</html>", kind="text/html") as chat:
            await worded(chat)

    with pytest.raises(ModelError) as seen:
        asyncio.run(called())
    assert seen.value.kind is Kind.server


def test_arguments_of_a_tool_may_come_as_an_object() -> None:
    message = {"tool_calls": [{"function": {"name": "note", "arguments": VALUE}}]}
    assert json.loads(whole({"choices": [{"message": message}]}).text) == VALUE


def test_a_content_may_come_in_parts_and_its_thoughts_are_left_out() -> None:
    parts = [{"type": "thinking", "thinking": [{"text": "hm"}]}, {"type": "text", "text": "Hi."}]
    assert whole({"choices": [{"message": {"content": parts}}]}).text == "Hi."


def test_comments_and_names_of_events_are_passed_over() -> None:
    pieces = sent(b": waiting\n\nevent: message\n", event(content="Hi."), b"data: [DONE]\n\n")
    assert text_of(pieces) == "Hi."


def test_lines_may_end_in_two_characters_and_come_in_parts() -> None:
    stream = (event(content="Hi.") + event(finish_reason="stop")).replace(b"\n", b"\r\n")
    assert text_of(sent(stream[:9], stream[9:30], stream[30:])) == "Hi."


def test_a_separator_of_lines_inside_the_answer_does_not_cut_it() -> None:
    words = "one\u2028two\x85three"
    assert text_of(sent(event(content=words), event(finish_reason="stop"))) == words


def test_a_stream_without_an_end_broke_off() -> None:
    with pytest.raises(ModelError, match="broke off") as seen:
        sent(event(content="Predict"))
    assert seen.value.kind is Kind.connection


def test_a_stream_that_says_that_it_is_done_is_whole() -> None:
    assert text_of(sent(event(content="Hi."), b"data: [DONE]")) == "Hi."


# Connections.


def test_one_connection_serves_all_streams_and_one_all_other_calls() -> None:
    peers = set()

    async def handler(http: web.Request) -> web.StreamResponse:
        assert http.transport is not None
        peers.add(http.transport.get_extra_info("peername"))
        if not (await http.json()).get("stream"):
            return web.json_response({"choices": [{"message": {"content": "Hi."}}]})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(http)
        await response.write(event(content="Hi.", finish_reason="stop") + b"data: [DONE]\n\n")
        await asyncio.sleep(0.02)
        await response.write_eof()
        return response

    async def called() -> None:
        async with answering(handler) as url, openai_chat(url) as chat:
            for _ in range(3):
                await worded(chat)
                await streamed(chat)

    asyncio.run(called())
    assert len(peers) == 2


def test_a_server_that_lingers_after_the_end_is_left_alone() -> None:
    async def handler(http: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(http)
        await response.write(event(content="Hi.", finish_reason="stop") + b"data: [DONE]\n\n")
        await asyncio.sleep(30)
        return response

    async def called() -> list[Piece]:
        async with answering(handler) as url, openai_chat(url) as chat, asyncio.timeout(5):
            return await streamed(chat)

    assert text_of(asyncio.run(called())) == "Hi."


def test_who_has_heard_enough_ends_the_call() -> None:
    left = asyncio.Event()

    async def handler(http: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(http)
        try:
            while True:
                await response.write(event(content="and "))
                await asyncio.sleep(0.01)
        except (ConnectionError, asyncio.CancelledError):
            left.set()
            raise

    async def called() -> None:
        async with answering(handler) as url, openai_chat(url) as chat:
            async with closing(chat.stream(ASKED, max_tokens=9)) as pieces:
                await anext(pieces)
            async with asyncio.timeout(5):
                await left.wait()

    asyncio.run(called())


# Parameters that a server refuses.

REFUSALS = {
    "temperature": "Unsupported value: 'temperature' does not support 0 with this model.",
    "reasoning_effort": "Unrecognized request argument supplied: reasoning_effort",
    "stream_options": "Unknown parameter: 'stream_options'.",
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
}


def picky(*without: str, status: int = 400) -> Scripted:
    """A server that refuses these parameters, one after the other."""

    def reply(request: ChatRequest) -> Reply:
        for name in without:
            if name in request.body:
                raise ChatError(status, REFUSALS.get(name, f"{name} is not supported"))
        return Reply(WORDS)

    return Scripted(reply)


def sent_to(server: FakeLLM, call: Callable[[OpenAIChat], Any]) -> list[set[str]]:
    """The parameters of each of the calls that it took to be answered twice."""

    async def called() -> None:
        async with chat_and_server(server, dialect=Dialect(reasoning="low")) as chat:
            await call(chat)
            await call(chat)

    asyncio.run(called())
    return [set(request.body) for request in server.requests]


@pytest.mark.parametrize("call", [worded, streamed])
@pytest.mark.parametrize("name", ["temperature", "reasoning_effort", "max_tokens"])
def test_a_parameter_that_is_refused_is_left_out_from_then_on(
    name: str, call: Callable[[OpenAIChat], Any]
) -> None:
    server = FakeLLM(picky(name), keep_requests=True)
    first, *others = sent_to(server, call)
    assert name in first
    assert len(others) == 2
    assert all(name not in parameters for parameters in others)


def test_the_length_is_sent_under_its_other_name() -> None:
    server = FakeLLM(picky("max_tokens"), keep_requests=True)
    assert "max_completion_tokens" in sent_to(server, worded)[-1]


def test_a_stream_does_without_its_usage_where_that_is_refused() -> None:
    server = FakeLLM(picky("stream_options", status=422), keep_requests=True)
    assert len(sent_to(server, streamed)) == 3


def test_several_parameters_may_be_refused_one_after_the_other() -> None:
    server = FakeLLM(picky(*REFUSALS), keep_requests=True)
    assert len(sent_to(server, streamed)) == 4 + 2


def test_a_length_that_is_refused_under_both_names_is_a_fault() -> None:
    server = FakeLLM(picky("max_tokens", "max_completion_tokens"), keep_requests=True)
    with pytest.raises(ModelError):
        sent_to(server, worded)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    "message",
    [
        "max_tokens is too large: 9. This model supports at most 8 completion tokens",
        "The maximum context length is 8 tokens, and 'max_tokens' is 9.",
        "Your prompt about temperature is not nice.",
    ],
)
def test_other_refusals_that_name_a_parameter_are_faults_at_once(message: str) -> None:
    def reply(_: ChatRequest) -> Reply:
        raise ChatError(400, message)

    server = FakeLLM(Scripted(reply), keep_requests=True)
    with pytest.raises(ModelError):
        sent_to(server, worded)
    assert len(server.requests) == 1


def test_calls_at_the_same_time_learn_together() -> None:
    async def called() -> list[Completion]:
        server = FakeLLM(picky("max_tokens", "temperature"), latency=0.02)
        async with chat_and_server(server) as chat:
            return await asyncio.gather(*(worded(chat) for _ in range(4)))

    assert [answer.text for answer in asyncio.run(called())] == [WORDS] * 4
