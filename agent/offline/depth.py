"""How far an answer goes into its question, for a criterion without a reference or concepts.

The last resort of `agent.offline.gauges`: it knows what is talked about, not what is wanted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agent.answer_rubric import AnswerCriterion
from agent.offline.kin import Kin
from agent.offline.matcher import TermIndex
from agent.offline.nearby import chance, passages
from agent.offline.score import LISTED, Score, count_of
from agent.offline.sieve import Said
from agent.offline.subject import FUNCTION_STEMS, telling
from agent.offline.wordings import REASONS

_ESSAY = 600
"""The words of a long essay. It may spread what it says; what is longer counts by its best part."""
_HALF_DEVELOPED = 40
"""So many different words on the subject, about a paragraph, go half as far as one can go."""
_REASON_WORTH = 5
"""A reason goes as far into the subject as five more words."""
_GENERAL = 0.7
"""The most that going into the subject brings without the criterion's own words."""
_TELLING = 5
"""A stem of so many letters, said before, keeps a sentence on the subject; a short one may not."""


@dataclass(frozen=True)
class _Read:
    """A sentence as this gauge reads it: its stems, those that are new, and what it counts.

    `own` are the criterion's words with the share to which each is said.
    """

    roots: frozenset[str]
    fresh: frozenset[str]
    own: tuple[tuple[str, float], ...]
    wanted: int
    is_topical: bool
    reasoned: bool
    weight: float


class ByTexts:
    """How much of a criterion's own words is said, or else how far the subject is gone into.

    The latter counts the different words of the sentences on the subject, and 5 for each with a
    reason: n make n / (n + 40), of which 0.7 count without the criterion's own words. A sentence
    is on the subject if it holds a word of the question or the rubric, or one said before.

    Of an answer longer than an essay the best part of that length counts, and in it a sentence
    the less, the fewer words of the question and the rubric it holds (`nearby.chance`).
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
        lengths = [len(one.sentence.words) for one in said]
        read = [self._read(one, sum(lengths)) for one in said]
        return max(
            (self._in(read, places) for places in passages(lengths, _ESSAY)),
            key=lambda one: one.score,
            default=self._in(read, range(0)),
        )

    def _read(self, one: Said, words: int) -> _Read:
        content = {root: at for at, root in one.content if root not in FUNCTION_STEMS}
        topical = sum(bool(self._on_topic.of(root)) for root in content)
        weight = chance(words, _ESSAY, topical)
        matches = {root: self._kin.of(root) for root in content}
        return _Read(
            roots=frozenset(content),
            fresh=frozenset(root for root, at in content.items() if at not in one.listed)
            - self._known,
            own=tuple(
                (word, near * weight * (LISTED if content[root] in one.listed else 1.0))
                for root, found in matches.items()
                for word, near in found
            ),
            wanted=sum(map(bool, matches.values())),
            is_topical=topical > 0,
            reasoned=bool(self._reasons.hits(one.sentence)),
            weight=weight,
        )

    def _in(self, read: Sequence[_Read], places: range) -> Score:
        """The score of the sentences at these places."""
        own: dict[str, float] = {}
        roots: dict[str, float] = {}
        carriers: dict[int, float] = {}
        reasons = 0.0
        for place in places:
            one = read[place]
            if not one.is_topical and not any(
                root in roots and len(root) >= _TELLING for root in one.roots
            ):
                continue
            for word, share in one.own:
                own[word] = max(own.get(word, 0.0), share)
            fresh = [root for root in one.fresh if roots.get(root, 0.0) < one.weight]
            reasoned = bool(fresh) and one.reasoned
            carriers[place] = one.weight * (len(fresh) + _REASON_WORTH * reasoned + one.wanted)
            roots |= dict.fromkeys(fresh, one.weight)
            reasons += one.weight * reasoned
        words = sum(roots.values())
        much = words + _REASON_WORTH * reasons
        far = much / (much + _HALF_DEVELOPED)
        covered = sum(own.values()) / len(self._own) if self._own else 0.0
        reason = (
            f"You use {len(own)} of {count_of(len(self._own), 'key word')} of the criterion, "
            f"{count_of(round(words), 'other word')} on the subject and "
            f"{count_of(round(reasons), 'reason')}. "
            "There is no reference to compare with, so this is a rough guess."
        )
        return Score(max(covered, far * (_GENERAL + (1 - _GENERAL) * covered)), carriers, reason)
