"""Finds terms in sentences: words in order, stemmed, few words between, negation heeded.

It reports where which term of which group stands; what that is worth is decided in
`agent.offline.levels`.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.offline.text import Sentence, stem, term_stems, term_words

MAX_GAP = 2
"""How many other words may stand between two neighbouring words of a term."""

_FUZZY_FROM_LENGTH = 7


_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True)
class Hit(Generic[_Key]):
    """A term of the group `key`, at these word positions of a sentence."""

    key: _Key
    positions: tuple[int, ...]
    negated: bool


class TermIndex(Generic[_Key]):
    """Many groups of terms, searched together.

    `groups` maps a key to its terms; `synonyms` are sets of phrases that stand for one
    another, so that a term that equals one of them matches all of them.
    """

    def __init__(
        self,
        groups: Mapping[_Key, Iterable[str]],
        synonyms: Sequence[Sequence[str]] = (),
    ) -> None:
        same: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
        for group in synonyms:
            variants = {term_stems(phrase) for phrase in group}
            for variant in variants:
                same[variant] |= variants
        self._by_first: dict[str, list[tuple[tuple[str, ...], _Key]]] = defaultdict(list)
        vocabulary: set[str] = set()
        spelt: set[str] = set()
        for key, terms in groups.items():
            variants = set()
            for term in terms:
                spelt.update(term_words(term))
                words = term_stems(term)
                variants |= same.get(words, {words})
            for words in variants - {()}:
                self._by_first[words[0]].append((words[1:], key))
                vocabulary.update(words)
        self._vocabulary = frozenset(vocabulary)
        self._long = sorted(word for word in spelt if len(word) >= _FUZZY_FROM_LENGTH)
        self._corrected = lru_cache(maxsize=10_000)(self._correct)

    def hits(self, sentence: Sentence) -> list[Hit[_Key]]:
        """All terms in a sentence, in the order in which they stand."""
        words = [self._corrected(word) for word in sentence.words]
        present = frozenset(words)
        found = []
        for at, word in enumerate(words):
            joined = sentence.joined.get(at, word)
            for start in (word,) if joined == word else {word, joined}:
                for rest, key in self._by_first.get(start, ()):
                    # Most terms fail here, on one word, before their order is looked at.
                    if rest and (rest[0] not in present or not present.issuperset(rest)):
                        continue
                    positions = _follow(words, at, rest)
                    if positions is not None:
                        found.append(Hit(key, positions, sentence.is_negated(positions)))
        return found

    def _correct(self, word: str) -> str:
        """A word's stem; that of the word meant where a long one is misspelt by one slip."""
        root = stem(word)
        if len(word) < _FUZZY_FROM_LENGTH or root in self._vocabulary or not word.isalpha():
            return root
        near = process.extract(word, self._long, scorer=OSA.distance, score_cutoff=1, limit=None)
        return next((stem(found) for found, _, _ in near if _is_slip(word, found)), root)


def _is_slip(written: str, meant: str) -> bool:
    """Whether two words one edit apart differ as typing slips do.

    A letter too many or too few, or two swapped, inside the word. Another letter or another
    ending makes another word more often than a slip: content is not consent.
    """
    same_ends = written[0] == meant[0] and written[-2:] == meant[-2:]
    swapped = sorted(written) == sorted(meant)
    return same_ends and (swapped or len(written) != len(meant))


def _follow(words: Sequence[str], at: int, rest: tuple[str, ...]) -> tuple[int, ...] | None:
    positions = [at]
    for wanted in rest:
        window = range(positions[-1] + 1, min(positions[-1] + 2 + MAX_GAP, len(words)))
        position = next((p for p in window if words[p] == wanted), None)
        if position is None:
            return None
        positions.append(position)
    return tuple(positions)
