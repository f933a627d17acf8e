"""Reads rubrics and scenarios: the shipped ones, those of the checkout, and the user's own.

The only reader of `rubrics/` and `scenarios/`. It turns every fault of a file into a
`FileError` that names file, field and remedy. What the types mean is not its business.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from agent.answer_rubric import AnswerRubric
from agent.errors import FileError, InputError
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.yaml_bounds import require_bounded

DEFAULT_RUBRIC = "ml_system_design"
_HERE = Path(__file__).resolve().parent
_MAX_FILE_BYTES = 2_000_000
_START_FROM = "start from the file that `sevenstep scenario new` or `rubric new` writes"
_T = TypeVar("_T", bound=BaseModel)


def shipped(kind: str) -> Path:
    """The folder `rubrics` or `scenarios` inside the wheel, or else in the checkout."""
    inside = _HERE / "data" / kind
    return inside if inside.is_dir() else _HERE.parent / kind


@dataclass(frozen=True)
class Catalog:
    """Finds rubrics and scenarios by id; folders named first win over the shipped ones."""

    rubric_folders: tuple[Path, ...] = ()
    scenario_folders: tuple[Path, ...] = ()

    def rubric_paths(self) -> dict[str, Path]:
        """Each rubric's id (its folder's or file's name) with the file to load."""
        found: dict[str, Path] = {}
        for folder in (*_existing(self.rubric_folders), shipped("rubrics")):
            for path in sorted(folder.glob("*/rubric.yaml")):
                found.setdefault(path.parent.name, path)
            for path in sorted(folder.glob("*.yaml")):
                found.setdefault(path.stem, path)
        return found

    def scenario_paths(self) -> dict[str, Path]:
        """Each scenario's id (its file's name) with the file to load."""
        found: dict[str, Path] = {}
        for folder in (*_existing(self.scenario_folders), shipped("scenarios")):
            for path in sorted(folder.glob("*.yaml")):
                found.setdefault(path.stem, path)
        return found

    def rubric(self, rubric_id: str = DEFAULT_RUBRIC) -> Rubric:
        """The rubric of this id, or in this file or folder."""
        return load_rubric(_find(rubric_id, self.rubric_paths(), "rubric"))

    def any_rubric(self, rubric_id: str = DEFAULT_RUBRIC) -> Rubric | AnswerRubric:
        """The rubric of this id, or in this file or folder, for interviews or for answers."""
        return load_any_rubric(_find(rubric_id, self.rubric_paths(), "rubric"))

    def scenario(self, scenario_id: str) -> Scenario:
        """The scenario of this id, or in this file."""
        return load_scenario(self.scenario_path(scenario_id))

    def scenario_path(self, scenario_id: str) -> Path:
        """The file to load for this id, or the file named; raises InputError if there is none."""
        return _find(scenario_id, self.scenario_paths(), "scenario")

    def scenarios(self) -> tuple[Scenario, ...]:
        """All scenarios, in the order of their ids."""
        return tuple(load_scenario(path) for _, path in sorted(self.scenario_paths().items()))


def load_rubric(path: Path) -> Rubric:
    """Read a rubric from one file, or from a folder with `rubric.yaml` and a file a step.

    Raises FileError naming the file, the field and the remedy.
    """
    path = path / "rubric.yaml" if path.is_dir() else path
    raw = read_yaml_mapping(path)
    sources: dict[tuple[str | int, ...], Path] = {}
    steps = raw.get("steps")
    if isinstance(steps, list):
        for index, step in enumerate(steps):
            if isinstance(step, str):
                sources["steps", index] = path.parent / step
                steps[index] = _included(path, step, f"steps[{index}]")
    if isinstance(raw.get("overall"), str):
        sources["overall",] = path.parent / raw["overall"]
        raw["overall"] = _included(path, raw["overall"], "overall")
    rubric = validated(Rubric, raw, path, sources)
    _require_id(rubric.id, path.parent.name if path.name == "rubric.yaml" else path.stem, path)
    return rubric


def load_scenario(path: Path) -> Scenario:
    """Read a scenario from one file; raises FileError naming the file, field and remedy."""
    scenario = validated(Scenario, read_yaml_mapping(path), path)
    _require_id(scenario.id, path.stem, path)
    for field in ("vocabulary", "facts", "curveballs", "pitfalls"):
        if not getattr(scenario, field):
            raise FileError(path, "has 0 entries", where=field, remedy="give at least 1")
    return scenario


def load_any_rubric(path: Path) -> Rubric | AnswerRubric:
    """Read a rubric of either kind: one for interviews has `steps`, the other `criteria`.

    Raises FileError naming the file, the field and the remedy.
    """
    if path.is_dir():
        return load_rubric(path)
    raw = read_yaml_mapping(path)
    if "steps" in raw and "criteria" in raw:
        raise FileError(
            path,
            "has both `steps` and `criteria`",
            remedy="keep `steps` for interviews, or `criteria` for answers to any question",
        )
    if "steps" in raw:
        return load_rubric(path)
    return validated(AnswerRubric, raw, path)


def check_together(scenario: Scenario, rubric: Rubric, path: Path) -> None:
    """Raise FileError if a scenario names steps or criteria that the rubric does not have."""
    steps = [step.id for step in rubric.steps]
    criteria = [criterion.id for criterion in rubric.criteria()]
    for field, names, known in (
        ("references", scenario.references, steps),
        ("grading_notes", scenario.grading_notes, steps),
        ("curveballs", [ball.step for ball in scenario.curveballs], steps),
        ("signals", scenario.signals, criteria),
    ):
        for name in names:
            if name not in known:
                raise FileError(
                    path,
                    f"{name!r} is not in the rubric {rubric.id!r}",
                    where=field,
                    remedy=_use_one_of(name, known),
                )
    needed = [s.id for s in rubric.steps]
    for field, given in (
        ("references", scenario.references),
        ("grading_notes", scenario.grading_notes),
    ):
        if missing := [step for step in needed if step not in given]:
            raise FileError(
                path,
                f"nothing is given for the step {missing[0]!r}",
                where=field,
                remedy=f"add a text under {field}.{missing[0]}",
            )


def read_yaml_mapping(path: Path, remedy: str = _START_FROM) -> dict[str, Any]:
    """Read a YAML file that holds a mapping; raises FileError for anything else.

    `remedy` is what to do when it holds something else.
    """
    return parse_yaml_mapping(read_text(path), path, remedy)


def parse_yaml_mapping(text: str, path: Path, remedy: str = _START_FROM) -> dict[str, Any]:
    """A mapping from YAML text that came from `path`; raises FileError for anything else."""
    raw = parse_yaml(text, path)
    if not isinstance(raw, dict):
        raise FileError(
            path, f"holds {_kind(raw)} where a mapping of keys is expected", remedy=remedy
        )
    return raw


def parse_yaml(text: str, path: Path) -> Any:
    """Whatever YAML text that came from `path` holds; raises FileError if it is no YAML."""
    if not any(path.is_relative_to(shipped(kind)) for kind in ("rubrics", "scenarios")):
        # What is shipped is known, and looking takes as long as reading.
        require_bounded(text, path)
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None)
        twice = isinstance(error, _KeyTwiceError)
        raise FileError(
            path,
            f"not valid YAML: {problem or 'it cannot be parsed'}",
            where=f"line {mark.line + 1}" if mark else "",
            remedy="remove one of the two"
            if twice
            else "check indentation (spaces, no tabs), quotes and colons there",
        ) from error


def read_text(path: Path) -> str:
    """Read a text file as UTF-8; raises FileError if that cannot be done."""
    try:
        if path.is_dir():
            raise FileError(path, "is a folder", remedy="name a file")
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise FileError(
                path,
                f"is larger than {_MAX_FILE_BYTES:,} bytes",
                remedy="is this the file you meant?",
            )
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise FileError(path, "no such file", remedy="check the path") from error
    except UnicodeDecodeError as error:
        raise FileError(
            path, f"is not UTF-8 text (byte {error.start})", remedy="save it as UTF-8"
        ) from error
    except OSError as error:
        raise FileError(
            path, f"cannot be read ({error.strerror})", remedy="check its permissions"
        ) from error
    if "\0" in text:
        raise FileError(path, "is no text file, it holds a NUL byte", remedy="name a text file")
    return text


class _KeyTwiceError(yaml.constructor.ConstructorError):
    """A mapping holds a key twice."""


if TYPE_CHECKING:
    _Loader = yaml.SafeLoader
else:
    # The C parser is ten times as fast; where PyYAML was built without it, Python's does.
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeyLoader(_Loader):
    """SafeLoader that refuses a key given twice, where plain YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, (dict, list)):
                continue
            if key in seen:
                raise _KeyTwiceError(
                    None, None, f"the key {key!r} stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def validated(
    kind: type[_T],
    raw: dict[str, Any],
    path: Path,
    sources: dict[tuple[str | int, ...], Path] | None = None,
) -> _T:
    """What a file holds as this type; raises FileError naming the field and the remedy.

    `sources` are the files that parts of it came from, by their place in it.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        location = tuple(first["loc"])
        for prefix, included in (sources or {}).items():
            if location[: len(prefix)] == prefix:
                path, location = included, location[len(prefix) :]
                break
        problem, remedy = _explained(first)
        if more := _more(error.errors()):
            remedy += f" (and {more} more like faults after this one)"
        raise FileError(path, problem, where=_field(location), remedy=remedy) from error


def _more(errors: Sequence[Any]) -> int:
    """How many faults there are after the first; a list is not too short if its entries fail."""
    places = [tuple(error["loc"]) for error in errors]
    return sum(
        not (
            error["type"] == "too_short"
            and any(len(one) > len(place) and one[: len(place)] == place for one in places)
        )
        for error, place in list(zip(errors, places, strict=True))[1:]
    )


def _explained(error: Any) -> tuple[str, str]:
    """A pydantic error as what is wrong and what to do."""
    kind, message = error["type"], str(error["msg"])
    context = error.get("ctx", {})
    if kind == "missing":
        return "this key is missing", "add it"
    if kind == "extra_forbidden":
        return "this key is not known", "remove it or correct its spelling"
    if kind == "string_too_short":
        return "the text is empty", "write it"
    if kind == "string_pattern_mismatch":
        return (
            f"{error['input']!r} is not a valid id",
            "use lower-case letters, digits and underscores, beginning with a letter",
        )
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        word = "at least" if kind == "too_short" else "at most"
        return f"has {context.get('actual_length')} entries", f"give {word} {bound}"
    if kind == "tuple_type":
        return (
            f"{_kind(error['input'])} is not accepted where a list is expected",
            "write each entry on a line that begins with a dash",
        )
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return f"{_kind(error['input'])} is not accepted where keys are expected", "write them"
    if kind == "string_type" and isinstance(error["input"], bool):
        word = "yes" if error["input"] else "no"
        return f"YAML takes this word for a plain {word}", "put the text in quotes"
    if kind == "string_type" and isinstance(error["input"], (int, float)):
        return f"{error['input']!r} is not accepted, it is a number", "put the text in quotes"
    if kind == "value_error":
        return message.removeprefix("Value error, "), "correct it"
    shown = repr(error["input"])
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return f"{shown} is not accepted", message[0].lower() + message[1:]


def _require_id(given: str, name: str, path: Path) -> None:
    """Files are found by their names, so that an id which differs would never be found."""
    if given != name:
        raise FileError(
            path,
            f"the id {given!r} differs from the file's name {name!r}",
            where="id",
            remedy="make the two the same",
        )


def _field(location: Sequence[str | int]) -> str:
    field = ""
    for part in location:
        field += f"[{part}]" if isinstance(part, int) else f".{part}" if field else str(part)
    return field


def _included(path: Path, name: str, where: str) -> dict[str, Any]:
    included = path.parent / name
    if included.resolve().parent != path.parent.resolve():
        raise FileError(
            path, f"{name!r} lies in another folder", where=where, remedy="keep steps beside it"
        )
    if not included.is_file():
        raise FileError(
            path, f"there is no file {name!r} beside it", where=where, remedy="correct the name"
        )
    return read_yaml_mapping(included)


def _existing(folders: Iterable[Path]) -> list[Path]:
    folders = list(folders)
    for folder in folders:
        if not folder.is_dir():
            raise FileError(folder, "no such folder", remedy="check the path")
    return folders


def _find(name: str, known: dict[str, Path], what: str) -> Path:
    if name in known:
        return known[name]
    if "/" in name or name.endswith((".yaml", ".yml")) or Path(name).is_dir():
        return Path(name)
    raise InputError(f"unknown {what} {name!r}; {_use_one_of(name, list(known))}")


def _use_one_of(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}? known are {', '.join(known)}"
    return f"known are {', '.join(known)}"


def _kind(raw: object) -> str:
    kinds = {type(None): "nothing", list: "a list", str: "text", dict: "a mapping of keys"}
    return kinds.get(type(raw), "a single value")
