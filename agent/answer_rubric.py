"""A rubric for written answers to any question: criteria with levels or points, no interview.

Types and their own consistency only. Files are read by `agent.catalog`; how a grader sees such a
rubric is decided in `agent.grading.sheet`, what the levels add up to in `agent.grading.written`.
"""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from agent.frozen import Frozen, Slug, Terms, Text, require_unique
from agent.rubric import Concept

MAX_RUNGS = 101


class Rung(Frozen):
    """One level of a scale: what it is worth, and what an answer at this level holds."""

    points: Annotated[float, Field(ge=0, le=1000)]
    text: Text


def _or_mapping(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema that a mapping of points to text is taken, too."""
    listed = {key: schema.pop(key) for key in ("items", "maxItems", "type")}
    mapping = {"type": "object", "additionalProperties": {"type": "string"}}
    schema["anyOf"] = [mapping, listed]


class AnswerCriterion(Frozen):
    """One thing that is judged: either `levels`, each with its text, or just `points`.

    Levels are written as a mapping of points to text. With `points` alone there is a level
    for each `step` from 0 up. A criterion weighs what it is worth at most, unless `weight` says
    otherwise. `reference` is what a full answer says about it; `concepts` help the offline engine.
    """

    id: Slug
    title: Text
    judges: Annotated[Text | None, Field(description="what is judged, in one or two sentences")] = (
        None
    )
    levels: Annotated[
        tuple[Rung, ...], Field(max_length=MAX_RUNGS, json_schema_extra=_or_mapping)
    ] = ()
    points: Annotated[float | None, Field(gt=0, le=1000)] = None
    step: Annotated[float, Field(gt=0, le=1000)] = 1.0
    weight: Annotated[float | None, Field(gt=0, le=1000)] = None
    reference: Text | None = None
    concepts: tuple[Concept, ...] = ()

    @field_validator("levels", mode="before")
    @classmethod
    def _mapped(cls, raw: object) -> object:
        """YAML gives a mapping of points to text; pairs may be listed, too."""
        if isinstance(raw, dict):
            return [{"points": points, "text": text} for points, text in raw.items()]
        if isinstance(raw, (list, tuple)) and all(isinstance(one, (dict, Rung)) for one in raw):
            return raw
        raise ValueError("levels are a mapping of points to text, such as `2: Both are named.`")

    @model_validator(mode="after")
    def _one_scale(self) -> Self:
        if bool(self.levels) == (self.points is not None):
            raise ValueError(f"criterion {self.id!r} needs either `levels` or `points`")
        if self.levels:
            worth = [rung.points for rung in self.levels]
            if len(worth) < 2 or any(
                after <= before for before, after in zip(worth, worth[1:], strict=False)
            ):
                raise ValueError(
                    f"criterion {self.id!r} needs at least two levels, the lowest first, "
                    "with rising points"
                )
        else:
            steps = (self.points or 0) / self.step
            if abs(steps - round(steps)) > 1e-9 or not 1 <= round(steps) < MAX_RUNGS:
                raise ValueError(
                    f"criterion {self.id!r}: its `points` must be a multiple of `step` "
                    f"({self.step:g}), at most {MAX_RUNGS - 1} times"
                )
        require_unique("concept id", [concept.id for concept in self.concepts])
        return self

    @property
    def scale(self) -> tuple[Rung, ...]:
        """The levels, the lowest first; where only points are given, each says just that."""
        if self.levels:
            return self.levels
        assert self.points is not None
        steps = round(self.points / self.step)
        worth = [round(self.points * at / steps, 6) for at in range(steps + 1)]
        return tuple(
            Rung(points=one, text=f"{one:g} of {self.points:g} points{_meaning(at, steps)}")
            for at, one in enumerate(worth)
        )

    @property
    def most(self) -> float:
        """The points of the highest level."""
        return self.scale[-1].points

    @property
    def share(self) -> float:
        """What it counts beside the others: its weight, or else its points."""
        return self.most if self.weight is None else self.weight


def _meaning(at: int, steps: int) -> str:
    if at == 0:
        return ": absent or wrong"
    return ": complete and correct" if at == steps else ": correct in part"


class AnswerRubric(Frozen):
    """What is judged in answers to a question.

    `question` and `reference` may be left out where they come with the answers. `notes` are
    for whoever grades. `synonyms` are for the offline engine.
    """

    id: Slug
    version: Text = "1"
    title: Text
    question: Text | None = None
    reference: Annotated[Text | None, Field(description="how a full answer reads")] = None
    notes: Text | None = None
    criteria: Annotated[tuple[AnswerCriterion, ...], Field(min_length=1, max_length=200)]
    synonyms: tuple[Terms, ...] = ()

    @field_validator("version", mode="before")
    @classmethod
    def _as_text(cls, raw: Any) -> Any:
        return str(raw) if isinstance(raw, (int, float)) else raw

    @model_validator(mode="after")
    def _unique_ids(self) -> Self:
        require_unique("criterion id", [criterion.id for criterion in self.criteria])
        return self

    def criterion(self, criterion_id: str) -> AnswerCriterion:
        """The criterion of this id; raises KeyError for an unknown one."""
        for criterion in self.criteria:
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)
