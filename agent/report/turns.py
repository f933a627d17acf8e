"""The turns as a report shows them: what to call each, where a step begins, what is marked.

A written answer has no turns in the reader's eyes, so that its places are named otherwise than
those of an interview. Escaping and markup are left to the report.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from agent.report import words
from agent.report.marks import Part, Quotes, cut
from agent.scorecard import FlagNote, Scorecard
from agent.transcript import Party, Transcript, Turn


@dataclass(frozen=True)
class TurnView:
    """A turn in parts; `enters` is the title of the step that it is the first of, or empty."""

    turn: Turn
    parts: tuple[Part, ...]
    enters: str


@dataclass(frozen=True)
class Places:
    """Names for the places in a transcript."""

    transcript: Transcript

    @property
    def is_interview(self) -> bool:
        """Whether an interviewer spoke, too."""
        return any(turn.speaker is Party.interviewer for turn in self.transcript.turns)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was answered."""
        spoken = (turn for turn in self.transcript.turns if turn.speaker is Party.candidate)
        return not any(turn.text.strip() for turn in spoken)

    def of_turn(self, index: int) -> str:
        """Such as "turn 3" of an interview, "part 2" of an answer, or just "in the answer"."""
        order = [turn.index for turn in self.transcript.turns]
        if self.is_interview or index not in order:
            return f"turn {index}"
        return f"part {order.index(index) + 1}" if len(order) > 1 else "in the answer"

    def of_flag(self, flag: FlagNote) -> str:
        """Where a flag was seen."""
        if flag.turn is not None:
            return self.of_turn(flag.turn)
        return words.flag_place(flag) if self.is_interview else "over the whole answer"


def turn_views(turns: Sequence[Turn], card: Scorecard, quotes: Quotes) -> list[TurnView]:
    """The turns, cut where quotes begin and end."""
    before = [None, *(turn.step for turn in turns)]
    return [
        TurnView(
            turn=turn,
            parts=cut(turn.text, quotes.in_turn(turn.index)),
            enters=words.section_title(card, now) if now != last else "",
        )
        for turn, (last, now) in zip(turns, pairwise(before), strict=True)
    ]
