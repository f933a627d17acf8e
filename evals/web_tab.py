"""A tab at the site without a browser: NiceGUI's protocol, as its `nicegui.js` speaks it.

It holds the elements that a page consists of and sends events; it draws nothing and runs no
JavaScript. What is done on the pages stands in `evals.bench_web`.
"""

import ast
import asyncio
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import socketio

Element = dict[str, Any]
_ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
_QUERY = re.compile(r"^\s*query: (\{.*\}),$", re.MULTILINE)
# In the order in which the page undoes them.
_ESCAPED = (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&"))
_ACK_SECONDS = 3.0
_PATIENCE = 60.0


class TabError(Exception):
    """The page did not do what it should."""


class Tab:
    """One tab, which goes from page to page; `async with` closes it.

    `elements` is the page as it stands, by NiceGUI's ids. `http` may be shared by tabs.
    """

    def __init__(self, site: str, http: aiohttp.ClientSession) -> None:
        self.elements: dict[str, Element] = {}
        self.sent_to: str | None = None
        self.scripts: list[str] = []
        self._site = site
        self._http = http
        self._id = str(uuid.uuid4())
        self._client = ""
        self._next = 0
        self._news = asyncio.Event()
        self._lost: str | None = None
        self._socket: Any = None
        self._acking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def get(self, path: str) -> str:
        """The text at this path; raises TabError if there is none."""
        async with self._http.get(self._site + path) as response:
            text = await response.text()
            if response.status != 200:
                raise TabError(f"{path} answered with {response.status}")
            return text

    async def open(self, path: str) -> None:
        """Leave the page for the one at this path."""
        await self.leave()
        text = await self.get(path)
        self.elements = elements_of(text)
        given = _QUERY.search(text)
        if given is None:
            raise TabError(f"{path} is no page of NiceGUI's")
        query = ast.literal_eval(given[1])
        self._client, self._next = query["client_id"], query["next_message_id"]
        self.sent_to, self._lost = None, None
        self.scripts.clear()
        query |= {
            "implicit_handshake": "true",
            "document_id": str(uuid.uuid4()),
            "tab_id": self._id,
        }
        self._socket = socketio.AsyncClient(reconnection=False, http_session=self._http)
        self._socket.on("*", self._heard)
        self._socket.on("disconnect", self._cut)
        await self._socket.connect(
            f"{self._site}?{urlencode(query)}",
            headers={"Origin": self._site},
            transports=["websocket"],
            socketio_path="/_nicegui_ws/socket.io",
        )
        self._acking = asyncio.create_task(self._acks(self._next))

    async def leave(self) -> None:
        """Close the page, if one is open."""
        if self._acking is None:
            return
        self._acking.cancel()
        with suppress(asyncio.CancelledError):
            await self._acking
        self._acking = None
        await self._socket.disconnect()

    def find(self, test: Callable[[Element], bool]) -> str:
        """The id of the first element that passes; raises TabError if none does."""
        for name, element in self.elements.items():
            if test(element):
                return name
        raise TabError("the page lacks an element")

    def listening(self, event: str) -> str:
        """The id of the first element that listens to this event; raises TabError."""
        return self.find(lambda element: _listener(element, event) is not None)

    def below(self, name: str) -> Iterator[Element]:
        """The element and all that it holds, from top to bottom."""
        element = self.elements[name]
        yield element
        for child in element.get("children", ()):
            yield from self.below(str(child))

    async def fire(self, name: str, event: str, *arguments: object) -> None:
        """Let an element emit an event; raises TabError if it does not listen to it."""
        listener = _listener(self.elements[name], event)
        if listener is None:
            raise TabError(f"element {name} does not listen to {event}")
        message = {
            "id": int(name),
            "client_id": self._client,
            "listener_id": listener,
            "args": [json.dumps(one) for one in arguments],
        }
        await self._socket.emit("event", message)

    async def until(self, done: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
        """Wait until news make `done` true; raises TabError after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                while not done():
                    if self._lost is not None:
                        raise TabError(f"{what}: {self._lost}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise TabError(f"{what}: not within {patience:.0f} s") from error

    def _heard(self, kind: str, message: dict[str, Any]) -> None:
        number = message.pop("_id", None)
        if number is not None:
            if number < self._next:
                return
            self._next = number + 1
        match kind:
            case "update":
                for name, element in message.items():
                    if element is None:
                        self.elements.pop(name, None)
                    else:
                        self.elements[name] = element
            case "open":
                self.sent_to = message["path"]
            case "run_javascript":
                self.scripts.append(message["code"])
        self._news.set()

    def _cut(self, *_: object) -> None:
        self._lost = "the connection was lost"
        self._news.set()

    async def _acks(self, acked: int) -> None:
        while True:
            await asyncio.sleep(_ACK_SECONDS)
            if acked < self._next:
                acked = self._next
                await self._socket.emit(
                    "ack", {"client_id": self._client, "next_message_id": acked}
                )


def elements_of(page: str) -> dict[str, Element]:
    """The elements in the text of a page; raises TabError if there are none."""
    found = _ELEMENTS.search(page)
    if found is None:
        raise TabError("this is no page of NiceGUI's")
    raw = found[1]
    for escaped, plain in _ESCAPED:
        raw = raw.replace(escaped, plain)
    elements: dict[str, Element] = json.loads(raw)
    return elements


def _listener(element: Element, event: str) -> str | None:
    for one in element.get("events", ()):
        if one["type"] == event:
            return str(one["listener_id"])
    return None
