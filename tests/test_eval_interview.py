"""`sevenstep eval interview`: simulated candidates show what the interviewer does."""

import json
from pathlib import Path

import pytest

from tests.cli_support import refused, run

TWO = ("--scenario", "netflix_recs", "--persona", "good", "--persona", "poor")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("interview")
    ran = run("eval", "interview", *TWO, "--model", "offline", "--out", folder)
    assert ran.code == 0, ran.err
    return folder


def test_each_persona_is_played_and_measured(played: Path) -> None:
    found = json.loads((played / "interview.json").read_text())
    assert found["figures"]["interviews"] == 2
    assert {row["persona"] for row in found["result"]["rows"]} == {"good", "poor"}


def test_better_candidates_come_out_before_worse_ones(played: Path) -> None:
    assert json.loads((played / "interview.json").read_text())["figures"]["order"] == 1


def test_the_page_shows_every_persona_and_measure(played: Path) -> None:
    html = (played / "interview.html").read_text()
    for shown in ("good before poor", "Questions repeated", "Time by step", "Fishing declined"):
        assert shown in html


def test_what_was_played_is_not_played_again(played: Path) -> None:
    ran = run("eval", "interview", *TWO, "--model", "offline", "--out", played)
    assert ran.code == 0
    assert "2, 2 of them played before" in ran.out


def test_a_gate_can_fail(played: Path) -> None:
    ran = run(
        "eval", "interview", *TWO, "--model", "offline", "--out", played, "--gate", "interviews>2"
    )
    assert ran.code == 1
    assert "interviews>2 failed: interviews is 2" in ran.err


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--persona", "genius"), "unknown persona 'genius'"),
        (("--scenario", "netflix"), "netflix"),
        (("--candidate-model", "openai:"), "openai:"),
    ],
)
def test_what_does_not_exist_is_refused(option: tuple[str, str], told: str, tmp_path: Path) -> None:
    ran = run("eval", "interview", *option, "--model", "offline", "--out", tmp_path)
    assert told in refused(ran)
