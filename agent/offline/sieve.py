"""Which sentences of an answer count, and which of their words merely stand in a list.

Repeats, copies, orders to the grader and what is not English do not count. What those that
count are worth is decided in `agent.offline.gauges`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.answer_rubric import AnswerRubric
from agent.diagram import prose
from agent.offline.copies import Copies
from agent.offline.cues import OF_INTENT
from agent.offline.drawn import Term, drawn
from agent.offline.intents import intents_of
from agent.offline.kin import Phrases
from agent.offline.language import is_unreadable
from agent.offline.nearby import parts_of
from agent.offline.points import plain
from agent.offline.subject import texts_of
from agent.offline.text import FUNCTION_WORDS, Sentence, sentences, stem, stems
from agent.ports import Intent
from agent.transcript import Turn

_FEW_WORDS = 12
"""A text of fewer words may be names or formulas, in which the language cannot be told."""
_ENGLISH = 0.25
"""With more function words than this, a text is English; prose has about 0.4 of them."""
_BARE_WORDS = 6
_BARE_SHARE = 0.1
"""Beyond 6 words even terse notes hold a tenth of function words; what has less is a list."""
_PROSE = 0.3
"""With more function words than this, a sentence is prose, whatever it enumerates."""

_BLANK = re.compile(
    r"\W*(?:(?:no|empty|blank|missing) (?:answer|response|submission|reply|text)|empty|blank"
    r"|n ?/ ?a"
    r"|(?:sorry )?i (?:really |honestly )?(?:don'?t|do not) (?:know|have an (?:answer|idea))"
    r"(?: (?:the|this) (?:answer|one)| this| it)?|i have no (?:idea|clue|answer)|no (?:idea|clue)"
    r"|idk|not (?:attempted|answered)|skip(?:ped)?|pass|nothing)?\W*",
    re.IGNORECASE,
)
# Orders begin with a word or a bracket. To look nowhere else halves the time this takes.
_ORDERS = re.compile(
    rf"(?:\A|\b(?=\w)|(?=[<\[]))(?:{OF_INTENT[Intent.orders].pattern})", re.IGNORECASE
)
_LETTER = re.compile(r"\b[^\W\d_]\b")
_PARTICLE = re.compile(
    r"(?<=[^\W\d_] )(?:da|de|di|del|della|do|dos|du|des|van|von|der|den|la|le|el|al|zu)(?= )"
    r"(?=(?: [a-z]{2,3})? [A-Z])"
)


@dataclass(frozen=True)
class Said:
    """A sentence that counts: its turn, its words in that turn's spelling, its stems.

    `content` are the stems with their positions in the sentence; -1 is that of a stem for which
    a phrase of the sentence stands. `listed` are the positions in a mere list of terms.
    """

    turn: int
    quote: str
    sentence: Sentence
    content: tuple[tuple[int, str], ...]
    listed: frozenset[int]


@dataclass(frozen=True)
class Sifted:
    """What counts of an answer, and what was found besides.

    `drawn` is what is written in its diagrams. `copied` says whether a sentence was left out as a
    copy; `foreign` are the turns that are not English, `ordering` those with orders to the grader.
    """

    said: tuple[Said, ...] = ()
    drawn: tuple[Said, ...] = ()
    copied: bool = False
    foreign: tuple[Turn, ...] = ()
    ordering: tuple[Turn, ...] = ()
    is_blank: bool = False


class Sieve:
    """Sifts the answers to one question. Building it costs; keep it."""

    def __init__(self, rubric: AnswerRubric, question: str, reference: str) -> None:
        texts = [text for criterion in rubric.criteria for text in texts_of(criterion)]
        self._copies = Copies(question, texts)
        self._phrases = Phrases(rubric.synonyms)
        self._familiar = frozenset(stems(f"{question} {reference}"))

    def sift(self, answers: Sequence[Turn]) -> Sifted:
        """What counts of the turns of an answer."""
        texts = [plain(prose(turn.text)) for turn in answers]
        drawings = [drawn(turn.text) for turn in answers]
        if all(map(_BLANK.fullmatch, texts)) and not any(drawings):
            return Sifted(is_blank=True)
        said: list[Said] = []
        listed: list[Said] = []
        copied = False
        foreign: list[Turn] = []
        ordering: list[Turn] = []
        seen: set[tuple[str, ...]] = set()
        for turn, text, terms in zip(answers, texts, drawings, strict=True):
            pieces = [part for one in sentences(text) for part in parts_of(one)]
            is_foreign = self._is_foreign(text, pieces) if pieces else is_unreadable(turn.text)
            foreign += [turn] if is_foreign else []
            for sentence in (*pieces, *terms):
                is_term = isinstance(sentence, Term)
                if _gives_orders(" ".join(sentence.words) if is_term else sentence.text):
                    ordering.append(turn)
                elif not is_foreign and sentence.words not in seen:
                    seen.add(sentence.words)
                    own = self._copies.own_words(sentence.words)
                    copied = copied or not own
                    if own:
                        (listed if is_term else said).append(self._said(turn, sentence, own))
        return Sifted(tuple(said), tuple(listed), copied, tuple(foreign), tuple(ordering))

    def _said(self, turn: Turn, sentence: Sentence, own: Sequence[int]) -> Said:
        roots = [stem(sentence.words[at]) for at in own]
        stand_ins = [(-1, root) for root in self._phrases.stand_ins(roots)]
        return Said(
            turn=turn.index,
            quote=turn.text[sentence.start : sentence.start + len(sentence.text)],
            sentence=sentence,
            content=(*zip(own, roots, strict=True), *stand_ins),
            listed=_listed(sentence),
        )

    def _is_foreign(self, text: str, pieces: Sequence[Sentence]) -> bool:
        """Whether it is not English; formulas, names and the reference's own words pass."""
        words = [word for piece in pieces for word in piece.words]
        if text.isascii() and _relating(words) > _ENGLISH * len(words):
            return False  # nearly all answers, and what follows takes its time
        if len(words) < _FEW_WORDS:
            if 2 * sum(stem(word) in self._familiar for word in words) >= len(words):
                return False
            text = _PARTICLE.sub(" ", text)
        return is_unreadable(_LETTER.sub(" ", text))


def _gives_orders(sentence: str) -> bool:
    return _ORDERS.search(sentence) is not None and Intent.orders in intents_of(sentence)


def _listed(sentence: Sentence) -> frozenset[int]:
    """The positions of words that merely stand in a list of terms."""
    if isinstance(sentence, Term):
        return sentence.enumerated
    words = sentence.words
    relating = _relating(words)
    if len(words) > _BARE_WORDS and relating < _BARE_SHARE * len(words):
        return frozenset() if sentence.has_number else frozenset(range(len(words)))
    return frozenset() if relating > _PROSE * len(words) else sentence.enumerated


def _relating(words: Sequence[str]) -> int:
    """How many of the words relate others, as function words do."""
    return sum(map(FUNCTION_WORDS.__contains__, words))
