"""What a report on a measurement holds, whatever it is about: headline figures and sections.

Each study arranges its result as a page. How it looks as HTML stands in `evals.report.html`, in
the terminal in `evals.report.text`, and what its plots are made of in `evals.report.plots`.
"""

from dataclasses import dataclass
from typing import Any

from evals.stats.intervals import Interval

NONE = "–"


@dataclass(frozen=True)
class Table:
    """Texts in rows. The first column names the row, the others are figures."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Plot:
    """A plotly figure, with what it shows in a sentence for those who cannot see it."""

    figure: Any
    shows: str


@dataclass(frozen=True)
class Note:
    """Something found, by what it is about, with what it means."""

    name: str
    text: str


@dataclass(frozen=True)
class Section:
    """A heading with texts, notes, tables and plots. A `brief` one stands in the terminal, too."""

    title: str
    texts: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    brief: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Headline:
    """A figure that stands large at the top, with what it means."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Page:
    """A report. `lead` says the outcome in plain words, `facts` what was measured with what."""

    title: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]


def figure(value: float | None, digits: int = 2) -> str:
    """A number, or a dash for what is undefined."""
    if value is None:
        return NONE
    text = f"{value:.{digits}f}"
    return text if float(text) else text.removeprefix("-")


def share(value: float | None) -> str:
    """A share of 0 to 1 in percent."""
    return NONE if value is None else f"{100 * value:.1f} %"


def with_interval(interval: Interval, digits: int = 2) -> str:
    """A value with its interval in brackets; the value alone where there is no interval."""
    if interval.value is None or interval.low is None or interval.high is None:
        return figure(interval.value, digits)
    low, high = figure(interval.low, digits), figure(interval.high, digits)
    return f"{figure(interval.value, digits)} [{low}, {high}]"


def headline(name: str, interval: Interval, note: str = "", digits: int = 2) -> Headline:
    """A value as a headline, with its interval in the note."""
    limits = ""
    if interval.value is not None and interval.low is not None and interval.high is not None:
        limits = f"95 %: {interval.low:.{digits}f} to {interval.high:.{digits}f}"
    parts = [part for part in (limits, note) if part]
    return Headline(name, figure(interval.value, digits), "; ".join(parts))
