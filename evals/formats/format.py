"""What a format is: what it fills in of a `dataset.yaml`, and how its files become rows.

Tables (.csv, .tsv, .jsonl) are read here; a format whose files are none has a reader of its own.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent.answer_rubric import AnswerRubric
from agent.batch.objects import json_value
from agent.batch.rows import below, rows_of
from agent.batch.source import JSON_LINES, TABLES, Source, found
from agent.errors import FileError
from evals.dataset import FILE, OVERALL, About, OverallScale, Place

KINDS = (*TABLES, *JSON_LINES)
Names = Mapping[str, tuple[str, ...]]
"""What files call a field; the first that is there counts."""


@dataclass(frozen=True)
class Row:
    """The cells of one row under the names that its file gives them, and where it stands."""

    source: Source
    cells: Mapping[str, Any]
    where: str

    @property
    def place(self) -> Place:
        """Where it stands, to say what is wrong with it."""
        return Place(self.source.name, self.where)

    def having(self, cells: Mapping[str, Any]) -> "Row":
        """The same row with these cells besides, or instead."""
        return replace(self, cells={**self.cells, **cells})

    def named(self, names: Names) -> "Row":
        """The same row with our names beside those of its file."""
        return self.having(
            {
                name: self.cells[key]
                for name, keys in names.items()
                for key in [next((key for key in keys if key in self.cells), None)]
                if key is not None
            }
        )


def table_rows(path: Path) -> Iterator[Row]:
    """The rows of one table; raises FileError naming the row, and for a table without any."""
    if path.suffix.lower() not in KINDS:
        raise FileError(
            path, "is no table", remedy=f"name files that end in {', '.join(KINDS)} in {FILE}"
        )
    source = found(path, path, path.name)
    empty = True
    for row in _objects(source) if source.kind in JSON_LINES else _rows(source):
        empty = False
        yield row
    if empty:
        raise source.fault("holds no rows", f"fill it, or leave it out of {FILE}")


def _rows(source: Source) -> Iterator[Row]:
    rows = rows_of(source)
    header, where = next(rows, ([], ""))
    names = [name.strip() for name in header]
    for name, count in Counter(names).items():
        if name and count > 1:
            raise source.fault(
                f"the column {name!r} stands {count} times", "give each its own name", where
            )
    for row, where in below(rows, names, source):
        yield Row(source, dict(zip(names, row, strict=True)), where)


def _objects(source: Source) -> Iterator[Row]:
    for number, line in enumerate(source.lines(), start=1):
        if not line.strip():
            continue
        where = f"line {number}"
        raw = json_value(line, source, "write one whole object on each line", number)
        if not isinstance(raw, dict):
            raise source.fault("is no object", "write {...} on each line", where)
        yield Row(source, raw, where)


def tables(folder: Path, about: About) -> Iterator[Row]:
    """The rows of all files that the dataset names."""
    for name in about.files:
        yield from table_rows(folder / name)


def numbered(rows: Iterable[Row], by: str) -> Iterator[Row]:
    """The rows with an `id` each: their own, or if these are not unique `by` and a number.

    Without `by` they stay as they are.
    """
    listed = list(rows)
    own = [row.cells.get("id") for row in listed]
    if None not in own and len(set(map(str, own))) == len(own):
        yield from listed
        return
    count: Counter[str] = Counter()
    for row in listed:
        if by not in row.cells:
            yield row
            continue
        name = str(row.cells[by]).strip()
        count[name] += 1
        yield row.having({"id": f"{name}.{count[name]}"})


@dataclass(frozen=True)
class Format:
    """How a kind of dataset is read.

    `fills` are keys of `dataset.yaml` that need not be given there; `names` what its files call
    our fields. `rubric` is what the grades of these rows are by if the dataset names none, and
    its first criterion's points are the scale for whole answers; `raters` are who gave them.
    """

    fills: Mapping[str, Any] = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    rubric: Callable[[Sequence[Row]], AnswerRubric] | None = None
    raters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    read: Callable[[Path, About], Iterator[Row]] = tables

    def completed(self, about: About) -> About:
        """What `dataset.yaml` says, with what it leaves out filled in."""
        given = about.model_dump(exclude_unset=True)
        return About.model_validate({**self.fills, **given})

    def rows(self, folder: Path, about: About) -> Iterator[Row]:
        """The rows of all files under our names; raises FileError."""
        for row in self.read(folder, about):
            yield row.named(self.names)

    def graded(self, about: About, own: AnswerRubric | None, *, by_own: bool) -> About:
        """What `dataset.yaml` says, with the raters and their scale if it leaves them out.

        `own` is the format's rubric. By another one people graded the whole answer only.
        """
        changes: dict[str, Any] = {}
        if own is not None and about.overall is None:
            changes["overall"] = OverallScale(highest=own.criteria[0].most)
        if not about.raters and not about.grades:
            changes["raters"] = {
                rater: {
                    criterion: column
                    for criterion, column in columns.items()
                    if by_own or criterion == OVERALL
                }
                for rater, columns in self.raters.items()
            }
        return about.model_copy(update=changes)
