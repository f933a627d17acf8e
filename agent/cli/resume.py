"""`sevenstep resume`: go on with an interview that was interrupted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.interview.events import Event, Started
    from agent.ports import EngineChoice
    from agent.store.sql import SqlStore


def resume(
    interview: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="Interview id, or its beginning.",
            show_default="the newest unfinished one",
        ),
    ] = None,
    script: shared.Script = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="PROVIDER:NAME",
            help="Go on with another language model, or `offline`.",
            show_default="as before",
        ),
    ] = None,
    observer_model: Annotated[
        str | None, typer.Option(metavar="PROVIDER:NAME", help="Likewise, to read the answers.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Likewise, the server.")
    ] = None,
    timeout: shared.Timeout = None,
    trace: shared.TraceFile = None,
    json: shared.Json = None,
    db: shared.Db = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Go on with an interrupted interview, exactly where it stopped.

    Turns of a script, or piped in, that were already played are not played again. The same
    model goes on unless another is named.
    """
    from agent.errors import InputError
    from agent.llm.providers import chosen

    other = None
    if model or base_url:
        other = chosen(model, observer_model, base_url).choice
    elif observer_model:
        raise InputError("--observer-model goes with --model; name both, or neither")
    shared.talk(_resume(interview, script, other, timeout, trace, json, db, rubrics, scenarios))


async def _resume(
    interview: str | None,
    script: Path | None,
    other: "EngineChoice | None",
    timeout: float | None,
    trace: Path | None,
    json: Path | None,
    db: str | None,
    rubrics: list[Path] | None,
    scenarios: list[Path] | None,
) -> None:
    from agent.cli.screen import Screen
    from agent.cli.sitting import close, play, require_playable, sit, without_played
    from agent.cli.turns import piped_turns, script_turns
    from agent.engines import open_engine, rubric_and_scenario
    from agent.errors import InputError
    from agent.files import require_writable
    from agent.frozen import content_hash
    from agent.interview.clock import ScriptClock, WallClock
    from agent.interview.plan import Plan
    from agent.interview.session import Session
    from agent.interview.state import fold
    from agent.ports import EngineChoice

    screen = Screen()
    if json is not None:
        require_writable(json)
    turns = script_turns(script) if script else piped_turns()
    store = shared.store(db)
    engine = None
    try:
        name = await find_interview(store, interview, unfinished=True)
        state = fold(events := await store.events(name))
        started = started_of(events)
        rubric, scenario = rubric_and_scenario(started, shared.catalog(rubrics, scenarios))
        plan = Plan(rubric=rubric, scenario=scenario, options=started.options)
        require_playable(turns or (), plan)
        if turns is None and not screen.is_interactive and not state.ended:
            raise InputError(
                "there is no terminal and nothing is piped in; give the next turns with --script"
            )
        if (started.rubric_hash, started.scenario_hash) != (
            content_hash(rubric),
            content_hash(scenario),
        ):
            screen.tell("Note: the rubric or the scenario has changed since this interview began.")
        goes_on = "is graded already" if state.scorecard else "goes on where it stopped"
        screen.tell(f"Interview {name} {goes_on}.")
        clock = WallClock() if turns is None else ScriptClock()
        # What is graded already needs no model any more.
        choice = EngineChoice() if state.scorecard else other or state.choice
        with screen.waiting():
            engine = await open_engine(choice, rubric, scenario, trace=trace, timeout=timeout)
        session = await Session.reopen(store, engine, name, clock, hear=screen.hear)
        screen.follow(session)
        left_over = 0
        if session.state.ended is None and turns is not None:
            left_over = await play(session, screen, turns, again=True)
        elif session.state.ended is None:
            if not await sit(session, screen):
                return
        elif turns is not None:
            left_over = len(without_played(session, turns))
        await close(session, screen, json, left_over)
    finally:
        store.close()
        if engine is not None:
            await engine.close()


def started_of(events: "Sequence[Event]") -> "Started":
    """An interview's first event; raises StoreError if it is another."""
    from agent.errors import StoreError
    from agent.interview.events import Started

    if not events or not isinstance(events[0], Started):
        raise StoreError("the interview's first event is missing in the database")
    return events[0]


async def find_interview(store: "SqlStore", wanted: str | None, *, unfinished: bool) -> str:
    """The id that `wanted` names: an id, its beginning, `last`, or None for the newest.

    Raises InputError if there is none, or more than one.
    """
    from agent.errors import InputError

    known = await store.interviews()
    if wanted in (None, "last"):
        fitting = [s for s, graded in known if (graded is None) == unfinished]
        if unfinished:
            fitting = [s for s in fitting if s.source == "live"] or fitting
        if not fitting:
            state = "unfinished" if unfinished else "graded"
            raise InputError(f"there is no {state} interview; `sevenstep practice` begins one")
        return fitting[-1].interview
    ids = [started.interview for started, _ in known]
    found = [wanted] if wanted in ids else [i for i in ids if wanted and i.startswith(wanted)]
    if len(found) != 1:
        problem = "no interview" if not found else f"{len(found)} interviews"
        raise InputError(
            f"{problem} with an id like {wanted!r}; `sevenstep history --all` lists them"
        )
    return found[0]
