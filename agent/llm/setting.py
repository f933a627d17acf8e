"""What is configured in the environment and the options, and which servers run on this machine.

No model is called here, and no value of a key is in any result.
"""

import os
import shlex
from collections.abc import Mapping, Sequence

from agent.llm.connect import OPENAI_KEYS
from agent.llm.findings import Configuration, Package, Served, Server
from agent.llm.providers import ANY_MODEL, OFFLINE, PROVIDERS, Chosen
from agent.llm.redact import without_credentials
from agent.llm.remedies import OFFICIAL, clean
from agent.llm.servers import local_servers
from agent.llm.tokens import count

_TRACING = (
    "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING"
)  # fmt: skip
"""The first that is set decides, as in LangSmith."""


def configured(chosen: Chosen, environment: Mapping[str, str] | None = None) -> Configuration:
    """What is configured; nothing is called."""
    known = os.environ if environment is None else environment
    tracing = next((known[name] for name in _TRACING if known.get(name, "").strip()), "")
    names = [*OPENAI_KEYS, *(key for provider in PROVIDERS for key in provider.keys)]
    model, url = known.get("SEVENSTEP_MODEL"), known.get("SEVENSTEP_BASE_URL")
    choice = chosen.choice
    if choice.model == OFFLINE and chosen.told:
        why = chosen.told if "is set" in chosen.told else "no key is set and no model named"
        if known.get("OPENAI_BASE_URL"):
            why += "; OPENAI_BASE_URL alone names no model"
    elif chosen.told:
        why = chosen.told.partition(":")[0]
    elif choice.model == ANY_MODEL:
        why = f"named by {'SEVENSTEP_BASE_URL' if choice.base_url == url else '--base-url'}"
    else:
        why = f"named by {'SEVENSTEP_MODEL' if choice.model == model else '--model'}"
    return Configuration(
        keys=tuple(name for name in dict.fromkeys(names) if known.get(name)),
        model=clean(model) or None,
        observer_model=clean(known.get("SEVENSTEP_OBSERVER_MODEL")) or None,
        base_url=clean(without_credentials(url or "")) or None,
        openai_base_url=clean(without_credentials(known.get("OPENAI_BASE_URL", ""))) or None,
        packages=tuple(
            Package(
                provider=provider.title,
                is_installed=provider.is_installed,
                key=provider.key(known),
                install=provider.install,
            )
            for provider in PROVIDERS
        ),
        is_traced=tracing == "true",
        # With the encoding a run of blanks is one token, by the number of bytes it is twenty.
        counts_tokens=count(" " * 80) < 20,
        engine=shown(choice.model, choice.base_url),
        why=why,
    )


def shown(model: str, base_url: str | None) -> str:
    """How a model is called before its server has been asked for its name."""
    if model == OFFLINE:
        return "the offline engine"
    if model == ANY_MODEL:
        return f"the first model of {clean(without_credentials(base_url or OFFICIAL))}"
    return clean(model)


async def found(addresses: Sequence[tuple[str, str]] | None = None) -> tuple[Server, ...]:
    """The servers that answer at these addresses (title and URL) or at the usual ones."""
    servers = []
    for title, url, listed in await local_servers(addresses):
        models = tuple(Served(name=clean(one.name), context=one.context) for one in listed)
        model = shlex.quote(f"openai:{models[0].name}") if models else ""
        command = f"sevenstep practice --base-url {url} --model {model}" if models else None
        servers.append(Server(title=title, url=url, models=models, command=command))
    return tuple(servers)
