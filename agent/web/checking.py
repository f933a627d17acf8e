"""Tells a rubric from a scenario in a text that somebody pastes or opens, and checks it as such.

What makes one right is decided in `agent.catalog`, by way of `agent.web.checks`; the text is
anybody's, and may be made to cost more than its length.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agent.answer_rubric import AnswerRubric
from agent.catalog import parse_yaml_mapping
from agent.errors import FileError, InputError
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.web.checks import check_rubric_text, check_scenario_text
from agent.web.work.uploads import safe_name
from agent.yaml_bounds import require_bounded

MOST_CHARACTERS = 400_000
_RUBRIC_KEYS = frozenset(("steps", "criteria", "bands", "overall"))
_SCENARIO_KEYS = frozenset(("prompt", "facts", "curveballs", "pitfalls", "references"))
_PASTED = "pasted.yaml"
_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Checked(NamedTuple):
    """The name under which a text was checked, and what it holds or, as a str, its fault."""

    name: str
    found: Rubric | AnswerRubric | Scenario | str


def checked(text: str, name: str, rubric: Rubric) -> Checked:
    """Check a text; `name` is that of its file, or "" for the name that its id asks for.

    A scenario must fit the `rubric`, too.
    """
    name = name or _PASTED
    try:
        name = safe_name(name)
        raw = _mapping(text, Path(name))
        # A rubric.yaml has its id from the folder that it lies in, which nobody sees here.
        if name in (_PASTED, "rubric.yaml") and _ID.fullmatch(str(raw.get("id"))):
            name = f"{raw['id']}.yaml"
        if _is_scenario(raw, Path(name)):
            return Checked(name, check_scenario_text(text, name, rubric))
        return Checked(name, check_rubric_text(text, name))
    except InputError as error:
        return Checked(name, str(error))


def _mapping(text: str, path: Path) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise FileError(
            path,
            f"has more than {MOST_CHARACTERS:,} characters",
            remedy="check it with `sevenstep rubric check` or `sevenstep scenario check`",
        )
    if not text.strip():
        raise InputError("There is nothing to check yet; open a file or paste its text")
    require_bounded(text, path)
    return parse_yaml_mapping(text, path)


def _is_scenario(raw: Mapping[str, Any], path: Path) -> bool:
    if _RUBRIC_KEYS & raw.keys():
        return False
    if _SCENARIO_KEYS & raw.keys():
        return True
    raise FileError(
        path,
        "is neither a rubric nor a scenario",
        remedy="a rubric has `steps` or `criteria`, a scenario `prompt` and `facts`",
    )
