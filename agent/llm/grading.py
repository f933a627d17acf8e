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
    grades = _by_criterion(raw.get("grades"), last=last)
    if isinstance(grades, dict):
        grades = {name: one for name, one in grades.items() if name in tops}
        if last:
            grades = {name: one for name, one in grades.items() if _is_grade(one, tops[name])}
    flags = raw.get("red_flags") or []
    raw = {"grades": grades, "red_flags": flags if not last or _are_flags(flags) else []}
    try:
        found = StepRead.model_validate(raw)
    except ValidationError as error:
        raise ValueError(told(error)) from error
    missing = [name for name in tops if name not in found.grades]
    if missing and (not last or len(missing) == len(tops)):
        raise ValueError(f"no grade for {', '.join(missing)}")
    for name, grade in found.grades.items():
        if grade.level > tops[name]:
            raise ValueError(f"grades.{name}.level: {grade.level} is above the top, {tops[name]}")
    return found


def _by_criterion(grades: object, *, last: bool) -> object:
    """A list of grades that name their criteria as a mapping; of two on one the first counts.

    Models without constrained decoding often give the mapping at once.
    """
    if not isinstance(grades, list):
        return grades
    found: dict[str, object] = {}
    for at, one in enumerate(grades):
        name = one.get("criterion") if isinstance(one, dict) else None
        if isinstance(name, str):
            found.setdefault(name, one)
        elif not last:
            raise ValueError(f"grades[{at}] names no criterion")
    return found


def _is_grade(raw: object, top: int) -> bool:
    return fits(GradeRead, raw) and GradeRead.model_validate(raw).level <= top


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
def grades_shape(criteria: tuple[str, ...], top: int, flags: tuple[str, ...]) -> Shape:
    """The JSON Schema of grades: evidence and reason come before the level.

    `criteria` and `flags` are all that a sheet has, and `top` its highest level, so that the
    schema is the same in all calls about it: providers put it before the prompt, and another one
    would make their cache useless.
    """
    quote = strict_object(turn={"type": "integer"}, quote={"type": "string"})
    grade = strict_object(
        criterion={"type": "string", "enum": list(criteria)},
        quotes={"type": "array", "items": quote},
        reason={"type": "string"},
        level={"type": "integer", "enum": list(range(top + 1))},
        confidence={"type": "string", "enum": list(get_args(Confidence))},
    )
    flag = strict_object(
        flag={"type": "string", "enum": list(flags)},
        turn={"type": "integer"},
        quote={"type": "string"},
    )
    return Shape(
        "grades",
        strict_object(
            grades={"type": "array", "items": grade}, red_flags={"type": "array", "items": flag}
        ),
    )
