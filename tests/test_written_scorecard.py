"""The scorecard of a written answer: points, weights, what could not be graded, reviews."""

import pytest

from agent.answer_rubric import AnswerRubric
from agent.grading.reviewed import grades_in
from agent.grading.written import written_scorecard
from agent.ports import Graded, Verdict
from agent.scorecard import Review, Scorecard
from tests.graded_support import written
from tests.grading_support import TEXT, provenance, review, rubric, verdict, verdicts


def weighted(first: float, second: float) -> AnswerRubric:
    raw = rubric().model_dump(mode="json")
    for criterion, weight in zip(raw["criteria"], (first, second), strict=True):
        criterion["weight"] = weight
    return AnswerRubric.model_validate(raw)


def card(
    graded: Graded, reviews: tuple[Review, ...] = (), by: AnswerRubric | None = None
) -> Scorecard:
    return written_scorecard(by or rubric(), written(TEXT), graded, provenance(), reviews)


def test_points_are_added_up() -> None:
    got = card(verdicts(2, 1))
    assert (got.points, got.max_points, got.percent, got.coverage) == (3, 4, 75, 100)
    assert [grade.points for grade in got.criteria] == [2, 1]


def test_a_weight_changes_the_percentage_and_not_the_points() -> None:
    got = card(verdicts(2, 0), by=weighted(3, 1))
    assert (got.percent, got.points) == (75, 2)


def test_what_could_not_be_graded_is_left_out_of_the_percentage() -> None:
    got = card(verdicts(1, None), by=weighted(1, 3))
    assert (got.percent, got.coverage) == (50, 25)
    assert (got.points, got.max_points) == (1, 2)
    assert got.criteria[1].level == "ungraded"


def test_nothing_graded_is_no_score_and_not_zero() -> None:
    got = card(verdicts(None, None))
    assert (got.percent, got.points, got.coverage) == (None, None, 0)
    assert got.decision_reason == "Nothing could be graded."


def test_a_level_without_a_quote_that_stands_is_thrown_out() -> None:
    invented = verdict("slow_start", 2, quote="Never said.")
    got = card(Graded(verdicts=(invented, verdict("avoidance", 1)), flags=()))
    assert got.criteria[0].level == "ungraded"
    assert "thrown out" in got.criteria[0].reason


def test_level_zero_needs_no_quote() -> None:
    assert card(verdicts(0, 0)).percent == 0


def test_the_level_reached_and_the_next_one_are_told() -> None:
    first, second = card(verdicts(2, 1)).criteria
    assert (first.anchor, first.next_anchor) == ("2 of 2 points: complete and correct", None)
    assert (second.anchor, second.next_anchor) == ("Named.", "Linear growth explained.")


def test_gaps_are_what_costs_most_with_what_a_full_answer_holds() -> None:
    got = card(verdicts(1, 0), by=weighted(1, 4))
    assert [(gap.criterion, gap.points) for gap in got.gaps] == [
        ("avoidance", 80),
        ("slow_start", 10),
    ]
    assert got.gaps[0].advice == "Linear growth explained."


def test_only_the_highest_level_is_a_strength() -> None:
    assert [one.criterion for one in card(verdicts(2, 1)).strengths] == ["slow_start"]


def test_a_persons_level_stands_and_the_original_is_kept_beside_it() -> None:
    got = card(verdicts(1, 1), (review("avoidance", 1, 2),))
    assert (got.points, got.criteria[1].level) == (4 - 1, 2)
    assert got.criteria[1].review == review("avoidance", 1, 2)
    assert got.criteria[1].reason == "It is said."


def test_a_person_may_grade_what_no_grader_could() -> None:
    got = card(verdicts(1, None), (review("avoidance", 0, 2),))
    assert (got.percent, got.coverage) == (75, 100)


def test_of_several_reviews_the_last_one_counts() -> None:
    got = card(verdicts(1, 1), (review("avoidance", 1, 2), review("avoidance", 2, 0)))
    assert got.criteria[1].level == 0


@pytest.mark.parametrize("levels", [(2, 1), (0, None), (None, None)])
def test_the_graders_own_word_comes_back_out_of_a_reviewed_card(
    levels: tuple[int | None, int | None],
) -> None:
    reviewed = card(verdicts(*levels), (review("avoidance", levels[1] or 0, 2),))
    own: list[Verdict] = [*grades_in(reviewed).verdicts]
    original = 0 if levels[1] is None else levels[1]
    assert [one.level for one in own] == [levels[0], original]
