"""`sevenstep eval reliability`: the same answers graded again under other conditions."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.answer_rubric import AnswerRubric
from agent.batch.settings import Settings
from agent.catalog import Catalog
from agent.errors import InputError
from agent.rubric import Rubric
from evals.conditions import PARAPHRASES, Plan, Regraded, planned
from evals.dataset import Dataset
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.server import FakeLLM, Scripted, serving
from evals.orders import reversed_rubric, shuffled_rubric
from evals.records import load_dataset
from evals.scales import scales_of
from evals.studies.reliability import ReliabilityStudy, measured_reliability
from tests.cli_support import Ran, refused, run
from tests.eval_support import dataset
from tests.plain_model import plain_reply
from tests.support import rubric as interview_rubric

MODEL = "openai:fake-model"
GRADED = 5
"""Answers of the dataset with words, of 6; each has two levels."""


@contextmanager
def model(level: Callable[[ChatRequest], int]) -> Iterator[FakeLLM]:
    """Serve a model that gives one level for everything that is asked in a call."""

    def reply(request: ChatRequest) -> Reply:
        made = plain_reply(request).json
        assert isinstance(made, dict)
        given = level(request)
        for grade in made["grades"]:
            grade["level"] = given
        return Reply(json=made)

    with serving(FakeLLM(Scripted(reply), keep_requests=True)) as server:
        yield server


def measured(tmp_path: Path, server: FakeLLM | None, *more: object, code: int = 0) -> Ran:
    data = tmp_path / "data"
    if not data.exists():
        dataset(data, copies=1)
    asked = ("--model", MODEL, "--base-url", server.url) if server else ("--model", "offline")
    ran = run(
        "eval", "reliability", data, *asked, "--out", tmp_path / "out", "--replicates", 100, *more
    )
    assert ran.code == code, ran.err
    return ran


def report(tmp_path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tmp_path / "out" / "reliability.json").read_text())
    return found


def figures(tmp_path: Path) -> dict[str, float]:
    found: dict[str, float] = report(tmp_path)["figures"]
    return found


def rules(request: ChatRequest) -> str:
    return request.messages[0][1]


def load(tmp_path: Path) -> Dataset:
    return load_dataset(dataset(tmp_path / "data"), Catalog())


def test_repeats_are_held_to_the_first_of_them(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    def level(request: ChatRequest) -> int:
        asked[request.key] += 1
        return 2 if asked[request.key] == 3 else 1

    with model(level) as server:
        measured(tmp_path, server, "--conditions", "repeats")
        assert server.served == 3 * GRADED
        # As one grade is asked for, not as samples are.
        assert {request.body["temperature"] for request in server.requests} == {0}
    found = figures(tmp_path)
    # The base was asked for first, so that one of its two repeats is another.
    assert found["flip"] == found["flip.repeats"] == pytest.approx(10 / 24)


def test_prompts_in_other_words_are_sent_and_compared(tmp_path: Path) -> None:
    with model(lambda request: 2 if rules(request).startswith("Task:") else 1) as server:
        measured(tmp_path, server, "--conditions", "paraphrase")
        beginnings = Counter(rules(request).split()[0] for request in server.requests)
    assert beginnings == {"You": GRADED, "Your": GRADED, "Task:": GRADED}
    assert report(tmp_path)["result"]["conditions"][0]["runs"] == ["formal", "plain"]
    assert figures(tmp_path)["flip.paraphrase"] == pytest.approx(10 / 24)


def test_criteria_are_asked_for_in_another_order(tmp_path: Path) -> None:
    with model(lambda _: 1) as server:
        measured(tmp_path, server, "--conditions", "order")
        orders = Counter(
            tuple(re.findall("^(growth|end): ", request.last, re.MULTILINE))
            for request in server.requests
        )
    assert orders == {("growth", "end"): GRADED, ("end", "growth"): GRADED}
    assert figures(tmp_path)["flip.order"] == 0


def test_seeds_are_sent(tmp_path: Path) -> None:
    with model(lambda request: 2 if request.body.get("seed") == 8 else 1) as server:
        measured(tmp_path, server, "--conditions", "seeds", "--seeds", "7,8")
        seeds = Counter(request.body.get("seed") for request in server.requests)
    assert seeds == {None: GRADED, 7: GRADED, 8: GRADED}
    assert figures(tmp_path)["flip.seeds"] == pytest.approx(10 / 24)


def test_other_models_are_asked(tmp_path: Path) -> None:
    with model(lambda request: 2 if request.model == "other" else 1) as server:
        measured(tmp_path, server, "--conditions", "models", "--models", "openai:other")
    assert figures(tmp_path)["flip.models"] == pytest.approx(10 / 12)
    assert report(tmp_path)["result"]["conditions"][0]["runs"] == ["openai:other"]


def test_a_second_run_asks_for_nothing_again(tmp_path: Path) -> None:
    with model(lambda _: 1) as server:
        for _ in range(2):
            measured(tmp_path, server)
            # Three repeats, one other order of two criteria, two paraphrases.
            assert server.served == 6 * GRADED


def test_the_limit_of_cost_is_for_all_runs_together(tmp_path: Path) -> None:
    with model(lambda _: 1) as server:
        few = ("--price", "1,1", "--at-once", 1, "--max-cost", "0.005")
        ran = measured(tmp_path, server, *few, code=3)
        assert "the same command" in ran.err
        before = server.served
        assert GRADED < before < 6 * GRADED
        measured(tmp_path, server)
        # What was in flight when the limit was reached is kept, too.
        assert server.served == 6 * GRADED


def test_the_offline_engine_is_tried_with_other_orders_and_says_so(tmp_path: Path) -> None:
    ran = measured(tmp_path, None, "--conditions", "order,repeats,paraphrase,seeds")
    found = report(tmp_path)["result"]
    assert [one["condition"] for one in found["conditions"]] == ["order"]
    assert [one["condition"] for one in found["idle"]] == ["repeats", "seeds", "paraphrase"]
    assert found["at_most"] == pytest.approx(1 - 0.05 ** (1 / 6))
    said = ran.out.replace("\n", " ")
    assert "No level changed" in said
    assert "the offline engine has no prompts" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--conditions", "repeats"), "nothing to grade again: the offline engine has no chance"),
        (("--conditions", "models"), "no other models are named"),
        (("--conditions", "weather"), "there is no 'weather'"),
        (("--seeds", "1,x"), "is not N,M"),
    ],
)
def test_what_cannot_be_run_is_refused(tmp_path: Path, more: tuple[str, ...], said: str) -> None:
    data = dataset(tmp_path / "data")
    assert said in refused(run("eval", "reliability", data, "--model", "offline", *more))


def test_several_samples_are_no_single_grade(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ask for --repeats"):
        planned(load(tmp_path), Settings(models=(MODEL,), samples=3))


def test_of_a_panel_the_first_is_the_base(tmp_path: Path) -> None:
    plan = planned(load(tmp_path), Settings(models=("openai:a", "openai:b")), ["models"])
    assert plan.base.models == ("openai:a",)
    assert [run.name for run in plan.runs] == ["openai:b"]


def test_one_criterion_has_no_order(tmp_path: Path) -> None:
    data = load(tmp_path)
    assert isinstance(data.rubric, AnswerRubric)
    alone = data.rubric.model_copy(update={"criteria": data.rubric.criteria[:1]})
    with pytest.raises(InputError, match="no order"):
        planned(Dataset(**(vars(data) | {"rubric": alone})), Settings(), ["order"])


@pytest.mark.parametrize("change", [reversed_rubric, lambda one: shuffled_rubric(one, 3)])
def test_a_rubric_in_another_order_is_valid_and_judges_the_same(
    change: Callable[[Rubric], Rubric],
) -> None:
    before = interview_rubric()
    after = change(before)
    Rubric.model_validate(after.model_dump(by_alias=True))
    assert after != before
    assert after.criteria() != before.criteria()
    for one in before.criteria():
        assert after.criterion(one.id) == one
        assert after.section_of(one.id).id == before.section_of(one.id).id


@pytest.mark.parametrize("name", ["grade_rules", "grade_step", "grade_transcript"])
@pytest.mark.parametrize("folder", sorted(PARAPHRASES.iterdir()), ids=lambda path: path.name)
def test_a_paraphrase_holds_the_same_variables_and_fields_in_other_words(
    folder: Path, name: str
) -> None:
    shipped = Path("agent/llm/prompts", f"{name}.md").read_text(encoding="utf-8")
    own = (folder / f"{name}.md").read_text(encoding="utf-8")

    def variables(text: str) -> set[str]:
        parts = re.findall(r"\{[{%](.*?)[}%]\}", text, re.DOTALL)
        spoken = [re.sub(r'"[^"]*"', "", part) for part in parts]
        return {word for part in spoken for word in re.findall(r"[A-Za-z_.0]+", part)}

    def kept(text: str) -> set[str]:
        """Fields of JSON, the levels of confidence, the marks of what is graded."""
        return set(re.findall(r"`\w+`|\"(?:high|medium|low)\"|</?candidate>", text))

    def lines(text: str) -> set[str]:
        # Without what is filled in, which must be the same.
        said = (re.sub(r"\{[{%].*?[}%]\}", "", line).strip() for line in text.splitlines())
        return {line for line in said if len(line) > 20}

    assert variables(own) == variables(shipped)
    assert kept(own) == kept(shipped)
    assert not lines(own) & lines(shipped)


def study(*runs: np.ndarray[Any, Any], decided: tuple[str, ...] = ()) -> ReliabilityStudy:
    """A base and other runs in other orders, of 12 answers to a rubric of two criteria."""
    made = [
        Regraded("order" if at else None, f"run {at}", levels, decided[at : at + 1] * 12 or None)
        for at, levels in enumerate(runs)
    ]
    rubric = AnswerRubric.model_validate(
        {
            "id": "r",
            "title": "R",
            "criteria": [{"id": name, "title": name, "points": 2} for name in ("a", "b")],
        }
    )
    plan = Plan(Settings(), rubric, 1, (), ())
    ids = [f"a{at}" for at in range(12)]
    return measured_reliability(plan, made, ids, scales_of(rubric), replicates=100)


def test_the_least_repeatable_criterion_stands_first() -> None:
    base, again = np.ones((12, 2)), np.ones((12, 2))
    again[:3, 1] = 2
    found = study(base, again)
    assert [one.criterion for one in found.least] == ["b", "a"]
    assert found.figures()["b.flip"] == pytest.approx(3 / 12)


def test_what_a_run_lacks_is_counted_and_changes_no_percentage() -> None:
    base, again = np.tile([2.0, 0.0], (12, 1)), np.tile([2.0, 0.0], (12, 1))
    again[0, 1] = np.nan
    found = study(base, again)
    assert (found.ungraded.cells_in_some_run, found.ungraded.answers_in_some_run) == (1, 1)
    assert found.figures()["ungraded"] == pytest.approx(1 / 24)
    assert found.figures()["total.change"] == 0


def test_decisions_that_differ_are_a_share_of_answers() -> None:
    levels = np.ones((12, 2))
    assert study(levels, levels, levels, decided=("hire", "hire", "no_hire")).figures()[
        "decision_change"
    ] == pytest.approx(0.5)
