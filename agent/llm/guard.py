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

from agent.llm.verdicts import verdict_in
from agent.move import Decline, Farewell, Floor, ThrowCurveball
from agent.offline.matcher import TermIndex
from agent.offline.speaker import last_question
from agent.offline.text import sentences
from agent.ports import Speaking
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.transcript import Party

MOST_WORDS = 70
"""In one utterance, beside the facts, hints and questions that it has to hold."""

_RUN = 5
"""So many words in a row that also stand in a hidden text are taken from there."""
_SAME_QUESTION = 90
_RESTATED = 55
_QUESTION = re.compile(r"[?？]")
_FIGURE = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")
_WORD = re.compile(r"[^\W_]+")
_LAYOUT = re.compile(r"^\s*(?:[-*•#>]|\d+[.)]\s|```|\|)|\*\*|__", re.MULTILINE)
_LABEL = re.compile(r"^\s*(?:interviewer|assistant|candidate|system|me|you)\s*:", re.IGNORECASE)
_TAGS = re.compile(r"</?\s*(?:candidate|interviewer|system)\b", re.IGNORECASE)
_MACHINE = re.compile(
    r"\bas an? (?:ai|language model|assistant)\b|\bmy (?:instructions|prompt|guidelines)\b"
    r"|\bsystem prompt\b|\b(?:the|this|your|an?) instructions? (?:say|tell|ask)",
    re.IGNORECASE,
)
_GRADING = re.compile(
    r"\b(?:rubrics?|criteri(?:on|a)|anchors?|grading|graded|scored?|scoring|points|level \d"
    r"|must-haves?|red flags?|reference answer|model answer|fact sheet|bewertungs\w*|kriteri\w*"
    r"|musterlösung|barème|critères?|rúbricas?|criterios?)\b",
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

    def review(self, speaking: Speaking) -> "Review":
        """The review of one utterance."""
        return Review(self, speaking)


class Review:
    """Looks at the sentences of one utterance in turn."""

    def __init__(self, guard: Guard, speaking: Speaking) -> None:
        self._guard = guard
        self._speaking = speaking
        self._question = speaking.move.question
        self._may_restate = isinstance(speaking.move.reply, Decline) and isinstance(
            speaking.move.lead, Floor
        )

    def fault(self, sentence: str, before: Sequence[str]) -> str | None:
        """Why a sentence may not be said after those `before`; None if it may."""
        return (
            self._malformed(sentence)
            or self._asks_wrongly(sentence, before)
            or self._judges(sentence)
            or self._leaks(sentence)
            or self._invents(sentence)
            or self._too_long(sentence, before)
        )

    @property
    def wants_question(self) -> bool:
        """Whether the utterance must hold a question, or a change of the problem."""
        return self._question is not None

    def has_asked(self, said: Iterable[str]) -> bool:
        """Whether the utterance is complete with these sentences: its question was put."""
        text = " ".join(said)
        if isinstance(self._speaking.move.lead, ThrowCurveball):
            # Its text may end without a question; then all its figures must have been said.
            wanted = set(_FIGURE.findall(self._question or ""))
            enough = len(text.split()) >= 0.6 * len((self._question or "").split())
            return enough and wanted <= set(_FIGURE.findall(text))
        return self.wants_question and _QUESTION.search(text) is not None

    def tells_facts(self, said: Iterable[str]) -> bool:
        """Whether all facts that the move reveals were told, as far as figures show it."""
        told = set(_FIGURE.findall(" ".join(said)))
        return all(set(_FIGURE.findall(fact)) <= told for fact in self._speaking.facts)

    def _malformed(self, sentence: str) -> str | None:
        if _LAYOUT.search(sentence) or _LABEL.search(sentence) or _TAGS.search(sentence):
            return "it was not one plain sentence without label or layout"
        if _MACHINE.search(sentence):
            return "it spoke of instructions or of being a machine"
        return None

    def _asks_wrongly(self, sentence: str, before: Sequence[str]) -> str | None:
        questions = len(_QUESTION.findall(sentence))
        if not questions:
            return None
        if questions > 1 or any(_QUESTION.search(one) for one in before):
            return "it asked more than one question"
        if self._may_restate and self._open and _alike(sentence, self._open) >= _RESTATED:
            return None
        if not self.wants_question:
            return "it asked a question where none was to be asked"
        if isinstance(self._speaking.move.lead, (ThrowCurveball, Farewell)):
            return None
        if _alike(sentence, self._question or "") >= _SAME_QUESTION:
            return None
        if any(_alike(sentence, asked) >= _SAME_QUESTION for asked in self._asked):
            return "it asked what was asked before"
        return None

    def _judges(self, sentence: str) -> str | None:
        found = verdict_in(sentence)
        if found is None or _plain(found) in self._own_words:
            return None
        return f"it judged or praised ({found!r})"

    def _leaks(self, sentence: str) -> str | None:
        if any(re.search(rf"\b{name}\b", sentence) for name in self._named_ids(sentence)):
            return "it named something by its internal name"
        grading = _GRADING.search(sentence)
        if grading is not None and not self._is_given(grading.group()):
            fishing = isinstance(self._speaking.move.reply, Decline)
            if not fishing or _FIGURE.search(sentence):
                return f"it spoke of how answers are judged ({grading.group()!r})"
        words = _plain(sentence).split()
        for at in range(len(words) - _RUN + 1):
            run = " ".join(words[at : at + _RUN])
            if run in self._guard.runs and not self._is_given(run):
                return "it said more than the instruction held"
        return self._gives_away(sentence)

    def _gives_away(self, sentence: str) -> str | None:
        for piece in sentences(sentence):
            for hit in self._guard.giveaways.hits(piece):
                if hit.key not in self._terms_given:
                    term = " ".join(piece.words[at] for at in hit.positions)
                    return f"it brought in a term of an answer ({term!r})"
        return None

    def _invents(self, sentence: str) -> str | None:
        for figure in _FIGURE.findall(sentence):
            if figure not in self._figures:
                return f"it gave a figure that nobody had given ({figure})"
        return None

    def _too_long(self, sentence: str, before: Sequence[str]) -> str | None:
        words = sum(len(one.split()) for one in (*before, sentence))
        needed = sum(len(text.split()) for text in self._required)
        if words > MOST_WORDS + 1.5 * needed:
            return "it was too long"
        return None

    def _named_ids(self, sentence: str) -> list[str]:
        return [name for name in self._guard.ids if name in sentence] if "_" in sentence else []

    def _is_given(self, text: str) -> bool:
        return _plain(text) in self._given

    @cached_property
    def _required(self) -> tuple[str, ...]:
        """The texts that the move itself holds."""
        move = self._speaking.move
        hint = getattr(move.reply, "text", None)
        return tuple(text for text in (*self._speaking.facts, hint, move.question) if text)

    @cached_property
    def _own_words(self) -> str:
        return _plain(" ".join(self._required))

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
        return _plain(" ".join(self._sources))

    @cached_property
    def _figures(self) -> frozenset[str]:
        return frozenset(one for text in self._sources for one in _FIGURE.findall(text))

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
        said = [
            piece.text
            for turn in self._speaking.recent.turns
            if turn.speaker is Party.interviewer
            for piece in sentences(turn.text)
            if piece.is_question
        ]
        return (*self._speaking.asked, *said)

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


def _runs(text: str) -> list[str]:
    words = _plain(text).split()
    return [" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]


def _alike(one: str, other: str) -> float:
    """How alike two questions are, 0 to 100, whatever stands around them."""
    return fuzz.token_set_ratio(_plain(one), _plain(other))
