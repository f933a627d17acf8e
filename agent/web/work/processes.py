"""Processes that are run a few at a time, told of line by line, and stopped in order.

What they are, and what their lines mean, is the business of those who start them.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LONGEST_LINE = 4_000_000
_GRACE = 10.0
"""Seconds for a process to end by itself when the server does."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative: a signal's number), its last words if any."""

    code: int
    last: str = ""

    def told(self, what: str) -> str:
        """A line on an end that the process itself said nothing about."""
        why = f"signal {-self.code}" if self.code < 0 else f"exit code {self.code}"
        words = f"; its last words: {self.last}" if self.last else ""
        return f"the process {what} ended before its time ({why}){words}"


class Child:
    """One process. It waits for its turn among others in `lane`, runs, and can be stopped.

    `out` and `err` are called with each line. Standard input stays open until the end, so that
    the process can tell that its server is gone.
    """

    def __init__(
        self,
        lane: asyncio.Semaphore,
        command: Sequence[str],
        *,
        out: Callable[[str], None],
        err: Callable[[str], None] = lambda _: None,
        begun: Callable[[], None] = lambda: None,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._lane = lane
        self._command = command
        self._out = out
        self._err = err
        self._begun = begun
        self._folder = folder
        self._environment = dict(os.environ if environment is None else environment)
        self._process: asyncio.subprocess.Process | None = None
        self._last = ""
        self.was_stopped = False

    @property
    def is_waiting(self) -> bool:
        """Whether its turn has not come yet."""
        return self._process is None

    async def run(self) -> Ended:
        """Wait for the turn, and run to the end. To be cancelled is to be killed.

        Raises OSError if the process cannot be started.
        """
        async with self._lane:
            # In a session of its own, since Ctrl-C in the server's terminal is no stop by a user.
            process = self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self._folder,
                env=self._environment,
                start_new_session=True,
                limit=_LONGEST_LINE,
            )
            try:
                self._begun()
                await asyncio.gather(
                    _told(process.stdout, self._out), _told(process.stderr, self._heard)
                )
                return Ended(await process.wait(), self._last)
            finally:
                self.kill()
                await process.wait()
                _close(process)

    def stop(self) -> None:
        """Ask the process to end in order; to ask again makes it hurry."""
        self.was_stopped = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it at once, if it is still there."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def close(self, work: "asyncio.Task[None]") -> None:
        """The server ends: let go of the process and wait until `work`, which runs it, is done."""
        if self._process is None:
            work.cancel()
        else:
            _close(self._process)
        done, _ = await asyncio.wait((work,), timeout=_GRACE)
        if not done:
            self.kill()
            await asyncio.wait((work,))

    def _heard(self, line: str) -> None:
        self._last = line
        self._err(line)


def _close(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


async def _told(stream: asyncio.StreamReader | None, told: Callable[[str], None]) -> None:
    assert stream is not None
    while line := await stream.readline():
        if text := line.decode(errors="replace").strip():
            told(text)
