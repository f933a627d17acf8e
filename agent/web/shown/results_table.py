"""The table of a grading's answers as HTML: a pure function from its rows."""

from collections.abc import Iterable

from markupsafe import Markup

from agent.report import answer_words, words
from agent.scorecard import NOT_ASSESSED
from agent.web.shown.grading_links import Place, answer_url
from agent.web.shown.tables import Cell, anchor, table_html
from agent.web.work.grades import ResultLevel, ResultRow

MOST_CRITERIA = 8
_MOST_FLAGS = 2


def results_table(job: str, rows: tuple[ResultRow, ...], first: int, place: Place) -> Markup:
    """The rows from `first` (from 0) on; each id leads to its scorecard."""
    criteria = _criteria(rows)
    has_decisions = any(row.decision for row in rows)
    head = ["Answer", "Status", "Score", *(["Decision"] if has_decisions else [])]
    head += ["Flags", "Reviewed"]
    head += [f"{one.title} (0 to {one.top})" for one in criteria[:MOST_CRITERIA]]
    head += ["…"] if len(criteria) > MOST_CRITERIA else []
    cells = []
    for number, row in enumerate(rows, first):
        href = answer_url(job, row.id, place.model_copy(update={"at": number}))
        line: list[Cell] = [_name(row, href)]
        line += [answer_words.status(row.status).capitalize(), _score(row)]
        line += [(row.decision or "-").replace("_", " ").capitalize()] if has_decisions else []
        line += [_flags(row.flags), "yes" if row.reviewed else ""]
        levels = {level.criterion: level for level in row.levels}
        line += [_level(levels.get(one.criterion)) for one in criteria[:MOST_CRITERIA]]
        line += [""] if len(criteria) > MOST_CRITERIA else []
        cells.append(line)
    return table_html("Answers", head, cells)


def _name(row: ResultRow, href: str) -> Markup:
    """The answer's id, and the file that holds it alone: an interview's id names nobody."""
    name = anchor(words.short_id(row.id), href)
    if row.source == row.id or not row.source.endswith(".json"):
        return name
    return Markup('{}<br><span class="muted">{}</span>').format(name, words.short_id(row.source))


def _criteria(rows: Iterable[ResultRow]) -> tuple[ResultLevel, ...]:
    """All criteria that occur: answers may be graded by different ones."""
    found: dict[str, ResultLevel] = {}
    for row in rows:
        for level in row.levels:
            found.setdefault(level.criterion, level)
    return tuple(found.values())


def _score(row: ResultRow) -> str:
    if row.status == "ungraded":
        return "-"
    return answer_words.worth(row.points, row.max_points) or words.percent(row.percent, "-")


def _flags(titles: tuple[str, ...]) -> Markup:
    shown = "; ".join(titles[:_MOST_FLAGS])
    rest = len(titles) - _MOST_FLAGS
    text = f"{shown}; {rest} more" if rest > 0 else shown
    return Markup('<span class="flags">{}</span>').format(text)


def _level(one: ResultLevel | None) -> str:
    if one is None or one.level == NOT_ASSESSED:
        return "-"
    if not isinstance(one.level, int):
        return "?"
    return f"{one.level} (set)" if one.reviewed else f"{one.level}"
