"""From passages to levels: what earns one, and what does not."""

import pytest

from agent.offline.levels import Found, Reader
from agent.offline.text import sentences
from tests.support import rubric, scenario

_READER = Reader(rubric(), scenario())


def found(*turns: str, criterion: str = "baseline") -> Found:
    """What these turns hold for a criterion of the Netflix scenario."""
    return _READER.read_all(enumerate(turns)).found(rubric().criterion(criterion))


def test_the_idea_named_alone_earns_level_one() -> None:
    assert found("We need a baseline.").level == 1


def test_the_idea_made_specific_to_the_problem_earns_level_two() -> None:
    text = "As a baseline we show the most popular titles in each country to every viewer."
    assert found(text).level == 2


def test_a_negated_idea_earns_nothing() -> None:
    assert found("We don't need any baseline.").level == 0


def test_a_question_earns_nothing() -> None:
    assert found("Should I begin with a baseline of the most popular titles?").level == 0


def test_saying_it_again_adds_nothing() -> None:
    text = "We need a baseline because it is simple."
    once, often = found(text), found(text, text, f"{text} {text}")
    assert (once.reasons, once.ideas) == (often.reasons, often.ideas)


@pytest.mark.parametrize(
    "text",
    [
        "Popularity, baseline, heuristics, BM25, logistic regression, matrix factorisation.",
        "From a models standpoint we align popularity, BM25, SVD, heuristics and baselines.",
        "Baseline. Heuristics. BM25.",
    ],
)
def test_terms_in_a_mere_list_earn_level_one_at_most(text: str) -> None:
    assert found(text).level <= 1


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("We use NDCG, MRR, MAP, CTR and AUC.", 4),
        ("On-time rate, p95, p99, A/B tests, H3 and drift.", 13),
        ("We use NDCG and recall because order counts.", 0),
        ("First the logs, then what we know of the title, and last what the viewer did.", 0),
    ],
)
def test_an_enumeration_is_a_run_of_bare_terms(text: str, listed: int) -> None:
    (sentence,) = sentences(text)
    assert len(sentence.enumerated) == listed


def test_quotes_are_sentences_of_the_turn_they_name() -> None:
    turns = ("Hello there.", "We need a baseline. It shows popular titles by country.")
    for turn, quote in found(*turns).quotes:
        assert quote in turns[turn]


_BASELINE = "As a baseline we show the most popular titles in each country to every viewer."
_ROLLOUT = (
    "The rollout starts in shadow mode, then a canary on 1% of accounts. A flag rolls it back "
    "at once, because a broken page costs us viewers."
)


def test_what_stands_in_another_paragraph_does_not_lift_a_level() -> None:
    assert found(f"{_BASELINE}\n\n{_ROLLOUT}").level == found(_BASELINE).level == 2


def test_an_idea_in_passing_in_a_paragraph_about_something_else_counts_for_nothing() -> None:
    passing = _ROLLOUT.replace("shadow mode", "shadow mode beside the baseline")
    assert found(f"{passing}\n\nThat was all.").level == 0


def test_speech_adds_up_over_turns() -> None:
    reason = "Popular titles stay as a baseline, because monthly retraining comes too late."
    assert found(_BASELINE).level < found(_BASELINE, reason).level


@pytest.mark.parametrize(
    ("text", "argues"),
    [
        ("A score per household would mix two tastes.", True),
        ("I do not aim at clicks.", True),
        ("Weekly, since titles age fast.", True),
        ("I would show popular titles.", False),
        ("We have had the logs since 2019.", False),
        ("As a baseline we show popular titles.", False),
    ],
)
def test_grammar_tells_what_is_weighed_from_what_is_planned(text: str, argues: bool) -> None:
    (sentence,) = sentences(text)
    assert sentence.argues is argues


def test_a_word_of_everyday_business_is_no_risk() -> None:
    eta = Reader(rubric(), scenario("delivery_eta"))
    for reader, is_risk in ((_READER, True), (eta, False)):
        (read,) = reader.read(0, "Orders that come late are counted.").sentences
        assert read.risk is is_risk


def test_a_paragraph_mainly_about_it_counts_without_the_ideas_that_are_listed() -> None:
    text = (
        "One board shows late pages for every country. If they double, somebody is called out of "
        "bed, and yesterday's pages come back for all viewers."
    )
    alone = found(f"{text}\n\n{_BASELINE}", criterion="operations")
    assert (alone.level, alone.in_words_alone) == (2, True)
    general = text.replace(" for every country", "").replace("viewers", "of them")
    assert found(f"{general}\n\n{_BASELINE}", criterion="operations").level == 0
