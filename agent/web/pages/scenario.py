"""One scenario: its prompt, and what else it holds behind warnings."""

import asyncio

from nicegui import ui

from agent.catalog import DEFAULT_RUBRIC
from agent.web.layout import frame, told
from agent.web.shelf import Shelf
from agent.web.shown.readings import scenario_markup
from agent.web.site import Site
from agent.web.widgets import Words, box, link


def add(site: Site, shelf: Shelf) -> None:
    """Add the page to the site."""

    @ui.page("/scenarios/{scenario_id}", response_timeout=30)
    @told(site)
    async def page(scenario_id: str) -> None:
        scenario = await asyncio.to_thread(shelf.scenario, scenario_id)
        rubric = site.library.rubric(DEFAULT_RUBRIC)
        with frame(site, scenario.title, "/rubrics", "reading"):
            Words(scenario.title, "h1")
            with box("p", "tags"):
                for tag in (scenario.domain, scenario.difficulty, f"version {scenario.version}"):
                    Words(tag, "span", "tag")
            Words(scenario.prompt, "blockquote", "said")
            with box("p", "actions"):
                link("Practise this", f"/?scenario={scenario.id}", "primary")
                link("All scenarios", "/rubrics", "button")
            Words("Spoilers", "h2")
            Words(
                "What follows gives away what an interview about this problem is after.",
                classes="muted",
            )
            ui.html(scenario_markup(scenario, rubric), sanitize=False)
