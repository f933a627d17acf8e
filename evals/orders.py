"""A rubric with its criteria in another order, which should change no grade."""

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

from agent.answer_rubric import AnswerRubric
from agent.rubric import Rubric

_T = TypeVar("_T")


class _Ordering(Protocol):
    """Puts things into another order."""

    def __call__(self, given: Sequence[_T]) -> tuple[_T, ...]: ...


def reversed_rubric(rubric: Rubric | AnswerRubric) -> Rubric | AnswerRubric:
    """Last things first: the criteria, and of a rubric with steps the steps, too.

    What is judged over the whole stays behind the steps.
    """
    return _ordered(rubric, _reversed)


def shuffled_rubric(rubric: Rubric | AnswerRubric, seed: int) -> Rubric | AnswerRubric:
    """In an order by chance, steps and the criteria in each; the same seed gives the same one."""
    chance = random.Random(seed)

    def shuffled(given: Sequence[_T]) -> tuple[_T, ...]:
        return tuple(chance.sample(given, len(given)))

    return _ordered(rubric, shuffled)


def _reversed(given: Sequence[_T]) -> tuple[_T, ...]:
    return tuple(reversed(given))


def _ordered(rubric: Rubric | AnswerRubric, order: _Ordering) -> Rubric | AnswerRubric:
    # No rule of a rubric is about the order, so that a copy is as valid as what it is made of.
    if isinstance(rubric, AnswerRubric):
        return rubric.model_copy(update={"criteria": order(rubric.criteria)})
    steps = [
        step.model_copy(update={"criteria": order(step.criteria)}) for step in order(rubric.steps)
    ]
    overall = rubric.overall
    if overall is not None:
        overall = overall.model_copy(update={"criteria": order(overall.criteria)})
    return rubric.model_copy(update={"steps": tuple(steps), "overall": overall})
