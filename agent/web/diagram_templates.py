"""The diagrams one may start from in the interview room: Mermaid files in `agent/web/diagrams`.

The first line of each is its title, as a comment. Drawing them is left to the browser.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "diagrams"
_COMMENT = "%%"


class Template(NamedTuple):
    """A diagram to start from: what it is called, and its Mermaid text without the title."""

    title: str
    text: str


@cache
def templates() -> tuple[Template, ...]:
    """All templates, by title."""
    return tuple(sorted(map(_read, _FOLDER.glob("*.mmd"))))


def _read(path: Path) -> Template:
    title, _, text = path.read_text(encoding="utf-8").partition("\n")
    return Template(title.removeprefix(_COMMENT).strip(), text)
