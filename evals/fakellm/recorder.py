"""Records replies of a real OpenAI-compatible endpoint while it serves them.

It forwards each request, keeps the exchange and writes it as a recording. No key, header or
address gets into a recording.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from evals.fakellm.chat import ChatRequest, JsonReply, Reply, Usage
from evals.fakellm.errors import ChatError
from evals.fakellm.nearest import abridged
from evals.fakellm.recordings import Exchange, dump

_TIMEOUT = aiohttp.ClientTimeout(total=600)
_PASSED_ON = ("Retry-After",)


class Recorder:
    """Replies that come from `upstream`, a base URL such as http://127.0.0.1:8080/v1.

    `source` names the model in the recording; without one it is what the endpoint calls it.
    `headers` go with every forwarded request.
    """

    def __init__(
        self,
        upstream: str,
        api_key: str = "",
        *,
        source: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._url = f"{upstream.rstrip('/')}/chat/completions"
        self._api_key = api_key
        self._headers = {"Authorization": f"Bearer {api_key}", **(headers or {})}
        self._source = source
        self._exchanges: dict[str, Exchange] = {}

    @property
    def exchanges(self) -> list[Exchange]:
        """What was recorded, in the order of the first asking; of a repeated one the last."""
        return list(self._exchanges.values())

    async def reply(self, request: ChatRequest) -> Reply:
        """The endpoint's reply; raises ChatError with its status if it refuses."""
        # A stream carries nothing more than the whole, and the client's own is made from it.
        asked = {k: v for k, v in request.body.items() if k not in ("stream", "stream_options")}
        answered = await self._post(asked)
        reply = _reply(answered, request)
        self._source = self._source or str(answered.get("model") or request.model)
        self._exchanges[request.key] = Exchange(request.key, abridged(request.last), reply)
        return reply

    def save(self, path: Path, about: str = "") -> None:
        """Write what was recorded so far, in place of what stands in the file."""
        about = about or f"Recorded from {self._source or 'nothing'}"
        dump(path, self.exchanges, source=self._source or "nothing", about=about)

    async def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(self._url, json=body, headers=self._headers) as response,
            ):
                status, text = response.status, await response.text()
                headers = {k: response.headers[k] for k in _PASSED_ON if k in response.headers}
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChatError(502, f"The endpoint cannot be reached: {error!r}") from error
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = None
        if status >= 400 or not isinstance(parsed, dict):
            raise self._refusal(status, text, parsed, headers)
        return parsed

    def _refusal(
        self, status: int, text: str, parsed: object, headers: Mapping[str, str]
    ) -> ChatError:
        """The endpoint's own refusal; without the key, which some echo."""
        found = parsed.get("error") if isinstance(parsed, dict) else None
        fields = found if isinstance(found, dict) else {}
        message = str(fields.get("message") or text[:500] or "The endpoint said nothing.")
        if self._api_key:
            message = message.replace(self._api_key, "***")
        return ChatError(
            status if status >= 400 else 502,
            message,
            kind=str(fields.get("type") or "upstream_error"),
            code=None if fields.get("code") is None else str(fields["code"]),
            headers=headers,
        )


def _reply(body: Mapping[str, Any], request: ChatRequest) -> Reply:
    try:
        choice = body["choices"][0]
        message = choice["message"]
        calls = message.get("tool_calls") or ()
        text = calls[0]["function"]["arguments"] if calls else message.get("content") or ""
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ChatError(502, f"The endpoint's reply has no message: {error!r}") from error
    finish = str(choice.get("finish_reason") or "")
    value = None if request.mode == "none" else _structure(text)
    return Reply(
        content="" if value is not None else text,
        json=value,
        # What the usual end is depends on how the replay is asked for, and is made there.
        finish_reason="" if finish in ("stop", "tool_calls") else finish,
        refusal=message.get("refusal") or None,
        usage=_usage(body.get("usage")),
    )


def _structure(text: str) -> JsonReply | None:
    """The JSON in a text; None if it is broken, so that it is kept as the broken text it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict | list) else None


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        int(usage.get("prompt_tokens") or 0),
        int(usage.get("completion_tokens") or 0),
        int(details.get("cached_tokens") or 0),
    )
