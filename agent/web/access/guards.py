"""Guards in front of the site, each an ASGI app around another: headers, Host, Origin, owner.

Each looks at HTTP and websocket requests and lets all else pass. Logging in with a password is
`agent.web.access.login`.
"""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import InputError
from agent.web.access.auth import ProxyHeader, among, host_name, is_loopback, is_own_origin
from agent.web.access.refusals import refusal, respond
from agent.web.access.users import user_name

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
Check = Callable[[Scope], Response | None]
Who = Callable[[Scope], str | Response]


def with_headers(app: ASGIApp) -> ASGIApp:
    """Every response has HEADERS, but what it says itself stands."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await app(scope, receive, dressed)

    return guard


def checked(app: ASGIApp, check: Check) -> ASGIApp:
    """What `check` has an answer to does not reach the app."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        answer = check(scope) if scope["type"] in ("http", "websocket") else None
        if answer is None:
            await app(scope, receive, send)
        else:
            await respond(answer, scope, receive, send)

    return guard


def wrong_host(scope: Scope) -> Response | None:
    """A refusal of a request that was not meant for this machine.

    A page elsewhere can have its own name point here (DNS rebinding); then it is this header
    alone that tells it from the user.
    """
    hosts = Headers(scope=scope).getlist("host")
    if len(hosts) == 1 and is_loopback(host_name(hosts[0])):
        return None
    text = "This site answers on this machine only: open it as http://localhost, with its port."
    return refusal(scope, 421, "Wrong address", text)


def foreign_origin(public: str) -> Check:
    """A check that refuses what a page of another site sends; `public` is our own origin or ""."""

    def check(scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if all(is_own_origin(each, host, public) for each in headers.getlist("origin")):
            return None
        text = (
            "The request came from a page of another site. If this site stands behind a proxy, "
            "whoever runs it starts it with --public-url and the address that browsers show."
        )
        return refusal(scope, 403, "Refused", text)

    return check


def owned(scope: Scope, owner: str) -> Scope:
    """The request as one of this user: `request.state.owner`."""
    return {**scope, "state": {**scope.get("state", {}), "owner": owner}}


def identified(app: ASGIApp, who: Who) -> ASGIApp:
    """Requests reach the app as those of whom `who` says, or are answered as it says."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        found = who(scope)
        if isinstance(found, str):
            await app(owned(scope, found), receive, send)
        else:
            await respond(found, scope, receive, send)

    return guard


def proxy_user(plan: ProxyHeader) -> Who:
    """The user whom a trusted proxy names; without the one or the other a refusal."""

    def who(scope: Scope) -> str | Response:
        peer = (scope.get("client") or ("",))[0]
        if not among(peer, plan.proxies):
            text = "This site is reached through its proxy only; use the address you were given."
            return refusal(scope, 403, "Not logged in", text)
        # Two values: the proxy has added its own to what the user had sent.
        names = Headers(scope=scope).getlist(plan.header)
        if len(names) != 1:
            text = "The proxy does not say who you are. Log in there, or tell whoever runs it."
            return refusal(scope, 403, "Not logged in", text)
        try:
            return user_name(names[0])
        except InputError as error:
            return refusal(scope, 403, "Not logged in", f"The name from the proxy: {error}.")

    return who
