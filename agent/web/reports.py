"""The reports of interviews: shown with the site's bar, and as files to keep.

What stands in a report is the business of `agent.report`.
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from agent.engines import rubric_and_scenario
from agent.errors import InputError, SevenstepError
from agent.interview.session import record_of
from agent.record import InterviewRecord
from agent.report.bar import Bar, barred
from agent.report.html import render_html
from agent.report.markdown import render_markdown
from agent.report.page import template
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.web.aside import aside
from agent.web.layout import PLACES, owner_of
from agent.web.rooms import owned_events
from agent.web.site import Site

PRINT = "/static/print.js"
_FORMS: dict[str, tuple[str, Callable[[InterviewRecord, Rubric, Scenario], str]]] = {
    "html": ("text/html", render_html),
    "md": ("text/markdown", render_markdown),
    "json": ("application/json", lambda record, *_: record.model_dump_json(indent=2)),
}
_DOWNLOADS = (("HTML", "html"), ("Markdown", "md"), ("JSON", "json"))


def add(app: FastAPI, site: Site) -> None:
    """Add the reports to the site."""

    @app.get("/interviews/{interview}/report")
    async def shown(request: Request, interview: str) -> Response:
        try:
            record, rubric, scenario = await _read(site, owner_of(request), interview)
        except SevenstepError as error:
            return refused(str(error))
        bar = _bar(record)
        page = await aside(render_html, record, rubric, scenario, bar)
        return HTMLResponse(page)

    @app.get("/interviews/{interview}/report.{form}")
    async def kept(request: Request, interview: str, form: str) -> Response:
        try:
            if form not in _FORMS:
                raise InputError(f"there is no form {form!r}; take {', '.join(_FORMS)}")
            record, rubric, scenario = await _read(site, owner_of(request), interview)
        except SevenstepError as error:
            return refused(str(error))
        kind, render = _FORMS[form]
        text = await aside(render, record, rubric, scenario)
        name = f"sevenstep-{record.scenario}-{record.interview}.{form}"
        return Response(
            text,
            media_type=kind,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def saved_page(path: Path, back: tuple[str, str]) -> HTMLResponse:
    """A page that a grading or a measurement has saved, with a bar that leads back."""
    bar = Bar(home="/", links=(*PLACES, back))
    return HTMLResponse(barred(path.read_text(encoding="utf-8"), bar))


def refused(why: str) -> HTMLResponse:
    """A page that says why something cannot be shown."""
    page = template("refusal.html.j2").render(bar=Bar(home="/", links=PLACES), why=why)
    return HTMLResponse(page, status_code=404)


def _bar(record: InterviewRecord) -> Bar:
    def drill(step: str) -> str:
        return "/?" + urlencode({"scenario": record.scenario, "steps": step})

    place = f"/interviews/{record.interview}/report"
    return Bar(
        home="/",
        links=PLACES,
        downloads=tuple((label, f"{place}.{form}") for label, form in _DOWNLOADS),
        drill=drill,
        script=PRINT,
    )


async def _read(site: Site, owner: str, interview: str) -> tuple[InterviewRecord, Rubric, Scenario]:
    first, events = await owned_events(site.store, owner, interview)
    rubric, scenario = rubric_and_scenario(first, site.library)
    return await aside(record_of, scenario, events), rubric, scenario
