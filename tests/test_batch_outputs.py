"""The files of a grading run: whole lines only, nothing lost, nothing that a spreadsheet runs."""

import csv
import json
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from agent.batch.outputs import GradesFile, write_calibration, write_csv
from agent.errors import FileError
from agent.files import writing_whole
from agent.graded import GradedAnswer
from agent.rubric import Decision
from agent.scorecard import FlagNote
from agent.store.ledger import Ledger
from tests.test_ledger import answer, card, grade, review

FULL = OSError(28, "No space left on device")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path) as opened:
        opened.begin_run()
        yield opened


def grades(folder: Path) -> list[str]:
    """The ids in the order of the lines, each of which is a whole answer."""
    text = (folder / "grades.jsonl").read_text(encoding="utf-8")
    assert not text or text.endswith("\n")
    return [GradedAnswer.model_validate_json(line).id for line in text.split("\n")[:-1]]


def table(path: Path, *answers: GradedAnswer) -> list[dict[str, str]]:
    write_csv(path, answers, (grade.id for one in answers for grade in one.scorecard.criteria))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def add(file: GradesFile, ledger: Ledger, name: str, position: int) -> None:
    ledger.put(answer(name), "", position)
    file.add(name)


# grades.jsonl


def test_each_answer_is_a_line_as_soon_as_it_is_added(tmp_path: Path, ledger: Ledger) -> None:
    with GradesFile(tmp_path, ledger) as file:
        add(file, ledger, "b", 1)
        assert grades(tmp_path) == ["b"]
        add(file, ledger, "a", 0)
        assert grades(tmp_path) == ["b", "a"]


def test_a_finished_file_has_the_order_of_the_inputs(tmp_path: Path, ledger: Ledger) -> None:
    with GradesFile(tmp_path, ledger) as file:
        for name, position in (("c", 2), ("a", 0), ("b", 1)):
            add(file, ledger, name, position)
        file.finish()
    assert grades(tmp_path) == ["a", "b", "c"]
    assert {path.name for path in tmp_path.glob("*grades*")} == {"grades.jsonl"}


def test_a_run_without_answers_leaves_an_empty_file(tmp_path: Path, ledger: Ledger) -> None:
    GradesFile(tmp_path, ledger).finish()
    assert grades(tmp_path) == []


def test_the_next_run_begins_anew_without_a_line_that_was_cut_off(
    tmp_path: Path, ledger: Ledger
) -> None:
    with GradesFile(tmp_path, ledger) as file:
        add(file, ledger, "a", 0)
        add(file, ledger, "b", 1)
    with (tmp_path / "grades.jsonl").open("a") as cut:
        cut.write('{"id": "c", "sco')
    ledger.begin_run()
    with GradesFile(tmp_path, ledger) as file:
        assert (tmp_path / "grades.jsonl").read_text().endswith('"sco')
        ledger.seen("b", 0)
        file.add("b")
        assert grades(tmp_path) == ["b"]
        add(file, ledger, "c", 1)
        assert grades(tmp_path) == ["b", "c"]


def test_who_reads_the_file_of_the_run_before_can_read_it_to_its_end(
    tmp_path: Path, ledger: Ledger
) -> None:
    with GradesFile(tmp_path, ledger) as file:
        add(file, ledger, "a", 0)
        add(file, ledger, "b", 1)
    ledger.begin_run()
    with GradesFile(tmp_path, ledger) as file, (tmp_path / "grades.jsonl").open() as reader:
        add(file, ledger, "c", 0)
        assert [json.loads(line)["id"] for line in reader] == ["a", "b"]


class FullDisk(FileIO):
    """A file on a disk that has room for so many bytes."""

    room = 1_000_000

    def write(self, data: Any) -> int:
        part = data[: self.room]
        if not part:
            raise FULL
        self.room -= len(part)
        return super().write(part)


def test_a_line_for_which_the_disk_has_no_room_is_taken_back(
    tmp_path: Path, ledger: Ledger
) -> None:
    with mock.patch("agent.batch.outputs.FileIO", FullDisk), GradesFile(tmp_path, ledger) as file:
        add(file, ledger, "a", 0)
        disk = file._file
        assert isinstance(disk, FullDisk)
        disk.room = 40
        with pytest.raises(FileError, match=r"No space .* free space and run it again, .*ledger"):
            add(file, ledger, "b", 1)
        assert grades(tmp_path) == ["a"]
        assert ledger.key_of("b") is not None
        disk.room = 1_000_000
        file.add("b")
        assert grades(tmp_path) == ["a", "b"]


def test_a_full_disk_at_the_end_leaves_the_lines_as_they_came(
    tmp_path: Path, ledger: Ledger
) -> None:
    with GradesFile(tmp_path, ledger) as file:
        add(file, ledger, "b", 1)
        add(file, ledger, "a", 0)
        with (
            mock.patch.object(Path, "replace", side_effect=FULL),
            pytest.raises(FileError, match="No space left"),
        ):
            file.finish()
    assert grades(tmp_path) == ["b", "a"]
    assert not list(tmp_path.glob("*.draft"))


def test_a_folder_in_place_of_the_file_is_told_at_once(tmp_path: Path, ledger: Ledger) -> None:
    (tmp_path / "grades.jsonl").mkdir()
    with pytest.raises(FileError, match="is a folder"):
        GradesFile(tmp_path, ledger)


def test_only_what_the_ledger_holds_is_written(tmp_path: Path, ledger: Ledger) -> None:
    with GradesFile(tmp_path, ledger) as file, pytest.raises(KeyError):
        file.add("unknown")
    assert not (tmp_path / "grades.jsonl").exists()


# grades.csv


def test_a_row_says_what_came_of_an_answer(tmp_path: Path) -> None:
    flags = tuple(FlagNote(id=name, title=name, why="So.") for name in ("orders", "vague"))
    changes = {"percent": 62.5, "decision": Decision.hire, "flags": flags}
    one = answer("a", scorecard=card(grade("clarity", 3), **changes), source="answers.csv, row 12")
    assert table(tmp_path / "x.csv", one) == [
        {
            "id": "a",
            "status": "graded",
            "percent": "62.5",
            "points": "",
            "max_points": "",
            "decision": "hire",
            "coverage": "100.0",
            "clarity": "3",
            "flags": "orders vague",
            "reviewed": "",
            "engine": "offline",
            "cost_usd": "0.0",
            "source": "answers.csv, row 12",
        }
    ]


def test_criteria_are_the_union_of_all_rubrics_and_share_a_column_by_id(tmp_path: Path) -> None:
    rows = table(
        tmp_path / "x.csv",
        answer("a", grade("clarity", 1), grade("depth", "not_assessed")),
        answer("b", grade("style", "ungraded"), grade("clarity", 2)),
    )
    assert list(rows[0])[7:10] == ["clarity", "depth", "style"]
    assert [rows[0][name] for name in ("clarity", "depth", "style")] == ["1", "not_assessed", ""]
    assert [rows[1][name] for name in ("clarity", "depth", "style")] == ["2", "", "ungraded"]


def test_where_a_rubric_gives_points_the_points_are_shown(tmp_path: Path) -> None:
    criteria = (
        grade("clarity", 3, points=1.5, max_points=2),
        grade("depth", "ungraded", max_points=2),
    )
    scorecard = card(*criteria, points=1.5, max_points=4.0)
    (row,) = table(tmp_path / "x.csv", answer("a", scorecard=scorecard))
    assert (row["clarity"], row["depth"]) == ("1.5", "ungraded")
    assert (row["points"], row["max_points"]) == ("1.5", "4.0")


def test_a_criterion_that_is_called_as_a_column_has_a_column_of_its_own(tmp_path: Path) -> None:
    (row,) = table(tmp_path / "x.csv", answer("a", grade("coverage", 1), grade("source", 2)))
    assert (row["coverage"], row["criterion.coverage"]) == ("100.0", "1")
    assert (row["source"], row["criterion.source"]) == ("", "2")


def test_criteria_set_by_a_person_are_named(tmp_path: Path) -> None:
    criteria = (
        grade("clarity", 3, review=review()),
        grade("depth"),
        grade("style", review=review()),
    )
    (row,) = table(tmp_path / "x.csv", answer("a", *criteria))
    assert row["reviewed"] == "clarity style"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_text_from_outside_is_a_formula(tmp_path: Path, sign: str) -> None:
    text = f'{sign}HYPERLINK("http://x","y")'
    (row,) = table(tmp_path / "x.csv", answer(text, source=text))
    assert row["id"] == row["source"] == f"'{text}"


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    table(tmp_path / "x.csv", answer("-1"))
    _, row = (tmp_path / "x.csv").read_text().splitlines()
    assert row == '"\'-1","graded",50.0,"","","",100.0,2,"","","offline",0.0,""'


@pytest.mark.parametrize("name", ["a,b", 'a"b', "a\rb", "a\nb", "a;b", "ответ 🙂"])
def test_any_id_comes_back_from_the_table(tmp_path: Path, name: str) -> None:
    rows = table(tmp_path / "x.csv", answer(name), answer("next"))
    assert [row["id"] for row in rows] == [name, "next"]


def test_a_table_without_answers_has_its_titles(tmp_path: Path) -> None:
    assert table(tmp_path / "x.csv") == []
    assert (tmp_path / "x.csv").read_text().startswith('"id","status"')


def test_a_table_that_cannot_be_made_leaves_the_old_one(tmp_path: Path, ledger: Ledger) -> None:
    path = tmp_path / "x.csv"
    table(path, answer("old"))
    before = path.read_bytes()

    def broken() -> Iterator[GradedAnswer]:
        yield answer("new")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_csv(path, broken(), [])
    assert path.read_bytes() == before
    assert not list(tmp_path.glob(".*.draft"))


# calibration.jsonl


def calibration(path: Path, *answers: GradedAnswer) -> list[dict[str, Any]]:
    write_calibration(path, answers)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_criterion_set_by_a_person_is_a_line_for_calibration(tmp_path: Path) -> None:
    reviewed = answer("a", grade("clarity", 3, review=review(), top=5), grade("depth"))
    assert calibration(tmp_path / "c.jsonl", answer("b"), reviewed) == [
        {
            "id": "a",
            "criterion": "clarity",
            "rubric": "essay",
            "grader_level": 2,
            "human_level": 3,
            "top": 5,
            "reason": "It is.",
            "by": "Ann",
            "at": "2025-01-02T03:04:00+00:00",
        }
    ]


def test_after_several_reviews_the_grader_and_the_last_person_are_compared(tmp_path: Path) -> None:
    words = (review(3, "ungraded"), review(4, 1, "depth"), review(1, 3))
    one = answer("a", grade("clarity", 1, review=words[2]), reviews=words)
    (line,) = calibration(tmp_path / "c.jsonl", one)
    assert (line["grader_level"], line["human_level"]) == ("ungraded", 1)


# Files that are written piece by piece


def test_a_file_written_piece_by_piece_appears_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.txt"
    with writing_whole(path) as file:
        file.write("one\n")
        assert not path.exists()
        file.write("two\r\n")
    assert path.read_bytes() == b"one\ntwo\r\n"


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("x.txt")
    with writing_whole(tmp_path / "link") as file:
        file.write("one")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "x.txt").read_text() == "one"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device_is_told_in_one_line() -> None:
    with (
        pytest.raises(FileError, match="/dev/full: cannot be written"),
        writing_whole(Path("/dev/full")) as file,
    ):
        file.write("one")
