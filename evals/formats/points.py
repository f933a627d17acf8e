"""A rubric for data that has points for whole answers: one criterion, no texts for its levels."""

from collections.abc import Mapping

from agent.answer_rubric import AnswerRubric
from evals.dataset import OVERALL

CRITERION = "answer"


def points_rubric(name: str, *, most: float, step: float = 1.0) -> AnswerRubric:
    """One criterion, `answer`, with a level for each `step` of points from 0 to `most`."""
    return AnswerRubric.model_validate(
        {
            "id": name,
            "title": "Points for the answer",
            "criteria": [
                {"id": CRITERION, "title": "The whole answer", "points": most, "step": step}
            ],
        }
    )


def points_in(column: str) -> Mapping[str, str]:
    """The columns of a rater whose points for the answer stand in this one."""
    return {CRITERION: column, OVERALL: column}
