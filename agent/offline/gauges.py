"""What a criterion wants of an answer, and how much of it is said.

Wanted are its concepts, or its reference, or its part of the whole reference; without these
its own texts, and how far the answer goes into the question. Of a long answer counts what is said
together (`agent.offline.nearby`). Which sentences count is decided in `agent.offline.sieve`,
which words are as good as others in `agent.offline.kin`, and how the words of a reference are
weighed in `agent.offline.points`.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from agent.answer_rubric import AnswerCriterion, AnswerRubric
from agent.offline.depth import ByTexts
from agent.offline.kin import Kin
from agent.offline.matcher import TermIndex
from agent.offline.nearby import chance, passage_for, passages
from agent.offline.points import Points, enough_of, pieces_of
from agent.offline.score import LISTED, Score, count_of, worth
from agent.offline.sieve import Said
from agent.offline.subject import parts_of, telling, texts_of
from agent.offline.text import stems

CLASHING = 0.5
"""What a word counts that is negated in the answer alone, or in the reference alone."""
_SHORT_POINT = 3
"""A point of so few words is a term itself: in a list of such terms there is nothing to relate."""
_MANY_CONCEPTS = 3
"""Of the concepts beyond the third, every other is enough: nobody brings all of a long list."""
_SHOWN_CONCEPTS = 5
_CONCEPT_WORDS = 20
"""A sentence for each: so long is what brings all the concepts, if nobody says how it reads."""

_YES_OR_NO = re.compile(r"\W*(yes|no|true|false)\b", re.IGNORECASE)
_CONTRARY = {"yes": "no", "no": "yes", "true": "false", "false": "true"}


class Gauge(Protocol):
    """How much of what one criterion wants is said."""

    def score(self, said: Sequence[Said]) -> Score:
        """The score of the sentences that count."""


def gauges_of(rubric: AnswerRubric, question: str, reference: str) -> dict[str, Gauge]:
    """The gauge of each criterion, in the rubric's order."""
    known = frozenset(stems(question))
    parts = parts_of(pieces_of(reference), rubric.criteria)
    gauges: dict[str, Gauge] = {}
    for criterion in rubric.criteria:
        wanted = criterion.reference or reference
        pieces = pieces_of(wanted) if criterion.reference else parts[criterion.id]
        if criterion.concepts:
            gauges[criterion.id] = ByConcepts(criterion, rubric.synonyms)
        elif pieces:
            points = Points(pieces, known, enough_of(question, wanted))
            gauges[criterion.id] = ByReference(points, rubric.synonyms, wanted)
        else:
            texts = [text for one in rubric.criteria for text in texts_of(one)]
            topic = telling(" ".join((question, reference, *texts)))
            gauges[criterion.id] = ByTexts(criterion, topic, known, rubric.synonyms)
    return gauges


class ByReference:
    """How much of a reference's points is said; nothing if it says yes and the answer no.

    Of an answer longer than a passage the passage counts that covers most, and in it a word the
    less, the fewer words of its point are said in the same sentence (`nearby.chance`).
    """

    def __init__(self, points: Points, synonyms: Sequence[Sequence[str]], text: str) -> None:
        self._points = points
        self._kin = Kin(points.weights, synonyms)
        self._short = frozenset(
            root
            for point in points.each
            if len(point.weights) <= _SHORT_POINT
            for root in point.weights
        )
        self._passage = passage_for(points.length)
        self._stance = _stance(text)

    def score(self, said: Sequence[Said]) -> Score:
        """The coverage of the points; sentences carry the weight of what they add to it."""
        stance = _stance(said[0].sentence.text) if said else None
        if self._stance and stance == _CONTRARY[self._stance]:
            reason = f'You say "{stance}" where the reference says "{self._stance}".'
            return Score(0.0, {}, reason)
        lengths = [len(one.sentence.words) for one in said]
        matches = [self._matches(one, sum(lengths)) for one in said]
        covered, carriers = self._points.covered({}), dict[int, float]()
        for places in passages(lengths, self._passage):
            found, carrying = self._gathered(matches, places)
            more = self._points.covered(found)
            if not carriers or more.score > covered.score:
                covered, carriers = more, carrying
        reason = f"You cover {covered.met} of {count_of(covered.points, 'point')} of the reference"
        reason += f"; missing: {', '.join(covered.missing)}." if covered.missing else "."
        return Score(covered.score, carriers, reason)

    def _gathered(
        self, matches: Sequence[Sequence[tuple[str, float]]], places: range
    ) -> tuple[dict[str, float], dict[int, float]]:
        """What the sentences at these places say together, and what each adds to it."""
        found: dict[str, float] = {}
        carriers: dict[int, float] = defaultdict(float)
        for place in places:
            for wanted, share in matches[place]:
                more = share - found.get(wanted, 0.0)
                if more > 0:
                    found[wanted] = share
                    carriers[place] += more * self._points.weights[wanted]
        return found, carriers

    def _matches(self, one: Said, words: int) -> list[tuple[str, float]]:
        """The wanted stems that a sentence says, each with the share to which it counts."""
        found = []
        is_new = False
        for at, root in one.content:
            for wanted, near in self._kin.of(root):
                is_new = is_new or wanted in self._points.new
                share = near
                if one.sentence.is_negated((at,)) != (wanted in self._points.negated):
                    share *= CLASHING
                if at in one.listed and wanted not in self._short:
                    share *= LISTED
                found.append((root, wanted, share))
        if not is_new:
            return []  # the question's words count beside others only
        together = self._points.together((root, wanted) for root, wanted, _ in found)
        return [
            (wanted, share * chance(words, self._passage, together[wanted]))
            for _, wanted, share in found
        ]


class ByConcepts:
    """How many of the rubric's concepts are said; of many, most are enough.

    Of an answer longer than a passage the passage counts that brings most of them.
    """

    def __init__(self, criterion: AnswerCriterion, synonyms: Sequence[Sequence[str]]) -> None:
        self._concepts = {concept.id: concept for concept in criterion.concepts}
        terms = {concept.id: concept.terms for concept in criterion.concepts}
        self._index = TermIndex(terms, synonyms)
        self._core = {concept.id for concept in criterion.concepts if concept.core}
        scale = criterion.scale
        self._most_without_core = worth(scale[1], scale)
        self._passage = passage_for(_CONCEPT_WORDS * len(self._concepts))

    def score(self, said: Sequence[Said]) -> Score:
        """The share of the concepts; sentences carry those that are said first in them."""
        lengths = [len(one.sentence.words) for one in said]
        brought = [self._brought(one) for one in said]
        return max(
            (self._in(brought, places) for places in passages(lengths, self._passage)),
            key=lambda one: one.score,
            default=self._in(brought, range(0)),
        )

    def _brought(self, one: Said) -> list[tuple[str, float]]:
        """The concepts of which a sentence says a term, each with the share to which it counts."""
        there = {at for at, _ in one.content}
        return [
            (hit.key, LISTED if one.listed.issuperset(hit.positions) else 1.0)
            for hit in self._index.hits(one.sentence)
            if not (hit.negated and self._concepts[hit.key].negation == "excludes")
            and there.issuperset(hit.positions)
        ]

    def _in(self, brought: Sequence[Sequence[tuple[str, float]]], places: range) -> Score:
        """The score of the sentences at these places."""
        found: dict[str, float] = {}
        carriers: dict[int, float] = defaultdict(float)
        for place in places:
            for concept, share in brought[place]:
                if share > found.get(concept, 0.0):
                    carriers[place] += share - found.get(concept, 0.0)
                    found[concept] = share
        wanted = len(self._concepts)
        enough = min(wanted, _MANY_CONCEPTS + (wanted - _MANY_CONCEPTS) / 2)
        score = min(1.0, sum(found.values()) / enough)
        missing = [name.replace("_", " ") for name in self._concepts if name not in found]
        reason = f"You bring {len(found)} of {count_of(wanted, 'idea')}"
        reason += f"; missing: {', '.join(missing[:_SHOWN_CONCEPTS])}." if missing else "."
        if self._core and not self._core & found.keys():
            score = min(score, self._most_without_core)
            reason += " What it is mainly about is not among them."
        return Score(score, carriers, reason)


def _stance(text: str) -> str | None:
    """Whether a text begins with yes, no, true or false; in small letters."""
    match = _YES_OR_NO.match(text)
    return match[1].lower() if match else None
