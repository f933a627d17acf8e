"""Runs a session to its end: turns from a script, or a person at the keyboard; then closes it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.commands import CommandError, parse_command, run_command
from agent.cli.files import write_whole
from agent.cli.screen import Screen
from agent.errors import InputError, SevenstepError
from agent.interview.session import Session
from agent.transcript import Party

if TYPE_CHECKING:
    from agent.cli.keyboard import Keyboard


async def play(session: Session, screen: Screen, turns: Sequence[str]) -> int:
    """Play the turns; when they run out the candidate has left. Returns how many were left."""
    for at, turn in enumerate(turns):
        if not session.is_open:
            return len(turns) - at
        screen.candidate(turn)
        command = parse_command(turn)
        if command is None:
            await session.answer(turn)
        elif not await run_command(session, screen, command):
            break
    await session.leave()
    return 0


def without_played(session: Session, turns: list[str]) -> list[str]:
    """The turns of a script without those that stand at the beginning of this interview."""
    said = [turn.text for turn in session.state.turns if turn.speaker is Party.candidate]
    rest = list(turns)
    while said and rest:
        command = parse_command(rest[0])
        if command is not None and not command.is_a_turn:
            rest.pop(0)
        elif (command.typed if command else rest[0]) == said[0]:
            rest.pop(0)
            said.pop(0)
        else:
            return turns
    return rest if not said else turns


def require_commands(turns: Sequence[str]) -> None:
    """Raise CommandError now for a command that a script could not carry out later."""
    for turn in turns:
        parse_command(turn)


async def sit(session: Session, screen: Screen) -> bool:
    """Let a person answer until the end; False if he leaves it for later."""
    from agent.cli.keyboard import Keyboard

    keyboard = Keyboard(session)
    screen.tell(
        "Enter sends, Alt-Enter or a backslash at the end makes a new line; "
        "/help lists the commands."
    )
    while session.is_open:
        text = await keyboard.ask()
        if text is None:
            if not await _paused(session, screen, keyboard):
                return False
            continue
        if not text.strip():
            continue
        try:
            command = parse_command(text)
            if command is None:
                await session.answer(text)
            elif command.name == "quit":
                if not await _quit(session, screen, keyboard):
                    return False
            elif command.name == "pause":
                if not await _paused(session, screen, keyboard):
                    return False
            else:
                await run_command(session, screen, command)
        except (CommandError, InputError) as error:
            screen.tell(str(error))
    return True


async def _paused(session: Session, screen: Screen, keyboard: "Keyboard") -> bool:
    """Stop the clock until Enter; False if he leaves instead."""
    await session.pause()
    screen.tell(
        "Paused; the clock stands still. Enter goes on; Ctrl-C leaves, and "
        f"`sevenstep resume {session.state.interview}` goes on later."
    )
    if await keyboard.confirm("") is None:
        return False
    await session.unpause()
    screen.repeat_last_question(session)
    return True


async def _quit(session: Session, screen: Screen, keyboard: "Keyboard") -> bool:
    """Ask what quitting means; False if the interview is kept for later."""
    await session.pause()
    wish = await keyboard.confirm("Grade it now (g), keep it for later (k), or go on (Enter)? ")
    if wish is None or wish.lower().startswith("k"):
        screen.tell(f"Kept: `sevenstep resume {session.state.interview}` goes on.")
        return False
    if wish.lower().startswith("g"):
        await session.leave()
    else:
        await session.unpause()
    return True


async def close(session: Session, screen: Screen, json: Path | None, left_over: int) -> None:
    """Grade, show the scorecard, save the report and, if wanted, the JSON file."""
    from agent.report.html import render_html
    from agent.report.text import scorecard_panel
    from agent.store.sql import default_path

    await session.finish()
    record = session.record(left_over)
    rubric, scenario = session.plan.rubric, session.plan.scenario
    screen.console.print(scorecard_panel(record, rubric))
    if left_over:
        screen.tell(f"{left_over} turns of the script were left over when the interview ended.")
    if json is not None:
        write_whole(json, record.model_dump_json(indent=2))
        screen.tell(f"Interview written to {json}")
    report = default_path().parent / "reports" / f"{record.interview}.html"
    try:
        write_whole(report, render_html(record, rubric, scenario))
    except SevenstepError as error:
        # The interview itself is stored; a report can be made again at any time.
        screen.tell(f"The report could not be saved: {error}")
    else:
        screen.tell(f"Report saved to {report}")
    screen.tell(f"Again: `sevenstep report {record.interview} --format md|html|json|text`")
