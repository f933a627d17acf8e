"""The plain pages and files of a grading: what comes in, what goes out, an answer's scorecard.

What a scorecard's page says is the business of `agent.report`.
"""

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from agent.errors import SevenstepError
from agent.report.bar import Bar
from agent.web.layout import PLACES, owner_of
from agent.web.reports import PRINT, refused
from agent.web.shown.grading_links import job_url, place_of, review_url
from agent.web.site import Site
from agent.web.work_routes import add_work_routes


def add(app: FastAPI, site: Site) -> None:
    """Add them to the site."""

    add_work_routes(
        app,
        "/grade",
        site.jobs,
        lambda job_id: ("Back to the answers", f"{job_url(job_id)}#results"),
    )

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
