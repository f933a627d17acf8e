"""The scales of a rubric's criteria, and the level that a person's points stand for. Pure."""

from agent.answer_rubric import AnswerRubric
from agent.rubric import TOP_LEVEL, Rubric
from evals.levels import Scale

_SAME = 1e-9


def scales_of(rubric: Rubric | AnswerRubric) -> tuple[Scale, ...]:
    """One scale a criterion, in the rubric's order.

    Of a rubric for interviews only what may be judged in writing, weighted with its step.
    """
    if isinstance(rubric, AnswerRubric):
        return tuple(
            Scale(
                criterion=one.id,
                title=one.title,
                worth=tuple(rung.points / one.most for rung in one.scale),
                weight=one.share,
                points=tuple(rung.points for rung in one.scale),
            )
            for one in rubric.criteria
        )
    levels = tuple(range(TOP_LEVEL + 1))
    return tuple(
        Scale(
            criterion=one.id,
            title=one.title,
            worth=tuple(level / TOP_LEVEL for level in levels),
            weight=one.weight * rubric.section_of(one.id).weight,
            points=tuple(float(level) for level in levels),
        )
        for one in rubric.criteria()
        if one.when == "always"
    )


def level_of(points: float, scale: Scale, *, nearest: bool = False) -> int | None:
    """The level that is worth so many points; None if there is none.

    With `nearest` the one whose points are nearest, of two the lower; still None off the scale.
    """
    if not scale.points[0] - _SAME <= points <= scale.points[-1] + _SAME:
        return None
    level = min(range(len(scale.points)), key=lambda at: (abs(scale.points[at] - points), at))
    if nearest or abs(scale.points[level] - points) <= _SAME:
        return level
    return None
