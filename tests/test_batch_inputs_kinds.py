"""What `grade` reads in tables, JSON Lines, JSON and YAML, and how a fault in them is told."""

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.batch.inputs import Inputs, Tally
from agent.errors import InputError
from tests.inputs_support import Pairs, pairs, put, read, refused, tally
from tests.support import interview

# Tables


def test_a_table_holds_an_answer_a_row(tmp_path: Path) -> None:
    path = put(
        tmp_path / "in/a.csv",
        "id,answer,scenario,question,reference_answer\n1,Yes,,Why?,Since\n2,,,,\n",
    )
    first, second = read(path)
    assert pairs([first, second]) == [("1", ("Yes",)), ("2", ("",))]
    assert (first.scenario, first.prompt, first.reference) == (None, "Why?", "Since")
    assert first.source == f"{path}, row 2 (line 2)"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'id;answer\n1;"a;b"\n'),
        ("a.csv", "id\tanswer\n1\ta;b\n"),
        ("a.tsv", "id\tanswer\tx,y\n1\ta;b\t\n"),
        ("a.csv", 'id;answer;"x,y"\n1;"a;b";\n'),
        ("a.csv", "\ufeffID , Answer\r\n1,a;b\r\n\r\n , \r\n"),
    ],
)
def test_the_ways_to_write_a_table(tmp_path: Path, name: str, content: str) -> None:
    assert pairs(read(put(tmp_path / "in" / name, content))) == [("1", ("a;b",))]


def test_rows_are_counted_as_people_do_and_lines_beside_them(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.csv", 'id,answer\n1,"two\nlines"\n2,x,y\n')
    line = refused(path)
    assert line.startswith(f"{path}: row 3 (line 4): has 3 fields where the header has 2; ")


def test_a_long_field_is_read_and_a_longer_one_refused(tmp_path: Path) -> None:
    assert (
        tally(put(tmp_path / "in/a.csv", f"id,answer\n1,{'x' * 200_000}\n")).characters == 200_000
    )
    line = refused(put(tmp_path / "in/b.csv", f"id,answer\n1,{'x' * 400_001}\n"))
    assert "row 2 (line 2): the answer has 400,001 characters, more than 400,000" in line


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "its first row is blank"),
        ("id,answer\n", "holds no answers"),
        ("id,answer\n1\n", "row 2 (line 2): has 1 fields"),
        ('id,answer\n1,"x\n', "row 2 (line 2): is no valid row: unexpected end of data"),
        ('id,answer\n1,"x"y\n', "row 2 (line 2): is no valid row"),
        (b"id,answer\n1,a\0b\n", "line 2: is no text file, it holds a NUL byte"),
        (b"id,answer\n1,a\xffb\n", "line 2: is not UTF-8 text (byte 13); save it as UTF-8"),
        ("id,answer\n ,x\n", "row 2 (line 2): the id is blank; give each answer its own id"),
        ("id,answer\n1,x\n1,y\n", "a.csv, row 2 (line 2), too"),
        ("id,answer\n1\x1b,x\n", "holds a character that cannot be shown"),
        (f"id,answer\n{'1' * 301},x\n", "the id has 301 characters, more than 300"),
        ("name,answer\n1,x\n", "there is no column 'id', only 'name', 'answer'; add it, or name"),
        ("id,Answers\n1,x\n", "did you mean --column answer=Answers?"),
        ("id,turns\n1,3\n", "there is no column 'answer'"),
        ("id,answer,answer\n1,x,y\n", "the column 'answer' stands 2 times"),
        ("id,answer,scenario\n1,x,Not One\n", "'Not One' is no id of a scenario"),
    ],
)
def test_a_faulty_table_is_refused(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert told in refused(put(tmp_path / "in/a.csv", content))


def test_a_place_far_into_a_file_that_is_no_utf_8_is_found(tmp_path: Path) -> None:
    rows = b"".join(b"%d,x\n" % number for number in range(5000))
    at = len(b"id,answer\n" + rows) + 2
    path = put(tmp_path / "in/a.csv", b"id,answer\n" + rows + b"z,\xe9\n")
    assert f"line 5002: is not UTF-8 text (byte {at})" in refused(path)


def test_a_column_can_have_another_name(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.csv", "student,Essay,answer\n1,x,ignored\n")
    answers = read(path, columns={"id": "student", "answer": "essay"})
    assert pairs(answers) == [("1", ("x",))]


def test_a_column_that_nothing_has_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.csv", "id,answer\n1,x\n")
    assert "--column prompt=task: no input has" in refused(path, columns={"prompt": "task"})


def test_a_column_for_a_field_that_we_do_not_know_is_refused() -> None:
    with pytest.raises(InputError, match="unknown field 'essay'; known are id, answer"):
        Inputs((Path("-"),), {"essay": "answer"})


def test_columns_that_mean_nothing_are_noted(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.csv", "id,answer,mood,\n1,x,good,\n")
    assert tally(path).ignored == {str(path): ("mood",)}


# JSON Lines


def test_a_line_holds_an_answer(tmp_path: Path) -> None:
    path = put(
        tmp_path / "in/a.jsonl", '{"id": 7, "answer": "x"}\n\n{"id": "b", "turns": ["y", "z"]}\n'
    )
    answers = read(path)
    assert pairs(answers) == [("7", ("x",)), ("b", ("y", "z"))]
    assert answers[1].source == f"{path}, line 3"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "b", "answer": "cut o', "line 2, column 23: not valid JSON: unterminated"),
        ('{"id": "b", "answer": "cut o', "is the end of the file cut off?"),
        ("[1]", "line 2: is no object"),
        ("[" * 100_000, "line 2: not valid JSON: it cannot be parsed"),
        ('{"id": "b"}', "line 2: there is no key 'answer', only 'id'"),
        ('{"answer": "x"}', "line 2: there is no key 'id', only 'answer'"),
        ('{"id": true, "answer": "x"}', "line 2: the id True is no text"),
        ('{"id": "b", "answer": 5}', "line 2: the answer 5 is no text"),
        ('{"id": "b", "answer": "\\ud800"}', "line 2: the answer holds '\\ud800', half of a"),
        ('{"id": "b", "answer": "\\u0000"}', "line 2: the answer holds a NUL character"),
        ('{"id": "a", "answer": "x"}', "line 2: the id 'a' stands in"),
        ('{"interview": 1, "transcript": 2, "events": 3}', "line 2: is no interview"),
    ],
)
def test_a_faulty_line_is_refused(tmp_path: Path, line: str, told: str) -> None:
    assert told in refused(put(tmp_path / "in/a.jsonl", '{"id": "a", "answer": "x"}\n' + line))


def test_an_answer_that_is_nothing_is_an_empty_one(tmp_path: Path) -> None:
    path = put(tmp_path / "in/a.jsonl", '{"id": 1, "answer": null}\n{"id": 2, "turns": []}\n')
    assert pairs(read(path)) == [("1", ("",)), ("2", ("",))]
    assert tally(path) == Tally(files=1, answers=2, characters=0, empty=2)


def test_a_line_can_be_a_whole_interview(tmp_path: Path) -> None:
    record = interview(["We want members to stay.", "Accuracy."])
    (answer,) = read(put(tmp_path / "in/a.jsonl", record.model_dump_json() + "\n"))
    assert answer.id == record.interview
    assert answer.turns == ("We want members to stay.", "Accuracy.")
    assert (answer.scenario, answer.interview) == ("netflix_recs", record)


# JSON and YAML


def test_a_json_file_can_be_an_interview(tmp_path: Path) -> None:
    record = interview(["We want members to stay."])
    assert (
        read(put(tmp_path / "in/a.json", record.model_dump_json(indent=2)))[0].interview == record
    )


def test_a_single_object_is_named_after_its_file(tmp_path: Path) -> None:
    put(tmp_path / "in/x/a.json", '{"answer": "one"}')
    put(tmp_path / "in/x/b.yaml", "answer: two")
    answers = read(tmp_path / "in")
    assert pairs(answers) == [("x/a.json", ("one",)), ("x/b.yaml", ("two",))]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"id": 1, "answer": "x"}, {"id": 2, "answer": "y"}]'),
        ("a.yaml", "- {id: 1, answer: x}\n- {id: 2, answer: y}\n"),
        ("a.yml", "answers: [{id: 1, answer: x}, {id: 2, answer: y}]"),
    ],
)
def test_a_list_holds_many_answers(tmp_path: Path, name: str, content: str) -> None:
    assert pairs(read(put(tmp_path / "in" / name, content))) == [("1", ("x",)), ("2", ("y",))]


def test_what_stands_beside_a_list_holds_for_each_answer(tmp_path: Path) -> None:
    text = "question: Why?\nanswers:\n- {id: 1, answer: x}\n- {id: 2, answer: y, prompt: How?}\n"
    assert [answer.prompt for answer in read(put(tmp_path / "in/a.yaml", text))] == ["Why?", "How?"]


def test_a_script_of_an_interview_is_an_answer_without_its_commands(tmp_path: Path) -> None:
    assert read(put(tmp_path / "in/a.yaml", "candidate_turns: [One, /hint, Two]"))[0].turns == (
        "One",
        "Two",
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", '{\n "id": }', "line 2, column 8: not valid JSON"),
        ("a.json", "[]", "holds no answers"),
        ("a.json", '[{"answer": "x"}]', "item 1: there is no key 'id'"),
        ("a.json", "5", "is no object with the keys id and answer"),
        ("a.yaml", "answer: [", ": not valid YAML"),
        ("a.yaml", "title: x", "there is no key 'answer', only 'title'"),
        ("a.yaml", "x: " + "y" * 2_000_000, "is larger than 2,000,000 bytes"),
        ("a.txt", b"a\0b", "holds a NUL byte"),
        ("a.txt", b"ab\n\xff", "line 2: is not UTF-8 text (byte 3)"),
        ("a.txt", b"\xff\xfe\x00\xd8", "is broken UTF-16 text"),
        ("a.pdf", "x", "the kind .pdf are not read; convert it to text; read are .md"),
        ("answers", "x", "its name has no ending"),
    ],
)
def test_a_faulty_file_is_refused(
    tmp_path: Path, name: str, content: str | bytes, told: str
) -> None:
    assert told in refused(put(tmp_path / "in" / name, content))


# What is written comes back

_ids = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=20
)
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff"))
_answers = st.dictionaries(_ids, _texts, min_size=1, max_size=8)


def came_back(name: str, content: str) -> Pairs:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(content, encoding="utf-8", newline="")
        return pairs(read(path))


@settings(max_examples=60)
@given(_answers, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_a_table_comes_back_as_it_was_written(
    answers: dict[str, str], delimiter: str, end: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end)
    writer.writerows([("id", "answer"), *answers.items()])
    expected = [(identity, (text,)) for identity, text in answers.items()]
    assert came_back("a.csv", file.getvalue()) == expected


@settings(max_examples=60)
@given(_answers, st.booleans())
def test_json_lines_come_back_as_they_were_written(answers: dict[str, str], ascii_: bool) -> None:
    lines = [
        json.dumps({"id": identity, "answer": text}, ensure_ascii=ascii_)
        for identity, text in answers.items()
    ]
    expected = [(identity, (text,)) for identity, text in answers.items()]
    assert came_back("a.jsonl", "\n".join(lines)) == expected
