"""How far passages of an answer go for a criterion: levels 0 to 4 from what they hold.

The scale follows the anchors common to all criteria: named, specific to the problem,
justified, anticipating or quantified. It is a baseline: it sees wording, not truth.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from agent.offline.matcher import TermIndex
from agent.offline.text import FUNCTION_WORDS, Sentence, sentences
from agent.offline.wordings import REASONS, RISKS
from agent.rubric import Criterion, Level, Measure, Rubric
from agent.scenario import Scenario

_FRAGMENT_WORDS = 3
_SUBJECTS = frozenset({"i", "we", "you"})
_LIST_IDEAS = 3
_LIST_DENSITY = 0.5
_LIST_MARKS = 2
_LIST_GLUE = frozenset(
    "and or with plus use using used i we you would will do also then like such it the a".split()
)
_MAX_QUOTES = 3
_MOST_OWN = 2
_SAID_AGAIN = 4
_OWN = "scenario:"

_REASON, _RISK, _VOCABULARY = "reason", "risk", "vocabulary"


@dataclass(frozen=True)
class Passage:
    """A sentence of a turn that bears on a criterion; `said` as in ReadSentence."""

    turn: int
    at: int
    sentence: Sentence
    ideas: frozenset[str]
    said: frozenset[str]
    core: bool
    own: bool


@dataclass(frozen=True)
class Found:
    """What the passages on one criterion hold together.

    `ideas` counts different concepts, `said` those of them that do not merely stand in a list
    of terms, and `core` is whether one of these is a core idea. `own` counts the problem's own
    words near them, `reasons`, `numbers` and `risks` the sentences near them that hold such.
    """

    passages: tuple[Passage, ...]
    ideas: int
    said: int
    core: bool
    own: int
    reasons: int
    numbers: int
    risks: int

    @property
    def level(self) -> Level:
        """The level on the common scale."""
        if not self.passages:
            return 0
        if self.said == 0:
            return 1 if self.ideas >= _LIST_IDEAS else 0
        if not self.core and self.said < 2:
            return 0
        if not (self.core and self.said >= 2 and self.own >= 2):
            return 1
        if not (self.ideas >= 3 and self.reasons >= 1 and self.own >= 3):
            return 2
        if not (self.ideas >= 4 and self.reasons >= 2 and (self.numbers or self.risks)):
            return 3
        return 4

    @property
    def quotes(self) -> tuple[tuple[int, str], ...]:
        """The passages that carry the level, at most three, as (turn, text) in their order."""
        best = sorted(
            self.passages,
            key=lambda p: (-p.core, -len(p.ideas), -p.own, p.turn, p.at),
        )[:_MAX_QUOTES]
        return tuple((p.turn, p.sentence.text) for p in sorted(best, key=lambda p: (p.turn, p.at)))


@dataclass(frozen=True)
class ReadSentence:
    """A sentence with everything that was found in it, by criterion.

    `said` are those of the ideas that do not merely stand in a list of terms; `core` names the
    criteria of which a core idea was said.
    """

    sentence: Sentence
    ideas: dict[str, frozenset[str]]
    said: dict[str, frozenset[str]]
    core: frozenset[str]
    vocabulary: frozenset[str]
    reason: bool
    risk: bool
    is_list: bool
    rhetorical: bool


@dataclass(frozen=True)
class ReadTurn:
    """A turn of the candidate, read."""

    turn: int
    sentences: tuple[ReadSentence, ...]


class Reader:
    """Reads turns for one rubric and scenario. Building it costs; keep it."""

    def __init__(self, rubric: Rubric, scenario: Scenario) -> None:
        self.rubric = rubric
        self.scenario = scenario
        groups: dict[tuple[str, str], Iterable[str]] = {}
        self._core: set[tuple[str, str]] = set()
        self._negatable: set[tuple[str, str]] = set()
        for criterion in rubric.criteria():
            has_core = any(concept.core for concept in criterion.concepts)
            for concept in criterion.concepts:
                key = (criterion.id, concept.id)
                groups[key] = concept.terms
                if concept.core or not has_core:
                    self._core.add(key)
                if concept.negation == "excludes":
                    self._negatable.add(key)
            for at, term in enumerate(scenario.signals.get(criterion.id, ())):
                key = (criterion.id, f"{_OWN}{at}")
                groups[key] = (term,)
                self._core.add(key)
                self._negatable.add(key)
        for at, word in enumerate(scenario.vocabulary):
            groups[_VOCABULARY, str(at)] = (word,)
        groups[_REASON, ""] = REASONS
        groups[_RISK, ""] = RISKS
        self._index = TermIndex(groups, rubric.synonyms)

    def read(self, turn: int, text: str) -> ReadTurn:
        """Read one turn; `turn` is its index in the transcript."""
        return ReadTurn(turn, tuple(self._read_sentence(piece) for piece in sentences(text)))

    def read_all(self, texts: Iterable[tuple[int, str]]) -> "Reading":
        """Read turns, given as (index in the transcript, text).

        A sentence that was said before is left out: saying it again adds nothing.
        """
        said: set[tuple[str, ...]] = set()
        turns = []
        for index, text in texts:
            read = self.read(index, text)
            fresh = []
            for sentence in read.sentences:
                words = sentence.sentence.words
                if words not in said or len(words) < _SAID_AGAIN:
                    fresh.append(sentence)
                said.add(words)
            turns.append(ReadTurn(index, tuple(fresh)))
        return Reading(tuple(turns))

    def _read_sentence(self, sentence: Sentence) -> ReadSentence:
        hits = [
            hit
            for hit in self._index.hits(sentence)
            if not (hit.negated and hit.key in self._negatable)
        ]
        marks = {_REASON, _RISK}
        terms = {at for hit in hits if hit.key[0] not in marks for at in hit.positions}
        reason = any(hit.key[0] == _REASON for hit in hits)
        is_list = not reason and _is_list(sentence, terms)
        listed = frozenset(range(len(sentence.words))) if is_list else sentence.enumerated
        ideas: dict[str, set[str]] = defaultdict(set)
        said: dict[str, set[str]] = defaultdict(set)
        vocabulary: set[str] = set()
        for hit in hits:
            kind, name = hit.key
            is_said = not listed.issuperset(hit.positions)
            if kind == _VOCABULARY:
                vocabulary.update([name] if is_said else [])
            elif kind not in marks:
                ideas[kind].add(name)
                said[kind].update([name] if is_said else [])
        return ReadSentence(
            sentence=sentence,
            ideas={kind: frozenset(names) for kind, names in ideas.items()},
            said={kind: frozenset(names) for kind, names in said.items()},
            core=frozenset(
                kind for kind, names in said.items() if any((kind, n) in self._core for n in names)
            ),
            vocabulary=frozenset(vocabulary),
            reason=reason,
            risk=any(hit.key[0] == _RISK for hit in hits),
            is_list=is_list,
            rhetorical=sentence.is_question,
        )


def _is_list(sentence: Sentence, term_positions: set[int]) -> bool:
    """Whether a sentence only lists terms: nothing relates them to each other or to a figure."""
    content = {at for at, word in enumerate(sentence.words) if word not in _LIST_GLUE}
    relations = any(sentence.words[at] in FUNCTION_WORDS for at in content)
    is_fragment = not any(word in _SUBJECTS for word in sentence.words)
    marks = sentence.text.count(",") + sum(word in ("and", "or") for word in sentence.words)
    return (
        not relations
        and not sentence.has_number
        and (marks >= _LIST_MARKS or (is_fragment and len(content) <= _FRAGMENT_WORDS))
        and len(term_positions & content) > _LIST_DENSITY * len(content)
    )


@dataclass(frozen=True)
class Reading:
    """All turns of the candidate, read; answers what they hold for a criterion."""

    turns: tuple[ReadTurn, ...]

    def found(self, criterion: Criterion) -> Found:
        """What was found for a criterion that is measured by its concepts."""
        passages = []
        near: set[tuple[int, int]] = set()
        for position, turn in enumerate(self.turns):
            for at, read in enumerate(turn.sentences):
                names = read.ideas.get(criterion.id)
                if not names:
                    continue
                if read.sentence.admits_ignorance:
                    continue
                if read.rhetorical and criterion.measure is not Measure.asking:
                    continue
                passages.append(
                    Passage(
                        turn=turn.turn,
                        at=at,
                        sentence=read.sentence,
                        ideas=names,
                        said=read.said[criterion.id],
                        core=criterion.id in read.core,
                        own=bool(read.vocabulary) or any(map(_is_own, names)),
                    )
                )
                near |= {
                    (position, other)
                    for other in (at - 1, at, at + 1)
                    if 0 <= other < len(turn.sentences)
                }
        around = [self.turns[position].sentences[at] for position, at in sorted(near)]
        said = {name for passage in passages for name in passage.said}
        own = {word for read in around for word in read.vocabulary}
        return Found(
            passages=tuple(passages),
            ideas=_count({name for passage in passages for name in passage.ideas}),
            said=_count(said),
            core=any(passage.core for passage in passages),
            own=len(own) + sum(map(_is_own, said)),
            reasons=sum(read.reason for read in around),
            numbers=sum(read.sentence.has_number for read in around),
            risks=sum(read.risk for read in around),
        )

    @cached_property
    def plain(self) -> tuple[tuple[int, int, ReadSentence], ...]:
        """All sentences that are no mere list, with turn and place."""
        return tuple(
            (turn.turn, at, read)
            for turn in self.turns
            for at, read in enumerate(turn.sentences)
            if not read.is_list
        )


def _is_own(idea: str) -> bool:
    """Whether an idea is a wording of the scenario's, and not a concept of the rubric's."""
    return idea.startswith(_OWN)


def _count(ideas: set[str]) -> int:
    """Different ideas; the scenario's wordings, of which there are many, count for two at most."""
    own = sum(map(_is_own, ideas))
    return len(ideas) - own + min(_MOST_OWN, own)
