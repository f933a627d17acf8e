"""What all HTML pages are made with: the template engine, and the cleaning of what it prints.

The style that they share stands in `page.css`, their shared markup in `parts.html.j2`.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from agent.report import answer_words, words
from agent.rubric import TOP_LEVEL, Decision

_HERE = Path(__file__).parent


def template(name: str, folder: Path = _HERE) -> Template:
    """The template of this file name. It escapes and cleans all that it prints.

    One in another `folder` may import the shared markup, too.
    """
    return _environment(folder).get_template(name)


def tone(decision: Decision | None) -> str:
    """The style class of a decision."""
    if decision is None:
        return "none"
    order = list(Decision)
    return "yes" if order.index(decision) >= order.index(Decision.lean_hire) else "no"


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader((folder, _HERE)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )
    environment.globals.update(words=words, said=answer_words, top_level=TOP_LEVEL)
    return environment


def _cleaned(value: object) -> object:
    """Control characters taken out of every text that a template prints, in one place."""
    return (
        words.plain(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
    )
