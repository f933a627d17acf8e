"""What is printed in the terminal during an interview. It decides nothing."""

import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.rule import Rule
from rich.status import Status
from rich.text import Text

from agent.interview.plan import Pace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.interview.plan import Plan
    from agent.interview.session import Session

_WIDEST = 100
_NARROWEST = 20
_INDENT = "  "


class Screen:
    """The terminal, or whatever standard output is."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._session: Session | None = None
        self._plan: Plan | None = None
        self._step: str | None = None
        self._utterance = -1
        self._is_gap = True
        self._column = 0
        self._status: Status | None = None

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at both ends."""
        ends = (sys.stdin, sys.stdout)
        return all(end is not None and not end.closed and end.isatty() for end in ends)

    @property
    def has_heard(self) -> bool:
        """Whether the interviewer has said anything here yet."""
        return self._utterance >= 0

    def announce(self, plan: "Plan", engine: str) -> None:
        """Say what kind of interview begins, before its first question."""
        self._plan = plan
        options = plan.options
        steps = len(plan.steps())
        length = (
            "no clock"
            if options.pace is Pace.relaxed
            else _counted(f"{plan.total_minutes():g}", "minute")
        )
        level = f"{options.level.value} level"
        self.gap()
        self._print(Text(plan.scenario.title, style="bold"))
        self.tell(f"{level}, {_counted(steps, 'step')}, {length}, interviewer: {engine}")

    def follow(self, session: "Session") -> None:
        """Show the steps of this session from now on."""
        self._session, self._plan = session, session.plan

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Show that something is on its way, until words come or the work is done."""
        if not self.is_interactive:
            yield
            return
        self._status = self.console.status("", spinner="dots")
        self._status.start()
        try:
            yield
        finally:
            self._came()

    def gap(self) -> None:
        """An empty line, unless the last one is empty."""
        self._end_line()
        if not self._is_gap:
            self.console.print()
        self._is_gap = True

    def typed(self, text: str | None = "…") -> None:
        """What the person typed stands in the last line."""
        self._is_gap = not text

    def tell(self, message: str, style: str = "dim") -> None:
        """A message of the program's own."""
        for line in self._wrapped(message, 0) or [""]:
            self._print(Text(line, style=style))

    def table(self, rows: "Iterable[tuple[str, str]]") -> None:
        """Names with explanations, in two columns."""
        rows = list(rows)
        wide = max(len(name) for name, _ in rows) + 2
        if self.console.width < wide + _NARROWEST + 4:
            for name, what in rows:
                self.tell(name)
                for line in self._wrapped(what, len(_INDENT)):
                    self.tell(_INDENT + line)
            return
        for name, what in rows:
            lines = self._wrapped(what, wide)
            for at, line in enumerate(lines):
                self.tell((name if at == 0 else "").ljust(wide) + line)

    def hear(self, piece: str) -> None:
        """Words of the interviewer, in one piece or in several that follow each other."""
        self._came()
        said = len(self._session.state.turns) if self._session else 0
        if said != self._utterance:
            self._utterance = said
            self._step_header()
            self.gap()
            self._print(Text("Interviewer", style="bold cyan"))
        self._flow(piece)

    def candidate(self, text: str) -> None:
        """Words of a scripted candidate."""
        self.gap()
        self._print(Text("Candidate", style="bold green"))
        self._say(text.strip("\n"))

    def repeat_last_question(self, session: "Session") -> None:
        """Show the open question again."""
        self.follow(session)
        self._utterance = -1
        self.hear(session.state.turns[-1].text)

    def _came(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _flow(self, piece: str) -> None:
        """Print words behind those of the last piece, with a new line where they need one."""
        width = max(_NARROWEST, min(self.console.width, _WIDEST))
        for at, line in enumerate(piece.split("\n")):
            if at and self._column:
                self._end_line()
            elif at:
                self.console.print()
            for word in _printable(line).split():
                if self._column and self._column + 1 + cell_len(word) > width:
                    self._end_line()
                before = " " if self._column else _INDENT
                self.console.print(Text(before + word), end="", soft_wrap=True)
                self._column += cell_len(before + word)
                self._is_gap = False

    def _end_line(self) -> None:
        if self._column:
            self.console.print()
            self._column = 0

    def _step_header(self) -> None:
        if self._plan is None:
            return
        steps = self._plan.steps()
        step_id = self._session.state.step if self._session else steps[0].id
        if step_id == self._step or (self._session and self._session.state.ended):
            return
        self._step = step_id
        for at, step in enumerate(steps, start=1):
            if step.id == step_id:
                budget = (
                    _counted(self._plan.turns(step.id), "turn")
                    if self._plan.options.pace is Pace.relaxed
                    else f"{self._plan.seconds(step.id) / 60:.2g} min"
                )
                self.gap()
                title = f"{at}/{len(steps)} {step.title} · {budget}"
                self._end_line()
                self.console.print(Rule(Text(title, style="bold"), align="left", style="dim"))
                self._is_gap = False

    def _say(self, text: str) -> None:
        for paragraph in text.splitlines():
            for line in self._wrapped(_printable(paragraph), len(_INDENT)) or [""]:
                self._print(Text(f"{_INDENT}{line}".rstrip()))

    def _wrapped(self, text: str, indent: int) -> list[str]:
        width = max(_NARROWEST, min(self.console.width, _WIDEST) - indent)
        return [line.plain.rstrip() for line in Text(text).wrap(self.console, width)]

    def _print(self, text: Text) -> None:
        self._end_line()
        self.console.print(text)
        self._is_gap = not text.plain.strip()


def _counted(number: object, noun: str) -> str:
    return f"{number} {noun}" if str(number) == "1" else f"{number} {noun}s"


def _printable(text: str) -> str:
    """The text without what would steer the terminal."""
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in text.rstrip())
