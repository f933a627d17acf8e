"""OpenAI, and every server that speaks its chat-completions protocol, through the openai client.

The answers are read from the raw JSON: the client's typed objects would cost more time in a
turn than all else together, and servers differ in what they leave out. Whole calls are posted by
`agent.llm.post`. No retries here.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import Any, TypeVar

import openai

from agent.llm.chat import (
    Completion,
    Finish,
    Limits,
    Messages,
    Method,
    Piece,
    Shape,
    Tokens,
    Traits,
)
from agent.llm.dialect import Dialect
from agent.llm.faults import Kind, ModelError, fault_of, reported
from agent.llm.headroom import headroom_in
from agent.llm.patience import closing, patiently
from agent.llm.post import Post
from agent.llm.structured import bounded

_T = TypeVar("_T")
_FINISH = {
    "length": Finish.length,
    "max_tokens": Finish.length,
    "content_filter": Finish.content_filter,
}
PATH = "/chat/completions"
"""Where chats are completed, below a server's address."""
_DONE = b"[DONE]"
_LAST_BYTES_SECONDS = 0.2
_REFUSALS = (400, 422)
"""What servers answer to a parameter that they do not take."""


class OpenAIChat:
    """A model behind OpenAI's protocol."""

    def __init__(
        self,
        name: str,
        client: openai.AsyncOpenAI,
        post: Post,
        *,
        model: str,
        dialect: Dialect,
        traits: Traits,
        limits: Limits,
    ) -> None:
        self.name = name
        self.traits = traits
        self._client = client
        self._model = model
        self._dialect = dialect
        self._limits = limits
        self._post = post

    @property
    def client(self) -> openai.AsyncOpenAI:
        """What the calls go through."""
        return self._client

    @property
    def dialect(self) -> Dialect:
        """The parameters that the server takes, as far as that is known."""
        return self._dialect

    def body(
        self,
        messages: Messages,
        *,
        shape: Shape,
        method: Method,
        max_tokens: int,
        dialect: Dialect,
        seed: int | None = None,
    ) -> dict[str, Any]:
        """What `complete` would post, in this dialect."""
        plain = _body(self._model, dialect, messages, max_tokens, stream=False)
        return {**plain, **_format(shape, method, limited=dialect.bounded), **_seed(seed)}

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,
        seed: int | None = None,
    ) -> Completion:
        """A whole answer; raises ModelError."""
        wanted = {**_format(shape, method, limited=self._dialect.bounded), **_seed(seed)}
        try:
            async with asyncio.timeout(self._limits.whole):
                response = await self._asked(
                    lambda body: self._post({**body, **wanted}),
                    messages,
                    max_tokens,
                    stream=False,
                )
            answer = completion_of(_parsed(response.content))
            return replace(answer, headroom=headroom_in(response.headers))
        except ModelError:
            raise
        except Exception as error:
            raise fault_of(error) from error

    async def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """An answer in pieces; raises ModelError, also in the middle."""
        finish: Finish | None = None
        done = False
        events = patiently(self._events(messages, max_tokens), self._limits)
        try:
            async with closing(events):
                async for data in events:
                    if data == _DONE:
                        done = True
                        continue
                    piece = _piece(_parsed(data))
                    if finish is Finish.refusal and piece.finish is not None:
                        # The end of a refusal is told as any other.
                        piece = replace(piece, finish=finish)
                    finish = piece.finish or finish
                    yield piece
        except ModelError:
            raise
        except Exception as error:
            raise fault_of(error) from error
        if finish is None and not done:
            raise ModelError(Kind.connection, "the stream broke off")

    async def close(self) -> None:
        """Close the connections that are kept for further calls."""
        await self._post.close()
        await self._client.close()

    async def _events(self, messages: Messages, max_tokens: int) -> AsyncGenerator[bytes]:
        """The data of each event of a stream."""
        create = self._client.chat.completions.with_streaming_response.create
        async with AsyncExitStack() as stack:
            response = await self._asked(
                # An extra body is sent as it stands; the client would go through every field.
                lambda body: stack.enter_async_context(
                    create(model=self._model, messages=[], stream=True, extra_body=body)
                ),
                messages,
                max_tokens,
                stream=True,
            )
            lines = _lines(response.iter_bytes())
            async for line in lines:
                data = line.removeprefix(b"data:").strip()
                if data == line or not data:
                    continue  # a comment, an event's name, the empty line between events
                yield data
                if data == _DONE:
                    break
            # Only a connection that was read to its end serves the next call, too.
            with suppress(Exception):
                async with asyncio.timeout(_LAST_BYTES_SECONDS), closing(lines):
                    async for _ in lines:
                        pass

    async def _asked(
        self,
        ask: Callable[[dict[str, Any]], Awaitable[_T]],
        messages: Messages,
        max_tokens: int,
        *,
        stream: bool,
    ) -> _T:
        """The response; what the server refuses to take is left out, now and later."""
        while True:
            dialect = self._dialect
            try:
                return await ask(_body(self._model, dialect, messages, max_tokens, stream=stream))
            except openai.APIStatusError as error:
                if error.status_code not in _REFUSALS:
                    raise
                fitting = dialect.after(f"{fault_of(error)} {error.code} {error.param}")
                if fitting is None:
                    raise
                if self._dialect is dialect:  # else another call has learnt something meanwhile
                    self._dialect = fitting


async def _lines(parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The lines of a stream. Splitting text would cut at characters that JSON may hold."""
    rest = b""
    async with closing(parts):
        async for part in parts:
            *whole, rest = (rest + part).split(b"\n")
            for line in whole:
                yield line
    if rest:
        yield rest


def _body(
    model: str, dialect: Dialect, messages: Messages, max_tokens: int, *, stream: bool
) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": one.role, "content": one.text} for one in messages],
        **dialect.parameters(max_tokens, stream=stream),
    }


def _seed(seed: int | None) -> dict[str, Any]:
    # What the server refuses is not left out here: grades would claim a seed that they had not.
    return {} if seed is None else {"seed": seed}


def _format(shape: Shape | None, method: Method, *, limited: bool) -> dict[str, Any]:
    """What asks for a structured answer in this way."""
    if shape is None or method is Method.prompted:
        return {}
    if method is Method.json_mode:
        return {"response_format": {"type": "json_object"}}
    form = bounded(shape.schema) if limited else shape.schema
    if method is Method.json_schema:
        schema = {"name": shape.name, "strict": True, "schema": form}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    function = {"name": shape.name, "strict": True, "parameters": form}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": shape.name}},
    }


def _parsed(data: str | bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(data)
    except ValueError as error:
        raise ModelError(Kind.server, "the server's answer is no JSON") from error
    if not isinstance(parsed, dict):
        raise ModelError(Kind.server, "the server's answer is no JSON object")
    if parsed.get("error"):
        raise reported(parsed)
    return parsed


def completion_of(answer: Mapping[str, Any]) -> Completion:
    """The completion in a server's answer; raises ModelError if it holds none."""
    choice = _first_choice(answer)
    message = choice.get("message") or {}
    return Completion(
        text=_arguments(message) or _text(message.get("content")),
        finish=_finish(choice.get("finish_reason"), message.get("refusal")),
        tokens=_tokens(answer.get("usage")),
    )


def _first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ModelError(Kind.server, "the server's answer holds no choice")
    return choices[0]


def _piece(chunk: Mapping[str, Any]) -> Piece:
    tokens = _tokens(chunk.get("usage"))
    if not chunk.get("choices"):
        return Piece(tokens=tokens)
    choice = _first_choice(chunk)
    delta = choice.get("delta") or {}
    reason, refusal = choice.get("finish_reason"), delta.get("refusal")
    finish = _finish(reason, refusal) if reason or refusal else None
    return Piece(text=_text(delta.get("content")), finish=finish, tokens=tokens)


def _text(content: object) -> str:
    """The text of a content; some servers send it in parts, and thoughts among them."""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _arguments(message: Mapping[str, Any]) -> str | None:
    """The arguments of the first tool call."""
    calls = message.get("tool_calls") or []
    arguments = (calls[0].get("function") or {}).get("arguments") if calls else None
    # Some servers send them as an object instead of text.
    return json.dumps(arguments) if isinstance(arguments, dict) else arguments


def _finish(reason: object, refusal: object) -> Finish:
    return Finish.refusal if refusal else _FINISH.get(str(reason), Finish.stop)


def _tokens(usage: object) -> Tokens | None:
    if not isinstance(usage, Mapping) or usage.get("prompt_tokens") is None:
        return None
    details = usage.get("prompt_tokens_details") or {}
    return Tokens(
        input=int(usage["prompt_tokens"]),
        cached=int(details.get("cached_tokens") or 0),
        output=int(usage.get("completion_tokens") or 0),
    )
