"""Reads answers from the keyboard: several lines, paste, a status line below."""

from html import escape

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import HTML
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from agent.interview.plan import Pace
from agent.interview.session import Session


class Keyboard:
    """A person at a terminal."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._prompt: PromptSession[str] = PromptSession(
            multiline=True,
            key_bindings=_bindings(),
            prompt_continuation=_continuation,
            bottom_toolbar=self._status,
            refresh_interval=1.0,
        )
        self._draft = ""

    async def ask(self) -> str | None:
        """The next message, or None on Ctrl-C or Ctrl-D: what was typed is there the next time."""
        try:
            text = await self._prompt.prompt_async("› ", default=self._draft)
        except (KeyboardInterrupt, EOFError):
            self._draft = self._prompt.default_buffer.text
            return None
        self._draft = ""
        # A terminal may send half a character, which cannot be stored.
        return text.encode("utf-8", "replace").decode()

    async def confirm(self, question: str) -> str | None:
        """A one-line answer, or None on Ctrl-C or Ctrl-D."""
        try:
            return await PromptSession[str]().prompt_async(question)
        except (KeyboardInterrupt, EOFError):
            return None

    def _status(self) -> HTML:
        return HTML(f" {escape(status_line(self._session))} ")


def status_line(session: Session) -> str:
    """Step, time left or turns left, and turn, in one line."""
    state, plan = session.state, session.plan
    if state.step is None:
        return ""
    step = plan.rubric.step(state.step)
    place = [s.id for s in plan.steps()].index(step.id) + 1
    if plan.options.pace is Pace.relaxed:
        turns = max(0, plan.turns(step.id) - state.turns_in(step.id))
        left = f"{turns} {'turn' if turns == 1 else 'turns'} left in this step"
    else:
        running = session.active_seconds - state.clock
        in_step = plan.seconds(step.id) - state.seconds_in(step.id) - running
        whole = plan.total_minutes() * 60 - session.active_seconds
        left = f"{_minutes(in_step)} left in this step, {_minutes(whole)} in all"
    turn = state.candidate_turns + 1
    return f"{place}/{len(plan.steps())} {step.title} · {left} · turn {turn} · /help"


def _minutes(seconds: float) -> str:
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def _continuation(width: int, _line: int, wraps: int) -> str:
    """What stands before a further line; the wrapped rest of a line is no new line."""
    return " " * width if wraps else "… "


def _bindings() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
