"""What can go wrong with a call to a model: one error type, told apart by kind.

The exceptions of the providers' clients are alike enough to be read by their attributes
(`status_code`, `response`, `body`), so that no client has to be imported here. What is done
about a fault is decided in `agent.llm.caller`.
"""

import asyncio
import json
from collections.abc import Mapping
from enum import StrEnum

from agent.llm.chat import Headroom
from agent.llm.headroom import headroom_in, retry_after_in
from agent.llm.redact import redacted


class Kind(StrEnum):
    """Kinds of faults."""

    rate_limit = "rate_limit"
    quota = "quota"
    server = "server"
    connection = "connection"
    timeout = "timeout"
    key = "key"
    model = "model"
    context = "context"
    unsupported = "unsupported"
    filtered = "filtered"
    request = "request"


_PASSING = frozenset({Kind.rate_limit, Kind.server, Kind.connection, Kind.timeout})
_REMEDY = {
    Kind.rate_limit: "wait a little, or choose another model",
    Kind.quota: "check the plan and billing of your account, or choose another model",
    Kind.server: "wait a little, or choose another model",
    Kind.connection: "check the network and --base-url; `sevenstep doctor` tests them",
    Kind.timeout: "wait a little, raise --timeout, or choose another model",
    Kind.key: "check the API key; `sevenstep doctor` says which is used",
    Kind.model: "check the model's name; `sevenstep doctor` lists what a server has",
    Kind.context: "choose a model with a longer context",
    Kind.unsupported: "choose another model; `sevenstep doctor` says what one can do",
    Kind.filtered: "choose another model",
    Kind.request: "choose another model; `sevenstep doctor` tests one",
}
_TOO_LONG = "the model took too long to answer"
_LONGEST_MESSAGE = 300
_CONTEXT_SIGNS = (
    "context_length", "context length", "context size", "maximum context", "too many tokens",
    "prompt is too long", "exceeds the available context", "exceed_context_size",
    "input token count",
)  # fmt: skip
_UNSUPPORTED_SIGNS = (
    "response_format", "json_schema", "json_object", "tool_choice", "tools", "structured output",
    "grammar", "function call", "responsemimetype",
)  # fmt: skip

_FILTER_SIGNS = ("content_filter", "content management", "content_policy", "moderation")
_QUOTA_SIGNS = ("insufficient_quota", "billing")


class ModelError(Exception):
    """A call to a model failed. `message` holds no key; `retry_after` is in seconds."""

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        retry_after: float | None = None,
        status: int = 0,
        headroom: Headroom | None = None,
    ) -> None:
        self.kind = kind
        self.retry_after = retry_after
        self.headroom = headroom
        self.status = status
        line = " ".join(redacted(message).split())
        self.message = line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}…"
        super().__init__(self.message)

    @property
    def is_passing(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.kind in _PASSING

    @property
    def remedy(self) -> str:
        """What the user can do about it."""
        return _REMEDY[self.kind]


def fault_of(error: BaseException) -> ModelError:
    """The fault that an exception of a provider's client, or of the network, stands for."""
    if isinstance(error, ModelError):
        return error
    for cause in _chain(error):
        status = None if _is_of_aiohttp(cause) else _status(cause)
        if status is not None:
            return _of_status(status, cause)
    for cause in _chain(error):
        if isinstance(cause, (TimeoutError, asyncio.TimeoutError)):
            return ModelError(Kind.timeout, _TOO_LONG)
        # What the openai client makes of aiohttp's faults is a timeout, whatever they were.
        if _is_of_aiohttp(cause) and not isinstance(cause, ValueError):
            return ModelError(Kind.connection, f"the connection failed ({_told(cause)})")
    for cause in _chain(error):
        name = type(cause).__name__
        if "Timeout" in name:
            return ModelError(Kind.timeout, _TOO_LONG)
        if isinstance(cause, OSError) or "Connect" in name or "Protocol" in name or "Read" in name:
            return ModelError(Kind.connection, f"the connection failed ({_told(error)})")
    return ModelError(Kind.request, _told(error))


def _is_of_aiohttp(error: BaseException) -> bool:
    """Whether it comes from below the openai client; such a one's status is no answer's."""
    return type(error).__module__.startswith("aiohttp.")


def _told(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and its causes."""
    found: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def _status(error: BaseException) -> int | None:
    for name in ("status_code", "code", "status"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 300 <= value < 600:
            return value
    value = getattr(getattr(error, "response", None), "status_code", None)
    return value if isinstance(value, int) and value >= 300 else None


def reported(body: Mapping[str, object]) -> ModelError:
    """The fault that a server tells in an answer, or a stream, that had begun well."""
    message, code = _told_in(body, "an error")
    inner = body.get("error")
    told = inner.get("code") if isinstance(inner, Mapping) else None
    status = told if isinstance(told, int) else 429 if "rate_limit" in code else 500
    kind = _kind(status, f"{message} {code}".lower())
    return ModelError(kind, f"the server reports: {message}", status=status)


def _of_status(status: int, error: BaseException) -> ModelError:
    message, code = _said(error)
    kind = _kind(status, f"{message} {code}".lower())
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    return ModelError(
        kind,
        f"HTTP {status}: {message}",
        retry_after=retry_after_in(headers),
        status=status,
        headroom=headroom_in(headers),
    )


def _kind(status: int, low: str) -> Kind:
    """The kind of a fault, by its status and what is said of it in lower case."""

    def told(signs: tuple[str, ...]) -> bool:
        return any(sign in low for sign in signs)

    if status == 402 or (status == 429 and told(_QUOTA_SIGNS)):
        return Kind.quota
    if status == 429:
        return Kind.rate_limit
    if status in (401, 403):
        return Kind.filtered if status == 403 and told(_FILTER_SIGNS) else Kind.key
    if status == 404:
        # A gateway that has the model, but nobody who serves it in this way.
        return Kind.unsupported if told(_UNSUPPORTED_SIGNS) and "support" in low else Kind.model
    if status == 413 or told(_CONTEXT_SIGNS):
        return Kind.context
    if status == 501:
        return Kind.unsupported
    if status in (408, 409, 425) or status >= 500:
        return Kind.server
    if told(_FILTER_SIGNS):
        return Kind.filtered
    return Kind.unsupported if told(_UNSUPPORTED_SIGNS) else Kind.request


def _said(error: BaseException) -> tuple[str, str]:
    """The message and the code in an error's body, as far as it has one."""
    body: object = getattr(error, "body", None)
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = {"message": body}
    return _told_in(body, _told(error)) if isinstance(body, Mapping) else (_told(error), "")


def _told_in(body: Mapping[str, object], otherwise: str) -> tuple[str, str]:
    """The message in a body, or else this one; its code and type."""
    inner = body.get("error", body)
    if not isinstance(inner, Mapping):
        return str(inner), ""
    code = " ".join(str(inner[name]) for name in ("code", "type") if inner.get(name))
    return str(inner.get("message") or otherwise), code
