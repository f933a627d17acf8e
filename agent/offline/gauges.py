"""What a criterion wants of an answer, and how much of it is said.

Wanted are its concepts, or its reference, or its part of the whole reference; without these
its own texts, and how far the answer goes into the question. Which sentences count is decided in
`agent.offline.sieve`, which words are as good as others in `agent.offline.kin`, and how the
words of a reference are weighed in `agent.offline.points`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.answer_rubric import AnswerCriterion, AnswerRubric, Rung
from agent.offline.kin import Kin
from agent.offline.matcher import TermIndex
from agent.offline.points import Points, enough_of, pieces_of
from agent.offline.sieve import Said
from agent.offline.subject import FUNCTION_STEMS, parts_of, telling, texts_of
from agent.offline.text import stems
from agent.offline.wordings import REASONS

LISTED = 0.3
"""What a word counts that merely stands in a list of terms, where the reference has no list."""
CLASHING = 0.5
"""What a word counts that is negated in the answer alone, or in the reference alone."""
_SHORT_POINT = 3
"""A point of so few words is a term itself: in a list of such terms there is nothing to relate."""
_MANY_CONCEPTS = 3
"""Of the concepts beyond the third, every other is enough: nobody brings all of a long list."""
_SHOWN_CONCEPTS = 5
_HALF_DEVELOPED = 40
"""So many different words on the subject, about a paragraph, go half as far as one can go."""
_REASON_WORTH = 5
"""A reason goes as far into the subject as five more words."""
_GENERAL = 0.7
"""The most that going into the subject brings without the criterion's own words."""
_TELLING = 5
"""A stem of so many letters, said before, keeps a sentence on the subject; a short one may not."""

_YES_OR_NO = re.compile(r"\W*(yes|no|true|false)\b", re.IGNORECASE)
_CONTRARY = {"yes": "no", "no": "yes", "true": "false", "false": "true"}


@dataclass(frozen=True)
class Score:
    """A score, 0 to 1, with the places of the sentences that carry it, and what was counted."""

    score: float
    carriers: Mapping[int, float]
    reason: str


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
    """How much of a reference's points is said; nothing if it says yes and the answer no."""

    def __init__(self, points: Points, synonyms: Sequence[Sequence[str]], text: str) -> None:
        self._points = points
        self._kin = Kin(points.weights, synonyms)
        self._short = frozenset(
            root
            for point in points.each
            if len(point.weights) <= _SHORT_POINT
            for root in point.weights
        )
        self._stance = _stance(text)

    def score(self, said: Sequence[Said]) -> Score:
        """The coverage of the points; sentences carry the weight of what they add to it."""
        stance = _stance(said[0].sentence.text) if said else None
        if self._stance and stance == _CONTRARY[self._stance]:
            reason = f'You say "{stance}" where the reference says "{self._stance}".'
            return Score(0.0, {}, reason)
        found: dict[str, float] = {}
        carriers: dict[int, float] = defaultdict(float)
        for place, one in enumerate(said):
            for wanted, share in self._matches(one):
                more = share - found.get(wanted, 0.0)
                if more > 0:
                    found[wanted] = share
                    carriers[place] += more * self._points.weights[wanted]
        covered = self._points.covered(found)
        reason = f"You cover {covered.met} of {_count(covered.points, 'point')} of the reference"
        reason += f"; missing: {', '.join(covered.missing)}." if covered.missing else "."
        return Score(covered.score, carriers, reason)

    def _matches(self, one: Said) -> list[tuple[str, float]]:
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
                found.append((wanted, share))
        return found if is_new else []  # the question's words count beside others only


class ByConcepts:
    """How many of the rubric's concepts are said; of many, most are enough."""

    def __init__(self, criterion: AnswerCriterion, synonyms: Sequence[Sequence[str]]) -> None:
        self._concepts = {concept.id: concept for concept in criterion.concepts}
        terms = {concept.id: concept.terms for concept in criterion.concepts}
        self._index = TermIndex(terms, synonyms)
        self._core = {concept.id for concept in criterion.concepts if concept.core}
        scale = criterion.scale
        self._most_without_core = worth(scale[1], scale)

    def score(self, said: Sequence[Said]) -> Score:
        """The share of the concepts; sentences carry those that are said first in them."""
        found: dict[str, float] = {}
        carriers: dict[int, float] = defaultdict(float)
        for place, one in enumerate(said):
            there = {at for at, _ in one.content}
            for hit in self._index.hits(one.sentence):
                if hit.negated and self._concepts[hit.key].negation == "excludes":
                    continue
                if not there.issuperset(hit.positions):
                    continue
                share = LISTED if one.listed.issuperset(hit.positions) else 1.0
                if share > found.get(hit.key, 0.0):
                    carriers[place] += share - found.get(hit.key, 0.0)
                    found[hit.key] = share
        wanted = len(self._concepts)
        enough = min(wanted, _MANY_CONCEPTS + (wanted - _MANY_CONCEPTS) / 2)
        score = min(1.0, sum(found.values()) / enough)
        missing = [name.replace("_", " ") for name in self._concepts if name not in found]
        reason = f"You bring {len(found)} of {_count(wanted, 'idea')}"
        reason += f"; missing: {', '.join(missing[:_SHOWN_CONCEPTS])}." if missing else "."
        if self._core and not self._core & found.keys():
            score = min(score, self._most_without_core)
            reason += " What it is mainly about is not among them."
        return Score(score, carriers, reason)


class ByTexts:
    """How much of a criterion's own words is said, or else how far the subject is gone into.

    The latter counts the different words of the sentences on the subject, and 5 for each with a
    reason: n make n / (n + 40), of which 0.7 count without the criterion's own words. A sentence
    is on the subject if it holds a word of the question or the rubric, or one said before.
    """

    def __init__(
        self,
        criterion: AnswerCriterion,
        topic: Collection[str],
        known: frozenset[str],
        synonyms: Sequence[Sequence[str]],
    ) -> None:
        highest = criterion.levels[-1].text if criterion.levels else ""
        self._own = telling(f"{criterion.title}. {criterion.judges or ''}. {highest}") - known
        self._known = known
        self._on_topic = Kin(sorted(topic), synonyms)
        self._kin = Kin(sorted(self._own), synonyms)
        self._reasons = TermIndex({"reason": REASONS})

    def score(self, said: Sequence[Said]) -> Score:
        """The better of both; sentences carry their new words, reasons and wanted words."""
        own: dict[str, float] = {}
        roots: set[str] = set()
        carriers: dict[int, float] = {}
        reasons = 0
        for place, one in enumerate(said):
            content = {root: at for at, root in one.content if root not in FUNCTION_STEMS}
            if not any(self._on_topic.of(root) for root in content) and not any(
                root in roots and len(root) >= _TELLING for root in content
            ):
                continue
            wanted = 0
            for root, at in content.items():
                share = LISTED if at in one.listed else 1.0
                matches = self._kin.of(root)
                wanted += bool(matches)
                for word, near in matches:
                    own[word] = max(own.get(word, 0.0), near * share)
            fresh = {root for root, at in content.items() if at not in one.listed}
            fresh -= roots | self._known
            reasoned = bool(fresh) and bool(self._reasons.hits(one.sentence))
            carriers[place] = len(fresh) + _REASON_WORTH * reasoned + wanted
            roots |= fresh
            reasons += reasoned
        much = len(roots) + _REASON_WORTH * reasons
        far = much / (much + _HALF_DEVELOPED)
        covered = sum(own.values()) / len(self._own) if self._own else 0.0
        reason = (
            f"You use {len(own)} of {_count(len(self._own), 'key word')} of the criterion, "
            f"{_count(len(roots), 'other word')} on the subject and {_count(reasons, 'reason')}. "
            "There is no reference to compare with, so this is a rough guess."
        )
        return Score(max(covered, far * (_GENERAL + (1 - _GENERAL) * covered)), carriers, reason)


def worth(rung: Rung, scale: Sequence[Rung]) -> float:
    """A level's share of the points: 0 for the lowest and 1 for the highest, whatever they have."""
    lowest, highest = scale[0].points, scale[-1].points
    return (rung.points - lowest) / (highest - lowest)


def _stance(text: str) -> str | None:
    """Whether a text begins with yes, no, true or false; in small letters."""
    match = _YES_OR_NO.match(text)
    return match[1].lower() if match else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
