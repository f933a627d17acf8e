"""A score of what one criterion wants: how much of it, where it is said, and in words.

How it is reached is decided in `agent.offline.gauges`, which level it means in
`agent.offline.written`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.answer_rubric import Rung

LISTED = 0.3
"""What a word counts that merely stands in a list of terms, where the reference has no list."""


@dataclass(frozen=True)
class Score:
    """A score, 0 to 1, with the places of the sentences that carry it, and what was counted."""

    score: float
    carriers: Mapping[int, float]
    reason: str


def worth(rung: Rung, scale: Sequence[Rung]) -> float:
    """A level's share of the points: 0 for the lowest and 1 for the highest, whatever they have."""
    lowest, highest = scale[0].points, scale[-1].points
    return (rung.points - lowest) / (highest - lowest)


def count_of(number: int, noun: str) -> str:
    """The number with its noun, in the plural where there is not one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
