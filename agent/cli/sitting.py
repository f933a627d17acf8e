"""Runs a session to its end: turns from a script, or a person at the keyboard; then closes it."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.commands import CommandError, named_step, parse_command, run_command
from agent.cli.engines import reach, tell_kept
from agent.cli.screen import Screen
from agent.errors import InputError, SevenstepError
from agent.files import write_whole
from agent.interview.plan import Plan
from agent.interview.session import Session
from agent.transcript import Party

if TYPE_CHECKING:
    from agent.cli.keyboard import Keyboard


async def play(
    session: Session, screen: Screen, turns: Sequence[str], *, again: bool = False
) -> int:
    """Play the turns; when they run out the candidate has left. Returns how many were left.

    With `again` those that were played before the interview was interrupted are left out.
    """
    left_over = 0
    await reach(session.work, session, screen, None)
    turns = without_played(session, turns) if again else turns
    for at, turn in enumerate(turns):
        if not session.is_open:
            left_over = len(turns) - at
            break
        screen.candidate(turn)
        command = parse_command(turn)
        try:
            if command is None:
                await reach(partial(session.answer, turn), session, screen, None)
            elif command.name == "quit":
                left_over = len(turns) - at - 1
                break
            else:
                await reach(partial(run_command, session, screen, command), session, screen, None)
        except CommandError as error:
            # Only the course of the interview shows that there is no step to go back to.
            screen.tell(str(error))
    await session.leave()
    return left_over


def without_played(session: Session, turns: Sequence[str]) -> list[str]:
    """The turns of a script without those that stand at the beginning of this interview."""
    said = [turn.text for turn in session.state.turns if turn.speaker is Party.candidate]
    notes = list(session.state.notes)
    rest = list(turns)
    while rest:
        command = parse_command(rest[0])
        typed = command.typed if command else rest[0]
        if said and typed == said[0]:
            said.pop(0)
        elif command is not None and command.rest in notes:
            notes.remove(command.rest)
        elif command is None or not said:
            break
        # Else it is a command that left no turn: /time, /pause, a refused /back.
        rest.pop(0)
    return list(turns) if said else rest


def require_playable(turns: Sequence[str], plan: Plan) -> None:
    """Raise CommandError now for a command that a script could not carry out later."""
    for at, turn in enumerate(turns, start=1):
        try:
            command = parse_command(turn)
            if command is not None and command.name == "back" and command.rest:
                named_step(plan, command.rest)
        except CommandError as error:
            raise CommandError(f"turn {at} of the script: {error}") from error


async def sit(session: Session, screen: Screen) -> bool:
    """Let a person answer until the end; False if he leaves it for later."""
    from agent.cli.keyboard import Keyboard

    keyboard = Keyboard(session)
    if not await reach(session.work, session, screen, keyboard):
        return False
    if not screen.has_heard:
        screen.repeat_last_question(session)
    screen.gap()
    screen.tell("Enter sends. Alt-Enter, or a backslash before Enter, makes a new line.")
    screen.tell("/hint asks for help, /help lists all commands, Ctrl-C pauses.")
    while session.is_open:
        screen.gap()
        text = await keyboard.ask()
        screen.typed()
        if text is None:
            if not await _paused(session, screen, keyboard):
                return False
            continue
        if not text.strip():
            screen.tell("Nothing was sent; write an answer, or /next to move on.")
            continue
        try:
            if not await _sent(text, session, screen, keyboard):
                return False
        except (CommandError, InputError) as error:
            screen.tell(f"{error} (arrow-up brings it back)")
    return True


async def _sent(text: str, session: Session, screen: Screen, keyboard: "Keyboard") -> bool:
    """Take what was typed, an answer or a command; False if he leaves the interview for later."""
    command = parse_command(text)
    if command is None:
        return await reach(partial(session.answer, text), session, screen, keyboard)
    if command.name == "quit":
        return await _quit(session, screen, keyboard)
    if command.name == "pause":
        return await _paused(session, screen, keyboard)
    return await reach(partial(run_command, session, screen, command), session, screen, keyboard)


async def _paused(session: Session, screen: Screen, keyboard: "Keyboard") -> bool:
    """Stop the clock until Enter; False if he leaves instead."""
    await session.pause()
    screen.gap()
    screen.tell("Paused; the clock stands still.", style="bold")
    screen.table(
        [
            ("Enter", "goes on"),
            ("Ctrl-C", f"leaves; `sevenstep resume {session.state.interview}` goes on later"),
        ]
    )
    reply = await keyboard.confirm("")
    screen.typed(reply)
    if reply is None:
        tell_kept(session, screen)
        return False
    await session.unpause()
    screen.repeat_last_question(session)
    return True


async def _quit(session: Session, screen: Screen, keyboard: "Keyboard") -> bool:
    """Ask what quitting means; False if the interview is kept for later."""
    await session.pause()
    screen.gap()
    wish = await keyboard.confirm("Grade it now (g), keep it for later (k), or go on (Enter)? ")
    screen.typed()
    if wish is None or wish.strip().lower().startswith("k"):
        tell_kept(session, screen)
        return False
    if wish.strip().lower().startswith("g"):
        await session.leave()
    else:
        await session.unpause()
        screen.repeat_last_question(session)
    return True


async def close(session: Session, screen: Screen, json: Path | None, left_over: int) -> None:
    """Grade, show the scorecard, save the report and, if wanted, the JSON file."""
    from agent.cli.keyboard import Keyboard
    from agent.report.html import render_html
    from agent.report.text import scorecard_panel
    from agent.store.sql import default_path

    keyboard = Keyboard(session) if screen.is_interactive else None
    if not await reach(session.finish, session, screen, keyboard):
        return
    record = session.record(left_over)
    rubric, scenario = session.plan.rubric, session.plan.scenario
    screen.gap()
    screen.console.print(scorecard_panel(record, rubric))
    screen.typed()
    screen.gap()
    if left_over:
        turns = "1 turn" if left_over == 1 else f"{left_over} turns"
        screen.tell(f"The interview ended with {turns} of the script left over.", style="bold")
    report = default_path().parent / "reports" / f"{record.interview}.html"
    try:
        write_whole(report, render_html(record, rubric, scenario))
    except SevenstepError as error:
        # The interview itself is stored; a report can be made again at any time.
        screen.tell(f"The report could not be saved: {error}")
    else:
        screen.tell(f"Report saved to {report}")
    if json is not None:
        write_whole(json, record.model_dump_json(indent=2))
        screen.tell(f"Interview written to {json}")
    screen.tell(f"Again: `sevenstep report {record.interview} --format md|html|json|text`")
