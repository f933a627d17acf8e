"""`sevenstep doctor` says what is configured and found, and what its exit code means."""

import json
from importlib import util

import pytest

from agent.llm import doctor, findings, servers, setting
from agent.llm.chat import Method
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.cli_support import refused, run

KEY = "planted-3f9c1d77"
NOTE = {
    "topic": "metrics",
    "measures": [{"name": "NDCG", "where": "offline"}, {"name": "CTR", "where": "online"}],
    "remark": None,
}


def as_asked(request: ChatRequest) -> Reply:
    """The note where one is asked for, else words."""
    wanted = any("A candidate said" in text for _, text in request.messages)
    return Reply(json=NOTE) if wanted else Reply("one, two, three, four")


def healthy() -> FakeLLM:
    return FakeLLM(Scripted(as_asked), models=("small", "large"), context_length=32_768)


@pytest.fixture(autouse=True)
def _no_server_at_the_usual_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "USUAL", ())
    monkeypatch.setenv("COLUMNS", "80")


def row(out: str, name: str) -> str:
    """The row that begins with this name, its lines joined."""
    lines = out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.strip().startswith(name))
    more = []
    for line in lines[at + 1 :]:
        if not line.startswith(" " * 12):
            break
        more.append(line)
    return " ".join(" ".join([lines[at], *more]).split())


# Configured


def test_without_key_and_model_the_offline_engine_counts_as_working() -> None:
    ran = run("doctor")
    assert ran.code == 0
    assert "the offline engine (no key is set and no model named)" in row(ran.out, "practice")
    assert "set a key: OPENAI_API_KEY" in ran.out


def test_the_offline_engine_may_be_asked_for() -> None:
    ran = run("doctor", "--model", "offline")
    assert ran.code == 0
    assert "named by --model" in row(ran.out, "practice")


def test_a_key_is_named_and_its_value_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", KEY)
    ran = run("doctor", "--model", "offline")
    assert row(ran.out, "keys set") == "keys set MISTRAL_API_KEY"
    assert KEY not in ran.out + ran.err


def test_a_key_without_its_package_is_told_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find = util.find_spec
    monkeypatch.setattr(
        "agent.llm.providers.find_spec",
        lambda name: None if name == "langchain_anthropic" else find(name),
    )
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    ran = run("doctor")
    assert ran.code == 0
    assert "pip install 'sevenstep[anthropic]'" in row(ran.out, "provider packages")
    assert "the package for Anthropic's models is missing" in row(ran.out, "practice")


def test_addresses_are_shown_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://me:{KEY}@127.0.0.1:9/v1?key={KEY}")
    ran = run("doctor")
    assert row(ran.out, "OPENAI_BASE_URL") == "OPENAI_BASE_URL http://127.0.0.1:9/v1"
    assert "OPENAI_BASE_URL alone names no model" in row(ran.out, "practice")


@pytest.mark.parametrize(("value", "told"), [("true", "on"), ("false", "off"), ("", "off")])
def test_tracing_is_told(monkeypatch: pytest.MonkeyPatch, value: str, told: str) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", value)
    assert row(run("doctor").out, "LangSmith tracing").startswith(f"LangSmith tracing {told}")


def test_estimated_token_counts_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.llm.tokens._encoding", lambda: None)
    assert "estimated" in row(run("doctor").out, "token counts")


# Servers on this machine


def test_a_local_server_is_found_with_the_command_to_practise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(healthy()) as server:
        monkeypatch.setattr(servers, "USUAL", (("vLLM", server.url), ("none", f"{server.url}/x")))
        out = run("doctor").out
    assert "small (32,768 tokens), large (32,768 tokens)" in out
    assert f"sevenstep practice --base-url {server.url} --model openai:small\n" in out


async def found_at(url: str) -> tuple[findings.Server, ...]:
    return await setting.found([("vLLM", url)])


def test_a_model_that_only_embeds_is_not_the_one_to_practise_with() -> None:
    import asyncio

    names = ("text-embedding-nomic", "it's a model")
    with serving(FakeLLM(Scripted(as_asked), models=names)) as server:
        [found] = asyncio.run(found_at(server.url))
    assert found.command is not None
    assert found.command.endswith("""--model 'openai:it'"'"'s a model'""")


def test_of_many_models_the_first_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(FakeLLM(Scripted(as_asked), models=[f"m{n:02}" for n in range(20)])) as server:
        monkeypatch.setattr(servers, "USUAL", (("vLLM", server.url),))
        out = run("doctor").out
    assert "m07, and 12 more" in " ".join(out.split())


# As JSON, and the exit code


def test_the_findings_may_be_had_as_json() -> None:
    with serving(healthy()) as server:
        ran = run("doctor", "--base-url", server.url, "--json")
    found = findings.Findings.model_validate_json(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert found.is_usable
    [model] = found.models
    assert (model.name, model.method) == ("openai:small", Method.json_schema)


def test_json_of_a_model_that_fails_has_exit_code_1() -> None:
    ran = run("doctor", "--base-url", "http://127.0.0.1:9/v1", "--model", "x", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["models"][0]["checks"][0]["status"] == "failed"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "nope:x"), "unknown provider 'nope'"),
        (("--observer-model", "openai:x"), "--observer-model needs a model"),
    ],
)
def test_wrong_options_are_refused(options: tuple[str, ...], told: str) -> None:
    assert told in refused(run("doctor", *options))


def test_what_is_piped_has_no_blanks_at_line_ends_and_no_long_lines() -> None:
    with serving(healthy()) as server:
        out = run("doctor", "--base-url", server.url, "--observer-model", "large").out
    assert [line for line in out.splitlines() if line != line.rstrip() or len(line) > 80] == []


def test_the_context_that_is_needed_is_measured() -> None:
    least, enough = doctor.needed_context()
    assert 6_000 < least < 7_500
    assert 11_000 < enough < 13_000
