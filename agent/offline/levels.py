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
_LIST_IDEAS = 3
_LIST_DENSITY = 0.5
_LIST_MARKS = 2
_LIST_GLUE = frozenset(
    "and or with plus use using used i we you would will do also then like such it the a".split()
)
_MAX_QUOTES = 3

_REASON, _RISK, _VOCABULARY = "reason", "risk", "vocabulary"


@dataclass(frozen=True)
class Passage:
    """A sentence of a turn that bears on a criterion."""

    turn: int
    at: int
    sentence: Sentence
    ideas: frozenset[str]
    core: bool
    own: bool
    listed: bool


@dataclass(frozen=True)
class Found:
    """What the passages on one criterion hold together.

    `ideas` counts different concepts, `own` the problem's own words near them, `reasons`,
    `numbers` and `risks` the sentences near them that hold such.
    """

    passages: tuple[Passage, ...]
    ideas: int
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
        if all(passage.listed for passage in self.passages):
            return 1 if self.ideas >= _LIST_IDEAS else 0
        if not (self.core and self.ideas >= 2 and self.own >= 2):
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
    """A sentence with everything that was found in it, whatever the criterion."""

    sentence: Sentence
    ideas: dict[str, frozenset[str]]
    core: frozenset[str]
    own_ideas: frozenset[str]
    vocabulary: frozenset[str]
    reason: bool
    risk: bool
    listed: bool
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
                key = (criterion.id, f"scenario:{at}")
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

    def _read_sentence(self, sentence: Sentence) -> ReadSentence:
        ideas: dict[str, set[str]] = defaultdict(set)
        core: set[str] = set()
        own_ideas: set[str] = set()
        vocabulary: set[str] = set()
        reason = risk = False
        term_positions: set[int] = set()
        for hit in self._index.hits(sentence):
            kind, name = hit.key
            if kind == _REASON:
                reason = True
            elif kind == _RISK:
                risk = True
            elif kind == _VOCABULARY:
                vocabulary.add(name)
                term_positions.update(hit.positions)
            elif not (hit.negated and (kind, name) in self._negatable):
                ideas[kind].add(name)
                term_positions.update(hit.positions)
                if (kind, name) in self._core:
                    core.add(kind)
                if name.startswith("scenario:"):
                    own_ideas.add(kind)
        return ReadSentence(
            sentence=sentence,
            ideas={kind: frozenset(names) for kind, names in ideas.items()},
            core=frozenset(core),
            own_ideas=frozenset(own_ideas),
            vocabulary=frozenset(vocabulary),
            reason=reason,
            risk=risk,
            listed=not reason and _is_list(sentence, term_positions),
            rhetorical=sentence.is_question,
        )


def _is_list(sentence: Sentence, term_positions: set[int]) -> bool:
    """Whether a sentence only lists terms: nothing relates them to each other or to a figure."""
    content = {at for at, word in enumerate(sentence.words) if word not in _LIST_GLUE}
    relations = any(sentence.words[at] in FUNCTION_WORDS for at in content)
    marks = sentence.text.count(",") + sum(word in ("and", "or") for word in sentence.words)
    return (
        not relations
        and not sentence.has_number
        and (marks >= _LIST_MARKS or len(content) <= _FRAGMENT_WORDS)
        and len(term_positions & content) > _LIST_DENSITY * len(content)
    )


@dataclass(frozen=True)
class Reading:
    """All turns of the candidate, read; answers what they hold for a criterion."""

    scenario: Scenario
    turns: tuple[ReadTurn, ...]

    def found(self, criterion: Criterion) -> Found:
        """What was found for a criterion that is measured by its concepts."""
        passages = []
        ideas: set[str] = set()
        near: set[tuple[int, int]] = set()
        for position, turn in enumerate(self.turns):
            for at, read in enumerate(turn.sentences):
                names = read.ideas.get(criterion.id)
                if not names:
                    continue
                if read.rhetorical and criterion.measure is not Measure.asking:
                    continue
                passages.append(
                    Passage(
                        turn=turn.turn,
                        at=at,
                        sentence=read.sentence,
                        ideas=names,
                        core=criterion.id in read.core,
                        own=bool(read.vocabulary) or criterion.id in read.own_ideas,
                        listed=read.listed,
                    )
                )
                ideas |= names
                near |= {
                    (position, other)
                    for other in (at - 1, at, at + 1)
                    if 0 <= other < len(turn.sentences)
                }
        around = [self.turns[position].sentences[at] for position, at in sorted(near)]
        named = {name for name in ideas if not name.startswith("scenario:")}
        own = len({word for read in around for word in read.vocabulary})
        return Found(
            passages=tuple(passages),
            ideas=len(named) + min(2, len(ideas) - len(named)),
            core=any(passage.core for passage in passages),
            own=own + len(ideas) - len(named),
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
            if not read.listed
        )
