"""One file that holds answers: read as text, by lines or whole, and watched for changes.

UTF-8 with or without a byte order mark, and UTF-16 with one. What the text means is not its
business; that is the readers' (`texts`, `rows`, `objects`).
"""

import codecs
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.errors import FileError

TEXTS = (".md", ".markdown", ".txt", ".text")
TABLES = (".csv", ".tsv")
JSON_LINES = (".jsonl", ".ndjson")
JSON = (".json",)
YAML = (".yaml", ".yml")
KINDS = frozenset((*TEXTS, *TABLES, *JSON_LINES, *JSON, *YAML))
READ_ARE = "read are .md, .txt, .csv, .tsv, .jsonl, .json and .yaml"

_MAX_LINE = 50_000_000
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AGAIN = "leave the inputs alone while they are graded, and start again"


@dataclass(frozen=True)
class Source:
    """A file to read, its name as the user knows it, and the id of a single answer in it.

    `size` and `changed` are those of the moment when it was found.
    """

    path: Path
    name: Path
    id: str
    kind: str
    size: int
    changed: int

    def lines(self) -> Iterator[str]:
        """Its lines with their ends, one at a time; raises FileError if they are no text."""
        with self._opened():
            encoding = self._encoding()
            with self.path.open(encoding=encoding, newline="") as file:
                number = 0
                while line := file.readline(_MAX_LINE + 1):
                    number += 1
                    if "\0" in line:
                        raise self._no_text(f"line {number}")
                    if len(line) > _MAX_LINE:
                        problem = f"the line has more than {_MAX_LINE:,} characters"
                        raise self.fault(problem, "is this the file you meant?", f"line {number}")
                    yield line

    def text(self, limit: int) -> str:
        """The whole text; raises FileError if it is none, or larger than `limit` bytes."""
        if self.size > limit:
            raise self.fault(f"is larger than {limit:,} bytes", "is this the file you meant?")
        with self._opened():
            text = self.path.read_text(encoding=self._encoding())
        if "\0" in text:
            raise self._no_text()
        return text

    def require_unchanged(self) -> None:
        """Raise FileError if the file is not the one that was found."""
        try:
            now = self.path.stat()
        except OSError as error:
            raise self._unreadable(error) from error
        if (now.st_size, now.st_mtime_ns) != (self.size, self.changed):
            raise self.fault("was changed since it was found", _AGAIN)

    def fault(self, problem: str, remedy: str, where: str = "") -> FileError:
        """What is wrong with this file, to be raised."""
        return FileError(self.name, problem, where=where, remedy=remedy)

    def _encoding(self) -> str:
        with self.path.open("rb") as file:
            return "utf-16" if file.read(2) in _UTF_16 else "utf-8-sig"

    def _no_text(self, where: str = "") -> FileError:
        return self.fault("is no text file, it holds a NUL byte", "name a text file", where)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        """Faults of the system and of the encoding as a FileError."""
        try:
            yield
        except UnicodeError as error:
            raise self._undecodable() from error
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> FileError:
        if isinstance(error, FileNotFoundError):
            return self.fault("is gone since it was found", _AGAIN)
        return unreadable(self.name, error)

    def _undecodable(self) -> FileError:
        """The fault with its place. A decoder of a stream does not know where in it it is."""
        if self._encoding() == "utf-16":
            return self.fault("is broken UTF-16 text", "save it as UTF-8")
        offset = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    line.decode()
                except UnicodeDecodeError as error:
                    problem = f"is not UTF-8 text (byte {offset + error.start})"
                    return self.fault(problem, "save it as UTF-8", f"line {number}")
                offset += len(line)
        return self.fault("is not UTF-8 text", "save it as UTF-8")


def found(path: Path, name: Path, identity: str, kind: str | None = None) -> Source:
    """The source at `path` as it is now; its kind is that of its ending if none is given.

    Raises FileError if there is no such file, or if its kind is not read.
    """
    try:
        about = path.stat()
    except FileNotFoundError as error:
        raise FileError(name, "no such file", remedy="check the path") from error
    except OSError as error:
        raise unreadable(name, error) from error
    if not stat.S_ISREG(about.st_mode):
        remedy = "name a file or a folder, or pipe it in with - as the input"
        raise FileError(name, "is no regular file", remedy=remedy)
    kind = kind or path.suffix.lower()
    if kind not in KINDS:
        problem = f"files of the kind {kind} are not read" if kind else "its name has no ending"
        raise FileError(name, problem, remedy=f"convert it to text; {READ_ARE}")
    return Source(path, name, identity, kind, about.st_size, about.st_mtime_ns)


def unreadable(name: Path, error: OSError) -> FileError:
    """That a file or folder cannot be read, as the system says it."""
    problem = f"cannot be read ({error.strerror or os.strerror(error.errno or 0)})"
    return FileError(name, problem, remedy="check the path and its permissions")
