"""Does this quote stand in the candidate's own turns? Decided by code, never by a model.

White space, case and typographic quotation marks are normalised; nothing fuzzier is allowed.
"""

from collections.abc import Iterable
from functools import lru_cache

from agent.ports import Evidence
from agent.transcript import Transcript

_TYPOGRAPHIC = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"',
        "\u00ab": '"', "\u00bb": '"', "\u2013": "-", "\u2014": "-", "\u2212": "-",
    }
)  # fmt: skip


def verified(evidence: Iterable[Evidence], transcript: Transcript) -> tuple[Evidence, ...]:
    """The evidence that stands, each quote as it is written in the turn, without repeats.

    A quote found in another of the candidate's turns than the one named is moved there;
    one that is found in none is thrown out.
    """
    answers = {turn.index: turn.text for turn in transcript.answers()}
    kept: dict[Evidence, None] = {}
    for item in evidence:
        order = [item.turn, *(index for index in answers if index != item.turn)]
        for index in order:
            original = locate(item.quote, answers.get(index, ""))
            if original is not None:
                kept[Evidence(turn=index, quote=original)] = None
                break
    return tuple(kept)


def locate(quote: str, text: str) -> str | None:
    """The part of `text` that `quote` quotes, as it is written there, or None."""
    exact = quote.strip()
    if exact and exact in text:
        return exact  # almost all are; folding a long text takes a thousand times as long
    wanted, _ = _normalised(quote)
    if not wanted:
        return None
    found, places = _normalised(text)
    start = found.find(wanted)
    if start < 0:
        return None
    return text[places[start] : places[start + len(wanted) - 1] + 1]


@lru_cache(maxsize=128)
def _normalised(text: str) -> tuple[str, list[int]]:
    """The text folded, with the place in the original of each of its characters."""
    folded: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text.translate(_TYPOGRAPHIC)):
        if char.isspace():
            if folded and folded[-1] != " ":
                folded.append(" ")
                places.append(place)
            continue
        for low in char.lower():
            folded.append(low)
            places.append(place)
    if folded and folded[-1] == " ":
        folded.pop()
        places.pop()
    return "".join(folded), places
