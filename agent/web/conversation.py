"""The conversation of a room: each turn once, and what the interviewer is saying at the moment."""

from pathlib import Path

from nicegui import ui

from agent.diagram import parts
from agent.transcript import Party, Turn
from agent.web.diagram import DiagramView
from agent.web.markdown import html_of
from agent.web.rooms import Room
from agent.web.widgets import Words, box

_LOG = Path(__file__).resolve().parent / "static" / "log.js"
_BACK = "/back "
_COMMANDS = {"/hint": "asked for a hint", "/next": "asked for the next step"}


class _Log(ui.element, component=_LOG):
    """See log.js."""


class Conversation:
    """The turns in the order in which they were said."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._shown = 0
        self._titles = {step.id: step.title for step in room.session.plan.rubric.steps}
        self._step: str | None = None
        # What is on its way is hidden from screen readers: they would hear it twice.
        with _Log():
            self._turns = box("div", "turns")
            self._speaking = box("article", "turn interviewer speaking", aria_hidden="true")
            with self._speaking:
                Words("Interviewer", "h2", "who")
                self._words = ui.html("", sanitize=False).classes("text")

    def show(self) -> None:
        """Add what was said since the last time."""
        turns = self._room.session.state.turns
        with self._turns:
            for turn in turns[self._shown :]:
                self._add(turn)
        self._shown = len(turns)
        speaking = self._room.speaking
        self._words.set_content(html_of(speaking))
        self._speaking.set_visibility(bool(speaking))

    def _add(self, turn: Turn) -> None:
        if turn.step is not None and turn.step != self._step:
            self._step = turn.step
            if turn.step in self._titles:
                Words(self._titles[turn.step], "p", "step-mark")
        if turn.kind == "command":
            Words(self._wished(turn.text), "p", "wish")
            return
        is_interviewer = turn.speaker is Party.interviewer
        with box("article", f"turn {turn.speaker.value}", id=f"turn-{turn.index}"):
            Words("Interviewer" if is_interviewer else "You", "h2", "who")
            for part in parts(turn.text):
                if part.is_diagram:
                    DiagramView(part.text)
                else:
                    ui.html(html_of(part.text), sanitize=False).classes("text").props('dir="auto"')

    def _wished(self, typed: str) -> str:
        if typed.startswith(_BACK):
            step = typed.removeprefix(_BACK)
            return f"You asked to go to {self._titles.get(step, step)}"
        return f"You {_COMMANDS.get(typed, f'typed {typed}')}"
