"""Rubrics for written answers: what they hold, and how mistakes in their files are told."""

import json
from pathlib import Path

import pytest

from agent.answer_rubric import AnswerCriterion
from agent.catalog import Catalog, load_any_rubric
from agent.errors import FileError
from agent.rubric import Rubric
from tests.cli_support import refused, run
from tests.grading_support import RUBRIC, rubric, rubric_file


def criterion(**fields: object) -> AnswerCriterion:
    return AnswerCriterion.model_validate({"id": "cause", "title": "Cause"} | fields)


def test_points_alone_make_a_level_for_each_step() -> None:
    scale = criterion(points=1.5, step=0.5).scale
    assert [rung.points for rung in scale] == [0, 0.5, 1.0, 1.5]
    assert scale[0].text == "0 of 1.5 points: absent or wrong"
    assert scale[-1].text == "1.5 of 1.5 points: complete and correct"


def test_a_step_that_no_binary_fraction_is_divides_all_the_same() -> None:
    assert len(criterion(points=1, step=0.1).scale) == 11
    assert criterion(points=0.3, step=0.1).scale[1].points == 0.1


def test_levels_are_a_mapping_of_points_to_text() -> None:
    scale = criterion(levels={0: "No cause.", 1.5: "A cause."}).scale
    assert [(rung.points, rung.text) for rung in scale] == [(0, "No cause."), (1.5, "A cause.")]


@pytest.mark.parametrize(
    ("fields", "share"),
    [
        ({"points": 3}, 3),
        ({"levels": {0: "No.", 5: "All."}}, 5),
        ({"points": 3, "weight": 0.5}, 0.5),
    ],
)
def test_it_counts_its_highest_points_unless_it_has_a_weight(
    fields: dict[str, object], share: float
) -> None:
    assert criterion(**fields).share == share


def test_a_rubric_as_json_is_read_again() -> None:
    assert type(rubric()).model_validate_json(rubric().model_dump_json()) == rubric()


POINTS = "    points: 2\n"
LEVELS = "      0: Not named, or wrong.\n      1: Named.\n      2: Linear growth explained.\n"
CRITERIA = "criteria:\n  - id: slow_start\n    title: Slow start\n    points: 2\n"
MISTAKES = {
    "both points and levels": ((POINTS, f"{POINTS}    levels: {{0: Bad, 1: Good}}\n"), "either"),
    "neither": ((POINTS, ""), "either `levels` or `points`"),
    "falling": (("2: Linear", "0.5: Linear"), "the lowest first, with rising points"),
    "one level": ((LEVELS, "      0: Bad.\n"), "at least two levels"),
    "a level twice": (("1: Named", "0: Named"), "line 13: not valid YAML: the key 0 stands twice"),
    "a list of texts": ((LEVELS, "      - Bad\n"), "levels are a mapping of points to text"),
    "a text": ((f"\n{LEVELS}", " good\n"), "levels are a mapping of points to text"),
    "a bare yes": (("1: Named.", "1: Yes"), "levels[1].text: YAML takes this word for a plain yes"),
    "points in words": (("1: Named.", "one: Named."), "'one' is not accepted"),
    "negative points": (("0: Not", "-1: Not"), "-1 is not accepted"),
    "no multiple": ((POINTS, f"{POINTS}    step: 0.3\n"), "must be a multiple of `step` (0.3)"),
    "too many steps": ((POINTS, "    points: 500\n"), "at most 100 times"),
    "an id twice": (("id: avoidance", "id: slow_start"), "the criterion id 'slow_start' stands"),
    "no id": (("id: avoidance", "id: 2nd phase"), "'2nd phase' is not a valid id"),
    "an unknown key": ((POINTS, "    pionts: 2\n"), "pionts: this key is not known"),
    "a misspelt weight": ((POINTS, f"{POINTS}    wieght: 2\n"), "wieght: this key is not known"),
    "a title that is a number": (("title: Slow start", "title: 7"), "put the text in quotes"),
    "criteria by their ids": ((CRITERIA, "criteria:\n  slow_start: 2\n"), "YAML"),
    "no criteria": ((RUBRIC[RUBRIC.index("criteria:") :], ""), "criteria: this key is missing"),
    "steps, too": (("criteria:", "steps: []\ncriteria:"), "has both `steps` and `criteria`"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_in_one_line_with_its_place(tmp_path: Path, name: str) -> None:
    change, told = MISTAKES[name]
    path = rubric_file(tmp_path, change)
    with pytest.raises(FileError) as caught:
        load_any_rubric(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "more like faults" not in str(caught.value)


@pytest.mark.parametrize("raw", ["", "- one\n- two\n", "just text\n", "criteria: {a: 1}\nid: x\n"])
def test_what_is_no_rubric_at_all_is_told(tmp_path: Path, raw: str) -> None:
    (tmp_path / "tcp.yaml").write_text(raw)
    with pytest.raises(FileError, match=r"is expected|is missing"):
        load_any_rubric(tmp_path / "tcp.yaml")


def test_by_its_id_either_kind_is_found(tmp_path: Path) -> None:
    rubric_file(tmp_path)
    shelf = Catalog(rubric_folders=(tmp_path,))
    assert shelf.any_rubric("tcp").id == "tcp"
    assert isinstance(shelf.any_rubric(), Rubric)


# The commands about rubric files.


def test_a_new_rubric_for_answers_passes_the_check_and_grades(tmp_path: Path) -> None:
    made = run("rubric", "new", "mine", "--answers", "--dir", tmp_path)
    path, answer = tmp_path / "mine.yaml", tmp_path / "answer.md"
    answer.write_text("In slow start cwnd doubles every round trip. So it is.")
    assert f"sevenstep rubric check {path}" in made.out
    assert run("rubric", "check", path).out == f"ok    mine ({path})\n"
    assert "of 6 points" in run("grade", answer, "--rubric", path).out


def test_both_kinds_of_rubrics_are_checked_together(tmp_path: Path) -> None:
    for name, kind in (("one", ()), ("two", ("--answers",))):
        assert run("rubric", "new", name, *kind, "--dir", tmp_path).code == 0
    ran = run("rubric", "check", tmp_path)
    assert (ran.code, len(ran.out.splitlines())) == (0, 2)


def test_the_check_tells_a_mistake_and_exits_with_2(tmp_path: Path) -> None:
    path = rubric_file(tmp_path, ("id: avoidance", "id: slow_start"))
    assert "stands more than once" in refused(run("rubric", "check", path))


@pytest.mark.parametrize("name", ["answer_rubric", "graded_answer"])
def test_its_schema_is_printed(name: str) -> None:
    assert json.loads(run("schema", name).out)["type"] == "object"


def test_the_schema_takes_levels_as_they_are_written() -> None:
    schema = json.loads(run("schema", "answer_rubric").out)
    first, _ = schema["$defs"]["AnswerCriterion"]["properties"]["levels"]["anyOf"]
    assert first == {"type": "object", "additionalProperties": {"type": "string"}}
