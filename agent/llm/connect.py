"""Makes the chat model that a name stands for.

OpenAI and servers that speak its protocol go through the openai client, all other providers
through LangChain's `init_chat_model`. Which name is meant is decided in `agent.llm.providers`.
"""

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from agent.errors import EngineUnavailableError, InputError
from agent.llm.chat import Chat, Limits, Method, Traits
from agent.llm.faults import fault_of
from agent.llm.langsmith_runs import sent_to_langsmith
from agent.llm.prices import context_of
from agent.llm.providers import ANY_MODEL, OFFLINE, PROVIDERS, Named, named
from agent.llm.redact import without_credentials
from agent.llm.servers import Answer, Listed, asked
from agent.ports import EngineChoice

if TYPE_CHECKING:
    from agent.llm.openai_chat import OpenAIChat

OPENAI_KEYS = ("SEVENSTEP_API_KEY", "OPENAI_API_KEY")
"""Variables that hold the key for OpenAI's protocol; the first that is set counts."""

_OFFICIAL = "api.openai.com"
_REASONING = re.compile(r"(?:o\d|gpt-[5-9])", re.IGNORECASE)
_NO_KEY = "no-key-needed"
_THINKING_TOKENS = 4_000
_BOUNDED = ("llamacpp",)
"""Servers whose grammars let small models write on without end."""
_ANSWER_TOKENS = 16_000
"""More than any answer needs; providers' own defaults would cut long ones off."""
_OLLAMA_ANSWER_TOKENS = 6_000
_OLLAMA_CONTEXT = 16_384
_LANGCHAIN_OPTIONS: dict[str, Any] = {"max_retries": 0, "timeout": 180.0}


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


def openai_key() -> str | None:
    """The name of the variable that holds the key for OpenAI's protocol, or None."""
    return next((name for name in OPENAI_KEYS if os.environ.get(name)), None)


def official_base_url(base_url: str | None) -> bool:
    """Whether calls go to OpenAI itself, whose prices are known."""
    url = base_url or os.environ.get("OPENAI_BASE_URL") or _OFFICIAL
    return _OFFICIAL in url


async def connect(
    model: str, base_url: str | None, limits: Limits, *, temperature: float | None = None
) -> Chat:
    """The chat model `provider:model`, perhaps on a server of one's own.

    `temperature` None takes 0 with OpenAI's protocol and the provider's usual one elsewhere; a
    model that takes none is asked without. Raises InputError for a name, key or package that
    is missing, EngineUnavailableError for a server that has to be asked and does not answer.
    """
    name = parsed(model, base_url)
    if name.provider == "openai":
        return sent_to_langsmith(
            await connect_openai(name.model, base_url, limits, temperature=temperature or 0.0)
        )
    return _langchain(name, base_url, limits, temperature)


def parsed(model: str, base_url: str | None) -> Named:
    """The name taken apart; raises InputError for one that is none."""
    # LangChain takes a second to import, which OpenAI's names do not need.
    if model.startswith("openai:") and model != "openai:":
        return Named("openai", model.removeprefix("openai:"))
    return named(model, known_providers(), own_server=base_url is not None)


def require_named(choice: EngineChoice) -> None:
    """Raise InputError if a model of this choice has a name that is none; nothing is called."""
    for name in (choice.model, choice.observer_model):
        if name is not None and name != OFFLINE:
            parsed(name, choice.base_url)


async def connect_openai(
    model: str, base_url: str | None, limits: Limits, *, temperature: float
) -> "OpenAIChat":
    """The chat model of this name behind OpenAI's protocol; raises as `connect` does."""
    import openai

    from agent.llm.certificates import certificates
    from agent.llm.dialect import Dialect
    from agent.llm.openai_chat import PATH, OpenAIChat
    from agent.llm.post import Post

    own = not official_base_url(base_url)
    key = os.environ.get(openai_key() or "")
    if not key and not own:
        raise InputError(
            f"no OPENAI_API_KEY is set for openai:{model}; set it, name a server with "
            "--base-url, or take --model offline"
        )
    # Over aiohttp a call takes half the computing time that it takes over httpx.
    http = openai.DefaultAioHttpClient(verify=certificates())
    try:
        client = openai.AsyncOpenAI(
            api_key=key or _NO_KEY,
            base_url=base_url,
            max_retries=0,
            timeout=limits.whole,
            http_client=http,
        )
    except Exception as error:
        url = without_credentials(base_url or "")
        raise InputError(f"--base-url {url!r} cannot be used: {fault_of(error)}") from error
    login: tuple[str, str] | None = None
    listed = Listed(model, context_of(f"openai:{model}"))
    if not own and model == ANY_MODEL.removeprefix("openai:"):
        raise InputError("OpenAI has many models; name one with --model openai:NAME")
    if own:
        url = str(client.base_url)
        listed = _fitting(model, await asked(url, key or _NO_KEY), url)
        if client.base_url.userinfo:
            # aiohttp takes them in the address or in a header, and not in both.
            http.auth = login = (client.base_url.username, client.base_url.password)
            client.base_url = client.base_url.copy_with(username=None, password=None)
    reasons = not own and _REASONING.match(model) is not None
    return OpenAIChat(
        f"openai:{listed.name}",
        client,
        Post.of(client, PATH, login),
        model=listed.name,
        dialect=Dialect(
            max_tokens="max_tokens" if own else "max_completion_tokens",
            reasoning="low" if reasons else None,
            temperature=None if reasons else temperature,
            thinking=_THINKING_TOKENS if reasons else 0,
            bounded=listed.owner in _BOUNDED,
        ),
        traits=Traits(context=listed.context),
        limits=limits,
    )


def _fitting(model: str, answer: Answer, url: str) -> Listed:
    """The model on this server, with what the server tells of it."""
    if model != ANY_MODEL.removeprefix("openai:"):
        listed = answer.models or ()
        return next((one for one in listed if one.name == model), Listed(model, None))
    server = f"the server at {without_credentials(url).rstrip('/')}"
    if answer.status == 0:
        raise EngineUnavailableError(
            f"{server} does not answer; start it, or correct --base-url "
            "(`sevenstep doctor` finds local ones)"
        )
    if answer.status in (401, 403):
        raise EngineUnavailableError(
            f"{server} refuses the key (HTTP {answer.status}); put the right one into "
            f"{openai_key() or OPENAI_KEYS[0]}"
        )
    if answer.models is None:
        raise EngineUnavailableError(
            f"{server} lists no models (HTTP {answer.status}); correct --base-url, which "
            "usually ends in /v1, or name a model with --model"
        )
    if not answer.models:
        raise InputError(f"{server} has no model; load one, or name one with --model")
    return answer.models[0]


def _langchain(
    name: Named, base_url: str | None, limits: Limits, temperature: float | None
) -> Chat:
    from langchain.chat_models import init_chat_model

    from agent.llm.langchain_chat import LangChainChat, seed_field

    _require_package(name)
    options: dict[str, Any] = {"max_tokens": _ANSWER_TOKENS}
    if name.provider == "ollama":
        # Without it Ollama silently cuts every prompt to a few thousand tokens.
        options = {"num_predict": _OLLAMA_ANSWER_TOKENS, "num_ctx": _OLLAMA_CONTEXT}
    if base_url is not None:
        options["base_url"] = base_url
    fault: Exception | None = None
    warm = {} if temperature is None else {"temperature": temperature}
    for more in ({**_LANGCHAIN_OPTIONS, **warm}, _LANGCHAIN_OPTIONS, {}):
        try:
            model = init_chat_model(name.model, model_provider=name.provider, **options, **more)
        except (TypeError, ValueError, ImportError) as error:
            # Not every provider takes every option; the last round has only those of all.
            fault = error
            if name.provider is None and "infer model provider" in str(error):
                break
            continue
        except Exception as error:
            raise InputError(f"{name.full} cannot be used: {fault_of(error)}") from error
        profile = model.profile or {}
        if "temperature" in more and profile.get("temperature") is False:
            continue
        full = name.full if name.provider else f"{_provider_of(model)}:{name.model}"
        return LangChainChat(
            full,
            model,
            traits=Traits(
                context=options.get("num_ctx")
                or profile.get("max_input_tokens")
                or context_of(full),
                methods=_methods(full, dict(profile)),
                takes_seed=seed_field(model) is not None,
            ),
            limits=limits,
        )
    if name.provider is None:
        raise InputError(
            f"unknown model {name.model!r}; write PROVIDER:NAME, such as openai:NAME, or offline"
        ) from fault
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
