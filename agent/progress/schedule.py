"""When a criterion comes back: a schedule from its judgings. Pure.

What was weak comes back after the days of `INTERVALS`, one step further each time that it was
not weak when it was due; after the last of them it is learnt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

INTERVALS = (1, 3, 7, 14)
"""Days until a weak criterion comes back, and then again and again until it is learnt."""

EARLY = timedelta(hours=12)
"""How long before the moment it is due already: who practised in the evening and comes back in
the morning of the right day is not too early. Nobody's time zone has to be known for that."""


@dataclass(frozen=True)
class Judging:
    """When a criterion was judged, and whether it was weak."""

    at: datetime
    weak: bool


@dataclass(frozen=True)
class Return:
    """A criterion comes back at `due`, so many days after the judging that set it."""

    due: datetime
    interval: int

    def is_due(self, now: datetime) -> bool:
        """Whether a judging now is one when it was due."""
        return now >= self.due - EARLY


def schedule(judgings: Iterable[Judging]) -> Return | None:
    """When a criterion comes back, its judgings oldest first; None if never weak, or learnt."""
    coming: Return | None = None
    left: tuple[int, ...] = ()
    for one in judgings:
        if one.weak:
            left = INTERVALS
        elif coming is None or not coming.is_due(one.at):
            continue
        else:
            left = left[1:]
        coming = Return(one.at + timedelta(days=left[0]), left[0]) if left else None
    return coming
