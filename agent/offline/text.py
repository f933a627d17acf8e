"""Text as the matcher sees it: sentences, stemmed words, negated words, numbers.

It knows English and nothing of rubrics; what the words mean is the business of
`agent.offline.matcher`. What is written in a diagram is no sentence: see `agent.offline.drawn`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import snowballstemmer  # type: ignore[import-untyped]

from agent.diagram import prose

_STEMMER = snowballstemmer.stemmer("english")

# One character for one, so that positions in the folded text are positions in the original.
_FOLD = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "})
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|%|[$€£]", re.UNICODE)
_SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\betc\.)([\"')\]]*)\s+|\s*\n+\s*|;\s+"
)
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)*\s*(?:%|percent|per\s*cent|ms|milli\w*|s\b|sec\w*|min\w*|h\b|hours?|days?|weeks?"
    r"|months?|years?|k\b|m\b|bn\b|million|billion|thousand|gb|tb|mb|qps|rps|x\b|times|dollars?|cents?"
    r"|requests?|users?|rows?|examples?|points?|dimension\w*|candidates?|items?|titles?|orders?"
    r"|transactions?|tickets?|queries|listings?|nodes?|pods?|cores?|euros?)"
    r"|(?:[$€£]\s*\d)|\bp\d\d\d?\b|\b(?:one|two|three|four|five|six|seven|eight|ten|fifteen|twenty"
    r"|thirty|forty|fifty|sixty|ninety|hundred|thousand|million)\s+(?:percent|milliseconds?"
    r"|seconds?|minutes?|hours?|days?|weeks?|months?|million|billion|thousand|times)",
    re.IGNORECASE,
)

_IGNORANCE = re.compile(
    r"\b(?:i|we) (?:really |honestly )?(?:don't|do not|wouldn't) know\b(?!.*\bbut\b)"
    r"|\b(?:no idea|no clue)\b(?!.*\bbut\b)",
    re.IGNORECASE | re.DOTALL,
)

_ARGUES = re.compile(
    # what would otherwise happen: "monthly would come too late", but no plan ("I would")
    r"(?<!\bi)(?<!\bwe)(?<!\byou)(?<!\bwhat)(?<!\bhow)(?<!\bthat)(?<!\bthis)"
    r"\s(?:would|wouldn't)\b(?! (?:i|we|you|be)\b)"
    # an option turned down: "I do not aim at", "we wouldn't go further"
    r"|\b(?:i|we)(?:'d| would| do| did| could| will|'ll)?"
    r"(?: not\b| never\b| decide against\b| rule out\b| reject\b| turn down\b)"
    r"|\b(?:i|we) (?:wouldn't|don't|won't)\b"
    # a cause, by its conjunction: not "since May", "as a baseline", "as of today"
    r"|\bsince\b(?! (?:\d|last|yesterday|then|launch))"
    r"|,\s+as (?!well\b|an?\b|usual|before|for\b|of\b|if\b|in\b|long|soon|many|much|one\b)"
    r"|,\s+for (?:it|they|he|she|we|this|that|these|there)\b|\belse\b",
    re.IGNORECASE,
)

FUNCTION_WORDS = frozenset(
    """
    a an the this that these those i we you he she it they me us him her them my our your
    his its their who whom which what when where why how there here is am are was were be
    been being do does did have has had having will would shall should can could may might
    must not no nor and or but if then than so because as of at by for with about against
    between into through during before after above below to from up down in out on off over
    under again once all any both each few more most other some such only own same too very
    just also while until since let's i'd i'll i'm i've we'd we'll we're we've it's that's
    there's don't doesn't didn't isn't aren't wasn't weren't can't won't wouldn't shouldn't
    couldn't you'd you'll you're they're they'd
    """.split()
)

_NEGATORS = frozenset(
    """not no never without neither nor cannot can't don't doesn't didn't won't wouldn't shouldn't
    isn't aren't wasn't skip skipping ignore ignoring forget avoid avoiding""".split()
)
_NEGATING_PHRASES = (("instead", "of"), ("rather", "than"), ("no", "need"))
_NOT_NEGATING = frozenset({"only", "just", "merely", "necessarily", "to", "mention"})
_SCOPE_END = frozenset(
    {"but", "because", "so", "until", "unless", "and", "then", "however", "instead"}
)
_NEGATION_SCOPE = 4
_JOINS = frozenset({"and", "or", "plus"})
_ENUMERATION = 4
_CLAUSE_MARKS, _LIST_MARKS = ",:()\u2014", ";&+"
_DIVIDERS = _CLAUSE_MARKS + _LIST_MARKS
_FRAGMENT_WORDS = 3
_WITHIN_TERMS = frozenset({"to", "of", "as", "a", "the"})


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word's stem; British and American spellings share one."""
    word = word.replace("'s", "").replace("our", "or") if len(word) > 4 else word
    if len(word) > 6:
        word = word.replace("iz", "is").replace("yz", "ys")
    stemmed: str = _STEMMER.stemWord(word)
    return stemmed


def stems(phrase: str) -> tuple[str, ...]:
    """The stems of a phrase's words; `%` reads as percent, hyphens and slashes separate."""
    return tuple(stem(word) for word, _, _ in spelt(phrase))


def words_of(phrase: str) -> tuple[str, ...]:
    """The words of a phrase in lower case."""
    return tuple(word for word, _, _ in spelt(phrase))


@lru_cache(maxsize=32_768)
def term_words(term: str) -> tuple[str, ...]:
    """The words of a rubric's or scenario's wording, remembered: an engine reads each anew for
    what it finds, for what a text is about and for what is off topic, and so does the next engine.
    """
    return words_of(term)


@lru_cache(maxsize=32_768)
def term_stems(term: str) -> tuple[str, ...]:
    """The stems of such a wording."""
    return tuple(map(stem, term_words(term)))


def spelt(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word of a text in lower case, with the places where it starts and ends."""
    folded = text.translate(_FOLD).lower()
    if len(folded) != len(text):  # lower() lengthens a few rare letters; positions come first
        folded = "".join(
            low if len(low := char.lower()) == 1 else char for char in text.translate(_FOLD)
        )
    for match in _WORD.finditer(folded):
        word = match.group()
        yield ("percent" if word == "%" else word), match.start(), match.end()


@dataclass(frozen=True)
class Sentence:
    """A sentence of a turn: its place in the turn's text, and its words."""

    text: str
    start: int
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The words' stems."""
        return tuple(stem(word) for word in self.words)

    @cached_property
    def joined(self) -> dict[int, str]:
        """By position: the stem of a hyphenated word written as one ("pre-compute")."""
        found = {}
        for at in range(len(self.words) - 1):
            here, after = self.spans[at][1], self.spans[at + 1][0]
            if after == here + 1 and self.text[here - self.start] == "-":
                found[at] = stem(self.words[at] + self.words[at + 1])
        return found

    @cached_property
    def _scopes(self) -> tuple[tuple[frozenset[int], frozenset[int]], ...]:
        """Each negation with its scope: the next four words at most, within the clause."""
        found = []
        for at, word in enumerate(self.words):
            if word in _NEGATORS:
                first = at + 1
                if first < len(self.words) and self.words[first] in _NOT_NEGATING:
                    continue
            elif self.words[at : at + 2] in _NEGATING_PHRASES:
                first = at + 2
            else:
                continue
            scope = set()
            for position in range(first, min(first + _NEGATION_SCOPE, len(self.words))):
                if self.words[position] in _SCOPE_END or self._clause_ends_before(position):
                    break
                scope.add(position)
            found.append((frozenset(range(at, first)), frozenset(scope)))
        return tuple(found)

    def _clause_ends_before(self, position: int) -> bool:
        return any(mark in self._gap_before(position) for mark in _CLAUSE_MARKS)

    def _gap_before(self, position: int) -> str:
        return self.text[
            self.spans[position - 1][1] - self.start : self.spans[position][0] - self.start
        ]

    def is_negated(self, positions: Iterable[int]) -> bool:
        """Whether a negation that is not itself among these words reaches one of them."""
        words = frozenset(positions)
        return any(scope & words and not cue & words for cue, scope in self._scopes)

    @cached_property
    def enumerated(self) -> frozenset[int]:
        """Positions in an enumeration: four or more bare terms in a row, each a few words."""
        marks = sum(map(self.text.count, _DIVIDERS)) + sum(map(self.words.count, _JOINS))
        if marks < _ENUMERATION - 1:
            return frozenset()
        fragments: list[list[int]] = [[]]
        for at, word in enumerate(self.words):
            joins = word in _JOINS
            if at and (joins or self._clause_ends_before(at) or self._separated(at)):
                fragments.append([])
            if not joins:
                fragments[-1].append(at)
        found: set[int] = set()
        run: list[list[int]] = []
        for fragment in [*(f for f in fragments if f), None]:
            if fragment is not None and self._is_bare(fragment):
                run.append(fragment)
                continue
            if len(run) >= _ENUMERATION:
                found.update(position for bare in run for position in bare)
            run = []
        return frozenset(found)

    def _is_bare(self, fragment: list[int]) -> bool:
        """Whether a fragment is a term alone: few words, none that relates it to anything."""
        relating = [at for at in fragment if self._relates(at)]
        inside = [at for at in relating if self.words[at] in _WITHIN_TERMS]
        inside = [at for at in inside if at not in (fragment[0], fragment[-1])]
        return len(fragment) - len(inside) <= _FRAGMENT_WORDS and relating == inside

    def _relates(self, at: int) -> bool:
        """Whether a word relates others: a function word or a figure, but none within a term.

        "On-time" and "A/B" are terms, and so are "p99" and "H3".
        """
        word = self.words[at]
        if word[0].isdigit():
            return at == 0 or self._gap_before(at) != ""
        gaps = [self._gap_before(near) for near in (at, at + 1) if 0 < near < len(self.words)]
        return word in FUNCTION_WORDS and not any(gap in ("-", "/") for gap in gaps)

    def _separated(self, position: int) -> bool:
        return any(mark in self._gap_before(position) for mark in _LIST_MARKS)

    @cached_property
    def admits_ignorance(self) -> bool:
        """Whether it says that one does not know, and does not go on with a "but"."""
        return _IGNORANCE.search(self.text.translate(_FOLD)) is not None

    @cached_property
    def argues(self) -> bool:
        """Whether its grammar weighs something: a cause, what would follow, an option refused."""
        return _ARGUES.search(self.text.translate(_FOLD)) is not None

    @cached_property
    def is_question(self) -> bool:
        """Whether it ends with a question mark."""
        return self.text.rstrip(" \"')]").endswith("?")

    @cached_property
    def has_number(self) -> bool:
        """Whether it holds a quantity: a number with a unit, a share, a percentile."""
        return _NUMBER.search(self.text) is not None


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences, list items and lines of a text's prose that hold at least one word."""
    text = prose(text)
    found = []
    for start, end in _pieces(text):
        piece = text[start:end]
        words = list(spelt(piece))
        if words:
            found.append(
                Sentence(
                    text=piece,
                    start=start,
                    words=tuple(word for word, _, _ in words),
                    spans=tuple((start + a, start + b) for _, a, b in words),
                )
            )
    return tuple(found)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        # A closing quotation mark belongs to the sentence that it closes.
        yield _trimmed(text, start, match.end(1) if match[1] else match.start())
        start = match.end()
    yield _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end
