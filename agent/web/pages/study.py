"""One measurement: its files, what is to be measured, how far it is, and its reports."""

import asyncio
import json
from pathlib import Path

from fastapi import FastAPI
from nicegui import background_tasks, ui

from agent.errors import InputError, SevenstepError
from agent.report import words
from agent.web.asking import deleted
from agent.web.layout import complain, frame, owner, told
from agent.web.pages.study_form import StudyForm
from agent.web.shelf import Shelf
from agent.web.shown.order_faults import order_fault
from agent.web.shown.study_words import FIELDS, state_of, title_of
from agent.web.site import Site
from agent.web.widgets import Words, box, button, link
from agent.web.work.records import WorkState
from agent.web.work.studies import Study
from agent.web.work_routes import add_work_routes


def add(site: Site, shelf: Shelf) -> None:
    """Add the page to the site."""

    @ui.page("/studies/{study_id}", response_timeout=30)
    @told(site)
    async def page(study_id: str) -> None:
        study = site.studies.get(owner(), study_id)
        offered = await site.offers.all()
        with frame(site, "Measurement", "/rubrics", "study"):
            view = _View(site, study, StudyForm(site, shelf, study, offered))
            await view.show()
        no_more = site.studies.listen(owner(), study_id, view.changed)
        ui.context.client.on_delete(no_more)


def add_files(app: FastAPI, site: Site) -> None:
    """Add the ways by which files come in and results go out."""

    add_work_routes(
        app,
        "/studies",
        site.studies,
        lambda study_id: ("Back to the measurement", f"/studies/{study_id}"),
    )


class _View:
    """One tab's picture of a study."""

    def __init__(self, site: Site, study: Study, form: StudyForm) -> None:
        self._site = site
        self._owner = owner()
        self._study = study
        self._form = form
        self._client = ui.context.client
        self._is_due = False
        self._shown: WorkState | None = None
        self._draw()

    def changed(self, study: Study) -> None:
        """Show the study as it is, soon: several changes at once are shown at once."""
        self._study = study
        if not self._is_due:
            self._is_due = True
            background_tasks.create(self.show())

    def _draw(self) -> None:
        self._title = Words("", "h1")
        Words(f"Made {words.moment(self._study.created_at)}", classes="muted")
        self._status = Words("", "p", "verdict").attributes(role="status")
        self._results = box("section", "results", aria_label="Results")
        self._form.draw()
        with box("p", "actions"):
            self._start = button("Measure", self._begin, "primary large")
            self._stop = button("Stop", self._end)
            button("Delete…", self._ask_delete, "quiet")
            link("All measurements", "/rubrics", "quiet")

    async def show(self) -> None:
        """Show the study as it is."""
        self._is_due = False
        if self._client.is_deleted:
            return
        study = self._study
        lead = await self._lead() if study.state is WorkState.done else ""
        with self._client:
            self._title.set_text(title_of(study))
            self._status.set_text(state_of(study))
            self._status.classes(
                add="fault" if study.state is WorkState.failed else "",
                remove="" if study.state is WorkState.failed else "fault",
            )
            self._stop.set_visibility(study.is_busy)
            self._start.set_visibility(not study.is_busy)
            self._start.set_text("Go on" if study.state is WorkState.stopped else "Measure")
            self._form.show(is_busy=study.is_busy)
            if study.state is not self._shown:
                self._shown = study.state
                self._show_results(lead)

    async def _lead(self) -> str:
        """What the reports say in short."""
        leads = []
        for name in self._downloads():
            if name.endswith(".json"):
                path = self._site.studies.output(self._owner, self._study.id, name)
                leads.append(await asyncio.to_thread(_outcome, path))
        return " ".join(leads)

    def _downloads(self) -> tuple[str, ...]:
        """The reports on what was ordered last."""
        order = self._study.order
        names = self._site.studies.downloads(self._owner, self._study.id)
        return tuple(name for name in names if order and name.startswith(f"{order.kind}."))

    def _show_results(self, lead: str) -> None:
        self._results.clear()
        names = self._downloads() if self._study.state is WorkState.done else ()
        self._results.set_visibility(bool(names))
        with self._results:
            Words("Result", "h2")
            Words(lead)
            with box("p", "actions"):
                for name in names:
                    href = f"/studies/{self._study.id}/results/{name}"
                    if name.endswith(".html"):
                        link("Open the report", href, "primary")
                    else:
                        link("All figures as JSON", href, "button", download=name)

    def _begin(self) -> None:
        try:
            self._site.studies.start(self._owner, self._study.id, self._form.order())
        except InputError as error:
            complain(order_fault(error, FIELDS))

    def _end(self) -> None:
        try:
            self._site.studies.stop(self._owner, self._study.id)
        except SevenstepError as error:
            complain(str(error))

    async def _ask_delete(self) -> None:
        if await deleted("measurement", self._site.studies, self._owner, self._study.id):
            ui.navigate.to("/rubrics")


def _outcome(path: Path) -> str:
    return str(json.loads(path.read_text(encoding="utf-8")).get("outcome", ""))
