"""Posting to a server of OpenAI's protocol: errors, logins, proxies."""

import asyncio
import gzip

import openai
import pytest
from aiohttp import web

from agent.llm.post import Post, Posted, proxy_of
from tests.transport_support import Handler, answering

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def _posted(handler: Handler, login: tuple[str, str] | None = None, base: str = "") -> Posted:
    async def posted() -> Posted:
        async with answering(handler) as url:
            client = openai.AsyncOpenAI(base_url=base or url, api_key="sk-test")
            post = Post.of(client, "/chat/completions", login)
            try:
                return await post({"model": "m"})
            finally:
                await post.close()
                await client.close()

    return asyncio.run(posted())


async def _echo(request: web.Request) -> web.Response:
    body = await request.json()
    told = {"path": request.path, "authorization": request.headers["authorization"], **body}
    return web.json_response(told, headers={"x-told": "yes"})


def test_the_answer_comes_with_its_headers() -> None:
    answer = _posted(_echo)
    assert b'"path": "/chat/completions"' in answer.content
    assert b'"authorization": "Bearer sk-test"' in answer.content
    assert b'"model": "m"' in answer.content
    assert answer.headers["X-Told"] == "yes"


def test_a_login_stands_in_the_place_of_the_key() -> None:
    assert b'"authorization": "Basic bWU6cMO2"' in _posted(_echo, ("me", "pö")).content


def test_an_error_that_was_sent_packed_is_read() -> None:
    async def refuse(_: web.Request) -> web.Response:
        packed = gzip.compress(b'{"error": {"message": "no such model", "code": "gone"}}')
        return web.Response(status=404, body=packed, headers={"content-encoding": "gzip"})

    with pytest.raises(openai.APIStatusError) as caught:
        _posted(refuse)
    assert caught.value.status_code == 404
    assert caught.value.code == "gone"


def test_an_error_without_json_is_told_as_it_is() -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=502, text="Bad gateway\n", headers={"retry-after": "7"})

    with pytest.raises(openai.APIStatusError) as caught:
        _posted(refuse)
    assert caught.value.body == "Bad gateway"
    assert caught.value.response.headers["retry-after"] == "7"


def test_a_call_goes_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(request: web.Request) -> web.Response:
        return web.json_response({"asked_for": str(request.url)})

    async def through() -> Posted:
        async with answering(told) as proxy:
            monkeypatch.setenv("HTTP_PROXY", proxy)
            post = Post("http://model.invalid/v1/chat/completions", {})
            try:
                return await post({})
            finally:
                await post.close()

    assert b"http://model.invalid/v1/chat/completions" in asyncio.run(through()).content


def test_what_no_proxy_names_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "local.invalid")
    assert proxy_of("http://local.invalid/v1") is None
    assert proxy_of("https://other.invalid/v1") == "http://127.0.0.1:9"
