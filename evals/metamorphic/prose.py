"""The same words in another arrangement: paragraphs, sentences, bullet points, typos. Pure."""

import re
from collections.abc import Sequence
from random import Random

_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bcf\.)(?<!\betc\.)(?<!\bapprox\.)\s+"
)
_LISTED = re.compile(r"\s*(?:[-*•]|\d+[.)])\s")
_WORD = re.compile(r"[^\W\d_]{4,}")
_LETTERS_PER_TYPO = 100


def paragraphs(text: str) -> list[str]:
    """What blank lines part."""
    return [one for one in _BLANK_LINE.split(text.strip()) if one]


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph."""
    return [one for one in _SENTENCE_END.split(text.strip()) if one]


def reordered(text: str, draw: Random) -> tuple[str, str]:
    """What was put into another order, `paragraphs` or else `sentences`, and the text so made.

    A text of one sentence stays as it is.
    """
    parts, name, gap = paragraphs(text), "paragraphs", "\n\n"
    if len(parts) < 2:
        parts, name, gap = sentences(text), "sentences", " "
    if len(set(parts)) < 2:
        return name, text
    shuffled = parts
    while shuffled == parts:
        shuffled = draw.sample(parts, len(parts))
    return name, gap.join(shuffled)


def bulleted(text: str) -> str:
    """Each sentence as a bullet point; a paragraph that is a list already stays as it is."""
    return "\n\n".join(
        one if _LISTED.match(one) else "\n".join(f"- {sentence}" for sentence in sentences(one))
        for one in paragraphs(text)
    )


def mistyped(text: str, draw: Random) -> str:
    """One letter in a hundred left out, doubled, or changed for its neighbour; at least one.

    First letters, digits and words of up to three letters stay as they are.
    """
    words = list(_WORD.finditer(text))
    letters = sum(len(word[0]) for word in words)
    places = [at for word in words for at in range(word.start() + 1, word.end() - 1)]
    chosen = draw.sample(places, min(len(places), max(1, round(letters / _LETTERS_PER_TYPO))))
    for at in sorted(chosen, reverse=True):
        one, other = text[at], text[at + 1]
        wrong = [pair for pair in (other, one + one + other, other + one) if pair != one + other]
        text = text[:at] + draw.choice(wrong) + text[at + 2 :]
    return text


def said_between(text: str, asides: Sequence[str]) -> str:
    """The paragraphs, or else sentences, with an aside after each but the last, in turn."""
    parts, gap = paragraphs(text), "\n\n"
    if len(parts) < 2:
        parts, gap = sentences(text), " "
    said = [f"{one} {asides[at % len(asides)]}" for at, one in enumerate(parts[:-1])]
    return gap.join((*said, *parts[-1:]))
