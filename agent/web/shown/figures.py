"""The figures of the progress page in words: the rows of its tables, the lines of its lists.

Pure. What the figures are is decided in `agent.progress`; `agent.web.pages.progress` shows them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from agent.interview.events import Started
from agent.progress import Attempt, Due, Point, Progress, ScenarioHistory, StepSeries, Weakness
from agent.report import words
from agent.web.shown.charts import Score
from agent.web.shown.tables import Cell, anchor

Rows = list[Sequence[Cell]]
WEAKEST = ("Criterion", "Step", "Recent mean", "Times judged")
CRITERIA = ("Criterion", "Step", "Levels", "Recent mean", "Times judged", "Comes back")
INTERVIEWS = ("Date", "Problem", "Kind", "Level", "Score", "Rubric covered", "Decision")
"""The heads of the tables."""

_LEVELS_SHOWN = 8


def least_recent(scenarios: Sequence[str], history: Mapping[str, ScenarioHistory]) -> str:
    """The scenario practised least recently; those never practised come first."""
    never = datetime.min.replace(tzinfo=UTC)
    return min(scenarios, key=lambda name: history[name].last if name in history else never)


def coming_lines(due: Iterable[Due], now: datetime) -> list[tuple[str, str]]:
    """What comes back later: the criteria of a step that come back on one day, and when."""
    lines: dict[tuple[str, str], list[str]] = {}
    for one in due:
        if not one.is_due:
            days = max(1, round((one.due - now) / timedelta(days=1)))
            when = f"in {words.count(days, 'day')}, {_day(one.due)}"
            lines.setdefault((when, one.criterion.step_title), []).append(one.criterion.title)
    return [(f"{step}: {'; '.join(found)}", when) for (when, step), found in lines.items()]


def changed(points: Sequence[Point]) -> str:
    """How a percentage has changed since the time before, such as "up 4.2 points"."""
    if len(points) < 2:
        return "the first time"
    by = round(points[-1].value - points[-2].value, 1)
    return f"{'up' if by > 0 else 'down'} {words.points(abs(by))}" if by else "as the time before"


def scores(
    shown: Progress, made: Iterable[Attempt], titles: Mapping[str, str], most: int
) -> list[Score]:
    """The last points of the chart of scores, drills apart; `titles` are those of scenarios."""
    attempts = {one.id: one for one in made}
    points = [(point, False) for point in shown.overall] + [(point, True) for point in shown.drills]
    points.sort(key=lambda one: one[0].at)
    found = []
    for point, is_drill in points[-most:]:
        scenario = attempts[point.interview].scenario
        what = f"{'drill, ' if is_drill else ''}{words.percent(point.value)}"
        about = f"{_day(point.at)}, {titles.get(scenario, scenario)}: {what}"
        label = f"{point.at.day} {point.at:%b}"
        found.append(Score(point.value, label, about, _report(point.interview), apart=is_drill))
    return found


def step_figures(series: Sequence[StepSeries]) -> tuple[Sequence[str], Rows]:
    """The head and the rows of the table of steps: an interview a row, the last first."""
    values = {(point.interview, one.step.id): point for one in series for point in one.points}
    taken = {point.interview: point.at for point in values.values()}
    rows: Rows = []
    for interview, at in sorted(taken.items(), key=lambda one: one[1], reverse=True):
        found = [values.get((interview, one.step.id)) for one in series]
        shown = [words.NO_VALUE if one is None else f"{one.value:.1f}" for one in found]
        rows.append((_day(at), *shown))
    return ("Date", *(one.step.title for one in series)), rows


def weakest_rows(weakest: Iterable[Weakness]) -> Rows:
    """The rows of the table of the weakest criteria."""
    return [
        (
            one.criterion.title,
            one.criterion.step_title,
            f"{one.mean:.1f} of {one.criterion.top}",
            str(one.judged),
        )
        for one in weakest
    ]


def criteria_rows(shown: Progress) -> Rows:
    """The rows of the table of all criteria, with their last levels."""
    coming = {one.criterion.id: one for one in shown.due}
    rows: Rows = []
    for one in shown.criteria:
        due = coming.get(one.criterion.id)
        levels = [f"{point.value:g}" for point in one.points]
        cut = ["…"] if len(levels) > _LEVELS_SHOWN else []
        rows.append(
            (
                one.criterion.title,
                one.criterion.step_title,
                " ".join(cut + levels[-_LEVELS_SHOWN:]) or words.NO_VALUE,
                words.NO_VALUE if one.mean is None else f"{one.mean:.1f}",
                str(len(levels)),
                words.NO_VALUE if due is None else "now" if due.is_due else _day(due.due),
            )
        )
    return rows


def interview_rows(
    made: Iterable[Attempt], begun: Iterable[Started], titles: Mapping[str, str]
) -> Rows:
    """The rows of the table of all interviews, finished or not, the last first."""
    rows = [(one.at, _finished(one, titles)) for one in made]
    rows += [(one.at, _unfinished(one, titles)) for one in begun]
    rows.sort(key=lambda row: row[0], reverse=True)
    return [cells for _, cells in rows]


def _finished(one: Attempt, titles: Mapping[str, str]) -> Sequence[Cell]:
    day, title = _day(one.at), titles.get(one.scenario, one.scenario)
    return (
        day,
        anchor(title, _report(one.id), f"{title}: report of {day}"),
        _kind(is_drill=one.drill),
        words.seniority(one.seniority),
        words.percent(one.percent, words.NO_VALUE),
        words.percent(one.coverage),
        words.decision(one.decision),
    )


def _unfinished(one: Started, titles: Mapping[str, str]) -> Sequence[Cell]:
    day, title = _day(one.at), titles.get(one.scenario, one.scenario)
    return (
        day,
        anchor(f"Continue: {title}", f"/room/{quote(one.interview)}"),
        _kind(is_drill=bool(one.options.steps)),
        words.seniority(one.options.level),
        words.NO_VALUE,
        words.NO_VALUE,
        "Unfinished",
    )


def _kind(*, is_drill: bool) -> str:
    return "Drill" if is_drill else "Whole"


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _report(interview: str) -> str:
    return f"/interviews/{quote(interview)}/report"
