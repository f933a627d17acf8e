"""The fake model's batches: what OpenAI's own client sends and gets back."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import Batch

from evals.fakellm.chat import Reply
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import at, each
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.test_fakellm import client_of, saying


def line(custom_id: str, text: str = "", **other: Any) -> dict[str, Any]:
    body = {"model": "m", "messages": [{"role": "user", "content": text or custom_id}]}
    url = "/v1/chat/completions"
    return {"custom_id": custom_id, "method": "POST", "url": url, "body": body, **other}


def submitted(
    client: OpenAI, tasks: Iterable[Mapping[str, Any]], metadata: dict[str, str] | None = None
) -> Batch:
    text = "\n".join(json.dumps(task) for task in tasks)
    file = client.files.create(file=("in.jsonl", text.encode()), purpose="batch")
    return client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata=metadata,
    )


def ended(client: OpenAI, batch: Batch) -> Batch:
    while batch.status not in ("completed", "failed", "expired", "cancelled"):
        batch = client.batches.retrieve(batch.id)
    return batch


def lines_of(client: OpenAI, file: str | None) -> list[dict[str, Any]]:
    if file is None:
        return []
    return [json.loads(text) for text in client.files.content(file).text.splitlines()]


def test_a_batch_answers_each_request_in_an_order_of_its_own() -> None:
    server = FakeLLM(Scripted(lambda request: Reply(f"heard {request.last}")))
    with serving(server), client_of(server) as client:
        names = [f"r{n}" for n in range(20)]
        batch = ended(client, submitted(client, map(line, names)))
        given = lines_of(client, batch.output_file_id)
    said = {
        one["custom_id"]: one["response"]["body"]["choices"][0]["message"]["content"]
        for one in given
    }
    assert said == {name: f"heard {name}" for name in names}
    assert list(said) != names
    assert (batch.error_file_id, given[0]["error"]) == (None, None)
    assert (server.batched, server.served) == (20, 0)


def test_a_batch_goes_through_the_states_of_openai_as_it_is_asked_about() -> None:
    server = FakeLLM(saying(), batch_polls=4)
    with serving(server), client_of(server) as client:
        batch = submitted(client, map(line, "abcdef"))
        seen = [batch, *(client.batches.retrieve(batch.id) for _ in range(4))]
    states = [one.status for one in seen]
    assert states == ["validating", "in_progress", "in_progress", "finalizing", "completed"]
    counts = [one.request_counts.completed for one in seen if one.request_counts]
    assert counts == [0, 2, 4, 6, 6]
    assert seen[0].output_file_id is None
    assert seen[-1].completed_at


def test_a_refused_request_is_a_line_of_the_error_file() -> None:
    server = FakeLLM(saying(), faults=at({0: Fault("http_429"), 1: Fault("http_500")}))
    with serving(server), client_of(server) as client:
        batch = ended(client, submitted(client, map(line, "abc")))
        refused = lines_of(client, batch.error_file_id)
        given = lines_of(client, batch.output_file_id)
    assert [one["response"]["status_code"] for one in refused] == [429, 500]
    assert refused[0]["response"]["body"]["error"]["code"] == "rate_limit_exceeded"
    assert [one["response"]["status_code"] for one in given] == [200]
    assert batch.request_counts
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 2)


def test_a_spoiled_reply_is_spoiled_as_a_live_one() -> None:
    server = FakeLLM(saying(), faults=each(Fault("refusal", text="I will not.")))
    with serving(server), client_of(server) as client:
        batch = ended(client, submitted(client, [line("a")]))
        [given] = lines_of(client, batch.output_file_id)
    assert given["response"]["body"]["choices"][0]["message"]["refusal"] == "I will not."


def test_a_batch_that_expires_has_done_half_and_says_so_of_the_rest() -> None:
    server = FakeLLM(saying(), batch_fates={1: "expire"})
    with serving(server), client_of(server) as client:
        first, second = (ended(client, submitted(client, map(line, "abcdef"))) for _ in range(2))
        rest = lines_of(client, second.error_file_id)
        assert len(lines_of(client, second.output_file_id)) == 3
    assert (first.status, second.status) == ("completed", "expired")
    assert {one["error"]["code"] for one in rest} == {"batch_expired"}
    assert {one["response"] for one in rest} == {None}
    assert server.batched == 9


def test_a_cancelled_batch_ends_with_what_it_has() -> None:
    server = FakeLLM(saying(), batch_polls=5)
    with serving(server), client_of(server) as client:
        batch = submitted(client, map(line, "abcd"))
        client.batches.retrieve(batch.id)
        assert client.batches.cancel(batch.id).status == "cancelling"
        batch = ended(client, batch)
        assert len(lines_of(client, batch.output_file_id)) == 1
        with pytest.raises(openai.ConflictError):
            client.batches.cancel(batch.id)
    assert batch.status == "cancelled"


@pytest.mark.parametrize(
    ("tasks", "code"),
    [
        ([line("a"), line("a")], "duplicate_custom_id"),
        ([line("a"), {"custom_id": "b"}], "invalid_json_line"),
        ([line("a", url="/v1/embeddings")], "invalid_url"),
        ([line("a"), line("b", body={"model": "n"})], "mismatched_model"),
        ([], "empty_file"),
    ],
)
def test_a_file_that_is_not_in_order_fails_the_batch(tasks: list[Any], code: str) -> None:
    server = FakeLLM(saying())
    with serving(server), client_of(server) as client:
        batch = ended(client, submitted(client, tasks))
    assert batch.status == "failed"
    assert batch.errors
    assert batch.errors.data
    assert batch.errors.data[0].code == code
    assert server.batched == 0


def test_a_fate_fails_the_batch_that_it_names() -> None:
    server = FakeLLM(saying(), batch_fates={0: "fail"})
    with serving(server), client_of(server) as client:
        states = [ended(client, submitted(client, [line("a")])).status for _ in range(2)]
    assert states == ["failed", "completed"]


def test_a_batch_beyond_the_queue_fails_until_others_are_done() -> None:
    server = FakeLLM(saying(), batch_queue=3)
    with serving(server), client_of(server) as client:
        first = submitted(client, map(line, "ab"))
        client.batches.retrieve(first.id)
        full = ended(client, submitted(client, map(line, "abc")))
        ended(client, first)
        again = ended(client, submitted(client, map(line, "abc")))
    assert full.errors
    assert full.errors.data
    assert full.errors.data[0].code == "token_limit_exceeded"
    assert again.status == "completed"


def test_batches_are_listed_in_pages_the_newest_first_with_what_was_attached() -> None:
    server = FakeLLM(saying())
    with serving(server), client_of(server) as client:
        made = [submitted(client, [line("a")], {"n": str(n)}) for n in range(5)]
        assert [one.id for one in client.batches.list(limit=2)] == [one.id for one in made[::-1]]
        page = client.batches.list(limit=2, after=made[2].id)
        assert [one.metadata for one in page.data] == [{"n": "1"}, {"n": "0"}]
        with pytest.raises(openai.BadRequestError):
            client.batches.list(limit=0)
    assert server.batches == 5


def test_files_are_described_and_sent_back() -> None:
    server = FakeLLM(saying())
    with serving(server), client_of(server) as client:
        file = client.files.create(file=("in.jsonl", b"abc\n"), purpose="batch")
        there = client.files.retrieve(file.id)
        assert (there.bytes, there.filename, there.purpose) == (4, "in.jsonl", "batch")
        assert client.files.content(file.id).content == b"abc\n"


def test_what_is_not_there_or_not_a_batch_is_refused() -> None:
    server = FakeLLM(saying(), api_key="sk-right")
    with serving(server), client_of(server, "sk-right") as client:
        with pytest.raises(openai.NotFoundError):
            client.files.content("file-none")
        with pytest.raises(openai.NotFoundError):
            client.batches.retrieve("batch_none")
        with pytest.raises(openai.NotFoundError):
            client.batches.create(
                input_file_id="no", endpoint="/v1/chat/completions", completion_window="24h"
            )
        with pytest.raises(openai.BadRequestError):
            client.files.create(file=b"", purpose="vision")
        with pytest.raises(openai.BadRequestError):
            client.batches.create(
                input_file_id="no", endpoint="/v1/embeddings", completion_window="24h"
            )
        with client_of(server, "sk-wrong") as other, pytest.raises(openai.AuthenticationError):
            other.batches.list()


@pytest.mark.parametrize(("path", "body"), [("files", b"abc"), ("batches", b"{")])
def test_a_body_of_another_form_is_a_bad_request(path: str, body: bytes) -> None:
    server = FakeLLM(saying())
    with serving(server):
        call = urllib.request.Request(f"{server.url}/{path}", body)
        with pytest.raises(urllib.error.HTTPError) as seen:
            urllib.request.urlopen(call)
        with seen.value as error:
            assert error.code == 400
