"""Someone who practises at the site, by the elements that its pages have for it.

How a page is had and its events are sent is the business of `evals.web_tab`.
"""

import html
import re
import secrets
from collections.abc import Mapping

from evals.web_tab import Element, PageError, Tab, below

Said = list[tuple[str, str]]
"""Who said what: "interviewer" or "candidate", and the text with single blanks."""
_TAG = re.compile(r"<[^>]*>")
_SPEAKERS = ("interviewer", "candidate")


class Visitor:
    """One candidate with a tab of his own."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._composer = ""

    async def begin(self, scenario: str) -> str:
        """Begin an interview and wait for its first question; its id."""
        tab = self._tab
        await tab.open("/")
        await tab.fire(tab.find(scenario, "value"), "change")
        await tab.fire(tab.find("Begin the interview"), "click")
        room = await tab.sent_on("the room")
        await tab.open(room)
        self._composer = tab.listening("send")
        await tab.until(lambda: self._is_ready(1), "the first question")
        return room.rpartition("/")[2]

    async def say(self, text: str) -> None:
        """Send an answer and wait for the whole reply; raises PageError."""
        replies = self._replies + 1
        key = secrets.token_hex(12)
        await self._tab.fire(self._composer, "send", {"key": key, "text": text})
        await self._tab.until(lambda: self._is_ready(replies), "a reply")
        if not self._tab.was_called("accepted", key):
            raise PageError("an answer was not accepted")

    async def read_report(self) -> None:
        """Wait until the interview is graded, and read its report; raises PageError."""
        await self._tab.get(await self._tab.sent_on("the report"))

    @property
    def is_over(self) -> bool:
        """Whether no more answers are taken."""
        return "hidden" in self._tab.elements[self._composer].get("class", ())

    def conversation(self) -> Said:
        """The conversation as it stands in the tab."""
        return conversation(self._tab.elements)

    def _is_ready(self, replies: int) -> bool:
        composer = self._tab.elements[self._composer]
        return (self.is_over or not composer["props"].get("busy")) and self._replies >= replies

    @property
    def _replies(self) -> int:
        turns = self._tab.elements.values()
        return sum(_speaker(one) == "interviewer" for one in turns)


def conversation(elements: Mapping[str, Element]) -> Said:
    """The conversation in a room's page, from top to bottom."""
    return [
        (speaker, _text(elements, name))
        for name in below(elements, "0")
        if (speaker := _speaker(elements[name]))
    ]


def _speaker(element: Element) -> str:
    """Whose turn the element is, or ""; what is still being said is no turn."""
    if element["tag"] != "article" or "id" not in element.get("props", ()):
        return ""
    return next((who for who in _SPEAKERS if who in element["class"]), "")


def _text(elements: Mapping[str, Element], name: str) -> str:
    shown = [
        html.unescape(_TAG.sub(" ", elements[part]["props"]["innerHTML"]))
        for part in below(elements, name)
        if "text" in elements[part].get("class", ())
    ]
    return " ".join(" ".join(shown).split())
