"""What the commands of `sevenstep eval` share: their options, the files and the gates at the end.

A command's body is a function of a `Study` and options of its own; `command` gives it the rest.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import grading_options as grading
from agent.cli import options as shared

if TYPE_CHECKING:
    from pydantic import BaseModel

    from agent.catalog import Catalog
    from agent.cli.grading_options import Models
    from evals.dataset import Dataset
    from evals.gates import Figures, Gate
    from evals.grading import Grader, Grades
    from evals.report.page import Page

STOPPED = 3
"""The exit code of work that ended before its time, with everything done so far kept."""
FAILED = 1
"""The exit code of a gate that was not reached."""

Out = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where grades and reports go, and where a second run finds what is done.",
        show_default="eval/COMMAND",
    ),
]
Gates = Annotated[
    list[str] | None,
    typer.Option(
        "--gate",
        metavar="'NAME>=N'",
        help="A figure that must be reached, else exit code 1; may be given several times.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, help="The seed of what is drawn.")]
Replicates = Annotated[
    int, typer.Option(min=100, max=100_000, help="How often answers are drawn for intervals.")
]


@dataclass
class Study:
    """One call of a command: what it works with, and where its results go."""

    name: str
    folder: Path
    catalog: "Catalog"
    models: "Models"
    grader: "Grader"
    gates: "tuple[Gate, ...]"
    seed: int
    replicates: int

    def data(
        self,
        folder: Path,
        part: str | None = None,
        rubric: str | None = None,
        *,
        answered: bool = False,
    ) -> "Dataset":
        """The dataset in a folder, or a part of it; if `answered` without empty answers."""
        from evals.records import load_dataset

        found = load_dataset(dataset_folder(folder), self.catalog, rubric)
        found = found.part(part) if part else found
        return found.answered() if answered else found

    def graded(self, data: "Dataset", kept: Path | None) -> "Grades":
        """The dataset's grades: those kept in a folder, or else graded into the study's own."""
        import asyncio

        from evals.grading import read_grades

        if kept is not None:
            return read_grades(kept, data.ids)
        return asyncio.run(self.grader.grade(data.answers, data.rubric, self.folder / "grades"))

    def finish(self, result: "BaseModel", figures: "Figures", page: "Page") -> None:
        """Write the result as JSON and HTML, print it in short, and check the gates."""
        import json

        from rich.console import Console

        from agent import __version__
        from agent.files import write_whole
        from agent.report.words import plain
        from evals.gates import failures
        from evals.report.html import render_html
        from evals.report.text import print_page

        written = {
            "made": {"command": self.name, "version": __version__, "seed": self.seed},
            "about": dict(page.facts),
            "outcome": page.lead,
            "figures": dict(figures),
            "result": result.model_dump(mode="json"),
        }
        base = self.folder / self.name
        write_whole(base.with_suffix(".json"), json.dumps(written, indent=2, ensure_ascii=False))
        write_whole(base.with_suffix(".html"), render_html(page))
        console = Console(highlight=False, emoji=False)
        print_page(page, console)
        console.print()
        console.print(plain(f"Reports: {base}.json, {base}.html"), markup=False, soft_wrap=True)
        failed = failures(self.gates, figures)
        for one in failed:
            typer.echo(f"gate {one}", err=True)
        if failed:
            raise typer.Exit(FAILED)


def command(
    name: str, without: tuple[str, ...] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a body the options that studies have; it is called with a `Study` first.

    `without` names those of them that make no sense here.
    """

    def made(body: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(body, eval_str=True).parameters.values())[1:]
        common = [
            one
            for one in list(inspect.signature(_study, eval_str=True).parameters.values())[1:]
            if one.name not in without
        ]

        @wraps(body)
        def run(**options: Any) -> None:
            from agent.errors import RunStoppedError

            require_extra()
            study = _study(name, **{one.name: options.pop(one.name) for one in common})
            try:
                body(study, **options)
            except KeyboardInterrupt:
                typer.echo("\nInterrupted. The same command goes on from here.", err=True)
                raise typer.Exit(130) from None
            except RunStoppedError as error:
                typer.echo(f"Stopped: {error}", err=True)
                raise typer.Exit(STOPPED) from None

        parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *common)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {one.name: one.annotation for one in parameters}
        return run

    return made


def dataset_folder(folder: Path) -> Path:
    """The folder as it was named; `gold` is the one that is shipped, unless there is one here."""
    from evals.records import GOLD

    return GOLD if folder == Path(GOLD.name) and not folder.exists() else folder


def require_extra() -> None:
    """Raise InputError if the libraries of the extra are not there."""
    from importlib.util import find_spec

    from agent.errors import InputError

    missing = [name for name in ("numpy", "plotly", "scipy", "sklearn") if not find_spec(name)]
    if missing:
        raise InputError(
            f"`sevenstep eval` needs {', '.join(missing)}; install them with: "
            "pip install 'sevenstep[evals]'"
        )


def _study(
    name: str,
    *,
    model: shared.Model = None,
    panel: grading.Panel = None,
    samples: grading.Samples = 1,
    temperature: grading.Temperature = None,
    calls: grading.Calls = "auto",
    prompts: grading.Prompts = None,
    calibration: grading.Calibration = None,
    base_url: shared.BaseUrl = None,
    timeout: shared.Timeout = None,
    max_cost: grading.MaxCost = None,
    max_tokens: grading.MaxTokens = None,
    price: grading.Price = None,
    at_once: grading.AtOnce = None,
    out: Out = None,
    gate: Gates = None,
    seed: Seed = 0,
    replicates: Replicates = 1000,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> Study:
    from agent.cli.grading_screen import GradingScreen
    from evals.gates import gates_of
    from evals.grading import Grader

    models = grading.Models(
        model,
        panel,
        base_url,
        samples,
        temperature,
        calls,
        prompts=prompts,
        calibration=calibration,
    )
    settings, _ = grading.settings_of(models)
    catalog = shared.catalog(rubrics, scenarios)
    return Study(
        name=name,
        folder=out or Path("eval") / name,
        catalog=catalog,
        models=models,
        grader=Grader(
            settings=settings,
            limitations=grading.limitations_of(
                max_cost=max_cost,
                max_tokens=max_tokens,
                price=price,
                at_once=at_once,
                timeout=timeout,
            ),
            catalog=catalog,
            watch=GradingScreen().progress,
        ),
        gates=gates_of(gate or ()),
        seed=seed,
        replicates=replicates,
    )
