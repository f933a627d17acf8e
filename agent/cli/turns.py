"""Reads candidate turns from a script file or from what is piped in."""

import os
import select
import stat
import sys
from pathlib import Path

from agent.catalog import parse_yaml_mapping, read_text
from agent.errors import FileError
from agent.interview.session import MAX_MESSAGE_CHARACTERS

_KEY = "candidate_turns"
_SECONDS_FOR_FIRST_BYTE = 3.0
_MAX_BYTES = 2_000_000
_LIST = f"give the turns as a list of strings under {_KEY}"
STANDARD_INPUT = Path("standard input")


def script_turns(path: Path) -> list[str]:
    """The turns of a script: YAML with `candidate_turns`, or text with blank lines between.

    Raises FileError if there are none, or if one of them is no text.
    """
    text = read_text(path)
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return _listed(text, path)
    return _turns_of(text, path)


def piped_turns() -> list[str] | None:
    """The turns piped in, or None if nothing is: a terminal, a bare shell, an idle pipe."""
    if not _anything_piped():
        return None
    data = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if not data.strip():
        return None
    if len(data) > _MAX_BYTES:
        raise FileError(
            STANDARD_INPUT, f"holds more than {_MAX_BYTES:,} bytes", remedy="pipe in less"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            STANDARD_INPUT, f"is not UTF-8 text (byte {error.start})", remedy="convert it"
        ) from error
    return _turns_of(text, STANDARD_INPUT)


def _turns_of(text: str, path: Path) -> list[str]:
    if any(line.startswith(f"{_KEY}:") for line in text.splitlines()):
        return _listed(text, path)
    paragraphs: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            paragraphs[-1].append(line.rstrip())
        else:
            paragraphs.append([])
    return _checked(["\n".join(lines) for lines in paragraphs if lines], path)


def _listed(text: str, path: Path) -> list[str]:
    if not text.strip():
        raise FileError(path, "is empty", remedy=_LIST)
    raw = parse_yaml_mapping(text, path, _LIST)
    if _KEY not in raw:
        raise FileError(path, "this key is missing", where=_KEY, remedy=_LIST)
    turns = raw[_KEY]
    if not isinstance(turns, list):
        raise FileError(path, "is no list", where=_KEY, remedy=_LIST)
    for index, turn in enumerate(turns):
        if not isinstance(turn, str):
            shown = repr(turn)
            shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
            raise _fault(path, index, f"{shown} is no text", "give a string, in quotes if need be")
    return _checked(turns, path)


def _checked(turns: list[str], path: Path) -> list[str]:
    if not turns:
        raise FileError(path, "holds no turns", remedy="write at least one turn")
    for index, turn in enumerate(turns):
        if not turn.strip():
            raise _fault(path, index, "is empty", "write it or remove it")
        if len(turn) > MAX_MESSAGE_CHARACTERS:
            problem = f"has {len(turn):,} characters, more than {MAX_MESSAGE_CHARACTERS:,}"
            raise _fault(path, index, problem, "send it in parts")
        try:
            turn.encode()
        except UnicodeEncodeError as error:
            problem = f"holds {turn[error.start]!r}, half of a character"
            raise _fault(path, index, problem, "write the whole character") from error
    return turns


def _fault(path: Path, index: int, problem: str, remedy: str) -> FileError:
    return FileError(path, problem, where=f"{_KEY}[{index}]", remedy=remedy)


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
