"""Rounds of OpenAI's Batch API over real HTTP: whole, killed anywhere, expired, full, cut off."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import openai
import pytest
from aiohttp import web

from agent.errors import EngineUnavailableError, FileError
from agent.llm.batch_lines import replies, request_line
from agent.llm.chat import Finish
from agent.llm.faults import Kind
from agent.llm.openai_batch import (
    Batches,
    BatchOptions,
    BatchProgress,
    BatchReply,
    BatchRequest,
)
from evals.fakellm.chat import ChatRequest, Reply, Usage
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import each
from evals.fakellm.server import FakeLLM, Replies, Scripted
from tests.transport_support import answering

KEY = "sk-test-0123456789abcdef"
TWO = BatchOptions(most_requests=2)
NAMES = [f"r{n}" for n in range(5)]


class KilledError(BaseException):
    """Stands for the end of the process: nothing that runs on catches it."""


class Network(httpx2.AsyncBaseTransport):
    """The real network, which `before` and `after` a call may break; calls count from 0."""

    def __init__(
        self,
        before: Callable[[int], None] = lambda _: None,
        after: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.below = httpx2.AsyncHTTPTransport()
        self.before = before
        self.after = after
        self.calls: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        number = len(self.calls)
        self.calls.append(f"{request.method} {request.url.path.removeprefix('/v1')}")
        self.before(number)
        response = await self.below.handle_async_request(request)
        try:
            self.after(number)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def aclose(self) -> None:
        await self.below.aclose()


def dying(step: int) -> Callable[[int], None]:
    def die(number: int) -> None:
        if number == step:
            raise KilledError

    return die


def failing(calls: range) -> Callable[[int], None]:
    def fail(number: int) -> None:
        if number in calls:
            raise httpx2.ConnectError("no route")

    return fail


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def batches(
    server: FakeLLM,
    folder: Path,
    options: BatchOptions = TWO,
    *,
    network: Network | None = None,
    key: str = KEY,
    sleep: Callable[[float], Awaitable[None]] = no_sleep,
    told: Callable[[BatchProgress], None] = lambda _: None,
) -> AsyncIterator[Batches]:
    http = httpx2.AsyncClient(transport=network or Network())
    async with openai.AsyncOpenAI(base_url=server.url, api_key=key, http_client=http) as client:
        yield Batches(client, folder, options, sleep=sleep, told=told)


def echo() -> Replies:
    return Scripted(lambda request: Reply(f"heard {request.last}", usage=Usage(10, 2)))


def request(name: str) -> BatchRequest:
    return BatchRequest(name, {"model": "m", "messages": [{"role": "user", "content": name}]})


async def collected(
    at: Batches, name: str = "grade", names: list[str] | None = None
) -> list[BatchReply]:
    return [reply async for reply in at.run(name, map(request, NAMES if names is None else names))]


def run(server: FakeLLM, folder: Path, **options: object) -> list[BatchReply]:
    async def whole() -> list[BatchReply]:
        async with server, batches(server, folder, **options) as at:  # type: ignore[arg-type]
            return await collected(at)

    return asyncio.run(whole())


def ids(given: list[BatchReply]) -> Counter[str]:
    return Counter(reply.custom_id for reply in given)


def good(given: list[BatchReply]) -> dict[str, str]:
    return {reply.custom_id: reply.completion.text for reply in given if reply.completion}


HEARD = {name: f"heard {name}" for name in NAMES}


def test_a_round_answers_every_request_once(tmp_path: Path) -> None:
    server = FakeLLM(echo())
    given = run(server, tmp_path)
    assert ids(given) == Counter(NAMES)
    assert good(given) == HEARD
    assert given[0].completion
    assert given[0].completion.tokens
    assert given[0].completion.tokens.input == 10
    assert (server.batches, server.batched, server.served) == (3, 5, 0)


def test_files_are_split_by_size_too(tmp_path: Path) -> None:
    server = FakeLLM(echo())
    given = run(server, tmp_path, options=BatchOptions(most_bytes=300))
    assert good(given) == HEARD
    sizes = [path.stat().st_size for path in tmp_path.glob("grade-000?.jsonl")]
    assert len(sizes) == server.batches > 1
    assert max(sizes) <= 300


def test_a_round_of_nothing_asks_nobody(tmp_path: Path) -> None:
    server, network = FakeLLM(echo()), Network()

    async def nothing() -> list[BatchReply]:
        async with server, batches(server, tmp_path, network=network) as at:
            return await collected(at, names=[])

    assert asyncio.run(nothing()) == []
    assert network.calls == []


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[BatchProgress] = []
    run(FakeLLM(echo()), tmp_path, told=told.append)
    assert told[0] == BatchProgress(submitted=2, completed=0, failed=0, total=5)
    assert told[-1] == BatchProgress(submitted=5, completed=5, failed=0, total=5)


def test_what_got_no_reply_is_told_as_failed(tmp_path: Path) -> None:
    told: list[BatchProgress] = []
    run(FakeLLM(echo(), batch_fates={0: "fail", 1: "expire"}), tmp_path, told=told.append)
    assert told[-1] == BatchProgress(submitted=5, completed=2, failed=3, total=5)


def test_the_pauses_grow_up_to_a_minute(tmp_path: Path) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    run(FakeLLM(echo(), batch_polls=12), tmp_path, sleep=sleep)
    assert slept[:3] == [5.0, 7.5, 11.25]
    assert slept[-1] == 60.0


def killed_then_resumed(server: FakeLLM, folder: Path, network: Network) -> list[BatchReply] | None:
    """What the second call gives after the first was killed; None if nothing killed it."""

    async def both() -> list[BatchReply] | None:
        async with server:
            try:
                async with batches(server, folder, network=network) as at:
                    await collected(at)
            except KilledError:
                async with batches(server, folder) as at:
                    return await collected(at)
        return None

    return asyncio.run(both())


@pytest.mark.parametrize("answered", [False, True])
def test_killed_at_any_call_a_round_goes_on_and_pays_nothing_twice(
    answered: bool, tmp_path: Path
) -> None:
    for step in itertools.count():
        server = FakeLLM(echo())
        network = Network(after=dying(step)) if answered else Network(before=dying(step))
        given = killed_then_resumed(server, tmp_path / str(step), network)
        assert (server.batches, server.batched) == (3, 5), step
        if given is None:
            break
        assert ids(given) == Counter(NAMES), step
        assert good(given) == HEARD, step
    assert step > 15


@pytest.mark.parametrize("replaced", [False, True])
def test_killed_at_any_change_on_disk_a_round_goes_on(
    replaced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace
    numbers: Iterator[int] = itertools.count()
    step = 0

    def replace(self: Path, target: Path) -> Path:
        here = next(numbers) == step
        if here and not replaced:
            raise KilledError
        moved = real(self, target)
        if here:
            raise KilledError
        return moved

    monkeypatch.setattr(Path, "replace", replace)
    for step in itertools.count():
        numbers = itertools.count()
        server = FakeLLM(echo())
        given = killed_then_resumed(server, tmp_path / str(step), Network())
        assert (server.batches, server.batched) == (3, 5), step
        if given is None:
            break
        assert good(given) == HEARD, step
    assert step > 15


def test_a_call_that_is_cancelled_while_it_waits_goes_on_later(tmp_path: Path) -> None:
    server = FakeLLM(echo())

    async def forever(_: float) -> None:
        waits.set()
        await asyncio.Event().wait()

    async def both() -> list[BatchReply]:
        async with server:
            async with batches(server, tmp_path, sleep=forever) as at:
                task = asyncio.create_task(collected(at))
                await waits.wait()
                task.cancel()
                await asyncio.wait([task])
                assert await at.pending("grade")
            async with batches(server, tmp_path) as at:
                given = await collected(at, names=[])  # is not read again
                assert not await at.pending("grade")
                return given

    waits = asyncio.Event()
    assert good(asyncio.run(both())) == HEARD
    assert server.batched == 5


def test_requests_that_were_not_all_written_are_written_anew(tmp_path: Path) -> None:
    server = FakeLLM(echo())

    def broken() -> Iterator[BatchRequest]:
        yield from map(request, "abcd")
        raise KilledError

    async def both() -> list[BatchReply]:
        async with server, batches(server, tmp_path) as at:
            with pytest.raises(KilledError):
                async for _ in at.run("grade", broken()):
                    pass
            return await collected(at)

    assert good(asyncio.run(both())) == HEARD
    assert server.batched == 5


def test_replies_that_were_not_all_taken_are_given_again_without_a_call(tmp_path: Path) -> None:
    server, network = FakeLLM(echo()), Network()

    async def both() -> list[BatchReply]:
        async with server:
            async with batches(server, tmp_path) as at:
                replies = at.run("grade", map(request, NAMES))
                for _ in NAMES:
                    await anext(replies)
                await replies.aclose()  # the last one was not done with
                assert await at.pending("grade")
            async with batches(server, tmp_path, network=network) as at:
                await collected(at)
                return await collected(at)

    assert good(asyncio.run(both())) == HEARD
    assert network.calls == []


def test_a_round_that_is_forgotten_leaves_nothing_of_its_own(tmp_path: Path) -> None:
    server = FakeLLM(echo())

    async def rounds() -> list[BatchReply]:
        async with server, batches(server, tmp_path) as at:
            assert not await at.pending("grade")
            for name in ("grade", "grade-0001"):
                await collected(at, name)
            at.forget("grade")
            assert not (tmp_path / "grade.json").exists()
            return await collected(at, "grade-0001", names=[])

    assert good(asyncio.run(rounds())) == HEARD
    left = {path.name for path in tmp_path.glob("*-0001*") if path.suffix == ".jsonl"}
    kinds = (".jsonl", ".out.jsonl", ".err.jsonl")
    assert left == {f"grade-0001-000{part}{kind}" for part in (1, 2, 3) for kind in kinds}
    assert server.batched == 10


def test_what_expired_comes_back_as_passing_faults(tmp_path: Path) -> None:
    server = FakeLLM(echo(), batch_fates={0: "expire", 1: "expire", 2: "expire"})
    given = run(server, tmp_path)
    faults = [reply.fault for reply in given if reply.fault]
    assert ids(given) == Counter(NAMES)
    assert len(good(given)) == server.batched == 2
    assert all(fault.is_passing for fault in faults)
    assert "completion window" in faults[0].message


def test_a_batch_that_is_not_accepted_gives_the_providers_words(tmp_path: Path) -> None:
    given = run(FakeLLM(echo(), batch_fates={0: "fail"}), tmp_path)
    faults = [reply.fault for reply in given if reply.fault]
    assert ids(given) == Counter(NAMES)
    assert [fault.is_passing for fault in faults] == [True, True]
    assert "not parseable" in faults[0].message


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("http_429", Kind.rate_limit),
        ("http_500", Kind.server),
        ("http_401", Kind.key),
        ("context_length", Kind.context),
    ],
)
def test_a_refused_request_has_the_fault_of_a_live_call(
    fault: str, kind: Kind, tmp_path: Path
) -> None:
    bad = each(Fault(fault), lambda asked: asked.last == "r3")  # type: ignore[arg-type]
    given = run(FakeLLM(echo(), faults=bad), tmp_path)
    assert len(good(given)) == 4
    [seen] = [reply.fault for reply in given if reply.fault]
    assert seen.kind is kind


def test_a_refusal_of_the_model_is_a_completion_as_in_a_live_call(tmp_path: Path) -> None:
    given = run(FakeLLM(echo(), faults=each(Fault("refusal"))), tmp_path)
    assert {reply.completion.finish for reply in given if reply.completion} == {Finish.refusal}


def test_no_key_is_written_even_if_the_server_sends_it_back(tmp_path: Path) -> None:
    def leaky(asked: ChatRequest) -> Reply:
        return Reply(f"the key is {asked.bearer}")

    bad = each(Fault("http_401"), lambda asked: asked.last == "r3")
    for number, key in enumerate((KEY, "another-form-of-key")):
        run(FakeLLM(Scripted(leaky), faults=bad), tmp_path / str(number), key=key)
        files = [path.read_text() for path in (tmp_path / str(number)).iterdir()]
        assert any("Incorrect API key" in text for text in files)
        assert not any(key in text for text in files)


def test_a_network_that_comes_back_is_waited_for(tmp_path: Path) -> None:
    server = FakeLLM(echo())
    given = run(server, tmp_path, network=Network(before=failing(range(7, 16))))
    assert good(given) == HEARD
    assert (server.batches, server.batched) == (3, 5)


def test_answers_that_are_lost_create_no_second_batch(tmp_path: Path) -> None:
    server = FakeLLM(echo())
    given = run(server, tmp_path, network=Network(after=failing(range(1, 4))))
    assert good(given) == HEARD
    assert (server.batches, server.batched) == (3, 5)


def test_a_network_that_stays_away_is_told_and_the_round_goes_on_later(tmp_path: Path) -> None:
    server = FakeLLM(echo())

    async def both() -> list[BatchReply]:
        async with server:
            network = Network(before=failing(range(8, 999)))
            async with batches(server, tmp_path, network=network) as at:
                with pytest.raises(EngineUnavailableError, match="goes on at the provider"):
                    await collected(at)
            assert len(network.calls) == 18
            async with batches(server, tmp_path) as at:
                return await collected(at)

    assert good(asyncio.run(both())) == HEARD
    assert server.batched == 5


def test_a_wrong_key_is_told_at_once(tmp_path: Path) -> None:
    network = Network()
    with pytest.raises(EngineUnavailableError, match="check the API key"):
        run(FakeLLM(echo(), api_key="sk-right"), tmp_path, network=network)
    assert len(network.calls) == 1


def test_batches_wait_for_room_in_the_queue(tmp_path: Path) -> None:
    server = FakeLLM(echo(), batch_queue=2)
    assert good(run(server, tmp_path)) == HEARD
    assert server.batched == 5


def test_a_queue_that_others_fill_is_the_users_to_decide(tmp_path: Path) -> None:
    server = FakeLLM(echo(), batch_queue=2)

    async def both() -> list[BatchReply]:
        async with (
            server,
            batches(server, tmp_path) as at,
            openai.AsyncOpenAI(base_url=server.url, api_key=KEY) as client,
        ):
            lines = b"\n".join(
                request_line(request(name), "/v1/chat/completions") for name in ("a", "b")
            )
            file = await client.files.create(file=("other.jsonl", lines), purpose="batch")
            other = await client.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
            await client.batches.retrieve(other.id)
            with pytest.raises(EngineUnavailableError, match="Enqueued token limit") as seen:
                await collected(at, names=["r1", "r2"])
            assert "run the same command again" in str(seen.value)
            while (await client.batches.retrieve(other.id)).status != "completed":
                pass
            return await collected(at, names=["r1", "r2"])

    assert good(asyncio.run(both())) == {"r1": "heard r1", "r2": "heard r2"}
    assert server.batched == 4


def test_a_server_without_batches_is_told(tmp_path: Path) -> None:
    async def ask() -> None:
        async def nothing(_: web.Request) -> web.StreamResponse:
            return web.json_response({"error": {"message": "Invalid URL"}}, status=404)

        async with (
            answering(nothing) as url,
            openai.AsyncOpenAI(base_url=url, api_key=KEY) as client,
        ):
            await collected(Batches(client, tmp_path, sleep=no_sleep))

    with pytest.raises(EngineUnavailableError, match="has OpenAI's Batch API"):
        asyncio.run(ask())


@pytest.mark.parametrize(
    ("code", "message"), [("insufficient_quota", "billing details"), (None, "takes no more")]
)
def test_a_refusal_to_create_is_told_by_its_kind(
    code: str | None, message: str, tmp_path: Path
) -> None:
    async def refuse(http: web.Request) -> web.StreamResponse:
        if http.path.endswith("/files"):
            await http.read()
            return web.json_response({"id": "file-1"})
        why = "Check your plan and billing details." if code else "Too many enqueued tokens."
        return web.json_response({"error": {"message": why, "code": code}}, status=429)

    async def ask() -> None:
        async with (
            answering(refuse) as url,
            openai.AsyncOpenAI(base_url=url, api_key=KEY) as client,
        ):
            await collected(Batches(client, tmp_path, sleep=no_sleep))

    with pytest.raises(EngineUnavailableError, match=message):
        asyncio.run(ask())


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "a", "parts": 5}', '{"unknown": 1}'])
def test_a_broken_state_is_told_with_its_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "grade.json").write_text(text)
    with pytest.raises(FileError, match=r"grade\.json"):
        run(FakeLLM(echo()), tmp_path)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot be read or written"):
        run(FakeLLM(echo()), tmp_path / "file")


def output(custom_id: str, body: object = None, status: int = 200) -> bytes:
    response = {"status_code": status, "body": body}
    return json.dumps({"custom_id": custom_id, "response": response, "error": None}).encode()


def test_lines_for_nobody_second_lines_and_broken_ones_are_passed_over() -> None:
    asked = [json.dumps({"custom_id": name}).encode() for name in ("a", "b", "c", "d")]
    body = {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]}
    lines = [
        output("b", body),
        output("stranger", body),
        output("b", {}),
        b"no json",
        b"[]",
        b"\n",
        output("a", {"choices": []}),
        output("c", {"choices": [{"message": "no object"}]}),
    ]
    given = list(replies(asked, lines, "the batch was cancelled"))
    assert [reply.custom_id for reply in given] == ["b", "a", "c", "d"]
    assert good(given) == {"b": "yes"}
    last = given[-1].fault
    assert last
    assert (last.message, last.is_passing) == ("the batch was cancelled", True)
