"""A person's word on one graded answer: its text, each level with its reasons, and a new level."""

import asyncio
from collections.abc import Mapping

from nicegui import ui

from agent.batch.review import Judgement
from agent.errors import SevenstepError
from agent.graded import GradedAnswer
from agent.grading.reviewed import own_level
from agent.report import answer_words, words
from agent.scorecard import NOT_ASSESSED, CriterionGrade
from agent.transcript import Transcript
from agent.web.layout import complain, frame, owner, told
from agent.web.pages.override import Override
from agent.web.shown.grading_links import (
    Neighbours,
    Place,
    answer_url,
    job_url,
    neighbours,
    place_of,
    review_url,
)
from agent.web.site import Site
from agent.web.widgets import Words, box, button, link
from agent.web.work.scales import scales


def add(site: Site) -> None:
    """Add the page to the site."""

    @ui.page("/grade/{job_id}/review", response_timeout=30)
    @told(site)
    async def page(
        job_id: str, answer: str = "", at: str = "", named: str = "", status: str = ""
    ) -> None:
        place = place_of(at, named, status)
        graded, transcript = await site.jobs.graded(owner(), job_id, answer)
        folder = site.jobs.grades_folder(owner(), job_id)
        meaning = await asyncio.to_thread(scales, folder, graded)
        beside = await _beside(site, job_id, graded, place)
        title = words.short_id(graded.id)
        with frame(site, f"Review of {title}", "/grade", "wide review"):
            Words(f"Review of {title}", "h1")
            with box("nav", "actions", aria_label="Answers"):
                _neighbours(job_id, beside, place)
                link("Scorecard", answer_url(job_id, graded.id, place), "button")
                link("Back to the answers", job_url(job_id, place), "button")
            with box("div", "columns"):
                _text(graded, transcript)
                _Card(site, job_id, graded, meaning).draw()


async def _beside(site: Site, job_id: str, graded: GradedAnswer, place: Place) -> Neighbours:
    if place.at is None:
        return Neighbours()
    first = max(0, place.at - 1)
    found = await site.jobs.results(
        owner(), job_id, offset=first, limit=3, named=place.named, status=place.status
    )
    return neighbours(graded.id, place.at, first, found.rows)


def _neighbours(job_id: str, beside: Neighbours, place: Place) -> None:
    for shown, found in (("Previous", beside.before), ("Next", beside.after)):
        if found is not None:
            answer, at = found
            href = review_url(job_id, answer, place.model_copy(update={"at": at}))
            link(shown, href, "button", rel=shown[:4].lower())


def _text(graded: GradedAnswer, transcript: Transcript) -> None:
    with box("section", "text", aria_label="The answer", tabindex="0"):
        Words("Question", "h2")
        Words(words.plain(graded.question) or "Not given.", "p", "said").attributes(dir="auto")
        Words("Answer", "h2")
        if not any(turn.text.strip() for turn in transcript.turns):
            Words("The answer is empty.")
        for turn in transcript.turns:
            if len(transcript.turns) > 1:
                Words(f"{turn.speaker.value.capitalize()}, turn {turn.index}", "h3")
            Words(words.plain(turn.text), "p", "said").attributes(dir="auto")


class _Card:
    """The scorecard, with a form for one criterion at a time."""

    def __init__(
        self, site: Site, job_id: str, graded: GradedAnswer, meaning: Mapping[str, tuple[str, ...]]
    ) -> None:
        self._site = site
        self._owner = owner()
        self._job = job_id
        self._graded = graded
        self._meaning = meaning
        self._by = self._owner
        self._places: dict[str, ui.element] = {}

    def draw(self) -> None:
        """Put it on the page."""
        with box("section", "card-of", aria_label="Scorecard"):
            Words("Scorecard", "h2")
            self._outcome = Words(_score(self._graded), "p", "outcome")
            for grade in self._graded.scorecard.criteria:
                self._places[grade.id] = box("article", "criterion")
                self._criterion(grade)
            self._said = box("section", aria_label="Reviews")
            self._reviews()

    def _reviews(self) -> None:
        self._said.clear()
        said = answer_words.reviews(self._graded)
        if not said:
            return
        by_id = {grade.id: grade for grade in self._graded.scorecard.criteria}
        with self._said:
            Words("Reviews", "h2")
            with box("ul"):
                for one in said:
                    # A review is of a criterion of this very card.
                    grade = by_id[one.criterion]
                    what = f"{grade.title}: {answer_words.review(one, grade)}. {one.reason}"
                    Words(words.plain(what), "li").attributes(dir="auto")

    def _criterion(self, grade: CriterionGrade, told: str = "") -> Words | None:
        """Show a criterion as it stands; the button that opens its form, if it may be set."""
        place = self._places[grade.id]
        place.clear()
        with place:
            Words(grade.title, "h3")
            with box("p", "tags"):
                Words(answer_words.standing(grade), "span", "tag strong")
                if grade.review is not None:
                    Words(f"set by {words.one_line(grade.review.by)}", "span", "tag strong")
                if grade.confidence:
                    Words(f"{grade.confidence} confidence", "span", "tag")
            Words(words.plain(grade.reason)).attributes(dir="auto")
            for one in grade.evidence:
                Words(words.plain(one.quote), "blockquote", "said").attributes(dir="auto")
            if own_level(grade) == NOT_ASSESSED:
                return None
            Words(told, "p", "verdict").attributes(role="status")
            opening = button("Override…", lambda: self._open(grade, opening), "quiet")
            return opening.attributes(aria_label=f"Override {grade.title}")

    def _open(self, grade: CriterionGrade, opening: Words) -> None:
        opening.set_visibility(False)
        with self._places[grade.id]:
            Override(grade, self._meaning.get(grade.id, ()), self._by, self._keep).draw()

    async def _keep(self, said: Judgement) -> bool:
        """Keep it; whether it could be."""
        before = self._graded
        try:
            after = await self._site.jobs.review(self._owner, self._job, before.id, said)
        except SevenstepError as error:
            complain(str(error))
            return False
        self._graded, self._by = after, said.by
        self._outcome.set_text(_score(after))
        grade = next(one for one in after.scorecard.criteria if one.id == said.criterion)
        opening = self._criterion(grade, f"Kept. Score: {_score(before)} → {_score(after)}")
        self._reviews()
        if opening is not None:
            # The field that had the focus is gone.
            opening.client.run_javascript(f"getHtmlElement({opening.id})?.focus()")
        return True


def _score(graded: GradedAnswer) -> str:
    card = graded.scorecard
    percent = words.percent(card.percent, "no score")
    points = answer_words.worth(card.points, card.max_points)
    return f"{points}, {percent}" if points else percent
