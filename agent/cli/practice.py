"""`sevenstep practice`: be interviewed, or have a script or the sample candidate interviewed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from agent.catalog import Catalog
    from agent.interview.plan import Options
    from agent.llm.providers import Chosen
    from agent.rubric import Rubric
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
    model: shared.Model = None,
    observer_model: shared.ObserverModel = None,
    base_url: shared.BaseUrl = None,
    timeout: shared.Timeout = None,
    trace: shared.TraceFile = None,
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
    from agent.errors import InputError
    from agent.files import require_writable
    from agent.interview.plan import Options, checked_steps

    if demo and script:
        raise InputError("--demo and --script exclude each other; give one of them")
    if pace == "relaxed" and minutes is not None:
        raise InputError("--minutes has no meaning with --pace relaxed; leave one of them out")
    if json is not None:
        require_writable(json)
    shelf = shared.catalog(rubrics, scenarios)
    the_rubric = shelf.rubric(rubric)
    named = tuple(name.strip() for name in (steps or "").split(",") if name.strip())
    if steps and not named:
        raise InputError(f"--steps {steps!r} names no step; `sevenstep steps` lists them")
    chosen = Options.model_validate(
        {
            "level": level,
            "pace": pace,
            "minutes": minutes,
            "steps": checked_steps(the_rubric, named),
            "style": style,
        }
    )
    models = _Models(model, observer_model, base_url, timeout, trace)
    shared.talk(_run(shelf, scenario, the_rubric, chosen, models, script, demo, json, db))


class _Models(NamedTuple):
    """The options about models."""

    model: str | None
    observer_model: str | None
    base_url: str | None
    timeout: float | None
    trace: Path | None


async def _run(
    shelf: "Catalog",
    scenario: str | None,
    rubric: "Rubric",
    options: "Options",
    models: _Models,
    script: Path | None,
    demo: bool,
    json: Path | None,
    db: str | None,
) -> None:
    from agent.catalog import check_together
    from agent.cli.screen import Screen
    from agent.cli.sitting import close, play, require_playable, sit
    from agent.cli.turns import piped_turns, script_turns
    from agent.engines import open_engine
    from agent.interview.clock import ScriptClock, WallClock
    from agent.interview.plan import Plan
    from agent.interview.session import Session

    screen = Screen()
    picked = scenario is None
    if scenario is not None:
        shelf.scenario_path(scenario)
    turns = None if demo else script_turns(script) if script else piped_turns()
    demo = demo or (turns is None and not screen.is_interactive)
    if demo:
        scenario, turns = _sample(scenario)
    store = shared.store(db)
    engine = None
    try:
        scenario = scenario or await _picked(store, shelf)
        the_scenario = shelf.scenario(scenario)
        check_together(the_scenario, rubric, shelf.scenario_path(scenario))
        plan = Plan(rubric=rubric, scenario=the_scenario, options=options)
        require_playable(turns or (), plan)
        if demo:
            screen.tell("This is a demonstration: a sample candidate answers.")
            screen.tell("Run `sevenstep practice` in a terminal to be interviewed yourself.")
        elif picked:
            screen.tell(f"Picked {scenario} for you; `sevenstep scenarios` lists them all.")
        told = _chosen(models, demo=demo)
        if told.told:
            screen.tell(told.told)
        with screen.waiting():
            engine = await open_engine(
                told.choice, rubric, the_scenario, trace=models.trace, timeout=models.timeout
            )
        screen.announce(plan, engine.name)
        session = await Session.open(
            store,
            engine,
            options,
            WallClock() if turns is None else ScriptClock(),
            hear=screen.hear,
            source="demo" if demo else "live" if turns is None else "script",
        )
        screen.follow(session)
        left_over = 0
        if turns is not None:
            left_over = await play(session, screen, turns)
        elif not await sit(session, screen):
            return
        await close(session, screen, json, left_over)
    finally:
        store.close()
        if engine is not None:
            await engine.close()


def _chosen(models: _Models, *, demo: bool) -> "Chosen":
    """The engine to use, with the line that says so; a key alone pays for no demonstration."""
    from agent.llm.providers import OFFLINE, chosen

    model = models.model or (OFFLINE if demo and not models.base_url else None)
    return chosen(model, models.observer_model, models.base_url)


def _sample(scenario: str | None) -> tuple[str, list[str]]:
    """The scenario and the turns of the sample candidate, who knows one scenario only."""
    from agent.cli.turns import script_turns
    from agent.errors import InputError

    if scenario not in (None, _DEMO_SCENARIO):
        raise InputError(
            f"without a terminal the sample candidate answers, and he knows {_DEMO_SCENARIO!r} "
            f"only, not {scenario!r}; give turns with --script, or leave the scenario out"
        )
    return _DEMO_SCENARIO, script_turns(_DEMO)


async def _picked(store: "SqlStore", shelf: "Catalog") -> str:
    """The scenario practised least recently; those never practised come first."""
    names = list(shelf.scenario_paths())
    last = {
        started.scenario: at
        for at, (started, _) in enumerate(await store.interviews())
        if started.source == "live"
    }
    return min(names, key=lambda name: (last.get(name, -1), names.index(name)))
