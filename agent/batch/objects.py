"""Reads JSON Lines, JSON and YAML: objects with an answer, or whole interviews in JSON.

What the keys of an object are called is the `fields`' business.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agent.batch.answer import Answer
from agent.batch.fields import Fields
from agent.batch.source import JSON, Source
from agent.batch.texts import MAX_BYTES
from agent.catalog import parse_yaml

_MAX_JSON_BYTES = 50_000_000
_INTERVIEW = frozenset(("interview", "transcript", "events"))
_SHARED = ("scenario", "prompt", "reference")


def line_answers(source: Source, fields: Fields) -> Iterator[Answer]:
    """The answers of a file with an object a line; blank lines are passed over.

    Raises FileError naming the line.
    """
    for number, line in enumerate(source.lines(), start=1):
        if line.strip():
            remedy = "write one whole object on each line"
            if not line.endswith(("\n", "\r")):
                remedy += "; is the end of the file cut off?"
            raw = json_value(line, source, remedy, number)
            yield _answer(raw, fields, f"line {number}", {})


def tree_answers(source: Source, fields: Fields) -> Iterator[Answer]:
    """The answers of a JSON or YAML file: one object, or a list of them, also under `answers`.

    Scenario, prompt and reference beside the list are those of each answer that has none.
    Raises FileError naming the item.
    """
    if source.kind in JSON:
        raw = json_value(source.text(_MAX_JSON_BYTES), source, "correct it there")
    else:
        raw = parse_yaml(source.text(MAX_BYTES), source.name)
    shared: dict[str, Any] = {}
    if isinstance(raw, dict) and isinstance(raw.get("answers"), list):
        items = raw.pop("answers")
        names = fields.named(raw)
        shared = {name: raw[key] for name, key in names.items() if name in _SHARED}
        raw = items
    if not isinstance(raw, list):
        yield _answer(raw, fields, "", {"id": source.id})
        return
    for number, item in enumerate(raw, start=1):
        yield _answer(item, fields, f"item {number}", shared)


def _answer(raw: Any, fields: Fields, where: str, defaults: Mapping[str, Any]) -> Answer:
    if not isinstance(raw, dict):
        problem = "is no object with the keys id and answer"
        raise fields.source.fault(problem, "write the answer as one", where)
    if raw.keys() >= _INTERVIEW:
        return fields.interview(raw, where)
    return fields.answer(raw, where, defaults)


def json_value(text: str, source: Source, remedy: str, line: int = 0) -> Any:
    """What JSON text holds; `line` is that of a file with an object a line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {line or error.lineno}, column {error.colno}"
        problem = error.msg[:1].lower() + error.msg[1:]
        raise source.fault(f"not valid JSON: {problem}", remedy, where) from error
    except (ValueError, RecursionError) as error:
        where = f"line {line}" if line else ""
        raise source.fault("not valid JSON: it cannot be parsed", remedy, where) from error
