"""Logging in and out with a password, and the guard that asks for it.

It answers /login and /logout itself; all else reaches the site as a logged-in user or not at
all. Passwords are neither kept nor logged.
"""

import logging
import re
from collections.abc import Callable
from ipaddress import IPv6Address, ip_network
from urllib.parse import parse_qsl, quote, urlencode

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import InputError, SevenstepError
from agent.web.access.attempts import Attempts
from agent.web.access.auth import Networks, Passwords, address, among
from agent.web.access.guards import owned
from agent.web.access.refusals import asks_for_a_page, login_page, refusal, respond
from agent.web.access.sessions import LASTS, Sessions
from agent.web.access.users import LONGEST, UsersFile, is_password, user_name

COOKIE = "sevenstep_login"
_AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MiB."""
_LONGEST_FORM = 32 * 1024
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_log = logging.getLogger(__name__)


def local_path(text: str) -> str:
    """A path on this site to go on to; anything that could lead elsewhere becomes "/"."""
    return text if _LOCAL_PATH.fullmatch(text) else "/"


def caller(scope: Scope, proxies: Networks) -> str:
    """The address that asks; a proxy that is trusted may say for whom it does.

    IPv6 addresses count by network of 64 bits, since one customer has as many as he likes.
    """
    peer = (scope.get("client") or ("",))[0]
    if among(peer, proxies):
        forwarded = HTTPConnection(scope).headers.getlist("x-forwarded-for")
        chain = [each.strip() for each in ",".join(forwarded).split(",")]
        foreign = [each for each in chain if address(each) and not among(each, proxies)]
        peer = foreign[-1] if foreign else peer
    known = address(peer)
    if isinstance(known, IPv6Address):
        return str(ip_network((known, 64), strict=False))
    return str(known or peer)


class PasswordGuard:
    """Lets logged-in users pass, each as owner of his own things."""

    def __init__(
        self, app: ASGIApp, plan: Passwords, *, secret: bytes, now: Callable[[], float]
    ) -> None:
        """`secret` signs the logins, `now` is a clock in seconds. Raises FileError."""
        self._app = app
        self._plan = plan
        self._now = now
        self._users = UsersFile(plan.users)
        self._sessions = Sessions(self._users, secret, now)
        self._attempts = Attempts()
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI app."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        token = HTTPConnection(scope).cookies.get(COOKIE, "")
        owner = self._owner(token)
        if scope["type"] == "http" and scope["path"] in ("/login", "/logout"):
            answer = await self._door(Request(scope, receive), token, owner)
        elif owner is None:
            answer = self._turned_away(scope)
        else:
            if scope["type"] == "websocket":
                receive, send = self._while_logged_in(token, receive, send)
            await self._app(owned(scope, owner), receive, send)
            return
        await respond(answer, scope, receive, send)

    def _owner(self, token: str) -> str | None:
        try:
            return self._sessions.owner(token) if token else None
        except SevenstepError as error:
            _log.error("nobody is logged in: %s", error)
            return None

    def _while_logged_in(self, token: str, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """The two ways of a websocket, closed at the first message after the login has ended.

        An open page sends one every few seconds.
        """
        ended = False

        async def received() -> Message:
            nonlocal ended
            message = await receive()
            if message["type"] != "websocket.receive" or self._owner(token) is not None:
                return message
            ended = True
            await send({"type": "websocket.close", "code": 1008})
            return {"type": "websocket.disconnect", "code": 1008}

        async def sent(message: Message) -> None:
            if not ended:
                await send(message)

        return received, sent

    def _turned_away(self, scope: Scope) -> Response:
        if not asks_for_a_page(scope):
            return refusal(scope, 401, "Not logged in", "Open the site in a browser and log in.")
        query = scope["query_string"].decode("latin-1")
        goal = f"{quote(scope['path'])}?{query}" if query else quote(scope["path"])
        return RedirectResponse(f"/login?{urlencode({'next': goal})}", 303)

    async def _door(self, request: Request, token: str, owner: str | None) -> Response:
        goal = local_path(request.query_params.get("next", "/"))
        path = request.scope["path"]  # not that of the URL, which Host has a part in
        match path, request.method:
            case "/login", "GET" | "HEAD":
                return login_page(goal) if owner is None else RedirectResponse(goal, 303)
            case "/login", "POST":
                return await self._log_in(request)
            case "/logout", "POST":
                self._sessions.end(token)
                answer = RedirectResponse("/login", 303)
                answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
                return answer
        allowed = "GET, POST" if path == "/login" else "POST"
        return PlainTextResponse("This method does nothing here.\n", 405, {"Allow": allowed})

    async def _log_in(self, request: Request) -> Response:
        form = await _form(request)
        goal, typed = local_path(form.get("next", "/")), form.get("name", "").strip()
        began = self._now()
        keys: tuple[str, ...] = (f"from {caller(request.scope, self._plan.proxies)}",)
        try:
            name = user_name(typed)
            keys = (*keys, f"as {name}")
        except InputError:
            name = ""
        wait = self._attempts.begin(keys, began)
        if wait:
            answer = login_page(goal, status=429, problem=_please_wait(wait), name=typed[:64])
            answer.headers["Retry-After"] = str(wait)
            return answer
        password = form.get("password", "")[: LONGEST + 1]
        try:
            known = self._users.hash_of(name)
            right = await to_thread.run_sync(is_password, password, known, limiter=self._limiter)
        except SevenstepError as error:
            _log.error("nobody can log in: %s", error)
            text = "Nobody can log in now; whoever runs this site finds the reason in its log."
            return login_page(goal, status=503, problem=text, name=typed[:64])
        if known is None or not right:
            text = "The name or the password is wrong."
            return login_page(goal, status=401, problem=text, name=typed[:64])
        self._attempts.forgive(keys, began)
        answer = RedirectResponse(goal, 303)
        answer.set_cookie(
            COOKIE,
            self._sessions.begin(name, known),
            max_age=LASTS,
            httponly=True,
            samesite="lax",
            secure=request.scope["scheme"] == "https" or self._plan.origin.startswith("https:"),
        )
        return answer


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; none if it is longer than a login can be."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _please_wait(seconds: int) -> str:
    minutes = -(-seconds // 60)
    time = f"{seconds} seconds" if seconds < 90 else f"{minutes} minutes"
    return f"Too many failed tries; wait {time}, then try again."
