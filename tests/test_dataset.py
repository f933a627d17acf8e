"""Datasets: answers with people's grades out of tables, and what is said of mistakes in them."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from agent.answer_rubric import AnswerRubric
from agent.errors import FileError
from evals.dataset import About
from tests.dataset_support import HEAD, dataset, load, refused
from tests.inputs_support import put

RUBRIC = """\
id: trains
title: Why trains are late
question: Why was the train late?
criteria:
  - id: cause
    title: The cause
    points: 2
  - id: remedy
    title: The remedy
    points: 1
    step: 0.5
"""
ABOUT = """\
files: [answers.csv]
rubric: trains.yaml
raters:
  anna: {cause: anna_cause, remedy: anna_remedy}
  ben: {cause: ben_cause, remedy: ben_remedy}
"""
ANSWERS = """\
id,answer,part,group,anna_cause,anna_remedy,ben_cause,ben_remedy
a1,"Snow, and no plough.",train,kim,2,1,1,0.5
a2,Leaves.,train,kim,1,,1,0
a3,I do not know.,test,lee,0,0,0,NA
"""
LONG = "files: [answers.csv]\nrubric: trains.yaml\ngrades: grades.csv\n"
TEXTS = "id,answer\na1,Snow.\na2,Leaves.\n"


def trains(
    folder: Path, about: str = ABOUT, answers: str | bytes = ANSWERS, **files: str | bytes
) -> Path:
    return dataset(folder, about, answers_csv=answers, trains_yaml=RUBRIC, **files)


def overall(folder: Path, scale: str, cell: str = "7") -> Path:
    about = (
        f"files: [answers.csv]\nrubric: trains.yaml\nraters: {{anna: {{overall: mark}}}}\n{scale}"
    )
    return trains(folder, about, f"id,answer,mark\na1,Snow.,{cell}\na2,Leaves.,\n")


# What is read


def test_people_are_levels_by_answer_criterion_and_rater(tmp_path: Path) -> None:
    data = load(trains(tmp_path))
    assert data.ids == ("a1", "a2", "a3")
    assert data.people.raters == ("anna", "ben")
    assert data.people.criteria == ("cause", "remedy")
    np.testing.assert_array_equal(data.people.of_rater("anna"), [[2, 2], [1, np.nan], [0, 0]])
    np.testing.assert_array_equal(data.people.of_rater("ben"), [[1, 1], [1, 0], [0, np.nan]])


def test_totals_are_what_the_levels_come_to_where_no_others_are_given(tmp_path: Path) -> None:
    totals = load(trains(tmp_path)).totals
    assert totals.raters == ("anna", "ben")
    # Of a2 only the cause is graded by anna, 1 point of 2.
    assert totals.values == pytest.approx(np.array([[100, 50], [50, 100 / 3], [0, 0]]))


def test_a_part_holds_its_answers_with_their_grades_and_groups(tmp_path: Path) -> None:
    part = load(trains(tmp_path)).part("test")
    assert (part.ids, part.parts, part.groups) == (("a3",), ("test",), ("lee",))
    np.testing.assert_array_equal(part.people.of_rater("anna"), [[0, 0]])
    np.testing.assert_array_equal(part.totals.values, [[0, 0]])


def test_an_unknown_part_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"dataset.yaml: has no part 'dev'; use one of test, train"):
        load(trains(tmp_path)).part("dev")


def test_a_list_of_criteria_stands_for_columns_of_these_names(tmp_path: Path) -> None:
    about = "files: [answers.csv]\nrubric: trains.yaml\nraters: {anna: [cause]}\n"
    data = load(trains(tmp_path, about, "id,answer,cause\na1,Snow.,2\n"))
    assert data.people.values.tolist() == [[[2]]]


def test_grades_may_stand_in_a_table_of_their_own(tmp_path: Path) -> None:
    grades = "id,rater,criterion,value\na2,anna,cause,1\na1,ben,remedy,0.5\na2,ben,cause,NA\n"
    data = load(trains(tmp_path, LONG, TEXTS, grades_csv=grades))
    assert data.people.raters == ("anna", "ben")
    np.testing.assert_array_equal(data.people.of_rater("anna"), [[np.nan, np.nan], [1, np.nan]])
    np.testing.assert_array_equal(data.people.of_rater("ben"), [[np.nan, 1], [np.nan, np.nan]])


def test_overall_grades_are_percentages_of_their_scale(tmp_path: Path) -> None:
    data = load(overall(tmp_path, "overall: {lowest: 5, highest: 10}\n"))
    np.testing.assert_array_equal(data.totals.values, [[40], [np.nan]])
    assert data.people.raters == ()


def test_a_grade_between_two_levels_is_put_to_the_nearest_or_the_lower(tmp_path: Path) -> None:
    answers = "id,answer,c\na1,Snow.,1.6\na2,Leaves.,0.5\n"
    about = "files: [answers.csv]\nrubric: trains.yaml\nraters: {anna: {cause: c}}\nnearest: true\n"
    assert load(trains(tmp_path, about, answers)).people.values.ravel().tolist() == [2, 0]


def test_columns_may_have_other_names(tmp_path: Path) -> None:
    about = (
        "files: [answers.csv]\ncolumns: {id: nr, answer: essay, prompt: task, part: fold, group: "
        "author}\nrubric: trains.yaml\n"
    )
    data = load(trains(tmp_path, about, "nr,essay,task,fold,author\n7,Snow.,Why?,dev,kim\n"))
    (answer,) = data.answers
    assert (answer.id, answer.turns, answer.prompt) == ("7", ("Snow.",), "Why?")
    assert (data.parts, data.groups) == (("dev",), ("kim",))


def test_files_may_say_which_part_they_hold(tmp_path: Path) -> None:
    about = "files: {one.csv: dev, two.jsonl: test}\nrubric: trains.yaml\n"
    row = '{"id": 2, "answer": null, "part": "x"}'
    data = load(trains(tmp_path, about, one_csv="id,answer\n1,Snow.\n", two_jsonl=row))
    assert (data.ids, data.parts, data.groups) == (("1", "2"), ("dev", "test"), ("", ""))
    assert data.answers[1].turns == ("",)


def test_a_single_file_needs_no_list(tmp_path: Path) -> None:
    assert len(load(trains(tmp_path, "files: answers.csv\nrubric: trains.yaml\n")).answers) == 3


def test_files_may_lie_elsewhere(tmp_path: Path) -> None:
    put(tmp_path / "far/answers.csv", ANSWERS)
    for name in ("../far/answers.csv", str(tmp_path / "far/answers.csv")):
        data = load(trains(tmp_path / "here", ABOUT.replace("answers.csv", name)))
        assert len(data.answers) == 3


def test_only_rows_with_one_of_the_values_are_kept(tmp_path: Path) -> None:
    for only, kept in (("{group: lee}", ("a3",)), ("{anna_cause: [0, 1]}", ("a2", "a3"))):
        assert load(trains(tmp_path, f"{ABOUT}only: {only}\n")).ids == kept


def test_what_all_answers_share_counts_where_a_cell_is_blank(tmp_path: Path) -> None:
    about = "files: [answers.csv]\nrubric: trains.yaml\nprompt: Why?\nscenario: card_fraud\n"
    data = load(trains(tmp_path, about, "id,answer,prompt\n1,Snow.,How?\n2,Leaves.,\n"))
    assert [answer.prompt for answer in data.answers] == ["How?", "Why?"]
    assert {answer.scenario for answer in data.answers} == {"card_fraud"}


@pytest.mark.parametrize(
    "answers",
    [
        b"\xef\xbb\xbf" + ANSWERS.encode(),
        ANSWERS.replace("\n", "\r\n").encode(),
        ANSWERS.replace("Snow, and", "Snow and").replace(",", ";").encode(),
        ANSWERS.encode("utf-16"),
        ANSWERS.replace("\n", "\n\n").encode(),
    ],
    ids=["byte order mark", "ends of Windows", "semicolons", "UTF-16", "blank rows"],
)
def test_tables_of_other_systems_are_read(tmp_path: Path, answers: bytes) -> None:
    data = load(trains(tmp_path, answers=answers))
    np.testing.assert_array_equal(data.people.of_rater("ben"), [[1, 1], [1, 0], [0, np.nan]])


def test_json_lines_may_leave_grades_out(tmp_path: Path) -> None:
    about = "files: [a.jsonl]\nrubric: trains.yaml\nraters: {anna: [cause], ben: [cause]}\n"
    lines = '{"id": "1", "answer": "Snow.", "cause": 2}\n{"id": "2", "answer": "Leaves."}\n'
    data = load(trains(tmp_path, about, a_jsonl=lines))
    assert np.isnan(data.people.values[1]).all()
    assert data.people.values[0].tolist() == [[2, 2]]


def test_a_dataset_needs_no_people(tmp_path: Path) -> None:
    data = load(trains(tmp_path, "files: [answers.csv]\nrubric: trains.yaml\n"))
    assert data.people.raters == ()
    assert data.totals.raters == ()
    assert data.people.values.shape == (3, 0, 0)


def test_a_rater_without_grades_is_left_out(tmp_path: Path) -> None:
    about = "files: [answers.csv]\nrubric: trains.yaml\nraters: {anna: [cause], ben: {cause: b}}\n"
    data = load(trains(tmp_path, about, "id,answer,cause,b\n1,Snow.,2,\n"))
    assert data.people.raters == ("anna",)


def test_the_rubric_of_interviews_is_used_where_none_is_named(tmp_path: Path) -> None:
    about = "files: [answers.csv]\nscenario: card_fraud\nraters: {anna: [leakage]}\n"
    data = load(dataset(tmp_path, about, answers_csv="id,answer,leakage\n1,None.,3\n"))
    assert data.rubric.id == "ml_system_design"
    assert data.people.values.tolist() == [[[3]]]


def test_another_rubric_may_be_named(tmp_path: Path) -> None:
    other = put(tmp_path / "other.yaml", RUBRIC.replace("points: 2", "points: 4"))
    data = load(trains(tmp_path / "set"), str(other))
    assert data.people.scales[0].top == 4


# What is refused

REFUSED = {
    "an unknown key": ("ratters: {}", "ratters", "not known"),
    "grades in two places": ("grades: grades.csv", "", "both `grades` and `raters`"),
    "an unknown field": ("columns: {score: x}", "columns.score", "no such field"),
    "an unknown column": ("columns: {group: grup}", "columns.group", "'grup'"),
    "an unknown column for only": ("only: {grup: kim}", "only.grup", "did you mean 'group'"),
    "only without a match": ("only: {group: max}", "only.group", "there are kim, lee"),
    "nothing for only": ("only: {group: []}", "only.group", "at least 1"),
    "an unknown rubric": ("rubric: tranes", "rubric", "'tranes'"),
    "a scenario that is none": ("scenario: Card Fraud", "scenario", "not a valid id"),
    "keys in the list of files": ("files: [{answers.csv: dev}]", "files", "a list is not accepted"),
    "lists in the list of criteria": ("raters: {kim: [[cause]]}", "raters.kim", "a list is not"),
    "an empty scale": ("overall: {lowest: 3, highest: 3}", "overall", "more than `lowest`"),
    "an endless scale": ("overall: {highest: .inf}", "overall.highest", "inf"),
}


@pytest.mark.parametrize(("line", "where", "said"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_in_the_description_is_refused(
    tmp_path: Path, line: str, where: str, said: str
) -> None:
    key = line.partition(":")[0]
    about = re.sub(rf"(?m)^{key}:.*\n(?:  .*\n)*", "", ABOUT)
    fault = refused(trains(tmp_path, f"{about}{line}\n", grades_csv=""))
    assert fault.path == tmp_path / "dataset.yaml"
    assert fault.where == where
    assert said in str(fault)


RATERS = {
    "an unknown column": ("{cause: anna_kause}", "did you mean 'anna_cause'"),
    "an unknown criterion": ("{courage: anna_cause}", "no criterion 'courage'"),
    "no columns": ("{}", "at least 1"),
}


@pytest.mark.parametrize(("columns", "said"), RATERS.values(), ids=RATERS)
def test_a_mistake_in_the_raters_is_refused(tmp_path: Path, columns: str, said: str) -> None:
    about = f"files: [answers.csv]\nrubric: trains.yaml\nraters: {{anna: {columns}}}\n"
    fault = refused(trains(tmp_path, about))
    assert fault.path == tmp_path / "dataset.yaml"
    assert fault.where.startswith("raters.anna")
    assert said in str(fault)


ROWS = {
    "a grade off the scale": ("a4,Fog.,,,3,,,\n", "3 points for 'cause'"),
    "a grade between levels": ("a4,Fog.,,,1.5,,,\n", "nearest: true"),
    "a grade below the scale": ("a4,Fog.,,,-1,,,\n", "none of its levels (0, 1, 2)"),
    "a word for a grade": ("a4,Fog.,,,good,,,\n", "anna_cause: 'good' is no number"),
    "an endless grade": ("a4,Fog.,,,inf,,,\n", "is no number"),
    "digits joined by _": ("a4,Fog.,,,1_0,,,\n", "is no number"),
    "a decimal comma": ('a4,Fog.,,,"1,5",,,\n', "such as 2.5"),
    "an id twice": ("a1,Fog.,,,1,,,\n", "the id 'a1' stands twice, first in"),
    "a blank id": (" ,Fog.,,,1,,,\n", "the id is blank"),
    "too few fields": ("a4,Fog.\n", "has 2 fields where the header has 8"),
}


@pytest.mark.parametrize(("row", "said"), ROWS.values(), ids=ROWS)
def test_a_mistake_in_a_row_is_refused(tmp_path: Path, row: str, said: str) -> None:
    fault = refused(trains(tmp_path, answers=ANSWERS + row))
    assert fault.path == tmp_path / "answers.csv"
    assert fault.where == "row 5 (line 5)"
    assert said in str(fault)


def test_a_nan_in_json_is_no_grade(tmp_path: Path) -> None:
    about = "files: [a.jsonl]\nrubric: trains.yaml\nraters: {anna: [cause]}\n"
    fault = refused(
        trains(tmp_path, about, a_jsonl='{"id": "1", "answer": "Snow.", "cause": NaN}\n')
    )
    assert (fault.path.name, fault.where) == ("a.jsonl", "line 1")
    assert "cause: nan is no number" in str(fault)


LONG_ROWS = {
    "an unknown answer": ("a9,anna,cause,1\n", "there is no answer 'a9'"),
    "an unknown criterion": ("a1,anna,courage,1\n", "no criterion 'courage'"),
    "a grade twice": ("a1,anna,cause,1\n", "'anna' graded 'cause' of 'a1' twice"),
    "a blank rater": ("a1,,cause,1\n", "the rater is blank"),
    "a grade off the scale": ("a2,anna,cause,3\n", "3 points"),
}


@pytest.mark.parametrize(("row", "said"), LONG_ROWS.values(), ids=LONG_ROWS)
def test_a_mistake_in_the_table_of_grades_is_refused(tmp_path: Path, row: str, said: str) -> None:
    grades = f"id,rater,criterion,value\na1,anna,cause,2\n{row}"
    fault = refused(trains(tmp_path, LONG, TEXTS, grades_csv=grades))
    assert (fault.path, fault.where) == (tmp_path / "grades.csv", "row 3 (line 3)")
    assert said in str(fault)


def test_a_table_of_grades_needs_its_columns(tmp_path: Path) -> None:
    grades = "id,who,criterion,value\na1,anna,cause,2\n"
    fault = refused(trains(tmp_path, LONG, TEXTS, grades_csv=grades))
    assert "there is no column 'rater'" in str(fault)


def test_an_overall_grade_needs_a_scale(tmp_path: Path) -> None:
    assert "overall: {lowest: 0, highest: ...}" in str(refused(overall(tmp_path, "")))


@pytest.mark.parametrize("cell", ["10.5", "4"])
def test_an_overall_grade_off_its_scale_is_refused(tmp_path: Path, cell: str) -> None:
    fault = refused(overall(tmp_path, "overall: {lowest: 5, highest: 10}\n", cell))
    assert f"{cell} for the whole answer is not within 5 and 10" in str(fault)
    assert fault.where == "row 2 (line 2)"


def test_a_criterion_called_overall_is_refused(tmp_path: Path) -> None:
    folder = trains(tmp_path)
    put(tmp_path / "trains.yaml", RUBRIC.replace("id: cause", "id: overall"))
    assert "call the criterion otherwise" in str(refused(folder))


FILES = {
    "none": ("files: []", {}, "dataset.yaml", "names no files"),
    "a missing one": ("files: [b.csv]", {}, "b.csv", "no such file"),
    "no table": ("files: [b.xlsx]", {"b_xlsx": "x"}, "b.xlsx", "is no table"),
    "an empty one": ("files: [b.csv]", {"b_csv": ""}, "b.csv", "holds no rows"),
    "a header alone": ("files: [b.csv]", {"b_csv": "id,answer\n"}, "b.csv", "holds no rows"),
    "blank lines": ("files: [b.jsonl]", {"b_jsonl": "\n\n"}, "b.jsonl", "holds no rows"),
    "a column twice": ("files: [b.csv]", {"b_csv": "id,id\n1,2\n"}, "b.csv", "stands 2 times"),
    "no answers": ("files: [b.csv]", {"b_csv": "id,text\n1,2\n"}, "b.csv", "no column 'answer'"),
    "no ids": ("files: [b.csv]", {"b_csv": "no,answer\n1,2\n"}, "b.csv", "columns: {id: NAME}"),
    "a broken object": ("files: [b.jsonl]", {"b_jsonl": "{"}, "b.jsonl", "not valid JSON"),
    "no object": ("files: [b.jsonl]", {"b_jsonl": "[1]\n"}, "b.jsonl", "is no object"),
    "an open quote": ("files: [b.csv]", {"b_csv": 'id,answer\n1,"x\n'}, "b.csv", "no valid row"),
    "Latin-1": ("files: [b.csv]", {"b_csv": b"id,answer\n1,\xe9\n"}, "b.csv", "is not UTF-8"),
}


@pytest.mark.parametrize(("files", "given", "name", "said"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_used_is_refused(
    tmp_path: Path, files: str, given: dict[str, str | bytes], name: str, said: str
) -> None:
    fault = refused(trains(tmp_path, f"{files}\nrubric: trains.yaml\n", **given))
    assert fault.path == tmp_path / name
    assert said in str(fault)


def test_a_folder_without_a_description_is_refused(tmp_path: Path) -> None:
    assert "is no folder with a dataset.yaml" in str(refused(tmp_path))
    assert "is no folder with a dataset.yaml" in str(refused(tmp_path / "missing"))


def test_a_description_needs_a_licence(tmp_path: Path) -> None:
    put(tmp_path / "dataset.yaml", HEAD.replace("licence: Apache-2.0\n", ""))
    assert refused(tmp_path).where == "licence"


# What the page says

PAGE = (Path(__file__).parent.parent / "docs/evaluation.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+) *(\S*)\n(.*?)```", PAGE, re.DOTALL)
DESCRIPTIONS = [text for kind, _, text in BLOCKS if kind == "yaml" and "licence:" in text]


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_the_pages_descriptions_are_of_the_form(text: str) -> None:
    assert About.model_validate(yaml.safe_load(text)).title


def test_the_pages_complete_example_is_read_as_it_says(tmp_path: Path) -> None:
    for _, name, text in BLOCKS:
        if name:
            put(tmp_path / name, text)
    data = load(tmp_path)
    assert isinstance(data.rubric, AnswerRubric)
    assert data.people.raters == ("kim", "lee")
    assert data.people.criteria == ("slow_start", "avoidance")
    assert data.people.values.tolist() == [[[2, 2], [1, 2]], [[1, 0], [0, 0]]]
    assert (data.parts, data.groups) == (("tuning", "held_out"), ("s01", "s02"))
    np.testing.assert_array_equal(data.totals.values, [[80, 90], [20, np.nan]])


def test_answers_that_say_that_nothing_was_handed_in_can_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "dataset.yaml").write_text(
        "title: t\nsource: s\nlicence: l\nfiles: [a.csv]\nprompt: Why?\n"
        "unanswered: [No submission]\n"
    )
    (tmp_path / "a.csv").write_text(
        "id,answer\n1,no Submission.\n2,\n3,There was no submission before the deadline.\n"
    )
    assert load(tmp_path).answered().ids == ("3",)
