"""In what a server departs from the others, and what its refusals teach about it. Pure."""

import re
from dataclasses import dataclass, replace
from typing import Any

_REFUSED = re.compile(
    r"unsupported|not support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed"
    r"|forbidden|deprecated",
    re.IGNORECASE,
)
_LENGTHS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True)
class Dialect:
    """Which parameters a server takes.

    `max_tokens` is the name of that parameter; it is changed at most once, and `thinking` tokens
    are added to it for a model that reasons first. `reasoning` and `temperature` are sent only if
    set, since models refuse what they do not know. `bounded` says that texts and lists in a schema
    need an upper limit, without which small models do not come to an end.
    """

    max_tokens: str = "max_tokens"
    reasoning: str | None = None
    temperature: float | None = 0.0
    stream_usage: bool = True
    thinking: int = 0
    bounded: bool = False
    renamed: bool = False

    def parameters(self, max_tokens: int, *, stream: bool) -> dict[str, Any]:
        """The parameters of a call."""
        found: dict[str, Any] = {self.max_tokens: max_tokens + self.thinking}
        if self.reasoning is not None:
            found["reasoning_effort"] = self.reasoning
        if self.temperature is not None:
            found["temperature"] = self.temperature
        if stream:
            found["stream"] = True
            if self.stream_usage:
                found["stream_options"] = {"include_usage": True}
        return found

    def after(self, refusal: str) -> "Dialect | None":
        """The dialect without what this message refuses; None if that is none of it."""
        if not _REFUSED.search(refusal):
            return None
        if self.temperature is not None and "temperature" in refusal:
            return replace(self, temperature=None)
        if self.reasoning is not None and "reasoning_effort" in refusal:
            return replace(self, reasoning=None)
        if self.stream_usage and "stream_options" in refusal:
            return replace(self, stream_usage=False)
        if not self.renamed and any(name in refusal for name in _LENGTHS):
            other = _LENGTHS[1 - _LENGTHS.index(self.max_tokens)]
            return replace(self, max_tokens=other, renamed=True)
        return None
