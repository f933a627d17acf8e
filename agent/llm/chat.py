"""What a chat model is to the rest of the package: messages in, text or a stream of it out.

Types and the protocol only. Two adapters implement it: `agent.llm.openai_chat` for OpenAI and
whatever speaks its protocol, `agent.llm.langchain_chat` for all other providers. Neither
retries: that is done in one place, `agent.llm.caller`.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Protocol

Role = Literal["system", "user", "assistant"]


class Message(NamedTuple):
    """One message of a prompt. The first `shared` characters are the same in other calls."""

    role: Role
    text: str
    shared: int = 0


Messages = tuple[Message, ...]


class Method(StrEnum):
    """How a structured answer is had from a model, best first."""

    json_schema = "json_schema"
    """Decoding is constrained to the schema."""
    tool_call = "tool_call"
    """The answer is the arguments of a forced tool call."""
    json_mode = "json_mode"
    """Some JSON is guaranteed; the schema stands in the prompt."""
    prompted = "prompted"
    """Nothing is guaranteed; the schema stands in the prompt, and what comes is mended."""


@dataclass(frozen=True)
class Shape:
    """The structured answer that is wanted: a name, and a JSON Schema in OpenAI's strict form."""

    name: str
    schema: Mapping[str, Any]


class Finish(StrEnum):
    """Why a model stopped."""

    stop = "stop"
    length = "length"
    content_filter = "content_filter"
    refusal = "refusal"


@dataclass(frozen=True)
class Tokens:
    """What a server says that a call took; `cached` are among the `input`."""

    input: int
    cached: int
    output: int


@dataclass(frozen=True)
class Headroom:
    """What a server says may still be asked of it; None where it says nothing.

    Requests and tokens that are left, and the seconds until there are as many as ever again.
    """

    requests: int | None = None
    tokens: int | None = None
    requests_reset: float | None = None
    tokens_reset: float | None = None


@dataclass(frozen=True)
class Completion:
    """A whole answer. For a structured one, `text` is its JSON as the model wrote it."""

    text: str
    finish: Finish = Finish.stop
    tokens: Tokens | None = None
    headroom: Headroom | None = None


@dataclass(frozen=True)
class Piece:
    """A piece of a streamed answer; the last ones carry how it ended and what it took."""

    text: str = ""
    finish: Finish | None = None
    tokens: Tokens | None = None


@dataclass(frozen=True)
class Limits:
    """How long a model may take, in seconds, and how often it is asked.

    `attempts` counts tries at reaching the model, `answers` usable answers out of it.
    """

    first_token: float = 120.0
    between_tokens: float = 30.0
    whole: float = 180.0
    attempts: int = 4
    answers: int = 3
    backoff: float = 0.5
    longest_wait: float = 20.0


def limits_for(timeout: float | None) -> Limits:
    """The limits for whoever waits `timeout` seconds for a first word; None takes the usual."""
    return Limits() if timeout is None else Limits(first_token=timeout, whole=1.5 * timeout)


@dataclass(frozen=True)
class Traits:
    """What is known of a model beforehand; None where it is not known.

    `context` is in tokens. `methods` are those worth trying, best first. A model that does not
    take a seed is never given one.
    """

    context: int | None = None
    methods: tuple[Method, ...] = field(default=tuple(Method))
    takes_seed: bool = True


class Chat(Protocol):
    """A chat model. Raises ModelError for whatever goes wrong with a call."""

    @property
    def name(self) -> str:
        """The provider and model, such as `openai:NAME`."""
        ...

    @property
    def traits(self) -> Traits:
        """What is known of it beforehand."""
        ...

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,
        seed: int | None = None,
    ) -> Completion:
        """A whole answer. With a shape, `method` says how it is asked for.

        With a `seed` the same call is meant to give the same answer, as far as a provider can.
        """
        ...

    def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """An answer in pieces, as they come."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
