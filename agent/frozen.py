"""The base of every value type: frozen, closed to unknown keys, strict about blank text.

It holds no type of the domain; those stand in modules named after them.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64),
    Field(description="lower-case letters, digits and underscores, beginning with a letter"),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Terms = Annotated[tuple[Text, ...], Field(min_length=1)]


class Frozen(BaseModel):
    """A value: compared by content, never changed, and closed to keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def content_hash(value: BaseModel) -> str:
    """SHA-256 over the value's canonical JSON: the same content has the same hash."""
    return hashlib.sha256(value.model_dump_json(by_alias=True).encode()).hexdigest()


def require_unique(what: str, names: Iterable[str]) -> None:
    """Raise ValueError naming the first of `names` that stands more than once."""
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"the {what} {name!r} stands more than once; each must be unique")
