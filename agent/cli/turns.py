"""Reads candidate turns from a script file or from what is piped in."""

import os
import select
import stat
import sys
from pathlib import Path

from agent.catalog import read_text, read_yaml_mapping
from agent.errors import FileError

_KEY = "candidate_turns"
_SECONDS_FOR_FIRST_BYTE = 3.0
STANDARD_INPUT = Path("standard input")


def script_turns(path: Path) -> list[str]:
    """The turns of a script: YAML with `candidate_turns`, or text with blank lines between.

    Raises FileError if there are none, or if one of them is no text.
    """
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return _listed(read_yaml_mapping(path), path)
    return _turns_of(read_text(path), path)


def piped_turns() -> list[str] | None:
    """The turns piped in, or None if nothing is: a terminal, a bare shell, an idle pipe."""
    if not _anything_piped():
        return None
    data = sys.stdin.buffer.read()
    if not data.strip():
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            STANDARD_INPUT, f"is not UTF-8 text (byte {error.start})", remedy="convert it"
        ) from error
    return _turns_of(text, STANDARD_INPUT)


def _turns_of(text: str, path: Path) -> list[str]:
    if any(line.startswith(f"{_KEY}:") for line in text.splitlines()):
        import yaml

        try:
            raw = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise FileError(
                path, "not valid YAML", remedy="check indentation and quotes"
            ) from error
        return _listed(raw, path)
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            paragraphs[-1].append(line.rstrip())
        else:
            paragraphs.append([])
    return _required(["\n".join(lines) for lines in paragraphs if lines], path)


def _listed(raw: object, path: Path) -> list[str]:
    turns = raw.get(_KEY) if isinstance(raw, dict) else None
    if turns is None:
        raise FileError(
            path, "this key is missing", where=_KEY, remedy="add a list of the candidate's turns"
        )
    if not isinstance(turns, list):
        raise FileError(path, "is no list", where=_KEY, remedy="give a list of strings")
    for index, turn in enumerate(turns):
        if not isinstance(turn, str) or not turn.strip():
            raise FileError(
                path,
                f"{turn!r} is no text" if not isinstance(turn, str) else "is empty",
                where=f"{_KEY}[{index}]",
                remedy="give a string, in quotes if need be",
            )
    return _required(turns, path)


def _required(turns: list[str], path: Path) -> list[str]:
    if not turns:
        raise FileError(path, "holds no turns", remedy="write at least one turn")
    return turns


def _anything_piped() -> bool:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return False
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except OSError:
        return False
    if stat.S_ISREG(mode):
        return True
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False
    # A shell without terminal may hold a pipe open that nobody ever writes to.
    ready, _, _ = select.select([sys.stdin], [], [], _SECONDS_FOR_FIRST_BYTE)
    return bool(ready)
