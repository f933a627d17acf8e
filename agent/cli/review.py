"""`sevenstep review`: a person sets a level, with a reason; the original is kept beside it."""

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from agent.batch.review import Judgement

_COLUMNS = ("id", "criterion", "level", "reason")


def review(
    name: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="The answer's id, or an interview's, or `last`."),
    ] = None,
    criterion: Annotated[
        str | None, typer.Option(metavar="ID", help="The criterion whose level is set.")
    ] = None,
    level: Annotated[int | None, typer.Option(min=0, help="The level that it shall have.")] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")] = None,
    by: Annotated[
        str | None,
        typer.Option(
            envvar="SEVENSTEP_REVIEWER",
            metavar="NAME",
            help="Who says so.",
            show_default="your user name",
        ),
    ] = None,
    grades: Annotated[
        Path | None,
        typer.Option(
            "--in", metavar="FOLDER", help="The folder of `grade`.", show_default="grades"
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="CSV", help=f"Many at once: {', '.join(_COLUMNS)}."),
    ] = None,
    db: shared.Db = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Set the level of a criterion, and keep what stood before.

    In a terminal what is not given is asked for. The answer is looked for in the folder of
    `grade`, then among your interviews.
    """
    from agent.batch.review import Judgement
    from agent.errors import InputError
    from agent.store.ledger import is_ledger

    who = by or _user()
    if file is not None:
        if name or criterion or level is not None or reason:
            raise InputError("--file holds ids, criteria, levels and reasons; give nothing else")
        _answers(grades or Path("grades"), _read(file, who))
        return
    if name is None:
        raise InputError("name an answer or an interview, or give --file")
    folder = grades or Path("grades")
    is_answer = grades is not None or (is_ledger(folder) and _holds(folder, name))
    if criterion is None or level is None or reason is None:
        if not sys.stdin.isatty():
            raise InputError("give --criterion ID --level N --reason TEXT")
        if is_answer:
            _show(folder, name)
        criterion = criterion or typer.prompt("Criterion")
        level = typer.prompt("Level", type=int) if level is None else level
        reason = reason or typer.prompt("Reason")
    said = Judgement(criterion, level, reason, who)
    if is_answer:
        _answers(folder, [(name, said)])
    else:
        import asyncio

        asyncio.run(_interview(name, said, db, rubrics, scenarios))


def _answers(folder: Path, said: "list[tuple[str, Judgement]]") -> None:
    from datetime import UTC, datetime

    from agent.batch.review import graded_answer, review_answer, rewrite
    from agent.errors import InputError
    from agent.report import words
    from agent.store.ledger import Ledger, is_ledger

    if not is_ledger(folder):
        raise InputError(f"{folder} is no folder of `grade`; name it with --in")
    at = datetime.now(UTC)
    with Ledger(folder) as ledger:
        for name, judgement in said:
            # All of them before the first is kept, so that nothing is half done.
            judgement.on(graded_answer(ledger, name).scorecard, at)
        for name, judgement in said:
            before = graded_answer(ledger, name)
            graded = review_answer(ledger, name, judgement, at)
            was = words.percent(before.scorecard.percent, "no score")
            now = words.percent(graded.scorecard.percent, "no score")
            original = graded.reviews[-1].original
            typer.echo(
                words.plain(
                    f"{name}: {judgement.criterion} {original} -> {judgement.level}; {was} -> {now}"
                )
            )
        rewrite(folder, ledger)
    typer.echo(f"Written anew: {folder}/grades.jsonl, grades.csv, report.html, calibration.jsonl")


async def _interview(
    name: str,
    said: "Judgement",
    db: str | None,
    rubrics: list[Path] | None,
    scenarios: list[Path] | None,
) -> None:
    from datetime import UTC, datetime

    from agent.batch.review import review_interview
    from agent.cli.resume import find_interview
    from agent.engines import rubric_and_scenario
    from agent.errors import InputError
    from agent.interview import events as ev
    from agent.interview.state import fold
    from agent.report import words

    store = shared.store(db)
    try:
        try:
            interview = await find_interview(store, name, unfinished=False)
        except InputError as error:
            raise InputError(f"{error}; an answer's folder is named with --in") from error
        events = await store.events(interview)
        state = fold(events)
        if state.started is None:
            raise InputError(f"there is no interview {name!r}")
        shelf = shared.catalog(rubrics, scenarios)
        rubric, scenario = rubric_and_scenario(state.started, shelf)
        at = datetime.now(UTC)
        one, card = review_interview(rubric, scenario, state, said, at)
        event = ev.Reviewed(clock=state.clock, at=at, review=one, scorecard=card)
        await store.append(interview, len(events), event)
        was = words.percent(state.scorecard.percent if state.scorecard else None, "no score")
        now = words.percent(card.percent, "no score")
        typer.echo(f"{interview}: {one.criterion} {one.original} -> {one.level}; {was} -> {now}")
        typer.echo(f"Kept with the interview: sevenstep report {interview}")
    finally:
        store.close()


def _read(file: Path, by: str) -> "list[tuple[str, Judgement]]":
    from agent.batch.review import Judgement
    from agent.catalog import read_text
    from agent.errors import FileError

    rows = csv.DictReader(io.StringIO(read_text(file), newline=""))
    if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
        raise FileError(
            file,
            f"has no column {missing[0]!r}",
            where="row 1",
            remedy=f"give the columns {', '.join(_COLUMNS)}",
        )
    found = []
    for number, row in enumerate(rows, 2):
        try:
            level = int(row["level"])
        except (TypeError, ValueError):
            raise FileError(
                file,
                f"{row['level'] or ''!r} is no level",
                where=f"row {number}",
                remedy="write a whole number",
            ) from None
        found.append((row["id"], Judgement(row["criterion"], level, row["reason"] or "", by)))
    if not found:
        raise FileError(file, "holds no reviews", remedy="give one in each row")
    return found


def _holds(folder: Path, name: str) -> bool:
    from agent.store.ledger import Ledger

    with Ledger(folder, reading=True) as ledger:
        return ledger.key_of(name) is not None


def _show(folder: Path, name: str) -> None:
    from rich.console import Console

    from agent.batch.results import transcript_of
    from agent.report.answer_text import answer_panel
    from agent.store.ledger import Ledger

    with Ledger(folder, reading=True) as ledger:
        graded = ledger.answer(name)
        if graded is not None:
            Console(emoji=False).print(answer_panel(graded, transcript_of(ledger, name)))
            ids = ", ".join(grade.id for grade in graded.scorecard.criteria)
            typer.echo(f"Criteria: {ids}")


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
