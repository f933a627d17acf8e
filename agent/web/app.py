"""Puts the site together and serves it: pages, files, guards, and the work between requests."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.staticfiles import StaticFiles

from agent.errors import InputError
from agent.web import grade_routes, reports
from agent.web.access.auth import Auth
from agent.web.access.door import guarded
from agent.web.access.own_pages import only_own_pages
from agent.web.aside import serve_first
from agent.web.pages import grade, progress, room, rubrics, start, study
from agent.web.site import Site

_STATIC = Path(__file__).resolve().parent / "static"
_SWEEP_SECONDS = 5.0
_RECONNECT_SECONDS = 20.0
"""How long a tab that lost its connection is waited for before its page is forgotten."""
_SHUTDOWN_SECONDS = 3


def site_app(site: Site) -> FastAPI:
    """The whole site as an ASGI application, without its guards.

    NiceGUI knows one application in a process, so that this is to be called once.
    """
    only_own_pages()
    app = FastAPI(openapi_url=None, lifespan=lambda _: _alive(site))
    app.mount("/static", StaticFiles(directory=_STATIC))
    reports.add(app, site)
    study.add_files(app, site)
    grade_routes.add(app, site)
    for page in (start, room, progress, grade, rubrics):
        page.add(site)
    ui.add_head_html('<link rel="stylesheet" href="/static/site.css">', shared=True)
    # Quasar's bar at each request has no name, and our pages show what they are doing themselves.
    nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True
    ui.run_with(
        app,
        title="sevenstep",
        favicon=_STATIC / "icon.svg",
        dark=None,
        language="en-US",
        tailwind=False,
        reconnect_timeout=_RECONNECT_SECONDS,
        binding_refresh_interval=None,
        show_welcome_message=False,
    )
    return app


def serve(
    site: Site, plan: Auth, *, host: str, port: int, secret: bytes, ready: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C or SIGTERM. `ready` is told the address when it can be opened.

    Raises InputError if the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"{host}:{port} cannot be listened at ({error.strerror or error}); "
            "another program may use it: choose another --port"
        ) from error
    config = uvicorn.Config(
        guarded(site_app(site), plan, secret=secret),
        log_level="warning",
        # The guards have to see who really asks.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    server = uvicorn.Server(config)
    serve_first()
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{listening.getsockname()[1]}")
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


@asynccontextmanager
async def _alive(site: Site) -> AsyncIterator[None]:
    sweeping = asyncio.create_task(_sweep(site), name="sweep")
    site.jobs.resume_all()
    site.studies.resume_all()
    warming = asyncio.create_task(_warm(site), name="warm")
    try:
        yield
    finally:
        sweeping.cancel()
        warming.cancel()
        await asyncio.gather(site.rooms.close(), site.jobs.close(), site.studies.close())


async def _warm(site: Site) -> None:
    """Load what the first to come would wait for."""
    await asyncio.to_thread(import_module, "agent.llm.openai_chat")
    await site.offers.all()


async def _sweep(site: Site) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        await site.rooms.sweep(asyncio.get_running_loop().time())
