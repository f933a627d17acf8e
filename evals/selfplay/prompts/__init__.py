"""The prompts of candidates played by a model: rules, the turn, and a text for each persona."""

import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).resolve().parent


@cache
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined)


def filled(name: str, **values: object) -> str:
    """The prompt of this name with its variables filled in."""
    return _environment().get_template(f"{name}.md").render(**values).strip()


@cache
def prompts_hash(persona: str) -> str:
    """SHA-256 over the prompts by which a persona is played."""
    digest = hashlib.sha256()
    for name in ("candidate", "turn", persona):
        digest.update((_FOLDER / f"{name}.md").read_bytes() + b"\0")
    return digest.hexdigest()
