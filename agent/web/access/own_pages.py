"""Lets a page's socket speak for the user who opened the page, and for nobody else.

NiceGUI takes whoever knows the id of a page for its tab. Ids cannot be guessed, but stand in the
addresses of sockets, and so in the logs of proxies.
"""

from collections.abc import Callable, Mapping
from inspect import isawaitable
from typing import Any
from urllib.parse import parse_qsl

from nicegui import Client, core
from socketio import exceptions as refusals  # type: ignore[import-untyped]

Handler = Callable[..., Any]


def only_own_pages() -> None:
    """Have what comes in over sockets checked; to be called once, when the site is made."""
    handlers: dict[str, Handler] = core.sio.handlers["/"]
    # With it a browser could write into the server's log what it likes.
    handlers.pop("log", None)
    for name in ("handshake", "event", "javascript_response", "ack"):
        handlers[name] = _checked(handlers[name])
    handlers["connect"] = _connecting(handlers["connect"])


def _checked(handler: Handler) -> Handler:
    async def handle(sid: str, message: object) -> object:
        named = message.get("client_id") if isinstance(message, dict) else None
        if not _is_own(core.sio.get_environ(sid), named):
            return False
        answer = handler(sid, message)
        return await answer if isawaitable(answer) else answer

    return handle


def _connecting(handler: Handler) -> Handler:
    async def connect(sid: str, environ: Mapping[str, Any], auth: object = None) -> object:
        named = dict(parse_qsl(environ.get("QUERY_STRING", ""))).get("client_id")
        if named is not None and not _is_own(environ, named):
            # In NiceGUI's words: its tabs load themselves again then, as after a restart.
            raise refusals.ConnectionRefusedError("Implicit handshake failed")
        return await handler(sid, environ, auth)

    return connect


def _is_own(environ: Mapping[str, Any] | None, client_id: object) -> bool:
    client = Client.instances.get(client_id) if isinstance(client_id, str) else None
    if client is None or environ is None:
        return False
    asks: object = environ["asgi.scope"].get("state", {}).get("owner")
    return asks == getattr(client.request.state, "owner", None)
