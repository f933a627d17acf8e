"""Reads a text file as one answer. In Markdown the front matter may say what it answers."""

import re
from collections.abc import Iterator
from dataclasses import replace

from agent.batch.answer import Answer
from agent.batch.fields import Fields
from agent.batch.source import Source
from agent.catalog import parse_yaml
from agent.errors import FileError

MAX_BYTES = 2_000_000
_FENCED = re.compile(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)


def text_answers(source: Source, fields: Fields) -> Iterator[Answer]:
    """The one answer of a text file; raises FileError if it is no text or too long."""
    text = source.text(MAX_BYTES)
    values: dict[str, object] = {"id": source.id, "answer": text}
    if source.kind in (".md", ".markdown"):
        matter, rest = _front_matter(text, source)
        # The user's names are those of columns, which these are not.
        plain = replace(fields, renames={}, ignored={})
        known = {name: matter[key] for name, key in plain.named(matter).items() if name != "answer"}
        if known:
            fields.ignored.update(plain.ignored)
            values = {"id": source.id, **known, "answer": rest}
    yield fields.made(values, "")


def _front_matter(text: str, source: Source) -> tuple[dict[str, object], str]:
    """The mapping between two lines of dashes at the beginning, if there is one, and the rest."""
    if fenced := _FENCED.match(text):
        try:
            matter = parse_yaml(fenced[1], source.name)
        except FileError:
            # A rule and some prose look the same; they belong to the answer.
            return {}, text
        if isinstance(matter, dict):
            return matter, text[fenced.end() :].lstrip("\n")
    return {}, text
