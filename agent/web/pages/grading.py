"""One grading: its files, what to grade against, what it takes, how far it is, its results."""

import asyncio

from nicegui import background_tasks, ui

from agent.answer_rubric import AnswerRubric
from agent.catalog import DEFAULT_RUBRIC
from agent.errors import InputError, SevenstepError
from agent.report import words
from agent.web import grading_words
from agent.web.asking import is_sure
from agent.web.grading_links import Place, place_of
from agent.web.jobs import GradingJob
from agent.web.layout import complain, frame, owner, told
from agent.web.offers import Offer, offers
from agent.web.pages.grading_files import Files
from agent.web.pages.grading_form import OrderForm, draw_pairs
from agent.web.pages.grading_results import Answers
from agent.web.records import WorkState
from agent.web.shelf import AnyRubric, Shelf
from agent.web.site import Site
from agent.web.widgets import Words, box, button, link, set_attributes

_SETTING_UP = (WorkState.collecting, WorkState.estimating, WorkState.ready)
_RUNNING = (WorkState.waiting, WorkState.running)


def add(site: Site) -> None:
    """Add the page to the site."""
    shelf = Shelf(site.library)

    @ui.page("/grade/{job_id}", response_timeout=30)
    @told(site)
    async def page(job_id: str, at: str = "", named: str = "", status: str = "") -> None:
        job = site.jobs.get(owner(), job_id)
        offered = await offers(site.chosen)
        rubrics = await asyncio.to_thread(_others, shelf)
        with frame(site, grading_words.title_of(job), "/grade", "grading"):
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
        self._ordered = None if job.order is None else job.order.model_copy()
        self._shown: WorkState | None = None
        Words("", "h1")
        self._draw(rubrics, offered, place)

    def changed(self, job: GradingJob) -> None:
        """Show the job as it is, soon: several changes at once are shown at once."""
        self._job = job
        if not self._is_due:
            self._is_due = True
            background_tasks.create(self.show())
