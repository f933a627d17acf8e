"""What the grading model returns for a step, and what of it counts.

The wire form, its JSON Schema, and the pure step from there to verdicts. A quote counts only if
it stands in the candidate's turns.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, get_args

from pydantic import Field, ValidationError

from agent.grading.evidence import said, verified
from agent.llm.chat import Shape
from agent.llm.window import passage
from agent.llm.wire import Wire, fits, strict_object, told
from agent.ports import Confidence, Evidence, GradedFlag, Rank, Verdict
from agent.transcript import Transcript


class _Quote(Wire):
    turn: int = Field(ge=0)
    quote: str


class GradeRead(Wire):
    """One criterion's grade as it comes over the wire."""

    quotes: list[_Quote]
    reason: str
    level: Annotated[Rank, Field(strict=True)]
    confidence: Confidence | None = None


class _Flag(Wire):
    flag: str
    turn: int = Field(ge=0)
    quote: str


class StepRead(Wire):
    """A step's grades by criterion, and the red flags seen."""

    grades: dict[str, GradeRead]
    red_flags: tuple[_Flag, ...] = ()


def step_read(raw: dict[str, Any], tops: Mapping[str, int], *, last: bool) -> StepRead:
    """Check the form of an answer; raises ValueError saying what is wrong.

    `tops` are the criteria wanted, with the highest level of each. On the `last` try the grades
    that are well-formed are kept, if there are any.
    """
    grades = raw.get("grades")
    if last and isinstance(grades, dict):
        raw = {
            "grades": {name: one for name, one in grades.items() if _is_grade(one, tops.get(name))},
            "red_flags": raw.get("red_flags") if _are_flags(raw.get("red_flags")) else [],
        }
    try:
        found = StepRead.model_validate(raw)
    except ValidationError as error:
        raise ValueError(told(error)) from error
    missing = [name for name in tops if name not in found.grades]
    if missing and (not last or len(missing) == len(tops)):
        raise ValueError(f"no grade for {', '.join(missing)}")
    for name, grade in found.grades.items():
        if grade.level > tops.get(name, grade.level):
            raise ValueError(f"grades.{name}.level: {grade.level} is above the top, {tops[name]}")
    return found


def _is_grade(raw: object, top: int | None) -> bool:
    return fits(GradeRead, raw) and (top is None or GradeRead.model_validate(raw).level <= top)


def _are_flags(raw: object) -> bool:
    return isinstance(raw, list) and all(fits(_Flag, one) for one in raw)


def verdict_of(
    criterion: str, read: GradeRead | None, transcript: Transcript, question: str = ""
) -> Verdict | None:
    """The verdict that a grade stands for; None where a level has no quote that counts.

    A criterion without any grade has a verdict without level.
    """
    if read is None:
        return Verdict(criterion=criterion, reason="The model gave no grade for it.", level=None)
    evidence = verified(
        (
            Evidence(turn=one.turn, quote=passage(one.quote))
            for one in read.quotes
            if passage(one.quote)
        ),
        transcript,
        question,
    )
    if read.level > 0 and not evidence:
        return None
    return Verdict(
        criterion=criterion,
        evidence=evidence if read.level > 0 else (),
        reason=read.reason.strip() or "The model gave no reason.",
        level=read.level,
        confidence=read.confidence,
    )


def flags_of(
    read: StepRead, known: Iterable[str], transcript: Transcript
) -> tuple[GradedFlag, ...]:
    """The red flags whose quote stands in the candidate's turns; it need not be evidence."""
    names = set(known)
    found = []
    for one in read.red_flags:
        if one.flag not in names or not passage(one.quote):
            continue
        stands = said(passage(one.quote), one.turn, transcript)
        if stands is not None:
            found.append(GradedFlag(flag=one.flag, turn=stands.turn, quote=stands.quote))
    return tuple(found)


@lru_cache(maxsize=256)
def step_shape(criteria: tuple[tuple[str, int], ...], flags: tuple[str, ...]) -> Shape:
    """The JSON Schema of the grades of `criteria`, each given with its highest level.

    Evidence and reason come before the level.
    """
    properties: dict[str, Any] = {
        "grades": strict_object(**{name: _grade_schema(top) for name, top in criteria})
    }
    if flags:
        flag = strict_object(
            flag={"type": "string", "enum": list(flags)},
            turn={"type": "integer"},
            quote={"type": "string"},
        )
        properties["red_flags"] = {"type": "array", "items": flag}
    return Shape("grades", strict_object(**properties))


@lru_cache(maxsize=256)
def _grade_schema(top: int) -> dict[str, Any]:
    quote = strict_object(turn={"type": "integer"}, quote={"type": "string"})
    return strict_object(
        quotes={"type": "array", "items": quote},
        reason={"type": "string"},
        level={"type": "integer", "enum": list(range(top + 1))},
        confidence={"type": "string", "enum": list(get_args(Confidence))},
    )
