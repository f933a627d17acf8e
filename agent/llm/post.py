"""Posts JSON to one address, over connections that are kept.

The openai client would go through every field of a schema and put each request together anew, and
the HTTP client below it takes more time than the call itself. What is posted and what an answer
means is decided in `agent.llm.openai_chat`; nothing is tried again here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
import openai

from agent.llm.certificates import certificates

_CONNECT_SECONDS = 5.0
_MOST_CONNECTIONS = 1000
"""As many as `agent.llm.limiter` ever asks for."""
_PACKING = ("content-encoding", "content-length", "transfer-encoding")


@dataclass(frozen=True)
class Posted:
    """What a server answered."""

    headers: Mapping[str, str]
    content: bytes


class Post:
    """Posts to one address. To be used in one event loop."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = url
        self._headers = dict(headers)
        self._proxy = proxy_of(url)
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def of(
        cls, client: openai.AsyncOpenAI, path: str, login: tuple[str, str] | None = None
    ) -> "Post":
        """To a path of the client's address, with the client's headers and key, or a login."""
        headers = {**client.auth_headers, **client.default_headers}
        if login is not None:
            headers["Authorization"] = aiohttp.encode_basic_auth(*login, encoding="utf-8")
        # What the client leaves out has a mark in the place of its text.
        told = {name: one for name, one in headers.items() if isinstance(one, str)}
        return cls(f"{str(client.base_url).rstrip('/')}{path}", told)

    async def __call__(self, body: Mapping[str, Any]) -> Posted:
        """The answer to a body, as the client would get it; raises openai.APIStatusError."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=_MOST_CONNECTIONS,
                    # Local servers have no use for certificates, and reading them takes a while.
                    ssl=self._url.startswith("http:") or certificates(),
                ),
                # How long an answer may take is the caller's to say.
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                headers=self._headers,
            )
        data = json.dumps(body).encode()
        async with self._session.post(self._url, data=data, proxy=self._proxy) as response:
            content = await response.read()
            if response.status >= 400:
                raise self._refused(response, content)
            return Posted(response.headers, content)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _refused(self, response: aiohttp.ClientResponse, content: bytes) -> openai.APIStatusError:
        text = content.decode(errors="replace")
        told = httpx2.Response(
            response.status,
            # The text is unpacked already.
            headers=[one for one in response.headers.items() if one[0].lower() not in _PACKING],
            text=text,
            request=httpx2.Request("POST", self._url),
        )
        return openai.APIStatusError(
            f"Error code: {response.status}", response=told, body=_body(text)
        )


def proxy_of(url: str) -> str | None:
    """The proxy through which the environment wants an address to be reached."""
    parts = urlsplit(url)
    proxies = getproxies()
    if not parts.hostname or proxy_bypass(parts.hostname):
        return None
    found = proxies.get(parts.scheme) or proxies.get("all")
    return found if found is None or "://" in found else f"http://{found}"


def _body(text: str) -> object:
    """What an error's body says, as the client reads it."""
    try:
        body = json.loads(text)
    except ValueError:
        return text.strip()
    return body.get("error", body) if isinstance(body, dict) else body
