"""Puts the guards of a plan in front of the site."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp

from agent.web.access.auth import Auth, Local, Passwords
from agent.web.access.guards import (
    checked,
    foreign_origin,
    identified,
    proxy_user,
    with_headers,
    wrong_host,
)
from agent.web.access.login import PasswordGuard

LOCAL_USER = ""
"""The owner of what is done without a login."""


def guarded(
    app: ASGIApp, plan: Auth, *, secret: bytes, now: Callable[[], float] = time.time
) -> ASGIApp:
    """The site behind its guards: what reaches `app` has the user in `request.state.owner`.

    `secret` signs the logins. The server must leave `scope["client"]` alone (uvicorn:
    `proxy_headers=False`), since it tells proxies from others. Raises FileError if the file of
    users cannot be used.
    """
    inside: ASGIApp
    match plan:
        case Local():
            inside = checked(identified(app, lambda _: LOCAL_USER), foreign_origin(""))
            return with_headers(checked(inside, wrong_host))
        case Passwords():
            inside = PasswordGuard(app, plan, secret=secret, now=now)
        case _:
            inside = identified(app, proxy_user(plan))
    return with_headers(checked(inside, foreign_origin(plan.origin)))
