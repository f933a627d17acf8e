"""What an answer copies from the question and from the rubric, by runs of words.

That a copy brings nothing is the business of `agent.offline.sieve`.
"""

from collections.abc import Iterable, Sequence

from agent.offline.points import pieces_of
from agent.offline.text import words_of

_RUN = 5
"""Fewer words in a row than these are shared by chance, as any two texts on one subject do."""
_COPIED = 0.75
"""With so much of it in such runs, a sentence is a copy with a word or two changed."""

_Gram = tuple[str, ...]


class Copies:
    """The runs of words in a question and in the texts of its rubric."""

    def __init__(self, question: str, texts: Iterable[str]) -> None:
        self._asked = frozenset(_grams(words_of(question)))
        pieces = [words_of(piece.text) for text in texts for piece in pieces_of(text)]
        self._pieces = [words for words in pieces if len(words) >= _RUN]
        self._of_rubric = frozenset(gram for words in pieces for gram in _grams(words))

    def own_words(self, words: tuple[str, ...]) -> Sequence[int]:
        """The positions of the words that are not the question's; none if the whole is a copy.

        A copy is also what holds most of a sentence of the rubric's, whatever else it holds.
        """
        grams = _grams(words)
        asked = _places(grams, self._asked)
        if len(asked) >= _COPIED * len(words) or self._is_of_rubric(grams):
            return ()
        return [at for at in range(len(words)) if at not in asked]

    def _is_of_rubric(self, grams: Sequence[_Gram]) -> bool:
        if self._of_rubric.isdisjoint(grams):
            return False
        runs = frozenset(grams)
        return any(
            len(_places(_grams(piece), runs)) >= _COPIED * len(piece) for piece in self._pieces
        )


def _grams(words: Sequence[str]) -> list[_Gram]:
    """All runs of words, by their beginnings."""
    return list(zip(*(words[at:] for at in range(_RUN)), strict=False))


def _places(grams: Sequence[_Gram], runs: frozenset[_Gram]) -> set[int]:
    """The positions of the words of those grams that are among the runs."""
    return {
        place for at, gram in enumerate(grams) if gram in runs for place in range(at, at + _RUN)
    }
