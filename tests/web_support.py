"""The site as a process of its own, and a real browser that looks at it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.cli_support import COMMAND

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"
)
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
_STARTS = "sevenstep is at "
expect.set_options(timeout=15_000)
PHONE: ViewportSize = {"width": 390, "height": 844}


class Server:
    """`sevenstep serve` with a data folder of its own; it can be killed and started again."""

    def __init__(self, folder: Path, *options: str, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._options = options
        self._env = {**os.environ, "XDG_DATA_HOME": str(folder), **(env or {})}
        self._port = "0"
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> Self:
        """Start it, at the address that it had before."""
        folder = self.folder / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "stderr.txt").open("a") as complaints:
            self._process = subprocess.Popen(
                [*COMMAND, "serve", "--port", self._port, *self._options],
                env=self._env,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith(_STARTS), (line, self.complaints())
        self.url = line.removeprefix(_STARTS).split()[0]
        self._port = self.url.rpartition(":")[2]
        return self

    def complaints(self) -> str:
        """What it wrote to standard error."""
        return (self.folder / "logs" / "stderr.txt").read_text()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        self._end(signal.SIGTERM)

    def _end(self, sign: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(sign)
        self._process.wait(20)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_QUIET))
        yield browser
        browser.close()


class Tab:
    """A tab with an interview, in the words of the tests."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def begin(self, query: str = "") -> str:
        """Begin an interview as it is offered; its id."""
        self.page.goto(f"{self.site}/{query}")
        self.page.get_by_role("button", name="Begin the interview").click()
        self.page.wait_for_url("**/room/*")
        self.hears(1)
        return self.page.url.rpartition("/")[2]

    def says(self, text: str) -> None:
        """Write an answer and send it with the keyboard."""
        self.page.get_by_label("Your answer").fill(text)
        self.page.keyboard.press("Control+Enter")

    def hears(self, times: int) -> None:
        """Wait until the interviewer has spoken so many times."""
        self.page.locator("article.interviewer:not(.speaking)").nth(times - 1).wait_for()

    def said(self) -> list[str]:
        """What the candidate has said, as it stands there."""
        return self.page.locator("article.candidate .text").all_inner_texts()

    def presses(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()
