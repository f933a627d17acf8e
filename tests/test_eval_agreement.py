"""`sevenstep eval agreement`: a grader against people, and people against each other."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from agent.catalog import Catalog
from evals.grading import Grades, read_grades
from evals.records import load_dataset
from evals.studies.agreement import AgreementStudy, measured_agreement
from tests.cli_support import refused, run
from tests.eval_support import dataset


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A dataset, and the folder in which the offline engine was measured on it."""
    folder = tmp_path_factory.mktemp("agreement")
    data = dataset(folder / "data")
    ran = run("eval", "agreement", data, "--model", "offline", "--out", folder / "out")
    assert ran.code == 0, ran.err
    return data, folder / "out"


def study(measured: tuple[Path, Path]) -> AgreementStudy:
    data = load_dataset(measured[0], Catalog())
    return measured_agreement(data, read_grades(measured[1] / "grades", data.ids), replicates=200)


def report(measured: tuple[Path, Path]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((measured[1] / "agreement.json").read_text())
    return found


def test_kappa_is_that_of_the_graders_levels_with_peoples_median(
    measured: tuple[Path, Path],
) -> None:
    data = load_dataset(measured[0], Catalog())
    grades = read_grades(measured[1] / "grades", data.ids)
    theirs = np.min(data.people.values, axis=2)  # of two, the lower median
    own = grades.levels(data.people.scales).values[:, :, 0]
    expected = cohen_kappa_score(theirs.ravel(), own.ravel(), weights="quadratic")
    assert report(measured)["figures"]["qwk"] == pytest.approx(expected, abs=1e-9)


def test_people_are_compared_with_each_other_too(measured: tuple[Path, Path]) -> None:
    (ceiling,) = study(measured).ceiling
    assert (ceiling.first, ceiling.second) == ("ann", "ben")
    assert report(measured)["figures"]["people.qwk"] == ceiling.levels.overall.quadratic_kappa.value  # type: ignore[union-attr]


def test_each_criterion_has_its_figures(measured: tuple[Path, Path]) -> None:
    assert {"growth.qwk", "end.qwk", "growth.alpha", "end.bias.low"} <= report(measured)[
        "figures"
    ].keys()


def test_confusion_counts_every_answer(measured: tuple[Path, Path]) -> None:
    for one in study(measured).confusions:
        assert np.sum(one.counts) == (24 if one.criterion == "" else 12)


def test_answers_without_grade_are_counted_and_in_no_figure(measured: tuple[Path, Path]) -> None:
    data = load_dataset(measured[0], Catalog())
    grades = read_grades(measured[1] / "grades", data.ids)
    lacking = Grades(grades.ids, (None, *grades.graded[1:]))
    found = measured_agreement(data, lacking, replicates=200)
    assert found.missing.answers_without_grade == 1
    assert found.missing.levels_without_grade == 2
    assert found.main.percents.answers == 11
    assert found.figures()["ungraded"] == pytest.approx(1 / 12)


def test_the_bands_hold_all_answers(measured: tuple[Path, Path]) -> None:
    assert sum(band.answers for band in study(measured).bands) == 12


def test_a_part_is_measured_alone(measured: tuple[Path, Path], tmp_path: Path) -> None:
    ran = run(
        "eval", "agreement", measured[0], "--part", "a", "--model", "offline", "--out", tmp_path
    )
    assert ran.code == 0
    assert (
        json.loads((tmp_path / "agreement.json").read_text())["result"]["missing"]["answers"] == 6
    )


def test_what_was_graded_is_not_graded_again(measured: tuple[Path, Path]) -> None:
    before = (measured[1] / "grades" / "grades.jsonl").read_text()
    assert (
        run("eval", "agreement", measured[0], "--model", "offline", "--out", measured[1]).code == 0
    )
    assert (measured[1] / "grades" / "grades.jsonl").read_text() == before


def test_grades_of_an_earlier_run_are_measured_as_they_are(
    measured: tuple[Path, Path], tmp_path: Path
) -> None:
    ran = run(
        "eval", "agreement", measured[0], "--grades", measured[1] / "grades", "--out", tmp_path
    )
    assert ran.code == 0
    again = json.loads((tmp_path / "agreement.json").read_text())
    assert again["figures"] == report(measured)["figures"]


def test_a_gate_that_is_not_reached_ends_with_1_and_names_the_figure(
    measured: tuple[Path, Path],
) -> None:
    ran = run(
        "eval", "agreement", measured[0], "--model", "offline", "--out", measured[1],
        "--gate", "qwk>=0.1", "--gate", "exact>1.5",
    )  # fmt: skip
    assert ran.code == 1
    assert ran.err.splitlines()[-1].startswith("gate exact>1.5 failed: exact is ")


def test_a_gate_on_an_unknown_figure_is_refused(measured: tuple[Path, Path]) -> None:
    ran = run(
        "eval", "agreement", measured[0], "--model", "offline", "--out", measured[1],
        "--gate", "kappa>=1",
    )  # fmt: skip
    assert ran.code == 2
    assert "there is no figure 'kappa'" in ran.err
    assert (measured[1] / "agreement.html").exists()


def test_people_must_have_graded_the_answers(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    path = data / "dataset.yaml"
    path.write_text(path.read_text().partition("raters:")[0])
    ran = run("eval", "agreement", data, "--model", "offline", "--out", tmp_path / "out")
    assert "nobody has graded these answers" in refused(ran)


def test_grades_of_other_answers_are_refused(measured: tuple[Path, Path], tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    path = data / "answers.csv"
    header, first, *_ = path.read_text().splitlines()
    path.write_text(f"{header}\nother-{first}\n")
    ran = run("eval", "agreement", data, "--grades", measured[1] / "grades", "--out", tmp_path)
    assert "none of the 1 answers is graded there" in refused(ran)


def test_the_page_shows_every_criterion(measured: tuple[Path, Path]) -> None:
    html = (measured[1] / "agreement.html").read_text()
    assert "Growth" in html
    assert "Krippendorff" in html
