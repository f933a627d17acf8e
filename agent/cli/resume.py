"""`sevenstep resume`: go on with an interview that was interrupted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options as shared

if TYPE_CHECKING:
    from agent.store.sql import SqlStore


def resume(
    interview: Annotated[
        str | None, typer.Argument(help="Interview id.", show_default="the newest unfinished one")
    ] = None,
    script: shared.Script = None,
    json: shared.Json = None,
    db: shared.Db = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Go on with an interrupted interview, exactly where it stopped.

    Turns of a script, or piped in, that were already played are not played again.
    """
    import asyncio

    asyncio.run(_resume(interview, script, json, db, rubrics, scenarios))


async def _resume(
    interview: str | None,
    script: Path | None,
    json: Path | None,
    db: str | None,
    rubrics: list[Path] | None,
    scenarios: list[Path] | None,
) -> None:
    from agent.cli.files import require_writable
    from agent.cli.screen import Screen
    from agent.cli.sitting import close, play, require_commands, sit, without_played
    from agent.cli.turns import piped_turns, script_turns
    from agent.errors import InputError
    from agent.interview.clock import ScriptClock, WallClock
    from agent.interview.session import Session, content_hash

    screen = Screen()
    if json is not None:
        require_writable(json)
    turns = script_turns(script) if script else piped_turns()
    require_commands(turns or ())
    store = shared.store(db)
    try:
        name = await find_interview(store, interview, unfinished=True)
        started = next(s for s, _ in await store.interviews() if s.interview == name)
        engine = shared.engine_of(started, shared.catalog(rubrics, scenarios))
        if (started.rubric_hash, started.scenario_hash) != (
            content_hash(engine.rubric),
            content_hash(engine.scenario),
        ):
            screen.tell("Note: the rubric or the scenario has changed since this interview began.")
        events = await store.events(name)
        if turns is None and not screen.is_interactive and _waits(events):
            raise InputError(
                "there is no terminal and nothing is piped in; give the next turns with --script"
            )
        clock = ScriptClock() if turns is not None else WallClock()
        session = await Session.resume(store, engine, name, clock, hear=screen.hear)
        left_over = 0
        if session.is_open:
            screen.tell(f"Interview {name} goes on where it stopped.")
            if turns is not None:
                left_over = await play(session, screen, without_played(session, turns))
            else:
                screen.repeat_last_question(session)
                if not await sit(session, screen):
                    return
        await close(session, screen, json, left_over)
    finally:
        store.close()


async def find_interview(store: "SqlStore", wanted: str | None, *, unfinished: bool) -> str:
    """The id that `wanted` names: an id, its beginning, `last`, or None for the newest.

    Raises InputError if there is none, or more than one.
    """
    from agent.errors import InputError

    known = await store.interviews()
    if wanted in (None, "last"):
        fitting = [s for s, graded in known if (graded is None) == unfinished]
        live = [s for s in fitting if s.source == "live"] or fitting
        if not live:
            state = "unfinished" if unfinished else "graded"
            raise InputError(f"there is no {state} interview; `sevenstep practice` begins one")
        return live[-1].interview
    found = [s.interview for s, _ in known if s.interview.startswith(str(wanted))]
    if len(found) != 1:
        problem = "no interview" if not found else f"{len(found)} interviews"
        raise InputError(
            f"{problem} with an id like {wanted!r}; `sevenstep history --all` lists them"
        )
    return found[0]


def _waits(events: tuple[object, ...]) -> bool:
    """Whether the interview is still open, so that somebody has to answer."""
    return not any(getattr(event, "type", "") in ("left", "graded") for event in events)
