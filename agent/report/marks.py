"""Finds the quotes of a scorecard in the transcript and cuts the turns where they begin and end.

Positions and text only: escaping and markup are left to the report.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.record import InterviewRecord
from agent.scorecard import Scorecard
from agent.transcript import Turn


@dataclass(frozen=True)
class Quote:
    """A quote with its number in the report; `start` is its place in the turn, if found."""

    number: int
    turn: int
    text: str
    start: int | None
    turn_exists: bool
    is_flag: bool = False

    @property
    def end(self) -> int:
        """The place after the quote's last character; 0 for one that was not found."""
        return 0 if self.start is None else self.start + len(self.text)


@dataclass(frozen=True)
class Part:
    """A piece of a turn in which no quote begins but at its start or ends but at its end."""

    text: str
    inside: tuple[Quote, ...]
    begins: tuple[Quote, ...]
    ends: tuple[Quote, ...]


@dataclass(frozen=True)
class Quotes:
    """All quotes of a scorecard, by the criterion or flag that they belong to."""

    of_criterion: dict[str, tuple[Quote, ...]]
    of_flag: tuple[Quote | None, ...]

    def in_turn(self, turn: int) -> tuple[Quote, ...]:
        """The quotes that stand in this turn."""
        flags = (quote for quote in self.of_flag if quote is not None)
        every = (*(quote for group in self.of_criterion.values() for quote in group), *flags)
        return tuple(quote for quote in every if quote.turn == turn and quote.start is not None)


def find_quotes(record: InterviewRecord) -> Quotes:
    """All quotes of an interview."""
    return quotes_in(record.transcript, record.scorecard)


def quotes_in(turns: Iterable[Turn], card: Scorecard) -> Quotes:
    """All quotes, numbered from 1: those of the criteria in their order, then the flags'."""
    texts = {turn.index: turn.text for turn in turns}
    number = 0

    def found(turn: int, quote: str, *, is_flag: bool = False) -> Quote:
        nonlocal number
        number += 1
        start = texts.get(turn, "").find(quote)
        return Quote(number, turn, quote, start if start >= 0 else None, turn in texts, is_flag)

    of_criterion = {
        grade.id: tuple(found(item.turn, item.quote) for item in grade.evidence)
        for grade in card.criteria
    }
    of_flag = tuple(
        found(flag.turn, flag.quote, is_flag=True) if flag.turn is not None and flag.quote else None
        for flag in card.flags
    )
    return Quotes(of_criterion, of_flag)


def cut(text: str, quotes: Sequence[Quote]) -> tuple[Part, ...]:
    """The text in parts, cut wherever one of the quotes begins or ends; they may overlap."""
    spans = [(quote, quote.start, quote.end) for quote in quotes if quote.start is not None]
    places = {0, len(text), *(start for _, start, _ in spans), *(end for _, _, end in spans)}
    return tuple(_part(text, start, end, spans) for start, end in pairwise(sorted(places)))


def _part(text: str, start: int, end: int, spans: Iterable[tuple[Quote, int, int]]) -> Part:
    covering = [(quote, first, last) for quote, first, last in spans if first <= start < last]
    return Part(
        text=text[start:end],
        inside=tuple(quote for quote, _, _ in covering),
        begins=tuple(quote for quote, first, _ in covering if first == start),
        ends=tuple(quote for quote, _, last in covering if last == end),
    )
