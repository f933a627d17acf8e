"""Grading through the Batch API of a real server on loopback: rounds, kills, changes, budget."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.batch.job import Done, Job, Order
from agent.batch.settings import Limitations, Settings
from agent.errors import EngineUnavailableError, InputError
from agent.graded import GradedAnswer
from agent.llm.openai_batch import BatchOptions, BatchProgress
from agent.llm.unit import Calls
from agent.store.ledger import Ledger
from evals.fakellm.chat import ChatRequest, Reply, Usage
from evals.fakellm.errors import ChatError
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import always, at, each, first
from evals.fakellm.server import FakeLLM, Scripted
from tests.grading_support import calibration, levels
from tests.plain_model import plain_reply

RUBRIC = """
id: light
version: "1"
title: Photosynthesis
question: How do plants make sugar?
criteria:
  - {id: light, title: Light, levels: {0: Nothing., 2: Names it., 5: Explains it.}}
  - {id: gas, title: Gas, levels: {0: Nothing., 2: Names it., 5: Explains it.}}
"""
ANSWERS = {
    "ada": "Light drives it. It needs air, too.",
    "bob": "It is made of carbon dioxide. And of water.",
    "cem": "The leaf makes it. I do not know how.",
}
MODEL = "openai:fake-model"


class KilledError(BaseException):
    """Stands for the end of the process: nothing that runs on catches it."""


@pytest.fixture(autouse=True)
def _hardly_any_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = BatchOptions(first_pause=0.001, longest_pause=0.001)
    monkeypatch.setattr("agent.batch.by_batch.BatchOptions", lambda: quick)


def plain(request: ChatRequest) -> Reply:
    """The plain model, which says what it took; grades also where no schema is in the request."""
    json_reply = plain_reply(request).json if request.schema == "grades" else _grades(request)
    return Reply(json=json_reply, usage=Usage(1000, 100))


def _grades(request: ChatRequest) -> Any:
    return plain_reply(ChatRequest(request.messages, request.model, schema="grades")).json


def fake(**options: Any) -> FakeLLM:
    return FakeLLM(Scripted(plain), keep_requests=True, **options)


def order(server: FakeLLM, folder: Path, answers: dict[str, str] = ANSWERS, **more: Any) -> Order:
    table = folder / "answers.csv"
    lines = [f'{name},"{text}"' for name, text in answers.items()]
    table.write_text("\n".join(["id,answer", *lines]))
    rubric = folder / "light.yaml"
    rubric.write_text(more.pop("rubric", RUBRIC))
    fields: dict[str, Any] = {"batch_api": True, "prices": (1.0, 2.0)} | more.pop("limits", {})
    settings: dict[str, Any] = {"models": (MODEL,), "base_url": server.url}
    return Order(
        paths=(table,),
        folder=folder / "out",
        rubric=str(rubric),
        settings=Settings(**(settings | more)),
        limitations=Limitations(**fields),
    )


async def graded(
    given: Order, told: Callable[[BatchProgress, int], None] = lambda *_: None
) -> Done:
    with Job(given) as job:
        return await job.run(told_batch=told)


def run(server: FakeLLM, folder: Path, **more: Any) -> Done:
    async def whole() -> Done:
        async with server:
            return await graded(order(server, folder, **more))

    return asyncio.run(whole())


def cards(folder: Path) -> dict[str, GradedAnswer]:
    with Ledger(folder / "out", reading=True) as ledger:
        return {one.id: one for one in ledger.graded()}


def statuses(folder: Path) -> Counter[str]:
    return Counter(one.status for one in cards(folder).values())


def reasons(folder: Path, name: str) -> str:
    return " ".join(grade.reason for grade in cards(folder)[name].scorecard.criteria)


def spent(folder: Path) -> tuple[int, float | None]:
    with Ledger(folder / "out", reading=True) as ledger:
        (usage,) = ledger.usage()
    return usage.calls, usage.cost_usd


def about(name: str) -> Callable[[ChatRequest], bool]:
    return lambda request: ANSWERS[name] in request.last


def test_all_is_graded_in_one_round_at_half_the_price(tmp_path: Path) -> None:
    server = fake()
    told: list[tuple[BatchProgress, int]] = []

    async def whole() -> Done:
        async with server:
            return await graded(order(server, tmp_path), lambda *seen: told.append(seen))

    done = asyncio.run(whole())
    assert done.ending.stopped is None
    assert statuses(tmp_path) == {"graded": 3}
    assert (server.batched, server.batches, server.served) == (3, 1, 0)
    half = (1000 * 1.0 + 100 * 2.0) / 1e6 / 2
    assert spent(tmp_path)[0] == 3
    assert spent(tmp_path)[1] == pytest.approx(3 * half)
    assert done.tokens == 3300
    assert done.cost == pytest.approx(3 * half)
    provenance = cards(tmp_path)["ada"].scorecard.provenance
    assert provenance
    assert provenance.cost_usd == pytest.approx(half)
    assert provenance.structured_output == ("json_schema",)
    assert told[-1] == (BatchProgress(submitted=3, completed=3, failed=0, total=3), 1)
    assert [*(tmp_path / "out" / "batch").iterdir()] == []


def test_a_request_is_the_one_of_a_live_call(tmp_path: Path) -> None:
    server = fake()

    async def both() -> None:
        async with server:
            for name, by_batch in (("batch", True), ("live", False)):
                folder = tmp_path / name
                folder.mkdir()
                await graded(order(server, folder, limits={"batch_api": by_batch}))

    asyncio.run(both())
    bodies = [json.dumps(request.body, sort_keys=True) for request in server.requests]
    assert sorted(bodies[:3]) == sorted(bodies[3:])


@pytest.mark.parametrize("batch_first", [True, False])
def test_live_and_batch_runs_share_what_was_paid_for(batch_first: bool, tmp_path: Path) -> None:
    server = fake()

    async def both() -> Done:
        async with server:
            await graded(order(server, tmp_path, limits={"batch_api": batch_first}))
            return await graded(order(server, tmp_path, limits={"batch_api": not batch_first}))

    done = asyncio.run(both())
    assert server.batched + server.served == 3
    assert (done.tokens, done.ending.progress.reused) == (0, 3)


def test_a_quote_that_does_not_stand_is_asked_for_again_alone(tmp_path: Path) -> None:
    server = fake(faults=first(1, Fault("invented_quote"), about("bob")))
    run(server, tmp_path)
    assert statuses(tmp_path) == {"graded": 3}
    assert (server.batched, server.batches) == (4, 2)
    assert "no quote stands" in server.requests[-1].last
    assert spent(tmp_path)[0] == 4
    assert cards(tmp_path)["bob"].scorecard.provenance.calls == 2


@pytest.mark.parametrize("kind", ["truncated_json", "empty_content", "length", "refusal"])
def test_an_answer_that_cannot_be_used_is_asked_for_again(kind: Any, tmp_path: Path) -> None:
    server = fake(faults=first(1, Fault(kind), about("bob")))
    run(server, tmp_path)
    assert statuses(tmp_path) == {"graded": 3}
    assert (server.batched, server.batches) == (4, 2)
    assert ANSWERS["bob"] in server.requests[-1].last
    asked = [request.body["max_tokens"] for request in server.requests]
    assert asked[3] == asked[0] * (2 if kind == "length" else 1)


def test_what_is_never_usable_is_ungraded_and_asked_for_by_the_next_command(
    tmp_path: Path,
) -> None:
    server = fake(faults=first(3, Fault("empty_content"), about("bob")))

    async def both() -> None:
        async with server:
            await graded(order(server, tmp_path))
            assert statuses(tmp_path) == {"graded": 2, "ungraded": 1}
            assert "no usable answer in 3" in reasons(tmp_path, "bob")
            assert server.batched == 5
            await graded(order(server, tmp_path))

    asyncio.run(both())
    assert statuses(tmp_path) == {"graded": 3}
    assert server.batched == 6
    assert cards(tmp_path)["bob"].scorecard.provenance.calls == 4


def test_lines_of_errors_and_what_expired_are_handed_in_again_alone(tmp_path: Path) -> None:
    server = fake(faults=at({0: Fault("http_500")}), batch_fates={0: "expire"})
    run(server, tmp_path)
    assert statuses(tmp_path) == {"graded": 3}
    # One failed, two expired.
    assert (server.batches, server.batched) == (2, 1 + 3)
    assert spent(tmp_path)[0] == 3


def test_a_batch_that_fails_again_and_again_leaves_its_answers_ungraded(tmp_path: Path) -> None:
    server = fake(batch_fates={0: "fail", 1: "fail", 2: "fail"})
    run(server, tmp_path)
    assert statuses(tmp_path) == {"ungraded": 3}
    assert "not parseable" in reasons(tmp_path, "ada")
    assert server.batches == 3


def test_a_text_beyond_the_context_is_ungraded_with_its_reason(tmp_path: Path) -> None:
    server = fake(faults=each(Fault("context_length"), about("cem")))
    run(server, tmp_path)
    assert statuses(tmp_path) == {"graded": 2, "ungraded": 1}
    assert "maximum context length" in reasons(tmp_path, "cem")
    assert server.batches == 1


def test_a_model_without_schemas_is_asked_in_another_way(tmp_path: Path) -> None:
    refused = Fault("unsupported_format", modes=("json_schema", "tool"))
    server = fake(faults=always(refused))
    run(server, tmp_path)
    assert statuses(tmp_path) == {"graded": 3}
    assert server.batches == 3
    assert {request.mode for request in server.requests} == {"json_schema", "tool", "json_object"}
    assert cards(tmp_path)["ada"].scorecard.provenance.structured_output == ("json_mode",)


def test_a_parameter_that_the_model_does_not_take_is_left_out(tmp_path: Path) -> None:
    def picky(request: ChatRequest) -> Reply:
        if "max_tokens" in request.body:
            raise ChatError(400, "Unsupported parameter: 'max_tokens' is not supported.")
        return plain(request)

    server = FakeLLM(Scripted(picky))
    run(server, tmp_path)
    assert (server.batches, statuses(tmp_path)) == (2, {"graded": 3})


def test_a_wrong_key_is_told_and_what_was_asked_is_asked_again(tmp_path: Path) -> None:
    server = fake(faults=first(3, Fault("http_401")))

    async def both() -> None:
        async with server:
            with pytest.raises(EngineUnavailableError, match="check the API key"):
                await graded(order(server, tmp_path))
            await graded(order(server, tmp_path))

    asyncio.run(both())
    assert statuses(tmp_path) == {"graded": 3}
    assert spent(tmp_path)[0] == 3


def test_killed_at_any_news_of_the_provider_it_goes_on_and_pays_nothing_twice(
    tmp_path: Path,
) -> None:
    def dying(at_news: int) -> Callable[[BatchProgress, int], None]:
        news: Iterator[int] = iter(range(at_news + 1))

        def told(*_: object) -> None:
            if next(news, None) == at_news:
                raise KilledError

        return told

    async def both(folder: Path, server: FakeLLM, at_news: int) -> bool:
        async with server:
            try:
                await graded(order(server, folder), dying(at_news))
            except KilledError:
                await graded(order(server, folder))
                return True
        return False

    for step in range(100):
        folder = tmp_path / str(step)
        folder.mkdir()
        server = fake(faults=first(1, Fault("invented_quote"), about("bob")))
        killed = asyncio.run(both(folder, server, step))
        assert (server.batched, server.batches) == (4, 2), step
        assert spent(folder)[0] == 4
        assert statuses(folder) == {"graded": 3}
        if not killed:
            break
    assert step > 4


@pytest.mark.parametrize("after", range(4))
def test_killed_while_replies_are_kept_it_counts_them_once(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Ledger.put_reply
    kept = 0

    def put_reply(self: Ledger, *args: Any) -> bool:
        nonlocal kept
        if kept == after:
            kept += 1
            raise KilledError
        kept += 1
        return real(self, *args)

    server = fake()

    async def both() -> None:
        async with server:
            if after < 3:
                with pytest.raises(KilledError):
                    await graded(order(server, tmp_path))
            await graded(order(server, tmp_path))

    monkeypatch.setattr(Ledger, "put_reply", put_reply)
    asyncio.run(both())
    assert (server.batched, spent(tmp_path)[0]) == (3, 3)
    assert statuses(tmp_path) == {"graded": 3}


async def interrupted(given: Order) -> None:
    """The command ends while its batch is at the provider."""

    def told(progress: BatchProgress, _: int) -> None:
        if progress.submitted:
            raise KilledError

    with pytest.raises(KilledError):
        await graded(given, told)


def test_answers_that_changed_meanwhile_are_asked_for_and_the_others_are_not(
    tmp_path: Path,
) -> None:
    changed = ANSWERS | {"bob": "Something else. It is new."}
    server = fake()

    async def both() -> None:
        async with server:
            await interrupted(order(server, tmp_path))
            await graded(order(server, tmp_path, changed))
            assert statuses(tmp_path) == {"graded": 3}
            assert (server.batched, spent(tmp_path)[0]) == (4, 4)
            await graded(order(server, tmp_path))

    asyncio.run(both())
    assert server.batched == 4  # the answer as it was is known


def test_a_rubric_that_changed_meanwhile_begins_anew_after_collecting(tmp_path: Path) -> None:
    server = fake()

    async def both() -> None:
        async with server:
            await interrupted(order(server, tmp_path))
            await graded(order(server, tmp_path, rubric=RUBRIC.replace("Explains", "Proves")))

    asyncio.run(both())
    assert statuses(tmp_path) == {"graded": 3}
    assert (server.batched, spent(tmp_path)[0]) == (6, 6)


def test_a_model_that_changed_meanwhile_is_collected_too(tmp_path: Path) -> None:
    server = fake()

    async def both() -> None:
        async with server:
            await interrupted(order(server, tmp_path))
            await graded(order(server, tmp_path, models=("openai:other",)))
            assert server.batched == 6
            await graded(order(server, tmp_path))

    asyncio.run(both())
    assert (server.batched, statuses(tmp_path)) == (6, {"graded": 3})
    with Ledger(tmp_path / "out", reading=True) as ledger:
        assert {one.model: one.calls for one in ledger.usage()} == {MODEL: 3, "openai:other": 3}


def test_a_panel_and_samples_take_a_batch_of_each_model(tmp_path: Path) -> None:
    server = fake()
    run(server, tmp_path, models=(MODEL, "openai:other"), samples=2, calls=Calls.criterion)
    assert (server.batches, server.batched) == (2, 3 * 2 * 2 * 2)
    assert statuses(tmp_path) == {"graded": 3}
    ratings = cards(tmp_path)["ada"].scorecard.criteria[0].ratings
    assert [rating.rater for rating in ratings] == [
        f"{model} #{sample}" for model in (MODEL, "openai:other") for sample in (1, 2)
    ]


def test_the_same_text_twice_is_asked_once_and_an_empty_one_never(tmp_path: Path) -> None:
    server = fake()
    run(server, tmp_path, answers=ANSWERS | {"dan": ANSWERS["ada"], "eve": " "})
    assert (server.batched, statuses(tmp_path)) == (3, {"graded": 5})


@pytest.fixture
def _reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first question is reckoned at 1,575 tokens, whatever the prompts say; it takes 1,100."""
    monkeypatch.setattr("agent.batch.rounds.count", lambda _: 500)


@pytest.mark.usefixtures("_reckoned")
@pytest.mark.parametrize(
    "limit", [{"most_tokens": 2400}, {"most_cost": 0.0015}], ids=["tokens", "cost"]
)
def test_what_the_budget_does_not_allow_is_not_submitted(
    limit: dict[str, Any], tmp_path: Path
) -> None:
    server = fake()

    async def both() -> None:
        async with server:
            done = await graded(order(server, tmp_path, limits=limit))
            assert done.ending.over_budget
            assert "is reached" in (done.ending.stopped or "")
            assert (server.batched, statuses(tmp_path)) == (1, {"graded": 1, "ungraded": 2})
            assert "is reached" in reasons(tmp_path, "cem")
            done = await graded(order(server, tmp_path))
            assert not done.ending.over_budget

    asyncio.run(both())
    assert (server.batched, statuses(tmp_path)) == (3, {"graded": 3})


@pytest.mark.usefixtures("_reckoned")
def test_what_calls_took_less_than_reckoned_is_room_for_the_next_round(tmp_path: Path) -> None:
    server = fake()
    done = run(server, tmp_path, limits={"most_tokens": 4000})
    assert (server.batches, server.batched) == (2, 3)
    assert done.ending.stopped is None


@pytest.mark.usefixtures("_reckoned")
def test_a_second_question_that_the_budget_does_not_allow_leaves_the_rest_graded(
    tmp_path: Path,
) -> None:
    server = fake(faults=first(1, Fault("invented_quote"), about("bob")))
    done = run(server, tmp_path, answers={"bob": ANSWERS["bob"]}, limits={"most_tokens": 2400})
    assert done.ending.over_budget
    assert (server.batched, statuses(tmp_path)) == (1, {"partly": 1})
    assert "--max-tokens 2,400 is reached" in reasons(tmp_path, "bob")


@pytest.mark.parametrize("model", ["offline", "anthropic:claude-sonnet-4-5"])
def test_a_model_without_the_batch_api_is_refused(model: str, tmp_path: Path) -> None:
    given = order(fake(), tmp_path, models=(model,), base_url=None)
    with pytest.raises(InputError, match="for models of OpenAI only"):
        asyncio.run(graded(given))


def test_ctrl_c_ends_the_waiting_and_says_how_it_goes_on(tmp_path: Path) -> None:
    import os
    import signal

    server = fake(batch_polls=10_000)

    def interrupt(progress: BatchProgress, _: int) -> None:
        if progress.submitted:
            os.kill(os.getpid(), signal.SIGINT)

    async def both() -> None:
        async with server:
            with pytest.raises(EngineUnavailableError, match="the same command collects it"):
                await graded(order(server, tmp_path), interrupt)

    asyncio.run(both())
    assert server.batches == 1


def test_the_lines_of_a_batch_carry_each_samples_seed(tmp_path: Path) -> None:
    server = fake()
    run(server, tmp_path, seed=7, samples=2)
    assert Counter(request.body["seed"] for request in server.requests) == {7: 3, 8: 3}


def test_a_calibration_is_applied_without_asking_again(tmp_path: Path) -> None:
    server = fake()
    run(server, tmp_path)
    plain = cards(tmp_path)["ada"]
    found = calibration(plain.scorecard.provenance, {"gas": (0.0, 2.0, 2.0)})
    done = run(server, tmp_path, calibration=found)
    assert [levels(one) for one in (plain, cards(tmp_path)["ada"])] == [(1, 1), (1, 2)]
    assert len(server.requests) == 3
    assert done.tokens == 0
    assert cards(tmp_path)["ada"].scorecard.provenance.calibration == found.told()
