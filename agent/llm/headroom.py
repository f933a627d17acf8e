"""Reads in a response's headers what may still be asked of a server, and how long to wait.

OpenAI's and Anthropic's headers are known; many servers send one or the other. What is
malformed counts as not said. What is made of it is decided in `agent.llm.limiter`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from agent.llm.chat import Headroom

_OPENAI = "x-ratelimit-"
_ANTHROPIC = "anthropic-ratelimit-"
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DIGITS = 12
"""Longer numbers are nobody's count of requests or tokens."""


def headroom_in(headers: Mapping[str, str]) -> Headroom | None:
    """What the server says is left; None if it says nothing."""
    told = {
        name: value.strip()
        for name, value in _lowered(headers).items()
        if name.startswith((_OPENAI, _ANTHROPIC)) or name == "date"
    }
    found = Headroom(
        requests=_left(told, "requests"),
        tokens=_left(told, "tokens"),
        requests_reset=_reset(told, "requests"),
        tokens_reset=_reset(told, "tokens"),
    )
    return None if found == Headroom() else found


def retry_after_in(headers: Mapping[str, str]) -> float | None:
    """The seconds after which the server wants to be asked again; None if it does not say."""
    told = _lowered(headers)
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(told.get(name, "")) * unit)
        except ValueError:
            continue
    return _until(_http_date(told.get("retry-after", "")), told)


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _left(told: Mapping[str, str], what: str) -> int | None:
    names = (f"{_OPENAI}remaining-{what}", f"{_ANTHROPIC}{what}-remaining")
    value = next((told[name] for name in names if name in told), "")
    return int(value) if value.isdecimal() and len(value) <= _DIGITS else None


def _reset(told: Mapping[str, str], what: str) -> float | None:
    value = told.get(f"{_OPENAI}reset-{what}", "")
    if value:
        return _duration(value)
    return _until(_rfc3339(told.get(f"{_ANTHROPIC}{what}-reset", "")), told)


def _duration(value: str) -> float | None:
    """The seconds in `6m0s`, `20ms` or a plain number."""
    if not _DURATION.fullmatch(value):
        return float(value) if re.fullmatch(r"\d+(?:\.\d+)?", value) else None
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(value))


def _until(moment: datetime | None, told: Mapping[str, str]) -> float | None:
    """The seconds until then, by the server's own clock if it tells the time."""
    if moment is None:
        return None
    now = _http_date(told.get("date", "")) or datetime.now(UTC)
    return max(0.0, (moment - now).total_seconds())


def _rfc3339(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
