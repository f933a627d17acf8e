"""The overview of what is judged by: rubrics, scenarios, a check of files, and measurements."""

import asyncio
from pathlib import Path

from nicegui import ui

from agent.catalog import DEFAULT_RUBRIC
from agent.errors import InputError, SevenstepError
from agent.report import words
from agent.scenario import Scenario
from agent.web.checking import MOST_CHARACTERS, Checked, checked
from agent.web.layout import complain, frame, owner, told
from agent.web.pages import rubric, scenario, study
from agent.web.shelf import Shelf
from agent.web.shown.readings import kind_of, rubric_markup, scenario_markup, size_of
from agent.web.shown.study_words import state_of, title_of
from agent.web.site import Site
from agent.web.widgets import Words, box, button, link, set_attributes
from agent.web.work.studies import Study

_STATIC = Path(__file__).resolve().parent.parent / "static"
_TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
_EXAMPLES = (
    ("a rubric for written answers", "answer_rubric"),
    ("a rubric for interviews", "rubric"),
    ("a scenario", "scenario"),
)


class _Checker(ui.element, component=_STATIC / "checker.js"):
    """See checker.js."""


def add(site: Site) -> None:
    """Add the page to the site, and those that it leads to."""
    shelf = Shelf(site.library)
    for page_of in (rubric, scenario, study):
        page_of.add(site, shelf)

    @ui.page("/rubrics", response_timeout=30)
    @told(site)
    async def page() -> None:
        await asyncio.to_thread(_read_all, shelf)
        with frame(site, "Rubrics", "/rubrics", "rubrics"):
            Words("Rubrics and scenarios", "h1")
            Words(
                "A rubric says what is judged and how; a scenario is a problem that interviews "
                "are about.",
                classes="lead",
            )
            _rubrics(shelf)
            _scenarios(site)
            _Check(site).draw()
            _measurements(site)


def _read_all(shelf: Shelf) -> None:
    for rubric_id in shelf.rubric_ids():
        try:
            shelf.rubric(rubric_id)
        except InputError:
            continue  # told in its row


def _rubrics(shelf: Shelf) -> None:
    Words("Rubrics", "h2")
    with _table("Rubrics", "Rubric", "For", "Holds", "Version"):
        for rubric_id in shelf.rubric_ids():
            with box("tr"):
                with box("th", scope="row"):
                    try:
                        found = shelf.rubric(rubric_id)
                    except InputError as error:
                        Words(rubric_id, "span")
                        cells = (f"cannot be used: {error}", "", "")
                    else:
                        link(found.title, f"/rubrics/{rubric_id}")
                        cells = (kind_of(found), size_of(found), found.version)
                for cell in cells:
                    Words(cell, "td")


def _scenarios(site: Site) -> None:
    Words("Scenarios", "h2")
    with _table("Scenarios", "Scenario", "Domain", "Difficulty", "Version"):
        for one in site.library.scenarios():
            with box("tr"):
                with box("th", scope="row"):
                    link(one.title, f"/scenarios/{one.id}")
                for cell in (one.domain, one.difficulty, one.version):
                    Words(cell, "td")


def _example(name: str) -> str:
    text = (_TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8")
    return text.replace("my_id", f"my_{name}")


class _Check:
    """A file is checked, and shown as it would be read."""

    def __init__(self, site: Site) -> None:
        self._rubric = site.library.rubric(DEFAULT_RUBRIC)

    def draw(self) -> None:
        """Put it on the page."""
        Words("Write or check a file", "h2")
        Words(
            "A rubric or a scenario of your own, in YAML: write one here, or check one that you "
            "have. Nothing is kept of it: save it as a file to grade by it. A rubric whose "
            "steps stand in files of their own is checked on the command line, with "
            "sevenstep rubric check FOLDER.",
            classes="muted",
        )
        self._form = _Checker()
        examples = [{"title": title, "text": _example(name)} for title, name in _EXAMPLES]
        set_attributes(self._form, most=MOST_CHARACTERS, busy=False, examples=examples)
        self._form.on("check", lambda event: self._check(event.args))
        self._verdict = Words("", "p", "verdict").attributes(role="status")
        self._preview = box("div")

    async def _check(self, given: object) -> None:
        if not isinstance(given, dict):
            return
        text, name = str(given.get("text", "")), str(given.get("name", ""))
        self._preview.clear()
        self._verdict.classes(remove="fault")
        if not text and not name:
            self._verdict.set_text("")
            return
        set_attributes(self._form, busy=True)
        try:
            found = await asyncio.to_thread(checked, text, name, self._rubric)
        finally:
            set_attributes(self._form, busy=False)
        self._show(found)

    def _show(self, found: Checked) -> None:
        if isinstance(found.found, str):
            self._verdict.set_text(found.found)
            self._verdict.classes(add="fault")
            return
        is_scenario = isinstance(found.found, Scenario)
        kind = "scenario" if is_scenario else "rubric"
        self._verdict.set_text(f"{found.name} is a {kind} without faults: {found.found.title}.")
        with self._preview, box("details", "preview"):
            Words(f"How the {kind} reads", "summary")
            if isinstance(found.found, Scenario):
                Words(found.found.prompt, "blockquote", "said")
                ui.html(scenario_markup(found.found, self._rubric), sanitize=False)
            else:
                ui.html(rubric_markup(found.found, top=3), sanitize=False)


def _measurements(site: Site) -> None:
    Words("Measure a grader or a rubric", "h2")
    Words(
        "On answers that people have graded: how far a grader agrees with them, which criteria do "
        "not work, and how many judges a reliable grade takes.",
        classes="muted",
    )

    def begin() -> None:
        try:
            created = site.studies.create(owner())
        except SevenstepError as error:
            complain(str(error))
        else:
            ui.navigate.to(f"/studies/{created}")

    with box("p", "actions"):
        button("New measurement", begin, "primary")
    past = site.studies.list(owner())
    if past:
        _past(past)


def _past(past: tuple[Study, ...]) -> None:
    with _table("Your measurements", "Measurement", "State", "Made"):
        for one in past:
            with box("tr"):
                with box("th", scope="row"):
                    link(title_of(one), f"/studies/{one.id}")
                Words(state_of(one), "td")
                Words(words.moment(one.created_at), "td")


def _table(caption: str, *heads: str) -> ui.element:
    """A table's body, within a box that scrolls where the page is narrow."""
    with (
        box("div", "scroll", tabindex="0", role="region", aria_label=caption),
        box("table", "listing"),
    ):
        Words(caption, "caption", "visually-hidden")
        with box("thead"), box("tr"):
            for head in heads:
                Words(head, "th").attributes(scope="col")
        return box("tbody")
