"""A run: which answers are worked on, what is kept, and when it stops."""

import asyncio
from pathlib import Path

import pytest

from agent.batch.run import Progress, Run
from agent.errors import BudgetReachedError
from agent.ports import Graded
from tests.cli_support import Ran, run
from tests.grading_support import (
    FakeRunner,
    answer,
    answers_file,
    down,
    graded_by,
    kept,
    levels,
    many,
    rubric_file,
    verdicts,
)
from tests.plain_model import plain_model

FOUR = [answer(name) for name in "abcd"]


def ids(folder: Path) -> list[str]:
    return [one.id for one in kept(folder)]


def test_results_stand_in_the_order_of_the_inputs_however_they_were_finished(
    tmp_path: Path,
) -> None:
    def found(name: str) -> Graded:
        runner.go.set()
        return verdicts(1, 1)

    runner = FakeRunner(found, slow="a")
    ending = graded_by(runner, tmp_path, FOUR)
    assert ids(tmp_path) == list("abcd")
    assert ending.progress == Progress(total=4, done=4)


def test_no_more_answers_are_worked_on_at_once_than_the_runner_wants(tmp_path: Path) -> None:
    runner = FakeRunner(at_once=3)
    graded_by(runner, tmp_path, [answer(f"a{number}") for number in range(20)])
    assert runner.most_active == 3


def test_a_runner_that_takes_no_time_is_asked_one_by_one(tmp_path: Path) -> None:
    runner = FakeRunner(at_once=0)
    graded_by(runner, tmp_path, FOUR)
    assert (runner.asked, runner.most_active) == (list("abcd"), 1)


def test_what_is_graded_is_not_graded_again(tmp_path: Path) -> None:
    graded_by(FakeRunner(), tmp_path, FOUR)
    again = FakeRunner()
    ending = graded_by(again, tmp_path, FOUR)
    assert again.asked == []
    assert ending.progress == Progress(total=4, done=4, reused=4)
    assert ids(tmp_path) == list("abcd")


def test_a_changed_text_is_graded_again_and_only_that(tmp_path: Path) -> None:
    graded_by(FakeRunner(), tmp_path, FOUR)
    again = FakeRunner()
    graded_by(again, tmp_path, [*FOUR[:3], answer("d", "Something else.")])
    assert again.asked == ["d"]


def test_another_way_of_grading_grades_all_again(tmp_path: Path) -> None:
    graded_by(FakeRunner(), tmp_path, FOUR)
    again = FakeRunner()
    again.how = ("another",)
    graded_by(again, tmp_path, FOUR)
    assert again.asked == list("abcd")


def test_results_hold_the_answers_of_the_last_run_alone(tmp_path: Path) -> None:
    graded_by(FakeRunner(), tmp_path, FOUR)
    graded_by(FakeRunner(), tmp_path, [FOUR[3], FOUR[0], answer("e")])
    assert ids(tmp_path) == ["d", "a", "e"]


@pytest.mark.parametrize("first", [(1, None), (None, None)])
def test_what_was_not_wholly_graded_is_tried_again(
    tmp_path: Path, first: tuple[int | None, ...]
) -> None:
    graded_by(FakeRunner(lambda _: verdicts(*first)), tmp_path, FOUR[:1])
    again = FakeRunner()
    graded_by(again, tmp_path, FOUR[:1])
    assert again.asked == ["a"]
    assert levels(kept(tmp_path)[0]) == (1, 2)


def test_what_was_not_wholly_graded_is_counted(tmp_path: Path) -> None:
    found = {"a": verdicts(1, None), "b": verdicts(None, None)}
    runner = FakeRunner(lambda name: found.get(name, verdicts(1, 1)))
    progress = graded_by(runner, tmp_path, FOUR).progress
    assert (progress.done, progress.partly, progress.ungraded) == (4, 1, 1)


def test_a_fault_that_lasts_ends_the_run_and_keeps_what_was_done(tmp_path: Path) -> None:
    runner = FakeRunner(lambda name: down() if name == "b" else verdicts(1, 1), at_once=1)
    ending = graded_by(runner, tmp_path, FOUR)
    assert runner.asked == ["a", "b"]
    assert ending.stopped == "fake: the key is wrong; check it"
    assert (ending.progress.done, ending.progress.left) == (1, 3)
    assert ids(tmp_path) == ["a"]
    assert not ending.is_unavailable


def test_where_nothing_could_be_begun_it_is_said(tmp_path: Path) -> None:
    ending = graded_by(FakeRunner(down), tmp_path, FOUR)
    assert ending.is_unavailable
    assert ending.progress.left == 4


def test_a_budget_without_room_for_one_call_is_no_fault_of_the_model(tmp_path: Path) -> None:
    ending = graded_by(FakeRunner(lambda _: BudgetReachedError("spent")), tmp_path, FOUR)
    assert ending.over_budget
    assert not ending.is_unavailable


def test_what_was_given_up_keeps_the_grades_of_an_earlier_run(tmp_path: Path) -> None:
    graded_by(FakeRunner(lambda _: verdicts(1, None)), tmp_path, FOUR)
    graded_by(FakeRunner(down, at_once=1), tmp_path, FOUR)
    assert [levels(one) for one in kept(tmp_path)] == [(1, "ungraded")] * 4


def test_a_given_up_answer_with_another_text_has_no_grades_left(tmp_path: Path) -> None:
    graded_by(FakeRunner(), tmp_path, FOUR)
    graded_by(FakeRunner(down), tmp_path, [answer("a", "Something else."), FOUR[1]])
    assert ids(tmp_path) == ["b"]


def test_after_ten_answers_in_a_row_of_which_nothing_was_graded_it_stops(tmp_path: Path) -> None:
    runner = FakeRunner(lambda _: verdicts(None, None), at_once=1)
    ending = graded_by(runner, tmp_path, [answer(f"a{number}") for number in range(30)])
    assert len(runner.asked) == 10
    assert "10 answers in a row could not be graded" in (ending.stopped or "")
    assert "unreadable" in (ending.stopped or "")


def test_nine_failures_in_a_row_are_borne(tmp_path: Path) -> None:
    def found(name: str) -> Graded:
        return verdicts(1, 1) if int(name) % 10 == 9 else verdicts(None, None)

    ending = graded_by(
        FakeRunner(found, at_once=1), tmp_path, [answer(str(number)) for number in range(30)]
    )
    assert ending.stopped is None


def test_ten_failures_in_a_row_of_the_offline_engine_are_its_word(tmp_path: Path) -> None:
    runner = FakeRunner(lambda _: verdicts(None, None), at_once=0)
    ending = graded_by(runner, tmp_path, [answer(f"a{number}") for number in range(30)])
    assert ending.stopped is None


def test_stopped_it_brings_home_what_is_in_flight_and_begins_no_more(tmp_path: Path) -> None:
    runner = FakeRunner(slow="ab", at_once=2)

    def told(work: Run, progress: Progress) -> None:
        if progress.active == 2 and not work.is_stopping:
            work.stop("interrupted")
            runner.go.set()

    ending = graded_by(runner, tmp_path, FOUR, told)
    assert runner.asked == ["a", "b"]
    assert ids(tmp_path) == ["a", "b"]
    assert (ending.stopped, ending.progress.left) == ("interrupted", 2)


def test_a_run_that_is_cancelled_leaves_nothing_at_work(tmp_path: Path) -> None:
    runner = FakeRunner(slow="abcd", at_once=2)

    def told(_: Run, progress: Progress) -> None:
        task = asyncio.current_task()
        if progress.active == 2 and task is not None:
            task.cancel()

    with pytest.raises(asyncio.CancelledError):
        graded_by(runner, tmp_path, FOUR, told)
    assert runner.asked == ["a", "b"]


def test_a_review_is_kept_when_the_same_answer_is_graded_again(tmp_path: Path) -> None:
    answers, rubric = answers_file(tmp_path, {"a": "Slow start. It is."}), rubric_file(tmp_path)
    out, word = tmp_path / "out", ("--criterion", "avoidance", "--level", 2, "--reason", "So.")
    assert run("grade", answers, "--rubric", rubric, "--out", out).code == 0
    assert run("review", "a", "--in", out, *word).code == 0
    assert run("grade", answers, "--rubric", rubric, "--out", out).code == 0
    assert levels(kept(out)[0])[1] == 2


def bounded(folder: Path, url: str, *limit: object) -> Ran:
    answers, rubric = answers_file(folder, many(60)), rubric_file(folder)
    order = ("grade", answers, "--rubric", rubric, "--model", "openai:x", "--base-url", url)
    return run(*order, "--price", "1,1", "--out", folder / "out", *limit)


def test_a_limit_in_dollars_holds_with_many_calls_at_once(tmp_path: Path) -> None:
    with plain_model(latency=0.05) as server:
        ran = bounded(tmp_path, server.url, "--max-cost", 0.01)
        in_flight = server.peak_in_flight
    costs = [one.scorecard.provenance.cost_usd or 0 for one in kept(tmp_path / "out")]
    assert ran.code == 3
    assert "--max-cost 0.01 is reached" in ran.err
    assert 0.005 < sum(costs) <= 0.01 + in_flight * max(costs)
    assert in_flight > 1


def test_a_limit_in_tokens_holds_and_the_next_run_goes_on(tmp_path: Path) -> None:
    with plain_model(latency=0.05) as server:
        ran = bounded(tmp_path, server.url, "--max-tokens", 20_000)
        done = len(kept(tmp_path / "out"))
        assert (ran.code, 10 < done < 60) == (3, True)
        assert bounded(tmp_path, server.url).code == 0
        assert server.served == 60
    assert len(kept(tmp_path / "out")) == 60
