"""The faults that the fake endpoint can show, and those of them that are HTTP refusals.

Spoiled replies stand in `evals.fakellm.spoiling`, broken connections in
`evals.fakellm.delivery`, and which request gets which fault in `evals.fakellm.scripts`.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from evals.fakellm.chat import ChatRequest, Mode
from evals.fakellm.errors import ChatError, rate_limited, server_error, unauthorized

Kind: TypeAlias = Literal[
    "http_429",
    "http_500",
    "http_503",
    "http_401",
    "context_length",
    "unsupported_format",
    "reset_before",
    "reset_mid_stream",
    "slow_first_token",
    "stalled_stream",
    "truncated_json",
    "prose_around_json",
    "wrong_enum",
    "empty_content",
    "refusal",
    "content_filter",
    "length",
    "invented_quote",
    "leak",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

LEAK = (
    "As criterion label_construction says, a level 4 answer would name delayed labels and "
    "leakage. How would you split by time?"
)
INVENTED = "I would train it on the phases of the moon, as I said before."
REFUSAL = "I'm sorry, but I can't help with that."
_FORMATS: tuple[Mode, ...] = ("json_schema", "json_object", "tool")


@dataclass(frozen=True)
class Fault:
    """One fault; the fields after `kind` count only for the kinds that they name."""

    kind: Kind
    seconds: float = 1.0
    """slow_first_token, stalled_stream: how long the silence lasts."""
    retry_after: float | None = None
    """http_429, http_503: the seconds in the Retry-After header; None sends none."""
    after: int = 2
    """reset_mid_stream, stalled_stream: how many chunks come first (of a stream)."""
    modes: tuple[Mode, ...] = _FORMATS
    """unsupported_format: the ways of asking for structure that are refused."""
    text: str = ""
    """leak, invented_quote, refusal: the words; empty for LEAK, INVENTED, REFUSAL."""


def refused(fault: Fault, request: ChatRequest) -> ChatError | None:
    """The HTTP refusal that a fault is, or None if it is another kind or does not apply."""
    match fault.kind:
        case "http_429":
            return rate_limited("Rate limit reached for requests.", _retry_after(fault))
        case "http_500":
            return server_error(500, "The server had an error while processing your request.")
        case "http_503":
            error = server_error(503, "The engine is currently overloaded.")
            error.headers.update(_retry_after(fault))
            return error
        case "http_401":
            return unauthorized(request.bearer)
        case "context_length":
            return ChatError(
                400,
                "This model's maximum context length was exceeded by your messages. "
                "Please reduce their length.",
                code="context_length_exceeded",
                param="messages",
            )
        case "unsupported_format" if request.mode in fault.modes:
            param = "tools" if request.mode == "tool" else "response_format"
            wanted = "" if request.mode == "tool" else f" of type '{request.mode}'"
            return ChatError(
                400,
                f"Invalid parameter: '{param}'{wanted} is not supported with this model.",
                code="unsupported_parameter",
                param=param,
            )
    return None


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
