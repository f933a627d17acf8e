"""Each fault of the fake model, as the real client sees it."""

import json
import time
from typing import Any

import openai
import pytest

from evals.fakellm.chat import Mode, Reply
from evals.fakellm.faults import INVENTED, LEAK, REFUSAL, Fault, Kind
from evals.fakellm.scripts import always, first
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.test_fakellm import (
    AS_SCHEMA,
    AS_TOOL,
    ASKING,
    BEGIN,
    VALUE,
    WORDS,
    arguments_of,
    ask,
    asked_once,
    client_of,
    giving,
    saying,
    stream,
    streamed_once,
    text_of,
)


def words_with(fault: Fault) -> FakeLLM:
    return FakeLLM(saying(), faults=always(fault))


def value_with(fault: Fault, value: dict[str, Any] | None = None) -> FakeLLM:
    return FakeLLM(giving(value), faults=always(fault))


def content(server: FakeLLM, **options: Any) -> str:
    return asked_once(server, **options).choices[0].message.content or ""


@pytest.mark.parametrize("wait", [None, 2.0])
def test_too_many_requests_may_come_with_a_time_to_wait(wait: float | None) -> None:
    with pytest.raises(openai.RateLimitError) as seen:
        asked_once(words_with(Fault("http_429", retry_after=wait)))
    assert seen.value.response.headers.get("retry-after") == (None if wait is None else "2")
    assert seen.value.code == "rate_limit_exceeded"


@pytest.mark.parametrize(("kind", "status"), [("http_500", 500), ("http_503", 503)])
def test_a_server_error_has_its_status(kind: Kind, status: int) -> None:
    with pytest.raises(openai.InternalServerError) as seen:
        asked_once(words_with(Fault(kind)))
    assert seen.value.status_code == status


def test_a_refused_key_is_echoed() -> None:
    with pytest.raises(openai.AuthenticationError, match="sk-test"):
        asked_once(words_with(Fault("http_401")))


def test_a_prompt_that_is_too_long_has_its_code() -> None:
    with pytest.raises(openai.BadRequestError) as seen:
        asked_once(words_with(Fault("context_length")))
    assert seen.value.code == "context_length_exceeded"


@pytest.mark.parametrize("mode", ["json_schema", "json_object", "tool"])
def test_a_format_that_is_not_supported_is_a_bad_request(mode: Mode) -> None:
    with pytest.raises(openai.BadRequestError, match="not supported"):
        asked_once(value_with(Fault("unsupported_format", modes=(mode,))), **ASKING[mode])


def test_other_formats_stay_supported() -> None:
    server = value_with(Fault("unsupported_format", modes=("json_schema",)))
    assert asked_once(server, **AS_TOOL).choices[0].message.tool_calls


@pytest.mark.parametrize("streamed", [False, True])
def test_a_reset_before_the_reply_is_a_connection_error(streamed: bool) -> None:
    once = streamed_once if streamed else asked_once
    with pytest.raises(openai.APIConnectionError):
        once(words_with(Fault("reset_before")))


def test_a_retry_after_a_reset_succeeds() -> None:
    server = FakeLLM(saying(), faults=first(1, Fault("reset_before")))
    with serving(server), client_of(server).with_options(max_retries=1) as client:
        assert ask(client).choices[0].message.content == WORDS


def test_a_reset_in_the_middle_of_a_stream_comes_after_some_chunks() -> None:
    server = words_with(Fault("reset_mid_stream", after=4))
    heard: list[str | None] = []
    with serving(server), client_of(server) as client, pytest.raises(openai.APIConnectionError):
        heard += (
            chunk.choices[0].delta.content
            for chunk in client.chat.completions.create(model="m", messages=BEGIN, stream=True)
        )
    assert heard == ["", "Predict ", "churn ", "within "]


def test_a_reset_in_the_middle_of_a_whole_reply_is_a_connection_error() -> None:
    with pytest.raises(openai.APIConnectionError):
        asked_once(words_with(Fault("reset_mid_stream")))


@pytest.mark.parametrize("kind", ["slow_first_token", "stalled_stream"])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_slow_reply_is_whole_in_the_end(kind: Kind, streamed: bool) -> None:
    begun = time.monotonic()
    server = words_with(Fault(kind, seconds=0.2))
    text = text_of(streamed_once(server)) if streamed else content(server)
    assert text == WORDS
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("kind", ["slow_first_token", "stalled_stream"])
def test_a_client_with_less_patience_than_the_server_times_out(kind: Kind) -> None:
    server = words_with(Fault(kind, seconds=3600))
    with (
        serving(server),
        client_of(server, timeout=0.2) as client,
        pytest.raises(openai.APITimeoutError),
    ):
        stream(client)
    assert server.served == 0


@pytest.mark.parametrize("mode", ["json_schema", "tool"])
@pytest.mark.parametrize("streamed", [False, True])
def test_truncated_json_cannot_be_parsed(mode: Mode, streamed: bool) -> None:
    server = value_with(Fault("truncated_json"))
    if streamed:
        chunks = streamed_once(server, **ASKING[mode])
        text = arguments_of(chunks) + text_of(chunks)
    else:
        message = asked_once(server, **ASKING[mode]).choices[0].message
        calls = [call.function for call in message.tool_calls or () if call.type == "function"]
        text = calls[0].arguments if calls else message.content or ""
    assert text.startswith('{"reason"')
    with pytest.raises(ValueError, match=r"."):
        json.loads(text)


def test_json_may_stand_between_prose_and_in_a_fence() -> None:
    text = content(value_with(Fault("prose_around_json")), **AS_SCHEMA)
    before, inside, after = text.split("```")
    assert before
    assert after
    assert json.loads(inside.removeprefix("json")) == VALUE


def test_a_model_that_writes_prose_does_not_call_the_tool() -> None:
    message = asked_once(value_with(Fault("prose_around_json")), **AS_TOOL).choices[0].message
    assert message.tool_calls is None
    assert "```json" in (message.content or "")


@pytest.mark.parametrize(
    ("value", "spoiled"),
    [
        (
            {"level": "2", "x": [{"intent": "answer"}]},
            {"level": "2", "x": [{"intent": "banana"}]},
        ),
        ({"x": {"level": "2"}, "depth": "b"}, {"x": {"level": "banana"}, "depth": "b"}),
        ({"level": 2, "criterion": "leakage"}, {"level": 2, "criterion": "banana"}),
        ({"level": 2}, {"level": 2}),
    ],
)
def test_a_wrong_enum_stands_in_the_first_field_that_fits(
    value: dict[str, Any], spoiled: dict[str, Any]
) -> None:
    assert json.loads(content(value_with(Fault("wrong_enum"), value), **AS_SCHEMA)) == spoiled


def test_the_first_quote_is_replaced_by_an_invented_one() -> None:
    value = {"a": [{"quote": "churn"}, {"quote": "rare"}]}
    given = json.loads(content(value_with(Fault("invented_quote"), value), **AS_SCHEMA))
    assert given == {"a": [{"quote": INVENTED}, {"quote": "rare"}]}


def test_an_empty_reply_has_neither_content_nor_tool_calls() -> None:
    message = asked_once(value_with(Fault("empty_content")), **AS_TOOL).choices[0].message
    assert (message.content, message.tool_calls) == ("", None)


def test_a_refusal_stands_in_its_own_field() -> None:
    message = asked_once(value_with(Fault("refusal")), **AS_SCHEMA).choices[0].message
    assert (message.content, message.refusal) == (None, REFUSAL)


def test_a_refusal_is_streamed_in_its_own_field() -> None:
    chunks = streamed_once(words_with(Fault("refusal")))
    assert "".join(chunk.choices[0].delta.refusal or "" for chunk in chunks) == REFUSAL
    assert text_of(chunks) == ""


@pytest.mark.parametrize("kind", ["content_filter", "length"])
def test_a_reply_that_was_cut_off_says_why(kind: Kind) -> None:
    choice = asked_once(words_with(Fault(kind))).choices[0]
    assert choice.finish_reason == kind
    assert choice.message.content == WORDS[: len(WORDS) // 2]


def test_a_text_leaks_what_it_must_not_say() -> None:
    assert content(words_with(Fault("leak"))) == LEAK


def test_a_leak_may_be_worded() -> None:
    assert content(words_with(Fault("leak", text="The budget is 9."))) == "The budget is 9."


def test_a_structured_reply_does_not_leak() -> None:
    assert json.loads(content(value_with(Fault("leak")), **AS_SCHEMA)) == VALUE


@pytest.mark.parametrize("kind", ["truncated_json", "prose_around_json", "wrong_enum"])
def test_a_fault_of_json_leaves_a_text_alone(kind: Kind) -> None:
    assert content(words_with(Fault(kind))) == WORDS


def test_a_reply_that_refuses_by_itself_is_passed_on() -> None:
    server = FakeLLM(Scripted(lambda _: Reply(refusal="No.")))
    assert asked_once(server).choices[0].message.refusal == "No."
