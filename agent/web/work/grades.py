"""Reads what a grading job has left in its folder: a page of a table, one answer, its report.

All of it may be read while the job runs, and blocks: call it in a thread. Nothing is written.
"""

from pathlib import Path

from agent.batch.results import transcript_of
from agent.errors import InputError
from agent.frozen import Frozen
from agent.graded import GradedAnswer, Status
from agent.report.answer_html import render_answer_html
from agent.report.bar import Bar
from agent.scorecard import Grade
from agent.store.ledger import Counts, Ledger, is_ledger
from agent.transcript import Transcript

MOST_ROWS = 500


class ResultLevel(Frozen):
    """One criterion's cell in a table."""

    criterion: str
    title: str
    level: Grade
    top: int
    points: float | None
    reviewed: bool


class ResultRow(Frozen):
    """One answer in a table. `source` says where it stood, `flags` are titles."""

    id: str
    source: str
    status: Status
    percent: float | None
    points: float | None
    max_points: float | None
    decision: str | None
    flags: tuple[str, ...]
    reviewed: bool
    levels: tuple[ResultLevel, ...]


class Results(Frozen):
    """A page of a table: `total` answers fit the filter, `counts` are of all."""

    total: int = 0
    rows: tuple[ResultRow, ...] = ()
    counts: Counts = Counts()


def results(
    folder: Path, *, offset: int, limit: int, named: str = "", status: Status | None = None
) -> Results:
    """Rows from `offset` (from 0) on, in the order of the inputs, at most 500.

    `named` is a part of the id, whatever its case. Empty before the first run. Raises StoreError.
    """
    if not is_ledger(folder):
        return Results()
    with Ledger(folder, reading=True) as ledger:
        total, found = ledger.page(
            max(0, offset), max(0, min(limit, MOST_ROWS)), named=named.strip(), status=status
        )
        return Results(total=total, rows=tuple(map(_row, found)), counts=ledger.counts())


def graded(folder: Path, answer_id: str) -> tuple[GradedAnswer, Transcript]:
    """One answer's outcome and its text; raises InputError if there is none, and StoreError."""
    if is_ledger(folder):
        with Ledger(folder, reading=True) as ledger:
            found = ledger.answer(answer_id)
            if found is not None:
                return found, transcript_of(ledger, answer_id)
    raise InputError(f"there is no graded answer {answer_id[:80]!r} in this job")


def answer_page(folder: Path, answer_id: str, bar: Bar | None = None) -> str:
    """The report of one answer as a whole HTML page; raises as `graded`."""
    return render_answer_html(*graded(folder, answer_id), bar)


def _row(answer: GradedAnswer) -> ResultRow:
    card = answer.scorecard
    return ResultRow(
        id=answer.id,
        source=answer.source,
        status=answer.status,
        percent=card.percent,
        points=card.points,
        max_points=card.max_points,
        decision=card.decision and card.decision.value,
        flags=tuple(flag.title for flag in card.flags),
        reviewed=any(grade.review is not None for grade in card.criteria),
        levels=tuple(
            ResultLevel(
                criterion=grade.id,
                title=grade.title,
                level=grade.level,
                top=grade.top,
                points=grade.points,
                reviewed=grade.review is not None,
            )
            for grade in card.criteria
        ),
    )
