"""What was found in the inputs, kept on disk: the files in their order, and each answer's id.

It sees to it that no file is read twice and no id stands twice, in memory that does not grow.
The table is temporary and its own; what is graded is kept elsewhere.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.batch.answer import Answer
from agent.batch.source import Source
from agent.errors import FileError

_TABLES = """
create table sources (
  input int, place blob, path blob unique, name blob, id blob, kind text, size int, changed int
);
create table ids (id text primary key, place text) without rowid;
"""


class Register:
    """The sources and the ids of one set of inputs; close it at the end."""

    def __init__(self) -> None:
        # An empty name is a file of SQLite's own, which is gone when it is closed. Whoever grades
        # may read the inputs in another thread than it began in, though never in two at once.
        self._base = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._base.execute("pragma journal_mode = memory")
        self._base.execute("pragma synchronous = off")
        self._base.executescript(_TABLES)
        self._base.execute("begin")

    def close(self) -> None:
        """Remove it from the disk."""
        self._base.close()

    def add_source(self, source: Source, number: int) -> None:
        """Keep a source of the input of this number; raises FileError if it is there already."""
        path, name = os.fsencode(source.path), os.fsencode(source.name)
        identity = os.fsencode(source.id)
        # Sorted as paths are, folder by folder, and not as their characters happen to stand.
        place = identity.replace(b"/", b"\0")
        row = (number, place, path, name, identity, source.kind, source.size, source.changed)
        try:
            self._insert("insert into sources values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            first = self._one("select name from sources where path = ?", path)
            problem = f"is named twice, as {os.fsdecode(first)}, too"
            raise source.fault(problem, "name each file once") from None

    def sources(self) -> Iterator[Source]:
        """The sources, input by input, those of a folder in the order of their names."""
        for path, name, identity, kind, size, changed in self._base.execute(
            "select path, name, id, kind, size, changed from sources order by input, place"
        ):
            yield Source(
                Path(os.fsdecode(path)),
                Path(os.fsdecode(name)),
                os.fsdecode(identity),
                kind,
                size,
                changed,
            )

    def add_id(self, answer: Answer, source: Source) -> None:
        """Keep an answer's id; raises FileError naming both places if it is there already."""
        try:
            self._insert("insert into ids values (?, ?)", (answer.id, answer.source))
        except sqlite3.IntegrityError:
            first = self._one("select place from ids where id = ?", answer.id)
            where = answer.source.removeprefix(str(source.name)).removeprefix(", ")
            raise source.fault(
                f"the id {answer.id!r} stands in {first}, too",
                "give each answer its own id, or name the folder above files of the same name",
                where,
            ) from None

    def _insert(self, statement: str, row: tuple[object, ...]) -> None:
        try:
            self._base.execute(statement, row)
        except sqlite3.OperationalError as error:
            folder = Path(tempfile.gettempdir())
            raise FileError(
                folder, f"no temporary file can be written there ({error})", remedy="free space"
            ) from error

    def _one(self, query: str, key: object) -> Any:
        return self._base.execute(query, (key,)).fetchone()[0]
