"""Whether a calibration may be used: only for grades that are made as those it was learned from.

What it does to a level stands in `agent.calibration`.
"""

from pathlib import Path

from pydantic import ValidationError

from agent import __version__
from agent.batch.problem import Problem
from agent.batch.raters import engine_of
from agent.batch.settings import Settings
from agent.calibration import Calibration
from agent.catalog import read_text
from agent.errors import FileError, InputError
from agent.rubric import TOP_LEVEL, Rubric

_WRITE = "write it with `sevenstep eval calibrate`"
_ANEW = "or calibrate anew with `sevenstep eval calibrate`"


def read_calibration(path: Path) -> Calibration:
    """The calibration in a file; raises FileError naming the field and what to do."""
    try:
        return Calibration.model_validate_json(read_text(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FileError(
            path, f"is no calibration ({first['msg']})", where=where, remedy=_WRITE
        ) from error


def require_settings(settings: Settings) -> None:
    """Raise InputError if the calibration was learned with other parameters or prompts.

    For the offline engine another version of sevenstep is another grader.
    """
    found = settings.calibration
    if found is None:
        return
    if found.parameters != settings.told():
        raise _other("parameters", found.parameters or "none", settings.told() or "none")
    prompts = None if settings.is_offline else settings.prompts.hash()
    if found.prompts_hash != prompts:
        raise _other("prompts", _short(found.prompts_hash), _short(prompts))
    if settings.is_offline and found.version != __version__:
        raise _other("version of the offline engine", found.version, __version__)


async def require_engine(settings: Settings) -> None:
    """Raise InputError if the calibration was learned with another grader.

    Raises as `connect` does, since some models have their full names from their server.
    """
    found = settings.calibration
    if found is None:
        return
    engine = await engine_of(settings)
    if found.engine != engine:
        raise _other("engine", found.engine, engine)


def require_rubric(calibration: Calibration, problem: Problem) -> None:
    """Raise InputError if the calibration was learned with another rubric than the problem's."""
    rubric, now = problem.spec.rubric, problem.rubric_hash
    if (calibration.rubric, calibration.rubric_hash) != (rubric.id, now):
        raise _other(
            "rubric",
            f"{calibration.rubric} {_short(calibration.rubric_hash)}",
            f"{rubric.id} {_short(now)}",
        )
    tops = _tops(problem)
    for entry in calibration.criteria:
        top = tops.get(entry.criterion)
        if top is None:
            raise InputError(
                f"the calibration has the criterion {entry.criterion!r}, which the rubric "
                f"{rubric.id} does not have; {_WRITE}"
            )
        if len(entry.levels) != top + 1:
            raise InputError(
                f"the calibration has {len(entry.levels)} levels for {entry.criterion}, and the "
                f"rubric {rubric.id} has {top + 1}; {_WRITE}"
            )


def _tops(problem: Problem) -> dict[str, int]:
    """The highest level of each criterion."""
    rubric = problem.spec.rubric
    if isinstance(rubric, Rubric):
        return {one.id: TOP_LEVEL for one in rubric.criteria()}
    return {one.id: len(one.scale) - 1 for one in rubric.criteria}


def _other(what: str, then: str, now: str) -> InputError:
    return InputError(
        f"the calibration does not fit: the {what} it was learned with: {then}; now: {now}. "
        f"Grade as then, leave --calibration out, {_ANEW}"
    )


def _short(digest: str | None) -> str:
    return digest[:12] if digest else "none"
