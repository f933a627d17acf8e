"""Checks a rubric or scenario that somebody uploads or writes, before it is used.

What makes one right is decided in `agent.catalog`; here only its text becomes a file, and the
fault is told with the name that its author knows.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from agent.answer_rubric import AnswerRubric
from agent.catalog import check_together, load_any_rubric, load_scenario
from agent.errors import FileError
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.web.work.uploads import safe_name

_T = TypeVar("_T")


def check_rubric_text(text: str, name: str) -> Rubric | AnswerRubric | str:
    """The rubric in this text, or what is wrong with it in one line.

    `name` is the file's, such as essay.yaml; a rubric of an interview must have its id. Raises
    InputError for a name whose kind is not read.
    """
    return _checked(text, name, load_any_rubric)


def check_scenario_text(text: str, name: str, rubric: Rubric | None = None) -> Scenario | str:
    """The scenario in this text, or what is wrong with it in one line; `name` as for a rubric.

    With a `rubric` it must also name its steps and criteria only, and all its steps.
    """

    def load(path: Path) -> Scenario:
        scenario = load_scenario(path)
        if rubric is not None:
            check_together(scenario, rubric, path)
        return scenario

    return _checked(text, name, load)


def _checked(text: str, name: str, load: Callable[[Path], _T]) -> _T | str:
    with tempfile.TemporaryDirectory(prefix="sevenstep-") as folder:
        path = Path(folder) / safe_name(name)
        path.write_text(text, encoding="utf-8", errors="replace")
        try:
            return load(path)
        except FileError as error:
            shown = Path(error.path.name)
            return str(FileError(shown, error.problem, where=error.where, remedy=error.remedy))
