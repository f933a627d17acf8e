"""What is asked of a chat model and what it replies, as frozen types.

It reads the JSON body of a request. How a reply looks on the wire stands in
`evals.fakellm.bodies`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from evals.fakellm.errors import ChatError

Mode: TypeAlias = Literal["none", "json_schema", "json_object", "tool"]
"""How a request asks for a structured reply, if it does."""

Message: TypeAlias = tuple[str, str]
"""A role and a text."""

JsonReply: TypeAlias = dict[str, Any] | list[Any]


@dataclass(frozen=True)
class Usage:
    """Tokens; the cached ones are among those of the prompt."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True)
class Reply:
    """What the model answers: a text or a JSON value.

    A JSON value is sent as the arguments of a tool when the request forces one, else as text.
    Without a usage it is counted from the characters; without a finish reason it is the fitting
    one.
    """

    content: str = ""
    json: JsonReply | None = None
    finish_reason: str = ""
    refusal: str | None = None
    usage: Usage | None = None


@dataclass(frozen=True)
class ChatRequest:
    """A request as far as a reply depends on it; `body` and `headers` hold all of it."""

    messages: tuple[Message, ...]
    model: str
    stream: bool = False
    include_usage: bool = False
    mode: Mode = "none"
    schema: str = ""
    """The name of the JSON schema or of the forced tool."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """All headers, their names in lower case."""
    body: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def key(self) -> str:
        """The key under which a reply to these messages is recorded."""
        return key_of(self.messages)

    @property
    def last(self) -> str:
        """The text of the last message."""
        return self.messages[-1][1]

    @property
    def bearer(self) -> str:
        """The API key that was sent, or an empty text."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


def key_of(messages: Iterable[Message]) -> str:
    """The first 16 hex digits of SHA-256 over the canonical JSON of [[role, text], ...].

    Model, temperature, stream and response format are left out, so that one recording serves
    all ways of asking.
    """
    canonical = json.dumps([list(message) for message in messages], separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def parse_request(body: object, headers: Mapping[str, str]) -> ChatRequest:
    """Read the body of a call of chat/completions; raises ChatError (400) naming the field."""
    if not isinstance(body, dict):
        raise ChatError(400, "The body is not a JSON object.")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise ChatError(400, "You must provide a model parameter.", param="model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ChatError(400, "A list of at least one message is needed.", param="messages")
    mode, schema = _structured(body)
    options = body.get("stream_options")
    return ChatRequest(
        messages=tuple(_message(message, at) for at, message in enumerate(messages)),
        model=model,
        stream=body.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        mode=mode,
        schema=schema,
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
    )


def _message(message: object, at: int) -> Message:
    role = message.get("role") if isinstance(message, dict) else None
    if not isinstance(message, dict) or not isinstance(role, str):
        raise ChatError(400, "A message is an object with a role.", param=f"messages[{at}]")
    text = _text(message.get("content"), at)
    # A conversation with other calls of tools is another conversation, and has another key.
    for call in message.get("tool_calls") or ():
        text += json.dumps(call.get("function") if isinstance(call, dict) else call)
    return role, text


def _text(content: object, at: int) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(
            str(part["text"]) if isinstance(part, dict) and "text" in part else json.dumps(part)
            for part in content
        )
    raise ChatError(400, "A content is a text or a list.", param=f"messages[{at}].content")


def _structured(body: Mapping[str, Any]) -> tuple[Mode, str]:
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and isinstance(choice.get("function"), dict):
        return "tool", str(choice["function"].get("name", ""))
    if choice == "required" and (tools := body.get("tools")):
        return "tool", str(tools[0]["function"]["name"])
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        return "json_schema", str((wanted.get("json_schema") or {}).get("name", ""))
    if isinstance(wanted, dict) and wanted.get("type") == "json_object":
        return "json_object", ""
    return "none", ""
