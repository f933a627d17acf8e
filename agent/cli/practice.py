"""`sevenstep practice`: be interviewed, or have a script or the sample candidate interviewed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from agent.catalog import Catalog
    from agent.interview.plan import Options
    from agent.store.sql import SqlStore

_DEMO = Path(__file__).resolve().parent / "demo.yaml"
_DEMO_SCENARIO = "netflix_recs"


def practice(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="Scenario id (see `sevenstep scenarios`) or file.", show_default="one is picked"
        ),
    ] = None,
    level: Annotated[
        Literal["junior", "mid", "senior", "staff"], typer.Option(help="Level interviewed for.")
    ] = "mid",
    minutes: Annotated[
        float | None,
        typer.Option(
            min=1, max=600, help="Length; the steps scale.", show_default="the steps' own"
        ),
    ] = None,
    pace: Annotated[
        Literal["timed", "relaxed"],
        typer.Option(help="timed: by the clock; relaxed: by the number of turns alone."),
    ] = "timed",
    steps: Annotated[
        str | None,
        typer.Option(help="Drill these steps only, with commas between.", show_default="all"),
    ] = None,
    style: Annotated[
        Literal["neutral", "friendly", "tough"], typer.Option(help="The interviewer's tone.")
    ] = "neutral",
    model: Annotated[
        str, typer.Option(envvar="SEVENSTEP_MODEL", help="The interviewer: `offline`.")
    ] = "offline",
    script: shared.Script = None,
    demo: Annotated[bool, typer.Option("--demo", help="Show the sample candidate.")] = False,
    json: shared.Json = None,
    rubric: Annotated[str, typer.Option(help="Rubric id or file.")] = "ml_system_design",
    db: shared.Db = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Be interviewed, and get a scorecard.

    With no terminal, turns are read from --script or standard input; with neither, or with
    --demo, a sample candidate is shown. Inside the interview /help lists the commands.
    """
    import asyncio

    from agent.cli.files import require_writable
    from agent.errors import InputError
    from agent.interview.plan import Options

    if model != "offline":
        raise InputError(f"unknown model {model!r}; this version has 'offline' only")
    if demo and script:
        raise InputError("--demo and --script exclude each other; give one of them")
    if pace == "relaxed" and minutes is not None:
        raise InputError("--minutes has no meaning with --pace relaxed; leave one of them out")
    if json is not None:
        require_writable(json)
    chosen = Options.model_validate(
        {
            "level": level,
            "pace": pace,
            "minutes": minutes,
            "steps": tuple(name.strip() for name in steps.split(",")) if steps else (),
            "style": style,
        }
    )
    shelf = shared.catalog(rubrics, scenarios)
    asyncio.run(_run(shelf, scenario, rubric, chosen, script, demo, json, db))


async def _run(
    shelf: "Catalog",
    scenario: str | None,
    rubric: str,
    options: "Options",
    script: Path | None,
    demo: bool,
    json: Path | None,
    db: str | None,
) -> None:
    from agent.catalog import check_together
    from agent.cli.screen import Screen
    from agent.cli.sitting import close, play, require_commands, sit
    from agent.cli.turns import piped_turns, script_turns
    from agent.errors import InputError
    from agent.interview.clock import ScriptClock, WallClock
    from agent.interview.plan import checked_steps
    from agent.interview.session import Session
    from agent.offline.engine import OfflineEngine

    screen = Screen()
    turns = None if demo else script_turns(script) if script else piped_turns()
    if turns is None and not demo and not screen.is_interactive:
        demo = True
    if demo:
        if scenario not in (None, _DEMO_SCENARIO):
            raise InputError(
                f"the sample candidate was asked about {_DEMO_SCENARIO!r}, not {scenario!r}; "
                "leave the scenario out, or give turns with --script"
            )
        scenario = _DEMO_SCENARIO
        turns = script_turns(_DEMO)
        screen.tell(
            "This is a demonstration: a sample candidate answers. "
            "Run `sevenstep practice` in a terminal to be interviewed yourself."
        )
    require_commands(turns or ())
    the_rubric = shelf.rubric(rubric)
    checked_steps(the_rubric, options.steps)
    store = shared.store(db)
    try:
        if scenario is None:
            scenario = await _picked(store, shelf)
            screen.tell(
                f"Scenario {scenario}; `sevenstep scenarios` lists the others, and "
                "`sevenstep practice ID` takes one of them."
            )
        the_scenario = shelf.scenario(scenario)
        check_together(the_scenario, the_rubric, Path(f"{the_scenario.id}.yaml"))
        engine = OfflineEngine(the_rubric, the_scenario)
        scripted = turns is not None
        session = await Session.start(
            store,
            engine,
            options,
            ScriptClock() if scripted else WallClock(),
            hear=screen.hear,
            source="demo" if demo else "script" if scripted else "live",
        )
        left_over = 0
        if turns is None:
            if not await sit(session, screen):
                return
        else:
            left_over = await play(session, screen, turns)
        await close(session, screen, json, left_over)
    finally:
        store.close()


async def _picked(store: "SqlStore", shelf: "Catalog") -> str:
    """The scenario practised least recently; those never practised come first."""
    names = list(shelf.scenario_paths())
    last = {
        started.scenario: at
        for at, (started, _) in enumerate(await store.interviews())
        if started.source == "live"
    }
    return min(names, key=lambda name: (last.get(name, -1), names.index(name)))
