"""The overview of gradings: a new one, and those that there are."""

from nicegui import ui

from agent.errors import SevenstepError
from agent.report import words
from agent.web.asking import deleted
from agent.web.layout import complain, frame, owner, told
from agent.web.pages import grading, review
from agent.web.shown.grading_links import job_url
from agent.web.shown.grading_words import MOST_TITLE, stage_of, title_of
from agent.web.site import Site
from agent.web.widgets import Words, box, button, field, link
from agent.web.work.jobs import GradingJob


def add(site: Site) -> None:
    """Add the page to the site, and those that it leads to."""
    grading.add(site)
    review.add(site)

    @ui.page("/grade", response_timeout=30)
    @told(site)
    async def page() -> None:
        with frame(site, "Grade", "/grade", "grade"):
            Words("Grade answers", "h1")
            Words(
                "Upload written answers, one or a hundred thousand, and have each graded "
                "against the seven steps or a rubric of your own, with the passages that the "
                "grades rest on.",
                classes="lead",
            )
            _Overview(site).draw()


class _Overview:
    """What an owner has, and how he begins."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._owner = owner()
        self._title = ""

    def draw(self) -> None:
        """Put it on the page."""
        with box("form", "begin") as form:
            field(
                "Name of the grading, if you like",
                "",
                self._named,
                maxlength=MOST_TITLE,
                autocomplete="off",
            )
            Words("New grading", "button", "primary").attributes(type="submit")
        form.on("submit", self._begin, args=[], js_handler="(e) => { e.preventDefault(); emit(); }")
        self._past = box("section", aria_label="Your gradings")
        self._show()

    def _show(self) -> None:
        past = self._site.jobs.list(self._owner)
        self._past.clear()
        if not past:
            return
        with self._past:
            Words("Your gradings", "h2")
            with (
                box("div", "scroll", tabindex="0", role="region", aria_label="Gradings"),
                box("table", "listing"),
            ):
                Words("Gradings, the newest first", "caption", "visually-hidden")
                with box("thead"), box("tr"):
                    for head in ("Grading", "State", "Answers", "Mean", "Made", "Delete"):
                        Words(head, "th").attributes(scope="col")
                with box("tbody"):
                    for job in past:
                        self._row(job)

    def _row(self, job: GradingJob) -> None:
        title, outcome = title_of(job), job.outcome
        with box("tr"):
            with box("th", scope="row"):
                link(title, job_url(job.id))
            Words(stage_of(job), "td")
            known = outcome or job.estimate
            Words(f"{known.answers:,}" if known else "", "td")
            Words(words.percent(outcome.mean_percent, "-") if outcome else "", "td")
            Words(words.moment(job.created_at), "td")
            with box("td"):
                button("Delete…", lambda: self._delete(job), "quiet", aria_label=f"Delete {title}")

    def _named(self, value: str) -> None:
        self._title = value[:MOST_TITLE].strip()

    def _begin(self) -> None:
        try:
            created = self._site.jobs.create(self._owner, self._title)
        except SevenstepError as error:
            complain(str(error))
        else:
            ui.navigate.to(job_url(created))

    async def _delete(self, job: GradingJob) -> None:
        await deleted("grading", self._site.jobs, self._owner, job.id)
        self._show()
