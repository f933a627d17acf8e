"""How the sides of a comparison are named: a folder of grades, or what is to grade.

The latter is a list such as `model=openai:x,rubric=new.yaml`, or a YAML file with the same keys.
"""

import difflib
import re
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from agent.catalog import Catalog, read_yaml_mapping, validated
from agent.cli.grading_options import CallsName, Models, settings_of
from agent.errors import InputError
from agent.frozen import Frozen, Text
from evals.dataset import Dataset
from evals.sides import Kept, Ordered

_NEXT = re.compile(r",(?=\s*\w+=)")
"""Before a key; other commas belong to a value, such as the models of a panel."""
_YAML = (".yaml", ".yml")


class SideOptions(Frozen):
    """The keys by which a side is named; what is left out is as the command's options say."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    model: Text | None = None
    panel: Text | None = None
    rubric: Text | None = None
    prompts: Path | None = None
    samples: int | None = None
    temperature: float | None = None
    calls: CallsName | None = None
    seed: int | None = None
    base_url: Text | None = None
    calibration: Path | None = None


def side_of(text: str, usual: Models, catalog: Catalog, data: Dataset) -> Ordered | Kept:
    """The side that a text names. Raises InputError or FileError for what is wrong in it."""
    path = Path(text)
    if path.is_dir():
        return Kept(path)
    if path.suffix in _YAML and "=" not in text:
        options = validated(SideOptions, read_yaml_mapping(path, "write the keys of a side"), path)
    else:
        options = _inline(text)
    try:
        settings, _ = settings_of(_models(options, usual))
        rubric = data.rubric if options.rubric is None else catalog.any_rubric(options.rubric)
    except InputError as error:
        raise InputError(f"{text}: {error}") from error
    return Ordered(text, settings, rubric)


def _inline(text: str) -> SideOptions:
    given: dict[str, Any] = {}
    for part in _NEXT.split(text):
        key, sign, value = (one.strip() for one in part.partition("="))
        if not sign or not value:
            raise InputError(
                f"{text!r} names no side: it is no folder of grades, and {part!r} is no KEY=VALUE, "
                "such as model=openai:NAME or rubric=FILE"
            )
        if key not in SideOptions.model_fields:
            near = difflib.get_close_matches(key, SideOptions.model_fields, n=1)
            known = ", ".join(SideOptions.model_fields)
            raise InputError(
                f"{text!r}: there is no key {key!r}; "
                + (f"did you mean {near[0]!r}?" if near else f"known are {known}")
            )
        if key in given:
            raise InputError(f"{text!r} gives {key!r} twice")
        given[key] = value
    try:
        return SideOptions.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(map(str, fault["loc"]))
        raise InputError(f"{text!r}: {key}: {fault['msg']}") from error


def _models(options: SideOptions, usual: Models) -> Models:
    """The options about models, those of the command where the side leaves them out."""
    own = options.model_dump(exclude={"rubric"}, exclude_none=True)
    if "model" in own:
        usual = usual._replace(panel=None)
    elif "panel" in own:
        usual = usual._replace(model=None)
    if own.get("model") == "offline":
        # What the command says of models is about the other side.
        usual = Models(model=None)
    return usual._replace(**own)
