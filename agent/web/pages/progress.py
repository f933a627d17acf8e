"""The progress page: what to practise next, scores over time, what is weak, all interviews.

What the figures are is decided in `agent.progress`, how they are said in `agent.web.shown.figures`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from nicegui import ui

from agent.catalog import DEFAULT_RUBRIC
from agent.errors import SevenstepError
from agent.grading.scoring import MIN_COVERAGE
from agent.progress import (
    Attempt,
    Due,
    Entry,
    Progress,
    Step,
    StepSeries,
    attempts,
    by_scenario,
    due_steps,
    progress,
    unfinished,
)
from agent.report import words
from agent.rubric import TOP_LEVEL
from agent.web.aside import aside
from agent.web.layout import frame, owner, told
from agent.web.shown import figures
from agent.web.shown.charts import scores_svg, sparkline_svg
from agent.web.shown.tables import Cell, table_html
from agent.web.site import Site
from agent.web.widgets import Words, box, link

_STEPS_SHOWN = 3
_COMING_SHOWN = 4
_CHARTED = 30


def add(site: Site) -> None:
    """Add the page to the site."""

    @ui.page("/progress", response_timeout=30)
    @told(site)
    async def page(rubric: str = "") -> None:
        entries = await site.store.interviews(owner())
        now = datetime.now(UTC)
        made = await aside(attempts, entries)
        found = await aside(progress, made, now)
        titles = {one.id: one.title for one in site.library.scenarios()}
        with frame(site, "Progress", "/progress", "progress"):
            Words("Progress", "h1")
            if found:
                shown = next((one for one in found if one.rubric == rubric), found[0])
                _choice(site, found, shown)
                _due_now(site, shown, entries)
                _coming_up(shown, now)
                _scores(shown, made, titles)
                _steps(shown)
                _weakest(shown)
            else:
                _nothing_yet()
            _interviews(figures.interview_rows(made, unfinished(entries), titles))


def _nothing_yet() -> None:
    Words(
        "Once an interview has its scorecard, this page shows what to practise next and when, "
        "your scores over time for the whole and for each step, and your weakest criteria.",
        classes="lead",
    )
    with box("p", "actions"):
        link("Go to Practice", "/", "primary")


def _choice(site: Site, found: Sequence[Progress], shown: Progress) -> None:
    """Which rubric's progress is shown, if there are several."""
    if len(found) == 1:
        return
    with box("nav", "actions", aria_label="Rubrics"):
        for one in found:
            href = "/progress?" + urlencode({"rubric": one.rubric})
            current = "page" if one is shown else None
            link(_title(site, one.rubric), href, "button", aria_current=current)


def _title(site: Site, rubric: str) -> str:
    try:
        return site.library.rubric(rubric).title
    except SevenstepError:
        # It was by a file that is not here any more.
        return rubric


def _due_now(site: Site, shown: Progress, entries: Iterable[Entry]) -> None:
    Words("Due now", "h2")
    steps = due_steps(shown)
    if not steps:
        Words(
            f"Nothing. A criterion that was judged {TOP_LEVEL // 2} of {TOP_LEVEL} or lower "
            "comes back here after a day, and then in growing intervals until it is learnt."
        )
        return
    Words(
        f"What was judged {TOP_LEVEL // 2} of {TOP_LEVEL} or lower comes back until it is learnt; "
        "the level is the last one.",
        classes="muted",
    )
    drills = _Drills(site, shown.rubric, entries)
    with box("ul", "plainlist due"):
        for at, (step, due) in enumerate(steps[:_STEPS_SHOWN]):
            _due_step(step, due, drills, "primary" if at == 0 else "button")
    if rest := steps[_STEPS_SHOWN:]:
        with box("details"):
            Words(f"{words.count(len(rest), 'more step')} due", "summary")
            with box("ul", "plainlist due"):
                for step, due in rest:
                    _due_step(step, due, drills, "button")


class _Drills:
    """How steps are practised, each on the problem that had its turn least recently."""

    def __init__(self, site: Site, rubric: str, entries: Iterable[Entry]) -> None:
        self._scenarios = site.library.scenarios()
        self._history = by_scenario(entries)
        # Practice in the browser is by the shipped rubric.
        self._is_offered = rubric == DEFAULT_RUBRIC
        self._known = {one.id for one in site.library.rubric(DEFAULT_RUBRIC).steps}

    def way(self, step: str) -> tuple[str, str] | None:
        """What to do and its address; None where the step cannot be practised here."""
        is_whole = step not in self._known
        fitting = [one.id for one in self._scenarios if is_whole or step in one.references]
        if not fitting or not self._is_offered:
            return None
        scenario = figures.least_recent(fitting, self._history)
        if is_whole:
            return "Practise a whole interview", "/?" + urlencode({"scenario": scenario})
        return "Drill this step", "/?" + urlencode({"steps": step, "scenario": scenario})


def _due_step(step: Step, due: Sequence[Due], drills: _Drills, kind: str) -> None:
    with box("li"):
        with box("div", "what"):
            Words(step.title, "h3")
            with box("ul"):
                for one in due:
                    Words(f"{one.criterion.title}: {words.level(one.level)}", "li")
        way = drills.way(step.id)
        if way is not None:
            link(way[0], way[1], kind, aria_label=f"{way[0]}: {step.title}")


def _coming_up(shown: Progress, now: datetime) -> None:
    coming = figures.coming_lines(shown.due, now)
    if not coming:
        return
    Words("Coming up", "h2")
    _coming_list(coming[:_COMING_SHOWN])
    if rest := coming[_COMING_SHOWN:]:
        with box("details"):
            Words(f"{len(rest)} more", "summary")
            _coming_list(rest)


def _coming_list(lines: Sequence[tuple[str, str]]) -> None:
    with box("ul", "coming"):
        for what, when in lines:
            with box("li"):
                Words(what, "span")
                Words(when, "span", "muted")


def _scores(shown: Progress, made: Sequence[Attempt], titles: Mapping[str, str]) -> None:
    Words("Scores", "h2")
    points = figures.scores(shown, made, titles, _CHARTED)
    if not points:
        Words(
            "None yet: a whole interview counts here when at least "
            f"{MIN_COVERAGE:g} percent of the rubric was assessed."
        )
        return
    if shown.overall:
        values = [one.value for one in shown.overall]
        best = f", best {words.percent(max(values))}" if len(values) > 1 else ""
        Words(f"Last {words.percent(values[-1])}{best}.")
    with box("figure"):
        ui.html(scores_svg("Scores over time", points), sanitize=False)
        with box("figcaption"):
            if not all(one.apart for one in points):
                Words("● whole interviews with a decision", "span")
            if any(one.apart for one in points):
                Words("◇ drills, of their steps only", "span")
            link("The figures as a table", "#interviews")


def _steps(shown: Progress) -> None:
    series = [one for one in shown.steps if one.points]
    if not series:
        return
    Words("Steps", "h2")
    Words("Drills count here, too.", classes="muted")
    with box("ul", "plainlist multiples"):
        for one in shown.steps:
            _multiple(one)
    with box("details"):
        Words("The figures as a table", "summary")
        _table("Steps in each interview, in percent", *figures.step_figures(series))


def _multiple(one: StepSeries) -> None:
    with box("li"):
        Words(one.step.title, "strong")
        if not one.points:
            Words("not assessed yet", "span", "muted")
            return
        values = [point.value for point in one.points[-_CHARTED:]]
        said = ", ".join(words.percent(value) for value in values)
        ui.html(sparkline_svg(f"{one.step.title}: {said}", values), sanitize=False)
        with box("span"):
            Words(words.percent(values[-1]), "b")
            Words(figures.changed(one.points), "span", "muted")


def _weakest(shown: Progress) -> None:
    Words("Weakest criteria", "h2")
    if shown.weakest:
        caption = "The mean is that of the last three levels"
        _table(caption, figures.WEAKEST, figures.weakest_rows(shown.weakest))
    else:
        Words("None is below 3 of 4 on average over the last three times that it was judged.")
    with box("details"):
        count = words.count(len(shown.criteria), "criterion", "criteria")
        Words(f"All {count}", "summary")
        caption = f"All criteria: levels of 0 to {TOP_LEVEL}, the last one at the end"
        _table(caption, figures.CRITERIA, figures.criteria_rows(shown))


def _interviews(rows: figures.Rows) -> None:
    if not rows:
        return
    Words("Interviews", "h2").attributes(id="interviews")
    _table("All interviews, the last first", figures.INTERVIEWS, rows)


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with box("div", "scroll", tabindex="0", role="region", aria_label=caption):
        ui.html(table_html(caption, head, rows), sanitize=False)
