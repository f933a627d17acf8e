"""Makes the chat model that a name stands for.

OpenAI and servers that speak its protocol go through the openai client, all other providers
through LangChain's `init_chat_model`. Which name is meant is decided in `agent.llm.providers`.
"""

import os
import re
from functools import cache
from typing import Any

from agent.errors import EngineUnavailableError, InputError
from agent.llm.chat import Chat, Limits, Method, Traits
from agent.llm.faults import fault_of
from agent.llm.prices import context_of
from agent.llm.providers import ANY_MODEL, PROVIDERS, Named, named
from agent.llm.servers import Listed, listed_models

_OFFICIAL = "api.openai.com"
_REASONING = re.compile(r"(?:o\d|gpt-[5-9])", re.IGNORECASE)
_NO_KEY = "no-key-needed"
_ANSWER_TOKENS = 6_000
_LANGCHAIN_OPTIONS: tuple[dict[str, Any], ...] = ({"max_retries": 0, "timeout": 180.0}, {})


@cache
def known_providers() -> frozenset[str]:
    """LangChain's names of providers. It has no public list, but its error message names all."""
    from langchain.chat_models import init_chat_model

    try:
        init_chat_model("none", model_provider="no-such-provider")
    except ValueError as error:
        found = re.findall(r"[a-z][a-z_]+", str(error).rpartition(":")[2])
        return frozenset(found) | {provider.id for provider in PROVIDERS}
    raise AssertionError("LangChain accepted a provider that does not exist")


def official_base_url(base_url: str | None) -> bool:
    """Whether calls go to OpenAI itself, whose prices are known."""
    url = base_url or os.environ.get("OPENAI_BASE_URL") or _OFFICIAL
    return _OFFICIAL in url


async def connect(model: str, base_url: str | None, limits: Limits) -> Chat:
    """The chat model `provider:model`, perhaps on a server of one's own.

    Raises InputError for a name, key or package that is missing, EngineUnavailableError for a
    server that has to be asked and does not answer.
    """
    name = model if model == ANY_MODEL else _named(model, base_url).full
    if name.startswith("openai:"):
        return await _openai(name.removeprefix("openai:"), base_url, limits)
    return _langchain(_named(model, base_url), base_url, limits)


def _named(model: str, base_url: str | None) -> Named:
    # LangChain takes a second to import, which OpenAI's names do not need.
    if model.startswith("openai:") and model != "openai:":
        return Named("openai", model.removeprefix("openai:"))
    return named(model, known_providers(), own_server=base_url is not None)


async def _openai(model: str, base_url: str | None, limits: Limits) -> Chat:
    import openai

    from agent.llm.openai_chat import Dialect, OpenAIChat

    own = not official_base_url(base_url)
    key = os.environ.get("SEVENSTEP_API_KEY") or os.environ.get("OPENAI_API_KEY")
    if not key and not own:
        raise InputError(
            f"no OPENAI_API_KEY is set for openai:{model}; set it, name a server with "
            "--base-url, or take --model offline"
        )
    try:
        client = openai.AsyncOpenAI(
            api_key=key or _NO_KEY, base_url=base_url, max_retries=0, timeout=limits.whole
        )
    except Exception as error:
        raise InputError(f"--base-url {base_url!r} cannot be used: {fault_of(error)}") from error
    context = None
    if own:
        listed = await listed_models(str(client.base_url), key or _NO_KEY)
        model, context = _fitting(model, listed, base_url)
    reasons = not own and _REASONING.match(model) is not None
    return OpenAIChat(
        f"openai:{model}",
        client,
        model=model,
        dialect=Dialect(
            max_tokens="max_tokens" if own else "max_completion_tokens",
            reasoning="low" if reasons else None,
            temperature=None if reasons else 0.0,
        ),
        traits=Traits(context=context if own else context_of(f"openai:{model}")),
        limits=limits,
    )


def _fitting(
    model: str, listed: list[Listed] | None, base_url: str | None
) -> tuple[str, int | None]:
    """The model's name on this server, and its context length if the server tells it."""
    if model != ANY_MODEL.removeprefix("openai:"):
        return model, next((one.context for one in listed or () if one.name == model), None)
    if listed is None:
        raise EngineUnavailableError(
            f"the server at {base_url} does not answer; start it, or correct --base-url "
            "(`sevenstep doctor` finds local ones)"
        )
    if not listed:
        raise InputError(f"the server at {base_url} lists no model; name one with --model")
    return listed[0].name, listed[0].context


def _langchain(name: Named, base_url: str | None, limits: Limits) -> Chat:
    from langchain.chat_models import init_chat_model

    from agent.llm.langchain_chat import LangChainChat

    _require_package(name)
    options: dict[str, Any] = {"max_tokens": _ANSWER_TOKENS}
    if base_url is not None:
        options["base_url"] = base_url
    fault: Exception | None = None
    for more in _LANGCHAIN_OPTIONS:
        try:
            model = init_chat_model(name.model, model_provider=name.provider, **options, **more)
        except (TypeError, ValueError, ImportError) as error:
            # Not every provider takes every option; the second round has only those of all.
            fault = error
            continue
        except Exception as error:
            raise InputError(f"{name.full} cannot be used: {fault_of(error)}") from error
        profile = model.profile or {}
        full = name.full if name.provider else f"{_provider_of(model)}:{name.model}"
        return LangChainChat(
            full,
            model,
            traits=Traits(
                context=profile.get("max_input_tokens") or context_of(full),
                methods=_methods(full, dict(profile)),
            ),
            limits=limits,
        )
    raise InputError(f"{name.full} cannot be used: {fault_of(fault)}") from fault  # type: ignore[arg-type]


def _require_package(name: Named) -> None:
    for provider in PROVIDERS:
        if provider.id == name.provider and not provider.is_installed:
            raise InputError(
                f"the package for {provider.title}'s models is not installed; run: "
                f"{provider.install}"
            )


def _provider_of(model: object) -> str:
    """The provider that LangChain found for a bare model name."""
    module = type(model).__module__.partition(".")[0]
    return module.removeprefix("langchain_")


def _methods(full: str, profile: dict[str, Any]) -> tuple[Method, ...]:
    """Ways to structured answers worth trying, best first."""
    methods = list(Method)
    if profile.get("structured_output") is False:
        methods.remove(Method.json_schema)
    if full.startswith("anthropic:"):
        methods.remove(Method.json_mode)
    return tuple(methods)
