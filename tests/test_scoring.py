"""From verdicts to a scorecard: what counts, what does not, and what decides."""

from collections.abc import Mapping

import pytest

from agent.grading.scoring import Sitting, scorecard
from agent.ports import Evidence, Graded, Verdict
from agent.rubric import Decision, Level, Seniority
from agent.scorecard import Help, Provenance, Scorecard
from agent.transcript import Party, Transcript, Turn
from tests.support import rubric, scenario

_WORDS = "I would do this for a reason."
_TRANSCRIPT = Transcript(
    turns=tuple(
        Turn(index=i, speaker=Party.candidate, step="model", kind="answer", text=_WORDS)
        for i in range(6)
    )
)
_PROVENANCE = Provenance(
    version="0", engine="test", rubric="r", rubric_version="1", rubric_hash="", scenario="s",
    scenario_version="1", scenario_hash="", note="made by a test",
)  # fmt: skip
_ALL = {criterion.id: 2 for criterion in rubric().criteria()}


def card(
    levels: Mapping[str, int | None],
    *,
    turn: int = 3,
    ledger: tuple[Help, ...] = (),
    quote: str = _WORDS,
    seniority: Seniority = Seniority.mid,
) -> Scorecard:
    """The scorecard for these levels; None stands for a verdict without one."""
    verdicts = tuple(
        Verdict.model_validate(
            {
                "criterion": name,
                "level": level,
                "reason": "…",
                "evidence": (Evidence(turn=turn, quote=quote),) if level else (),
            }
        )
        for name, level in levels.items()
    )
    sitting = Sitting(transcript=_TRANSCRIPT, seniority=seniority, ledger=ledger)
    graded = Graded(verdicts=verdicts)
    return scorecard(rubric(), scenario(), sitting, graded, _PROVENANCE)


def level_of(result: Scorecard, name: str) -> object:
    """The level of one criterion."""
    return next(c.level for c in result.criteria if c.id == name)


@pytest.mark.parametrize(("level", "percent"), [(0, 0.0), (1, 25.0), (2, 50.0), (4, 100.0)])
def test_the_same_level_everywhere_is_that_share_of_the_whole(level: Level, percent: float) -> None:
    assert card(dict.fromkeys(_ALL, level)).percent == percent


def test_weights_count() -> None:
    light, heavy = "metric_tradeoffs", "leakage"
    weights = {name: rubric().criterion(name).weight for name in (light, heavy)}
    expected = 100 * weights[heavy] / sum(weights.values())
    assert card({light: 0, heavy: 4}).percent == pytest.approx(expected, abs=0.05)


def test_a_criterion_without_verdict_is_not_assessed_and_no_zero() -> None:
    levels = {**_ALL}
    del levels["leakage"]
    result = card(levels)
    assert level_of(result, "leakage") == "not_assessed"
    assert result.percent == 50.0
    assert result.coverage < 100


def test_a_criterion_that_could_not_be_graded_is_ungraded_and_no_zero() -> None:
    result = card({**_ALL, "leakage": None})
    assert level_of(result, "leakage") == "ungraded"
    assert result.percent == 50.0


def test_a_level_whose_quote_was_never_said_becomes_ungraded() -> None:
    result = card({"leakage": 4}, quote="words that nobody said")
    assert level_of(result, "leakage") == "ungraded"
    assert result.percent is None


def test_a_level_of_zero_needs_no_quote() -> None:
    assert level_of(card({"leakage": 0}), "leakage") == 0


def test_without_half_of_the_rubric_there_is_no_decision() -> None:
    result = card({"leakage": 4, "baseline": 4})
    assert result.decision is None
    assert "only" in result.decision_reason


def test_a_failed_must_have_keeps_the_decision_at_lean_no_hire() -> None:
    result = card({**dict.fromkeys(_ALL, 4), "leakage": 1})
    assert result.decision is Decision.lean_no_hire
    assert result.failed_must_haves == ("leakage",)


def test_for_a_junior_must_haves_do_not_cap() -> None:
    result = card({**dict.fromkeys(_ALL, 4), "leakage": 0}, seniority=Seniority.junior)
    assert result.decision is Decision.strong_hire


def test_the_same_answers_decide_less_well_at_a_higher_level() -> None:
    order = list(Decision)
    found = [card(_ALL, seniority=seniority).decision for seniority in Seniority]
    ranks = [order.index(decision) for decision in found if decision]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) > 1


def test_the_margin_names_the_next_decision_and_its_distance() -> None:
    margin = card(_ALL).margin
    assert margin.next is Decision.hire
    assert margin.to_next == pytest.approx(rubric().bands[Seniority.mid].hire - 50)


def test_evidence_after_help_only_makes_a_criterion_prompted() -> None:
    ledger = (Help(turn=2, criterion="leakage", kind="open"),)
    before, after = (card({"leakage": 2}, turn=turn, ledger=ledger) for turn in (1, 3))
    assert not next(c for c in before.criteria if c.id == "leakage").prompted
    assert next(c for c in after.criteria if c.id == "leakage").prompted
    assert after.unprompted_percent == 0.0
    assert after.percent == before.percent == 50.0


def test_points_after_hints_are_told_from_points_after_probes() -> None:
    hint = (Help(turn=0, criterion="leakage", kind="hint_1"),)
    probe = (Help(turn=0, criterion="leakage", kind="open"),)
    assert card({"leakage": 2}, ledger=hint).help.points_after_hint == 50.0
    assert card({"leakage": 2}, ledger=probe).help.points_after_probe == 50.0


def test_the_three_gaps_are_those_that_cost_most() -> None:
    result = card({**_ALL, "leakage": 0, "baseline": 0, "rollout": 0})
    assert {gap.criterion for gap in result.gaps} == {"leakage", "baseline", "rollout"}


def test_a_gap_says_what_a_strong_answer_would_hold() -> None:
    gap = card({**_ALL, "leakage": 0}).gaps[0]
    assert gap.advice == rubric().criterion("leakage").anchors.at(3)


def test_strengths_are_at_least_at_level_three() -> None:
    assert card(_ALL).strengths == ()
    assert len(card(dict.fromkeys(_ALL, 3)).strengths) == 3


def test_nothing_assessed_gives_no_percentage() -> None:
    result = card({})
    assert result.percent is None
    assert result.decision is None
