"""The command line starts fast: help loads nothing that help does not need."""

import subprocess
import sys

import pytest

from agent import __version__
from tests.cli_support import run

HEAVY = "sqlalchemy alembic openai langchain rich prompt_toolkit jinja2 yaml asyncio"


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (["--help"], "pydantic"),
        (["--version"], "pydantic"),
        # Typer itself asks for pydantic where a command has arguments.
        (["practice", "--help"], ""),
        (["rubric", "check", "--help"], ""),
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str], more: str) -> None:
    code = (
        f"import sys; sys.argv[1:] = {arguments!r}\n"
        "from agent.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"loaded = set({[*HEAVY.split(), more]!r}) & set(sys.modules)\n"
        "print(sorted(loaded), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == "[]\n"
    assert done.stdout


def test_no_arguments_show_the_help() -> None:
    ran = run()
    assert "practice" in ran.out + ran.err


def test_the_version_is_printed() -> None:
    assert run("--version").out == f"sevenstep {__version__}\n"


def test_the_steps_are_a_table_with_the_must_haves_marked() -> None:
    out = run("steps").out
    assert "business_objective*" in out
    assert "communication" in out


def test_all_scenarios_are_listed() -> None:
    out = run("scenarios").out
    assert "netflix_recs" in out
    assert "card_fraud" in out
