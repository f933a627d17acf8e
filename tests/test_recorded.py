"""The tool that makes recordings: records from an endpoint, and gives authored ones new keys."""

import asyncio
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals import recorded
from evals.recorded import RECORDINGS, Candidate, app, candidates, interviewed
from tests.plain_model import is_speech, plain_model, recorded_model
from tests.support import rubric, scenario

KEY = "sk-proj-plantedPLANTED0123456789"


def run(*args: object) -> str:
    """What a command printed; fails if it failed."""
    done = CliRunner().invoke(app, [str(arg) for arg in args], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the recordings, to be written to."""
    for path in RECORDINGS.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(recorded, "RECORDINGS", tmp_path)
    return tmp_path


def test_recording_writes_what_the_endpoint_said_under_its_models_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with plain_model() as endpoint:
        run("record", "--model", "small", "--base-url", endpoint.url, "--out", tmp_path,
            "fraud_poor")  # fmt: skip
        port = endpoint.url.split(":")[2].split("/")[0]
    text = (tmp_path / "fraud_poor.yaml").read_text(encoding="utf-8")
    assert text.startswith("source: small\n")
    assert "Let us see." in text
    assert KEY not in text
    assert port not in text


def test_the_authored_recordings_have_the_keys_of_the_present_prompts(own_folder: Path) -> None:
    before = {path: path.read_bytes() for path in own_folder.glob("*.yaml")}
    assert "0 of them drafted, 0 left over" in run("rekey")
    assert {path: path.read_bytes() for path in before} == before


def test_no_sentence_of_the_recordings_is_refused_and_no_turn_unobserved() -> None:
    told = run("show")
    assert told.count("unobserved turns [], refused sentences []") == len(candidates())


def test_a_recording_of_a_model_is_not_rekeyed(own_folder: Path) -> None:
    path = own_folder / "fraud_poor.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("source: authored", "source: m"))
    done = CliRunner().invoke(app, ["rekey", "fraud_poor"])
    assert "record it anew" in str(done.exception)


def test_every_recording_says_where_it_comes_from() -> None:
    for path in RECORDINGS.glob("*.yaml"):
        assert path.read_text(encoding="utf-8").startswith("source: authored\n")


def test_an_unknown_candidate_is_named_with_the_known_ones() -> None:
    done = CliRunner().invoke(app, ["rekey", "nobody"])
    assert "unknown candidate 'nobody'; known are fraud_poor" in str(done.exception)


@pytest.mark.parametrize("candidate", candidates(), ids=lambda candidate: candidate.name)
def test_no_prompt_of_the_speaker_in_a_recorded_interview_holds_a_secret(
    candidate: Candidate,
) -> None:
    with recorded_model(keep_requests=True) as server:
        record = asyncio.run(interviewed(candidate, server.url))
        prompts = ["\n".join(t for _, t in r.messages) for r in server.requests if is_speech(r)]
    problem = scenario(candidate.scenario)
    secrets = [*problem.references.values(), *problem.grading_notes.values(), *problem.pitfalls]
    secrets += [fact.text for fact in record.scorecard.facts if not fact.asked]
    secrets += [ball.good_adaptation for ball in problem.curveballs]
    for criterion in rubric().criteria():
        secrets += [criterion.judges, *(criterion.anchors.at(level) for level in (0, 1, 2, 3, 4))]
    assert len(prompts) >= 8
    assert not [secret for secret in secrets for prompt in prompts if secret in prompt]
