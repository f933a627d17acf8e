"""A tour of the site with something on each page: for its tests and for the pictures of the docs.

The interviews are those of the shipped sample candidates; their answers are authored.
"""

import asyncio
import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import FilePayload, Page

from agent.catalog import Catalog
from agent.cli.turns import script_turns
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.offline.engine import OfflineEngine
from agent.store.sql import SqlStore
from evals.offline import SCRIPTS
from tests.web_support import Tab

PAST = (
    (9, "tuned_a", "netflix_recs", "poor", ()),
    (6, "tuned_a", "card_fraud", "poor", ()),
    (4, "tuned_a", "netflix_recs", "excellent", ("serving",)),
    (2, "tuned_a", "netflix_recs", "excellent", ()),
)
"""Days ago, set of scripts, scenario, candidate, steps."""

ANSWERS = (
    "Before I design anything: how many people open the home page a day, and how fast must it be?",
    "The goal is retention, and I would steer by qualified plays, because retention moves too "
    "slowly. So I predict the **probability of a qualified play** for each profile and title:\n\n"
    "- candidates are retrieved first, a few hundred out of the catalogue\n"
    "- then a heavier model ranks them within the latency budget",
)


class _Past(ScriptClock):
    def __init__(self, days: int) -> None:
        super().__init__()
        self._days = days

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self._days)


def seed(database: Path) -> None:
    """Hold the past interviews into this database."""
    database.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(_held(database))


async def _held(database: Path) -> None:
    shelf, store = Catalog(), SqlStore(str(database))
    for days, scripts, scenario, candidate, steps in PAST:
        engine = OfflineEngine(shelf.rubric(), shelf.scenario(scenario))
        options = Options(steps=steps)
        session = await Session.start(store, engine, options, _Past(days))
        for turn in script_turns(SCRIPTS / scripts / scenario / f"{candidate}.yaml"):
            if session.is_open:
                await session.answer(turn)
        await session.leave()
        await session.finish()
    store.close()


def start(page: Page, site: str) -> None:
    """The first page."""
    page.goto(site)
    page.get_by_role("button", name="Begin the interview").wait_for()


def room(page: Page, site: str) -> None:
    """The room after two answers, with a diagram begun."""
    tab = Tab(page, site)
    tab.begin("?scenario=netflix_recs")
    for number, answer in enumerate(ANSWERS, 2):
        tab.says(answer)
        tab.hears(number)
    page.get_by_text("Diagram", exact=True).click()
    page.get_by_label("Start from a template").select_option(label="Two-stage recommender")
    drawing = page.get_by_label("Diagram in Mermaid")
    drawing.fill(f"{drawing.input_value()}  page --> survey[Member survey]\n")
    page.get_by_role("img", name="Picture of the diagram").wait_for()


def report(page: Page, site: str) -> None:
    """The report of the best interview."""
    progress(page, site)
    page.get_by_role("row", name="Strong hire").get_by_role("link").first.click()
    page.get_by_role("heading", name="Transcript").wait_for()


def progress(page: Page, site: str) -> None:
    """Scores over time."""
    page.goto(f"{site}/progress")
    page.get_by_role("heading", name="Progress").wait_for()


def rubrics(page: Page, site: str) -> None:
    """Rubrics and scenarios."""
    page.goto(f"{site}/rubrics")
    page.get_by_role("heading", name="Rubrics", exact=True).first.wait_for()


def grade(page: Page, site: str) -> None:
    """A grading of the sample candidates' answers, with its results."""
    page.goto(f"{site}/grade")
    page.get_by_role("button", name="New grading", exact=True).click()
    page.get_by_label("Add answers").set_input_files(
        FilePayload(name="answers.csv", mimeType="text/csv", buffer=_answers().encode())
    )
    page.get_by_role("button", name="Remove").wait_for()
    page.get_by_label("What was asked").select_option(label="Netflix home page recommendations")
    page.get_by_role("button", name="Estimate", exact=True).click()
    page.get_by_role("button", name="Start grading", exact=True).click()
    page.get_by_role("table").get_by_role("rowheader").first.wait_for()


def _answers() -> str:
    file = io.StringIO()
    rows = csv.writer(file)
    rows.writerow(["id", "answer"])
    for path in sorted(SCRIPTS.glob("tuned_*/netflix_recs/*.yaml")):
        name = f"{path.parent.parent.name} {path.stem}"
        rows.writerow([name, "\n\n".join(script_turns(path))])
    return file.getvalue()


VIEWS: dict[str, Callable[[Page, str], None]] = {
    "start": start,
    "room": room,
    "report": report,
    "progress": progress,
    "grade": grade,
    "rubrics": rubrics,
}
