"""How far passages of an answer go for a criterion: levels 0 to 4 from what they hold.

The scale follows the anchors common to all criteria: named, specific to the problem,
justified, anticipating or quantified. It is a baseline: it sees wording, not truth.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property

from agent.offline.matcher import TermIndex
from agent.offline.text import Sentence, sentences
from agent.rubric import Criterion, Level, Measure, Rubric
from agent.scenario import Scenario

REASONS = (
    "because", "since we", "since the", "since it", "since most", "so that", "therefore", "thus",
    "hence", "which means", "that means", "meaning that", "that way", "this way", "due to",
    "trade off", "tradeoff", "trade", "instead of", "rather than", "otherwise", "the reason",
    "reason is", "that's why", "which is why", "to avoid", "to prevent", "in order to", "versus",
    "downside", "upside", "the cost of", "at the cost", "the price of", "at the price", "whereas",
    "compared to", "compared with", "as opposed to", "worth it", "not worth", "pays off",
    "so it", "so we", "so the", "so i", "so they", "so a", "gives us", "lets us", "allows us",
    "avoids", "prevents", "i prefer", "i'd prefer", "over a", "it matters", "what matters",
    "even though", "unless", "only if", "justify", "justified", "justifies", "advantage",
    "disadvantage", "cheaper", "simpler", "the problem is", "the point is", "would hide", "hides",
    "balance", "hurts", "at the expense", "costs us", "the risk is", "would otherwise",
)  # fmt: skip
RISKS = (
    "risk", "fail", "fails", "failure", "breaks", "broken", "edge case", "corner case", "worst case",
    "what if", "if it goes", "goes down", "outage", "fall back", "fallback", "spike", "drops",
    "degrade", "misleading", "would inflate", "inflates", "biased", "bias", "skew", "danger",
    "dangerous", "careful", "trap", "gotcha", "subtle", "caveat", "guard", "guardrail", "silently",
    "silent", "happens when", "stale", "abuse", "adversary", "attacker", "rare", "delay", "delayed",
    "late", "lag", "mismatch", "blind spot", "overfit", "timeout", "times out", "contaminate",
    "self fulfilling", "runaway", "starve", "alert", "roll back", "rollback", "kill switch",
    "leak", "leaks", "unseen", "cold start", "collapse", "noisy", "never see", "exploration",
    "counterfactual", "limitation", "pitfall", "concern", "worry", "watch out", "catch",
)  # fmt: skip

_LIST_HITS = 3
_LIST_DENSITY = 0.42
_LIST_FUNCTION_SHARE = 0.2
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
            return 1 if self.ideas >= 2 else 0
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
    vocabulary: frozenset[Hashable]
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
        groups: dict[Hashable, Iterable[str]] = {}
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
            groups[_VOCABULARY, at] = (word,)
        groups[_REASON, ""] = REASONS
        groups[_RISK, ""] = RISKS
        self._index = TermIndex(groups, rubric.synonyms)

    def read(self, turn: int, text: str) -> ReadTurn:
        """Read one turn; `turn` is its index in the transcript."""
        pieces = sentences(text)
        return ReadTurn(
            turn,
            tuple(
                self._read_sentence(piece, is_last=at == len(pieces) - 1)
                for at, piece in enumerate(pieces)
            ),
        )

    def _read_sentence(self, sentence: Sentence, *, is_last: bool) -> ReadSentence:
        ideas: dict[str, set[str]] = defaultdict(set)
        core, own_ideas, vocabulary = set(), set(), set()
        reason = risk = False
        hit_positions: set[int] = set()
        keys: set[tuple[str, str]] = set()
        for hit in self._index.hits(sentence):
            kind, name = hit.key  # type: ignore[misc]
            if kind == _REASON:
                reason = True
            elif kind == _RISK:
                risk = True
            elif kind == _VOCABULARY:
                vocabulary.add(name)
            elif not (hit.negated and (kind, name) in self._negatable):
                ideas[kind].add(name)
                keys.add((kind, name))
                hit_positions.update(hit.positions)
                if (kind, name) in self._core:
                    core.add(kind)
                if name.startswith("scenario:"):
                    own_ideas.add(kind)
        dense = len(hit_positions) / len(sentence.words) > _LIST_DENSITY
        bare = sentence.function_share < _LIST_FUNCTION_SHARE and not sentence.has_number
        return ReadSentence(
            sentence=sentence,
            ideas={kind: frozenset(names) for kind, names in ideas.items()},
            core=frozenset(core),
            own_ideas=frozenset(own_ideas),
            vocabulary=frozenset(vocabulary),
            reason=reason,
            risk=risk,
            listed=bare and dense and len(keys) >= _LIST_HITS,
            rhetorical=sentence.is_question,
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
