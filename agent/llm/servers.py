"""Asks a server that speaks OpenAI's protocol which models it has, and how long their context is.

Also knows where local servers usually listen. Only reads; nothing is loaded or started.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from agent.llm.certificates import certificates

USUAL = (
    ("Ollama", "http://127.0.0.1:11434/v1"),
    ("LM Studio", "http://127.0.0.1:1234/v1"),
    ("llama.cpp", "http://127.0.0.1:8080/v1"),
    ("vLLM", "http://127.0.0.1:8000/v1"),
)
"""Local servers and their usual addresses."""

_PATIENCE = 3.0


@dataclass(frozen=True)
class Listed:
    """A model that a server has; `context` in tokens, None if the server does not say.

    `owner` is what the server puts there, usually its own name.
    """

    name: str
    context: int | None
    owner: str = ""


@dataclass(frozen=True)
class Answer:
    """What a server says when it is asked for its models.

    `status` is that of HTTP, 0 if nothing answers; `models` is None for an answer that is no
    list of models. Those that can only embed come last.
    """

    status: int
    models: list[Listed] | None = None


async def asked(base_url: str, key: str | None = None, patience: float = _PATIENCE) -> Answer:
    """Ask the server at `base_url` (ending in /v1) for its models; `patience` in seconds."""
    status = 0
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        # The client's own timeout is for each read; whatever else listens there may drip forever.
        async with (
            asyncio.timeout(patience),
            httpx2.AsyncClient(timeout=patience, headers=headers, verify=certificates()) as client,
        ):
            answer = await client.get(f"{base_url.rstrip('/')}/models")
            status = answer.status_code
            body = answer.json()
            found = [_listed(one) for one in body["data"] if isinstance(one, dict)]
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, KeyError, TypeError):
        return Answer(status)
    named = [one for one in found if one.name]
    return Answer(status, sorted(named, key=lambda one: "embed" in one.name.lower()))


async def listed_models(
    base_url: str, key: str | None = None, patience: float = _PATIENCE
) -> list[Listed] | None:
    """The models of the server at `base_url`, or None if it does not say."""
    return (await asked(base_url, key, patience)).models


async def local_servers(
    addresses: Sequence[tuple[str, str]] | None = None,
) -> list[tuple[str, str, list[Listed]]]:
    """The local servers that answer at these addresses or the usual ones: title, URL, models."""
    places = USUAL if addresses is None else addresses
    answers = await asyncio.gather(*(listed_models(url, patience=1.0) for _, url in places))
    return [
        (title, url, models)
        for (title, url), models in zip(places, answers, strict=True)
        if models is not None
    ]


def _listed(model: Mapping[str, Any]) -> Listed:
    told = model.get("meta")
    meta = told if isinstance(told, Mapping) else {}
    lengths = (
        model.get("max_model_len"),  # vLLM
        meta.get("n_ctx"),  # llama.cpp
        model.get("context_length"),  # OpenRouter, some gateways
        model.get("max_context_length"),
        meta.get("n_ctx_train"),
    )
    context = next((int(one) for one in lengths if isinstance(one, int) and one > 0), None)
    return Listed(str(model.get("id") or ""), context, str(model.get("owned_by") or ""))
