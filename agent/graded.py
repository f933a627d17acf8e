"""A graded answer as one value: a line of `grades.jsonl`, and what reports and reviews read."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from agent.frozen import Frozen
from agent.scorecard import UNGRADED, Review, Scorecard

Status = Literal["graded", "partly", "ungraded"]


class GradedAnswer(Frozen):
    """The outcome for one answer.

    `key` is the hash of all that the grade depends on: the answer, rubric, scenario or question,
    prompts, model and parameters. `source` says where the answer came from. `scorecard` holds the
    levels as they stand, those set by a person included; `reviews` are all that people have said,
    the newest last.
    """

    id: str
    key: str
    source: str = ""
    question: str = Field(default="", description="the scenario's title, or the question")
    problem: str = Field(default="", description="the hash of rubric and scenario or question")
    graded_at: datetime
    scorecard: Scorecard
    reviews: tuple[Review, ...] = ()

    @property
    def status(self) -> Status:
        """Whether all of what was to be judged has a level, a part of it, or nothing."""
        levels = [grade.level for grade in self.scorecard.criteria]
        if UNGRADED not in levels:
            return "graded"
        return "partly" if any(isinstance(level, int) for level in levels) else "ungraded"
