"""How many pairs of answers to one question a grader puts in the order that people put them in."""

from collections.abc import Sequence

import numpy as np

from agent.frozen import Frozen
from evals.levels import Array


class Order(Frozen):
    """`right` of `pairs` are in people's order; a pair that the grader holds equal is not."""

    right: int
    pairs: int

    @property
    def share(self) -> float | None:
        """The share that is right, 0 to 1; None if there are no pairs."""
        return self.right / self.pairs if self.pairs else None


def ordered(people: Array, grader: Array, questions: Sequence[object]) -> Order:
    """Compare percents, (answers,) each, for every pair of answers to the same question.

    Pairs that people hold equal, and those with a nan, do not count.
    """
    right = pairs = 0
    given = ~(np.isnan(people) | np.isnan(grader))
    labels = np.array([str(one) for one in questions])
    for question in np.unique(labels):
        chosen = given & (labels == question)
        theirs, own = people[chosen], grader[chosen]
        above = theirs[:, None] > theirs[None, :]
        pairs += int(above.sum())
        right += int((above & (own[:, None] > own[None, :])).sum())
    return Order(right=right, pairs=pairs)
