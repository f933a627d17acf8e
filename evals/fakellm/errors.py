"""Refusals of the fake endpoint, in the form in which OpenAI sends them."""

from collections.abc import Mapping
from typing import Any


class ChatError(Exception):
    """A call that is answered with an HTTP status and an OpenAI error body instead of a reply."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body."""
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }


def unauthorized(key: str) -> ChatError:
    """401; the key is echoed in full, as some gateways do."""
    return ChatError(401, f"Incorrect API key provided: {key}.", code="invalid_api_key")


def rate_limited(message: str, headers: Mapping[str, str] | None = None) -> ChatError:
    """429."""
    return ChatError(429, message, kind="requests", code="rate_limit_exceeded", headers=headers)


def server_error(status: int, message: str) -> ChatError:
    """A status of 500 or above."""
    return ChatError(status, message, kind="server_error")
