"""Asks the person what to do where the engine cannot be reached."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from agent.errors import EngineUnavailableError
from agent.offline.engine import OfflineEngine

if TYPE_CHECKING:
    from agent.cli.keyboard import Keyboard
    from agent.cli.screen import Screen
    from agent.interview.session import Session


async def reach(
    work: Callable[[], Awaitable[object]],
    session: "Session",
    screen: "Screen",
    keyboard: "Keyboard | None",
) -> bool:
    """Do work that needs the engine; False if the person leaves the interview for later.

    Where the engine cannot be reached the person is asked; without one the error goes on, with
    the way to go on later.
    """
    while True:
        try:
            with screen.waiting():
                await work()
        except EngineUnavailableError as error:
            if keyboard is None:
                raise EngineUnavailableError(
                    f"{error}. The interview is kept: sevenstep resume {session.state.interview}"
                ) from error
            await session.pause()
            if not await _asked(error, session, screen, keyboard):
                return False
            await session.unpause()
            # What was sent is stored; only what is pending has to be done.
            work = session.finish if session.state.pending == "grade" else session.work
            continue
        return True


def tell_kept(session: "Session", screen: "Screen") -> None:
    """Say that the interview is kept, and how to go on with it."""
    screen.gap()
    screen.tell(f"Kept. Go on with: sevenstep resume {session.state.interview}")


async def _asked(
    error: EngineUnavailableError, session: "Session", screen: "Screen", keyboard: "Keyboard"
) -> bool:
    """Whether to go on, after the offline engine took over if that is the wish."""
    screen.gap()
    screen.tell(f"The model cannot be used: {error}.", style="bold")
    screen.tell("Nothing is lost. What now?")
    screen.table(
        [
            ("Enter", "tries again"),
            ("o", "goes on with the offline engine, which does not understand (it is noted)"),
            ("k", f"keeps it for later: sevenstep resume {session.state.interview} [--model NAME]"),
        ]
    )
    wish = await keyboard.confirm("› ")
    screen.typed(wish)
    if wish is None or wish.strip().lower().startswith("k"):
        tell_kept(session, screen)
        return False
    if wish.strip().lower().startswith("o"):
        await session.switch(OfflineEngine(session.plan.rubric, session.plan.scenario))
    return True
