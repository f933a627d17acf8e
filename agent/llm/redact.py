"""Takes API keys out of text before it is shown, logged, traced or stored.

By value, for those in the environment, and by form, for those that a server sends back.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[key removed]"
_NAMES = re.compile(r"(?:_KEY|APIKEY|_TOKEN|_SECRET|PASSWORD)S?$", re.IGNORECASE)
_FORMS = re.compile(
    # A key has digits, or the stars with which servers cover a part of it; names of libraries
    # and of tables, which may begin like one, have none of these or are short.
    r"(?<![A-Za-z0-9])(?:(?:sk|gsk|csk|xai|lsv2|nvapi|pplx)[-_](?!learn\b)"
    r"(?=[A-Za-z_\-.]*[0-9*])[A-Za-z0-9_\-*.]{9,}[A-Za-z0-9_\-*]"
    r"|(?:hf|r8|ghp|github_pat|glpat)[-_][A-Za-z0-9_]{20,}"
    r"|AIza[A-Za-z0-9_\-*]{16,}"
    r"|AKIA[A-Z0-9]{12,}"
    # What a server covered of a key of another form; Markdown has three stars at most.
    r"|[A-Za-z0-9]{2,}\*{4,}[A-Za-z0-9]{2,})"
    r"|(?<=(?i:bearer) )(?=[A-Za-z._~+/\-]*[0-9*])[A-Za-z0-9._~+/\-*]{8,}=*"
    r"|(?<=://)[^/\s:@\"'\\]*:[^/\s\"'\\]+(?=@)"
)
_SHORTEST = 6
_LONGEST_WORD = 15


def redacted(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text without keys: those in the environment, and whatever has the form of one."""
    for value in _values(os.environ if environment is None else environment):
        text = text.replace(value, HIDDEN)
    return _FORMS.sub(HIDDEN, text)


def redacted_in(value: Any) -> Any:
    """The same for all texts in a JSON value, but not the names of its fields."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {name: redacted_in(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted_in(inner) for inner in value]
    return value


def without_credentials(url: str) -> str:
    """A URL without user, password and query, as it may be stored and shown."""
    return re.sub(r"(?<=://)[^/@]*@", "", url).partition("?")[0]


def _values(environment: Mapping[str, str]) -> list[str]:
    found = [
        value
        for name, value in environment.items()
        if _NAMES.search(name) and len(value) >= _SHORTEST and not _is_word(value)
    ]
    # Longer ones first, since one may begin with another.
    return sorted(found, key=len, reverse=True)


def _is_word(value: str) -> bool:
    """Whether it is a word or number such as local servers take for a key, and prose may hold."""
    return len(value) <= _LONGEST_WORD and (value.isalpha() or value.isdigit())
