"""`sevenstep eval calibrate`: what people give where the grader gives a level."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from agent.calibration import Calibration
from evals.grading import Grades
from evals.levels import Scale
from evals.stats.mapping import applied, fitted, shrunk
from evals.studies.calibrate import Sample, measured_calibration
from tests.cli_support import refused, run
from tests.eval_support import dataset
from tests.graded_support import grade, graded

NAN = float("nan")


def sample(answers: int, seed: int) -> Sample:
    """Answers to which people give 0 to 4, and a grader gives one less where it can."""
    people = np.random.default_rng(seed).integers(0, 5, answers)
    scale = Scale("light", "Light", (0.0, 0.25, 0.5, 0.75, 1.0))
    cards = tuple(
        graded(f"a{at}", (grade("light", int(max(level - 1, 0)), top=4, points=1.0),))
        for at, level in enumerate(people)
    )
    return Sample(
        title="simulated",
        scales=(scale,),
        grades=Grades(tuple(card.id for card in cards), cards),
        people=people[:, None].astype(float),
        percents=people.astype(float) * 25,
        clusters=tuple(card.id for card in cards),
    )


def many(levels: list[int], times: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(levels * times, dtype=float)


def test_a_grader_that_is_one_too_strict_is_mapped_one_up() -> None:
    grader, people = many([0, 1, 2, 3], 500), many([0, 2, 3, 4], 500)
    mapping = fitted(grader, people, 4, "isotonic")
    assert list(applied(np.array([0.0, 1, 2, 3]), mapping)) == [0, 2, 3, 4]


@pytest.mark.parametrize("method", ["isotonic", "linear"])
def test_a_mapping_never_falls(method: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        grader, people = rng.integers(0, 5, 30), rng.integers(0, 5, 30)
        mapping = fitted(grader.astype(float), people.astype(float), 4, method)  # type: ignore[arg-type]
        assert (np.diff(mapping) >= -1e-12).all()
        assert mapping.min() >= 0
        assert mapping.max() <= 4


def test_a_linear_mapping_is_the_weighted_least_squares_line() -> None:
    rng = np.random.default_rng(1)
    grader = rng.integers(0, 5, 200).astype(float)
    people = np.clip(grader + rng.integers(-1, 2, 200), 0, 4).astype(float)
    known = np.repeat(np.arange(5.0), 2)
    slope, start = np.polyfit(np.concatenate([grader, known]), np.concatenate([people, known]), 1)
    expected = np.clip(start + slope * np.arange(5), 0, 4)
    assert fitted(grader, people, 4, "linear") == pytest.approx(expected, abs=1e-9)


def test_a_level_that_was_hardly_seen_stays_near_itself() -> None:
    grader, people = np.array([3.0, *[1.0] * 50]), np.array([1.0, *[1.0] * 50])
    assert fitted(grader, people, 4, "isotonic")[3] > 2


def test_pairs_with_a_gap_do_not_count() -> None:
    whole = fitted(np.array([1.0, 2]), np.array([2.0, 3]), 4, "isotonic")
    gaps = fitted(np.array([1.0, 2, NAN, 3]), np.array([2.0, 3, 1, NAN]), 4, "isotonic")
    assert list(whole) == list(gaps)


def test_a_question_with_few_answers_is_drawn_towards_all_of_them() -> None:
    own, common = np.array([0.0, 4]), np.array([0.0, 2])
    assert list(shrunk(own, common, 20, strength=20)) == [0, 3]
    assert list(shrunk(own, common, 0, strength=20)) == [0, 2]


def test_level_0_stays_and_a_half_goes_down() -> None:
    mapping = np.array([1.0, 1.5, 2.6])
    found = applied(np.array([0.0, 1, 2, NAN]), mapping)
    assert found == pytest.approx([0, 1, 3, NAN], nan_ok=True)


def test_a_known_bias_is_gone_on_answers_left_out_but_at_level_0() -> None:
    study = measured_calibration(
        sample(answers=200, seed=3), made_at=datetime.now(UTC), replicates=200
    )
    figures = study.figures()
    assert figures["before.bias"] == pytest.approx(-0.8, abs=0.1)
    # A fifth of the answers are worth 1 and got 0, which stays as it has no quote.
    assert figures["after.bias"] == pytest.approx(-0.2, abs=0.05)


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("calibrate")
    data = dataset(folder / "data", copies=8)
    ran = run(
        "eval", "calibrate", data, "--part", "a", "--test", "b", "--model", "offline",
        "--out", folder / "out", "--replicates", "200",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return data, folder / "out"


def test_the_file_says_what_it_was_learned_with(calibrated: tuple[Path, Path]) -> None:
    text = (calibrated[1] / "calibration.json").read_text()
    made = Calibration.model_validate_json(text)
    assert (made.rubric, made.engine, made.source) == ("slow_start", "offline", "Short answers")
    assert {one.criterion for one in made.criteria} == {"growth", "end"}
    assert all(one.n == 24 for one in made.criteria)


def test_grade_uses_the_file(calibrated: tuple[Path, Path], tmp_path: Path) -> None:
    data, out = calibrated
    ran = run(
        "grade", data / "answers.csv", "--rubric", data / "rubric.yaml", "--model", "offline",
        "--calibration", out / "calibration.json", "--out", tmp_path / "grades",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    line = json.loads((tmp_path / "grades" / "grades.jsonl").read_text().splitlines()[0])
    assert line["scorecard"]["provenance"]["calibration"]


def test_agreement_is_shown_before_and_after_on_the_test_part(
    calibrated: tuple[Path, Path],
) -> None:
    figures = json.loads((calibrated[1] / "calibrate.json").read_text())["figures"]
    assert {
        "before.qwk",
        "after.qwk",
        "test.before.pearson",
        "test.after.pearson",
    } <= figures.keys()


def test_too_few_levels_of_people_are_refused(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", copies=2)
    ran = run("eval", "calibrate", data, "--model", "offline", "--out", tmp_path / "out")
    assert "no criterion has 20 levels of people" in refused(ran)
    assert not (tmp_path / "out" / "calibration.json").exists()


def test_the_test_part_must_be_another_one(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data")
    ran = run("eval", "calibrate", data, "--part", "a", "--test", "a", "--model", "offline")
    assert "--test PART needs --part with another one" in refused(ran)


def test_reviews_of_a_grading_run_are_learned_from(tmp_path: Path) -> None:
    data = dataset(tmp_path / "data", copies=5)
    grades = tmp_path / "grades"
    ran = run(
        "grade", data / "answers.csv", "--rubric", data / "rubric.yaml", "--model", "offline",
        "--out", grades,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    for copy in range(5):
        for name in ("full", "growth", "end", "little"):
            ran = run(
                "review", f"{name}{copy}", "--in", grades, "--criterion", "growth", "--level", "1",
                "--reason", "seen", "--by", "ann",
            )  # fmt: skip
            assert ran.code == 0, ran.err
    ran = run("eval", "calibrate", grades, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    made = Calibration.model_validate_json((tmp_path / "out" / "calibration.json").read_text())
    assert [(one.criterion, one.n) for one in made.criteria] == [("growth", 20)]
