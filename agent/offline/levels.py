"""How far passages of an answer go for a criterion: levels 0 to 4 from what they hold.

The scale follows the anchors common to all criteria:

- 1, named: an idea of the criterion is said where the text is about the criterion;
- 2, specific: a core idea or three others, and two of the problem's own words;
- 3, justified: also a reason, or an option turned down;
- 4, anticipating or quantified: also a second idea, and four sentences with a reason, a figure or
  a risk, of two kinds.

What counts is what stands where the text is about the criterion (`agent.offline.topics`); an idea
in passing, in a passage about something else, counts for nothing. A turn that is divided by blank
lines is read by paragraph, and one that is not, as speech is, by sentence. The problem's words
must stand together, and so must reasons, figures and risks: of each turn the paragraph that holds
most of them counts, so that an interview adds up over its turns. A paragraph that is mainly about
a criterion and uses two of the problem's words is at level 2 even where no listed idea was found.
A diagram is a list of terms, and looked at only where the words beside it earn nothing.

It is a baseline: it sees wording, not truth.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from agent.offline.drawn import drawn
from agent.offline.matcher import TermIndex
from agent.offline.text import FUNCTION_WORDS, Sentence, sentences, stems
from agent.offline.topics import Topics
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
_TIES = 2
_MANY_IDEAS = 3
_DEEP = 4
_KINDS = 2
_IDEA, _CORE_IDEA = 2.0, 4.0
"""What an idea adds to the likeness of a text to a criterion: as much as one or two rare words."""
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_LONG_PARAGRAPH = 6
"""A paragraph of more sentences may be about several things, and is read by sentence."""
_IN_PARAGRAPH, _IN_SENTENCE = 0.8, 0.6
"""A text is about the criteria it is so like, relative to the one it is most like."""

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
    words where the text is about the criterion, in speech also beside it; `reasons`, `numbers`
    and `risks` count the sentences that hold such where it is about the criterion.
    `in_words_alone` is whether a paragraph is mainly about it but no idea was found that counts,
    `drawn` whether it takes a diagram to reach the level.
    """

    passages: tuple[Passage, ...]
    ideas: int
    said: int
    core: bool
    own: int
    reasons: int
    numbers: int
    risks: int
    in_words_alone: bool = False
    drawn: bool = False

    @property
    def level(self) -> Level:
        """The level on the common scale."""
        if not self.passages:
            return 0
        if self.in_words_alone:
            return 2 if self.own >= _TIES else 0
        if self.said == 0:
            return 1 if self.ideas >= _LIST_IDEAS else 0
        if not self.core and self.said < 2:
            return 0
        if self.own < _TIES or not (self.core or self.said >= _MANY_IDEAS):
            return 1
        if not self.reasons:
            return 2
        weighed = (self.reasons, self.numbers, self.risks)
        if self.said < 2 or sum(weighed) < _DEEP or sum(map(bool, weighed)) < _KINDS:
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
    paragraph: int = 0

    @property
    def weighs(self) -> bool:
        """Whether it gives a reason, by its words or its grammar."""
        return self.reason or self.sentence.argues

    @property
    def depth(self) -> int:
        """How many it holds of a reason, a figure and a risk."""
        return self.weighs + self.sentence.has_number + self.risk


@dataclass(frozen=True)
class ReadTurn:
    """A turn of the candidate, read. `about` has the places of the sentences about a criterion.

    `main` names by paragraph the criterion it is most about, where that is clear: in a turn of
    several paragraphs, for a paragraph of two sentences or more that is not long.
    """

    turn: int
    sentences: tuple[ReadSentence, ...]
    about: Mapping[str, Sequence[int]]
    main: Mapping[int, str]

    @cached_property
    def is_divided(self) -> bool:
        """Whether blank lines divide it into paragraphs."""
        return len({read.paragraph for read in self.sentences}) > 1


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
        # Where orders are late every day, "late" is no risk foreseen.
        everyday = {stems(word) for word in scenario.vocabulary}
        groups[_RISK, ""] = [term for term in RISKS if stems(term) not in everyday]
        self._index = TermIndex(groups, rubric.synonyms)
        self._topics = Topics(rubric, scenario)

    def read(self, turn: int, text: str) -> ReadTurn:
        """Read one turn; `turn` is its index in the transcript."""
        read = []
        paragraph = end = 0
        for piece in sentences(text):
            paragraph += _BLANK_LINE.search(text, end, piece.start) is not None
            end = piece.start + len(piece.text)
            read.append(replace(self._read_sentence(piece), paragraph=paragraph))
        return self._turn(turn, read)

    def read_all(self, texts: Iterable[tuple[int, str]]) -> "Reading":
        """Read turns, given as (index in the transcript, text).

        A sentence that was said before is left out: saying it again adds nothing.
        """
        said: set[tuple[str, ...]] = set()
        turns, drawings = [], []
        for index, text in texts:
            if terms := drawn(text):
                drawings.append(self._turn(index, [self._read_sentence(term) for term in terms]))
            read = self.read(index, text)
            fresh = []
            for sentence in read.sentences:
                words = sentence.sentence.words
                if words not in said or len(words) < _SAID_AGAIN:
                    fresh.append(sentence)
                said.add(words)
            turns.append(read if len(fresh) == len(read.sentences) else self._turn(index, fresh))
        return Reading(tuple(turns), self._topics.criteria, tuple(drawings))

    def _turn(self, turn: int, read: Sequence[ReadSentence]) -> ReadTurn:
        about: dict[str, list[int]] = defaultdict(list)
        start = 0
        main: dict[int, str] = {}
        paragraphs = [list(group) for _, group in groupby(read, key=lambda one: one.paragraph)]
        for paragraph in paragraphs:
            if len(paragraphs) > 1 and len(paragraph) <= _LONG_PARAGRAPH:
                likeness = self._likeness(paragraph, [self._by_words(paragraph)])
                for name in _most(likeness, _IN_PARAGRAPH):
                    about[name] += range(start, start + len(paragraph))
                if likeness and len(paragraph) > 1:
                    main[paragraph[0].paragraph] = max(likeness, key=lambda name: likeness[name])
            else:
                single = [self._by_words([one]) for one in paragraph]
                for at in range(len(paragraph)):
                    alone = self._likeness(paragraph[at : at + 1], single[at : at + 1])
                    near = slice(max(0, at - 1), at + 2)
                    beside = self._likeness(paragraph[near], single[near])
                    for name in _most(alone, _IN_SENTENCE) | _most(beside, _IN_SENTENCE):
                        about[name].append(start + at)
            start += len(paragraph)
        return ReadTurn(turn, tuple(read), about, main)

    def _by_words(self, read: Sequence[ReadSentence]) -> dict[str, float]:
        return self._topics.likeness({root for one in read for root in one.sentence.stems})

    def _likeness(
        self, read: Sequence[ReadSentence], by_words: Sequence[Mapping[str, float]]
    ) -> dict[str, float]:
        """How like these sentences are to each criterion: word by word, and by their ideas."""
        found: dict[str, float] = defaultdict(float)
        for some in by_words:
            for kind, like in some.items():
                found[kind] += like
        said: dict[str, set[str]] = defaultdict(set)
        for one in read:
            for kind, names in one.said.items():
                said[kind] |= names
        for kind in said.keys() & self._topics.criteria:
            concepts = {name for name in said[kind] if not _is_own(name)}
            found[kind] += _IDEA * min(_MOST_OWN, len(said[kind]) - len(concepts)) + sum(
                _CORE_IDEA if (kind, name) in self._core else _IDEA for name in concepts
            )
        return found

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


def _most(likeness: Mapping[str, float], share: float) -> frozenset[str]:
    """The criteria with at least this share of the greatest likeness."""
    least = share * max(likeness.values(), default=0.0)
    return frozenset(name for name, like in likeness.items() if like >= least > 0)


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
    """All turns of the candidate, read; answers what they hold for a criterion.

    `placed` are the criteria that a text can be about; for the others what is said counts
    wherever it stands, with the sentences beside it. `drawings` are the diagrams of the turns
    that have some, apart from what is said in them.
    """

    turns: tuple[ReadTurn, ...]
    placed: frozenset[str]
    drawings: tuple[ReadTurn, ...] = ()

    def found(self, criterion: Criterion) -> Found:
        """What was found for a criterion that is measured by its concepts."""
        found = self._found(self.turns, criterion)
        if found.level:
            return found
        return self._in_words_alone(criterion) or self._drawn(criterion) or found

    def _drawn(self, criterion: Criterion) -> Found | None:
        """What names it in the diagrams, with the words beside them or alone; None if nothing."""
        if not self.drawings:
            return None
        several = ((*self.turns, *self.drawings), self.drawings)
        named = (self._found(turns, criterion) for turns in several)
        return next((replace(found, drawn=True) for found in named if found.level), None)

    def _found(self, turns: Sequence[ReadTurn], criterion: Criterion) -> Found:
        passages: list[Passage] = []
        around: list[list[ReadSentence]] = []
        own: set[str] = set()
        for turn in turns:
            here = self._about(turn, criterion)
            passages += _passages(turn, here, criterion)
            around.append([turn.sentences[at] for at in self._around(turn, here, criterion)])
            own |= _own_words(turn, here)
        said = {name for passage in passages for name in passage.said}
        deep = [read for turn in around for read in _deepest(turn)]
        return Found(
            passages=tuple(passages),
            ideas=_count({name for passage in passages for name in passage.ideas}),
            said=_count(said),
            core=any(passage.core for passage in passages),
            own=len(own) + sum(map(_is_own, said)),
            reasons=sum(read.weighs for read in deep),
            numbers=sum(read.sentence.has_number for read in deep),
            risks=sum(read.risk for read in deep),
        )

    def _about(self, turn: ReadTurn, criterion: Criterion) -> Sequence[int]:
        if criterion.id in self.placed:
            return turn.about.get(criterion.id, ())
        return range(len(turn.sentences))

    def _around(self, turn: ReadTurn, here: Sequence[int], criterion: Criterion) -> Sequence[int]:
        """The sentences whose reasons, figures and risks count."""
        if criterion.id in self.placed:
            return here
        near: set[int] = set()
        for at in here:
            if _bears(turn.sentences[at], criterion):
                near.update(_near(turn, at))
        return sorted(near)

    def _in_words_alone(self, criterion: Criterion) -> Found | None:
        """The paragraph mainly about it that uses most of the problem's words; None without."""
        best: tuple[int, tuple[Passage, ...]] | None = None
        for turn in self.turns:
            for paragraph in (p for p, name in turn.main.items() if name == criterion.id):
                read = [
                    (at, one)
                    for at, one in enumerate(turn.sentences)
                    if one.paragraph == paragraph and not (one.is_list or one.rhetorical)
                ]
                own = len({word for _, one in read for word in one.vocabulary})
                if own >= _TIES and (best is None or own > best[0]):
                    best = own, tuple(_passage(turn, at, criterion) for at, _ in read)
        if best is None:
            return None
        own, passages = best
        return Found(passages, 0, 0, False, own, 0, 0, 0, in_words_alone=True)

    @cached_property
    def plain(self) -> tuple[tuple[int, int, ReadSentence], ...]:
        """All sentences that are no mere list, with turn and place."""
        return tuple(
            (turn.turn, at, read)
            for turn in self.turns
            for at, read in enumerate(turn.sentences)
            if not read.is_list
        )


def _near(turn: ReadTurn, at: int) -> list[int]:
    """A sentence's place, and those beside it in its paragraph."""
    here = turn.sentences[at].paragraph
    places = range(max(0, at - 1), min(at + 2, len(turn.sentences)))
    return [place for place in places if turn.sentences[place].paragraph == here]


def _bears(read: ReadSentence, criterion: Criterion) -> bool:
    """Whether a sentence states an idea of a criterion; a question does where asking is judged."""
    if not read.ideas.get(criterion.id) or read.sentence.admits_ignorance:
        return False
    return not read.rhetorical or criterion.measure is Measure.asking


def _passages(turn: ReadTurn, places: Iterable[int], criterion: Criterion) -> list[Passage]:
    return [_passage(turn, at, criterion) for at in places if _bears(turn.sentences[at], criterion)]


def _passage(turn: ReadTurn, at: int, criterion: Criterion) -> Passage:
    read = turn.sentences[at]
    ideas = read.ideas.get(criterion.id, frozenset())
    return Passage(
        turn=turn.turn,
        at=at,
        sentence=read.sentence,
        ideas=ideas,
        said=read.said.get(criterion.id, frozenset()),
        core=criterion.id in read.core,
        own=bool(read.vocabulary) or any(map(_is_own, ideas)),
    )


def _own_words(turn: ReadTurn, here: Sequence[int]) -> set[str]:
    """The problem's words in these sentences and, in speech, beside them.

    Of a turn in paragraphs those of the paragraph that holds most.
    """
    if not turn.is_divided:
        here = [near for at in here for near in _near(turn, at)]
    together: dict[int, set[str]] = defaultdict(set)
    for at in here:
        together[turn.sentences[at].paragraph] |= turn.sentences[at].vocabulary
    return max(together.values(), key=len, default=set())


def _deepest(read: Sequence[ReadSentence]) -> list[ReadSentence]:
    """Of a turn's sentences those of the paragraph with most reasons, figures and risks."""
    paragraphs = [list(group) for _, group in groupby(read, key=lambda one: one.paragraph)]
    return max(paragraphs, key=lambda some: sum(one.depth for one in some), default=[])


def _is_own(idea: str) -> bool:
    """Whether an idea is a wording of the scenario's, and not a concept of the rubric's."""
    return idea.startswith(_OWN)


def _count(ideas: set[str]) -> int:
    """Different ideas; the scenario's wordings, of which there are many, count for two at most."""
    own = sum(map(_is_own, ideas))
    return len(ideas) - own + min(_MOST_OWN, own)
