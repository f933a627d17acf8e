"""`sevenstep review`: a person's level stands, with its reason; the original is kept beside it."""

import json
from pathlib import Path

import pytest

from tests.cli_support import ANSWER, Ran, refused, run, script
from tests.grading_support import answers_file, kept, levels, rubric_file
from tests.terminal import ENTER, Open

TEXTS = {"a": "Slow start doubles cwnd. So it is.", "b": "It grows by one. So it is."}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of two graded answers."""
    folder = tmp_path / "out"
    answers = answers_file(tmp_path, TEXTS)
    assert run("grade", answers, "--rubric", rubric_file(tmp_path), "--out", folder).code == 0
    return folder


def said(out: Path, name: str = "a", **changes: object) -> Ran:
    """A review with these options."""
    options = {"criterion": "avoidance", "level": 2, "reason": "In other words.", "by": "Ann"}
    given = [part for key, value in (options | changes).items() for part in (f"--{key}", value)]
    return run("review", name, "--in", out, *given)


def test_the_level_stands_in_all_results(out: Path) -> None:
    before = kept(out)[0].scorecard.percent
    ran = said(out)
    assert ran.code == 0, ran.err
    assert ran.out.startswith("a: avoidance ")
    assert levels(kept(out)[0])[1] == 2
    assert kept(out)[0].scorecard.percent != before
    assert '"avoidance"' in (out / "grades.csv").read_text().splitlines()[1]
    assert "In other words." in (out / "report.html").read_text()


def test_the_original_reason_and_name_are_kept(out: Path) -> None:
    original = levels(kept(out)[0])[1]
    said(out)
    (review,) = kept(out)[0].reviews
    assert (review.original, review.level) == (original, 2)
    assert (review.reason, review.by) == ("In other words.", "Ann")


def test_two_reviews_of_a_criterion_keep_the_graders_level(out: Path) -> None:
    original = levels(kept(out)[0])[1]
    said(out, level=1)
    said(out)
    assert [one.level for one in kept(out)[0].reviews] == [1, 2]
    assert kept(out)[0].reviews[-1].original == original
    line = json.loads((out / "calibration.jsonl").read_text())
    assert (line["grader_level"], line["human_level"]) == (original, 2)


def test_a_rubric_with_another_weight_lets_a_review_go(out: Path, tmp_path: Path) -> None:
    said(out)
    heavy = rubric_file(tmp_path, ("points: 2", "points: 2\n    weight: 9"))
    answers = answers_file(tmp_path, TEXTS)
    assert run("grade", answers, "--rubric", heavy, "--out", out).code == 0
    assert kept(out)[0].reviews == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "c"}, "there is no answer 'c' among the graded ones"),
        ({"criterion": "avoidence"}, "did you mean 'avoidance'?"),
        ({"level": 3}, "avoidance has the levels 0 to 2, so that 3 is none of them"),
        ({"reason": " "}, "a review needs a reason and a name"),
        ({"by": " "}, "a review needs a reason and a name"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_changes_nothing(
    out: Path, changes: dict[str, object], told: str
) -> None:
    before = (out / "grades.jsonl").read_text()
    assert told in refused(said(out, **changes))  # type: ignore[arg-type]
    assert (out / "grades.jsonl").read_text() == before


def test_a_folder_without_grades_is_told(tmp_path: Path) -> None:
    assert "is no folder of `grade`" in refused(said(tmp_path))


def test_without_a_terminal_what_is_missing_is_not_asked_for(out: Path) -> None:
    assert refused(run("review", "a", "--in", out)) == "give --criterion ID --level N --reason TEXT"
    assert "name an answer" in refused(run("review"))


def rows(folder: Path, *lines: str, header: str = "id,criterion,level,reason") -> Path:
    path = folder / "reviews.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_many_are_read_from_a_table(out: Path, tmp_path: Path) -> None:
    table = rows(tmp_path, 'a,avoidance,2,"Yes, it is"', "b,slow_start,0,No")
    ran = run("review", "--file", table, "--in", out)
    assert ran.code == 0, ran.err
    assert [levels(one)[at] for one, at in zip(kept(out), (1, 0), strict=True)] == [2, 0]
    assert len((out / "calibration.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("c,avoidance,1,So", "there is no answer 'c'"),
        ("b,avoidance,9,So", "so that 9 is none of them"),
        ("b,avoidance,high,So", "row 3: 'high' is no level"),
        ("b,avoidance", "row 3: '' is no level"),
        ("b,avoidance,1", "a review needs a reason"),
    ],
)
def test_a_mistake_in_one_row_keeps_none_of_them(
    out: Path, tmp_path: Path, line: str, told: str
) -> None:
    table = rows(tmp_path, "a,avoidance,2,Good", line)
    assert told in refused(run("review", "--file", table, "--in", out))
    assert kept(out)[0].reviews == ()


def test_a_table_without_a_column_or_without_rows_is_told(out: Path, tmp_path: Path) -> None:
    short = rows(tmp_path, "a,avoidance,2", header="id,criterion,level")
    assert "has no column 'reason'" in refused(run("review", "--file", short, "--in", out))
    assert "holds no reviews" in refused(run("review", "--file", rows(tmp_path), "--in", out))


def test_a_table_and_a_single_review_do_not_go_together(out: Path, tmp_path: Path) -> None:
    table = rows(tmp_path, "a,avoidance,2,Good")
    assert "give nothing else" in refused(run("review", "a", "--file", table, "--in", out))


def test_at_a_terminal_the_answer_is_shown_and_the_rest_is_asked_for(
    out: Path, at_terminal: Open
) -> None:
    terminal = at_terminal("review", "a", "--in", str(out), "--by", "Ann")
    terminal.sees("Slow start")
    for asked, typed in (("Criterion:", "avoidance"), ("Level:", "2"), ("Reason:", "In German.")):
        terminal.sees(asked)
        terminal.types(f"{typed}{ENTER}")
    terminal.sees("Written anew")
    assert terminal.ends() == 0
    assert kept(out)[0].reviews[0].reason == "In German."


# Interviews.


@pytest.fixture
def interview(tmp_path: Path) -> str:
    """The id of a finished interview."""
    return run(
        "practice", "netflix_recs", "--steps", "metrics", "--script", script(tmp_path, ANSWER)
    ).id


WORD = ("--criterion", "offline_metrics", "--level", 4, "--reason", "Better than that.")


def test_an_interview_is_reviewed_and_its_report_says_so(interview: str) -> None:
    ran = run("review", interview, *WORD, "--by", "Ann")
    assert ran.code == 0, ran.err
    assert f"{interview}: offline_metrics " in ran.out
    assert "Better than that." in run("report", interview).out


def test_what_an_interview_did_not_come_to_cannot_be_reviewed(interview: str) -> None:
    ran = run("review", interview, "--criterion", "leakage", "--level", 1, "--reason", "So.")
    assert "leakage was not assessed" in refused(ran)


def test_what_is_neither_an_answer_nor_an_interview_is_told() -> None:
    assert "an answer's folder is named with --in" in refused(run("review", "nothing", *WORD))
