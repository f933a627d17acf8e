"""A `sevenstep` at a pseudo-terminal: presses keys, and reads what stands on the screen."""

import os
import re
from collections.abc import Callable
from typing import Any

import pexpect  # type: ignore[import-untyped]

from tests.cli_support import COMMAND

CTRL_C, ENTER, ALT_ENTER = "\x03", "\r", "\x1b\r"
PROMPT = "\x1b[?2004h"  # a prompt switches bracketed paste on when it is ready
SENDS = "Alt-Enter, or a backslash"
READY = "›"
Open = Callable[..., "Terminal"]


class Terminal:
    """A `sevenstep` at a pseudo-terminal."""

    def __init__(self, *args: str, columns: int = 80) -> None:
        env = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        for size in ("COLUMNS", "LINES"):
            env.pop(size, None)
        self.child: Any = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *args],
            dimensions=(24, columns),
            encoding="utf-8",
            timeout=10,
            env=env,
        )

    def sees(self, text: str) -> str:
        """Wait for a text; what came before it, without what steers the terminal."""
        self.child.expect_exact(text)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.child.before)

    def types(self, text: str) -> None:
        """Press these keys."""
        self.child.send(text)

    def ends(self) -> int:
        """Wait for the end of the program; its exit code."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus)
