"""What an engine's work takes is measured: calls, tokens, price, time to the first word."""

import pytest

from agent.llm.chat import Message, Tokens
from agent.llm.meter import Meter
from agent.llm.prices import context_of, cost_usd
from agent.llm.providers import PROVIDERS, Provider
from agent.usage import ModelUsage, Spent

ASKED = (Message("system", "You are terse."), Message("user", "Begin."))
MODEL = "openai:gpt-4o-mini"


class Watch:
    """Seconds that pass as a test says."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def meter(watch: Watch) -> Meter:
    return Meter(watch)


def called(meter: Meter, tokens: Tokens | None = None, *, priced: bool = True) -> ModelUsage:
    meter.called(MODEL, tokens, ASKED, "Hello there.", priced=priced)
    [usage] = meter.read().models
    return usage


def test_calls_to_a_model_are_added_up_until_they_are_read(meter: Meter) -> None:
    for tokens in (Tokens(100, 40, 5), Tokens(10, 0, 5)):
        meter.called(MODEL, tokens, ASKED, "", priced=False)
    assert meter.read().models == (
        ModelUsage(model=MODEL, calls=2, input_tokens=110, cached_tokens=40, output_tokens=10),
    )
    assert meter.read() == Spent()


def test_models_are_told_apart(meter: Meter) -> None:
    for name in ("openai:a", "openai:b", "openai:a"):
        meter.called(name, Tokens(1, 0, 1), ASKED, "", priced=False)
    assert [(m.model, m.calls) for m in meter.read().models] == [("openai:a", 2), ("openai:b", 1)]


def test_tokens_that_the_server_does_not_tell_are_counted(meter: Meter) -> None:
    usage = called(meter)
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (6, 3, True)


def test_a_call_has_its_price(meter: Meter) -> None:
    cost = called(meter, Tokens(1_000_000, 0, 1_000_000)).cost_usd
    assert cost == pytest.approx(0.15 + 0.60)


def test_cached_tokens_are_cheaper() -> None:
    dear, cheap = cost_usd(MODEL, Tokens(1000, 0, 1)), cost_usd(MODEL, Tokens(1000, 900, 1))
    assert dear is not None
    assert cheap is not None
    assert 0 < cheap < dear


def test_a_server_of_ones_own_has_no_price(meter: Meter) -> None:
    assert called(meter, Tokens(1, 0, 1), priced=False).cost_usd is None


@pytest.mark.parametrize("name", ["openai:no-such-model", "ollama:llama3", "nobody:x", "openai:"])
def test_a_price_and_a_context_that_are_not_known_are_none(name: str) -> None:
    assert cost_usd(name, Tokens(1, 0, 1)) is None
    assert context_of(name) is None


def test_counts_that_cannot_be_have_no_price() -> None:
    assert cost_usd(MODEL, Tokens(100, 200, 1)) is None


@pytest.mark.parametrize("provider", [one for one in PROVIDERS if one.default])
def test_what_is_taken_by_default_has_a_price(provider: Provider) -> None:
    assert cost_usd(f"{provider.id}:{provider.default}", Tokens(1000, 0, 1000))


def test_the_context_of_a_model_is_known() -> None:
    assert context_of(MODEL) == 128_000


def test_the_first_word_is_timed_from_taking_up_the_message(meter: Meter, watch: Watch) -> None:
    meter.begin()
    watch.now += 2
    meter.begin()
    watch.now += 1
    meter.first_word()
    watch.now += 5
    meter.first_word()
    assert meter.read().first_word_seconds == 3


def test_a_turn_that_is_read_before_its_first_word_goes_on(meter: Meter, watch: Watch) -> None:
    meter.begin()
    watch.now += 2
    assert meter.read().first_word_seconds is None
    watch.now += 1
    meter.first_word()
    assert meter.read().first_word_seconds == 3


def test_the_next_turn_has_a_time_of_its_own(meter: Meter, watch: Watch) -> None:
    for seconds in (3, 1):
        meter.begin()
        watch.now += seconds
        meter.first_word()
        assert meter.read().first_word_seconds == seconds


def test_words_that_nobody_waited_for_have_no_time(meter: Meter) -> None:
    meter.first_word()
    assert meter.read().first_word_seconds is None


def test_why_sentences_were_not_said_is_told_once(meter: Meter) -> None:
    meter.refused("two questions")
    assert meter.read().refused == ("two questions",)
    assert meter.read().refused == ()
