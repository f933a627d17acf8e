"""Recording from an endpoint, here a second fake one; and the command line."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from evals.fakellm.chat import Mode, Reply, Usage
from evals.fakellm.faults import Fault
from evals.fakellm.recorder import Recorder
from evals.fakellm.recordings import Recordings, dump, load
from evals.fakellm.scripts import always
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.test_fakellm import (
    AS_SCHEMA,
    AS_TOOL,
    ASKING,
    VALUE,
    WORDS,
    ask,
    client_of,
    giving,
    saying,
    stream,
    text_of,
)

SECRET = "sk-very-secret"


@contextmanager
def recording(upstream: FakeLLM, source: str = "") -> Iterator[tuple[Recorder, OpenAI]]:
    with serving(upstream):
        recorder = Recorder(upstream.url, SECRET, source=source)
        server = FakeLLM(recorder)
        with serving(server), client_of(server) as client:
            yield recorder, client


def test_a_recorded_text_can_be_replayed(tmp_path: Path) -> None:
    upstream = FakeLLM(Scripted(lambda _: Reply(WORDS, usage=Usage(2048, 9, 1024))))
    with recording(upstream) as (recorder, client):
        first = ask(client)
        recorder.save(tmp_path / "new" / "x.yaml")
    server = FakeLLM(load([tmp_path]))
    with serving(server), client_of(server) as client:
        assert ask(client) == first


@pytest.mark.parametrize("mode", ["json_schema", "json_object", "tool"])
def test_a_structured_reply_is_recorded_as_its_value(mode: Mode) -> None:
    with recording(FakeLLM(giving())) as (recorder, client):
        ask(client, **ASKING[mode])
    [exchange] = recorder.exchanges
    assert (exchange.reply.json, exchange.reply.finish_reason) == (VALUE, "")


def test_broken_json_is_recorded_as_the_text_it_is() -> None:
    upstream = FakeLLM(giving(), faults=always(Fault("truncated_json")))
    with recording(upstream) as (recorder, client):
        ask(client, **AS_SCHEMA)
    [exchange] = recorder.exchanges
    assert exchange.reply.json is None
    assert exchange.reply.content.startswith('{"reason"')


def test_a_streamed_request_is_asked_for_whole() -> None:
    upstream = FakeLLM(saying(), keep_requests=True)
    with recording(upstream) as (_, client):
        assert text_of(stream(client, stream_options={"include_usage": True})) == WORDS
    assert "stream" not in upstream.requests[0].body


def test_format_and_tools_are_passed_on_with_the_recorders_key() -> None:
    upstream = FakeLLM(giving(), keep_requests=True)
    with recording(upstream) as (_, client):
        ask(client, temperature=0.5, **AS_TOOL)
    [request] = upstream.requests
    assert (request.bearer, request.mode, request.body["temperature"]) == (SECRET, "tool", 0.5)


def test_of_a_repeated_request_the_last_reply_is_kept() -> None:
    replies = iter(["first", "last"])
    with recording(FakeLLM(Scripted(lambda _: Reply(next(replies))))) as (recorder, client):
        ask(client)
        ask(client)
    assert [exchange.reply.content for exchange in recorder.exchanges] == ["last"]


def test_no_key_and_no_address_gets_into_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with recording(FakeLLM(saying())) as (recorder, client):
        ask(client)
        recorder.save(path)
    text = path.read_text(encoding="utf-8")
    assert "source: m\n" in text
    assert not [secret for secret in (SECRET, "sk-test", "127.0.0.1", "http") if secret in text]


def test_the_source_may_be_named(tmp_path: Path) -> None:
    with recording(FakeLLM(saying()), source="gpt-9") as (recorder, client):
        ask(client)
        recorder.save(tmp_path / "x.yaml")
    assert (tmp_path / "x.yaml").read_text(encoding="utf-8").startswith("source: gpt-9\n")


def test_a_refusal_of_the_endpoint_is_passed_on_without_the_key() -> None:
    upstream = FakeLLM(saying(), faults=always(Fault("http_401")))
    with recording(upstream) as (recorder, client):
        with pytest.raises(openai.AuthenticationError) as seen:
            ask(client)
        assert SECRET not in str(seen.value)
        assert recorder.exchanges == []


def test_a_time_to_wait_is_passed_on() -> None:
    upstream = FakeLLM(saying(), faults=always(Fault("http_429", retry_after=3)))
    with recording(upstream) as (_, client), pytest.raises(openai.RateLimitError) as seen:
        ask(client)
    assert seen.value.response.headers["retry-after"] == "3"


@pytest.mark.parametrize("kind", ["reset_before", "reset_mid_stream"])
def test_an_endpoint_that_breaks_off_is_a_bad_gateway(kind: str) -> None:
    upstream = FakeLLM(saying(), faults=always(Fault(kind)))  # type: ignore[arg-type]
    with recording(upstream) as (_, client), pytest.raises(openai.InternalServerError) as seen:
        ask(client)
    assert seen.value.status_code == 502


@contextmanager
def command(*arguments: str, **environment: str) -> Iterator[str]:
    """Run the command until the end of the block; gives the URL that it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", "evals.fakellm", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert line.startswith("http://127.0.0.1:"), line + process.stdout.read()
            yield line.split()[0]
        finally:
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
    assert "Traceback" not in rest
    assert process.returncode == 0


def test_the_command_serves_recordings_with_faults(tmp_path: Path) -> None:
    with recording(FakeLLM(saying())) as (recorder, client):
        ask(client)
    dump(tmp_path / "x.yaml", recorder.exchanges, source="m", about="")
    with (
        command("serve", str(tmp_path), "--fault", "http_500@0") as url,
        OpenAI(base_url=url, api_key="k", max_retries=0) as client,
    ):
        with pytest.raises(openai.InternalServerError):
            ask(client)
        assert ask(client).choices[0].message.content == WORDS


def test_the_command_records_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    upstream = FakeLLM(saying(), api_key=SECRET)
    with serving(upstream):
        arguments = ("record", str(path), "--upstream", upstream.url)
        with (
            command(*arguments, OPENAI_API_KEY=SECRET) as url,
            OpenAI(base_url=url, api_key="k") as client,
        ):
            ask(client)
    assert [exchange.reply.content for exchange in load([path])] == [WORDS]


def test_a_users_mistake_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "evals.fakellm", "serve", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("fakellm: ")
    assert done.stderr.count("\n") == 1


def test_recordings_hold_what_a_recorder_kept() -> None:
    with recording(FakeLLM(saying())) as (recorder, client):
        ask(client)
    assert len(Recordings(recorder.exchanges)) == 1
