"""The command `sevenstep`: puts the commands together and turns errors into exit code 2.

It imports nothing but typer, so that `--help` is fast. Other packages add groups of commands
as entry points of the group `sevenstep.commands`.
"""

import io
import os
import sys
from importlib.metadata import entry_points

import typer

from agent import __version__
from agent.cli import (
    browse,
    check,
    doctor,
    grade,
    history,
    password,
    practice,
    resume,
    review,
    schema,
    serve,
)

app = typer.Typer(
    name="sevenstep",
    help="A mock interviewer for machine-learning system design interviews.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help in half the time
    pretty_exceptions_enable=False,
)
rubric = typer.Typer(
    help="Check and start rubric files.", no_args_is_help=True, rich_markup_mode=None
)
scenario = typer.Typer(
    help="Check and start scenario files.", no_args_is_help=True, rich_markup_mode=None
)

app.command("practice")(practice.practice)
app.command("resume")(resume.resume)
app.command("grade")(grade.grade)
app.command("review")(review.review)
app.command("serve")(serve.serve)
app.command("password")(password.password)
app.command("doctor")(doctor.doctor)
app.command("history")(history.history)
app.command("report")(history.report)
app.command("steps")(browse.steps)
app.command("scenarios")(browse.scenarios)
app.command("schema")(schema.schema)
rubric.command("check")(check.check_rubrics)
rubric.command("new")(check.new_rubric)
scenario.command("check")(check.check_scenarios)
scenario.command("new")(check.new_scenario)
app.add_typer(rubric, name="rubric")
app.add_typer(scenario, name="scenario")
for plug_in in entry_points(group="sevenstep.commands"):
    app.add_typer(plug_in.load(), name=plug_in.name)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sevenstep {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """A mock interviewer for machine-learning system design interviews."""


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2."""
    from agent.errors import SevenstepError

    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a character shows a question mark instead of ending the interview.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except SevenstepError as error:
        _fail(" ".join(str(error).split()))
    except BrokenPipeError:
        # The reader has gone (`| head`); Python would complain once more while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _fail(f"{error.filename or 'input/output'}: {error.strerror or error}")


def _fail(message: str) -> None:
    typer.echo(f"sevenstep: {message}", err=True)
    sys.exit(2)


if __name__ == "__main__":
    main()
