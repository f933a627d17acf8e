"""The fake model as a server: what it lists and refuses, its limits, and how it ends."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.recordings import NotRecorded
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.test_fakellm import BEGIN, WORDS, ask, asked_once, client_of, saying, stream


def test_models_are_listed_with_their_length_if_it_is_known() -> None:
    server = FakeLLM(saying(), models=("a", "b"), context_length=4096)
    with serving(server), client_of(server) as client:
        listed = client.models.list().data
    assert [model.id for model in listed] == ["a", "b"]
    assert listed[0].model_dump()["max_model_len"] == 4096


def test_another_key_than_the_servers_is_refused() -> None:
    server = FakeLLM(saying(), api_key="sk-right")
    with serving(server):
        with client_of(server, "sk-wrong") as client, pytest.raises(openai.AuthenticationError):
            ask(client)
        with client_of(server, "sk-right") as client:
            assert ask(client).choices[0].message.content == WORDS


def test_what_the_endpoint_does_not_have_is_not_found() -> None:
    server = FakeLLM(saying())
    with serving(server), client_of(server) as client, pytest.raises(openai.NotFoundError) as seen:
        client.embeddings.create(model="m", input="x")
    assert seen.value.code == "unknown_url"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"model": "m", "messages": []}',
        b'{"messages": [{"role": "user"}]}',
        b'{"model": "m", "messages": [{}]}',
        b'{"model": "m", "messages": [{"role": "user", "content": 5}]}',
    ],
)
def test_a_malformed_body_is_a_bad_request(body: bytes) -> None:
    server = FakeLLM(saying())
    with serving(server):
        call = urllib.request.Request(f"{server.url}/chat/completions", body)
        with pytest.raises(urllib.error.HTTPError) as seen:
            urllib.request.urlopen(call)
        with seen.value as error:
            assert error.code == 400
            assert json.load(error)["error"]["type"] == "invalid_request_error"


def test_the_latency_passes_before_each_reply() -> None:
    begun = time.monotonic()
    asked_once(FakeLLM(saying(), latency=0.2))
    assert time.monotonic() - begun >= 0.2


def test_calls_beyond_the_limit_are_turned_away_with_a_time_to_wait() -> None:
    server = FakeLLM(saying(), latency=0.2, max_in_flight=2, retry_after=0.5)

    async def call(client: AsyncOpenAI) -> Any:
        return await client.chat.completions.create(model="m", messages=BEGIN)

    async def four() -> list[Any]:
        async with server, AsyncOpenAI(base_url=server.url, api_key="k", max_retries=0) as client:
            return await asyncio.gather(*(call(client) for _ in range(4)), return_exceptions=True)

    refused = [each for each in asyncio.run(four()) if isinstance(each, openai.RateLimitError)]
    assert [each.response.headers["retry-after"] for each in refused] == ["0.5", "0.5"]
    assert refused[0].response.headers["x-ratelimit-remaining-requests"] == "0"
    assert (server.served, server.refused, server.peak_in_flight) == (2, 2, 2)


def test_the_client_comes_back_after_the_time_to_wait() -> None:
    server = FakeLLM(saying(), latency=0.1, max_in_flight=1, retry_after=0.2)

    async def two() -> None:
        async with server, AsyncOpenAI(base_url=server.url, api_key="k", max_retries=9) as client:
            calls = (client.chat.completions.create(model="m", messages=BEGIN) for _ in range(2))
            await asyncio.gather(*calls)

    asyncio.run(two())
    assert server.served == 2
    assert server.refused > 0


def test_one_call_after_the_other_is_never_turned_away() -> None:
    server = FakeLLM(saying(), max_in_flight=1)
    with serving(server), client_of(server) as client:
        for _ in range(30):
            ask(client)
            stream(client)
    assert server.refused == 0


def test_two_hundred_calls_at_once_keep_their_replies_apart() -> None:
    async def echo(request: ChatRequest) -> Reply:
        await asyncio.sleep(0.01)
        return Reply(f"You said {request.last}")

    server = FakeLLM(Scripted(echo))

    async def call(client: AsyncOpenAI, n: int) -> str:
        said: list[str] = []
        async for chunk in await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": f"number {n}"}], stream=True
        ):
            said += (choice.delta.content or "" for choice in chunk.choices)
        return "".join(said)

    async def all_calls() -> list[str]:
        async with server, AsyncOpenAI(base_url=server.url, api_key="k") as client:
            return await asyncio.gather(*(call(client, n) for n in range(200)))

    assert asyncio.run(all_calls()) == [f"You said number {n}" for n in range(200)]
    assert server.served == 200
    assert server.peak_in_flight > 10


@pytest.mark.parametrize("pace", [0.0, 0.02])
def test_a_client_that_leaves_in_the_middle_leaves_no_trace(
    pace: float, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    server = FakeLLM(saying("word " * 3000), pace=pace)
    with serving(server), client_of(server) as client:
        with client.chat.completions.create(model="m", messages=BEGIN, stream=True) as chunks:
            next(iter(chunks))
        ask(client)
    assert (capfd.readouterr().err, caplog.text) == ("", "")


def test_a_server_that_is_stopped_cuts_off_what_still_goes_on() -> None:
    async def forever(_: ChatRequest) -> Reply:
        await asyncio.sleep(3600)
        return Reply("never")

    async def stop_early() -> None:
        async with AsyncOpenAI(base_url="http://127.0.0.1:9/v1", api_key="k") as client:
            async with FakeLLM(Scripted(forever)) as server:
                there = client.with_options(base_url=server.url, max_retries=0)
                call = asyncio.create_task(there.chat.completions.create(model="m", messages=BEGIN))
                while server.peak_in_flight == 0:
                    await asyncio.sleep(0.01)
            with pytest.raises(openai.APIConnectionError):
                await call

    asyncio.run(stop_early())


def test_a_taken_port_is_the_callers_error() -> None:
    with serving(FakeLLM(saying())) as first:
        taken = int(first.url.split(":")[2].removesuffix("/v1"))
        with (
            pytest.raises(OSError, match="address already in use"),
            serving(FakeLLM(saying(), port=taken)),
        ):
            pass


def test_a_function_that_has_run_out_of_replies_is_told_like_a_missing_recording() -> None:
    def empty(_: ChatRequest) -> Reply:
        raise NotRecorded("nothing is left to say")

    server = FakeLLM(Scripted(empty))
    with pytest.raises(openai.BadRequestError, match="nothing is left"):
        asked_once(server)
    assert server.unrecorded == ["nothing is left to say"]
