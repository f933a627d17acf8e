"""Terms in sentences: order, gaps, stems, negation, slips, lists."""

import pytest

from agent.offline.matcher import TermIndex
from agent.offline.text import sentences

_INDEX = TermIndex(
    {"split": ["split by time"], "leak": ["leakage"], "base": ["baseline", "no need for baseline"]},
    synonyms=[["leakage", "information from the future"]],
)


def found(text: str) -> dict[str, bool]:
    """The groups found in a sentence, with whether they are negated."""
    return {hit.key: hit.negated for s in sentences(text) for hit in _INDEX.hits(s)}


@pytest.mark.parametrize(
    "text",
    [
        "We split by time.",
        "I'd be splitting the rows by time",
        "Split it by event time",
        "SPLITS BY TIME!",
    ],
)
def test_a_term_matches_in_order_stemmed_and_with_two_words_between(text: str) -> None:
    assert "split" in found(text)


@pytest.mark.parametrize(
    "text", ["By time we split.", "We split all of our many rows by time.", "Split. By time."]
)
def test_other_orders_larger_gaps_and_other_sentences_do_not_match(text: str) -> None:
    assert "split" not in found(text)


@pytest.mark.parametrize(
    "text", ["We have leaakage here.", "Beware of leakagge.", "Beware of lekaage."]
)
def test_a_slip_inside_a_long_word_is_forgiven(text: str) -> None:
    assert "leak" in found(text)


def test_another_word_that_looks_alike_is_not_taken_for_a_slip() -> None:
    index = TermIndex({"consent": ["consent"]})
    assert not index.hits(sentences("The content of the page.")[0])


def test_a_synonym_stands_for_the_term() -> None:
    assert "leak" in found("That is information from the future.")


@pytest.mark.parametrize(
    "text", ["There is no leakage.", "We work without any leakage", "rather than leakage"]
)
def test_a_term_in_the_scope_of_a_negation_is_negated(text: str) -> None:
    assert found(text)["leak"]


@pytest.mark.parametrize(
    "text",
    ["Not only leakage matters.", "No, leakage is the problem.", "I do not know, but leakage is."],
)
def test_a_negation_ends_with_its_clause(text: str) -> None:
    assert not found(text)["leak"]


def test_a_term_that_holds_its_own_negation_is_not_negated_by_it() -> None:
    index = TermIndex({"refused": ["no need for baseline"]})
    (hit,) = index.hits(sentences("There is no need for a baseline.")[0])
    assert not hit.negated


def test_hyphenated_words_match_both_ways_of_writing() -> None:
    index = TermIndex({"one": ["precompute"], "two": ["two tower"]})
    hits = index.hits(sentences("We pre-compute a two-tower model.")[0])
    assert {hit.key for hit in hits} == {"one", "two"}


def test_british_and_american_spellings_are_the_same() -> None:
    index = TermIndex({"tuning": ["optimise the behaviour"]})
    assert index.hits(sentences("We optimize the behavior.")[0])


def test_abbreviations_and_decimals_end_no_sentence() -> None:
    assert len(sentences("We use e.g. trees, i.e. 0.5 of them. Then we stop.")) == 2
