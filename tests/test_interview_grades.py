"""Whole offline interviews: order of candidates, faults that must not pay, verified quotes."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cli.turns import script_turns
from evals.offline import SCRIPTS, play_set
from tests.support import SCENARIOS, interview

_SENTENCES = sorted(
    {
        sentence.strip()
        for path in Path(SCRIPTS / "tuned_a").rglob("*.yaml")
        for turn in script_turns(path)
        for sentence in turn.split(". ")
    }
)
_BUZZWORDS = [
    "NDCG, CTR, AUC, two-tower, transformers, XGBoost, feature store, Redis, Kafka.",
    "I would use A/B testing and canary and shadow mode and SMOTE and class weights.",
    "Data drift, concept drift, PSI, leakage, embeddings, Bayesian optimisation, batch, online.",
    "Machine learning pipeline. Deep learning. Scalable architecture. Best practices. MLOps.",
]
_NOTHING = [
    "That is a good question, and I would think about it carefully.",
    "It depends on what the stakeholders want, so I'd talk with them.",
    "I would do what makes sense there, step by step.",
    "I don't know.",
    "Whatever works best, I guess.",
] * 3


@pytest.fixture(scope="module")
def scores() -> dict[tuple[str, str], float]:
    """Percentages by scenario and candidate of the tuned set."""
    return {(p.scenario, p.candidate): p.percent for p in play_set("tuned_a")}


@pytest.mark.parametrize("name", SCENARIOS)
def test_excellent_middling_and_poor_come_out_in_order_with_fifteen_points_between(
    scores: dict[tuple[str, str], float], name: str
) -> None:
    excellent, middling, poor = (
        scores[name, quality] for quality in ("excellent", "middling", "poor")
    )
    assert excellent - middling >= 15
    assert middling - poor >= 15


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_list_of_buzzwords_stays_under_25_percent(name: str) -> None:
    assert (interview(_BUZZWORDS, name=name).scorecard.percent or 0) < 25


@pytest.mark.parametrize("name", SCENARIOS)
def test_who_says_nothing_of_substance_stays_under_10_percent(name: str) -> None:
    assert (interview(_NOTHING, name=name).scorecard.percent or 0) < 10


def test_an_answer_to_another_problem_earns_less_than_a_middling_one(
    scores: dict[tuple[str, str], float],
) -> None:
    assert scores["card_fraud", "wrong_problem"] < scores["card_fraud", "middling"]


def test_a_memorised_template_stays_with_the_poor(scores: dict[tuple[str, str], float]) -> None:
    assert scores["netflix_recs", "template"] < scores["netflix_recs", "middling"] - 15


def test_an_answer_that_is_not_english_is_ungraded_and_not_zero() -> None:
    german = "Ich würde zuerst das Ziel klären und dann die Metriken für die Nutzer bestimmen."
    grades = interview([german] * 3).scorecard.criteria
    assert {grade.level for grade in grades} == {"ungraded", "not_assessed"}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), noise=st.text(max_size=40))
def test_every_quote_is_a_substring_of_its_candidate_turn(seed: int, noise: str) -> None:
    pick = random.Random(seed)
    turns = [
        noise.join(pick.choices(_SENTENCES, k=pick.randint(1, 6))) or "…"
        for _ in range(pick.randint(1, 8))
    ]
    record = interview([t for t in turns if t.strip()], name=pick.choice(SCENARIOS))
    texts = {turn.index: turn.text for turn in record.transcript if turn.speaker == "candidate"}
    for grade in record.scorecard.criteria:
        assert all(item.quote in texts[item.turn] for item in grade.evidence)
        assert grade.evidence or grade.level in (0, "not_assessed", "ungraded")


def test_two_runs_of_a_script_give_the_same_interview_and_scorecard() -> None:
    turns = script_turns(SCRIPTS / "tuned_a" / "delivery_eta" / "middling.yaml")
    one, other = (interview(turns, name="delivery_eta") for _ in range(2))
    assert one.transcript == other.transcript
    assert one.scorecard == other.scorecard
