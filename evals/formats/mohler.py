"""Mohler et al. 2009/2011: short answers to a course on data structures, two raters, 0 to 5.

"ShortAnswerGrading_v2.0" of the University of North Texas (Mohler, Bunescu, Mihalcea 2011), from
Rada Mihalcea's page of downloads; on Hugging Face as `nkazi/MohlerASAG` (CC BY 4.0 as its card
says; for the original see there). Read are, named in `files`:

- the folder, with data/raw/questions, data/raw/answers (the reference answers), data/raw/QUESTION
  (a student's answer a line) and data/scores/QUESTION/me, other and ave (a number a line), QUESTION
  being 1.1 and so on. Of the questions those count that data/docs/files lists; the ones with a
  fixed choice stand there after a #. The column `assignment` is for `only`.
- tables with the columns id, question, desired_answer, student_answer, score_me, score_other and
  score_avg (`mohler_dataset_edited.csv`), or instructor_answer, score_grader_1 and score_grader_2
  instead (Hugging Face, saved as .csv or .jsonl). An id that stands for the question is numbered.

The raters are `me` and `other`; the average is not one. Both gave 0 to 5, but in the exams
(assignments 11 and 12) 0 to 10, while the average is always of 0 to 5: the grades of a question are
halved if that fits its averages better. Levels are halves, the nearest one; totals are exact.

The layout and the exams' scale are known from code that others published for the archive; the
files themselves were not seen. Version 1.0, laid out otherwise, is not read.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from agent.batch.source import found, unreadable
from agent.errors import FileError
from evals.dataset import FILE, About, number
from evals.formats.format import Format, Row, numbered, table_rows
from evals.formats.points import points_in, points_rubric

_RUBRIC = points_rubric("mohler", most=5, step=0.5)
_RATERS = ("me", "other")
_TABLES = {
    "answer": ("answer", "student_answer"),
    "reference": ("reference", "desired_answer", "instructor_answer"),
    "group": ("group", "question"),
    "me": ("me", "score_me", "score_grader_1"),
    "other": ("other", "score_other", "score_grader_2"),
    "ave": ("ave", "score_avg"),
}
_NUMBERED = re.compile(r"(\d+\.\d+)(?:\s+(.*))?$")
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)


def _rows(folder: Path, about: About) -> Iterator[Row]:
    rows: list[Row] = []
    for name, part in about.files.items():
        path = folder / name
        if path.is_dir():
            rows.extend(row.having({"part": part}) for row in _archive(path))
        else:
            own = [row.named(_TABLES) for row in table_rows(path)]
            rows.extend(numbered(own, by="id" if "id" in own[0].cells else "group"))
    return _on_one_scale(rows, about)


def _archive(path: Path) -> Iterator[Row]:
    """The rows of an unpacked archive, or of its folder `data`; raises FileError."""
    data = next((one for one in (path, path / "data") if (one / "raw").is_dir()), None)
    if data is None:
        raise FileError(
            path,
            "holds no folder data/raw",
            remedy=f"name the unpacked ShortAnswerGrading_v2.0 in {FILE}",
        )
    questions = _texts(data / "raw/questions")
    references = _texts(data / "raw/answers")
    listed = data / "docs/files"
    chosen = (
        [line for line in _lines(listed) if not line.startswith("#")]
        if listed.is_file()
        else [name for name in questions if (data / "raw" / name).is_file()]
    )
    for question in chosen:
        if question not in questions:
            raise FileError(
                data / "raw/questions",
                f"has no question {question!r}",
                remedy=f"unpack the archive again, or correct {listed}",
            )
        yield from _answers(data, question, questions[question], references.get(question, ""))


def _answers(data: Path, question: str, text: str, reference: str) -> Iterator[Row]:
    answers = data / "raw" / question
    lines = _lines(answers)
    scores = {name: _lines(data / "scores" / question / name) for name in (*_RATERS, "ave")}
    for name, values in scores.items():
        if len(values) != len(lines):
            raise FileError(
                data / "scores" / question / name,
                f"has {len(values)} grades for the {len(lines)} answers of {answers}",
                remedy="unpack the archive again",
            )
    source = found(answers, answers, question, ".txt")
    for at, line in enumerate(lines):
        answer = re.sub(rf"^{re.escape(question)}(\s+|$)", "", line)
        cells = {
            "id": f"{question}.{at + 1}",
            "answer": _clean(answer),
            "prompt": text,
            "reference": reference,
            "group": question,
            "assignment": question.partition(".")[0],
            **{name: values[at] for name, values in scores.items()},
        }
        yield Row(source, cells, f"answer {at + 1}")


def _texts(path: Path) -> Mapping[str, str]:
    """Texts by the number of their question."""
    matches = (_NUMBERED.match(line) for line in _lines(path))
    return {match[1]: _clean(match[2] or "") for match in matches if match}


def _lines(path: Path) -> list[str]:
    """The lines that are not blank. What is not UTF-8 is taken for Latin-1."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise FileError(path, "no such file", remedy="unpack the archive again") from error
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return [line.strip() for line in re.split(r"\r\n|\r|\n", text) if line.strip()]


def _clean(text: str) -> str:
    return _BREAK.sub("\n", text).strip()


def _on_one_scale(rows: list[Row], about: About) -> Iterator[Row]:
    """The rows with grades of 0 to 10 halved, a question at a time."""
    questions: dict[str, list[tuple[float, ...]]] = {}
    for row in rows:
        grades = [_grade(row, name, about) for name in (*_RATERS, "ave")]
        known = tuple(grade for grade in grades if grade is not None)
        if len(known) == len(grades):
            questions.setdefault(_question(row), []).append(known)
    halved = {name for name, grades in questions.items() if _misfit(grades, 4) < _misfit(grades, 2)}
    for row in rows:
        if _question(row) not in halved:
            yield row
            continue
        values = {name: _grade(row, name, about) for name in _RATERS}
        yield row.having(
            {name: None if value is None else value / 2 for name, value in values.items()}
        )


def _misfit(grades: list[tuple[float, ...]], parts: int) -> float:
    return sum(abs((me + other) / parts - average) for me, other, average in grades)


def _question(row: Row) -> str:
    return str(row.cells.get("group"))


def _grade(row: Row, name: str, about: About) -> float | None:
    return number(row.cells.get(name), about.missing, row.place, name)


FORMAT = Format(
    fills={
        "files": ("ShortAnswerGrading_v2.0",),
        "nearest": True,
    },
    raters={name: points_in(name) for name in _RATERS},
    rubric=lambda _: _RUBRIC,
    read=_rows,
)
