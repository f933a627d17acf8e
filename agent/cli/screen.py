"""What is printed in the terminal during an interview. It decides nothing."""

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

if TYPE_CHECKING:
    from agent.interview.session import Session


class Screen:
    """The terminal, or whatever standard output is."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @property
    def is_interactive(self) -> bool:
        """Whether a person sits at both ends."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()

    def tell(self, message: str) -> None:
        """A line of the program's own."""
        self.console.print(Text(message, style="dim"))

    def hear(self, piece: str) -> None:
        """Words of the interviewer."""
        self.console.print()
        self.console.print(Text("Interviewer", style="bold cyan"))
        self.console.print(Padding(Text(piece), (0, 0, 0, 2)))
        self.console.print()

    def candidate(self, text: str) -> None:
        """Words of a scripted candidate."""
        self.console.print(Text("Candidate", style="bold green"))
        self.console.print(Padding(Text(text), (0, 0, 0, 2)))

    def repeat_last_question(self, session: "Session") -> None:
        """Show the open question again after a resumption."""
        self.hear(session.state.turns[-1].text)
