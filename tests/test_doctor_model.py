"""`sevenstep doctor` tests a model: real calls to the fake server, healthy or with faults."""

import pytest

from agent.llm import servers
from evals.fakellm.chat import ChatRequest, Mode, Reply
from evals.fakellm.errors import ChatError
from evals.fakellm.faults import Fault
from evals.fakellm.scripts import FaultScript, always, each, first
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.cli_support import Ran, run
from tests.test_doctor import KEY, as_asked, healthy, row


@pytest.fixture(autouse=True)
def _no_server_at_the_usual_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "USUAL", ())
    monkeypatch.setenv("COLUMNS", "80")


def examined(server: FakeLLM, *options: str) -> Ran:
    with serving(server):
        return run("doctor", "--base-url", server.url, *options)


def with_faults(faults: FaultScript, **options: int) -> FakeLLM:
    return FakeLLM(Scripted(as_asked), faults=faults, **options)  # type: ignore[arg-type]


def refusing(status: int, message: str) -> FakeLLM:
    def refuse(_: ChatRequest) -> Reply:
        raise ChatError(status, message)

    return FakeLLM(Scripted(refuse), models=("llama-3.1-8b", "llama-3.1-70b", "phi"))


def test_a_healthy_model_can_interview() -> None:
    ran = examined(healthy())
    assert ran.code == 0
    for name in ("reachable", "streaming", "JSON schema", "prompted JSON", "context", "latency"):
        assert " ok " in row(ran.out, name)
    assert "\nopenai:small can interview.\n" in ran.out


def test_an_observer_model_is_tested_for_what_it_does() -> None:
    ran = examined(healthy(), "--observer-model", "large")
    assert "\nopenai:large can observe.\n" in ran.out
    assert ran.out.count("streaming") == 1


# Not reachable


def test_a_wrong_key_is_named_and_no_part_of_it_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ran = examined(FakeLLM(Scripted(as_asked), api_key="right"), "--model", "m")
    assert ran.code == 1
    assert "put a valid key into OPENAI_API_KEY" in row(ran.out, "reachable")
    assert KEY[:3] not in ran.out + ran.err


@pytest.mark.parametrize("masked", [f"{KEY[:6]}****{KEY[-4:]}", f"{KEY[:6]}...{KEY[-4:]}", KEY])
def test_a_part_of_the_key_that_a_server_sends_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, masked: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ran = examined(refusing(403, f"Key {masked} may not use this."), "--model", "phi")
    assert "Key [key removed] may not use this." in row(ran.out, "reachable")


def test_a_missing_key_is_told() -> None:
    ran = examined(FakeLLM(Scripted(as_asked), api_key="right"))
    assert "a key is needed (HTTP 401)" in row(ran.out, "reachable")
    assert "set SEVENSTEP_API_KEY or OPENAI_API_KEY" in row(ran.out, "reachable")


def test_an_unknown_model_is_told_with_the_nearest_names() -> None:
    ran = examined(refusing(404, "No such model."), "--model", "lama3.1-8b")
    assert ran.code == 1
    assert "the server has llama-3.1-8b, llama-3.1-70b and 1 more" in row(ran.out, "reachable")
    assert "streaming" not in ran.out


def test_a_name_that_the_server_takes_but_does_not_list_is_told() -> None:
    ran = examined(healthy(), "--model", "smal")
    assert ran.code == 0
    assert "the server has small" in row(ran.out, "reachable")


@pytest.mark.parametrize("options", [(), ("--model", "small")])
def test_an_address_without_its_end_is_completed(options: tuple[str, ...]) -> None:
    with serving(healthy()) as server:
        ran = run("doctor", "--base-url", server.url.removesuffix("/v1"), *options)
    assert f"write --base-url {server.url}" in row(ran.out, "reachable")


@pytest.mark.parametrize("options", [(), ("--model", "m")])
def test_a_server_that_is_down_is_told(options: tuple[str, ...]) -> None:
    ran = run("doctor", "--base-url", f"http://me:{KEY}@127.0.0.1:9/v1", *options)
    assert ran.code == 1
    assert "no connection to http://127.0.0.1:9/v1 → start the server" in row(ran.out, "reachable")
    assert KEY not in ran.out + ran.err


def test_a_proxy_in_the_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{KEY}@127.0.0.1:9")
    ran = run("doctor", "--base-url", "http://127.0.0.1:9/v1", "--model", "m")
    assert "HTTPS_PROXY is set" in row(ran.out, "reachable")
    assert KEY not in ran.out


def test_a_model_that_takes_too_long_is_told() -> None:
    ran = examined(FakeLLM(Scripted(as_asked), latency=5), "--timeout", "1")
    assert ran.code == 1
    assert "no answer in 1.5 s → wait a little, raise --timeout" in row(ran.out, "reachable")


def test_a_parameter_that_is_refused_is_told() -> None:
    ran = examined(refusing(400, "Unsupported parameter: 'stop'."), "--model", "phi")
    assert (ran.code, ran.err) == (1, "")
    assert "Unsupported parameter: 'stop'. →" in row(ran.out, "reachable")


def test_a_model_of_openai_without_a_key_is_told() -> None:
    ran = run("doctor", "--model", "openai:gpt-5")
    assert ran.code == 1
    assert "no OPENAI_API_KEY is set" in row(ran.out, "reachable")


def test_a_busy_server_is_waited_for() -> None:
    ran = examined(with_faults(first(1, Fault("http_503", retry_after=0))))
    assert ran.code == 0


# Streaming


def test_a_stream_that_is_slow_to_begin_is_told() -> None:
    slow = each(Fault("slow_first_token", seconds=5), lambda request: request.stream)
    ran = examined(with_faults(slow), "--timeout", "1")
    assert ran.code == 1
    assert "FAIL" in row(ran.out, "streaming")


def test_an_answer_in_one_piece_is_a_warning() -> None:
    def one(request: ChatRequest) -> Reply:
        return Reply("ready") if request.stream else as_asked(request)

    ran = examined(FakeLLM(Scripted(one)))
    assert ran.code == 0
    assert "warn" in row(ran.out, "streaming")


# Structured output


@pytest.mark.parametrize(
    ("modes", "used"),
    [
        (("json_schema",), "tool call"),
        (("json_schema", "tool"), "JSON mode"),
        (("json_schema", "tool", "json_object"), "prompted JSON"),
    ],
)
def test_where_a_way_is_refused_the_next_is_used(modes: tuple[Mode, ...], used: str) -> None:
    ran = examined(with_faults(always(Fault("unsupported_format", modes=modes))))
    assert ran.code == 0
    assert f"practice uses {used}" in row(ran.out, "structured output")


def test_a_model_that_gives_no_json_at_all_cannot_interview() -> None:
    faults = always(Fault("unsupported_format"))
    ran = examined(FakeLLM(Scripted(lambda _: Reply("I had rather talk.")), faults=faults))
    assert ran.code == 1
    assert "no way works" in row(ran.out, "structured output")
    assert ran.out.endswith("\nopenai:fake-model cannot interview.\n")


def test_a_schema_that_is_taken_and_not_heeded_is_a_warning() -> None:
    def heedless(request: ChatRequest) -> Reply:
        return Reply(json={"answer": 1}) if request.mode == "json_schema" else as_asked(request)

    ran = examined(FakeLLM(Scripted(heedless)))
    assert "of another form" in row(ran.out, "JSON schema")
    assert "which does not work" in row(ran.out, "structured output")


# Context


@pytest.mark.parametrize(
    ("tokens", "mark", "code"), [(4_096, "FAIL", 1), (8_192, "warn", 0), (16_384, "ok", 0)]
)
def test_a_context_that_is_too_short_is_told(tokens: int, mark: str, code: int) -> None:
    ran = examined(FakeLLM(Scripted(as_asked), context_length=tokens))
    assert ran.code == code
    assert f"context length {mark} {tokens:,} tokens" in row(ran.out, "context length")
