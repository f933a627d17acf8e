"""The ways by which the files of gradings and measurements come in, and their results go out."""

import asyncio
from collections.abc import Callable
from functools import partial

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response

from agent.errors import SevenstepError
from agent.web.dropzone import taken
from agent.web.layout import owner_of
from agent.web.reports import refused, saved_page
from agent.web.work.jobs import Jobs
from agent.web.work.studies import Studies
from agent.web.work.uploads import Quota


def add_work_routes(
    app: FastAPI, place: str, desk: Jobs | Studies, back: Callable[[str], tuple[str, str]]
) -> None:
    """Add them below `place`; `back` gives a saved page's way back, as title and address."""

    @app.put(place + "/{work_id}/files/{name}")
    async def upload(request: Request, work_id: str, name: str) -> Response:
        take = partial(desk.upload, owner_of(request), work_id, name)
        return await taken(request, take, most=Quota().file_bytes)

    @app.get(place + "/{work_id}/results/{name:path}")
    async def result(request: Request, work_id: str, name: str) -> Response:
        try:
            path = desk.output(owner_of(request), work_id, name)
        except SevenstepError as error:
            return refused(str(error))
        if path.suffix == ".html":
            return await asyncio.to_thread(saved_page, path, back(work_id))
        return FileResponse(path, filename=f"sevenstep-{path.name}")
