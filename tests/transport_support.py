"""What tests of the calls to models share: a shape, messages, adapters, a scripted chat model."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import openai
from aiohttp import web

from agent.llm.chat import (
    Completion,
    Limits,
    Message,
    Messages,
    Method,
    Piece,
    Shape,
    Tokens,
    Traits,
)
from agent.llm.dialect import Dialect
from agent.llm.faults import ModelError
from agent.llm.openai_chat import PATH, OpenAIChat
from agent.llm.post import Post
from evals.fakellm.chat import Reply, Usage
from evals.fakellm.server import FakeLLM, Replies, Scripted

WORDS = "Predict churn within 30 days;\nit is binary classification."
VALUE = {"intent": "answer"}
JSON = '{"intent": "answer"}'
SHAPE = Shape(
    "note",
    {
        "type": "object",
        "properties": {"intent": {"type": "string", "enum": ["answer", "ask_hint"]}},
        "required": ["intent"],
        "additionalProperties": False,
    },
)
ASKED: Messages = (Message("system", "You are terse."), Message("user", "Begin."))
USAGE = Usage(2048, 3, 1024)
TOKENS = Tokens(2048, 1024, 3)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = str | Completion | ModelError


def saying(words: str = WORDS) -> Replies:
    """A server's replies: a text."""
    return Scripted(lambda _: Reply(words, usage=USAGE))


def giving() -> Replies:
    """A server's replies: a JSON value."""
    return Scripted(lambda _: Reply(json=VALUE, usage=USAGE))


@asynccontextmanager
async def openai_chat(
    url: str, limits: Limits | None = None, dialect: Dialect | None = None
) -> AsyncIterator[OpenAIChat]:
    """The adapter for the server at this address, closed in the end."""
    client = openai.AsyncOpenAI(
        base_url=url,
        api_key="sk-test",
        max_retries=0,
        timeout=20,
        http_client=openai.DefaultAioHttpClient(),
    )
    chat = OpenAIChat(
        "openai:m",
        client,
        Post.of(client, PATH),
        model="m",
        dialect=dialect or Dialect(),
        traits=Traits(),
        limits=limits or Limits(),
    )
    try:
        yield chat
    finally:
        await chat.close()


@asynccontextmanager
async def chat_and_server(
    server: FakeLLM, limits: Limits | None = None, dialect: Dialect | None = None
) -> AsyncIterator[OpenAIChat]:
    """The adapter and its server, both up."""
    async with server, openai_chat(server.url, limits, dialect) as chat:
        yield chat


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[str]:
    """A server that answers every request in this way; gives its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@dataclass
class ScriptedChat:
    """A chat model that gives these answers in turn, and notes what it was asked.

    One that has run out raises IndexError. A list is streamed piece by piece; a ModelError in
    it breaks it off.
    """

    answers: list[Answer | Sequence[str | Piece | ModelError]]
    name: str = "openai:scripted"
    traits: Traits = field(default_factory=lambda: Traits(context=16_000))
    asked: list[Messages] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    max_tokens: list[int] = field(default_factory=list)
    closed: int = 0

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,
        seed: int | None = None,
    ) -> Completion:
        """The next answer."""
        self.asked.append(messages)
        self.methods.append(method)
        self.max_tokens.append(max_tokens)
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        if isinstance(answer, Completion):
            return answer
        assert isinstance(answer, str)
        return Completion(answer, tokens=TOKENS)

    async def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """The next answer in pieces."""
        self.asked.append(messages)
        answer = self.answers.pop(0)
        assert not isinstance(answer, Completion)
        try:
            for piece in [answer] if isinstance(answer, (str, ModelError)) else answer:
                if isinstance(piece, ModelError):
                    raise piece
                yield piece if isinstance(piece, Piece) else Piece(piece)
        finally:
            self.closed += 1

    async def close(self) -> None:
        """Nothing is open."""
