"""Options that several commands share, and what they open."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

    from agent.catalog import Catalog
    from agent.store.sql import SqlStore

Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        envvar="SEVENSTEP_DATABASE_URL",
        help="Database: a path to an SQLite file or an SQLAlchemy URL.",
        metavar="PATH_OR_URL",
        show_default="in your data folder",
    ),
]
Rubrics = Annotated[
    list[Path] | None,
    typer.Option(
        "--rubrics",
        envvar="SEVENSTEP_RUBRICS",
        metavar="FOLDER",
        help="A folder of your own rubrics; may be given several times.",
    ),
]
Scenarios = Annotated[
    list[Path] | None,
    typer.Option(
        "--scenarios",
        envvar="SEVENSTEP_SCENARIOS",
        metavar="FOLDER",
        help="A folder of your own scenarios; may be given several times.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        envvar="SEVENSTEP_MODEL",
        metavar="PROVIDER:NAME",
        help="The language model, such as openai:NAME or ollama:NAME; `offline` for none.",
        show_default="that of the provider whose key is set, else offline",
    ),
]
ObserverModel = Annotated[
    str | None,
    typer.Option(
        envvar="SEVENSTEP_OBSERVER_MODEL",
        metavar="PROVIDER:NAME",
        help="Another, perhaps cheaper model to read the answers.",
        show_default="the same",
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="SEVENSTEP_BASE_URL",
        metavar="URL",
        help="A server that speaks OpenAI's protocol, such as http://127.0.0.1:8000/v1.",
    ),
]
TraceFile = Annotated[
    Path | None,
    typer.Option("--trace", metavar="FILE", help="Add every prompt and reply to this file."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        envvar="SEVENSTEP_TIMEOUT",
        min=1,
        max=3600,
        metavar="SECONDS",
        help="How long to wait for a model's first word.",
        show_default="120",
    ),
]
Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the whole interview to this file."),
]
Script = Annotated[
    Path | None,
    typer.Option(
        "--script",
        metavar="FILE",
        help="Play candidate turns from a file: YAML with `candidate_turns`, or text with "
        "blank lines between turns.",
    ),
]


def talk(interview: "Coroutine[Any, Any, None]") -> None:
    """Run an interview; Ctrl-C in the middle of work says how to go on."""
    import asyncio

    try:
        asyncio.run(interview)
    except KeyboardInterrupt:
        typer.echo("\nInterrupted. What was said is kept; go on with: sevenstep resume", err=True)
        raise typer.Exit(130) from None


@contextmanager
def extra(name: str) -> "Iterator[None]":
    """Import what belongs to an extra; says how to install it where it is missing."""
    from agent.errors import InputError

    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(
            f"this needs more than the base (no module {error.name!r}); run "
            f"pip install 'sevenstep[{name}]'"
        ) from error


def catalog(rubrics: list[Path] | None, scenarios: list[Path] | None) -> "Catalog":
    """The catalog over the user's folders and the shipped ones."""
    from agent.catalog import Catalog

    return Catalog(tuple(rubrics or ()), tuple(scenarios or ()))


def store(database: str | None) -> "SqlStore":
    """The opened store."""
    from agent.store.sql import SqlStore

    return SqlStore(database)
