"""What the candidate said for a step, to be read beside a strong answer to it.

A selection only: what counts was settled by the scorecard, and the markup is the report's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.report.marks import Quote
from agent.report.turns import TurnView
from agent.transcript import Transcript


@dataclass(frozen=True)
class Comparison:
    """A strong answer, the answers given in the step, and what counted for it from elsewhere."""

    reference: str
    answers: tuple[TurnView, ...]
    elsewhere: tuple[Quote, ...]


def compared(
    step: str, reference: str, views: Sequence[TurnView], quotes: Iterable[Quote]
) -> Comparison:
    """The comparison for one step; `quotes` are those of its criteria, `views` all turns."""
    spoken = Transcript(turns=tuple(view.turn for view in views)).answers()
    here = {turn.index for turn in spoken if turn.step == step}
    # Several criteria of a step may rest on the same words.
    others = {(quote.turn, quote.text): quote for quote in quotes if quote.turn not in here}
    return Comparison(
        reference=reference,
        answers=tuple(view for view in views if view.turn.index in here),
        elsewhere=tuple(sorted(others.values(), key=lambda quote: (quote.turn, quote.number))),
    )
