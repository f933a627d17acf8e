"""Recorded replies in YAML files that people can read: loads, looks up and writes them.

    source: authored          # or the name of the model whose words these are
    about: one line
    exchanges:
      - key: 9f2c0d1e5a7b3c48   # evals.fakellm.chat.key_of(messages)
        asked: |                # the last message, for readers and to find the nearest
          ...
        content: |              # or `json:` with a structured reply, or `refusal:`
          ...
        finish_reason: length   # only if it is not the usual one
        usage: {prompt_tokens: 1, completion_tokens: 2, cached_tokens: 0}   # optional

Where recordings come from is the business of their authors and of `evals.fakellm.recorder`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, JsonValue, NonNegativeInt, StringConstraints, model_validator
from pydantic import ValidationError as Invalid

from agent.catalog import parse_yaml_mapping
from agent.errors import FileError
from agent.frozen import Frozen, Text
from evals.fakellm.chat import ChatRequest, Reply, Usage
from evals.fakellm.errors import ChatError
from evals.fakellm.nearest import abridged, difference, nearest

_FORMAT = "the form stands at the top of evals/fakellm/recordings.py"
_REPLIES = ("content", "json", "refusal")


@dataclass(frozen=True)
class Exchange:
    """A recorded reply, with the last message that it answers and the file it came from."""

    key: str
    asked: str
    reply: Reply
    file: Path | None = field(default=None, compare=False)


class NotRecorded(ChatError):  # noqa: N818 (named for what it says)
    """A request for which there is no recording; HTTP 400, which no client tries again."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message, code="no_recording")


class Recordings:
    """Replies by the key of the messages; made by `load`, or of exchanges at hand."""

    def __init__(self, exchanges: Iterable[Exchange] = ()) -> None:
        self._by_key = {exchange.key: exchange for exchange in exchanges}

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._by_key.values())

    def reply(self, request: ChatRequest) -> Reply:
        """The recorded reply; raises NotRecorded, which shows the nearest there is."""
        exchange = self._by_key.get(request.key)
        if exchange is None:
            raise NotRecorded(self._missing(request))
        return exchange.reply

    def _missing(self, request: ChatRequest) -> str:
        exchanges = list(self)
        asked = abridged(request.last)
        at = nearest(asked, [exchange.asked for exchange in exchanges])
        lines = [f"There is no recording with the key {request.key}."]
        if at is None:
            lines.append("There is no recording at all.")
        else:
            near = exchanges[at]
            lines.append(f"The nearest has the key {near.key}, in {near.file or 'memory'}.")
            shown = difference(abridged(near.asked), asked)
            lines.append(shown or "Its last message is the same; an earlier message differs.")
        lines.append(
            "If the messages were changed on purpose, record them again: "
            "python -m evals.fakellm record FILE"
        )
        return "\n".join(lines)


def load(paths: Iterable[Path]) -> Recordings:
    """Read recordings from files and folders (all `*.yaml` below them).

    Raises FileError naming the file, the entry and what to do.
    """
    found: dict[str, Exchange] = {}
    for path in _files(paths):
        for at, exchange in enumerate(_read(path)):
            before = found.setdefault(exchange.key, exchange)
            if before.reply != exchange.reply:
                raise FileError(
                    path,
                    f"the key {exchange.key} has another reply in {before.file}",
                    where=f"exchanges[{at}].key",
                    remedy="remove one of the two",
                )
    return Recordings(found.values())


def dump(path: Path, exchanges: Iterable[Exchange], *, source: str, about: str) -> None:
    """Write exchanges in the form that `load` reads, in the order in which they are given."""
    raw = {"source": source, "about": about, "exchanges": [_raw(each) for each in exchanges]}
    text = yaml.dump(raw, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


class _Usage(Frozen):
    prompt_tokens: NonNegativeInt
    completion_tokens: NonNegativeInt
    cached_tokens: NonNegativeInt = 0


class _Entry(Frozen):
    key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    asked: str
    content: str | None = None
    value: dict[str, JsonValue] | list[JsonValue] | None = Field(default=None, alias="json")
    refusal: Text | None = None
    finish_reason: str = ""
    usage: _Usage | None = None

    @model_validator(mode="after")
    def _has_one_reply(self) -> Self:
        given = [each for each in (self.content, self.value, self.refusal) if each is not None]
        if len(given) != 1:
            raise ValueError(f"has {len(given) or 'no'} replies; give one of {', '.join(_REPLIES)}")
        return self

    def reply(self) -> Reply:
        usage = None if self.usage is None else Usage(**self.usage.model_dump())
        return Reply(self.content or "", self.value, self.finish_reason, self.refusal, usage)


class _File(Frozen):
    source: Text
    about: str = ""
    exchanges: tuple[_Entry, ...]


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(path.rglob("*.yaml"))
        if not inside:
            raise FileError(path, "holds no recordings (*.yaml)", remedy="check the path")
        yield from inside


def _read(path: Path) -> Iterator[Exchange]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path, f"cannot be read ({error})", remedy="check the path") from error
    raw = parse_yaml_mapping(text, path, _FORMAT)
    try:
        entries = _File.model_validate(raw).exchanges
    except Invalid as error:
        fault = error.errors(include_url=False)[0]
        # Where a value may be of several types, pydantic names the type in between: "dict[...]".
        parts = [at for at in fault["loc"] if isinstance(at, int) or "[" not in at]
        where = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in parts)
        problem = fault["msg"].removeprefix("Value error, ")
        raise FileError(path, problem, where=where.lstrip("."), remedy=_FORMAT) from error
    return (Exchange(each.key, each.asked, each.reply(), path) for each in entries)


def _raw(exchange: Exchange) -> dict[str, object]:
    reply = exchange.reply
    raw: dict[str, object] = {"key": exchange.key, "asked": exchange.asked}
    if reply.refusal is not None:
        raw["refusal"] = reply.refusal
    elif reply.json is not None:
        raw["json"] = reply.json
    else:
        raw["content"] = reply.content
    if reply.finish_reason:
        raw["finish_reason"] = reply.finish_reason
    if reply.usage is not None:
        raw["usage"] = _Usage.model_validate(vars(reply.usage)).model_dump(exclude_defaults=True)
    return raw


class _Dumper(yaml.SafeDumper):
    """Block scalars for texts of several lines; no anchors, which people do not read well."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (its base class's name)
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # Of the line ends that YAML knows only this one comes back from a block as it was.
    plain_lines = "\n" in text and text.splitlines() == text.removesuffix("\n").split("\n")
    other_ends = text.splitlines() != [text] if text else False
    style = "|" if plain_lines else '"' if other_ends else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
