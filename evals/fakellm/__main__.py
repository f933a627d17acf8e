"""The command line of the fake model: serves recordings, or records while it serves.

python -m evals.fakellm serve PATH... [--port N] [--latency S] [--fault TEXT]...
python -m evals.fakellm record FILE --upstream URL
"""

import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from agent.errors import SevenstepError
from evals.fakellm.recorder import Recorder
from evals.fakellm.recordings import load
from evals.fakellm.scripts import parse
from evals.fakellm.server import FakeLLM

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Port = Annotated[int, typer.Option(help="The port on 127.0.0.1; 0 takes a free one.")]


@app.command()
def serve(
    paths: Annotated[list[Path], typer.Argument(help="Recordings: files or folders.")],
    port: Port = 0,
    latency: Annotated[float, typer.Option(help="Seconds before each reply.")] = 0.0,
    pace: Annotated[float, typer.Option(help="Seconds between the chunks of a stream.")] = 0.0,
    fault: Annotated[
        list[str] | None, typer.Option(help="For example http_429:retry_after=1@0-3.")
    ] = None,
) -> None:
    """Serve recorded replies until Ctrl-C."""
    recordings = load(paths)
    faults = parse(fault or ())
    server = FakeLLM(recordings, faults=faults, latency=latency, pace=pace, port=port)
    _run(server, f"serving {len(recordings)} recorded replies")
    for message in server.unrecorded:
        typer.echo(message, err=True)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="The recording to write.")],
    upstream: Annotated[
        str, typer.Option(envvar="OPENAI_BASE_URL", help="The real endpoint's base URL.")
    ] = "https://api.openai.com/v1",
    source: Annotated[str, typer.Option(help="The model's name, if not its own.")] = "",
    port: Port = 0,
) -> None:
    """Forward to a real endpoint, with the key in OPENAI_API_KEY; write at Ctrl-C."""
    recorder = Recorder(upstream, os.environ.get("OPENAI_API_KEY", ""), source=source)
    _run(FakeLLM(recorder, port=port), "recording", lambda: recorder.save(file))
    typer.echo(f"{len(recorder.exchanges)} exchanges written to {file}")


def _run(server: FakeLLM, doing: str, at_end: Callable[[], None] = lambda: None) -> None:
    async def until_stopped() -> None:
        async with server:
            typer.echo(f"{server.url}  ({doing}; Ctrl-C ends)")
            sys.stdout.flush()
            await asyncio.Event().wait()

    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(until_stopped())
    finally:
        at_end()


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2."""
    try:
        app()
    except (SevenstepError, OSError) as error:
        typer.echo(f"fakellm: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
