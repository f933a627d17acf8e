"""Finds the recorded message that is most like one that is not recorded, and shows the difference.

It is for the reader of an error message only, and does a bounded amount of work.
"""

import difflib
import re
from collections.abc import Sequence
from itertools import islice

from rapidfuzz import fuzz, process

_CONSIDERED = 2000
_END_CHARACTERS = 500
_LINES_COMPARED = 300
_KEPT_BEFORE = 600
_KEPT_AFTER = 1400
_LEFT_OUT = "\n[...]\n"
_LINES_SHOWN = 24
_LINE_CHARACTERS = 160
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def abridged(asked: str) -> str:
    """A message as it is kept in a recording: of a long one its beginning and its end.

    Most of a long one is an interview that stands in the recording a dozen times otherwise.
    """
    if len(asked) <= _KEPT_BEFORE + len(_LEFT_OUT) + _KEPT_AFTER:
        return asked
    return asked[:_KEPT_BEFORE] + _LEFT_OUT + asked[-_KEPT_AFTER:]


def nearest(asked: str, recorded: Sequence[str]) -> int | None:
    """The position of the text most like `asked`, or None if there is none at all.

    The beginnings and ends of the first 2,000 texts are compared.
    """
    ends = [_ends(text) for text in recorded[:_CONSIDERED]]
    found = process.extractOne(_ends(asked), ends, scorer=fuzz.ratio)
    return None if found is None else int(found[2])


def difference(recorded: str, asked: str) -> str:
    """A short unified diff; long lines are taken sentence by sentence."""
    lines = difflib.unified_diff(
        _lines(recorded), _lines(asked), "recorded", "asked now", lineterm="", n=1
    )
    shown = [_short(line) for line in islice(lines, _LINES_SHOWN + 1)]
    if len(shown) > _LINES_SHOWN:
        shown[-1] = "..."
    return "\n".join(shown)


def _ends(text: str) -> str:
    # Prompts share long middles; what tells them apart stands first or last.
    if len(text) <= 2 * _END_CHARACTERS:
        return text
    return text[:_END_CHARACTERS] + text[-_END_CHARACTERS:]


def _lines(text: str) -> list[str]:
    found: list[str] = []
    for line in text.splitlines():
        found += [line] if len(line) <= _LINE_CHARACTERS else _SENTENCE_END.split(line)
    return found[:_LINES_COMPARED]


def _short(line: str) -> str:
    return line if len(line) <= _LINE_CHARACTERS else f"{line[: _LINE_CHARACTERS - 3]}..."
