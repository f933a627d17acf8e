"""What a turn costs in the browser's room when fifty people are interviewed at once.

Part of `make bench`, or `python -m evals.bench_web` alone. Three kinds of processes, as in life:
the recorded model, `sevenstep serve` with SQLite on disk, and here the clients, each with a page
and a socket of its own. A turn lasts from sending an answer until the room shows the whole reply
and takes the next answer. Its own time is what is left without the model's latency, which is
counted by the calls in the interview's events; the few milliseconds in which the recorded
server finds a reply, and the clients' own work, are not taken off.
"""

import asyncio
import contextlib
import html
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from agent.interview.events import Event
from agent.store.sql import SqlStore
from evals.bench_llm import LATENCY, recorded_server
from evals.recorded import Candidate, candidates
from evals.web_tab import Element, Tab, TabError, elements_of

AT_ONCE = 50
BOUND = 0.150
"""Seconds that a turn's own time stays below, at the 95th percentile."""
_THINKING = (2.0, 5.0)
_PLAYED = "netflix_strong"
_STARTS = "sevenstep is at "
_SEED = 7
_TAG = re.compile(r"<[^>]*>")


def main() -> None:
    """Print the figures."""
    (candidate,) = candidates([_PLAYED])
    with tempfile.TemporaryDirectory() as folder, recorded_server(LATENCY) as model:
        database = Path(folder) / "bench.db"
        with _site(model, database) as (url, process):
            alone = asyncio.run(_interviews(url, candidate, 1, (0.0, 0.0)))
            use = _Use(process)
            many = asyncio.run(_interviews(url, candidate, AT_ONCE, _THINKING, use))
        calls = asyncio.run(_calls(database, [*alone, *many]))
    print(f"One interview alone in the browser's room: {_told(_own(alone, calls))}")
    own = _own(many, calls)
    print(f"{AT_ONCE} interviews at once from clients of the site, {LATENCY} s a call: {len(own)}")
    print(f"  turns, {len(own) / use.seconds:.1f} a second; a turn's own time, without the model:")
    print(f"  {_told(own)}; bound of the 95th {BOUND * 1000:.0f} ms")
    print(f"  turns that failed, were lost or doubled: {sum(_wrong(one, candidate) for one in many)}")
    print(f"  the server: {use.share:.0%} of a core, {use.grown / AT_ONCE:.0f} kB an interview")
    for fault in sorted({one.fault for one in many if one.fault}):
        print(f"  {fault}")


@dataclass
class Played:
    """How an interview went for the one who gave it: seconds a turn, and what the room showed.

    `shown` is the conversation as it stood in the page, `again` after loading it once more,
    each as pairs of speaker and text.
    """

    interview: str = ""
    seconds: list[float] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)
    again: list[tuple[str, str]] = field(default_factory=list)
    fault: str = ""


class Visitor:
    """Someone who practises in a tab, by the elements that the pages have for it."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._composer = ""
        self._log = ""

    async def begin(self, scenario: str) -> str:
        """Begin an interview and wait for its first question; its id."""
        tab = self._tab
        await tab.open("/")
        await tab.fire(tab.find(lambda one: _props(one).get("value") == scenario), "change")
        await tab.fire(tab.find(lambda one: one.get("text") == "Begin the interview"), "click")
        await tab.until(lambda: tab.sent_to is not None, "beginning")
        assert tab.sent_to is not None
        room = tab.sent_to
        await tab.open(room)
        self._composer = tab.listening("send")
        self._log = tab.find(lambda one: _props(one).get("role") == "log")
        await tab.until(lambda: not self._is_busy and self._heard == 1, "the first question")
        return room.rpartition("/")[2]

    async def say(self, text: str) -> None:
        """Send an answer and wait for the whole reply."""
        before = self._heard
        message = {"key": secrets.token_hex(12), "text": text}
        await self._tab.fire(self._composer, "send", message)
        await self._tab.until(
            lambda: (not self._is_busy or self.is_over) and self._heard > before, "a reply"
        )

    async def report(self) -> None:
        """Wait for the grading and read the report that the room leads to."""
        await self._tab.until(lambda: self._tab.sent_to is not None, "the report")
        assert self._tab.sent_to is not None
        await self._tab.get(self._tab.sent_to)

    @property
    def is_over(self) -> bool:
        """Whether the interview takes no more answers."""
        return "hidden" in self._tab.elements[self._composer].get("class", ())

    def conversation(self) -> list[tuple[str, str]]:
        """Who said what, as it stands in the page."""
        return conversation(self._tab.elements, self._log)

    @property
    def _is_busy(self) -> bool:
        return bool(_props(self._tab.elements[self._composer]).get("busy"))

    @property
    def _heard(self) -> int:
        return sum(_is_turn(one, "interviewer") for one in self._tab.elements.values())


def conversation(elements: Mapping[str, Element], log: str) -> list[tuple[str, str]]:
    """Who said what in the element `log` of a page, from top to bottom; white space is one blank."""
    found = []
    for name in _below(elements, log):
        for who in ("interviewer", "candidate"):
            if _is_turn(elements[name], who):
                texts = [
                    html.unescape(_TAG.sub(" ", str(_props(elements[part])["innerHTML"])))
                    for part in _below(elements, name)
                    if "text" in elements[part].get("class", ())
                ]
                found.append((who, " ".join(" ".join(texts).split())))
    return found
