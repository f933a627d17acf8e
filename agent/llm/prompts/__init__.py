"""The prompts: Markdown files, filled in by Jinja2, hashed together.

No prompt text stands in code. A variable that a prompt wants and does not get is an error. Texts
of one's own may stand in the place of some (`agent.llm.prompts.own` reads them from files).
"""

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agent.errors import InputError
from agent.frozen import Frozen

_FOLDER = Path(__file__).resolve().parent
# No HTML is made here, so that nothing is escaped for it.
_OPTIONS: dict[str, Any] = {
    "undefined": StrictUndefined,
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": False,
}
_KEPT = 64


class Prompts(Frozen):
    """The shipped prompts, with texts of one's own in the place of some.

    `own` are pairs of a prompt's name, such as `grade_rules`, and its template, in the order of
    the names. The same texts are the same prompts, wherever they came from.
    """

    own: tuple[tuple[str, str], ...] = ()

    def filled(self, name: str, **values: object) -> str:
        """The prompt of this name with its variables filled in.

        Raises InputError for a text of one's own that cannot be filled in.
        """
        text = dict(self.own).get(name)
        if text is None:
            return _template(name).render(**values).strip()
        try:
            return _own_template(text).render(**values).strip()
        except Exception as error:  # a template may do whatever its author thought of
            raise InputError(f"your own prompt {name}.md cannot be filled in: {error}") from error

    def hash(self, kind: str = "") -> str:
        """SHA-256 over all prompts, or those whose names begin so."""
        return _hash(self.own, kind)


SHIPPED = Prompts()


def filled(name: str, **values: object) -> str:
    """The shipped prompt of this name with its variables filled in."""
    return SHIPPED.filled(name, **values)


def prompts_hash(kind: str = "") -> str:
    """SHA-256 over all shipped prompts, or those whose names begin so: a scorecard says which it
    used."""
    return SHIPPED.hash(kind)


def shipped_text(name: str) -> str:
    """The template of a shipped prompt."""
    return (_FOLDER / f"{name}.md").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_FOLDER), **_OPTIONS)


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.md")


@lru_cache(_KEPT)
def _own_template(text: str) -> Template:
    # In a sandbox, as a file of prompts may be somebody else's and is no program.
    return ImmutableSandboxedEnvironment(**_OPTIONS).from_string(text)


@lru_cache(_KEPT)
def _hash(own: tuple[tuple[str, str], ...], kind: str) -> str:
    replaced = {f"{name}.md": text.encode() for name, text in own}
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob(f"{kind}*.md")):
        content = replaced[path.name] if path.name in replaced else path.read_bytes()
        digest.update(path.name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()
