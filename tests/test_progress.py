"""Progress over past interviews: what counts, what is weak, and when it comes back."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.interview.events import Graded, Started
from agent.interview.plan import Options
from agent.progress import (
    EARLY,
    INTERVALS,
    Criterion,
    Due,
    Entry,
    Point,
    Progress,
    ScenarioHistory,
    Step,
    attempts,
    by_scenario,
    due_steps,
    next_drill,
    progress,
    unfinished,
)
from agent.rubric import Decision, Seniority
from agent.scorecard import StepScore
from tests.graded_support import grade, graded
from tests.support import interview, rubric

NOTHING: dict[str, Any] = {"percent": None, "decision": None}
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
STEPS = {"data": ("labels", "leakage"), "model": ("baseline", "loss")}
SITTINGS = st.lists(
    st.tuples(st.integers(min_value=0, max_value=60), st.integers(min_value=0, max_value=4)),
    min_size=1,
    max_size=12,
    unique_by=lambda sitting: sitting[0],
).map(sorted)
few = settings(max_examples=50, deadline=None)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def begun(name: str, number: float, **changes: Any) -> Started:
    fields: dict[str, Any] = {
        "clock": 0.0,
        "at": day(number) - timedelta(hours=1),
        "interview": name,
        "scenario": "card_fraud",
        "scenario_hash": "a",
        "rubric": "ml",
        "rubric_hash": "b",
        "options": Options(),
        "engine": "offline",
        "version": "0.1.0",
    }
    return Started(**(fields | changes))


def entry(
    name: str,
    number: float,
    levels: Mapping[str, int | str] | None = None,
    card: Mapping[str, Any] | None = None,
    steps: Mapping[str, tuple[str, ...]] = STEPS,
    **changes: Any,
) -> Entry:
    """An interview graded on that day; criteria without a level here are not assessed."""
    grades = tuple(
        grade(one, (levels or {}).get(one, "not_assessed"), step=step, top=4)
        for step, criteria in steps.items()
        for one in criteria
    )
    scores = tuple(
        StepScore(
            id=step,
            title=step.upper(),
            percent=50.0 if step == "data" else None,
            unprompted_percent=None,
            assessed=0,
            criteria=len(criteria),
        )
        for step, criteria in steps.items()
    )
    shown: dict[str, Any] = {"percent": 50.0, "decision": Decision.lean_no_hire, "steps": scores}
    scorecard = graded(name, grades, **(shown | dict(card or {}))).scorecard
    return (
        begun(name, number, **changes),
        Graded(clock=3600.0, at=day(number), scorecard=scorecard),
    )


def drill(name: str, number: float, **given: Any) -> Entry:
    return entry(name, number, options=Options(steps=("data",)), **given)


def shown(entries: Iterable[Entry], now: float = 0) -> Progress:
    """The progress by the only rubric of these interviews."""
    (one,) = progress(attempts(entries), day(now))
    return one


def judged(*sittings: tuple[float, int | str]) -> tuple[Entry, ...]:
    """Interviews on these days that gave these levels to one criterion."""
    return tuple(
        entry(str(number), number, {"leakage": level}, at=day(number)) for number, level in sittings
    )


def due(*sittings: tuple[float, int | str], now: float = 0) -> Due | None:
    """How the criterion judged so is to come back."""
    found = shown(judged(*sittings), now).due
    assert len(found) <= 1
    return found[0] if found else None


def interval(*sittings: tuple[float, int | str]) -> int | None:
    """The days after which it is to come back."""
    found = due(*sittings)
    return found.interval if found else None


def test_an_attempt_has_what_stands_on_its_scorecard() -> None:
    card = {"percent": 61.5, "coverage": 80.0, "decision": Decision.hire}
    options = Options(level=Seniority.senior)
    (one,) = attempts([entry("i", 2, {"labels": 3, "loss": "ungraded"}, card, options=options)])
    assert (one.id, one.at, one.scenario, one.rubric) == ("i", day(2), "card_fraud", "ml")
    assert (one.seniority, one.percent, one.decision) == (Seniority.senior, 61.5, Decision.hire)
    assert one.coverage == 80.0
    assert one.percents == {"data": 50.0, "model": None}
    assert one.levels == {"labels": 3}
    assert one.steps == (Step("data", "DATA"), Step("model", "MODEL"))
    assert one.criteria[2] == Criterion("baseline", "Baseline", "model", "MODEL", top=4)
    assert not one.drill


def test_scripts_and_demonstrations_do_not_count() -> None:
    entries = [entry("a", 0, source="script"), (begun("b", 1, source="demo"), None)]
    assert attempts(entries) == ()
    assert unfinished(entries) == ()
    assert by_scenario(entries) == {}


def test_attempts_stand_in_the_order_of_their_grading() -> None:
    resumed = entry("resumed", 5, at=day(0))
    assert [one.id for one in attempts([resumed, entry("a", 1)])] == ["a", "resumed"]


def test_a_scenario_counts_every_try_and_shows_the_best_whole_interview() -> None:
    entries = [
        entry("a", 0, card={"percent": 40.0}),
        entry("b", 1, card={"percent": 55.0}),
        entry("nothing_graded", 2, card=NOTHING),
        entry("too_little", 2, card={"percent": 95.0, "decision": None}),
        drill("c", 3, card={"percent": 90.0}),
        (begun("d", 4), None),
        drill("e", 5, scenario="netflix_recs"),
    ]
    assert by_scenario(entries) == {
        "card_fraud": ScenarioHistory(tries=6, best=55.0, last=begun("d", 4).at),
        "netflix_recs": ScenarioHistory(tries=1, best=None, last=begun("e", 5).at),
    }


def test_unfinished_interviews_stand_newest_first() -> None:
    entries = [(begun("a", 0), None), entry("b", 1), (begun("c", 2), None)]
    assert [one.interview for one in unfinished(entries)] == ["c", "a"]


def test_nobody_has_made_progress_before_the_first_grade() -> None:
    assert progress(attempts([(begun("a", 0), None)]), day(0)) == ()


def test_each_rubric_has_its_progress_the_last_practised_first() -> None:
    entries = [entry("a", 0), entry("b", 1, rubric="other"), entry("c", 2)]
    found = progress(attempts(entries), day(3))
    assert [(one.rubric, one.last) for one in found] == [("ml", day(2)), ("other", day(1))]


def test_drills_stand_apart_from_the_scores_of_whole_interviews() -> None:
    one = shown([entry("a", 0), drill("b", 1, card={"decision": None})])
    assert one.overall == (Point(day(0), 50.0, "a"),)
    assert one.drills == (Point(day(1), 50.0, "b"),)


def test_an_interview_that_assessed_too_little_for_a_decision_has_no_overall_score() -> None:
    entries = [entry("a", 0, card={"decision": None}), entry("b", 1, card=NOTHING)]
    assert shown(entries).overall == ()


def test_the_series_of_steps_and_criteria_count_drills() -> None:
    one = shown([entry("a", 0, {"labels": 1}), drill("b", 1, levels={"labels": 3})])
    steps = {series.step.id: series.points for series in one.steps}
    criteria = {series.criterion.id: series.points for series in one.criteria}
    assert steps == {"data": (Point(day(0), 50.0, "a"), Point(day(1), 50.0, "b")), "model": ()}
    assert criteria["labels"] == (Point(day(0), 1, "a"), Point(day(1), 3, "b"))
    assert criteria["loss"] == ()


def test_a_criterion_that_left_the_rubric_is_shown_no_more() -> None:
    old = entry("a", 0, {"gone": 0}, steps={"data": ("gone",)})
    one = shown([old, entry("b", 1, {"labels": 1})])
    assert "gone" not in {series.criterion.id for series in one.criteria}
    assert [weak.criterion.id for weak in one.weakest] == ["labels"]
    assert [coming.criterion.id for coming in one.due] == ["labels"]


def test_weakness_is_the_mean_of_the_last_three_levels() -> None:
    (one,) = shown(judged((0, 0), (1, 2), (2, "not_assessed"), (3, 3), (4, 3))).weakest
    assert (one.criterion.id, one.mean, one.judged) == ("leakage", 8 / 3, 4)


def test_of_equally_weak_criteria_the_one_judged_more_often_stands_first() -> None:
    equal = {"labels": 2, "leakage": 2, "baseline": 2, "loss": 1}
    one = shown([entry("a", 0, equal), entry("b", 1, {"leakage": 2})])
    ranked = [weak.criterion.id for weak in one.weakest]
    assert ranked == ["loss", "leakage", "labels", "baseline"]


def test_what_is_at_three_of_four_on_average_is_no_weakness() -> None:
    one = shown([entry("a", 0, {"labels": 2, "loss": 3}), entry("b", 1, {"labels": 4})])
    assert one.weakest == ()


def test_at_most_five_criteria_are_the_weakest() -> None:
    names = tuple(f"c{number}" for number in range(7))
    one = shown([entry("a", 0, dict.fromkeys(names, 1), steps={"data": names})])
    assert [weak.criterion.id for weak in one.weakest] == list(names[:5])


def test_what_was_weak_comes_back_the_next_day() -> None:
    found = due((0, 2))
    assert found is not None
    assert (found.criterion.id, found.criterion.step_title) == ("leakage", "DATA")
    assert (found.due, found.interval, found.level) == (day(1), 1, 2)


def test_it_is_due_from_half_a_day_before_that_moment_on() -> None:
    before, then = due((0, 2), now=0.49), due((0, 2), now=0.5)
    assert before is not None
    assert then is not None
    assert not before.is_due
    assert then.is_due


def test_what_was_never_weak_is_not_scheduled() -> None:
    assert due((0, 3), (1, 4)) is None


def test_half_of_the_scale_is_weak_whatever_its_top() -> None:
    started, marked = entry("a", 0)
    assert marked is not None
    grades = tuple(grade(f"c{top}", 2, step="data", top=top) for top in (3, 4, 5))
    card = marked.scorecard.model_copy(update={"criteria": grades})
    one = shown([(started, marked.model_copy(update={"scorecard": card}))])
    assert [coming.criterion.id for coming in one.due] == ["c4", "c5"]


def test_each_success_when_due_leads_to_the_next_interval_until_it_is_learnt() -> None:
    sittings = [(0, 1), (1, 3), (4, 3), (11, 3), (25, 3)]
    found = [interval(*sittings[:count]) for count in range(1, 6)]
    assert found == [*INTERVALS, None]


def test_days_count_from_the_judging_and_not_from_when_it_was_due() -> None:
    found = due((0, 1), (10, 3))
    assert found is not None
    assert found.due == day(13)


def test_an_early_success_does_not_skip_days() -> None:
    found = due((0, 1), (0.4, 4))
    assert found is not None
    assert (found.due, found.interval, found.level) == (day(1), 1, 4)


def test_the_morning_of_the_right_day_is_not_too_early() -> None:
    evening = 11 / 24
    morning = day(1 + evening) - EARLY
    assert interval((evening, 1), ((morning - START) / timedelta(days=1), 3)) == 3


def test_an_early_failure_begins_anew() -> None:
    found = due((0, 1), (1, 3), (2, 0))
    assert found is not None
    assert (found.due, found.interval) == (day(3), 1)


def test_what_was_learnt_comes_back_when_it_is_weak_again() -> None:
    learnt = [(0, 1), (1, 3), (4, 3), (11, 3), (25, 3), (60, 3)]
    assert interval(*learnt) is None
    assert interval(*learnt, (90, 2)) == 1


def test_what_was_not_judged_changes_nothing() -> None:
    assert due((0, 1), (2, "not_assessed"), (3, "ungraded")) == due((0, 1))


def test_what_is_due_longest_stands_first_and_what_is_coming_last() -> None:
    entries = [
        entry("a", 0, {"baseline": 1, "leakage": 1}),
        entry("b", 1, {"labels": 2, "leakage": 3}),
    ]
    found = shown(entries, now=2).due
    assert [(one.criterion.id, one.is_due) for one in found] == [
        ("baseline", True),
        ("labels", True),
        ("leakage", False),
    ]


@few
@given(SITTINGS)
def test_intervals_never_shrink_without_a_weakness(sittings: list[tuple[float, int]]) -> None:
    made, before = judged(*sittings), 0
    for count, (_, level) in enumerate(sittings, start=1):
        coming = shown(made[:count]).due
        after = coming[0].interval if coming else None
        assert after == 1 if level <= 2 else after is None or after >= before
        before = after or 0


@few
@given(SITTINGS)
def test_it_comes_back_its_interval_after_a_judging(sittings: list[tuple[float, int]]) -> None:
    found = due(*sittings)
    if found is not None:
        assert found.due - timedelta(days=found.interval) in {day(at) for at, _ in sittings}


def test_the_next_drill_is_the_step_with_most_that_is_due() -> None:
    one = shown([entry("a", 0, {"labels": 0, "baseline": 1, "loss": 2})], now=1)
    assert next_drill(one, STEPS) == "model"


def test_of_two_steps_the_one_that_is_due_longer_is_drilled() -> None:
    entries = [entry("a", 0, {"loss": 1}), entry("b", 1, {"labels": 0})]
    assert next_drill(shown(entries, now=3), STEPS) == "model"


def test_there_is_no_drill_before_anything_is_due() -> None:
    assert next_drill(shown(judged((0, 1)), now=0.4), STEPS) is None


def test_what_is_due_now_stands_by_step_and_what_is_coming_does_not() -> None:
    first = entry("a", 0, {"labels": 0, "baseline": 1, "loss": 2})
    one = shown([first, entry("b", 1, {"loss": 3, "leakage": 2})], now=1)
    found = {step.id: [coming.criterion.id for coming in due] for step, due in due_steps(one)}
    assert found == {"data": ["labels"], "model": ["baseline"]}


def test_a_real_drill_leads_to_one_of_the_rubrics_steps() -> None:
    first = rubric().steps[0].id
    events = interview(["Maximise retention."] * 3, Options(steps=(first,))).events
    started, marked = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(marked, Graded)
    entries = [(started.model_copy(update={"source": "live"}), marked)]
    (one,) = progress(attempts(entries), marked.at + timedelta(days=1))
    whole = rubric().overall
    assert whole is not None
    assert {coming.criterion.step for coming in one.due} == {first, whole.id}
    assert one.due[0].criterion.step_title == rubric().steps[0].title
    assert next_drill(one, [step.id for step in rubric().steps]) == first
