"""How the time of an interview passes: by the wall, or by the words of a script.

A clock only measures. What a budget is stands in `agent.interview.plan`, what follows when it
is used up in `agent.interview.policy`.
"""

import time
from datetime import UTC, datetime
from typing import Protocol

from agent.diagram import prose

WORDS_PER_MINUTE = 150.0
"""An ordinary pace of spoken English; a script has no other measure of time."""

_SECONDS_PER_TURN = 4.0


class Clock(Protocol):
    """Measures seconds from an arbitrary zero, and tells the date for the record."""

    def seconds(self) -> float: ...

    def now(self) -> datetime: ...

    def spoken(self, text: str) -> None:
        """The candidate has said this: a clock that runs on words moves on."""


class WallClock:
    """Real time."""

    def seconds(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    def spoken(self, text: str) -> None:
        """Real time passes by itself."""


class ScriptClock:
    """Time that passes as the words of a script would take to say, the same in every run."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def seconds(self) -> float:
        """Seconds of speech so far."""
        return self._seconds

    def now(self) -> datetime:
        """The present moment in UTC: the record tells when a script was really played."""
        return datetime.now(UTC)

    def spoken(self, text: str) -> None:
        """Move on by the time it takes to say `text` at 150 words a minute, and to answer.

        A diagram is drawn while one speaks.
        """
        self._seconds += len(prose(text).split()) / WORDS_PER_MINUTE * 60 + _SECONDS_PER_TURN


class Stopwatch:
    """Active seconds of an interview: a clock's time with the pauses taken out.

    `base` is the active time already spent, as read from the stored events. Time between
    a crash and the resumption does not count.
    """

    def __init__(self, clock: Clock, base: float = 0.0, *, running: bool = True) -> None:
        self._clock = clock
        self._base = base
        self._since: float | None = clock.seconds() if running else None

    def read(self) -> float:
        """Active seconds, to the millisecond, never less than before."""
        running = 0.0 if self._since is None else self._clock.seconds() - self._since
        return round(self._base + max(0.0, running), 3)

    def pause(self) -> None:
        """Stop; stopping twice changes nothing."""
        self._base, self._since = self.read(), None

    def resume(self) -> None:
        """Run again; does nothing while running."""
        if self._since is None:
            self._since = self._clock.seconds()
