"""The interviewers that can be had: models of providers with a key, of local servers, or none."""

import asyncio
import time
from dataclasses import dataclass

from agent.llm.findings import Server
from agent.llm.providers import OFFLINE, PROVIDERS, Chosen
from agent.llm.setting import found, shown
from agent.ports import EngineChoice

_MOST_OF_A_SERVER = 8
_KNOWN_SECONDS = 20.0


@dataclass(frozen=True)
class Offer:
    """A choice of engine with the name that it is offered under."""

    title: str
    choice: EngineChoice


class Offers:
    """What can be chosen on this machine, beginning with what the server was started with."""

    def __init__(self, first: Chosen) -> None:
        self._first = first.choice
        self._servers: tuple[Server, ...] = ()
        self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def all(self) -> tuple[Offer, ...]:
        """All that can be chosen. No model is called; no key is shown."""
        first = self._first
        listed = [Offer(_named(shown(first.model, first.base_url)), first)]
        for provider in PROVIDERS:
            if provider.key() and provider.is_installed:
                title = f"{provider.title}: {provider.default}"
                choice = EngineChoice(model=f"{provider.id}:{provider.default}")
                listed.append(Offer(title, choice))
        for server in await self._found():
            for model in server.models[:_MOST_OF_A_SERVER]:
                choice = EngineChoice(model=f"openai:{model.name}", base_url=server.url)
                listed.append(Offer(f"{server.title}: {model.name}", choice))
        listed.append(Offer(_named(shown(OFFLINE, None)), EngineChoice()))
        kept: dict[EngineChoice, Offer] = {}
        for offer in listed:
            kept.setdefault(offer.choice, offer)
        return tuple(kept.values())

    async def _found(self) -> tuple[Server, ...]:
        """The servers on this machine, asked for now and then and not for every page."""
        async with self._asking:
            if time.monotonic() - self._asked > _KNOWN_SECONDS:
                self._servers = await found()
                self._asked = time.monotonic()
        return self._servers


def _named(title: str) -> str:
    return "Offline: authored questions, no language model" if "offline" in title else title
