"""What `grade` reads: files, folders and standard input, and that they stay as they are."""

import io
import os
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from unittest import mock

import pytest

from agent.batch.inputs import Inputs
from agent.errors import FileError
from tests.inputs_support import Pairs, pairs, put, read, refused, tally

STDIN = Path("-")


def piped(content: str | bytes) -> AbstractContextManager[object]:
    data = content.encode() if isinstance(content, str) else content
    return mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


# Text


def test_a_text_file_is_one_answer_named_after_it(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.txt", "One.\n\nTwo.\n")
    (answer,) = read(path)
    assert pairs([answer]) == [("a.txt", ("One.\n\nTwo.\n",))]
    assert answer.source == str(path)


def test_byte_order_marks_and_line_ends_of_windows_are_kept_out(tmp_path: Path) -> None:
    assert read(put(tmp_path / "in/a.md", b"\xef\xbb\xbfOne.\r\nTwo."))[0].turns == ("One.\nTwo.",)


def test_utf_16_with_a_mark_is_read(tmp_path: Path) -> None:
    assert read(put(tmp_path / "in/a.txt", "Größe".encode("utf-16")))[0].turns == ("Größe",)


def test_front_matter_says_what_is_answered(tmp_path: Path) -> None:
    text = "---\nid: alice\nscenario: card_fraud\nquestion: Why?\n---\n\nBecause."
    (answer,) = read(put(tmp_path / "in/a.md", text))
    assert pairs([answer]) == [("alice", ("Because.",))]
    assert (answer.scenario, answer.prompt) == ("card_fraud", "Why?")


@pytest.mark.parametrize(
    "text", ["---\ntitle: x\n---\nBody", "---\nJust prose: a: b\n---\nBody", "---\nid: x\nBody"]
)
def test_what_is_no_front_matter_belongs_to_the_answer(tmp_path: Path, text: str) -> None:
    assert pairs(read(put(tmp_path / "in/a.md", text))) == [("a.md", (text,))]


def test_front_matter_counts_in_markdown_only(tmp_path: Path) -> None:
    assert read(put(tmp_path / "in/a.txt", "---\nid: x\n---\nBody"))[0].id == "a.txt"


def test_an_unknown_key_of_the_front_matter_is_noted(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.md", "---\nid: x\nmood: good\n---\nBody")
    assert tally(path).ignored == {str(path): ("mood",)}


# Folders


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b.md", "b/x.md", "b-c/x.md", "a/x.md", "c.txt", "a/.hidden.md", ".git/x.md"):
        put(tmp_path / "in" / name, name)
    ids = [answer.id for answer in read(tmp_path / "in")]
    assert ids == ["a/x.md", "b/x.md", "b-c/x.md", "b.md", "c.txt"]


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("secret")
    put(tmp_path / "in/a.md", "x").with_name("link.md").symlink_to(outside)
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    assert [answer.id for answer in read(tmp_path / "in")] == ["a.md"]
    assert tally(tmp_path / "in").skipped == {"links and devices": 2}


def test_files_of_other_kinds_in_a_folder_are_counted(tmp_path: Path) -> None:
    for name in ("a.md", "b.pdf", "c.PDF", "README"):
        put(tmp_path / "in" / name, "x")
    assert tally(tmp_path / "in").skipped == {".pdf": 2, "without an ending": 1}


def test_a_folder_without_anything_to_read_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "in/a.pdf", "x")
    assert "holds no file of a kind that is read; read are .md" in refused(tmp_path / "in")


def test_the_same_id_in_two_files_names_both(tmp_path: Path) -> None:
    first, second = put(tmp_path / "in/a/x.md", "1"), put(tmp_path / "in/b/x.md", "2")
    line = refused(first, second)
    assert line.startswith(f"{second}: the id 'x.md' stands in {first}, too")


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.md", "1")
    assert "is named twice" in refused(tmp_path / "in", path)


# Standard input


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("Just prose.\nMore.", [("stdin", ("Just prose.\nMore.",))]),
        ("[1] says so.", [("stdin", ("[1] says so.",))]),
        ("name,essay\n1,x\n", [("stdin", ("name,essay\n1,x\n",))]),
        ('{"answer": "x"}', [("stdin", ("x",))]),
        ('{\n "answer": "x"\n}', [("stdin", ("x",))]),
        ('{"id": 1, "answer": "x"}\n{"id": 2, "answer": "y"}', [("1", ("x",)), ("2", ("y",))]),
        ('[{"id": 1, "answer": "x"}]', [("1", ("x",))]),
        ("id,answer\n1,x\n", [("1", ("x",))]),
        ("\ufeffanswer\tid\nx\t1\n", [("1", ("x",))]),
    ],
)
def test_standard_input_shows_what_it_is(content: str, expected: Pairs) -> None:
    with piped(content):
        assert pairs(read(STDIN)) == expected


def test_standard_input_is_kept_while_it_is_needed_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with piped("x"), Inputs((STDIN,)) as inputs:
        inputs.check()
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "standard input: is empty; pipe answers in"),
        (b"\xff", "standard input: line 1: is not UTF-8 text (byte 0)"),
        ("id,answer\n1\n", "standard input: row 2 (line 2): has 1 fields"),
    ],
)
def test_faulty_standard_input_is_refused(content: str | bytes, told: str) -> None:
    with piped(content):
        assert told in refused(STDIN)


def test_standard_input_is_named_once() -> None:
    assert "standard input: is named twice" in refused(STDIN, STDIN)


def test_a_full_disk_refuses_standard_input() -> None:
    full = OSError(28, "No space left on device")
    with piped("x"), mock.patch("shutil.copyfileobj", side_effect=full):
        assert "cannot be kept in a temporary file (No space left" in refused(STDIN)


# Files that are not there, or not any more


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.md")


def test_no_inputs_are_refused() -> None:
    assert "there is nothing to grade" in refused()


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    assert "is no regular file" in refused(tmp_path / "a.csv")


def test_a_file_that_goes_after_the_check_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.md", "x")
    with Inputs((path,)) as inputs:
        inputs.check()
        path.unlink()
        with pytest.raises(FileError, match="is gone since it was found"):
            list(inputs)


def test_a_table_that_changes_while_it_is_graded_is_told(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.csv", "id,answer\n1,x\n2,y\n")
    with Inputs((path,)) as inputs:
        answers = iter(inputs)
        next(answers)
        path.write_text("id,answer\n1,x\n2,changed\n")
        with pytest.raises(FileError, match="was changed since it was found"):
            list(answers)
