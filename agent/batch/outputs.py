"""Writes the files of a grading run: `grades.jsonl` as the answers come, tables at the end.

What they say is taken from the ledger, which is the truth; these files can be made anew from it.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Self

from agent.errors import FileError
from agent.files import require_writable, writing_whole
from agent.graded import GradedAnswer
from agent.scorecard import CriterionGrade
from agent.store.ledger import NAME, Ledger

GRADES = "grades.jsonl"
_BEFORE = ("id", "status", "percent", "points", "max_points", "decision", "coverage")
_AFTER = ("flags", "reviewed", "engine", "cost_usd", "source")
_FORMULA_SIGNS = tuple("=+-@\t\r\n＝＋－＠")
"""With these a spreadsheet may take a text for a formula, as OWASP lists them."""


class GradesFile:
    """`grades.jsonl` during a run: a graded answer a line.

    Until the first answer the file of the run before stays. Lines stand in the order in which
    answers were finished, and in that of the inputs after `finish`. A kill can cut off nothing
    but the last line, and the next run begins the file anew.
    """

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        """Check that the file in `folder` can be written. Raises FileError."""
        self.path = folder / GRADES
        self._ledger = ledger
        self._file: FileIO | None = None
        self._end = 0
        require_writable(self.path)

    def add(self, answer_id: str) -> None:
        """Append an answer that the ledger holds; to be called once for each in a run.

        Raises FileError if it cannot be written, KeyError if the ledger does not hold it.
        """
        line = self._ledger.line_of(answer_id)
        if line is None:
            raise KeyError(answer_id)
        try:
            if self._file is None:
                self._file = self._begun()
            self._append(self._file, f"{line}\n".encode())
        except OSError as error:
            raise FileError(
                self.path,
                f"cannot be written ({error.strerror})",
                remedy=f"free space and run it again, what was graded is kept in {NAME}",
            ) from error

    def finish(self) -> None:
        """Write the file anew in the order of the inputs, and close it. Raises FileError."""
        self.close()
        with writing_whole(self.path) as file:
            file.writelines(f"{line}\n" for line in self._ledger.lines())

    def close(self) -> None:
        """Leave the file as it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begun(self) -> FileIO:
        # A new file in place of the old one, so that who is reading the old one has it whole.
        with writing_whole(self.path):
            pass
        self._end = 0
        return FileIO(self.path, "a")

    def _append(self, file: FileIO, line: bytes) -> None:
        """Write the line in one go; where the disk has room for a part, take that back."""
        try:
            written = 0
            while written < len(line):
                written += file.write(line[written:])
        except BaseException:
            file.truncate(self._end)
            raise
        self._end += len(line)


def write_csv(path: Path, graded: Iterable[GradedAnswer], criteria: Iterable[str]) -> None:
    """One row an answer, one column for each of these criteria.

    A criterion that an answer's rubric does not have is left empty. Raises FileError.
    """
    criteria = list(dict.fromkeys(criteria))
    # A criterion may be called as a column is; ids hold no dot, so that this name is free.
    titles = [f"criterion.{one}" if one in (*_BEFORE, *_AFTER) else one for one in criteria]
    with writing_whole(path) as file:
        # Texts in quotes, since a bare carriage return would end a row.
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([*_BEFORE, *titles, *_AFTER])
        writer.writerows(_row(one, criteria) for one in graded)


def write_calibration(path: Path, graded: Iterable[GradedAnswer]) -> None:
    """One line of JSON for each criterion that a person has set: the grader's level and theirs.

    The grader's level is its own, before any calibration. Where several people spoke, it is what
    stood before the first of them, and the last one's word counts. Raises FileError.
    """
    with writing_whole(path) as file:
        for answer in graded:
            file.writelines(f"{line}\n" for line in _calibration(answer))


def _calibration(answer: GradedAnswer) -> Iterator[str]:
    for grade in answer.scorecard.criteria:
        if (review := grade.review) is None:
            continue
        own = grade.calibrated_from
        first = next((one for one in answer.reviews if one.criterion == grade.id), review)
        yield json.dumps(
            {
                "id": answer.id,
                "criterion": grade.id,
                "rubric": answer.scorecard.provenance.rubric,
                "grader_level": first.original if own is None else own,
                "human_level": review.level,
                "top": grade.top,
                "reason": review.reason,
                "by": review.by,
                "at": review.at.isoformat(),
            },
            ensure_ascii=False,
        )


def _row(answer: GradedAnswer, criteria: Iterable[str]) -> list[str | float | None]:
    card = answer.scorecard
    grades = {grade.id: grade for grade in card.criteria}
    return [
        _harmless(answer.id),
        answer.status,
        card.percent,
        card.points,
        card.max_points,
        card.decision and card.decision.value,
        card.coverage,
        *(_level(grades[one]) if one in grades else None for one in criteria),
        " ".join(flag.id for flag in card.flags),
        " ".join(grade.id for grade in card.criteria if grade.review is not None),
        _harmless(card.provenance.engine),
        card.provenance.cost_usd,
        _harmless(answer.source),
    ]


def _level(grade: CriterionGrade) -> str | float:
    if not isinstance(grade.level, int) or grade.points is None:
        return grade.level
    return grade.points


def _harmless(text: str) -> str:
    """A text from outside, which no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
