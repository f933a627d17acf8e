"""What an answer's fields are called in a file, and an answer made of them.

Where the values come from, a row or an object, is the readers' business.
"""

import difflib
import math
import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agent.batch.answer import Answer
from agent.batch.source import TABLES, Source
from agent.errors import FileError
from agent.record import InterviewRecord
from agent.transcript import Transcript

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id",),
    "answer": ("answer", "turns", "candidate_turns"),
    "scenario": ("scenario",),
    "prompt": ("prompt", "question"),
    "reference": ("reference", "reference_answer"),
}
"""Our names and how a file may call them; the first that is there counts."""
_LISTS = ("turns", "candidate_turns")
"""Names of lists, which a cell of a table cannot hold."""
MAX_CHARACTERS = 400_000
_MAX_ID = 300
_MAX_IGNORED = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass
class Fields:
    """The names in one source. `renames` are the user's: our name and the file's instead of it.

    What is met is collected: `ignored` are keys that mean nothing here (the first 20 of them),
    `renamed` our names whose rename was met.
    """

    source: Source
    renames: Mapping[str, str] = field(default_factory=dict)
    ignored: dict[str, None] = field(default_factory=dict)
    renamed: set[str] = field(default_factory=set)

    def keys(self, name: str) -> tuple[str, ...]:
        """What the source may call this field."""
        if name in self.renames:
            return (self.renames[name],)
        if self.source.kind in TABLES:
            return tuple(key for key in NAMES[name] if key not in _LISTS)
        return NAMES[name]

    def named(self, given: Collection[Any]) -> dict[str, str]:
        """Our names with the keys that stand for them among those given."""
        names = {}
        for name in NAMES:
            for key in self.keys(name):
                if key in given:
                    names[name] = key
                    break
        self.renamed.update(names.keys() & self.renames.keys())
        used = names.values()
        for key in given:
            if key not in used and key != "" and len(self.ignored) < _MAX_IGNORED:
                self.ignored[str(key)] = None
        return names

    def missing(self, name: str, given: Collection[Any], where: str) -> FileError:
        """That a field is not among the keys given, to be raised."""
        noun = "column" if self.source.kind in TABLES else "key"
        texts = [str(key) for key in given if key != ""]
        wanted = self.keys(name)[0]
        near = difflib.get_close_matches(wanted.lower(), [text.lower() for text in texts], n=1)
        guess = next((text for text in texts if text.isprintable() and text.lower() in near), None)
        return self.source.fault(
            f"there is no {noun} {_shown(wanted)}, only {', '.join(map(_shown, texts[:20]))}"
            if texts
            else f"there is no {noun} {_shown(wanted)}",
            f"did you mean --column {name}={shlex.quote(guess)}?"
            if guess
            else f"add it, or name another {noun} with --column {name}=NAME",
            where,
        )

    def answer(self, raw: Mapping[Any, Any], where: str, defaults: Mapping[str, Any]) -> Answer:
        """The answer that an object holds; `defaults` are values of what it does not name.

        Raises FileError for a field that is missing or that cannot be what it should.
        """
        names = self.named(raw)
        if "answer" not in names:
            raise self.missing("answer", raw, where)
        if "id" not in names and "id" not in defaults:
            raise self.missing("id", raw, where)
        values = {name: raw[key] for name, key in names.items()}
        if names["answer"] == "candidate_turns" and isinstance(values["answer"], list):
            # A script of an interview holds commands such as /hint, which are no answers.
            values["answer"] = [t for t in values["answer"] if not str(t).startswith("/")]
        return self.made({**defaults, **values}, where)

    def made(self, values: Mapping[str, Any], where: str) -> Answer:
        """The answer of these values under our names; raises FileError for one that is wrong."""
        given = values["answer"]
        parts = given if isinstance(given, list) else [given]
        turns = [self._text(part, "answer", where) for part in parts] or [""]
        try:
            answer = Answer(
                id=self._id(values["id"], where),
                turns=tuple(turns),
                source=self.place(where),
                **{
                    name: self._text(values[name], name, where).strip() or None
                    for name in ("scenario", "prompt", "reference")
                    if name in values
                },
            )
        except ValidationError as error:
            # Only a scenario can still be wrong here.
            raise self.source.fault(
                f"{_shown(values['scenario'])} is no id of a scenario",
                "use one that `sevenstep scenarios` lists, or leave it empty",
                where,
            ) from error
        self._require_size(answer.turns, where)
        return answer

    def interview(self, raw: Mapping[Any, Any], where: str) -> Answer:
        """The answer that is a whole interview; raises FileError if it is none of this version."""
        try:
            record = InterviewRecord.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise self.source.fault(
                f"is no interview as `practice --json` writes it: {place}: {first['msg']}",
                "write it again with this version",
                where,
            ) from error
        turns = tuple(
            self._text(turn.text, "transcript", where, clean=False)
            for turn in Transcript(turns=record.transcript).answers()
        )
        self._require_size(turns, where)
        return Answer(
            id=self._id(record.interview, where),
            turns=turns or ("",),
            scenario=record.scenario,
            interview=record,
            source=self.place(where),
        )

    def place(self, where: str) -> str:
        """Where something stands, for people."""
        return f"{self.source.name}, {where}" if where else str(self.source.name)

    def _id(self, value: Any, where: str) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            value = str(value)
        if value is not None and not isinstance(value, str):
            raise self.source.fault(f"the id {_shown(value)} is no text", "put it in quotes", where)
        identity = (value or "").strip()
        problem = ""
        if not identity:
            problem = "the id is blank"
        elif len(identity) > _MAX_ID:
            problem = f"the id has {len(identity):,} characters, more than {_MAX_ID}"
        elif _CONTROL.search(identity):
            problem = f"the id {_shown(identity)} holds a character that cannot be shown"
        if problem:
            remedy = "give each answer its own id, or name where it stands with --column id=NAME"
            raise self.source.fault(problem, remedy, where)
        return identity

    def _text(self, value: Any, name: str, where: str, *, clean: bool = True) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.source.fault(
                f"the {name} {_shown(value)} is no text", "put it in quotes", where
            )
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                problem = f"the {name} holds {value[error.start]!r}, half of a character"
                raise self.source.fault(problem, "write the whole character", where) from error
        if "\0" in value:
            raise self.source.fault(f"the {name} holds a NUL character", "remove it", where)
        self._require_size((value,), where, name)
        return _cleaned(value) if clean else value

    def _require_size(self, texts: tuple[str, ...], where: str, name: str = "answer") -> None:
        size = sum(map(len, texts))
        if size > MAX_CHARACTERS:
            problem = f"the {name} has {size:,} characters, more than {MAX_CHARACTERS:,}"
            raise self.source.fault(problem, "shorten it, or grade it in parts", where)


def _cleaned(text: str) -> str:
    """The same text for the same words, whatever system they were written on."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
