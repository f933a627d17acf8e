"""What of a long answer is said together: its passages, and what a word in them counts.

A long text holds the words of any short reference, by chance and far from one another; what
answers a question stands together. An answer of one passage counts as a whole. What is wanted
at all, and what it is worth, is decided in `agent.offline.gauges`.
"""

from collections.abc import Iterator, Sequence

from agent.offline.text import Sentence

_SHORTEST = 150
"""Most answers to a question have fewer words; up to so many everything counts as it is said."""
_TIMES = 2
"""A passage may be so many times as long as what it is to say: examples and asides are honest."""
_LONG = 40
"""A sentence of more words is rare. So long are the parts of one that no passage can hold."""
_RARER = 16.0
"""Chance brings another word of the same point to a sentence so many times more rarely.

In pages about something else it is about eleven times as rare (licences, manuals); a little more is
in an honest answer's favour: with 16 it keeps all that it says in twos amid two thousand words.
"""

_SURE = 5
"""So many words of a point in one sentence are there by chance in no answer of any length."""


def passage_for(words: int) -> int:
    """The words of a passage that says in full what is wanted in so many words."""
    return max(_SHORTEST, _TIMES * words)


def chance(words: int, passage: int, together: int) -> float:
    """What wanted words count, 0 to 1, of which so many stand together in an answer so long.

    In an answer of one passage that is all. One of twenty passages has twenty chances to hold a
    word that it does not mean, so that a word alone counts a twentieth; two count in full up to 16
    passages.
    """
    others = min(max(together, 1), _SURE) - 1
    return min(1.0, passage / max(1, words) * _RARER**others)


def passages(lengths: Sequence[int], passage: int) -> Iterator[range]:
    """The places of all runs of sentences, of these lengths, that are no longer than a passage.

    Each is as long as it can be, and at least one sentence; none lies within another. They
    overlap, so that what is said together stands together in one of them.
    """
    stop = words = 0
    for start in range(len(lengths)):
        before = stop
        while stop < len(lengths) and (stop <= start or words + lengths[stop] <= passage):
            words += lengths[stop]
            stop += 1
        if stop > before:
            yield range(start, stop)
        words -= lengths[start]


def parts_of(sentence: Sentence) -> list[Sentence]:
    """The sentence, in parts if it is longer than a passage: a whole page without a full stop."""
    if len(sentence.words) <= _SHORTEST:
        return [sentence]
    return [_part(sentence, at, at + _LONG) for at in range(0, len(sentence.words), _LONG)]


def _part(sentence: Sentence, start: int, stop: int) -> Sentence:
    spans = sentence.spans[start:stop]
    first, last = spans[0][0], spans[-1][1]
    return Sentence(
        text=sentence.text[first - sentence.start : last - sentence.start],
        start=first,
        words=sentence.words[start:stop],
        spans=spans,
    )
