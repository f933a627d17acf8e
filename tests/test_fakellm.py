"""The fake model speaks OpenAI's protocol: what the real client sends and gets back."""

import json
import time
from typing import Any

import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam

from evals.fakellm.chat import Mode, Reply, Usage
from evals.fakellm.server import FakeLLM, Replies, Scripted, serving

BEGIN: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Begin."}]
WORDS = "Predict churn within 30 days;\nit is binary classification."
VALUE = {"reason": "named it", "evidence": [{"quote": "churn", "level": "2"}], "intent": "answer"}
SCHEMA = {"type": "object", "properties": {}}
AS_SCHEMA: dict[str, Any] = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "seen", "schema": SCHEMA}}
}
AS_OBJECT: dict[str, Any] = {"response_format": {"type": "json_object"}}
AS_TOOL: dict[str, Any] = {
    "tools": [{"type": "function", "function": {"name": "seen", "parameters": SCHEMA}}],
    "tool_choice": {"type": "function", "function": {"name": "seen"}},
}
ASKING: dict[Mode, dict[str, Any]] = {
    "none": {},
    "json_schema": AS_SCHEMA,
    "json_object": AS_OBJECT,
    "tool": AS_TOOL,
}


def saying(words: str = WORDS) -> Replies:
    return Scripted(lambda _: Reply(words))


def giving(value: dict[str, Any] | None = None) -> Replies:
    return Scripted(lambda _: Reply(json=value or VALUE))


def client_of(server: FakeLLM, key: str = "sk-test", timeout: float = 20) -> OpenAI:
    return OpenAI(base_url=server.url, api_key=key, max_retries=0, timeout=timeout)


def ask(client: OpenAI, text: str = "Begin.", **options: Any) -> ChatCompletion:
    found = client.chat.completions.create(
        model="m",
        messages=[
            {"role": "system", "content": "You are terse."},
            {"role": "user", "content": text},
        ],
        **options,
    )
    assert isinstance(found, ChatCompletion)
    return found


def stream(client: OpenAI, **options: Any) -> list[ChatCompletionChunk]:
    return list(client.chat.completions.create(model="m", messages=BEGIN, stream=True, **options))


def asked_once(server: FakeLLM, **options: Any) -> ChatCompletion:
    with serving(server), client_of(server) as client:
        return ask(client, **options)


def streamed_once(server: FakeLLM, **options: Any) -> list[ChatCompletionChunk]:
    with serving(server), client_of(server) as client:
        return stream(client, **options)


def text_of(chunks: list[ChatCompletionChunk]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def arguments_of(chunks: list[ChatCompletionChunk]) -> str:
    calls = [c.choices[0].delta.tool_calls or [] for c in chunks if c.choices]
    return "".join(call.function.arguments or "" for [call] in filter(None, calls) if call.function)


def test_a_text_is_replied_as_the_content() -> None:
    given = asked_once(FakeLLM(saying()))
    assert given.choices[0].message.content == WORDS
    assert given.choices[0].finish_reason == "stop"


def test_the_usage_is_counted_if_the_reply_has_none() -> None:
    usage = asked_once(FakeLLM(saying("12345"))).usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 2, 7)


def test_the_usage_of_the_reply_is_given_with_its_cached_tokens() -> None:
    usage = asked_once(FakeLLM(Scripted(lambda _: Reply("a", usage=Usage(2048, 3, 1024))))).usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (2048, 1024)


def test_a_streamed_text_comes_in_pieces_that_make_the_whole() -> None:
    chunks = streamed_once(FakeLLM(saying()))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert len(chunks) > 5
    assert text_of(chunks) == WORDS
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_a_streamed_reply_ends_with_its_usage_if_asked_for() -> None:
    chunks = streamed_once(FakeLLM(saying()), stream_options={"include_usage": True})
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].usage is not None
    assert chunks[-1].choices == []


def test_chunks_come_at_the_pace_of_the_server() -> None:
    server = FakeLLM(saying("a b c"), pace=0.05)
    with serving(server), client_of(server) as client:
        begun = time.monotonic()
        times = [
            time.monotonic() - begun
            for _ in client.chat.completions.create(model="m", messages=BEGIN, stream=True)
        ]
    assert times[-1] - times[0] >= 0.1


@pytest.mark.parametrize("mode", ["none", "json_schema", "json_object"])
def test_a_value_is_replied_as_json_text(mode: Mode) -> None:
    content = asked_once(FakeLLM(giving()), **ASKING[mode]).choices[0].message.content
    assert json.loads(content or "") == VALUE


def test_a_value_is_replied_as_a_call_of_the_forced_tool() -> None:
    message = asked_once(FakeLLM(giving()), **AS_TOOL).choices[0].message
    [call] = message.tool_calls or []
    assert call.type == "function"
    assert message.content is None
    assert (call.function.name, json.loads(call.function.arguments)) == ("seen", VALUE)


def test_a_streamed_tool_call_has_its_name_once_and_its_arguments_in_pieces() -> None:
    chunks = streamed_once(FakeLLM(giving()), **AS_TOOL)
    calls = [c.choices[0].delta.tool_calls for c in chunks if c.choices[0].delta.tool_calls]
    assert [call.function.name for [call] in calls if call.function and call.function.name] == [
        "seen"
    ]
    assert json.loads(arguments_of(chunks)) == VALUE


def test_a_required_tool_is_the_first() -> None:
    given = asked_once(FakeLLM(giving()), **{**AS_TOOL, "tool_choice": "required"}).choices[0]
    assert (len(given.message.tool_calls or ()), given.finish_reason) == (1, "tool_calls")


def test_the_client_parses_a_streamed_schema() -> None:
    server = FakeLLM(giving())
    with (
        serving(server),
        client_of(server) as client,
        client.chat.completions.stream(model="m", messages=BEGIN, **AS_SCHEMA) as events,
    ):
        content = events.get_final_completion().choices[0].message.content
    assert json.loads(content or "") == VALUE


def test_requests_are_kept_as_they_were_asked_if_wanted() -> None:
    server = FakeLLM(saying(), keep_requests=True)
    with serving(server), client_of(server) as client:
        client.chat.completions.create(
            model="gpt-9",
            messages=[
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}],
                }
            ],
            temperature=0.5,
        )
    [request] = server.requests
    assert request.messages == (("user", "one two"),)
    assert (request.model, request.mode, request.bearer) == ("gpt-9", "none", "sk-test")
    assert request.body["temperature"] == 0.5


def test_requests_are_not_kept_otherwise() -> None:
    server = FakeLLM(saying())
    asked_once(server)
    assert (server.requests, server.served) == ([], 1)


@pytest.mark.parametrize("mode", ASKING)
def test_the_server_sees_how_structure_was_asked_for(mode: Mode) -> None:
    server = FakeLLM(giving(), keep_requests=True)
    asked_once(server, **ASKING[mode])
    assert server.requests[0].mode == mode
    assert server.requests[0].schema == ("seen" if mode in ("json_schema", "tool") else "")
