"""OpenAI, and every server that speaks its chat-completions protocol, through the openai client.

The answers are read from the raw JSON: the client's typed objects would cost more time in a
turn than all else together, and servers differ in what they leave out. No retries here.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

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
from agent.llm.faults import Kind, ModelError, fault_of
from agent.llm.patience import patiently

_FINISH = {
    "length": Finish.length,
    "max_tokens": Finish.length,
    "content_filter": Finish.content_filter,
}


@dataclass(frozen=True)
class Dialect:
    """In what a server departs from the others.

    `max_tokens` is the name of that parameter. `reasoning` and `temperature` are sent only if
    set, since models refuse what they do not know.
    """

    max_tokens: str = "max_tokens"
    reasoning: str | None = None
    temperature: float | None = 0.0
    stream_usage: bool = True


class OpenAIChat:
    """A model behind OpenAI's protocol."""

    def __init__(
        self,
        name: str,
        client: openai.AsyncOpenAI,
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

    async def complete(
        self, messages: Messages, *, shape: Shape | None, method: Method, max_tokens: int
    ) -> Completion:
        """A whole answer; raises ModelError."""
        body = self._body(messages, max_tokens) | _format(shape, method)
        try:
            async with asyncio.timeout(self._limits.whole):
                raw = await self._client.chat.completions.with_raw_response.create(**body)
        except Exception as error:
            raise fault_of(error) from error
        answer = _parsed(raw.http_response.content)
        choice = _first_choice(answer)
        message = choice.get("message") or {}
        return Completion(
            text=_arguments(message) or message.get("content") or "",
            finish=_finish(choice.get("finish_reason"), message.get("refusal")),
            tokens=_tokens(answer.get("usage")),
        )

    async def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """An answer in pieces; raises ModelError, also in the middle."""
        body = self._body(messages, max_tokens) | {"stream": True}
        if self._dialect.stream_usage:
            body["stream_options"] = {"include_usage": True}
        create = self._client.chat.completions.with_streaming_response.create
        try:
            async with create(**body) as response:
                finished = False
                async for line in patiently(response.iter_lines(), self._limits):
                    data = line.removeprefix("data:").strip()
                    if data == line or not data:
                        continue  # a comment, an event's name, the empty line between events
                    if data == "[DONE]":
                        return
                    piece = _piece(_parsed(data))
                    finished = finished or piece.finish is not None
                    yield piece
        except Exception as error:
            raise fault_of(error) from error
        if not finished:
            raise ModelError(Kind.connection, "the stream broke off")

    async def close(self) -> None:
        """Close the client's connections."""
        await self._client.close()

    def _body(self, messages: Messages, max_tokens: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": role, "content": text} for role, text in messages],
            self._dialect.max_tokens: max_tokens,
        }
        if self._dialect.reasoning is not None:
            body["reasoning_effort"] = self._dialect.reasoning
        if self._dialect.temperature is not None:
            body["temperature"] = self._dialect.temperature
        return body


def _format(shape: Shape | None, method: Method) -> dict[str, Any]:
    """What asks for a structured answer in this way."""
    if shape is None or method is Method.prompted:
        return {}
    if method is Method.json_mode:
        return {"response_format": {"type": "json_object"}}
    if method is Method.json_schema:
        schema = {"name": shape.name, "strict": True, "schema": shape.schema}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    function = {"name": shape.name, "strict": True, "parameters": shape.schema}
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
        inner = parsed["error"]
        message = inner.get("message") if isinstance(inner, dict) else inner
        raise ModelError(Kind.server, f"the server reports: {message}")
    return parsed


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
    return Piece(text=delta.get("content") or "", finish=finish, tokens=tokens)


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
