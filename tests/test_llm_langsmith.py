"""Calls are sent to LangSmith where its environment variables ask for it, and never fail by it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from langsmith import run_helpers, run_trees, utils

from agent.llm.chat import Chat, Limits, Method
from agent.llm.connect import connect
from agent.llm.faults import Kind, ModelError
from agent.llm.langsmith_runs import LangSmithChat, sent_to_langsmith
from agent.llm.patience import closing
from evals.fakellm.server import FakeLLM
from tests.transport_support import (
    ASKED,
    TOKENS,
    WORDS,
    ScriptedChat,
    answering,
    chat_and_server,
    saying,
)

KEY = "sk-abcdefghijklmnop1234"
# Runs go out as plain JSON, all at once.
INFO = {
    "batch_ingest_config": {
        "use_multipart_endpoint": False,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 1,
        "scale_down_nempty_trigger": 4,
        "size_limit": 100,
        "size_limit_bytes": 1_000_000,
    }
}


@pytest.fixture(autouse=True)
def switched_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As at the start of a process with these variables."""
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_pt_0123456789abcdef")
    monkeypatch.setenv("LANGSMITH_USE_DAEMON", "true")
    monkeypatch.setattr(run_trees, "_CLIENT", None)
    forget = utils.get_env_var.cache_clear  # type: ignore[attr-defined]
    forget()
    yield
    forget()


async def complete(chat: Chat) -> str:
    answer = await chat.complete(ASKED, shape=None, method=Method.prompted, max_tokens=100)
    return answer.text


async def stream(chat: Chat) -> str:
    return "".join([piece.text async for piece in chat.stream(ASKED, max_tokens=100)])


async def first_piece(chat: Chat) -> str:
    async with closing(chat.stream(ASKED, max_tokens=100)) as pieces:
        return (await anext(pieces)).text


async def fail(chat: Chat) -> str:
    with pytest.raises(ModelError):
        await stream(chat)
    return ""


def runs_of(call: Any, chat: Chat | None = None) -> list[dict[str, Any]]:
    """The runs that arrive at LangSmith."""
    found: list[dict[str, Any]] = []

    async def handler(http: web.Request) -> web.StreamResponse:
        if http.path == "/runs/batch":
            body = await http.json()
            found.extend([*body.get("post", ()), *body.get("patch", ())])
        return web.json_response(INFO)

    async def called(monkeypatch: pytest.MonkeyPatch) -> None:
        async with answering(handler) as url, chat_and_server(FakeLLM(saying())) as real:
            monkeypatch.setenv("LANGSMITH_ENDPOINT", url)
            await call(sent_to_langsmith(chat or real))
            client = run_trees.get_cached_client()
            await asyncio.to_thread(client.close, 10)

    with pytest.MonkeyPatch.context() as monkeypatch:
        asyncio.run(called(monkeypatch))
    return found


@pytest.mark.parametrize("call", [complete, stream])
def test_a_call_is_a_run_with_its_prompt_and_its_answer(call: Any) -> None:
    [run] = runs_of(call)
    assert (run["run_type"], run["name"]) == ("llm", "openai:m")
    assert run["inputs"]["messages"] == [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "Begin."},
    ]
    assert run["outputs"]["messages"] == [{"role": "assistant", "content": WORDS}]
    assert run["outputs"]["usage_metadata"] == {
        "input_tokens": TOKENS.input,
        "output_tokens": TOKENS.output,
        "total_tokens": TOKENS.input + TOKENS.output,
        "input_token_details": {"cache_read": TOKENS.cached},
    }
    assert run["end_time"] > run["start_time"]


def test_no_key_is_sent() -> None:
    [run] = runs_of(complete, ScriptedChat([f"Your key is {KEY}."]))
    assert run["outputs"]["messages"][0]["content"] == "Your key is [key removed]."


def test_a_run_of_a_call_that_failed_says_why() -> None:
    broken = ModelError(Kind.connection, f"broke off with {KEY}")
    [run] = runs_of(fail, ScriptedChat([["Hello ", broken]]))
    assert run["error"] == "broke off with [key removed]"
    assert run["outputs"]["messages"][0]["content"] == "Hello "


def test_a_run_that_nobody_hears_to_its_end_is_no_failure() -> None:
    [run] = runs_of(first_piece, ScriptedChat([["Hello ", "there."]]))
    assert run.get("error") is None
    assert run["outputs"]["messages"][0]["content"] == "Hello "


def test_a_call_within_another_run_is_a_part_of_it() -> None:
    async def within(chat: Chat) -> None:
        with run_helpers.trace("interview"):
            await complete(chat)

    outer, inner = sorted(runs_of(within), key=lambda run: str(run["dotted_order"]))
    assert inner["parent_run_id"] == outer["id"]


@pytest.mark.parametrize("call", [complete, stream])
def test_a_langsmith_that_is_down_breaks_no_call(call: Any) -> None:
    async def called() -> str:
        async with chat_and_server(FakeLLM(saying())) as real:
            return str(await call(sent_to_langsmith(real)))

    assert asyncio.run(called()) == WORDS


@pytest.mark.parametrize("call", [complete, stream])
def test_a_langsmith_that_cannot_be_used_at_all_breaks_no_call(
    call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_trees.RunTree, "post", None)
    monkeypatch.setenv("LANGSMITH_ENDPOINT", "no address")
    chat = sent_to_langsmith(ScriptedChat(["Hello."]))
    assert asyncio.run(call(chat)) == "Hello."


def test_what_is_switched_off_in_the_code_around_is_not_sent() -> None:
    async def silently(chat: Chat) -> None:
        with run_helpers.tracing_context(enabled=False):
            await complete(chat)

    assert runs_of(silently) == []


def test_a_variable_that_says_no_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    assert runs_of(complete) == []


@pytest.mark.parametrize("switched", [True, False])
def test_models_of_openais_protocol_are_connected_so(
    switched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not switched:
        monkeypatch.delenv("LANGSMITH_TRACING")

    async def connected() -> Chat:
        async with FakeLLM(saying()) as server:
            chat = await connect("openai:m", server.url, Limits())
            await chat.close()
            return chat

    assert isinstance(asyncio.run(connected()), LangSmithChat) is switched


def test_nothing_of_it_is_imported_unless_it_is_switched_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LANGSMITH_TRACING")
    code = (
        "import sys, json, agent.llm.connect, agent.llm.openai_chat\n"
        "from agent.llm.langsmith_runs import sent_to_langsmith\n"
        "chat = object()\n"
        "assert sent_to_langsmith(chat) is chat\n"
        "print(json.dumps([m for m in sys.modules if m.startswith('lang')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
