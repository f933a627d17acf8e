"""A tab at the site without a browser: NiceGUI's protocol, as its `nicegui.js` speaks it.

It holds the elements that a page consists of and sends events; it draws nothing and runs no
JavaScript, but notes what it was told to run. What is done on the site's own pages stands in
`evals.web_visitor`.
"""

import ast
import asyncio
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import socketio  # type: ignore[import-untyped]

Element = dict[str, Any]
_ELEMENTS = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
_QUERY = re.compile(r"^\s*query: (\{.*\}),$", re.MULTILINE)
# In the order in which the page undoes them.
_ESCAPED = (("&#36;", "$"), ("&#96;", "`"), ("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&"))
_ACK_SECONDS = 3.0
_PATIENCE = 60.0


class PageError(Exception):
    """The page did not do what it should."""


class Tab:
    """One tab, which goes from page to page; `async with` closes it.

    `elements` is the page as it stands, by NiceGUI's ids. `http` may be shared by tabs.
    """

    def __init__(self, site: str, http: aiohttp.ClientSession) -> None:
        self.elements: dict[str, Element] = {}
        self._site = site
        self._http = http
        self._id = str(uuid.uuid4())
        self._client = ""
        self._next = 0
        self._news = asyncio.Event()
        self._lost = ""
        self._target: str | None = None
        self._scripts: list[str] = []
        self._socket: Any = None
        self._acking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.leave()

    async def get(self, path: str) -> str:
        """The text at this path; raises PageError if there is none."""
        async with self._http.get(self._site + path) as response:
            text = await response.text()
            if response.status != 200:
                raise PageError(f"{path} answered with {response.status}")
            return text

    async def open(self, path: str) -> None:
        """Leave the page for the one at this path; raises PageError if that is none."""
        await self.leave()
        text = await self.get(path)
        self.elements = elements_of(text)
        query = _query(text)
        self._client, self._next = query["client_id"], query["next_message_id"]
        self._target, self._lost = None, ""
        self._scripts.clear()
        query |= {
            "implicit_handshake": "true",
            "document_id": str(uuid.uuid4()),
            "tab_id": self._id,
        }
        # Like a browser's, it has a connection of its own: over one that was used for a page
        # before, uvicorn may take it for idle and close it.
        self._socket = socketio.AsyncClient(reconnection=False, request_timeout=_PATIENCE)
        self._socket.on("*", self._heard)
        self._socket.on("disconnect", self._cut)
        try:
            await self._socket.connect(
                f"{self._site}?{urlencode(query)}",
                headers={"Origin": self._site},
                transports=["websocket"],
                socketio_path="/_nicegui_ws/socket.io",
                wait_timeout=_PATIENCE,
            )
        except socketio.exceptions.SocketIOError as error:
            raise PageError(f"{path} could not be connected to: {error}") from error
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

    def find(self, value: str, prop: str = "") -> str:
        """The id of the first element with this text, or with this value of a property `prop`.

        Raises PageError if there is none.
        """
        for name, element in self.elements.items():
            if (element.get("props", {}).get(prop) if prop else element.get("text")) == value:
                return name
        raise PageError(f"no element has the {prop or 'text'} {value!r}")

    def listening(self, event: str) -> str:
        """The id of the first element that listens to this event; raises PageError."""
        for name, element in self.elements.items():
            if _listener(element, event):
                return name
        raise PageError(f"no element listens to {event}")

    async def fire(self, name: str, event: str, *arguments: object) -> None:
        """Let an element emit an event.

        Raises PageError if it does not listen to it, or the connection was lost.
        """
        listener = _listener(self.elements[name], event)
        if not listener:
            raise PageError(f"element {name} does not listen to {event}")
        message = {
            "id": int(name),
            "client_id": self._client,
            "listener_id": listener,
            "args": [json.dumps(one) for one in arguments],
        }
        try:
            await self._socket.emit("event", message)
        except socketio.exceptions.SocketIOError as error:
            raise PageError(f"no connection ({self._lost}) for {event}") from error

    def was_called(self, method: str, argument: str) -> bool:
        """Whether the page was told to call this method of an element with this argument."""
        call = f"{json.dumps(method)}, [{json.dumps(argument)}"
        return any(call in script for script in self._scripts)

    async def sent_on(self, what: str) -> str:
        """The path of the next page, once the server has sent the tab there; raises PageError."""
        await self.until(lambda: self._target is not None, what)
        return self._target or ""

    async def until(self, done: Callable[[], bool], what: str) -> None:
        """Wait until news make `done` true; raises PageError if it takes a minute."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not done():
                    if self._lost:
                        raise PageError(f"no connection ({self._lost}) before {what} came")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise PageError(f"{what} did not come within {_PATIENCE:.0f} seconds") from error

    def _heard(self, kind: str, message: dict[str, Any]) -> None:
        number = message.pop("_id", None)
        if number is not None:
            if number < self._next:
                return
            self._next = number + 1
        match kind:
            case "update":
                self.elements.update(message)
                for name in [name for name, element in message.items() if element is None]:
                    del self.elements[name]
            case "open":
                self._target = message["path"]
            case "run_javascript":
                self._scripts.append(message["code"])
        self._news.set()

    def _cut(self, why: str) -> None:
        self._lost = why
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
    """The elements in the text of a page; raises PageError if there are none."""
    found = _ELEMENTS.search(page)
    if found is None:
        raise PageError("this is no page of NiceGUI's")
    raw = found[1]
    for escaped, plain in _ESCAPED:
        raw = raw.replace(escaped, plain)
    elements: dict[str, Element] = json.loads(raw)
    return elements


def below(elements: Mapping[str, Element], name: str) -> Iterator[str]:
    """The ids of an element and of all that it holds, from top to bottom."""
    yield name
    for child in elements[name].get("children", ()):
        yield from below(elements, str(child))


def _query(page: str) -> dict[str, Any]:
    """What the page's socket is to say of itself; it stands there as Python would write it."""
    found = _QUERY.search(page)
    if found is None:
        raise PageError("the page does not say how to connect")
    query: dict[str, Any] = ast.literal_eval(found[1])
    return query


def _listener(element: Element, event: str) -> str:
    events = element.get("events", ())
    return next((str(one["listener_id"]) for one in events if one["type"] == event), "")
