"""Gets a JSON object out of what a model wrote, and asks for one where nothing guarantees it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from agent.llm.chat import Messages, Method, Shape
from agent.llm.prompts import filled

_FENCE = re.compile(r"```(?:json)?\s*\n?(.*?)```", re.DOTALL)
_LONGEST_REASON = 600
_LONGEST_TEXT = 400
_MOST_ITEMS = 12


class UnusableAnswerError(ValueError):
    """A model answered, but not with what was asked for; the text says why."""


class NotAnObjectError(UnusableAnswerError):
    """What the model wrote is not one JSON object."""


def asking_for(messages: Messages, shape: Shape, method: Method) -> Messages:
    """The messages, with the schema in words where decoding is not constrained to it."""
    if method in (Method.json_schema, Method.tool_call):
        return messages
    schema = json.dumps(shape.schema, ensure_ascii=False, separators=(",", ":"))
    return _with_more(messages, filled("as_json", schema=schema))


def corrected(messages: Messages, reason: str) -> Messages:
    """The messages, with what was wrong with the last answer."""
    return _with_more(messages, filled("corrected", reason=reason[:_LONGEST_REASON]))


def object_in(text: str, *, mend: bool) -> dict[str, Any]:
    """The JSON object in a text, with prose or a fence around it left aside.

    With `mend`, one that is not valid JSON is repaired as far as that can be done. Raises
    NotAnObjectError.
    """
    for piece in _candidates(text):
        try:
            parsed = json.loads(piece)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, dict):
            return parsed
    if mend and "{" in text:
        import json_repair

        parsed = json_repair.loads(text[text.index("{") :])
        if isinstance(parsed, dict) and parsed:
            return parsed
    raise NotAnObjectError("it is not one JSON object")


def bounded(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with an upper limit for every free text and list."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if isinstance(value, Mapping):
            found[key] = bounded(value)
        elif isinstance(value, list):
            found[key] = [bounded(one) if isinstance(one, Mapping) else one for one in value]
        else:
            found[key] = value
    if schema.get("type") == "string" and "enum" not in schema:
        found["maxLength"] = _LONGEST_TEXT
    elif schema.get("type") == "array":
        found["maxItems"] = max(_MOST_ITEMS, _names(schema.get("items")))
    return found


def _names(items: object) -> int:
    """How many names the entries of a list may have: a list may hold one of each."""
    fields = items.get("properties", {}) if isinstance(items, Mapping) else {}
    return max((len(one.get("enum", ())) for one in fields.values()), default=0)


def _candidates(text: str) -> list[str]:
    """Where the object may stand, likeliest first."""
    found = [text, *_FENCE.findall(text)]
    first, last = text.find("{"), text.rfind("}")
    if 0 <= first < last:
        found.append(text[first : last + 1])
    return found


def _with_more(messages: Messages, text: str) -> Messages:
    *before, last = messages
    return (*before, last._replace(text=f"{last.text}\n\n{text}"))
