"""Which criteria a stretch of text is about, by the rubric's and the scenario's own words.

Each criterion is a document made of its title, what it judges, its anchors, its concepts' terms
and the scenario's wordings for it; a text is a query to these documents. What belonging to a
criterion is worth is decided in `agent.offline.levels`.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set

from agent.offline.text import FUNCTION_WORDS, stem, term_stems
from agent.rubric import Criterion, Rubric
from agent.scenario import Scenario

_SATURATION, _BY_LENGTH = 1.2, 0.75
"""k1 and b of BM25, at their usual values."""
_MOST_SPREAD = 0.3
"""Stems in more of the documents tell nothing apart, and cost time."""
_FUNCTION_STEMS = frozenset(map(stem, FUNCTION_WORDS))


class Topics:
    """The criteria of a rubric's steps, as documents that text is compared with.

    Criteria judged over the whole interview are none: nothing that is said belongs to them.
    """

    def __init__(self, rubric: Rubric, scenario: Scenario) -> None:
        documents = {
            criterion.id: [
                root
                for text in _texts(criterion, scenario)
                for root in term_stems(text)
                if root not in _FUNCTION_STEMS and not root.isdigit()
            ]
            for step in rubric.steps
            for criterion in step.criteria
        }
        self.criteria = frozenset(documents)
        self._weights = _weights(documents)

    def likeness(self, roots: Set[str]) -> dict[str, float]:
        """How like these stems are to each criterion: BM25 (Robertson et al., 1994), 0 or more."""
        found: dict[str, float] = defaultdict(float)
        for root in roots:
            for criterion, weight in self._weights.get(root, ()):
                found[criterion] += weight
        return found


def _texts(criterion: Criterion, scenario: Scenario) -> Iterable[str]:
    _, *levels = criterion.anchors.texts()
    yield from (criterion.title, criterion.judges, *levels)
    for concept in criterion.concepts:
        yield from concept.terms
    yield from scenario.signals.get(criterion.id, ())


def _weights(documents: Mapping[str, list[str]]) -> dict[str, tuple[tuple[str, float], ...]]:
    """By stem: the criteria whose document holds it, with its weight there."""
    spread = Counter(root for roots in documents.values() for root in set(roots))
    mean = sum(map(len, documents.values())) / max(1, len(documents))
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for criterion, roots in documents.items():
        length = 1 - _BY_LENGTH + _BY_LENGTH * len(roots) / mean if mean else 1.0
        for root, count in Counter(roots).items():
            rarity = math.log(len(documents) / spread[root])
            often = count * (_SATURATION + 1) / (count + _SATURATION * length)
            if rarity > 0:
                found[root].append((criterion, rarity * often))
    return {root: tuple(weights) for root, weights in found.items()}
