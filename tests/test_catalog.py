"""The catalog finds every shipped file, and names file, field and remedy of a faulty one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.catalog import Catalog, check_together, load_rubric, load_scenario, shipped
from agent.errors import FileError, InputError
from tests.support import rubric

Change = Callable[[dict[str, Any]], object]


def test_every_shipped_yaml_file_is_loaded_by_something() -> None:
    loaded = {path.name for path in Catalog().scenario_paths().values()}
    assert loaded == {path.name for path in shipped("scenarios").rglob("*.yaml")}
    for path in shipped("rubrics").glob("*/rubric.yaml"):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        included = {name for name in (*raw["steps"], raw.get("overall")) if isinstance(name, str)}
        assert {p.name for p in path.parent.glob("*.yaml")} == included | {"rubric.yaml"}


@pytest.mark.parametrize("name", Catalog().rubric_paths())
def test_a_shipped_rubric_loads(name: str) -> None:
    assert Catalog().rubric(name).id == name


@pytest.mark.parametrize("name", Catalog().scenario_paths())
def test_a_shipped_scenario_loads_and_fits_the_rubric(name: str) -> None:
    scenario = Catalog().scenario(name)
    check_together(scenario, rubric(), Path(name))
    assert len(scenario.facts) >= 12
    assert len(scenario.curveballs) >= 3


def faulty(folder: Path, change: Change) -> FileError:
    """The error of a copy of a shipped scenario with this change."""
    raw = yaml.safe_load(Catalog().scenario_paths()["netflix_recs"].read_text(encoding="utf-8"))
    change(raw)
    path = folder / "netflix_recs.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(FileError) as caught:
        check_together(load_scenario(path), rubric(), path)
    assert caught.value.path == path
    assert "\n" not in str(caught.value)
    return caught.value


def put(*where: Any) -> Change:
    """A change that puts the last of these at the place that the others name."""

    def change(raw: Any) -> None:
        *path, last, value = where
        for part in path:
            raw = raw[part]
        raw[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        (put("titel", "x"), "titel", "not known"),
        (lambda raw: raw.pop("title"), "title", "missing"),
        (put("title", 5), "title", "5 is not accepted"),
        (put("title", ""), "title", "empty"),
        (put("id", "Bad Id"), "id", "not a valid id"),
        (put("id", "other"), "id", "differs from the file's name"),
        (put("facts", 2, "text", None), "facts[2].text", "None is not accepted"),
        (put("facts", "none"), "facts", "not accepted"),
        (put("facts", 0, "colour", "red"), "facts[0].colour", "not known"),
        (put("curveballs", 0, "when", "later"), "curveballs[0].when", "not accepted"),
        (put("curveballs", 0, "step", "metrix"), "curveballs", "'metrix' is not in the rubric"),
        (lambda raw: raw["references"].pop("metrics"), "references", "metrics"),
    ],
)
def test_a_fault_is_named_with_its_field(
    tmp_path: Path, change: Change, where: str, problem: str
) -> None:
    error = faulty(tmp_path, change)
    assert error.where == where
    assert problem in error.problem
    assert str(error).count("; ") >= 1


def test_a_near_miss_gets_a_suggestion(tmp_path: Path) -> None:
    error = faulty(tmp_path, put("curveballs", 0, "step", "metrix"))
    assert "did you mean 'metrics'?" in str(error)


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("id: x\nid: y\n")
    with pytest.raises(FileError, match=r"line 2.*'id' stands twice; remove one"):
        load_scenario(path)


def test_a_fault_in_a_step_s_file_names_that_file(tmp_path: Path) -> None:
    source = Catalog().rubric_paths()["ml_system_design"].parent
    folder = tmp_path / "ml_system_design"
    folder.mkdir()
    for path in source.glob("*.yaml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    step = next(path for path in sorted(folder.glob("*.yaml")) if path.name != "rubric.yaml")
    step.write_text(step.read_text(encoding="utf-8") + "\nextra: 1\n", encoding="utf-8")
    with pytest.raises(FileError, match="extra: this key is not known") as caught:
        load_rubric(folder)
    assert caught.value.path == step


def test_a_folder_of_one_s_own_wins_over_the_shipped_one(tmp_path: Path) -> None:
    text = Catalog().scenario_paths()["netflix_recs"].read_text(encoding="utf-8")
    raw = {**yaml.safe_load(text), "title": "Mine"}
    (tmp_path / "netflix_recs.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    own = Catalog(scenario_folders=(tmp_path,))
    assert own.scenario("netflix_recs").title == "Mine"
    assert "card_fraud" in own.scenario_paths()


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such folder"):
        Catalog(scenario_folders=(tmp_path / "none",)).scenario_paths()


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(InputError, match="did you mean 'card_fraud'"):
        Catalog().scenario("cardfraud")
