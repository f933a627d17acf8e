"""`sevenstep eval compare`: two sides on the same answers, graded now or before."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.catalog import Catalog
from agent.cli.grading_options import Models
from evals.cli.sides import side_of
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.server import FakeLLM, Scripted, serving
from evals.records import load_dataset
from evals.sides import Kept, Ordered
from tests.cli_support import Ran, refused, run
from tests.eval_support import RUBRIC, dataset
from tests.plain_model import plain_model, plain_reply

MODEL = "openai:fake-model"


def report(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "compare.json").read_text())
    return found


def compared(out: Path, data: Path, a: object, b: object, *more: object, code: int = 0) -> Ran:
    ran = run("eval", "compare", data, a, b, "--out", out, "--replicates", 100, *more)
    assert ran.code == code, ran.err
    return ran


def rubric_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """The dataset's rubric with these texts in the place of others."""
    text = RUBRIC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "other.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def ordered(tmp_path: Path, text: str, usual: Models | None = None) -> Ordered:
    data = load_dataset(dataset(tmp_path / "data"), Catalog())
    side = side_of(text, usual or Models(model="offline"), Catalog(), data)
    assert isinstance(side, Ordered)
    return side


def test_offline_is_told_from_a_model_that_always_gives_1(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", copies=4)
    with plain_model() as server:
        ran = compared(
            tmp_path / "out", data, f"model={MODEL},base_url={server.url}", "model=offline"
        )
    found = report(tmp_path / "out")
    assert found["result"]["verdict"]["outcome"] == "better"
    figures = found["figures"]
    assert figures["difference"] == figures["difference.qwk"]
    assert figures["difference"] == pytest.approx(figures["b.qwk"] - figures["a.qwk"])
    assert "B is better than A" in ran.out.replace("\n", " ")


def test_a_second_run_asks_for_nothing_again(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", copies=1)
    with plain_model() as server:
        for _ in range(2):
            a, b = (f"model={MODEL},base_url={server.url},temperature={heat}" for heat in (0, 1))
            compared(tmp_path / "out", data, a, b)
            # Of six answers the blank one is not asked about.
            assert server.served == 2 * 5


def test_the_limit_of_cost_is_for_both_sides_and_the_rest_is_done_later(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", copies=1)
    with plain_model() as server:
        a, b = (f"model={MODEL},base_url={server.url},temperature={heat}" for heat in (0, 1))
        priced = ("--price", "1,1")
        compared(tmp_path / "whole", data, a, b, *priced)
        paid = sum(_cost(tmp_path / "whole" / side) for side in "ab")
        most = ("--max-cost", f"{0.75 * paid:.6f}", "--at-once", 1)
        ran = compared(tmp_path / "out", data, a, b, *priced, *most, code=3)
        assert "the same command" in ran.err
        assert (tmp_path / "out" / "a" / "grades.jsonl").exists()
        assert not (tmp_path / "out" / "compare.json").exists()
        before = server.served
        compared(tmp_path / "out", data, a, b, *priced)
        assert 0 < server.served - before < 10
    assert report(tmp_path / "out")["figures"]["b.ungraded"] == 0


def _cost(folder: Path) -> float:
    lines = (folder / "grades.jsonl").read_text().splitlines()
    return sum(json.loads(line)["scorecard"]["provenance"]["cost_usd"] or 0 for line in lines)


def test_folders_of_grades_are_taken_as_they_are(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    compared(tmp_path / "one", data, "model=offline", "model=offline")
    compared(tmp_path / "two", data, tmp_path / "one" / "a", "model=offline")
    found = report(tmp_path / "two")
    assert found["result"]["verdict"]["difference"]["value"] == 0
    assert found["figures"]["between.qwk"] == 1
    assert "no difference" in found["outcome"]
    assert not (tmp_path / "two" / "a").exists()


def test_only_criteria_of_as_many_levels_are_compared_and_others_are_named(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    rubric = rubric_file(
        tmp_path,
        ("id: end", "id: ending"),
        ("      1: One way to end is named.\n", ""),
    )
    compared(tmp_path / "out", data, "model=offline", f"model=offline,rubric={rubric}")
    found = report(tmp_path / "out")["result"]
    assert found["criteria"] == ["growth"]
    assert [tuple(one.values()) for one in found["left_out"]] == [
        ("end", "only A judges it"),
        ("ending", "only B judges it"),
    ]


def test_without_a_common_criterion_whole_answers_decide(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    rubric = rubric_file(
        tmp_path,
        ("      1: One way to end is named.\n", ""),
        ("      1: It is said that it grows.\n", ""),
    )
    sides = ("model=offline", f"model=offline,rubric={rubric}")
    ran = compared(tmp_path / "out", data, *sides)
    found = report(tmp_path / "out")["result"]
    assert found["criteria"] == []
    assert {one["reason"] for one in found["left_out"]} == {"A has 3 levels, B 2"}
    assert found["verdict"]["measure"] == "pearson"
    assert "only whole answers are compared" in ran.out.replace("\n", " ")
    said = refused(run("eval", "compare", data, *sides, "--by", "qwk", "--out", tmp_path / "out"))
    assert "only pearson and mae" in said


def test_without_people_the_two_are_beside_each_other(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    path = data / "dataset.yaml"
    path.write_text(path.read_text().partition("raters:")[0])
    with plain_model() as server:
        compared(tmp_path / "out", data, "model=offline", f"model={MODEL},base_url={server.url}")
    found = report(tmp_path / "out")
    assert found["result"]["verdict"] is None
    assert found["figures"]["between.bias"] is not None
    assert "neither can be called better" in found["outcome"]
    sides = ("model=offline", "model=offline")
    assert "needs people's grades" in refused(
        run("eval", "compare", data, *sides, "--by", "mae", "--out", tmp_path / "out")
    )


def test_what_is_not_graded_is_counted(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")

    def reply(request: ChatRequest) -> Reply:
        if "Routers" in request.messages[-1][1]:
            return Reply("no JSON at all")
        return plain_reply(request)

    with serving(FakeLLM(Scripted(reply))) as server:
        compared(tmp_path / "out", data, f"model={MODEL},base_url={server.url}", "model=offline")
    found = report(tmp_path / "out")
    assert found["figures"]["a.ungraded"] == pytest.approx(2 / 12)
    assert found["result"]["percents"]["answers"] == 10
    assert "A has no grade for 2 of 12 answers" in found["outcome"]


def test_a_side_takes_what_it_leaves_out_from_the_options(tmp_path: Path) -> None:
    side = ordered(tmp_path, "samples=3", Models(model=MODEL, temperature=0.5))
    assert side.settings.models == (MODEL,)
    assert (side.settings.samples, side.settings.temperature) == (3, 0.5)


def test_a_panel_keeps_its_commas(tmp_path: Path) -> None:
    side = ordered(tmp_path, "panel=openai:a,openai:b,samples=2", Models(model=MODEL))
    assert side.settings.models == ("openai:a", "openai:b")


def test_prompts_are_read_from_their_folder(tmp_path: Path) -> None:
    side = ordered(tmp_path, f"model={MODEL},prompts=evals/paraphrases/plain")
    assert [name for name, _ in side.settings.prompts.own] == [
        "grade_rules", "grade_step", "grade_transcript",
    ]  # fmt: skip


def test_a_file_of_yaml_names_a_side(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(f"model: {MODEL}\nseed: 5\n")
    assert ordered(tmp_path, str(path)).settings.seed == 5


def test_a_folder_names_a_side(tmp_path: Path) -> None:
    data = load_dataset(dataset(tmp_path / "data"), Catalog())
    assert side_of(str(tmp_path), Models(model=None), Catalog(), data) == Kept(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing_there", "is no folder of grades"),
        ("modl=offline", "did you mean 'model'?"),
        ("model=offline,model=offline", "gives 'model' twice"),
        ("model=openai:x,samples=many", "samples: Input should be a valid integer"),
        ("model=offline,samples=3", "needs a language model"),
        ("model=offline,prompts=evals/paraphrases/plain", "--prompts needs a language model"),
        ("model=offline,rubric=no_such_rubric", "no_such_rubric"),
    ],
)
def test_what_names_no_side_is_refused(tmp_path: Path, text: str, said: str) -> None:
    data = dataset(tmp_path / "data")
    assert said in refused(run("eval", "compare", data, text, "model=offline"))
