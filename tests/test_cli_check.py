"""`sevenstep rubric` and `sevenstep scenario`: checking files and starting new ones."""

from pathlib import Path

import pytest

from tests.cli_support import refused, run


@pytest.mark.parametrize("kind", ["rubric", "scenario"])
def test_the_shipped_files_pass(kind: str) -> None:
    ran = run(kind, "check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("ok ")


@pytest.mark.parametrize("kind", ["rubric", "scenario"])
def test_a_new_file_passes_the_check_and_explains_itself(tmp_path: Path, kind: str) -> None:
    made = run(kind, "new", "my_own", "--dir", tmp_path)
    path = tmp_path / "my_own.yaml"
    assert f"sevenstep {kind} check {path}" in made.out
    assert "# " in path.read_text(encoding="utf-8")
    assert run(kind, "check", path).code == 0


@pytest.mark.parametrize("kind", ["rubric", "scenario"])
def test_a_new_file_never_replaces_another(tmp_path: Path, kind: str) -> None:
    (tmp_path / "mine.yaml").write_text("precious")
    assert "exists already" in refused(run(kind, "new", "mine", "--dir", tmp_path))
    assert (tmp_path / "mine.yaml").read_text() == "precious"


@pytest.mark.parametrize("name", ["My-Id", "../x", ""])
def test_an_impossible_id_is_refused(tmp_path: Path, name: str) -> None:
    assert "is not a valid id" in refused(run("scenario", "new", name, "--dir", tmp_path))


def test_a_new_file_in_a_missing_folder_makes_the_folder(tmp_path: Path) -> None:
    assert run("scenario", "new", "mine", "--dir", tmp_path / "none").code == 0
    assert (tmp_path / "none" / "mine.yaml").is_file()


def test_each_faulty_file_gets_one_line(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text("id: x\n")
    run("scenario", "new", "good", "--dir", tmp_path)
    ran = run("scenario", "check", tmp_path)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 2
    assert "one.yaml: " in ran.err
    assert "good" in ran.out


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    assert "holds no YAML files" in refused(run("rubric", "check", tmp_path))
