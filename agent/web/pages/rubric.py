"""One rubric, to be read; what is graded is shown to those who ask for it."""

import asyncio

from nicegui import ui

from agent.web.layout import frame, told
from agent.web.shelf import Shelf
from agent.web.shown.readings import kind_of, rubric_markup, size_of
from agent.web.site import Site
from agent.web.widgets import Words, box, link


def add(site: Site, shelf: Shelf) -> None:
    """Add the page to the site."""

    @ui.page("/rubrics/{rubric_id}", response_timeout=30)
    @told(site)
    async def page(rubric_id: str) -> None:
        rubric = await asyncio.to_thread(shelf.rubric, rubric_id)
        markup = await asyncio.to_thread(rubric_markup, rubric)
        with frame(site, rubric.title, "/rubrics", "reading"):
            Words(rubric.title, "h1")
            with box("p", "tags"):
                for tag in (kind_of(rubric), size_of(rubric), f"version {rubric.version}"):
                    Words(tag, "span", "tag")
            Words(
                "Below stands everything that answers are graded by. Practice tells you more "
                "about yourself if you do not read it before.",
                classes="lead",
            )
            with box("details", "spoiler"):
                Words("Show what is graded", "summary")
                ui.html(markup, sanitize=False)
            with box("p", "actions"):
                link("All rubrics", "/rubrics", "button")
