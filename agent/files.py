"""Writes result files whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from agent.errors import FileError


def require_writable(path: Path) -> None:
    """Raise FileError now if `path` cannot be written later, before anything is lost."""
    path = _target(path)
    if path.is_dir():
        raise FileError(path, "is a folder", remedy="name a file")
    if not path.parent.is_dir():
        raise FileError(path, "its folder does not exist", remedy="make the folder first")
    if path.exists() and not os.access(path, os.W_OK):
        raise FileError(path, "may not be written", remedy="choose another file")
    if not _is_special(path):
        try:
            tempfile.TemporaryFile(dir=path.parent).close()
        except OSError as error:
            raise FileError(
                path, f"its folder cannot be written ({error.strerror})", remedy="choose another"
            ) from error


def write_whole(path: Path, text: str) -> None:
    """Write a text file through a temporary one beside it, so that no half of it is ever seen.

    A device or a pipe is written directly. Folders are made. Raises FileError.
    """
    with _drafted(path) as draft:
        draft.write_text(text, encoding="utf-8")


@contextmanager
def writing_whole(path: Path) -> Iterator[TextIO]:
    """A file to write text to piece by piece; `path` has all of it once the block is left.

    If the block raises, `path` stays as it was. Lines end as they are written. Otherwise as
    `write_whole`. Raises FileError.
    """
    with _drafted(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        yield file


@contextmanager
def _drafted(path: Path) -> Iterator[Path]:
    """The path to write to, which takes the place of `path` if all went well."""
    path = _target(path)
    try:
        if _is_special(path):
            yield path
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name[:100]}.{os.getpid()}.draft")
        try:
            yield draft
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(
            path, f"cannot be written ({error.strerror})", remedy="free space or choose another"
        ) from error


def _target(path: Path) -> Path:
    """What is written to in the end: a link keeps pointing to where it does."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:
        raise FileError(
            path, "is a link that leads nowhere", remedy="choose another file"
        ) from error


def _is_special(path: Path) -> bool:
    """Whether it is a device or a pipe, which must never be replaced by a file."""
    return path.exists() and not path.is_file() and not path.is_dir()
