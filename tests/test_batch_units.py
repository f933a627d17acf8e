"""What calls an answer takes, under which keys their results are kept, and what is asked again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent.batch.answer import Answer
from agent.batch.units import Planner, UnitResult, Work, answer_key
from agent.llm.unit import Calls
from agent.usage import ModelUsage
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.cli_support import Ran, run
from tests.grading_support import (
    CRITERIA,
    TEXT,
    answer,
    answers_file,
    kept,
    levels,
    problem,
    rubric,
    rubric_file,
    verdict,
    verdicts,
)
from tests.plain_model import plain_model, plain_reply

RUBRIC = rubric()


def changed(criterion: int, **changes: object) -> list[dict[str, object]]:
    """The criteria with a change of one of them."""
    raw = [one.model_dump(mode="json", exclude_defaults=True) for one in RUBRIC.criteria]
    raw[criterion] |= changes
    return raw


def keys(
    calls: Calls = Calls.criterion,
    raters: tuple[str, ...] = ("m",),
    one: Answer | None = None,
    **changes: Any,
) -> list[str]:
    """The keys of an answer's calls."""
    planner = Planner(raters, calls)
    work = planner.work(problem(rubric(**changes)), one or answer())
    return [task.key for task in work.tasks]


def work(calls: Calls, text: str = TEXT) -> Work:
    return Planner(("m",), calls).work(problem(), answer(text=text))


@pytest.mark.parametrize(
    "changes",
    [{"criteria": changed(0, weight=7)}, {"version": "9"}, {"id": "other"}],
    ids=["weight", "version", "id"],
)
def test_what_only_changes_the_score_leaves_the_keys(changes: dict[str, Any]) -> None:
    assert keys(**changes) == keys()


@pytest.mark.parametrize(
    "changes",
    [{"question": "Why?"}, {"reference": "So."}, {"notes": "Be kind."}],
    ids=["question", "reference", "notes"],
)
def test_what_every_call_says_changes_all_keys(changes: dict[str, Any]) -> None:
    assert not set(keys(**changes)) & set(keys())


def test_a_criterion_of_a_changed_wording_changes_its_own_key_alone() -> None:
    changes = changed(1, levels=[{"points": 0, "text": "No."}, {"points": 2, "text": "All."}])
    before, after = keys(), keys(criteria=changes)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_another_text_has_other_keys_and_another_id_has_not() -> None:
    assert keys(one=answer("b")) == keys()
    assert not set(keys(one=answer(text="Else."))) & set(keys())


def test_each_rater_has_keys_of_its_own() -> None:
    assert len(set(keys(raters=("m|0", "m|1", "n|0")))) == 6


@pytest.mark.parametrize(("calls", "count"), [("answer", 1), ("step", 1), ("criterion", 2)])
def test_a_rubric_for_answers_takes_so_many_calls(calls: str, count: int) -> None:
    assert len(work(Calls(calls)).tasks) == count


def test_a_short_text_is_graded_by_one_call_and_a_long_one_by_a_call_for_each_part() -> None:
    long = "Each word counts here. " * 1_000
    assert [task.key for task in work(Calls.auto).tasks] == [
        task.key for task in work(Calls.answer).tasks
    ]
    assert [task.key for task in work(Calls.auto, long).tasks] == [
        task.key for task in work(Calls.step, long).tasks
    ]


@pytest.mark.parametrize(
    ("one", "how", "prompt", "is_same"),
    [
        (answer("b"), "m", None, True),
        (answer(text="Else."), "m", None, False),
        (answer(), "n", None, False),
        (answer(), "m", "Why?", False),
    ],
    ids=["id", "text", "how", "question"],
)
def test_an_answers_key_is_of_all_that_its_grade_depends_on(
    one: Answer, how: str, prompt: str | None, is_same: bool
) -> None:
    before = answer_key(answer(), problem(), ["m"])
    assert (answer_key(one, problem(prompt=prompt), [how]) == before) is is_same


def test_a_changed_weight_changes_the_answers_key_so_that_it_is_scored_anew() -> None:
    heavy = problem(rubric(criteria=changed(0, weight=7)))
    assert answer_key(answer(), heavy, ["m"]) != answer_key(answer(), problem(), ["m"])


def used(calls: int) -> ModelUsage:
    return ModelUsage(
        model="m", calls=calls, input_tokens=1, cached_tokens=0, output_tokens=1, cost_usd=None
    )


def test_a_result_is_whole_when_each_verdict_has_a_level() -> None:
    assert UnitResult(graded=verdicts(1, 0)).is_whole
    partly = UnitResult(graded=verdicts(None, 2))
    assert not partly.is_whole
    assert partly.verdicts == {"avoidance": verdict("avoidance", 2)}


def test_a_result_after_another_has_taken_what_both_took() -> None:
    first = UnitResult(graded=verdicts(None, 2), usage=(used(3),))
    both = UnitResult(graded=verdicts(1, 2), usage=(used(1),)).after(first)
    assert [one.calls for one in both.usage] == [3, 1]
    assert both.is_whole


# Over HTTP, by the command.


def graded(folder: Path, server: FakeLLM, *options: object, rubric: Path | None = None) -> Ran:
    answers = answers_file(folder, {"a": TEXT, "b": "It is linear. So it is."})
    order = ("grade", answers, "--rubric", rubric or rubric_file(folder), "--out", folder / "out")
    ran = run(*order, "--model", "openai:x", "--base-url", server.url, *options)
    assert ran.code == 0, ran.err
    return ran


@pytest.mark.parametrize(("calls", "count"), [("answer", 2), ("criterion", 4)])
def test_a_second_run_pays_nothing(tmp_path: Path, calls: str, count: int) -> None:
    with plain_model() as server:
        graded(tmp_path, server, "--calls", calls)
        assert server.served == count
        ran = graded(tmp_path, server, "--calls", calls)
        assert server.served == count
    assert "This run" not in ran.out


def test_a_changed_weight_changes_the_score_and_pays_nothing(tmp_path: Path) -> None:
    heavier = ("points: 2", "points: 2\n    weight: 6")
    with plain_model() as server:
        graded(tmp_path, server)
        graded(tmp_path, server, rubric=rubric_file(tmp_path, heavier))
        assert server.served == 2
    assert [grade.weight for grade in kept(tmp_path / "out")[0].scorecard.criteria] == [6, 2]


def test_a_changed_level_is_paid_for_alone(tmp_path: Path) -> None:
    with plain_model() as server:
        graded(tmp_path, server, "--calls", "criterion", rubric=rubric_file(tmp_path))
        stricter = rubric_file(tmp_path, ("1: Named.", "1: Named by its name."))
        graded(tmp_path, server, "--calls", "criterion", rubric=stricter)
        assert server.served == 4 + 2


def test_of_a_partial_result_only_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    asked: list[list[str]] = []
    healthy = False

    def reply(request: ChatRequest) -> Reply:
        plain = plain_reply(request).json
        assert isinstance(plain, dict)
        grades = {one["criterion"]: one for one in plain["grades"]}
        asked.append([name for name in CRITERIA if name in grades])
        if not healthy and "avoidance" in grades:
            invented = {"quotes": [{"turn": 0, "quote": "Never said."}]}
            grades["avoidance"] = {**grades["avoidance"], **invented}
        return Reply(json={"grades": list(grades.values()), "red_flags": []})

    with serving(FakeLLM(Scripted(reply))) as server:
        graded(tmp_path, server)
        assert [levels(one) for one in kept(tmp_path / "out")] == [(1, "ungraded")] * 2
        healthy, asked[:] = True, []
        graded(tmp_path, server)
    assert asked == [["avoidance"], ["avoidance"]]
    assert [levels(one) for one in kept(tmp_path / "out")] == [(1, 1)] * 2


def test_each_model_of_a_panel_is_warmed_by_a_first_call_alone(tmp_path: Path) -> None:
    at_work: dict[str, int] = {}
    seen: dict[str, list[int]] = {}

    async def reply(request: ChatRequest) -> Reply:
        model = str(request.model)
        at_work[model] = at_work.get(model, 0) + 1
        seen.setdefault(model, []).append(at_work[model])
        await asyncio.sleep(0.1)
        at_work[model] -= 1
        return plain_reply(request)

    answers = answers_file(tmp_path, {"a": TEXT})
    with serving(FakeLLM(Scripted(reply))) as server:
        ran = run(
            "grade", answers, "--rubric", rubric_file(tmp_path), "--out", tmp_path / "out",
            "--panel", "openai:a,openai:b", "--samples", 2, "--calls", "criterion",
            "--base-url", server.url,
        )  # fmt: skip
    assert ran.code == 0, ran.err
    assert seen["a"] == seen["b"] == [1, 1, 2, 3]
