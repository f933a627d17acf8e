"""Keeps YAML that strangers wrote from costing more than its length.

Deep nesting ends the process inside the C parser, and a few aliases of aliases stand for millions
of entries. Both are seen from the parser's events, before anything is built of them; what the
text says, and whether it is YAML at all, is the business of `agent.catalog`.
"""

from pathlib import Path
from typing import NamedTuple

import yaml

from agent.errors import FileError

MOST_DEPTH = 50
MOST_ENTRIES = 200_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Extent(NamedTuple):
    """How much a node holds with its aliases written out, and how deep it is."""

    entries: int = 1
    depth: int = 0

    def around(self, inner: "_Extent") -> "_Extent":
        return _Extent(self.entries + inner.entries, max(self.depth, inner.depth + 1))


_ENDLESS = _Extent(MOST_ENTRIES + 1)


def require_bounded(text: str, path: Path) -> None:
    """Raise FileError for YAML that is nested too deeply, or too large with aliases written out.

    What is no YAML passes: whoever reads it says so. `path` is for the message.
    """
    around: list[tuple[str | None, _Extent]] = [(None, _Extent())]
    named: dict[str | None, _Extent] = {}
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            match event:
                case yaml.CollectionStartEvent():
                    around.append((event.anchor, _Extent()))
                    _require(_Extent(depth=len(around) - 1), event, path)
                    continue
                case yaml.CollectionEndEvent():
                    name, inner = around.pop()
                    named[name] = inner
                case yaml.ScalarEvent():
                    inner = named[event.anchor] = _Extent()
                case yaml.AliasEvent():
                    # One that is not known yet stands inside of what it names.
                    inner = named.get(event.anchor, _ENDLESS)
                case _:
                    continue
            name, outer = around.pop()
            around.append((name, outer.around(inner)))
            _require(around[-1][1], event, path)
    except (yaml.YAMLError, ValueError):
        return


def _require(extent: _Extent, event: yaml.Event, path: Path) -> None:
    if extent.entries > MOST_ENTRIES:
        problem = f"has more than {MOST_ENTRIES:,} entries with its aliases written out"
    elif extent.depth > MOST_DEPTH:
        problem = f"is nested more than {MOST_DEPTH} deep"
    else:
        return
    where = f"line {event.start_mark.line + 1}" if event.start_mark else ""
    raise FileError(path, problem, where=where, remedy="write it plainly, with fewer entries")
