"""The ways by which a grading's files come in and its results go out.

What a scorecard's page says is the business of `agent.report`.
"""

import asyncio
from functools import partial

from fastapi import FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from agent.errors import SevenstepError
from agent.report.bar import Bar
from agent.web.dropzone import taken
from agent.web.layout import PLACES
from agent.web.reports import PRINT, owner_of, refused, saved_page
from agent.web.shown.grading_links import job_url, place_of, review_url
from agent.web.site import Site
from agent.web.work.uploads import Quota


def add(app: FastAPI, site: Site) -> None:
    """Add them to the site."""

    @app.put("/grade/{job_id}/files/{name}")
    async def upload(request: Request, job_id: str, name: str) -> Response:
        take = partial(site.jobs.upload, owner_of(request), job_id, name)
        return await taken(request, take, most=Quota().file_bytes)

    @app.get("/grade/{job_id}/results/{name:path}")
    async def result(request: Request, job_id: str, name: str) -> Response:
        try:
            path = site.jobs.output(owner_of(request), job_id, name)
        except SevenstepError as error:
            return refused(str(error))
        if path.suffix == ".html":
            back = ("Back to the answers", f"{job_url(job_id)}#results")
            return await asyncio.to_thread(saved_page, path, back)
        return FileResponse(path, filename=f"sevenstep-{path.name}")

    @app.get("/grade/{job_id}/answer")
    async def scorecard(
        request: Request,
        job_id: str,
        answer: str = "",
        at: str = "",
        named: str = "",
        status: str = "",
    ) -> Response:
        place = place_of(at, named, status)
        bar = Bar(
            home="/",
            links=(
                *PLACES,
                ("Back to the answers", job_url(job_id, place)),
                ("Override a level", review_url(job_id, answer, place)),
            ),
            script=PRINT,
        )
        try:
            page = await site.jobs.answer_page(owner_of(request), job_id, answer, bar)
        except SevenstepError as error:
            return refused(str(error))
        return HTMLResponse(page)
