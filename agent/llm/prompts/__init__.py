"""The prompts: Markdown files, filled in by Jinja2, hashed together.

No prompt text stands in code. A variable that a prompt wants and does not get is an error.
"""

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

_FOLDER = Path(__file__).resolve().parent


@cache
def _environment() -> Environment:
    # No HTML is made here, so that nothing is escaped for it.
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )


@cache
def _template(name: str) -> Template:
    return _environment().get_template(f"{name}.md")


def filled(name: str, **values: object) -> str:
    """The prompt of this name with its variables filled in."""
    return _template(name).render(**values).strip()


@cache
def prompts_hash(kind: str = "") -> str:
    """SHA-256 over all prompts, or those whose names begin so: a scorecard says which it used."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob(f"{kind}*.md")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
