"""Whether a sentence of the speaking model may be said. Decided by code, sentence by sentence.

The model is never given what it must not say; the guard keeps it from guessing it, from judging
and praising, from asking twice or more than once, and from making up figures. It knows what
must stay hidden, and lets through what has been said already, by whomever.

Pure: it decides, and `agent.llm.speaker` acts.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from rapidfuzz import fuzz

from agent.llm.verdicts import verdicts_in
from agent.move import Decline, Floor, Hint, Open, ThrowCurveball
from agent.offline.matcher import Hit, TermIndex
from agent.offline.speaker import last_question
from agent.offline.text import FUNCTION_WORDS, Sentence, sentences, stems
from agent.ports import Speaking
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.transcript import Party

MOST_WORDS = 70
"""In one utterance, beside the facts, hints and questions that it has to hold."""

_RUN = 5
"""So many words in a row that also stand in a hidden text are taken from there, ..."""
_RUN_CONTENT = 3
"""... if so many of them carry meaning: "what you know when you" is anybody's."""
_SAME_QUESTION = 80
"""No two authored questions are more alike than 70."""
_QUESTION = re.compile(r"[?？؟]+")
_QUESTIONS = re.compile(r"[^.!?…。！？؟\n]+[?？؟]")
_CLAUSE_END = re.compile(r"[;:,—–，；：]\s*")
_FIGURE = re.compile(r"\d+(?:[.,'’]\d+|[ \u00a0\u202f]\d{3}(?!\d))*")
_MAGNITUDE = re.compile(r"\b(?:thousand|million|billion)s?\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LAYOUT = re.compile(r"^\s*(?:[-*•#>]|\d+[.)]\s|```|\|)|\*\*|__", re.MULTILINE)
_LABEL = re.compile(
    r"^\s*(?:interviewer|assistant|candidate|system|me|you|question|q|frage|pregunta)\s*:",
    re.IGNORECASE,
)
_TAGS = re.compile(r"</?\s*(?:candidate|interviewer|system)\b", re.IGNORECASE)
_MACHINE = re.compile(
    r"\bas an? (?:ai|(?:large )?language model|assistant)\b|\bsystem prompt\b"
    r"|\b(?:the|this|your|my|an?) instructions? (?:say|tell|ask)",
    re.IGNORECASE,
)
_INSTRUCTED = re.compile(r"\bmy (?:instructions|prompt|guidelines)\b", re.IGNORECASE)
# Bare "score", "points" and "criteria" are words of the trade.
_GRADING = re.compile(
    r"\b(?:rubrics?|anchor texts?|must-haves?|red flags?|fact sheet"
    r"|(?:grading|evaluation|assessment|scoring|interview|my|our) (?:criteri(?:on|a)|notes?|scheme)"
    r"|(?:reference|model|expected) answers?|level (?:\d|one|two|three|four)"
    r"|your (?:overall |final |current |interview )?(?:grades?|marks?)|your final score"
    r"|(?:grad|scor|mark|rat|assess|evaluat|judg)(?:e|es|ed|ing)? (?:you|your answers?)"
    r"|you (?:are|will be|would be|were) (?:graded|scored|judged|assessed|evaluated)"
    r"|(?:get|earn|lose|gain|full|more) (?:points|credit|marks)"
    r"|bewertungs\w*|musterlösung|barème|critères d'évaluation|rúbricas?"
    r"|criterios de evaluación)\b",
    re.IGNORECASE,
)
_COURTESIES = frozenset({"that s fine", "that is fine", "that s all right", "it s all right"})
_BETWEEN = frozenset({"and", "or", "of", "a", "the"})
"""What may stand inside a term: "precision and recall"."""
_EVERYDAY = frozenset(
    "explore explores explored exploring transform transforms transformed transforming".split()
)
"""Ordinary words that share their stem with a term of art."""
_IDIOM = re.compile(
    r"(?:\b(?:are|run|ran|running|nearly|almost)|'re) out of time\b"
    r"|\b(?:which|what|that|this|any|some) point in time\b",
    re.IGNORECASE,
)


class Guard:
    """What must stay hidden in an interview, made once for a rubric and a scenario."""

    def __init__(self, rubric: Rubric, scenario: Scenario) -> None:
        ids = [criterion.id for criterion in rubric.criteria()]
        ids += [flag.id for flag in rubric.red_flags()]
        ids += [fact.id for fact in scenario.facts]
        ids += [ball.id for ball in scenario.curveballs]
        # An id without an underscore is an ordinary word.
        self.ids = frozenset(name for name in ids if "_" in name)
        self.runs = frozenset(run for text in _hidden(rubric, scenario) for run in _runs(text))
        self.giveaways = TermIndex[str](
            {term: (term,) for term in rubric.giveaways}, rubric.synonyms
        )

    def review(self, speaking: Speaking, *, english: bool) -> "Review":
        """The review of one utterance; in English its facts are told before it begins."""
        return Review(self, speaking, english=english)


class Review:
    """Looks at the sentences of one utterance in turn."""

    def __init__(self, guard: Guard, speaking: Speaking, *, english: bool) -> None:
        self._guard = guard
        self._speaking = speaking
        self._english = english
        self._question = speaking.move.question
        reply, lead = speaking.move.reply, speaking.move.lead
        self._is_change = isinstance(lead, ThrowCurveball)
        self._declines = isinstance(reply, Decline)
        self._may_restate = self._declines and isinstance(lead, Floor)
        self._may_be_courteous = isinstance(reply, (Decline, Hint)) or (
            isinstance(lead, Open) and lead.cause == "candidate"
        )

    def fault(self, sentence: str, before: Sequence[str]) -> str | None:
        """Why a sentence may not be said after those `before`; None if it may."""
        if _plain(sentence) in map(_plain, before):
            return "it said the same twice"
        return (
            self._malformed(sentence)
            or self._asks_wrongly(sentence, before)
            or self._judges(sentence)
            or self._leaks(sentence)
            or self._invents(sentence)
            or self._too_long(sentence, before)
        )

    def has_asked(self, said: Iterable[str]) -> bool:
        """Whether the utterance is complete with these sentences: its question was put."""
        text, wanted = " ".join(said), self._question
        if wanted is None or (self._is_change and not self._changes(text)):
            return False
        if _QUESTION.search(wanted):
            return _QUESTION.search(text) is not None
        return _length(text) >= 0.6 * _length(wanted)

    def owed(self, said: Sequence[str]) -> list[str]:
        """What the move has to say and these sentences do not, in authored words."""
        owed = [] if self._tells_facts(said) else list(self._speaking.facts)
        reply = self._speaking.move.reply
        if isinstance(reply, Hint) and not self._gives(reply.text, said):
            owed.append(f"A hint: {reply.text}")
        if self._question is not None and not self.has_asked(said):
            told = self._is_change and self._changes(" ".join(said))
            owed.append(_questions_in(self._question)[-1] if told else self._question)
        return owed

    def _changes(self, text: str) -> bool:
        """Whether a text puts the change of the problem, as far as figures and length show it."""
        wanted, told = (_QUESTIONS.sub("", one) for one in (self._question or "", text))
        enough = _length(told) >= 0.7 * _length(wanted)
        return enough and _figures_in(wanted) <= _figures_in(text)

    def _tells_facts(self, said: Iterable[str]) -> bool:
        """Whether all facts that the move reveals were told, as far as figures and length show."""
        if self._english:
            return True
        text, facts = " ".join(said), " ".join(self._speaking.facts)
        return _length(text) >= 0.5 * _length(facts) and _figures_in(facts) <= _figures_in(text)

    def _gives(self, hint: str, said: Iterable[str]) -> bool:
        """Whether a hint was given: its words, or in another language as many."""
        text = " ".join(said)
        if self._english:
            return _share(hint, text) >= 0.3
        return _length(text) >= 0.7 * _length(hint)

    def _malformed(self, sentence: str) -> str | None:
        if _LAYOUT.search(sentence) or _LABEL.search(sentence) or _TAGS.search(sentence):
            return "it was not one plain sentence without label or layout"
        if _MACHINE.search(sentence) or (not self._declines and _INSTRUCTED.search(sentence)):
            return "it spoke of instructions or of being a machine"
        return None

    def _asks_wrongly(self, sentence: str, before: Sequence[str]) -> str | None:
        questions = len(_QUESTION.findall(sentence))
        if not questions:
            return None
        if questions > 1 or any(_QUESTION.search(one) for one in before):
            return "it asked more than one question"
        if self._may_restate and self._open and _restates(sentence, self._open):
            return None
        if self._question is None:
            return "it asked a question where none was to be asked"
        if not self._tells_facts((*before, sentence)):
            return "it left out a fact that he had asked for"
        if self._is_change:
            return None
        wanted = max(_alike(sentence, one) for one in _questions_in(self._question))
        asked = max((_alike(sentence, one) for one in self._asked), default=0)
        if asked >= _SAME_QUESTION and asked > wanted:
            return "it asked what was asked before"
        return None

    def _judges(self, sentence: str) -> str | None:
        for found in verdicts_in(sentence, self._heard):
            words = _plain(found)
            courteous = self._may_be_courteous and words in _COURTESIES
            if not courteous and not _within(words, self._own_words):
                return f"it judged or praised ({found!r})"
        return None

    def _leaks(self, sentence: str) -> str | None:
        if "_" in sentence and self._guard.ids & set(re.findall(r"\w+", sentence)):
            return "it named something by its internal name"
        grading = _GRADING.search(sentence)
        # Who is asked for the rubric may say that he keeps it to himself, but no more of it.
        keeps = self._declines and not _FIGURE.search(sentence)
        if grading and not keeps and not _within(_plain(grading.group()), self._own_words):
            return f"it spoke of how answers are judged ({grading.group()!r})"
        taken = self._guard.runs & set(_runs(sentence))
        if any(not _within(run, self._given) for run in taken):
            return "it said more than the instruction held"
        return self._gives_away(sentence)

    def _gives_away(self, sentence: str) -> str | None:
        for piece in sentences(_IDIOM.sub("", sentence.replace("’", "'"))):
            for hit in self._guard.giveaways.hits(piece):
                if _is_term(hit, piece) and not self._is_known(hit.key):
                    term = " ".join(piece.words[at] for at in hit.positions)
                    return f"it brought in a term of an answer ({term!r})"
        return None

    def _is_known(self, term: str) -> bool:
        """Whether a term was used already; one of "leak" and "leakage" stands for the other."""
        return any(term.startswith(one) or one.startswith(term) for one in self._terms_given)

    def _invents(self, sentence: str) -> str | None:
        for figure in _FIGURE.findall(sentence):
            if not _figures_in(figure) <= self._figures:
                return f"it gave a figure that nobody had given ({figure})"
        for magnitude in _MAGNITUDE.findall(sentence):
            if not any(magnitude.lower().rstrip("s") in text.lower() for text in self._sources):
                return f"it gave a figure that nobody had given ({magnitude})"
        return None

    def _too_long(self, sentence: str, before: Sequence[str]) -> str | None:
        words = sum(_length(one) for one in (*before, sentence))
        needed = sum(_length(text) for text in self._required)
        if words > MOST_WORDS + 1.5 * needed:
            return "it was too long"
        return None

    @cached_property
    def _required(self) -> tuple[str, ...]:
        """The texts that the move itself holds."""
        move = self._speaking.move
        hint = move.reply.text if isinstance(move.reply, Hint) else None
        return tuple(text for text in (*self._speaking.facts, hint, move.question) if text)

    @cached_property
    def _own_words(self) -> str:
        return _joined(self._required)

    @cached_property
    def _heard(self) -> str:
        """What the candidate said lately."""
        turns = self._speaking.recent.turns
        return " ".join(turn.text for turn in turns if turn.speaker is Party.candidate)

    @cached_property
    def _sources(self) -> tuple[str, ...]:
        """Everything that may be said again."""
        speaking = self._speaking
        return (
            *self._required,
            *speaking.known_facts,
            speaking.prompt,
            *speaking.titles.values(),
            *(turn.text for turn in speaking.recent.turns),
        )

    @cached_property
    def _given(self) -> str:
        return _joined(self._sources)

    @cached_property
    def _figures(self) -> frozenset[str]:
        return frozenset(one for text in self._sources for one in _figures_in(text))

    @cached_property
    def _terms_given(self) -> frozenset[str]:
        return frozenset(
            hit.key
            for text in self._sources
            for piece in sentences(text)
            for hit in self._guard.giveaways.hits(piece)
        )

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        """The questions put before, as authored and as said lately."""
        turns = self._speaking.recent.turns
        said = [turn.text for turn in turns if turn.speaker is Party.interviewer]
        return tuple(one for text in (*self._speaking.asked, *said) for one in _questions_in(text))

    @cached_property
    def _open(self) -> str | None:
        return last_question(self._speaking)


def _hidden(rubric: Rubric, scenario: Scenario) -> list[str]:
    """Every text that the candidate must not hear from the interviewer unasked."""
    texts = [*scenario.references.values(), *scenario.grading_notes.values(), *scenario.pitfalls]
    texts += [fact.text for fact in scenario.facts]
    texts += [text for ball in scenario.curveballs for text in (ball.text, ball.good_adaptation)]
    for criterion in rubric.criteria():
        texts += [criterion.judges, *criterion.hints]
        texts += [criterion.anchors.at(level) for level in (0, 1, 2, 3, 4)]
    texts += [flag.why for flag in rubric.red_flags()]
    return texts


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _joined(texts: Iterable[str]) -> str:
    """Texts in which `_within` looks for words; what stands in two of them is in none."""
    return " | ".join(("", *(_plain(text) for text in texts), ""))


def _within(words: str, joined: str) -> bool:
    return f" {words} " in joined


def _runs(text: str) -> list[str]:
    words = _plain(text).split()
    runs = (words[at : at + _RUN] for at in range(len(words) - _RUN + 1))
    return [
        " ".join(run)
        for run in runs
        if sum(word not in FUNCTION_WORDS for word in run) >= _RUN_CONTENT
    ]


def _figures_in(text: str) -> frozenset[str]:
    """The figures of a text, however a language writes them: 10,000 and 10.000 are one."""
    return frozenset(re.sub(r"\D", "", figure) for figure in _FIGURE.findall(text))


def _length(text: str) -> float:
    """The number of words; two signs of a script without spaces count as one."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_UNSPACED.sub(" ", text).split()) + unspaced / 2


def _questions_in(text: str) -> list[str]:
    """The questions of a text, or the whole if it holds none."""
    return [one.strip() for one in _QUESTIONS.findall(text)] or [text]


def _alike(one: str, other: str) -> float:
    """How alike a sentence and a question are, 0 to 100, whatever clause leads up to it."""
    starts = [0, *(match.end() for match in _CLAUSE_END.finditer(one))]
    return max(fuzz.ratio(_plain(one[start:]), _plain(other)) for start in starts)


def _share(wanted: str, text: str) -> float:
    """How much of what `wanted` is about stands in a text, 0 to 1."""
    words = {stem for stem in stems(wanted) if stem not in FUNCTION_WORDS}
    return len(words & set(stems(text))) / len(words) if words else 1.0


def _restates(sentence: str, question: str) -> bool:
    return _alike(sentence, question) >= _SAME_QUESTION or _share(question, sentence) >= 0.5


def _is_term(hit: Hit[str], piece: Sentence) -> bool:
    """Whether a hit is the term itself, and not its words spread over a sentence."""
    first, last = hit.positions[0], hit.positions[-1]
    between = {piece.words[at] for at in range(first, last) if at not in hit.positions}
    return between <= _BETWEEN and piece.words[first] not in _EVERYDAY
