"""`sevenstep history` and `sevenstep report`: past interviews and their reports."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from agent.interview.events import Graded, Started

_BARS = "▁▂▃▄▅▆▇█"


def history(
    everything: Annotated[
        bool, typer.Option("--all", help="Scripts and demonstrations, too.")
    ] = False,
    db: shared.Db = None,
) -> None:
    """List past interviews with their scores per step, and the trend."""
    import asyncio

    from rich.console import Console
    from rich.table import Table

    store = shared.store(db)
    try:
        known = asyncio.run(store.interviews())
    finally:
        store.close()
    shown = [entry for entry in known if everything or entry[0].source == "live"]
    hidden = len(known) - len(shown)
    if not shown:
        typer.echo("No interviews yet; `sevenstep practice` begins one.")
        if hidden:
            typer.echo(f"({hidden} scripted ones are shown with --all.)")
        return
    table = Table(title="Interviews")
    for name in ("id", "date", "scenario", "level", "score", "decision", "steps 1–7 …"):
        table.add_column(name, justify="right" if name == "score" else "left")
    for started, graded in shown:
        table.add_row(*_row(started, graded))
    console = Console()
    console.print(table)
    console.print(f"Trend: {_trend(shown)}")
    if hidden:
        console.print(f"({hidden} scripted ones are shown with --all.)", style="dim")


def report(
    interview: Annotated[str, typer.Argument(help="Interview id, or `last`.")] = "last",
    form: Annotated[
        Literal["md", "html", "json", "text"], typer.Option("--format", help="The report's form.")
    ] = "text",
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.")] = None,
    db: shared.Db = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Print or save the report of a graded interview."""
    import asyncio

    from agent.cli.files import require_writable, write_whole
    from agent.cli.resume import find_interview
    from agent.interview.session import record_of

    if out is not None:
        require_writable(out)
    store = shared.store(db)

    async def read() -> str:
        name = await find_interview(store, interview, unfinished=False)
        events = await store.events(name)
        started = next(s for s, _ in await store.interviews() if s.interview == name)
        engine = shared.engine_of(started, shared.catalog(rubrics, scenarios))
        record = record_of(engine, events)
        return _rendered(form, record, engine.rubric, engine.scenario)

    try:
        text = asyncio.run(read())
    finally:
        store.close()
    if out is None:
        typer.echo(text)
    else:
        write_whole(out, text)
        typer.echo(f"Report written to {out}")


def _rendered(form: str, record: object, rubric: object, scenario: object) -> str:
    from rich.console import Console

    from agent.record import InterviewRecord
    from agent.report.html import render_html
    from agent.report.markdown import render_markdown
    from agent.report.text import scorecard_panel
    from agent.rubric import Rubric
    from agent.scenario import Scenario

    assert isinstance(record, InterviewRecord)
    assert isinstance(rubric, Rubric)
    assert isinstance(scenario, Scenario)
    match form:
        case "html":
            return render_html(record, rubric, scenario)
        case "md":
            return render_markdown(record, rubric, scenario)
        case "json":
            return record.model_dump_json(indent=2)
    console = Console(width=80)
    with console.capture() as captured:
        console.print(scorecard_panel(record, rubric))
    return captured.get().rstrip()


def _row(started: "Started", graded: "Graded | None") -> list[str]:
    date = started.at.astimezone().strftime("%Y-%m-%d %H:%M")
    head = [started.interview, date, started.scenario, started.options.level.value]
    if graded is None:
        return [*head, "–", "unfinished", ""]
    card = graded.scorecard
    percent = "–" if card.percent is None else f"{card.percent:.0f}"
    decision = card.decision.value.replace("_", " ") if card.decision else "none"
    steps = " ".join("–" if s.percent is None else f"{s.percent:.0f}" for s in card.steps)
    return [*head, percent, decision, steps]


def _trend(shown: "list[tuple[Started, Graded | None]]") -> str:
    scores = [g.scorecard.percent for _, g in shown if g and g.scorecard.percent is not None]
    if len(scores) < 2:
        return "shown from the second graded interview on."
    bars = "".join(_BARS[min(7, int(score / 12.5))] for score in scores)
    change = scores[-1] - scores[-2]
    return f"{bars}  {change:+.0f} points since the one before"
