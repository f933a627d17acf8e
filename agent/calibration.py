"""A calibration: which level people are expected to give where a grader gives one.

It is learned from answers that people have graded (`sevenstep eval calibrate`) and holds for one
rubric and one way of grading. Where it may be used is decided in `agent.batch.calibrating`, what
a calibrated level comes to in `agent.grading`.
"""

import math
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from agent.frozen import Frozen, Slug, Text, content_hash


class CriterionCalibration(Frozen):
    """The calibration of a criterion, for all questions or for one.

    `question` is the hash of the problem (a graded answer's `problem`) that it is for; None for
    all. `levels` are the expected human levels, from 0 to the highest, for each of the grader's,
    which never fall. `n` is how many human levels it was learned from.
    """

    criterion: Slug
    question: str | None = None
    levels: Annotated[tuple[float, ...], Field(min_length=2)]
    n: Annotated[int, Field(ge=0)]

    @field_validator("levels")
    @classmethod
    def _levels_fit(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 <= one <= len(levels) - 1 for one in levels):
            raise ValueError(f"levels must lie between 0 and {len(levels) - 1}, the highest level")
        if any(after < before for before, after in zip(levels, levels[1:], strict=False)):
            raise ValueError("levels must not fall from one to the next")
        return levels


class Calibration(Frozen):
    """What people give where a grader gives a level, learned from `answers` labelled ones.

    `version`, `rubric_hash`, `engine`, `prompts_hash` and `parameters` are those of the scorecards
    that it was learned from; `source` is the title of the labelled sample.
    """

    version: Text
    method: Literal["isotonic", "linear"]
    rubric: Slug
    rubric_hash: Text
    engine: Text
    prompts_hash: str | None = None
    parameters: str | None = None
    source: Text
    answers: Annotated[int, Field(ge=1)]
    made_at: datetime
    criteria: tuple[CriterionCalibration, ...]

    @model_validator(mode="after")
    def _one_entry_each(self) -> "Calibration":
        seen = set()
        for one in self.criteria:
            key = (one.criterion, one.question)
            if key in seen:
                raise ValueError(f"the criterion {one.criterion!r} stands twice for one question")
            seen.add(key)
        return self

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all of it."""
        return content_hash(self)

    def level(self, criterion: str, level: int, question: str) -> int:
        """The calibrated level for one that the grader gave.

        It is the nearest to the expected one, and the lower of two equally near. An entry for
        this `question` goes before one for all; without any the level stays as it is.
        """
        entries = self._entries
        entry = entries.get((criterion, question)) or entries.get((criterion, None))
        if entry is None or level >= len(entry.levels):
            return level
        return math.ceil(entry.levels[level] - 0.5)

    def told(self) -> str:
        """What stands of it on a scorecard."""
        return (
            f"{self.digest[:12]}, {self.method}, learned from {self.answers:,} answers of "
            f"{self.source}"
        )

    @cached_property
    def _entries(self) -> dict[tuple[str, str | None], CriterionCalibration]:
        return {(one.criterion, one.question): one for one in self.criteria}
