"""One grading: its files, what to grade against, what it takes, how far it is, its results."""

import asyncio
from collections.abc import Callable

from nicegui import background_tasks, ui

from agent.answer_rubric import AnswerRubric
from agent.catalog import DEFAULT_RUBRIC
from agent.errors import InputError, SevenstepError
from agent.report import words
from agent.web.asking import deleted
from agent.web.layout import complain, frame, owner, told
from agent.web.offers import Offer
from agent.web.pages.grading_files import Files
from agent.web.pages.grading_form import OrderForm
from agent.web.pages.grading_results import Answers
from agent.web.pairs import draw_pairs
from agent.web.shelf import AnyRubric, Shelf
from agent.web.shown import grading_words
from agent.web.shown.grading_links import Place, place_of
from agent.web.shown.order_faults import order_fault
from agent.web.site import Site
from agent.web.widgets import Words, box, button, link, set_attributes
from agent.web.work.jobs import GradingJob
from agent.web.work.orders import GradingOrder
from agent.web.work.records import WorkState

_SETTING_UP = (WorkState.collecting, WorkState.estimating, WorkState.ready)
_RUNNING = (WorkState.waiting, WorkState.running)


def add(site: Site) -> None:
    """Add the page to the site."""
    shelf = Shelf(site.library)

    @ui.page("/grade/{job_id}", response_timeout=30)
    @told(site)
    async def page(job_id: str, at: str = "", named: str = "", status: str = "") -> None:
        job = site.jobs.get(owner(), job_id)
        offered = await site.offers.all()
        rubrics = await asyncio.to_thread(_others, shelf)
        with frame(site, grading_words.title_of(job), "/grade", "wide grading"):
            view = _View(site, job, rubrics, offered, place_of(at, named, status))
            await view.show()
        no_more = site.jobs.listen(owner(), job_id, view.changed)
        ui.context.client.on_delete(no_more)


def _others(shelf: Shelf) -> dict[str, AnyRubric]:
    """The rubrics beside the seven steps; what is wrong with one is told on its own page."""
    found = {}
    for rubric_id in shelf.rubric_ids():
        try:
            found[rubric_id] = shelf.rubric(rubric_id)
        except InputError:
            continue
    found.pop(DEFAULT_RUBRIC, None)
    return found


class _View:
    """One tab's picture of a grading."""

    def __init__(
        self,
        site: Site,
        job: GradingJob,
        rubrics: dict[str, AnyRubric],
        offered: tuple[Offer, ...],
        place: Place,
    ) -> None:
        self._site = site
        self._owner = owner()
        self._job = job
        self._client = ui.context.client
        self._is_due = False
        self._ordered = job.order
        self._shown: WorkState | None = None
        self._draw(rubrics, offered, place)
        if job.order is not None:
            self._form.take(job.order)

    def changed(self, job: GradingJob) -> None:
        """Show the job as it is, soon: several changes at once are shown at once."""
        self._job = job
        if not self._is_due:
            self._is_due = True
            background_tasks.create(self.show())

    def _draw(
        self, rubrics: dict[str, AnyRubric], offered: tuple[Offer, ...], place: Place
    ) -> None:
        self._title = Words("", "h1")
        Words(f"Made {words.moment(self._job.created_at)}", classes="muted")
        self._state = Words("", "p", "verdict").attributes(role="status")
        with box("details", "setup") as self._setup:
            Words("Files and settings", "summary")
            self._files = Files(self._site, self._job.id)
            self._form = OrderForm(
                self._site.library.shelf,
                {name: one.title for name, one in rubrics.items()},
                frozenset(name for name, one in rubrics.items() if isinstance(one, AnswerRubric)),
                {one.id: one.title for one in self._site.library.scenarios()},
                offered,
                self._show_steps,
            )
        self._estimate = box("section", aria_label="Estimate")
        with box("section", "run", aria_label="Progress") as self._run:
            self._bar = box("progress", aria_label="Answers that are done")
            self._far = Words("")
        with box("p", "actions"):
            self._start = button("", self._begin, "primary large")
            self._reckon = button("Estimate", self._order, "large")
            self._stop = button("Stop", self._end)
            self._cost = Words("", "span", "muted")
        with box("section", "graded", id="results", aria_label="Results") as self._results:
            Words("Results", "h2")
            self._outcome = box("div")
            self._renew = button("Show what has come since", self._load)
            self._answers = Answers(self._site, self._job.id, place)
        with box("p", "actions"):
            link("All gradings", "/grade", "button")
            button("Delete…", self._ask_delete, "quiet")

    async def show(self) -> None:
        """Show the job as it is."""
        self._is_due = False
        if self._client.is_deleted:
            return
        job, is_new = self._job, self._job.state is not self._shown
        self._shown = job.state
        with self._client:
            self._title.set_text(grading_words.title_of(job))
            self._state.set_text(grading_words.state_of(job))
            is_failed = job.state is WorkState.failed
            self._state.classes(
                add="fault" if is_failed else "", remove="" if is_failed else "fault"
            )
            if job.state not in _RUNNING or is_new:
                self._show_files()
            self._show_run()
            self._show_steps()
            if is_new:
                self._show_parts()
            if is_new and job.state is not WorkState.estimating:
                await self._load()

    def _show_files(self) -> None:
        job = self._job
        files = self._site.jobs.files(self._owner, job.id)
        self._files.show(files, is_busy=job.is_busy)
        if job.order is not None and job.order != self._ordered:
            # Another tab's; what this one has ordered stands in its form.
            self._ordered = job.order
            if job.order != self._drafted():
                self._form.take(job.order)
        self._form.show([one.name for one in files], is_busy=job.is_busy)

    def _show_parts(self) -> None:
        job = self._job
        # Where it failed, the message mostly names a setting.
        is_open = job.state in (*_SETTING_UP, WorkState.failed)
        set_attributes(self._setup, open=is_open or None)
        self._results.set_visibility(job.outcome is not None or job.state in _RUNNING)
        self._renew.set_visibility(job.state is WorkState.running)
        self._outcome.set_visibility(job.outcome is not None and job.state not in _RUNNING)
        if job.outcome is not None:
            draw_pairs(grading_words.outcome_pairs(job.outcome, job.stale_reviews), self._outcome)

    def _show_run(self) -> None:
        job, progress = self._job, self._job.progress
        is_running = job.state in _RUNNING
        has_run = progress is not None and job.state not in _SETTING_UP
        self._run.set_visibility(is_running or has_run)
        if progress is not None:
            set_attributes(self._bar, max=max(1, progress.total), value=progress.done)
            self._far.set_text(grading_words.progress_of(progress))
        else:
            set_attributes(self._bar, max=None, value=None)
            self._far.set_text("Reading the answers; how many are done is told in a moment.")

    def _show_steps(self) -> None:
        """What can be done next, also after a change in the form."""
        job = self._job
        is_same = job.order is not None and job.order == self._drafted()
        next_step = grading_words.next_step(job) if is_same else ""
        self._start.set_visibility(bool(next_step))
        self._start.set_text(next_step)
        may_estimate = grading_words.may_estimate(job, is_same=is_same)
        self._reckon.set_visibility(may_estimate)
        self._reckon.attributes(disabled=job.files == 0)
        kind = ("", "primary") if next_step else ("primary", "")
        self._reckon.classes(add=kind[0], remove=kind[1])
        self._stop.set_visibility(job.is_busy)
        self._cost.set_text(grading_words.hint(job) if may_estimate else "")
        is_told = job.state is WorkState.ready and is_same
        self._estimate.set_visibility(is_told)
        if job.estimate is not None and is_told:
            draw_pairs(grading_words.estimate_pairs(job.estimate), self._estimate)
            self._cost.set_text(f"Cost: {grading_words.cost_of(job.estimate)}")

    async def _load(self) -> None:
        if self._results.visible:
            await self._answers.load()

    def _drafted(self) -> GradingOrder | None:
        try:
            return self._form.order()
        except InputError:
            return None  # what is wrong with it is told when it is ordered

    def _order(self) -> None:
        try:
            self._site.jobs.estimate(self._owner, self._job.id, self._form.order())
        except InputError as error:
            complain(order_fault(error, grading_words.FIELDS))

    def _begin(self) -> None:
        self._try(self._site.jobs.start)

    def _end(self) -> None:
        self._try(self._site.jobs.stop)

    def _try(self, act: Callable[[str, str], object]) -> None:
        try:
            act(self._owner, self._job.id)
        except SevenstepError as error:
            complain(str(error))

    async def _ask_delete(self) -> None:
        if await deleted("grading", self._site.jobs, self._owner, self._job.id):
            ui.navigate.to("/grade")
