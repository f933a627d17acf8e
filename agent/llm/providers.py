"""Which model is meant: names, keys, defaults and packages of the providers.

Nothing is called and nothing imported here; `agent.llm.connect` makes the chat models.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from agent.errors import InputError
from agent.ports import EngineChoice

OFFLINE = "offline"
_OPENAI_NAMES = re.compile(r"(?:gpt-|o\d|chatgpt|ft:gpt-)", re.IGNORECASE)


@dataclass(frozen=True)
class Provider:
    """A provider of models: LangChain's name for it, and what it takes to use it.

    `default` is the model that is taken when only its key is there: one that is quick and
    cheap enough for an interview, and among the better ones.
    """

    id: str
    title: str
    keys: tuple[str, ...]
    default: str
    package: str | None = None
    extra: str | None = None

    @property
    def is_installed(self) -> bool:
        """Whether its package is there."""
        return self.package is None or find_spec(self.package) is not None

    @property
    def install(self) -> str:
        """The command that installs its package."""
        return f"pip install 'sevenstep[{self.extra}]'"

    def key(self, environment: Mapping[str, str] | None = None) -> str | None:
        """The name of the environment variable that holds its key, or None."""
        known = os.environ if environment is None else environment
        return next((name for name in self.keys if known.get(name)), None)


PROVIDERS = (
    Provider("openai", "OpenAI", ("OPENAI_API_KEY",), "gpt-6.1-terra"),
    Provider(
        "anthropic",
        "Anthropic",
        ("ANTHROPIC_API_KEY",),
        "claude-sonnet-5-5",
        "langchain_anthropic",
        "anthropic",
    ),
    Provider(
        "google_genai",
        "Google",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        "gemini-3.8-flash",
        "langchain_google_genai",
        "google",
    ),
    Provider(
        "mistralai",
        "Mistral",
        ("MISTRAL_API_KEY",),
        "mistral-medium-latest",
        "langchain_mistralai",
        "mistral",
    ),
    Provider("ollama", "Ollama", (), "", "langchain_ollama", "ollama"),
)
"""Those that are named in messages and extras; LangChain knows more."""


@dataclass(frozen=True)
class Named:
    """A model's name taken apart; `provider` is None where LangChain has to find it."""

    provider: str | None
    model: str

    @property
    def full(self) -> str:
        """As it is stored and shown."""
        return f"{self.provider}:{self.model}" if self.provider else self.model


def named(text: str, known: frozenset[str], *, own_server: bool) -> Named:
    """Take `provider:model` apart. `known` are the providers' names.

    A model may have a colon in its own name. Without a provider, a server of one's own and
    OpenAI's names speak OpenAI's protocol. Raises InputError for a name that is none.
    """
    before, colon, after = text.strip().partition(":")
    if colon and before in known:
        if not after:
            raise InputError(f"--model {text!r} names no model; write {before}:NAME")
        return Named(before, after)
    if not text.strip() or re.search(r"\s", text.strip()):
        raise InputError(f"{text!r} is no model; write PROVIDER:NAME, or offline")
    if own_server or _OPENAI_NAMES.match(text.strip()):
        return Named("openai", text.strip())
    if colon:
        raise InputError(
            f"unknown provider {before!r} in --model {text!r}; known are {', '.join(sorted(known))}"
        )
    return Named(None, text.strip())


@dataclass(frozen=True)
class Chosen:
    """The engine to use, and the line that says so to the user; empty if he chose it."""

    choice: EngineChoice
    told: str = ""


def chosen(
    model: str | None,
    observer_model: str | None,
    base_url: str | None,
    environment: Mapping[str, str] | None = None,
) -> Chosen:
    """What the options and the environment ask for. Raises InputError if they do not fit."""
    if model == OFFLINE:
        return Chosen(EngineChoice())  # a server or an observer set for good does not matter then
    if model or base_url:
        return Chosen(
            EngineChoice(model=model or ANY_MODEL, observer_model=observer_model, base_url=base_url)
        )
    missing = ""
    for provider in PROVIDERS:
        key = provider.key(environment)
        if key is None:
            continue
        if not provider.is_installed:
            missing = missing or (
                f"{key} is set, but the package for {provider.title}'s models is missing: "
                f"{provider.install}"
            )
            continue
        name = f"{provider.id}:{provider.default}"
        return Chosen(
            EngineChoice(model=name, observer_model=observer_model),
            f"{key} is set: {name} interviews (--model names another, --model offline none).",
        )
    if observer_model:
        raise InputError("--observer-model needs a model that speaks; name it with --model")
    return Chosen(EngineChoice(), missing or NO_MODEL)


ANY_MODEL = "openai:first-listed"
"""Stands for whatever model a server lists first; see `agent.llm.connect`."""

NO_MODEL = (
    "The offline engine interviews: it asks authored questions and matches wording. For a "
    "language model set a key such as OPENAI_API_KEY, or name one with --model; "
    "`sevenstep doctor` helps."
)
