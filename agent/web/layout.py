"""The frame of each page: header, navigation, the place of its content, and its errors."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

from fastapi import Request
from nicegui import ui

from agent.errors import SevenstepError
from agent.web.site import Site
from agent.web.widgets import Words, box, link

PLACES = (
    ("Practice", "/"),
    ("Progress", "/progress"),
    ("Grade", "/grade"),
    ("Rubrics", "/rubrics"),
)
_UNEXPECTED = "The server met an error that it did not expect; whoever runs it finds it in its log."
_log = logging.getLogger(__name__)
_P = ParamSpec("_P")


def owner() -> str:
    """Whose page this is; empty for the only user of a local server."""
    return owner_of(ui.context.client.request)


def owner_of(request: Request) -> str:
    """Who asks; empty for the only user of a local server."""
    named: str = getattr(request.state, "owner", "")
    return named


@contextmanager
def frame(site: Site, title: str, place: str = "", classes: str = "") -> Iterator[ui.element]:
    """A page with its header; `place` is the address of the entry that it belongs to."""
    ui.page_title(f"{title} · sevenstep")
    with (
        ui.header(fixed=False, wrap=False).classes("site"),
        box("nav", "bar-inner", aria_label="Site"),
    ):
        link("Skip to the content", "#content", "skip")
        link("sevenstep", "/", "brand")
        for shown, href in PLACES:
            link(shown, href, aria_current="page" if href == place else None)
        if site.has_users:
            with box("form", "who", method="post", action="/logout"):
                Words(owner(), "span", "muted")
                Words("Log out", "button", "quiet").attributes(type="submit")
    content = box("div", f"page {classes}".strip(), id="content", tabindex=-1)
    with content:
        yield content


def told(
    site: Site,
) -> Callable[[Callable[_P, Awaitable[None]]], Callable[_P, Awaitable[None]]]:
    """Wrap a page so that a mistake is told on a page of its own."""

    def wrap(page: Callable[_P, Awaitable[None]]) -> Callable[_P, Awaitable[None]]:
        @wraps(page)
        async def wrapped(*args: _P.args, **kwargs: _P.kwargs) -> None:
            try:
                await page(*args, **kwargs)
            except SevenstepError as error:
                _instead(site, 404, "Not found", "This cannot be shown", str(error))
            except Exception:
                # NiceGUI would show its words, which may name files of the server.
                _log.exception("a page failed")
                _instead(site, 500, "Error", "Something went wrong", _UNEXPECTED)

        return wrapped

    return wrap


def _instead(site: Site, status: int, title: str, heading: str, why: str) -> None:
    client = ui.context.client
    client.content.clear()
    client.status_code = status
    with client.content, frame(site, title):
        Words(heading, "h1")
        Words(why)
        link("Back to the start", "/", "primary")


def complain(text: str) -> None:
    """Tell of a mistake in a message that goes away."""
    ui.notify(
        text,
        type="negative",
        multi_line=True,
        close_button="Close",
        timeout=8000,
        position="top",  # at the bottom it would lie over the buttons of the room
    )
