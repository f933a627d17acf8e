"""`sevenstep rubric` and `sevenstep scenario`: check files, and start new ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from agent.cli import options as shared

_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Files or folders.", show_default="all that the catalog finds"),
]
Folder = Annotated[Path, typer.Option("--dir", help="Where to write it.")]


def check_rubrics(paths: Paths = None, rubrics: shared.Rubrics = None) -> None:
    """Check rubric files; the first fault of each is shown with file, field and remedy."""
    from agent.catalog import load_any_rubric

    found = paths or list(shared.catalog(rubrics, None).rubric_paths().values())
    _check(_files(found, "rubric.yaml"), lambda path: load_any_rubric(path).id)


def check_scenarios(
    paths: Paths = None,
    rubric: Annotated[str, typer.Option(help="The rubric it must fit.")] = "ml_system_design",
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Check scenario files; the first fault of each is shown with file, field and remedy."""
    from agent.catalog import check_together, load_scenario

    shelf = shared.catalog(rubrics, scenarios)
    known = shelf.rubric(rubric)

    def check(path: Path) -> str:
        scenario = load_scenario(path)
        check_together(scenario, known, path)
        return scenario.id

    _check(_files(paths or list(shelf.scenario_paths().values()), None), check)


def new_rubric(
    rubric_id: Annotated[str, typer.Argument(metavar="ID", help="The new rubric's id.")],
    folder: Folder = Path(),
    answers: Annotated[
        bool, typer.Option("--answers", help="For written answers instead of interviews.")
    ] = False,
) -> None:
    """Write a commented starting file for a rubric."""
    template = "answer_rubric.yaml" if answers else "rubric.yaml"
    _start(template, rubric_id, folder, f"sevenstep rubric check {folder / rubric_id}.yaml")


def new_scenario(
    scenario_id: Annotated[str, typer.Argument(metavar="ID", help="The new scenario's id.")],
    folder: Folder = Path(),
) -> None:
    """Write a commented starting file for a scenario."""
    check = f"sevenstep scenario check {folder / scenario_id}.yaml"
    _start("scenario.yaml", scenario_id, folder, check)


def _files(paths: list[Path], index: str | None) -> list[Path]:
    """Folders as the files in them: a folder with an index is one rubric."""
    from agent.errors import FileError

    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        if index is not None and (path / index).is_file():
            found.append(path / index)
            continue
        inside = sorted(path.glob("*.yaml"))
        if index is not None:
            inside += sorted(path.glob(f"*/{index}"))
        if not inside:
            raise FileError(path, "holds no YAML files", remedy="name a file or another folder")
        found += inside
    return found


def _check(paths: list[Path], check: Callable[[Path], str]) -> None:
    from agent.errors import FileError

    faults = 0
    for path in paths:
        try:
            typer.echo(f"ok    {check(path)} ({path})")
        except FileError as error:
            faults += 1
            typer.echo(f"fault {error}", err=True)
    if faults:
        raise typer.Exit(2)


def _start(template: str, name: str, folder: Path, check: str) -> None:
    import re

    from agent.errors import FileError, InputError
    from agent.files import require_writable, write_whole

    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise InputError(
            f"{name!r} is not a valid id; use lower-case letters, digits and underscores, "
            "beginning with a letter"
        )
    path = folder / f"{name}.yaml"
    if path.exists():
        raise FileError(path, "exists already", remedy="choose another id or remove it first")
    folder.mkdir(parents=True, exist_ok=True)
    require_writable(path)
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    write_whole(path, text.replace("my_id", name))
    typer.echo(f"Written to {path}. Edit it, then: {check}")
