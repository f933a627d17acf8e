"""`sevenstep grade --seed`: what is asked with it, under which keys it is kept, who takes none."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_openai import ChatOpenAI

from agent.batch import raters
from agent.batch.raters import rater_identity
from agent.batch.settings import Settings
from agent.llm.chat import Chat, Traits
from agent.llm.langchain_chat import seed_field
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.errors import ChatError
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.chat_in_memory import ChatInMemory
from tests.cli_support import Ran, refused, run
from tests.grading_support import answers_file, kept, many, rubric_file
from tests.plain_model import plain_model

MODEL = "openai:fake-model"


def graded(server: Any, folder: Path, *more: object) -> Ran:
    """Two answers, graded by the plain model into a folder `out`."""
    ran = run(
        "grade", answers_file(folder, many(2)), "--rubric", rubric_file(folder), "--model", MODEL,
        "--base-url", server.url, "--out", folder / "out", *more,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return ran


def seeds(server: Any) -> list[int | None]:
    """The seeds of all requests, in their order."""
    return [request.body.get("seed") for request in server.requests]


def test_each_sample_is_asked_with_a_seed_of_its_own(tmp_path: Path) -> None:
    with plain_model(keep_requests=True) as server:
        graded(server, tmp_path, "--seed", 7, "--samples", 2)
        assert sorted(map(str, seeds(server))) == ["7", "7", "8", "8"]


def test_the_scorecard_names_the_seed(tmp_path: Path) -> None:
    with plain_model() as server:
        graded(server, tmp_path, "--seed", 7)
    parameters = {one.scorecard.provenance.parameters for one in kept(tmp_path / "out")}
    assert parameters == {"calls: auto, temperature 0, seed 7"}


def test_without_one_none_is_sent(tmp_path: Path) -> None:
    with plain_model(keep_requests=True) as server:
        graded(server, tmp_path)
        assert seeds(server) == [None, None]
        assert all("seed" not in request.body for request in server.requests)


def test_another_seed_is_asked_anew_and_the_same_one_is_not(tmp_path: Path) -> None:
    with plain_model(keep_requests=True) as server:
        for seed in (7, 7, 9):
            graded(server, tmp_path, "--seed", seed)
        assert seeds(server) == [7, 7, 9, 9]


def test_a_sample_keeps_its_answers_where_its_seed_stays(tmp_path: Path) -> None:
    with plain_model(keep_requests=True) as server:
        graded(server, tmp_path, "--seed", 7, "--temperature", 1)
        graded(server, tmp_path, "--seed", 7, "--samples", 2)
        assert seeds(server) == [7, 7, 8, 8]


def test_the_keys_without_a_seed_are_those_of_before() -> None:
    settings = Settings(models=(MODEL,))
    assert rater_identity(MODEL, settings, 0) == f"{MODEL}||0|0"
    seeded = settings.model_copy(update={"seed": 7})
    assert rater_identity(MODEL, seeded, 1) == f"{MODEL}||0|1|seed 8"


def test_a_model_that_takes_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: object, **__: object) -> Chat:
        return ChatInMemory(traits=Traits(takes_seed=False))

    monkeypatch.setattr(raters, "connect", connect)
    path = answers_file(tmp_path, many(1))
    said = refused(
        run("grade", path, "--rubric", rubric_file(tmp_path), "--model", MODEL, "--seed", 1)
    )
    assert said.startswith("scripted:model takes no seed; leave --seed out")


def test_the_offline_engine_takes_none(tmp_path: Path) -> None:
    path = answers_file(tmp_path, many(1))
    said = refused(run("grade", path, "--model", "offline", "--seed", 1))
    assert said.startswith("--seed needs a language model")


def test_whether_langchains_models_take_one_is_known_by_their_fields() -> None:
    assert seed_field(GenericFakeChatModel(messages=iter([]))) is None
    assert seed_field(ChatOpenAI(model="m", api_key=lambda: "k")) == "seed"


def test_a_server_that_refuses_it_is_not_asked_without_it(tmp_path: Path) -> None:
    def refusing(request: ChatRequest) -> Reply:
        raise ChatError(400, "Unsupported parameter: 'seed' is not supported.", param="seed")

    with serving(FakeLLM(Scripted(refusing), keep_requests=True)) as server:
        path = answers_file(tmp_path, many(1))
        ran = run(
            "grade", path, "--rubric", rubric_file(tmp_path), "--model", MODEL, "--base-url",
            server.url, "--seed", 7,
        )  # fmt: skip
        assert set(seeds(server)) == {7}
    assert "'seed' is not supported" in " ".join((ran.out + ran.err).split())
