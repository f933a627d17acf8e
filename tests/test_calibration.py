"""What a calibration does to a level and to a scorecard, and what a person's word does then."""

from typing import Any

import pytest
from pydantic import ValidationError

from agent.batch.answer import Answer
from agent.batch.problem import Made, Problem, Problems
from agent.calibration import Calibration
from agent.catalog import Catalog
from agent.grading.reviewed import grades_in
from agent.ports import Graded
from agent.rubric import Decision
from agent.scorecard import CriterionGrade, Review, Scorecard
from tests.grading_support import (
    answer,
    calibration,
    problem,
    provenance,
    review,
    verdict,
    verdicts,
)

UP = {"slow_start": (0.0, 1.6, 2.0)}
DOWN = {"slow_start": (0.0, 0.4, 1.2)}
MADE = Made(engine="fake", note="")


def learned(levels: Any, **changes: object) -> Calibration:
    return calibration(provenance(), levels, **changes)


def card(graded: Graded, found: Calibration | None, reviews: tuple[Review, ...] = ()) -> Scorecard:
    return problem().card(answer(), graded, MADE, reviews, found)


def first(graded: Graded, levels: Any, **changes: object) -> CriterionGrade:
    """The grade of the first criterion, calibrated by these levels."""
    return card(graded, learned(levels, **changes)).criteria[0]


@pytest.mark.parametrize(
    ("expected", "level"), [(1.4, 1), (1.5, 1), (1.51, 2), (0.5, 0), (2.0, 2), (0.0, 0)]
)
def test_the_nearest_level_counts_and_of_two_the_lower(expected: float, level: int) -> None:
    found = learned({"slow_start": (0.0, expected, 2.0)})
    assert found.level("slow_start", 1, "q") == level


def test_an_entry_for_the_question_goes_before_one_for_all() -> None:
    entries = [
        {"criterion": "slow_start", "question": question, "levels": levels, "n": 5}
        for question, levels in (("q", (0, 2, 2)), (None, (0, 0, 2)))
    ]
    found = learned({}, criteria=entries)
    assert found.level("slow_start", 1, "q") == 2
    assert found.level("slow_start", 1, "other") == 0
    assert found.level("avoidance", 1, "q") == 1


def test_an_entry_for_another_question_alone_changes_nothing() -> None:
    found = learned(
        {}, criteria=[{"criterion": "slow_start", "question": "q", "levels": (0, 2, 2), "n": 5}]
    )
    assert found.level("slow_start", 1, "other") == 1


@pytest.mark.parametrize("levels", [(0.0, 2.0, 1.0), (0.0, 1.0, 2.1), (-0.1, 1.0, 2.0), (0.0,)])
def test_levels_that_fall_or_leave_the_scale_are_refused(levels: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        learned({"slow_start": levels})


def test_two_entries_for_one_question_are_refused() -> None:
    entry = {"criterion": "slow_start", "levels": (0, 1, 2), "n": 5}
    with pytest.raises(ValidationError, match="stands twice"):
        learned({}, criteria=[entry, entry])


def test_the_digest_is_of_the_content() -> None:
    assert learned(UP).digest == learned(UP).digest != learned(DOWN).digest


def test_points_texts_and_percentage_are_those_of_the_calibrated_level() -> None:
    levels = {"avoidance": (0.0, 2.0, 2.0)}
    got = card(verdicts(1, 1), learned(levels))
    grade = got.criteria[1]
    assert (grade.level, grade.calibrated_from, grade.points) == (2, 1, 2)
    assert (grade.anchor, grade.next_anchor) == ("Linear growth explained.", None)
    assert (got.points, got.percent) == (3, 75)


def test_the_reason_says_so() -> None:
    assert first(verdicts(1, 1), UP).reason == "Calibrated from level 1 to 2. It is said."


def test_a_level_that_stays_is_not_called_calibrated() -> None:
    grade = first(verdicts(2, 1), UP)
    assert (grade.level, grade.calibrated_from, grade.reason) == (2, None, "It is said.")


def test_level_0_without_a_quote_is_never_raised() -> None:
    grade = first(verdicts(0, 1), {"slow_start": (1.0, 2.0, 2.0)})
    assert (grade.level, grade.calibrated_from) == (0, None)


def test_level_0_with_a_quote_that_counts_is() -> None:
    quoted = verdict("slow_start", 1).model_copy(update={"level": 0})
    graded = Graded(verdicts=(quoted, verdict("avoidance", 1)))
    grade = first(graded, {"slow_start": (1.0, 2.0, 2.0)})
    assert (grade.level, grade.calibrated_from) == (1, 0)
    assert grade.evidence


@pytest.mark.parametrize("quote", ["It is said.", "nowhere in it"])
def test_what_is_ungraded_stays_so(quote: str) -> None:
    level = None if quote == "It is said." else 1
    graded = Graded(verdicts=(verdict("slow_start", level, quote), verdict("avoidance", 1)))
    grade = first(graded, {"slow_start": (0.0, 0.0, 0.0)})
    assert (grade.level, grade.calibrated_from) == ("ungraded", None)


def test_the_quotes_stay_beside_a_level_that_was_lowered_to_0() -> None:
    grade = first(verdicts(1, 1), DOWN)
    assert (grade.level, grade.points) == (0, 0)
    assert [one.quote for one in grade.evidence] == ["Slow start doubles"]


def test_a_persons_word_goes_before_it() -> None:
    got = card(verdicts(1, 1), learned(UP), (review("slow_start", 2, 0),)).criteria[0]
    assert (got.level, got.calibrated_from) == (0, 1)


def test_scoring_anew_after_a_review_does_not_calibrate_twice() -> None:
    steps = {"slow_start": (0.0, 0.0, 1.0)}
    before = card(verdicts(2, 1), learned(steps))
    assert before.criteria[0].level == 1
    after = card(grades_in(before), None, (review("avoidance", 1, 2),))
    assert after.criteria[0] == before.criteria[0]


def test_a_review_of_a_calibrated_level_can_be_scored_anew_as_well() -> None:
    said = review("slow_start", 2, 0)
    once = card(verdicts(1, 1), learned(UP), (said,))
    assert card(grades_in(once), None, (said,)).criteria == once.criteria


# A problem of design.


def design() -> tuple[Problem, Answer]:
    given = answer(text="We serve it behind a feature store. Latency is 50 ms at the p99.")
    return Problems(Catalog(), None, prompt="Design spam detection.").of(given), given


def test_decision_and_must_haves_are_those_of_the_calibrated_levels() -> None:
    what, given = design()
    items = what.sheet(given).items()
    graded = Graded(verdicts=tuple(verdict(one.id, 1, "We serve it behind") for one in items))
    top = {one.id: (0.0, 4.0, 4.0, 4.0, 4.0) for one in items}
    plain = what.card(given, graded, MADE, ())
    raised = what.card(given, graded, MADE, (), learned(top))
    assert (plain.percent, raised.percent) == (25, 100)
    assert plain.failed_must_haves != raised.failed_must_haves == ()
    assert raised.decision is Decision.strong_hire
    assert {one.calibrated_from for one in raised.criteria if one.level == 4} == {1}
