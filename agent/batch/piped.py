"""Keeps standard input in a temporary file, and finds out what kind of file it would be."""

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from agent.batch.fields import Fields
from agent.batch.rows import is_header
from agent.batch.source import Source, found
from agent.errors import FileError

DASH = Path("-")
"""How standard input is named among the inputs."""
STANDARD_INPUT = Path("standard input")
_PIPE = "pipe answers in, or name a file or a folder"
_OBJECT = re.compile(r'\s*\{\s*(["}]|$)')
_ARRAY = re.compile(r"\s*\[\s*([{\]]|$)")


@contextmanager
def piped(renames: Mapping[str, str]) -> Iterator[Source]:
    """Standard input as a source that can be read again, until the context is left.

    Raises FileError if nothing is piped in or if it cannot be kept.
    """
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise FileError(STANDARD_INPUT, "nothing is piped in", remedy=_PIPE)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="sevenstep-"))
            shutil.copyfileobj(sys.stdin.buffer, file)
            file.flush()
        except OSError as error:
            raise FileError(
                STANDARD_INPUT,
                f"cannot be kept in a temporary file ({error.strerror})",
                remedy=f"free space in {tempfile.gettempdir()}, or name a file",
            ) from error
        source = found(Path(file.name), STANDARD_INPUT, "stdin", ".txt")
        yield replace(source, kind=_kind(source, renames))


def _kind(source: Source, renames: Mapping[str, str]) -> str:
    """The kind that its beginning looks like; plain text if like nothing else."""
    lines = list(islice((line for line in source.lines() if line.strip()), 2))
    if not lines:
        raise source.fault("is empty", _PIPE)
    first = lines[0]
    if _ARRAY.match(first):
        return ".json"
    if _OBJECT.match(first):
        # One object on one line is a file of its own, so that it needs no id.
        each_line = first.rstrip().endswith("}") and len(lines) > 1
        return ".jsonl" if each_line else ".json"
    table = replace(source, kind=".csv")
    return table.kind if is_header(first, Fields(table, renames)) else source.kind
