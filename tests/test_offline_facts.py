"""Clarifying questions in natural words find the right fact, or none."""

import pytest

from agent.offline.facts import FactFinder
from agent.offline.text import sentences
from agent.scenario import Fact
from tests.support import SCENARIOS, scenario

ASKED = [
    ("card_fraud", "What is the number of payments we see each day?", "traffic"),
    ("card_fraud", "How many requests per second should it handle at peak?", "traffic"),
    ("card_fraud", "How long do we have to make a decision on each payment?", "latency"),
    ("card_fraud", "How is fraud being stopped right now?", "current_system"),
    ("card_fraud", "What sort of fraud do we mostly see?", "fraud_types"),
    ("card_fraud", "Do cardholders pay abroad as well?", "channels"),
    ("cloud_autoscaling", "How big is the fleet?", "fleet_size"),
    ("cloud_autoscaling", "How does scaling work at the moment?", "current_scaler"),
    ("cloud_autoscaling", "How often do teams ship new code?", "deploys"),
    ("cloud_autoscaling", "How much money do we want to save?", "savings_goal"),
    ("delivery_eta", "What QPS does the ETA service have to take?", "eta_requests"),
    ("delivery_eta", "What is the business trying to improve?", "business_goal"),
    ("delivery_eta", "Is it worse to be late or to be early?", "error_cost"),
    ("delivery_eta", "How big is the team and what is the budget?", "budget_team"),
    ("marketplace_search", "What is the size of the catalogue?", "catalogue"),
    ("marketplace_search", "How many people use the site?", "buyers_and_traffic"),
    ("marketplace_search", "How soon must a new listing be searchable?", "freshness"),
    ("marketplace_search", "Do we also rank the ads?", "sponsored"),
    ("netflix_recs", "How quickly does the page need to load?", "latency_budget"),
    ("netflix_recs", "What's running in production at the moment?", "current_system"),
    ("netflix_recs", "What QPS are we looking at?", "traffic"),
    ("netflix_recs", "May we use age or gender?", "privacy"),
    ("support_routing", "How frequently do the teams change?", "cold_start"),
    ("support_routing", "Do tickets contain pictures?", "channels"),
    ("support_routing", "How reliable are the labels?", "label_quality"),
    ("support_routing", "Can we look up the customer's orders?", "customer_context"),
]
BEYOND = [
    ("card_fraud", "What's the colour of the app's logo?"),
    ("cloud_autoscaling", "Which language are the services written in?"),
    ("delivery_eta", "Which payment methods do customers use?"),
    ("marketplace_search", "What do the sellers' photos look like?"),
    ("netflix_recs", "Who composes the music for the trailers?"),
    ("support_routing", "Which brand of coffee do agents drink?"),
]


def found(name: str, question: str) -> list[str]:
    finder = FactFinder(scenario(name).facts)
    return [fact for sentence in sentences(question) for fact in finder.asked(sentence)]


@pytest.mark.parametrize(("name", "question", "fact"), ASKED)
def test_a_natural_question_finds_its_fact(name: str, question: str, fact: str) -> None:
    assert fact in found(name, question)
    assert len(found(name, question)) <= 2


@pytest.mark.parametrize(("name", "question"), BEYOND)
def test_what_the_sheet_does_not_hold_finds_nothing(name: str, question: str) -> None:
    assert found(name, question) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_ask_finds_its_own_fact(name: str) -> None:
    finder = FactFinder(scenario(name).facts)
    missed = [
        (fact.id, ask)
        for fact in scenario(name).facts
        for ask in fact.asks
        if fact.id not in finder.asked(sentences(ask)[0])
    ]
    assert missed == []


def test_what_is_counted_must_follow_its_how_many() -> None:
    finder = FactFinder([Fact(id="volume", text="Many.", asks=("how many tickets", "volume"))])
    assert finder.asked(sentences("How many tickets are there?")[0]) == ["volume"]
    assert finder.asked(sentences("How many teams could ever take a ticket?")[0]) == []


def test_small_words_count_when_little_else_is_left_of_an_ask() -> None:
    finder = FactFinder([Fact(id="batch", text="Two.", asks=("orders at once", "stacked"))])
    assert finder.asked(sentences("When is an order delivered?")[0]) == []
    assert finder.asked(sentences("Can he take two orders at once?")[0]) == ["batch"]
