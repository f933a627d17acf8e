"""The points of a reference, and how much of them an answer's words cover.

Bags of weighted stems: no order, no meaning. Which words of an answer count at all is decided
in `agent.offline.sieve`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.offline.text import FUNCTION_WORDS, Sentence, sentences, stem

KNOWN = 0.4
"""What a word weighs that stands in the question, too; other words weigh 1."""
_BASE, _SLOPE = 1.0, 0.3
"""Of words that weigh w together, 1 + 0.3 w must be said: all of one, a third of many."""
_WHOLE = 0.5
"""The share of all words together in the score; the rest is that of the single points."""
_PLAIN_LENGTH = 6
_LIGHTEST, _HEAVIEST = 0.5, 1.5
_NUMBER = 0.5
"""Lighter than a word: the numbers in a reference are often those of an example."""
_MET = 0.6
_MISSING = 5

_MARKS = r"[-*\u2022\u25cf\u25cb\u25e6\u2013]|\(?(?:\d{1,2}|[ivx]{1,4}|[a-h])[.)]"
_MARKER = re.compile(rf"^[^\S\n]*(?:{_MARKS})(?=\s*[^\W\d]|\s+\w)", re.MULTILINE | re.IGNORECASE)
_WRAPPED = re.compile(rf"\n(?!\s*\n|\s*(?:{_MARKS})(?:\s|[^\W\d]))", re.IGNORECASE)
_FOLD = str.maketrans("\u2019\u2018\u201c\u201d\u00a0\r\t", "''\"\"   ")

_CHOICE = re.compile(r"\b(?:one|any|either|some)(?: \w+)? of (?:the|these)\b", re.IGNORECASE)
_ALSO = re.compile(r"^\W*(?:alternatively|or|it is also sufficient)\b", re.IGNORECASE)
_WORDS_FOR_NUMBERS = "two three four five six seven eight nine ten".split()
_NUMBER_OF_THINGS = re.compile(
    rf"\b({'|'.join(_WORDS_FOR_NUMBERS)}|[2-9]|10)\s+(?:[^\W\d]+\s+){{0,2}}?"
    r"(?!sentences|words|lines|points|marks|times|seconds|minutes|hours|days|years|pages)"
    r"[^\W\d]+s\b",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """The text with plain quotation marks, without item marks and without mere line breaks.

    One character for one: places in it are places in the text.
    """
    text = text.translate(_FOLD)
    if "\n" in text:
        text = _WRAPPED.sub(" ", _MARKER.sub(lambda mark: " " * len(mark.group()), text))
    return text


def enough_of(question: str, reference: str) -> float:
    """The share of a reference's items that a question asks for ("name two causes"), 0 to 1.

    It is 1 where the question names no number, and where the reference lists no more than that.
    """
    found = [match[1].lower() for match in _NUMBER_OF_THINGS.finditer(question)]
    numbers = {word: at for at, word in enumerate(_WORDS_FOR_NUMBERS, start=2)}
    asked = max((numbers.get(word) or int(word) for word in found), default=0)
    lines = sum(bool(line.strip()) for line in reference.splitlines())
    items = len(_MARKER.findall(reference))
    if items < 2:
        items = lines if lines >= 0.9 * len(pieces_of(reference)) else 0
    return asked / items if 0 < asked < items else 1.0


@dataclass(frozen=True)
class Covered:
    """How much of a reference was said: `score` is 0 to 1, `met` of `points` were covered.

    `missing` are the weightiest words of the points that were not covered, as they are written.
    """

    score: float
    met: int
    points: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """A piece of a reference: its weighted stems, and its group, which alternatives share."""

    weights: Mapping[str, float]
    group: int

    @cached_property
    def weight(self) -> float:
        """What the point counts among the others."""
        return float(sum(self.weights.values()) ** 0.5)

    @cached_property
    def _needed(self) -> float:
        return _needed(sum(self.weights.values()))

    def share(self, said: Mapping[str, float]) -> float:
        """How much of what must be said of the point is said."""
        return min(1.0, _got(self.weights, said) / self._needed)


class Points:
    """A reference, of one piece at least, as weighted stems by point. Building it costs; keep it.

    `known` are the stems of the question. A word weighs by its length, as longer words tell
    more, and by the inverse square root of the points in which it stands. `enough` is the
    share of the points that a full answer holds, the best of them; of what the reference gives
    as alternatives, the best counts.
    """

    def __init__(
        self, pieces: Sequence[Sentence], known: frozenset[str], enough: float = 1.0
    ) -> None:
        bags = [_bag(piece) for piece in pieces]
        if not any(bags):  # the reference is a letter or the like
            bags = [{stem(word): word for word in piece.words} for piece in pieces]
        kept = [(piece, bag) for piece, bag in zip(pieces, bags, strict=True) if bag]
        new = [(piece, bag) for piece, bag in kept if not known.issuperset(bag)]
        kept = new or kept
        standing = Counter(root for _, bag in kept for root in bag)
        self.new = frozenset(standing) - known or frozenset(standing)
        self.weights = {
            root: _weight(root, 1.0 if root in self.new else KNOWN, count)
            for root, count in standing.items()
        }
        self.negated = _negated([piece for piece, _ in kept])
        self._spelt = {root: word for _, bag in reversed(kept) for root, word in bag.items()}
        groups = _alternatives([piece for piece, _ in kept])
        self.each = [
            Point({root: self.weights[root] for root in bag}, group)
            for (_, bag), group in zip(kept, groups, strict=True)
        ]
        self._standing: dict[str, list[int]] = defaultdict(list)
        for at, point in enumerate(self.each):
            for root in point.weights:
                self._standing[root].append(at)
        self.length = sum(len(piece.words) for piece, _ in kept)
        self._enough = enough
        of_all = enough * len(set(groups)) / len(kept)
        self._needed = _needed(of_all * sum(self.weights.values()))

    def together(self, said: Iterable[tuple[str, str]]) -> dict[str, int]:
        """For each of the stems, said by these words, how many of its point are said with it.

        A word that is as good as two of a point is one word. Those of other points are half as
        good, but in full where the point is said as a whole: it has no more words to bring.
        """
        found = list(said)
        saying: dict[int, set[str]] = defaultdict(set)
        standing: dict[int, set[str]] = defaultdict(set)
        for word, root in found:
            for at in self._standing[root]:
                saying[at].add(word)
                standing[at].add(root)
        in_all = min(len({word for word, _ in found}), len({root for _, root in found}))
        counts = {
            at: in_all
            if len(roots) == len(self.each[at].weights)
            else max(min(len(saying[at]), len(roots)), in_all // 2)
            for at, roots in standing.items()
        }
        return {root: max(counts[at] for at in self._standing[root]) for _, root in found}

    def covered(self, said: Mapping[str, float]) -> Covered:
        """How far stems, each with the share to which it counts (0 to 1), cover the points."""
        whole = min(1.0, _got(self.weights, said) / self._needed)
        best: dict[int, tuple[float, Point]] = {}
        for point in self.each:
            share = point.share(said)
            if point.group not in best or share > best[point.group][0]:
                best[point.group] = share, point
        ranked = sorted(best.values(), key=lambda one: (-one[0], one[1].weight))
        wanted = left = self._enough * sum(point.weight for _, point in ranked)
        got = 0.0
        for share, point in ranked:
            part = min(point.weight, left)
            got, left = got + share * part, left - part
        points = max(1, round(self._enough * len(ranked)))
        met = min(points, sum(share >= _MET for share, _ in ranked))
        lacking = {root for share, point in ranked if share < 1 for root in point.weights}
        heaviest = sorted(
            (lacking & self.new) - said.keys(), key=lambda root: (-self.weights[root], root)
        )
        return Covered(
            score=_WHOLE * whole + (1 - _WHOLE) * got / wanted,
            met=met,
            points=points,
            missing=tuple(self._spelt[root] for root in heaviest[:_MISSING]),
        )


def _needed(weight: float) -> float:
    """How much must be said of words that weigh so much together."""
    return min(weight, _BASE + _SLOPE * weight)


def _got(weights: Mapping[str, float], said: Mapping[str, float]) -> float:
    return sum(weight * said[root] for root, weight in weights.items() if root in said)


def pieces_of(text: str) -> list[Sentence]:
    """The sentences and list items of a reference."""
    return list(sentences(_MARKER.sub(lambda mark: " " * len(mark.group()), text.translate(_FOLD))))


def _bag(sentence: Sentence) -> dict[str, str]:
    return {stem(word): word for word in reversed(sentence.words) if word not in FUNCTION_WORDS}


def _weight(root: str, base: float, count: int) -> float:
    length = _NUMBER if root[0].isdigit() else len(root) / _PLAIN_LENGTH
    return float(base * min(_HEAVIEST, max(_LIGHTEST, length)) / count**0.5)


def _negated(pieces: Sequence[Sentence]) -> frozenset[str]:
    """The stems that are negated more often than not."""
    balance: Counter[str] = Counter()
    for piece in pieces:
        for at, word in enumerate(piece.words):
            balance[stem(word)] += 1 if piece.is_negated((at,)) else -1
    return frozenset(root for root, count in balance.items() if count > 0)


def _alternatives(pieces: Sequence[Sentence]) -> tuple[int, ...]:
    """For each piece the number of its group; pieces that are alternatives share one."""
    groups: list[int] = []
    choice: int | None = None
    for at, piece in enumerate(pieces):
        if choice is not None:
            groups.append(choice)
        elif _ALSO.search(piece.text) and groups:
            groups.append(groups[-1])
        else:
            groups.append(at)
            if _CHOICE.search(piece.text) and at + 2 < len(pieces):
                choice = at + 1
    return tuple(groups)
