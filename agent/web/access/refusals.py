"""What is answered before the site itself is reached: the page to log in, and refusals.

These pages are made without NiceGUI, since no script may run for who is not logged in.
"""

from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from agent.report import page

_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def refusal(scope: Scope, status: int, title: str, text: str) -> Response:
    """A refusal with its reason: a page for those who read pages, else one line."""
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return _page(status, title=title, problem=text)
    return PlainTextResponse(f"{title}. {text}\n", status, {"Cache-Control": "no-store"})


def login_page(goal: str, *, status: int = 200, problem: str = "", name: str = "") -> Response:
    """The page to log in, which leads on to `goal`; `problem` says what failed before."""
    return _page(status, title="Log in", problem=problem, form=True, goal=goal, name=name)


def asks_for_a_page(scope: Scope) -> bool:
    """Whether a browser asks for something to show in its window, and not for a part of it."""
    headers = Headers(scope=scope)
    return (
        scope["type"] == "http"
        and scope["method"] in ("GET", "HEAD")
        and not scope["path"].startswith("/_nicegui")
        and "text/html" in headers.get("accept", "")
        and headers.get("sec-fetch-dest", "document") == "document"
    )


async def respond(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response; a websocket is closed in its place, which servers answer with 403."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await response(scope, receive, send)


def _page(
    status: int, *, title: str, problem: str, form: bool = False, goal: str = "", name: str = ""
) -> Response:
    template = page.template("login.html.j2", Path(__file__).parent)
    html = template.render(title=title, problem=problem, form=form, goal=goal, name=name)
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": _CSP}
    return HTMLResponse(html, status, headers)
