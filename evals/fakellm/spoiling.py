"""Spoils a reply as a fault says: cut, wrapped, emptied, refused, or with an invented value.

Pure. A fault that needs JSON leaves a text alone, and `leak` leaves structured replies alone.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evals.fakellm.bodies import Answer
from evals.fakellm.chat import ChatRequest
from evals.fakellm.faults import INVENTED, LEAK, REFUSAL, Fault

_ENUMS = ("intent", "level", "depth", "criterion")
_NO_SUCH_VALUE = "banana"


def spoiled(given: Answer, fault: Fault, request: ChatRequest) -> Answer:
    """The answer with the fault in it; unchanged if the fault is none of the reply."""
    text = given.text
    match fault.kind:
        case "truncated_json" if _parsed(text) is not None:
            return replace(given, text=text[: max(1, len(text) * 2 // 3)])
        case "prose_around_json" if _parsed(text) is not None:
            # A model that does so answers in words, even where a tool was forced.
            prose = (
                f"Sure! Here is the JSON:\n\n```json\n{text}\n```\n\nLet me know what you think."
            )
            return replace(given, text=prose, tool=None, finish_reason="stop")
        case "wrong_enum":
            return _with_value(given, _ENUMS, _NO_SUCH_VALUE)
        case "invented_quote":
            return _with_value(given, ("quote",), fault.text or INVENTED)
        case "empty_content":
            return replace(given, text="", tool=None, finish_reason="stop")
        case "refusal":
            refusal = fault.text or REFUSAL
            return replace(given, text="", tool=None, finish_reason="stop", refusal=refusal)
        case "content_filter" | "length":
            return replace(given, text=text[: len(text) // 2], finish_reason=fault.kind)
        case "leak" if request.mode == "none":
            return replace(given, text=fault.text or LEAK)
    return given


def _with_value(given: Answer, names: tuple[str, ...], value: str) -> Answer:
    """The answer with another value under the first of these names that holds a text."""
    parsed = _parsed(given.text)
    for name in names:
        for mapping in _mappings(parsed):
            if isinstance(mapping.get(name), str):
                mapping[name] = value
                return replace(given, text=json.dumps(parsed, ensure_ascii=False))
    return given


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    """All mappings of a JSON value, outer ones first."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from _mappings(item)


def _parsed(text: str) -> Any:
    """The object or list in a text, or None if there is none."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
