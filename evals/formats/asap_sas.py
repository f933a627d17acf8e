"""ASAP-SAS: short answers of pupils to ten tasks ("essay sets"), two raters, 0 to 3 or 0 to 2.

From the Kaggle competition "The Hewlett Foundation: Short Answer Scoring" (`asap-sas`); licence:
its rules, see there. Read is `train.tsv` or `train_rel_2.tsv` with the columns Id, EssaySet,
Score1, Score2 and EssayText. Score1 is the final score; Score2 is a second person's, given as a
measure of reliability (Kaggle's description). Sets 1, 2, 5 and 6 have the points 0 to 3, the others
0 to 2: a dataset holds sets of one scale, chosen by `only`, for which the rubric is then made. The
tasks' texts are not in the file; give one as `prompt` (and `reference`) for a single set. The
leaderboard's sets come without human scores in the same file and are not read.

A row is one line, and a quote is a character like any other, so that one which is never closed does
not swallow the rows after it; only a text that is wholly in quotes, with those inside doubled,
loses them. What is saved as .csv is read as such. Code that others published reads these
files with and without csv quoting; the files themselves were not seen.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.answer_rubric import AnswerRubric
from agent.batch.source import Source, found
from evals.dataset import FILE, About
from evals.formats.format import Format, Row, table_rows
from evals.formats.points import points_in, points_rubric

_SET = "EssaySet"
_SETS_BY_POINTS = {3: ("1", "2", "5", "6"), 2: ("3", "4", "7", "8", "9", "10")}
_POINTS = {name: most for most, names in _SETS_BY_POINTS.items() for name in names}


def _rubric(rows: Sequence[Row]) -> AnswerRubric:
    """The rubric of the sets among the rows; raises FileError if their scales differ."""
    most: int | None = None
    for row in rows:
        name = str(row.cells.get(_SET, "")).strip()
        if name not in _POINTS:
            raise row.place.fault(
                f"{_SET}: there is no set {name!r}", f"use one of {', '.join(_POINTS)}"
            )
        if most is not None and _POINTS[name] != most:
            choices = " or ".join(
                f"only: {{{_SET}: [{', '.join(names)}]}}" for names in _SETS_BY_POINTS.values()
            )
            raise row.place.fault(
                f"set {name} has 0 to {_POINTS[name]} points, the rows before 0 to {most}",
                f"choose sets of one scale in {FILE}: {choices}, or some of these",
            )
        most = _POINTS[name]
    return points_rubric(f"asap_sas_{most}", most=most or 0)


def _rows(folder: Path, about: About) -> Iterator[Row]:
    for name in about.files:
        path = folder / name
        if path.suffix.lower() == ".tsv":
            yield from _lines(found(path, path, path.name))
        else:
            yield from table_rows(path)


def _lines(source: Source) -> Iterator[Row]:
    lines = source.lines()
    header = [name.strip() for name in next(lines, "").split("\t")]
    empty = True
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        # The text stands last: a tab in it is its own.
        cells = line.rstrip("\r\n").split("\t", len(header) - 1)
        if len(cells) != len(header):
            raise source.fault(
                f"has {len(cells)} fields where the header has {len(header)}",
                "write each answer on one line, with tabs between the fields",
                f"line {number}",
            )
        empty = False
        yield Row(source, dict(zip(header, map(_unquoted, cells), strict=True)), f"line {number}")
    if empty:
        raise source.fault("holds no rows", f"fill it, or leave it out of {FILE}")


def _unquoted(cell: str) -> str:
    """A cell without the quotes around all of it; as it stands if they are the text's own."""
    if len(cell) < 2 or not (cell.startswith('"') and cell.endswith('"')):
        return cell
    inner = cell[1:-1]
    return cell if '"' in inner.replace('""', "") else inner.replace('""', '"')


FORMAT = Format(
    fills={"files": ("train_rel_2.tsv",)},
    raters={"score1": points_in("Score1"), "score2": points_in("Score2")},
    names={"id": ("id", "Id"), "answer": ("answer", "EssayText")},
    rubric=_rubric,
    read=_rows,
)
