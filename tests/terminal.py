"""A `sevenstep` at a pseudo-terminal: presses keys, and reads what stands on the screen."""

import os
import pty
import re
import termios
from collections.abc import Callable
from typing import Any

import pexpect  # type: ignore[import-untyped]
from pexpect.fdpexpect import fdspawn  # type: ignore[import-untyped]

from tests.forked import forked

CTRL_C, ENTER, ALT_ENTER = "\x03", "\r", "\x1b\r"
PROMPT = "\x1b[?2004h"  # a prompt switches bracketed paste on when it is ready
SENDS = "Alt-Enter, or a backslash"
READY = "›"
_SECONDS = 10
Open = Callable[..., "Terminal"]


class Terminal:
    """A `sevenstep` at a pseudo-terminal."""

    def __init__(self, *args: str, columns: int = 80) -> None:
        env = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        for size in ("COLUMNS", "LINES"):
            env.pop(size, None)
        ours, its = pty.openpty()
        self._screen: Any = fdspawn(ours, encoding="utf-8", timeout=_SECONDS)
        self.widens(columns)
        self._process = forked(*args, end=its, env=env)
        os.close(its)

    def sees(self, text: str) -> str:
        """Wait for a text; what came before it, without what steers the terminal."""
        self._screen.expect_exact(text)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._screen.before)

    def types(self, text: str) -> None:
        """Press these keys."""
        self._screen.send(text)

    def widens(self, columns: int) -> None:
        """Make the window so wide."""
        termios.tcsetwinsize(self._screen.fileno(), (24, columns))

    def ends(self) -> int:
        """Wait for the end of the program; its exit code."""
        self._screen.expect(pexpect.EOF)
        self._process.join(_SECONDS)
        code = self._process.exitcode
        self.close()
        assert code is not None
        return code

    def close(self) -> None:
        """Close the window, and end what does not end by that."""
        if not self._screen.closed:
            self._screen.close()
            self._process.join(1)
            self._process.kill()
            self._process.join()
