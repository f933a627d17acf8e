"""Finds the files of answers in a folder and below it. It reads none of them."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from agent.batch.source import KINDS, READ_ARE, Source, found, unreadable
from agent.errors import FileError

LINKS = "links and devices"


def sources_below(folder: Path, skipped: Counter[str]) -> Iterator[Source]:
    """The files of the kinds that are read, in no order, with ids relative to the folder.

    Hidden files and folders are passed over. Links are, too: they lead out of the folder, or to
    a file that is read anyway. `skipped` counts by kind what is not read. Raises FileError if
    the folder cannot be read or holds nothing to read.
    """
    real = folder.resolve()
    nothing = True
    todo = [real]
    while todo:
        inside = todo.pop()
        try:
            with os.scandir(inside) as entries:
                for entry in entries:
                    path = inside / entry.name
                    if entry.name.startswith("."):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(path)
                    elif not entry.is_file(follow_symlinks=False):
                        skipped[LINKS] += 1
                    elif path.suffix.lower() not in KINDS:
                        skipped[path.suffix.lower() or "without an ending"] += 1
                    else:
                        nothing = False
                        relative = path.relative_to(real)
                        yield found(path, folder / relative, relative.as_posix())
        except OSError as error:
            raise unreadable(folder / inside.relative_to(real), error) from error
    if nothing:
        raise FileError(folder, "holds no file of a kind that is read", remedy=READ_ARE)
