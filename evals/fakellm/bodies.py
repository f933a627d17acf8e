"""Builds what goes over the wire: a completion, the chunks of a stream, the list of models.

Pure: the same reply to the same request gives the same bytes. Sending them is the business of
`evals.fakellm.delivery`.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

from evals.fakellm.chat import ChatRequest, Reply, Usage

_CHARACTERS_PER_TOKEN = 4
_CREATED = 1_700_000_000  # fixed, so that replayed replies are the same byte for byte
_COMPACT = json.JSONEncoder(separators=(",", ":"))  # made once: dumps() makes one for each chunk
_PIECE = re.compile(r"\S{1,20}\s*|\s+")


@dataclass(frozen=True)
class Answer:
    """A reply in the form that a request asked for."""

    text: str
    finish_reason: str
    usage: Usage
    tool: str | None = None
    """The name of the tool of which `text` holds the arguments; None for content."""
    refusal: str | None = None


def answer(reply: Reply, request: ChatRequest) -> Answer:
    """The reply as this request gets it."""
    forced = reply.json is not None and request.mode == "tool"
    text = reply.content if reply.json is None else json.dumps(reply.json, ensure_ascii=False)
    # OpenAI ends with "stop" where one tool was forced by name, "tool_calls" where it had a choice.
    required = forced and request.body.get("tool_choice") == "required"
    return Answer(
        text=text,
        finish_reason=reply.finish_reason or ("tool_calls" if required else "stop"),
        usage=reply.usage or _counted(request, text or reply.refusal or ""),
        tool=request.schema if forced else None,
        refusal=reply.refusal,
    )


def completion(given: Answer, request: ChatRequest) -> dict[str, Any]:
    """The body of a reply that is not streamed."""
    silent = given.tool is not None or given.refusal is not None
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if silent else given.text,
        "refusal": given.refusal,
    }
    if given.tool is not None:
        message["tool_calls"] = [_call(given.tool, given.text, request)]
    return {
        **_head("chat.completion", request),
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": given.finish_reason,
            }
        ],
        "usage": _usage(given.usage),
    }


def events(given: Answer, request: ChatRequest) -> list[bytes]:
    """The server-sent events of a streamed reply, the role first and [DONE] last."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
    if given.refusal is not None:
        deltas += ({"refusal": piece} for piece in _pieces(given.refusal))
    elif given.tool is not None:
        deltas[0]["content"] = None
        deltas.append({"tool_calls": [{"index": 0, **_call(given.tool, "", request)}]})
        deltas += (
            {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
            for piece in _pieces(given.text)
        )
    else:
        deltas += ({"content": piece} for piece in _pieces(given.text))
    head = _head("chat.completion.chunk", request)
    if request.include_usage:
        head["usage"] = None  # OpenAI sends it with every chunk, filled in the last one
    found = [_event({**head, "choices": [_choice(delta, None)]}) for delta in deltas]
    found.append(_event({**head, "choices": [_choice({}, given.finish_reason)]}))
    if request.include_usage:
        found.append(_event({**head, "choices": [], "usage": _usage(given.usage)}))
    found.append(b"data: [DONE]\n\n")
    return found


def models(names: Iterable[str], context_length: int | None) -> dict[str, Any]:
    """The list of models; with `max_model_len`, as vLLM gives it, if the length is known."""
    length = {} if context_length is None else {"max_model_len": context_length}
    return {
        "object": "list",
        "data": [
            {"id": name, "object": "model", "created": _CREATED, "owned_by": "fakellm", **length}
            for name in names
        ],
    }


def _head(kind: str, request: ChatRequest) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{request.key}",
        "object": kind,
        "created": _CREATED,
        "model": request.model,
        "system_fingerprint": "fp_fakellm",
    }


def _call(tool: str, arguments: str, request: ChatRequest) -> dict[str, Any]:
    return {
        "id": f"call_{request.key}",
        "type": "function",
        "function": {"name": tool, "arguments": arguments},
    }


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + _COMPACT.encode(chunk).encode() + b"\n\n"


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(text)


def _counted(request: ChatRequest, text: str) -> Usage:
    asked = sum(len(message) for _, message in request.messages)
    return Usage(ceil(asked / _CHARACTERS_PER_TOKEN), ceil(len(text) / _CHARACTERS_PER_TOKEN))


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
