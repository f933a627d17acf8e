"""Writes result files whole or not at all."""

import os
import tempfile
from pathlib import Path

from agent.errors import FileError


def require_writable(path: Path) -> None:
    """Raise FileError now if `path` cannot be written later, before anything is lost."""
    if path.is_dir():
        raise FileError(path, "is a folder", remedy="name a file")
    if not path.absolute().parent.is_dir():
        raise FileError(path, "its folder does not exist", remedy="make the folder first")
    if not os.access(path.absolute().parent, os.W_OK):
        raise FileError(path, "its folder may not be written", remedy="choose another")


def write_whole(path: Path, text: str) -> None:
    """Write a text file through a temporary one beside it, so that no half of it is ever seen."""
    path = path.absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            draft.chmod(0o644)
            draft.replace(path)
        except BaseException:
            draft.unlink()
            raise
    except OSError as error:
        raise FileError(
            path, f"cannot be written ({error.strerror})", remedy="free space or choose another"
        ) from error
