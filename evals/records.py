"""Reads a dataset's folder: `dataset.yaml`, its rows, and a table of grades if there is one.

What the rows amount to is put together in `evals.dataset`; how a public format names and lays
out its files stands in `evals.formats`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from agent.answer_rubric import AnswerRubric
from agent.batch.fields import NAMES, Fields
from agent.catalog import DEFAULT_RUBRIC, Catalog, load_any_rubric, read_yaml_mapping, validated
from agent.errors import FileError
from agent.rubric import Rubric
from evals.dataset import (
    FILE,
    About,
    Dataset,
    Given,
    Record,
    assembled,
    no_column,
    number,
)
from evals.formats import FORMATS
from evals.formats.format import Row, table_rows

GOLD = Path(__file__).resolve().parent / "gold"
"""The shipped dataset: answers to the six scenarios with levels known by construction."""
_OWN = ("part", "group")
_SHARED = ("scenario", "prompt", "reference")
_GRADES = ("id", "rater", "criterion", "value")


def load_dataset(folder: Path, catalog: Catalog, rubric: str | None = None) -> Dataset:
    """The dataset in a folder; `rubric` is another one to grade by than it names.

    Raises FileError naming file, place and remedy, or InputError for an unknown `rubric`.
    """
    path = folder / FILE
    if not path.is_file():
        raise FileError(
            folder, f"is no folder with a {FILE}", remedy="write one; docs/evaluation.md shows how"
        )
    about = validated(About, read_yaml_mapping(path, "write the keys of a dataset"), path)
    form = FORMATS[about.format]
    about = form.completed(about)
    _require_sense(about, path)
    rows = _chosen(about, list(form.rows(folder, about)), folder)
    own = form.rubric(rows) if form.rubric else None
    used = _rubric(about, own, folder, catalog, rubric)
    about = form.graded(about, own, by_own=used is own)
    records = list(_records(about, rows, folder))
    grades = _long(folder / about.grades, about) if about.grades else None
    return assembled(about, folder, used, records, grades)


def _require_sense(about: About, path: Path) -> None:
    if not about.files:
        raise FileError(
            path,
            "names no files with answers",
            where="files",
            remedy="list them, such as `files: [answers.csv]`",
        )
    if about.grades and about.raters:
        raise FileError(
            path, "has both `grades` and `raters`", remedy="keep the one where the grades stand"
        )
    for name in about.columns:
        if name not in (*NAMES, *_OWN):
            raise FileError(
                path,
                "there is no such field",
                where=f"columns.{name}",
                remedy=f"use {', '.join((*NAMES, *_OWN))}; columns of grades stand in `raters`",
            )


def _rubric(
    about: About, own: AnswerRubric | None, folder: Path, catalog: Catalog, named: str | None
) -> Rubric | AnswerRubric:
    if named is not None:
        return catalog.any_rubric(named)
    if about.rubric is None:
        return own or catalog.any_rubric(DEFAULT_RUBRIC)
    beside = folder / about.rubric
    if beside.exists():
        return load_any_rubric(beside)
    known = catalog.rubric_paths()
    if about.rubric not in known:
        raise FileError(
            folder / FILE,
            f"there is no rubric {about.rubric!r}",
            where="rubric",
            remedy=f"name a file in the folder, or one of {', '.join(known)}",
        )
    return catalog.any_rubric(about.rubric)


def _chosen(about: About, rows: Sequence[Row], folder: Path) -> Sequence[Row]:
    """The rows that `only` keeps; raises FileError if there are none."""
    for column, values in about.only.items():
        where = f"only.{column}"
        met = dict.fromkeys(_text(row.cells.get(column)) for row in rows)
        if not any(column in row.cells for row in rows):
            raise no_column(folder, where, column, _columns(rows))
        rows = [row for row in rows if _text(row.cells.get(column)) in values]
        if not rows:
            raise FileError(
                folder / FILE,
                f"no row has {' or '.join(map(repr, values))} there",
                where=where,
                remedy=f"there are {', '.join(list(met)[:20])}",
            )
    return rows


def _records(about: About, rows: Sequence[Row], folder: Path) -> Iterator[Record]:
    known = _columns(rows)
    for name, column in about.columns.items():
        if column not in known:
            raise no_column(folder, f"columns.{name}", column, known)
    renames = {name: column for name, column in about.columns.items() if name in NAMES}
    shared = {name: value for name in _SHARED if (value := getattr(about, name)) is not None}
    files = {folder / name: part for name, part in about.files.items()}
    for row in rows:
        fields = Fields(row.source, renames)
        _require_answer(row, fields)
        # A blank cell says nothing, and what holds for all answers holds for it, too.
        blank = {
            key for name in shared for key in fields.keys(name) if not _text(row.cells.get(key))
        }
        cells = {key: value for key, value in row.cells.items() if key not in blank}
        yield Record(
            answer=fields.answer(cells, row.where, shared),
            part=files.get(row.source.path) or _own(about, "part", row),
            group=_own(about, "group", row),
            cells=row.cells,
            place=row.place,
        )


def _require_answer(row: Row, fields: Fields) -> None:
    for name in ("id", "answer"):
        keys = fields.keys(name)
        if not any(key in row.cells for key in keys):
            names = ", ".join(repr(key) for key in list(row.cells)[:20] if key != "")
            raise row.place.fault(
                f"there is no column {keys[0]!r}, only {names}",
                f"name it in {FILE}, such as `columns: {{{name}: NAME}}`",
            )
        if name == "id" and not any(_text(row.cells.get(key)) for key in keys):
            raise row.place.fault("the id is blank", "give each answer its own id")


def _own(about: About, name: str, row: Row) -> str:
    """A field that only datasets have; blank where a row has none."""
    return _text(row.cells.get(about.columns.get(name, name)))


def _columns(rows: Sequence[Row]) -> dict[str, None]:
    return dict.fromkeys(column for row in rows for column in row.cells)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _long(path: Path, about: About) -> Iterator[Given]:
    """The grades that stand in a table of their own, one a row."""
    for row in table_rows(path):
        texts = []
        for name in _GRADES:
            if name not in row.cells:
                raise row.place.fault(
                    f"there is no column {name!r}", f"it needs the columns {', '.join(_GRADES)}"
                )
            texts.append(_text(row.cells[name]))
            if name != "value" and not texts[-1]:
                raise row.place.fault(f"the {name} is blank", "fill it in, or remove the row")
        value = number(row.cells["value"], about.missing, row.place, "value")
        if value is not None:
            answer, rater, criterion, _ = texts
            yield Given(answer, rater, criterion, value, row.place)
