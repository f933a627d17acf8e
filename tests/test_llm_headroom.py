"""What servers say in headers about how much may still be asked of them."""

import httpx2
import openai
import pytest

from agent.llm.chat import Headroom
from agent.llm.faults import fault_of
from agent.llm.headroom import headroom_in, retry_after_in

NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


def test_openai_says_what_is_left_and_until_when() -> None:
    told = {
        "X-RateLimit-Remaining-Requests": "59",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    assert headroom_in(told) == Headroom(59, 149_984, 1.0, 360.0)


def test_anthropic_says_what_is_left_and_until_when() -> None:
    told = {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-tokens-remaining": "8000",
        "anthropic-ratelimit-requests-reset": "2026-10-21T07:28:12Z",
        "anthropic-ratelimit-tokens-reset": "2026-10-21T09:29:00+02:00",
        "Date": NOW,
    }
    assert headroom_in(told) == Headroom(0, 8000, 12.0, 60.0)


def test_a_server_may_say_nothing() -> None:
    assert headroom_in({"date": NOW, "content-type": "application/json"}) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("20ms", 0.02), ("1h2m3s", 3723.0), ("2m59.56s", 179.56), ("0s", 0.0), ("1d", 86400.0),
     ("7", 7.0), ("soon", None), ("1s later", None), ("-1s", None), ("nan", None)],
)  # fmt: skip
def test_a_duration_is_read_or_not_said(value: str, seconds: float | None) -> None:
    told = headroom_in({"x-ratelimit-reset-requests": value}) or Headroom()
    assert told.requests_reset == pytest.approx(seconds)


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "", "9" * 5000])
def test_a_number_that_is_none_is_not_said(value: str) -> None:
    assert headroom_in({"x-ratelimit-remaining-requests": value}) is None


@pytest.mark.parametrize("value", ["tomorrow", "2026-10-21T07:28:12", ""])
def test_a_time_that_is_none_is_not_said(value: str) -> None:
    assert headroom_in({"anthropic-ratelimit-requests-reset": value}) is None


def test_a_time_that_is_over_is_now() -> None:
    told = {"anthropic-ratelimit-tokens-reset": "2001-01-01T00:00:00Z"}
    assert headroom_in(told) == Headroom(tokens_reset=0.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "7"}, 7.0), ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
     ({"Retry-After": "Wed, 21 Oct 2026 07:28:20 GMT", "Date": NOW}, 20.0),
     ({"retry-after": "-3"}, 0.0), ({"retry-after": "later"}, None), ({}, None)],
)  # fmt: skip
def test_a_server_may_say_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_in(headers) == seconds


def test_a_refusal_holds_what_the_server_said() -> None:
    request = httpx2.Request("POST", "http://127.0.0.1/v1")
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "3s"}
    response = httpx2.Response(429, headers=headers, request=request)
    fault = fault_of(openai.RateLimitError("slow down", response=response, body=None))
    assert fault.headroom == Headroom(tokens=0, tokens_reset=3.0)
