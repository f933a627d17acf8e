"""Runs the command line inside the test process, and as a process of its own."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

from agent import catalog, engines
from agent.catalog import load_rubric, load_scenario
from agent.cli.app import main
from agent.offline.engine import OfflineEngine
from agent.rubric import Rubric
from agent.scenario import Scenario

COMMAND = (sys.executable, "-c", "from agent.cli.app import main; main()")
ANSWER = "Offline I use NDCG at 10 because the order of the titles matters more than the scores."


_rubric_once = cache(load_rubric)
_scenario_once = cache(load_scenario)
_engines: dict[tuple[str, str], OfflineEngine] = {}


def _load_rubric(path: Path) -> Rubric:
    """What is shipped is read once for all commands, which halves the time of these tests."""
    return (_rubric_once if path.is_relative_to(catalog.shipped("rubrics")) else load_rubric)(path)


def _load_scenario(path: Path) -> Scenario:
    inside = path.is_relative_to(catalog.shipped("scenarios"))
    return (_scenario_once if inside else load_scenario)(path)


def _engine(rubric: Rubric, scenario: Scenario) -> OfflineEngine:
    """The same engine for the same two objects: it holds nothing of an interview."""
    made = _engines.get((rubric.id, scenario.id))
    if made is None or made.rubric is not rubric or made.scenario is not scenario:
        made = _engines[rubric.id, scenario.id] = OfflineEngine(rubric, scenario)
    return made


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def id(self) -> str:
        """The interview's id, as the last line of the output names it."""
        return self.out.rpartition("sevenstep report ")[2].split()[0]


def run(*args: object, stdin: str = "") -> Ran:
    """Run `sevenstep ARGS` in this process; `stdin` stands in a file, or nothing is piped."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        file.write(stdin)
        file.seek(0)
        with (
            mock.patch.object(catalog, "load_rubric", _load_rubric),
            mock.patch.object(catalog, "load_scenario", _load_scenario),
            mock.patch.object(engines, "OfflineEngine", _engine),
            mock.patch.object(sys, "argv", ["sevenstep", *map(str, args)]),
            mock.patch.object(sys, "stdin", file),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main()
            except SystemExit as left:
                code = left.code
    return Ran(int(str(code or 0)), out.getvalue(), err.getvalue())


def spawn(*args: object, **kwargs: object) -> subprocess.CompletedProcess[str]:
    """Run `sevenstep ARGS` as a process of its own."""
    done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
        [*COMMAND, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **kwargs,
    )
    return done


def script(folder: Path, *turns: str) -> Path:
    """A text script of these turns."""
    path = folder / "script.txt"
    path.write_text("\n\n".join(turns), encoding="utf-8")
    return path


def refused(ran: Ran) -> str:
    """The one line with which a command refused to work."""
    assert ran.code == 2, (ran.code, ran.out, ran.err)
    assert "Traceback" not in ran.err
    line, *more = ran.err.splitlines()
    assert more == []
    return line.removeprefix("sevenstep: ")


def data_file() -> Path:
    """The default database of this test."""
    return Path(os.environ["XDG_DATA_HOME"]) / "sevenstep" / "sevenstep.db"
