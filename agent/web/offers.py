"""The interviewers that can be had: models of providers with a key, of local servers, or none."""

from dataclasses import dataclass

from agent.llm.providers import OFFLINE, PROVIDERS, Chosen
from agent.llm.setting import found, shown
from agent.ports import EngineChoice

_MOST_OF_A_SERVER = 8


@dataclass(frozen=True)
class Offer:
    """A choice of engine with the name that it is offered under."""

    title: str
    choice: EngineChoice


async def offers(first: Chosen) -> tuple[Offer, ...]:
    """All that can be chosen, beginning with `first`. No model is called; no key is shown."""
    choice = first.choice
    all_offers = [Offer(_named(shown(choice.model, choice.base_url)), choice)]
    for provider in PROVIDERS:
        if provider.key() and provider.is_installed:
            name = f"{provider.id}:{provider.default}"
            title = f"{provider.title}: {provider.default}"
            all_offers.append(Offer(title, EngineChoice(model=name)))
    for server in await found():
        for model in server.models[:_MOST_OF_A_SERVER]:
            choice = EngineChoice(model=f"openai:{model.name}", base_url=server.url)
            all_offers.append(Offer(f"{server.title}: {model.name}", choice))
    all_offers.append(Offer(_named(shown(OFFLINE, None)), EngineChoice()))
    kept: dict[EngineChoice, Offer] = {}
    for offer in all_offers:
        kept.setdefault(offer.choice, offer)
    return tuple(kept.values())


def _named(title: str) -> str:
    return "Offline: authored questions, no language model" if "offline" in title else title
