"""`sevenstep history` and `sevenstep report`: past interviews and their reports."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from agent.interview.events import Graded, Started
    from agent.record import InterviewRecord
    from agent.rubric import Rubric
    from agent.scenario import Scenario
    from agent.scorecard import Scorecard

_BARS = "▁▂▃▄▅▆▇█"


_LEVELS = {"junior": "jr", "mid": "mid", "senior": "sr", "staff": "staff"}
_SHORTEST_ID = 6


def history(
    everything: Annotated[
        bool, typer.Option("--all", help="Scripts and demonstrations, too.")
    ] = False,
    db: shared.Db = None,
) -> None:
    """List past interviews with their scores per step, and the trend."""
    import asyncio

    from rich.console import Console

    store = shared.store(db)
    try:
        known = asyncio.run(store.interviews())
    finally:
        store.close()
    shown = [entry for entry in known if everything or entry[0].source == "live"]
    hidden = len(known) - len(shown)
    console = Console(highlight=False)
    if shown:
        length = _id_length([started.interview for started, _ in known])
        for rubric in dict.fromkeys(started.rubric for started, _ in shown):
            fitting = [entry for entry in shown if entry[0].rubric == rubric]
            _print_table(console, fitting, length)
        console.print(f"Trend: {_trend(shown)}")
    else:
        console.print("No interviews yet; `sevenstep practice` begins one.")
    if hidden:
        they = "1 more that was scripted is" if hidden == 1 else f"{hidden} scripted ones are"
        console.print(f"({they} shown with --all.)", style="dim")


def report(
    interview: Annotated[
        str, typer.Argument(metavar="ID", help="Interview id, its beginning, or `last`.")
    ] = "last",
    form: Annotated[
        Literal["md", "html", "json", "text"], typer.Option("--format", help="The report's form.")
    ] = "text",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it to this file.")
    ] = None,
    db: shared.Db = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Print or save the report of a graded interview."""
    import asyncio

    from agent.cli.resume import find_interview, started_of
    from agent.engines import rubric_and_scenario
    from agent.files import require_writable, write_whole
    from agent.interview.session import record_of

    if out is not None:
        require_writable(out)
    store = shared.store(db)

    async def read() -> str:
        name = await find_interview(store, interview, unfinished=False)
        events = await store.events(name)
        shelf = shared.catalog(rubrics, scenarios)
        rubric, scenario = rubric_and_scenario(started_of(events), shelf)
        return _rendered(form, record_of(scenario, events), rubric, scenario)

    try:
        text = asyncio.run(read())
    finally:
        store.close()
    if out is None:
        typer.echo(text)
    else:
        write_whole(out, text)
        typer.echo(f"Report written to {out}")


def _rendered(form: str, record: "InterviewRecord", rubric: "Rubric", scenario: "Scenario") -> str:
    from rich.console import Console

    from agent.report.html import render_html
    from agent.report.markdown import render_markdown
    from agent.report.text import scorecard_panel

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


def _print_table(
    console: "Console", shown: "list[tuple[Started, Graded | None]]", id_length: int
) -> None:
    """One row an interview, narrow enough for 80 columns, and what the step columns mean."""
    from rich.table import Table

    steps = _steps([graded.scorecard for _, graded in shown if graded])
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("id", "date"):
        table.add_column(name, no_wrap=True)
    table.add_column("scenario", overflow="fold")
    table.add_column("level", no_wrap=True)
    table.add_column("%", justify="right", no_wrap=True)
    table.add_column("decision", no_wrap=True)
    for code in steps:
        table.add_column(code, justify="right", no_wrap=True)
    for started, graded in shown:
        table.add_row(*_row(started, graded, id_length, list(steps.values())))
    console.print(table)
    if steps:
        legend = ", ".join(f"{code} {title}" for code, (_, title) in steps.items())
        console.print(f"Steps in percent: {legend}.", style="dim")


def _row(
    started: "Started",
    graded: "Graded | None",
    id_length: int,
    steps: list[tuple[str, str]],
) -> list[str]:
    options = started.options
    head = [
        started.interview[:id_length],
        _date(started.at),
        started.scenario,
        _LEVELS[options.level.value],
    ]
    if graded is None:
        return [*head, "", "unfinished", *("" for _ in steps)]
    card = graded.scorecard
    percents = {score.id: score.percent for score in card.steps}
    decision = card.decision.value if card.decision else "none"
    if decision.endswith("no_hire") and decision != "no_hire":
        decision = decision.removesuffix("_hire")
    return [
        *head,
        _whole(card.percent),
        decision.replace("_", " "),
        *(_whole(percents.get(step)) for step, _ in steps),
    ]


def _date(at: "datetime") -> str:
    local = at.astimezone()
    this_year = local.year == local.now().year
    return local.strftime("%d %b" if this_year else "%b %Y")


def _whole(percent: float | None) -> str:
    return "–" if percent is None else f"{percent:.0f}"


def _steps(cards: "list[Scorecard]") -> dict[str, tuple[str, str]]:
    """A short code for each step, with its id and title."""
    titles: dict[str, str] = {}
    for card in sorted(cards, key=lambda card: -len(card.steps)):
        for score in card.steps:
            titles.setdefault(score.id, score.title)
    codes: dict[str, tuple[str, str]] = {}
    for step, title in titles.items():
        words = step.split("_")
        code = (words[0][0] + words[1][0] if len(words) > 1 else step[:2]).upper()
        while code in codes:
            code += "'"
        codes[code] = (step, title)
    return codes


def _id_length(ids: list[str]) -> int:
    """How much of an id tells all of them apart."""
    length = _SHORTEST_ID
    while len({i[:length] for i in ids}) < len(set(ids)):
        length += 1
    return length


def _trend(shown: "list[tuple[Started, Graded | None]]") -> str:
    scores = [g.scorecard.percent for _, g in shown if g and g.scorecard.percent is not None]
    if len(scores) < 2:
        return "shown from the second graded interview on."
    bars = "".join(_BARS[min(7, int(score / 12.5))] for score in scores)
    change = scores[-1] - scores[-2]
    return f"{bars}  {change:+.0f} points since the one before"
