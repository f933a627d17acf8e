"""Takes API keys out of text before it is shown, logged, traced or stored.

By value, for those in the environment, and by form, for those that a server sends back.
"""

import os
import re
from collections.abc import Mapping

HIDDEN = "[key removed]"
_NAMES = re.compile(r"(?:API_?KEY|_TOKEN|_SECRET|PASSWORD|CREDENTIALS?)S?$", re.IGNORECASE)
_FORMS = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|lsv2|hf|AIza|AKIA|ghp|glpat)[-_][A-Za-z0-9_\-*.]{6,}"
    r"|\bAIza[A-Za-z0-9_\-]{20,}"
    r"|(?<=[Bb]earer )[A-Za-z0-9._~+/\-]{8,}=*"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
_SHORTEST = 6


def redacted(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text without keys: those in the environment, and whatever has the form of one."""
    for value in _values(os.environ if environment is None else environment):
        text = text.replace(value, HIDDEN)
    return _FORMS.sub(HIDDEN, text)


def without_credentials(url: str) -> str:
    """A URL without user, password and query, as it may be stored and shown."""
    return re.sub(r"(?<=://)[^/@]*@", "", url).partition("?")[0]


def _values(environment: Mapping[str, str]) -> list[str]:
    found = [
        value
        for name, value in environment.items()
        if _NAMES.search(name) and len(value) >= _SHORTEST
    ]
    # Longer ones first, since one may begin with another.
    return sorted(found, key=len, reverse=True)
