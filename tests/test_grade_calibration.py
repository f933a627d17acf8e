"""`sevenstep grade --calibration`: applied in every way of grading, paid once, refused if it does
not fit."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from agent import grade
from agent.calibration import Calibration
from agent.errors import InputError
from agent.graded import GradedAnswer
from agent.scorecard import Provenance
from tests.cli_support import Ran, refused, run
from tests.grading_support import (
    TEXT,
    answers_file,
    calibration,
    kept,
    levels,
    many,
    rubric_file,
)
from tests.plain_model import plain_model

MODEL = "openai:fake-model"
UP = {"slow_start": (0.0, 2.0, 2.0)}


def graded(folder: Path, *options: object) -> list[GradedAnswer]:
    """Two answers, graded into a folder `out`."""
    ran = asked(folder, *options)
    assert ran.code == 0, ran.err
    return kept(folder / "out")


def asked(folder: Path, *options: object) -> Ran:
    path = answers_file(folder, many(2))
    return run("grade", path, "--rubric", rubric_file(folder), "--out", folder / "out", *options)


def by_model(server: Any, *options: object) -> tuple[object, ...]:
    return ("--model", MODEL, "--base-url", server.url, *options)


def file_of(folder: Path, found: Calibration) -> Path:
    path = folder / "calibration.json"
    path.write_text(found.model_dump_json(), encoding="utf-8")
    return path


def made(one: GradedAnswer) -> Provenance:
    return one.scorecard.provenance


def test_levels_are_calibrated_and_the_graders_own_are_kept(tmp_path: Path) -> None:
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        path = file_of(tmp_path, calibration(made(plain[0]), UP))
        done = graded(tmp_path, *by_model(server, "--calibration", path))
    assert [levels(one) for one in plain] == [(1, 1), (1, 1)]
    assert [levels(one) for one in done] == [(2, 1), (2, 1)]
    assert [grade.calibrated_from for grade in done[0].scorecard.criteria] == [1, None]
    assert done[0].scorecard.percent == 75
    rows = csv.DictReader((tmp_path / "out" / "grades.csv").read_text().splitlines())
    assert [float(row["slow_start"]) for row in rows] == [2, 2]


def test_what_was_paid_for_is_not_asked_again(tmp_path: Path) -> None:
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        for found in (UP, {"slow_start": (0.0, 0.0, 2.0)}):
            path = file_of(tmp_path, calibration(made(plain[0]), found))
            done = graded(tmp_path, *by_model(server, "--calibration", path))
            assert levels(done[0])[0] == found["slow_start"][1]
        assert levels(graded(tmp_path, *by_model(server))[0]) == (1, 1)
        assert server.served == 2


def test_the_scorecard_and_the_reports_tell_of_it(tmp_path: Path) -> None:
    plain = graded(tmp_path, "--model", "offline")
    found = calibration(made(plain[0]), UP)
    done = graded(tmp_path, "--model", "offline", "--calibration", file_of(tmp_path, found))
    said = f"{found.digest[:12]}, isotonic, learned from 1,200 answers of Sample"
    assert {made(one).calibration for one in done} == {said}
    assert said in (tmp_path / "out" / "report.html").read_text()
    pages = list((tmp_path / "out" / "answers").iterdir())
    assert len(pages) == 2
    assert all(said in page.read_text() for page in pages)


def test_the_terminal_names_it(tmp_path: Path) -> None:
    plain = graded(tmp_path, "--model", "offline")
    path = file_of(tmp_path, calibration(made(plain[0]), UP))
    ran = run(
        "grade", "-", "--rubric", rubric_file(tmp_path), "--model", "offline",
        "--calibration", path, stdin=TEXT,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert "isotonic, learned from 1,200 answers of Sample" in " ".join(ran.out.split())


def test_a_review_goes_before_it_and_names_what_stood(tmp_path: Path) -> None:
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        path = file_of(tmp_path, calibration(made(plain[0]), UP))
        options = by_model(server, "--calibration", path)
        before = graded(tmp_path, *options)[0]
        said = ("--criterion", "slow_start", "--level", 0, "--reason", "No.", "--by", "Ann")
        assert run("review", "a0", "--in", tmp_path / "out", *said).code == 0
        done = graded(tmp_path, *options)[0]
    first = done.scorecard.criteria[0]
    assert (first.level, first.calibrated_from) == (0, 1)
    assert first.review is not None
    assert first.review.original == 2
    assert made(done).calibration == made(before).calibration is not None
    line = json.loads((tmp_path / "out" / "calibration.jsonl").read_text())
    assert (line["grader_level"], line["human_level"]) == (1, 0)


def test_it_can_be_used_from_python(tmp_path: Path) -> None:
    rubric = str(rubric_file(tmp_path))
    plain = grade(TEXT, rubric=rubric)
    flat = {"slow_start": (0.0, 0.0, 0.0), "avoidance": (0.0, 0.0, 0.0)}
    found = calibration(made(plain), flat)
    by_value = grade(TEXT, rubric=rubric, calibration=found)
    by_file = grade(TEXT, rubric=rubric, calibration=file_of(tmp_path, found))
    assert levels(plain) != levels(by_value) == levels(by_file) == (0, 0)


# What does not fit.


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rubric_hash": "f" * 64}, "the rubric it was learned with: tcp ffffffffffff; now: tcp "),
        ({"rubric": "udp"}, "the rubric it was learned with: udp "),
        ({"engine": "openai:other"}, "openai:other; now: openai:fake-model. "),
        ({"prompts_hash": "f" * 64}, "the prompts it was learned with: ffffffffffff; now: "),
        ({"parameters": "calls: step, temperature 0"}, "now: calls: auto, temperature 0. "),
        ({"engine": "offline", "prompts_hash": None, "parameters": None}, "with: none; now: calls"),
    ],
)
def test_one_of_another_way_of_grading_is_refused_before_a_call(
    tmp_path: Path, change: dict[str, object], told: str
) -> None:
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        path = file_of(tmp_path, calibration(made(plain[0]), UP, **change))
        options = by_model(server, "--calibration", path, "--out", tmp_path / "new")
        said = refused(asked(tmp_path, *options))
        assert server.served == 2
        assert not list(tmp_path.glob("new/*.jsonl"))
    assert told in said
    assert "leave --calibration out, or calibrate anew with `sevenstep eval calibrate`" in said


@pytest.mark.parametrize(
    "options",
    [
        ("--samples", 3),
        ("--calls", "criterion"),
        ("--temperature", 0.5),
        ("--seed", 1),
        ("--panel", "openai:fake-model,openai:other"),
    ],
)
def test_other_options_than_it_was_learned_with_are_refused(
    tmp_path: Path, options: tuple[object, ...]
) -> None:
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        path = file_of(tmp_path, calibration(made(plain[0]), UP))
        given = ("--base-url", server.url, "--calibration", path, *options)
        model = () if "--panel" in options else ("--model", MODEL)
        assert "the parameters it was learned with: calls: auto, temperature 0; now: " in refused(
            asked(tmp_path, *model, *given)
        )
        assert server.served == 2


def test_other_prompts_than_it_was_learned_with_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "grade_transcript.md").write_text("{{ conversation }}")
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        path = file_of(tmp_path, calibration(made(plain[0]), UP))
        options = ("--calibration", path, "--prompts", tmp_path / "own")
        assert "own prompts: grade_transcript" in refused(
            asked(tmp_path, *by_model(server, *options))
        )


def test_a_dry_run_refuses_what_a_run_would(tmp_path: Path) -> None:
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        path = file_of(tmp_path, calibration(made(plain[0]), UP, engine="openai:other"))
        options = by_model(server, "--calibration", path, "--dry-run")
        assert "openai:other; now: " in refused(asked(tmp_path, *options))


def test_one_of_a_panel_fits_the_same_panel(tmp_path: Path) -> None:
    with plain_model() as server:
        options = ("--panel", "openai:one,openai:two", "--base-url", server.url)
        plain = graded(tmp_path, *options, "--samples", 2)
        path = file_of(tmp_path, calibration(made(plain[0]), UP))
        done = graded(tmp_path, *options, "--samples", 2, "--calibration", path)
        assert levels(done[0]) == (2, 1)
        assert server.served == 8


def test_another_version_of_the_offline_engine_is_another_grader(tmp_path: Path) -> None:
    plain = graded(tmp_path, "--model", "offline")
    path = file_of(tmp_path, calibration(made(plain[0]), UP, version="0.0.1"))
    said = refused(asked(tmp_path, "--model", "offline", "--calibration", path))
    assert "the version of the offline engine it was learned with: 0.0.1; now: " in said


def test_another_version_does_not_matter_with_a_model(tmp_path: Path) -> None:
    with plain_model() as server:
        plain = graded(tmp_path, *by_model(server))
        path = file_of(tmp_path, calibration(made(plain[0]), UP, version="0.0.1"))
        assert levels(graded(tmp_path, *by_model(server, "--calibration", path))[0]) == (2, 1)


def test_criteria_and_levels_must_be_the_rubrics(tmp_path: Path) -> None:
    one = made(graded(tmp_path, "--model", "offline")[0])
    options = ("--model", "offline", "--calibration")
    path = file_of(tmp_path, calibration(one, {"other": (0.0, 1.0)}))
    assert "has the criterion 'other', which the rubric tcp does" in refused(
        asked(tmp_path, *options, path)
    )
    path = file_of(tmp_path, calibration(one, {"slow_start": (0.0, 1.0)}))
    assert "has 2 levels for slow_start, and the rubric tcp has 3" in refused(
        asked(tmp_path, *options, path)
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is no calibration"),
        ('{"version": "1"}', "method: is no calibration"),
        (None, "no such"),
    ],
)
def test_a_file_that_is_no_calibration_is_named(
    tmp_path: Path, text: str | None, problem: str
) -> None:
    path = tmp_path / "wrong.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    said = refused(asked(tmp_path, "--model", "offline", "--calibration", path))
    assert said.startswith(str(path))
    assert problem in said


def test_from_python_the_same_is_refused(tmp_path: Path) -> None:
    plain = grade(TEXT, rubric=str(rubric_file(tmp_path)))
    found = calibration(made(plain), UP)
    with pytest.raises(InputError, match="the rubric it was learned with: tcp"):
        grade(TEXT, prompt="Design spam detection.", calibration=found)
