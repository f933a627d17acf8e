"""Does this quote stand in the candidate's own turns, and does it count? Code decides, no model.

White space, case and typographic quotation marks are normalised; nothing fuzzier is allowed.
What steers the grade, what only repeats the question, the rubric or the interviewer, and a single
word out of a longer text are no evidence.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from agent.grading.tampering import tampered
from agent.ports import Evidence
from agent.transcript import Party, Transcript, Turn

_TYPOGRAPHIC = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"',
        "\u00ab": '"', "\u00bb": '"', "\u2013": "-", "\u2014": "-", "\u2212": "-",
    }
)  # fmt: skip


_RUN = 8
"""So many words in a row that were said before are repeated, and no chance."""
_LONG_RUN = 12
_MOST_TAMPERED, _MOST_VOID = 0.5, 0.75
_FEW_WORDS = 12
_MOST_PLACES = 100
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NOTHING = "\v\n"
"""What stands for text that does not count: a line end, but together with others no blank line."""
_UNSPACED = re.compile("[฀-໿က-႟ក-៿぀-ヿ㐀-鿿]")
"""Letters of scripts that put no space between words."""


def verified(
    evidence: Iterable[Evidence], transcript: Transcript, question: str = ""
) -> tuple[Evidence, ...]:
    """The evidence that stands and counts, each quote as it is written in the turn, once.

    A quote found in another of the candidate's turns than the one named is moved there; one
    that is found in none, or only where it is no evidence, is thrown out. `question` is what
    there was to repeat beside the interviewer's turns: the question, and the rubric's levels.
    """
    kept: dict[Evidence, None] = {}
    for item in evidence:
        for turn in _answers(transcript, item.turn):
            earlier = _earlier(turn, transcript, question)
            good = (
                one for one in _places(item.quote, turn.text) if _counts(one, turn.text, earlier)
            )
            place = next(good, None)
            if place is not None:
                kept[Evidence(turn=turn.index, quote=turn.text[slice(*place)])] = None
                break
    return tuple(kept)


def counted(transcript: Transcript, question: str = "") -> Transcript:
    """The transcript with a line end for what is no evidence; all else stays in its place.

    For a grader that counts words: it must not meet those of an order, or of the question. Fewer
    than twelve words of the question stay: so an honest answer begins.
    """
    turns = {turn.index: turn for turn in transcript.turns}
    for turn in transcript.answers():
        text = turn.text
        repeated = [
            (start, end)
            for start, end in _repeats(text, _earlier(turn, transcript, question))
            if len(_WORD.findall(text[start:end])) >= _LONG_RUN
        ]
        for start, end in (*_steering(text), *repeated):
            text = text[:start] + _NOTHING[: end - start].ljust(end - start, "\v") + text[end:]
        turns[turn.index] = turn.model_copy(update={"text": text})
    return Transcript(turns=tuple(turns.values()))


def said(quote: str, turn: int, transcript: Transcript) -> Evidence | None:
    """The quote where it stands in the candidate's turns, best in this one; what it says or not."""
    for one in _answers(transcript, turn):
        original = locate(quote, one.text)
        if original is not None:
            return Evidence(turn=one.index, quote=original)
    return None


def locate(quote: str, text: str) -> str | None:
    """The part of `text` that `quote` quotes, as it is written there, or None."""
    place = next(_places(quote, text), None)
    return None if place is None else text[slice(*place)]


def _answers(transcript: Transcript, first: int) -> list[Turn]:
    """The candidate's turns, this one before the others."""
    return sorted(transcript.answers(), key=lambda turn: turn.index != first)


def _places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the quote stands in the text; the first hundred places."""
    exact = quote.strip()
    if exact and exact in text:
        # Almost all are; folding a long text takes a thousand times as long.
        for start in _starts(exact, text):
            yield start, start + len(exact)
        return
    wanted, _ = _normalised(quote)
    if not wanted:
        return
    found, places = _normalised(text)
    for start in _starts(wanted, found):
        yield places[start], places[start + len(wanted) - 1] + 1


def _starts(wanted: str, text: str) -> Iterator[int]:
    start = -1
    for _ in range(_MOST_PLACES):
        start = text.find(wanted, start + 1)
        if start < 0:
            return
        yield start


@lru_cache(maxsize=512)
def _counts(place: tuple[int, int], text: str, earlier: tuple[str, ...]) -> bool:
    """Whether what stands there may be evidence; asked for when it is graded, and for the card."""
    if _is_lone_word(place, text):
        return False
    signs = _signs(text[slice(*place)])
    steering = _shared(place, _steering(text), text)
    if steering > _MOST_TAMPERED * signs:
        return False
    return steering + _shared(place, _repeats(text, earlier), text) <= _MOST_VOID * signs


def _steering(text: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in tampered(text)]


def _earlier(turn: Turn, transcript: Transcript, question: str) -> tuple[str, ...]:
    """What there was to repeat in a turn."""
    asked = (
        one.text
        for one in transcript.turns
        if one.speaker is Party.interviewer and one.index < turn.index
    )
    return (question, *asked)


def _is_lone_word(place: tuple[int, int], text: str) -> bool:
    """Whether it is one word of a longer text; one that is a line of a list stands for itself."""
    start, end = place
    quote = text[start:end]
    if len(_WORD.findall(quote)) != 1 or _UNSPACED.search(quote):
        return False
    line = text[text.rfind("\n", 0, start) + 1 : (text.find("\n", end) + 1 or len(text) + 1) - 1]
    return len(_WORD.findall(line)) > 1 and len(_WORD.findall(text)) > _FEW_WORDS


def _shared(place: tuple[int, int], spans: Iterable[tuple[int, int]], text: str) -> int:
    """How many signs of a place lie in the spans."""
    first, last = place
    return sum(_signs(text[max(start, first) : min(end, last)]) for start, end in spans)


def _signs(text: str) -> int:
    return sum(map(len, text.split()))


@lru_cache(maxsize=512)
def _repeats(text: str, earlier: tuple[str, ...]) -> list[tuple[int, int]]:
    """The passages of a text that repeat what was said earlier, eight words in a row or more."""
    asked = frozenset[str]().union(*map(_runs, earlier))
    if not asked:
        return []
    words = list(_WORD.finditer(text.lower())) if len(text.lower()) == len(text) else []
    spelt = [word.group() for word in words]
    found: list[tuple[int, int]] = []
    for at in range(len(words) - _RUN + 1):
        if " ".join(spelt[at : at + _RUN]) not in asked:
            continue
        start, end = words[at].start(), words[at + _RUN - 1].end()
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


@lru_cache(maxsize=256)
def _runs(text: str) -> frozenset[str]:
    words = _WORD.findall(text.lower())
    return frozenset(" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))


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
