"""Which model is meant, and the chat model that its name stands for."""

import asyncio
import importlib.util

import pytest
from langchain_core.language_models import GenericFakeChatModel

from agent.errors import EngineUnavailableError, InputError
from agent.llm import connect as connecting
from agent.llm.chat import Chat, Limits, Method
from agent.llm.connect import connect, known_providers, official_base_url
from agent.llm.langchain_chat import LangChainChat
from agent.llm.openai_chat import OpenAIChat
from agent.llm.providers import NO_MODEL, PROVIDERS, Named, Provider, chosen, named
from agent.ports import EngineChoice
from evals.fakellm.chat import ChatRequest
from evals.fakellm.server import FakeLLM
from tests.transport_support import ASKED, saying

KNOWN = frozenset({"openai", "anthropic", "ollama"})
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def everything_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Provider, "is_installed", True)


@pytest.fixture
def only_openai_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.llm.providers.find_spec", lambda _: None)


# Names.


@pytest.mark.parametrize(
    ("text", "own_server", "name"),
    [
        ("openai:gpt-4o", False, Named("openai", "gpt-4o")),
        (" anthropic:claude-x ", False, Named("anthropic", "claude-x")),
        ("ollama:llama3:8b", False, Named("ollama", "llama3:8b")),
        ("gpt-4o-mini", False, Named("openai", "gpt-4o-mini")),
        ("o3", False, Named("openai", "o3")),
        ("ft:gpt-4o:me::1", False, Named("openai", "ft:gpt-4o:me::1")),
        ("claude-x", False, Named(None, "claude-x")),
        ("llama3:8b", True, Named("openai", "llama3:8b")),
        ("org/model", True, Named("openai", "org/model")),
        ("anthropic:claude-x", True, Named("anthropic", "claude-x")),
    ],
)
def test_a_name_is_taken_apart(text: str, own_server: bool, name: Named) -> None:
    assert named(text, KNOWN, own_server=own_server) == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openai:", "--model 'openai:' names no model; write openai:NAME"),
        ("", "'' is no model; write PROVIDER:NAME, or offline"),
        ("two words", "'two words' is no model"),
        ("opanai:gpt-4o", "unknown provider 'opanai' in --model 'opanai:gpt-4o'; known are anthr"),
        (":x", "unknown provider ''"),
    ],
)
def test_what_is_no_name_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        named(text, KNOWN, own_server=False)


def test_langchains_list_of_providers_is_read() -> None:
    known = known_providers()
    assert {one.id for one in PROVIDERS} | {"groq", "azure_openai", "bedrock_converse"} <= known
    assert not {"supported", "model", "providers", "are", "no_such_provider"} & known


# The choice.


def test_without_a_key_the_offline_engine_interviews() -> None:
    assert chosen(None, None, None, {}) == chosen("", None, "", {})
    assert chosen(None, None, None, {}).choice == EngineChoice()
    assert chosen(None, None, None, {}).told == NO_MODEL


def test_a_key_that_is_empty_is_none() -> None:
    assert chosen(None, None, None, {"OPENAI_API_KEY": ""}).told == NO_MODEL


@pytest.mark.usefixtures("everything_installed")
@pytest.mark.parametrize("provider", [one for one in PROVIDERS if one.keys])
def test_the_provider_whose_key_is_set_is_taken(provider: Provider) -> None:
    for key in provider.keys:
        found = chosen(None, None, None, {key: "x"})
        assert found.choice.model == f"{provider.id}:{provider.default}"
        assert found.told.startswith(f"{key} is set: {provider.id}:")


@pytest.mark.usefixtures("everything_installed")
def test_of_several_keys_the_first_provider_is_taken() -> None:
    keys = {"MISTRAL_API_KEY": "x", "ANTHROPIC_API_KEY": "x"}
    assert chosen(None, None, None, keys).choice.model.startswith("anthropic:")


@pytest.mark.usefixtures("only_openai_installed")
def test_a_key_whose_package_is_missing_is_passed_over() -> None:
    keys = {"ANTHROPIC_API_KEY": "x", "OPENAI_API_KEY": "x"}
    assert chosen(None, None, None, keys).choice.model.startswith("openai:")


@pytest.mark.usefixtures("only_openai_installed")
def test_a_package_that_is_missing_is_named_with_its_command() -> None:
    found = chosen(None, None, None, {"ANTHROPIC_API_KEY": "x", "MISTRAL_API_KEY": "x"})
    assert found.choice == EngineChoice()
    assert found.told == (
        "ANTHROPIC_API_KEY is set, but the package for Anthropic's models is missing: "
        "pip install 'sevenstep[anthropic]'"
    )


def test_a_model_that_is_named_is_taken_without_a_word() -> None:
    found = chosen("anthropic:x", "openai:y", None, {"OPENAI_API_KEY": "x"})
    assert found.choice == EngineChoice(model="anthropic:x", observer_model="openai:y")
    assert found.told == ""


@pytest.mark.parametrize("rest", [(None, None), ("openai:y", None), (None, NOWHERE)])
def test_offline_is_a_choice_whatever_else_is_set(rest: tuple[str | None, str | None]) -> None:
    assert chosen("offline", *rest, {"OPENAI_API_KEY": "x"}).choice == EngineChoice()


def test_an_address_alone_means_whatever_model_is_there() -> None:
    choice = chosen(None, None, NOWHERE, {}).choice
    assert choice == EngineChoice(model="openai:first-listed", base_url=NOWHERE)


def test_an_observer_beside_the_model_that_a_key_stands_for() -> None:
    choice = chosen(None, "openai:y", None, {"OPENAI_API_KEY": "x"}).choice
    assert choice.observer_model == "openai:y"
    assert choice.model.startswith("openai:")


def test_an_observer_without_a_speaker_is_refused() -> None:
    with pytest.raises(InputError, match="--observer-model needs a model that speaks"):
        chosen(None, "openai:y", None, {})


# The connection.


def connected(model: str, url: str | None = None) -> Chat:
    """The chat model, closed again."""

    async def made() -> Chat:
        chat = await connect(model, url, Limits())
        await chat.close()
        return chat

    return asyncio.run(made())


def test_a_model_of_openai_needs_a_key() -> None:
    with pytest.raises(InputError, match="no OPENAI_API_KEY is set for openai:gpt-4o; set it"):
        connected("openai:gpt-4o")


def test_a_model_of_openai_is_not_asked_for_before_it_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    chat = connected("gpt-4o-mini")
    assert isinstance(chat, OpenAIChat)
    assert (chat.name, chat.traits.context) == ("openai:gpt-4o-mini", 128_000)


def test_openai_has_too_many_models_to_take_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    with pytest.raises(InputError, match="name one with --model"):
        connected("openai:first-listed", "https://api.openai.com/v1")


def test_a_provider_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="unknown provider 'nobody'"):
        connected("nobody:x")


def test_a_model_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="unknown model 'some-model'"):
        connected("some-model")


@pytest.mark.parametrize("provider", [one for one in PROVIDERS if one.package])
def test_a_provider_whose_package_is_missing_names_the_command(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.llm.providers.find_spec", lambda _: None)
    with pytest.raises(InputError, match=rf"pip install 'sevenstep\[{provider.extra}\]'"):
        connected(f"{provider.id}:x")


@pytest.mark.skipif(importlib.util.find_spec("langchain_groq") is not None, reason="it is there")
def test_a_package_that_langchain_misses_is_named_too() -> None:
    with pytest.raises(InputError, match=r"groq:x cannot be used: .*langchain-groq"):
        connected("groq:x")


async def first_asked(server: FakeLLM, model: str) -> tuple[Chat, ChatRequest]:
    """A chat model of a server of one's own, and what it asks."""
    async with server:
        chat = await connect(model, server.url, Limits())
        try:
            await chat.complete(ASKED, shape=None, method=Method.prompted, max_tokens=9)
        finally:
            await chat.close()
    return chat, server.requests[0]


@pytest.mark.parametrize("model", ["openai:first-listed", "openai:b", "b"])
def test_a_server_of_ones_own_has_the_model_and_its_context(model: str) -> None:
    server = FakeLLM(saying(), models=("b", "c"), context_length=4096, keep_requests=True)
    chat, request = asyncio.run(first_asked(server, model))
    assert (chat.name, request.model, chat.traits.context) == ("openai:b", "b", 4096)
    assert set(request.body) == {"model", "messages", "max_tokens", "temperature"}


def test_a_model_that_a_server_does_not_list_is_asked_for_all_the_same() -> None:
    chat, request = asyncio.run(first_asked(FakeLLM(saying(), keep_requests=True), "x"))
    assert (request.model, chat.traits.context) == ("x", None)


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "SEVENSTEP_API_KEY"])
def test_a_server_of_ones_own_gets_the_key(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "sk-right")
    server = FakeLLM(saying(), api_key="sk-right", keep_requests=True)
    _, request = asyncio.run(first_asked(server, "openai:first-listed"))
    assert request.bearer == "sk-right"


def test_a_server_that_is_down_cannot_be_asked_for_its_first_model() -> None:
    with pytest.raises(EngineUnavailableError, match=f"{NOWHERE} does not answer; start it"):
        connected("openai:first-listed", NOWHERE)


def test_a_server_that_is_down_may_be_up_when_it_is_needed() -> None:
    assert connected("openai:x", NOWHERE).name == "openai:x"


def test_a_server_without_a_model_needs_one() -> None:
    async def called() -> None:
        async with FakeLLM(saying(), models=()) as server:
            await connect("openai:first-listed", server.url, Limits())

    with pytest.raises(InputError, match="has no model"):
        asyncio.run(called())


@pytest.mark.parametrize("url", ["http://[::1", "http://me:secret-1@[::1"])
def test_an_address_that_is_none_is_refused_without_its_login(url: str) -> None:
    with pytest.raises(InputError, match="--base-url") as seen:
        connected("openai:x", url)
    assert "secret-1" not in str(seen.value)


@pytest.mark.parametrize(
    ("url", "variable", "official"),
    [
        (None, None, True),
        ("https://api.openai.com/v1", None, True),
        (NOWHERE, None, False),
        (None, NOWHERE, False),
    ],
)
def test_prices_are_known_of_openai_itself_alone(
    url: str | None, variable: str | None, official: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable is not None:
        monkeypatch.setenv("OPENAI_BASE_URL", variable)
    assert official_base_url(url) is official


@pytest.mark.parametrize("refused", [(), ("timeout", "max_retries")])
def test_other_providers_go_through_langchain(
    refused: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def init_chat_model(model: str, **options: object) -> GenericFakeChatModel:
        if any(name in options for name in refused):
            raise TypeError("no such option")
        made.append((model, options["model_provider"], options["base_url"]))
        return GenericFakeChatModel(messages=iter(()), profile={"max_input_tokens": 7})

    made: list[tuple[object, ...]] = []
    monkeypatch.setattr("langchain.chat_models.init_chat_model", init_chat_model)
    monkeypatch.setattr(connecting, "known_providers", lambda: KNOWN)
    monkeypatch.setattr(Provider, "is_installed", True)
    chat = connected("anthropic:claude-x", NOWHERE)
    assert isinstance(chat, LangChainChat)
    assert made == [("claude-x", "anthropic", NOWHERE)]
    assert (chat.name, chat.traits.context) == ("anthropic:claude-x", 7)
    assert Method.json_mode not in chat.traits.methods
