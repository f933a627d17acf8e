"""What a user can do about a check that failed, given where the calls go.

It asks the server for its models where a name may be wrong; the checks themselves stand in
`agent.llm.doctor`.
"""

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.llm.connect import OPENAI_KEYS, official_base_url, openai_key
from agent.llm.faults import Kind, ModelError
from agent.llm.findings import Check, Status
from agent.llm.providers import PROVIDERS
from agent.llm.redact import HIDDEN, redacted, without_credentials
from agent.llm.servers import Answer, asked

OFFICIAL = "https://api.openai.com/v1"
"""OpenAI itself."""
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_MASKED = re.compile(r"\S*(?:\*{2,}|…|\.{3})\S+")
_NEAREST = 5


@dataclass(frozen=True)
class Target:
    """Where the calls to a model go."""

    name: str
    base_url: str | None

    @property
    def model(self) -> str:
        return self.name.partition(":")[2]

    @property
    def url(self) -> str | None:
        """The server's base URL if it speaks OpenAI's protocol."""
        if not self.name.startswith("openai:"):
            return None
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or OFFICIAL

    @property
    def is_own(self) -> bool:
        """Whether it is a server of one's own, as far as is known."""
        return self.url is not None and not official_base_url(self.base_url)

    @property
    def key(self) -> str | None:
        """The variable that holds the key that is sent."""
        if self.url is not None:
            return openai_key()
        return next((one.key() for one in PROVIDERS if self.name.startswith(f"{one.id}:")), None)

    async def listed(self) -> Answer:
        """What the server says that it has."""
        return await self.listed_at(self.url) if self.url else Answer(0)

    async def listed_at(self, url: str) -> Answer:
        return await asked(url, os.environ.get(self.key or ""))


async def failed(name: str, fault: ModelError, target: Target, seconds: float | None) -> Check:
    """A fault as the result of a check, with what can be done about it."""
    result, remedy = clean(fault.message), fault.remedy
    own = "--base-url" if target.base_url else "OPENAI_BASE_URL"
    if fault.kind is Kind.key:
        remedy = set_key(target.name) or f"put a valid key into {target.key}"
        if fault.status == 401:
            # Servers like to send a part of the key back.
            sent = f"the key in {target.key} is refused" if target.key else "a key is needed"
            result = f"{sent} (HTTP 401)"
        elif target.key:
            remedy = f"check what the key in {target.key} may use, and --model"
    elif fault.kind is Kind.model:
        remedy = await _other_name(target, own)
    elif fault.kind is Kind.connection and target.url:
        result = f"no connection to {clean(without_credentials(target.url))}"
        remedy = f"start the server, or correct {own}" if target.is_own else "check the network"
        if proxy := next((one for one in _PROXIES if _proxy(one)), None):
            remedy += f"; {proxy} is set, and NO_PROXY exempts servers from it"
    elif fault.kind is Kind.timeout and seconds:
        result = f"no answer in {seconds:.3g} s"
    elif fault.retry_after:
        remedy = f"wait {fault.retry_after:.0f} s, or choose another model"
    elif fault.kind in (Kind.request, Kind.unsupported):
        remedy = set_key(target.name) or "choose another model or server"
    return check(name, Status.failed, result, seconds, remedy)


def check(
    name: str, status: Status, result: str, seconds: float | None = None, remedy: str = ""
) -> Check:
    took = None if seconds is None else round(seconds, 3)
    return Check(name=name, status=status, result=result, seconds=took, remedy=remedy)


def _proxy(name: str) -> str | None:
    return os.environ.get(name) or os.environ.get(name.lower())


def set_key(name: str) -> str:
    """What to set where the provider's key is missing."""
    for provider in PROVIDERS:
        keys = OPENAI_KEYS if provider.id == "openai" else provider.keys
        if name.startswith(f"{provider.id}:") and keys and not any(map(os.environ.get, keys)):
            return f"set {' or '.join(keys)}"
    return ""


async def _other_name(target: Target, own: str) -> str:
    """What to do about a 404: another name, or another address."""
    if target.url is None:
        return "check the model's name"
    answer = await target.listed()
    if answer.models:
        has = [one.name for one in answer.models]
        return f"check --model; the server has {nearest(target.model, has)}"
    if answer.models is not None:
        return "the server has no model; load one"
    longer = f"{target.url.rstrip('/')}/v1"
    if target.is_own and (await target.listed_at(longer)).models is not None:
        return f"write {own} {clean(without_credentials(longer))}"
    if target.is_own:
        return f"check --model and {own}, which usually ends in /v1"
    return "check --model"


def nearest(name: str, has: Sequence[str]) -> str:
    """Those of the names that are most like this one, or the first ones."""
    near = difflib.get_close_matches(name, has, _NEAREST, 0.5) or list(has[:_NEAREST])
    more = len(has) - len(near)
    return ", ".join(map(clean, near)) + (f" and {more} more" if more else "")


def clean(text: str | None) -> str:
    """Text from elsewhere, on one line, without keys, parts of keys and what steers a terminal."""
    printable = "".join(c if c.isprintable() else " " for c in redacted(text or ""))
    return " ".join(_MASKED.sub(HIDDEN, printable).split())
