"""Reads a table (.csv, .tsv) row by row. The names of columns are the `fields`' business."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from agent.batch.answer import Answer
from agent.batch.fields import NAMES, Fields
from agent.batch.source import Source

_MAX_FIELD = 4_000_000
_QUOTED = re.compile(r'"[^"]*"')


def row_answers(source: Source, fields: Fields) -> Iterator[Answer]:
    """The answers of a table, one a row; raises FileError naming the row and the line.

    Rows are counted as a spreadsheet does: the header is row 1. Blank rows are passed over.
    """
    rows = rows_of(source)
    header, where = next(rows, ([], ""))
    if not any(header):
        raise source.fault("its first row is blank", "put the names of the columns there", where)
    header = _our_case(header, fields)
    columns = _columns(header, fields, where)
    for row, where in below(rows, header, source):
        yield fields.made({name: row[index] for name, index in columns.items()}, where)


def is_header(line: str, fields: Fields) -> bool:
    """Whether a line names a column of ids and one of answers."""
    try:
        header = next(csv.reader([line], delimiter=_delimiter(line)))
    except csv.Error:
        return False
    return {"id", "answer"} <= fields.named(_our_case(header, fields)).keys()


def rows_of(source: Source) -> Iterator[tuple[list[str], str]]:
    """The rows of a table, the header first, each with where it begins; raises FileError."""
    lines = source.lines()
    first = next(lines, "")
    delimiter = "\t" if source.kind == ".tsv" else _delimiter(first)
    # The csv module has this limit once for all; an answer is longer than what it begins with.
    csv.field_size_limit(_MAX_FIELD)
    # Strict, since otherwise a quote that is never closed swallows the rest of the file.
    reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
    number = 1
    while True:
        where = f"row {number} (line {reader.line_num + 1})"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise source.fault(
                f"is no valid row: {error}",
                "close each quote, and double the quotes inside a quoted field",
                where,
            ) from error
        yield row, where
        number += 1


def below(
    rows: Iterable[tuple[list[str], str]], header: Sequence[str], source: Source
) -> Iterator[tuple[list[str], str]]:
    """The rows below the header without blank ones; FileError for one of another length."""
    for row, where in rows:
        if not any(field.strip() for field in row):
            continue
        if len(row) != len(header):
            raise source.fault(
                f"has {len(row)} fields where the header has {len(header)}",
                "put a field that holds the delimiter in quotes",
                where,
            )
        yield row, where


def _delimiter(header: str) -> str:
    bare = _QUOTED.sub("", header)
    return next((mark for mark in ",;\t" if mark in bare), ",")


def _our_case(header: list[str], fields: Fields) -> list[str]:
    """The header with the names that are known written as we write them: Id is id."""
    known = {key.casefold(): key for name in NAMES for key in fields.keys(name)}
    return [known.get(name.strip().casefold(), name.strip()) for name in header]


def _columns(header: list[str], fields: Fields, where: str) -> dict[str, int]:
    """Our names with the numbers of their columns."""
    names = fields.named(header)
    for name in ("answer", "id"):
        if name not in names:
            raise fields.missing(name, header, where)
    for key in names.values():
        if header.count(key) > 1:
            problem = f"the column {key!r} stands {header.count(key)} times"
            raise fields.source.fault(problem, "give each column its own name", where)
    return {name: header.index(key) for name, key in names.items()}
