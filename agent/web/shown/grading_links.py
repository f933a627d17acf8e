"""The addresses of a grading's pages: its table, the scorecard of an answer, its review. Pure.

An answer's id may hold any characters, "/" and ".." among them, and so it stands in the query.
"""

from typing import cast, get_args
from urllib.parse import quote, urlencode

from agent.frozen import Frozen
from agent.graded import Status
from agent.web.work.grades import ResultRow

PAGE_ROWS = 50


class Place(Frozen):
    """A place in a table: the row from 0, None if it is not known, and the table's filter."""

    at: int | None = None
    named: str = ""
    status: Status | None = None

    def query(self, answer: str | None = None) -> str:
        """The place as the query of an address, with an answer's id."""
        given = {"answer": answer, "at": self.at, "named": self.named, "status": self.status}
        return urlencode({name: value for name, value in given.items() if value not in (None, "")})


def place_of(at: str, named: str, status: str) -> Place:
    """The place in a query; what is no place is left out."""
    known = cast(Status, status) if status in get_args(Status) else None
    row = int(at) if at.isascii() and at.isdecimal() and len(at) < 10 else None
    return Place(at=row, named=named, status=known)


def job_url(job: str, place: Place | None = None) -> str:
    """The page of a job, with its table at this place."""
    query = place.query() if place else ""
    return f"/grade/{job}?{query}#results" if query else f"/grade/{job}"


def answer_url(job: str, answer: str, place: Place) -> str:
    """The scorecard of an answer."""
    return f"/grade/{job}/answer?{place.query(answer)}"


def review_url(job: str, answer: str, place: Place) -> str:
    """The review of an answer."""
    return f"/grade/{job}/review?{place.query(answer)}"


def result_url(job: str, name: str) -> str:
    """A file of results."""
    return f"/grade/{job}/results/{quote(name)}"


class Neighbours(Frozen):
    """The answers beside one, each with its row."""

    before: tuple[str, int] | None = None
    after: tuple[str, int] | None = None


def neighbours(answer: str, at: int, first: int, rows: tuple[ResultRow, ...]) -> Neighbours:
    """The neighbours of an answer that stood in row `at`; `rows` are those from `first` on.

    A review may have taken it out of the filter; then the next one stands in its row.
    """
    ids = {first + number: row.id for number, row in enumerate(rows)}
    is_there = ids.get(at) == answer
    before, after = at - 1, at + is_there
    return Neighbours(
        before=(ids[before], before) if before in ids else None,
        after=(ids[after], after) if after in ids else None,
    )
