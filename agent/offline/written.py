"""Grades a written answer under any rubric without a model: how much of what is wanted is said.

What is wanted are a criterion's concepts, or its reference, or its share of the whole reference;
without these its own texts, and how far the answer goes into the question. A baseline: it sees
words, not truth. The weighing of a reference is in `agent.offline.points`, words that are as
good as others in `agent.offline.kin`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.answer_rubric import AnswerCriterion, AnswerRubric, Rung
from agent.offline.cues import OF_INTENT
from agent.offline.grader import NOT_ENGLISH, ORDERS
from agent.offline.intents import intents_of
from agent.offline.kin import Kin
from agent.offline.language import is_unreadable
from agent.offline.matcher import TermIndex
from agent.offline.points import Points, content, enough_of, pieces_of, plain
from agent.offline.text import FUNCTION_WORDS, Sentence, sentences, stem, stems, words_of
from agent.offline.wordings import REASONS
from agent.ports import Evidence, Graded, GradedFlag, Intent, Verdict
from agent.transcript import Transcript, Turn

LISTED = 0.3
"""What a word counts that merely stands in a list of terms, where the reference has no list."""
CLASHING = 0.5
"""What a word counts that is negated in the answer alone, or in the reference alone."""
_RUN = 5
_COPIED = 0.75
_MAX_QUOTES = 3
_HALF_DEVELOPED = 40
_REASON_WORTH = 5
_GENERAL = 0.7
_TELLING = 5
_MANY_CONCEPTS = 3
_BARE_WORDS = 6
_BARE_SHARE = 0.1
_PROSE = 0.3
_UNREADABLE_SHARE = 0.3
_FEW_WORDS = 12
_ENGLISH = 0.25
_SHORT_POINT = 3

_BLANK = re.compile(
    r"\W*(?:(?:no|empty|blank|missing) (?:answer|response|submission|reply|text)|empty|blank"
    r"|n ?/ ?a"
    r"|(?:sorry )?i (?:really |honestly )?(?:don'?t|do not) (?:know|have an (?:answer|idea))"
    r"(?: (?:the|this) (?:answer|one)| this| it)?|i have no (?:idea|clue|answer)|no (?:idea|clue)"
    r"|idk|not (?:attempted|answered)|skip(?:ped)?|pass|nothing)?\W*",
    re.IGNORECASE,
)
_LIST_MARKS = re.compile(r"[,:;&+()\u2014]|\b(?:and|or|plus)\b", re.IGNORECASE)
_LEAST_MARKS = 3
_LETTER = re.compile(r"\b[^\W\d_]\b")
_PARTICLE = re.compile(
    r"(?<=[^\W\d_] )(?:da|de|di|del|della|do|dos|du|des|van|von|der|den|la|le|el|al|zu)(?= )"
    r"(?=(?: [a-z]{2,3})? [A-Z])"
)
_YES_OR_NO = re.compile(r"\W*(yes|no|true|false)\b", re.IGNORECASE)
_CONTRARY = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
# What rubrics say of answers, and not of their subject.
_OF_RUBRICS = frozenset(
    map(
        stem,
        """answer answers response student candidate text essay writer names name states state
        explain explains explanation describe describes description give gives given mention
        mentions identify identifies discuss discusses list lists show shows present presents
        clear clearly correct correctly incorrect accurate accurately complete completely full
        fully partial partially wrong missing absent nothing none little good well strong weak
        poor excellent adequate limited detail details detailed example examples specific relevant
        irrelevant vague brief point points mark marks level score grade criterion quality least
        one two three four several use uses using question reader""".split(),
    )
)


@dataclass(frozen=True)
class _Said:
    """A sentence that counts: its place, its stems by position, and how they stand there."""

    turn: int
    quote: str
    sentence: Sentence
    content: tuple[tuple[int, str], ...]
    listed: frozenset[int]


@dataclass(frozen=True)
class _Score:
    """A score, 0 to 1, with the places of the sentences that carry it, and what was counted."""

    score: float
    carriers: Mapping[int, float]
    reason: str


class WrittenGrader:
    """The offline grader of answers to one question. Building it costs; keep it.

    `reference` is how a full answer reads, if that is known; else the rubric's own counts.
    """

    def __init__(self, rubric: AnswerRubric, question: str, reference: str = "") -> None:
        self._rubric = rubric
        question = question or rubric.question or ""
        reference = reference or rubric.reference or ""
        texts = [text for criterion in rubric.criteria for text in _texts(criterion)]
        self._questions = _runs([question])
        self._copies = _runs(pieces for text in texts for pieces in _pieces(text))
        self._copied = [words for text in texts for words in map(words_of, _pieces(text))]
        known = frozenset(stems(question))
        self._known = known
        self._familiar = known | set(stems(reference))
        self._phrases = _phrases(rubric.synonyms)
        own = _attributed(rubric.criteria, pieces_of(reference))
        enough = enough_of(question, reference)
        self._gauges: dict[str, _ByConcepts | _ByReference | _ByTexts] = {}
        topic = self._familiar | {root for text in texts for root in stems(text)}
        on_topic = frozenset(topic) - _FUNCTION_STEMS - _OF_RUBRICS
        for criterion in rubric.criteria:
            pieces = own[criterion.id]
            single = criterion.reference or ""
            if criterion.concepts:
                gauge: _ByConcepts | _ByReference | _ByTexts = _ByConcepts(
                    criterion, rubric.synonyms
                )
            elif single:
                points = Points(pieces_of(single), known, enough_of(question, single))
                gauge = _ByReference(points, rubric.synonyms, single)
            elif pieces:
                gauge = _ByReference(Points(pieces, known, enough), rubric.synonyms, reference)
            else:
                gauge = _ByTexts(criterion, on_topic, known, rubric.synonyms)
            self._gauges[criterion.id] = gauge

    def grade(self, transcript: Transcript) -> Graded:
        """One verdict for each criterion, in the rubric's order, and the flags that were found."""
        answers = transcript.answers()
        if all(_BLANK.fullmatch(turn.text.translate(_APOSTROPHES)) for turn in answers):
            return self._alike(0, "There is no answer to grade.")
        pieces = {turn.index: sentences(plain(turn.text)) for turn in answers}
        foreign = [turn for turn in answers if self._is_foreign(turn.text, pieces[turn.index])]
        flags = [_flag(NOT_ENGLISH, turn, turn.text) for turn in foreign[:1]]
        said: list[_Said] = []
        copied = False
        seen: set[tuple[str, ...]] = set()
        for turn in answers:
            for sentence in pieces[turn.index]:
                if _gives_orders(sentence.text):
                    if all(flag.flag != ORDERS for flag in flags):
                        flags.append(_flag(ORDERS, turn, turn.text))
                elif sentence.words not in seen and turn not in foreign:
                    seen.add(sentence.words)
                    one = self._said(turn, sentence)
                    copied = copied or one is None
                    said += [one] if one and one.content else []
        if _length(foreign) > _UNREADABLE_SHARE * _length(answers):
            reason = "The offline engine reads English only, and much of the answer is not."
            return self._alike(None, reason, flags)
        verdicts = tuple(self._verdict(one, said, copied) for one in self._rubric.criteria)
        return Graded(verdicts=verdicts, flags=tuple(flags))

    def _alike(self, level: int | None, reason: str, flags: Iterable[GradedFlag] = ()) -> Graded:
        return Graded(
            verdicts=tuple(
                Verdict(criterion=criterion.id, reason=reason, level=level)
                for criterion in self._rubric.criteria
            ),
            flags=tuple(flags),
        )

    def _verdict(self, criterion: AnswerCriterion, said: list[_Said], copied: bool) -> Verdict:
        result = self._gauges[criterion.id].score(said)
        level = level_for(result.score, criterion.scale)
        places = sorted(result.carriers, key=lambda at: (-result.carriers[at], at))
        quotes = [said[at] for at in sorted(places[:_MAX_QUOTES])] if level else []
        reason = result.reason
        if copied:
            reason += " What you copied from the question or the rubric does not count."
        return Verdict(
            criterion=criterion.id,
            evidence=tuple(Evidence(turn=one.turn, quote=one.quote) for one in quotes),
            reason=reason,
            level=level,
        )

    def _said(self, turn: Turn, sentence: Sentence) -> _Said | None:
        """What counts of a sentence; None if it is copied from the question or the rubric."""
        words = sentence.words
        if self._is_copy(words):
            return None
        asked = _in_runs(words, self._questions)
        roots = [(at, stem(word)) for at, word in enumerate(words) if at not in asked]
        roots += [(-1, root) for root in _stand_ins([root for _, root in roots], self._phrases)]
        end = sentence.start + len(sentence.text)
        return _Said(
            turn=turn.index,
            quote=turn.text[sentence.start : end],
            sentence=sentence,
            content=tuple(roots),
            listed=_listed(sentence),
        )

    def _is_copy(self, words: tuple[str, ...]) -> bool:
        """Whether most of a sentence, or of a sentence of the rubric's, is copied in it."""
        if len(words) < _RUN:
            return False
        if len(_in_runs(words, self._questions)) >= _COPIED * len(words):
            return True
        shared = len(_in_runs(words, self._copies))
        if shared < _RUN:
            return False
        whole = frozenset(_grams(words))
        return any(
            len(_in_runs(text, whole)) >= _COPIED * len(text)
            for text in self._copied
            if len(text) >= _RUN
        )

    def _is_foreign(self, text: str, pieces: Sequence[Sentence]) -> bool:
        """Whether it is not English; formulas, names and the reference's own words pass."""
        words = [word for piece in pieces for word in piece.words]
        english = sum(word in FUNCTION_WORDS for word in words)
        if text.isascii() and english > _ENGLISH * len(words):
            return False  # it cannot be otherwise, and this saves most of the time
        if len(words) < _FEW_WORDS:
            if 2 * sum(stem(word) in self._familiar for word in words) >= max(1, len(words)):
                return False
            text = _PARTICLE.sub(" ", text)
        return is_unreadable(_LETTER.sub(" ", unicodedata.normalize("NFKC", text)))


class _ByReference:
    """How much of a reference's points is said."""

    def __init__(self, points: Points, synonyms: Sequence[Sequence[str]], text: str) -> None:
        self._points = points
        self._kin = Kin(points.weights, synonyms)
        self._short = frozenset(
            root for bag in points.bags if len(bag) <= _SHORT_POINT for root in bag
        )
        self._stance = _stance(text)

    def score(self, said: Sequence[_Said]) -> _Score:
        found, carriers = _found(self._kin, self._points, said, self._short)
        covered = self._points.covered(found)
        reason = f"You cover {covered.met} of {_count(covered.points, 'point')} of the reference"
        reason += f"; missing: {', '.join(covered.missing)}." if covered.missing else "."
        stance = _stance(said[0].sentence.text) if said else None
        if self._stance and stance == _CONTRARY[self._stance]:
            reason = f'You say "{stance}" where the reference says "{self._stance}".'
            return _Score(0.0, {}, reason)
        return _Score(covered.score, carriers, reason)


class _ByConcepts:
    """How many of the rubric's concepts are said; of many, most are enough."""

    def __init__(self, criterion: AnswerCriterion, synonyms: Sequence[Sequence[str]]) -> None:
        self._concepts = {concept.id: concept for concept in criterion.concepts}
        terms = {concept.id: concept.terms for concept in criterion.concepts}
        self._index = TermIndex(terms, synonyms)
        self._core = {concept.id for concept in criterion.concepts if concept.core}
        scale = criterion.scale
        self._cap = _worth(scale[1], scale)

    def score(self, said: Sequence[_Said]) -> _Score:
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
        wanted_most = min(wanted, _MANY_CONCEPTS + (wanted - _MANY_CONCEPTS) / 2)
        score = min(1.0, sum(found.values()) / wanted_most)
        missing = [name.replace("_", " ") for name in self._concepts if name not in found]
        reason = f"You bring {len(found)} of {_count(wanted, 'idea')}"
        reason += f"; missing: {', '.join(missing[:5])}." if missing else "."
        if self._core and not self._core & found.keys():
            score = min(score, self._cap)
            reason += " What it is mainly about is not among them."
        return _Score(score, carriers, reason)


class _ByTexts:
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
        wanted = f"{criterion.title}. {criterion.judges or ''}. {criterion.scale[-1].text}"
        if not criterion.levels:
            wanted = f"{criterion.title}. {criterion.judges or ''}"
        self._own = frozenset(stems(wanted)) - _FUNCTION_STEMS - _OF_RUBRICS - known
        self._known = known
        self._on_topic = Kin(sorted(topic), synonyms)
        self._kin = Kin(sorted(self._own), synonyms)
        self._reasons = TermIndex({"reason": REASONS})

    def score(self, said: Sequence[_Said]) -> _Score:
        own: dict[str, float] = {}
        roots: set[str] = set()
        carriers: dict[int, float] = {}
        reasons = 0
        for place, one in enumerate(said):
            content = {root: at for at, root in one.content if root not in _FUNCTION_STEMS}
            if not any(self._on_topic.of(root) for root in content) and not any(
                root in roots and len(root) >= _TELLING for root in content
            ):
                continue
            for root, at in content.items():
                share = LISTED if at in one.listed else 1.0
                for word, near in self._kin.of(root):
                    own[word] = max(own.get(word, 0.0), near * share)
            fresh = {root for root, at in content.items() if at not in one.listed}
            fresh -= roots | self._known
            reasoned = bool(fresh) and bool(self._reasons.hits(one.sentence))
            carriers[place] = (
                len(fresh)
                + _REASON_WORTH * reasoned
                + sum(bool(self._kin.of(root)) for root in content)
            )
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
        return _Score(max(covered, far * (_GENERAL + (1 - _GENERAL) * covered)), carriers, reason)


def _gives_orders(sentence: str) -> bool:
    # The one pattern is tried first, which takes a tenth of the time of all.
    found = OF_INTENT[Intent.orders].search(sentence)
    return found is not None and Intent.orders in intents_of(sentence)


def _listed(sentence: Sentence) -> frozenset[int]:
    """The positions of words that merely stand in a list of terms."""
    words = sentence.words
    relating = sum(word in FUNCTION_WORDS for word in words)
    if len(words) > _BARE_WORDS and relating < _BARE_SHARE * len(words):
        return frozenset() if sentence.has_number else frozenset(range(len(words)))
    if relating > _PROSE * len(words):
        return frozenset()
    marks = len(_LIST_MARKS.findall(sentence.text))
    return sentence.enumerated if marks >= _LEAST_MARKS else frozenset()


def level_for(score: float, scale: Sequence[Rung]) -> int:
    """The level whose share of the points is nearest to a score of 0 to 1; of two, the lower.

    The lowest level stands for 0 and the highest for 1, whatever points they have.
    """
    return min(range(len(scale)), key=lambda at: (abs(_worth(scale[at], scale) - score), at))


def _worth(rung: Rung, scale: Sequence[Rung]) -> float:
    lowest, highest = scale[0].points, scale[-1].points
    return (rung.points - lowest) / (highest - lowest)


def _found(
    kin: Kin, points: Points, said: Sequence[_Said], short: frozenset[str]
) -> tuple[dict[str, float], dict[int, float]]:
    """The reference's stems that are said, with their shares; what each sentence brings."""
    found: dict[str, float] = {}
    carriers: dict[int, float] = defaultdict(float)
    for place, one in enumerate(said):
        matches = [
            (at, wanted, share) for at, root in one.content for wanted, share in kin.of(root)
        ]
        if not any(wanted in points.new for _, wanted, _ in matches):
            continue  # the question's words count beside others only
        for at, wanted, share in matches:
            counts = share
            if one.sentence.is_negated((at,)) != (wanted in points.negated):
                counts *= CLASHING
            if at in one.listed and wanted not in short:
                counts *= LISTED
            more = counts - found.get(wanted, 0.0)
            if more > 0:
                found[wanted] = counts
                carriers[place] += more * points.weights[wanted]
    return found, carriers


def _attributed(
    criteria: Sequence[AnswerCriterion], pieces: Sequence[Sentence]
) -> dict[str, list[Sentence]]:
    """A reference's pieces by criterion: each goes to those whose texts share most with it.

    A single criterion gets all; a piece that shares nothing with any goes to all that get some.
    """
    if len(criteria) == 1:
        return {criteria[0].id: list(pieces)}
    texts = {
        one.id: frozenset(stems(" ".join((one.title, *_texts(one)))))
        - _FUNCTION_STEMS
        - _OF_RUBRICS
        for one in criteria
    }
    owners: list[set[str]] = []
    for piece in pieces:
        shared = {name: len(content(piece) & words) for name, words in texts.items()}
        most = max(shared.values())
        owners.append({name for name, count in shared.items() if count == most and most > 0})
    owning = set().union(*owners) or set(texts)
    return {
        name: [
            piece
            for piece, own in zip(pieces, owners, strict=True)
            if name in own or (not own and name in owning)
        ]
        for name in texts
    }


def _texts(criterion: AnswerCriterion) -> list[str]:
    return [*([criterion.judges] if criterion.judges else []), *(r.text for r in criterion.levels)]


def _pieces(text: str) -> list[str]:
    return [piece.text for piece in pieces_of(text)]


def _phrases(
    synonyms: Sequence[Sequence[str]],
) -> dict[str, list[tuple[tuple[str, ...], list[str]]]]:
    """By first stem: each phrase of the synonyms, and the stems of those it stands for."""
    found: dict[str, list[tuple[tuple[str, ...], list[str]]]] = defaultdict(list)
    for group in synonyms:
        variants = [stems(phrase) for phrase in group]
        if any(len(one) > 1 for one in variants):
            for one in variants:
                others = [root for other in variants if other != one for root in other]
                if one:
                    found[one[0]].append((one, others))
    return found


def _stand_ins(
    roots: Sequence[str], phrases: Mapping[str, list[tuple[tuple[str, ...], list[str]]]]
) -> list[str]:
    if not phrases:
        return []
    return [
        other
        for at, root in enumerate(roots)
        for phrase, others in phrases.get(root, ())
        if tuple(roots[at : at + len(phrase)]) == phrase
        for other in others
    ]


def _grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]


def _runs(texts: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(gram for text in texts for gram in _grams(words_of(text)))


def _in_runs(words: Sequence[str], runs: Collection[tuple[str, ...]]) -> set[int]:
    """The positions of words that stand in runs of five that are among `runs`."""
    found: set[int] = set()
    for at, gram in enumerate(_grams(words)):
        if gram in runs:
            found.update(range(at, at + _RUN))
    return found


def _stance(text: str) -> str | None:
    match = _YES_OR_NO.match(text)
    return match[1].lower() if match else None


def _length(turns: Sequence[Turn]) -> int:
    return sum(len(turn.text) for turn in turns)


def _flag(name: str, turn: Turn, text: str) -> GradedFlag:
    return GradedFlag(flag=name, turn=turn.index, quote=text.strip()[:300] or None)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_FUNCTION_STEMS = frozenset(map(stem, FUNCTION_WORDS))
_APOSTROPHES = str.maketrans("\u2019\u2018", "''")
