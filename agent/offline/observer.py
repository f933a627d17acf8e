"""Reads the candidate's last message without a model: content, questions, moves, red flags."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent.diagram import prose
from agent.offline.cues import Courtesy
from agent.offline.drawn import drawn
from agent.offline.facts import FactFinder
from agent.offline.flags import FlagFinder, SaidIn
from agent.offline.intents import (
    asks_indirectly,
    command_like,
    courtesy_in,
    is_attempt,
    is_filler,
    is_outright_plea,
    is_rhetorical,
    share_of,
    step_named,
    topic_named,
    unquoted,
)
from agent.offline.language import is_unreadable
from agent.offline.levels import Reader
from agent.offline.measures import measured
from agent.offline.text import FUNCTION_WORDS, Sentence, sentences, stem, term_words
from agent.ports import Depth, FlagSighting, Intent, Listening, Observation, Sighting
from agent.rubric import Measure

_DEPTHS = {1: Depth.named, 2: Depth.specific, 3: Depth.reasoned, 4: Depth.reasoned}
_FEW_WORDS = 25
_MAIN_SHARE = 0.5
_NO_ANSWER = (Courtesy.repeat, Courtesy.leave)
_MIN_CONTENT_WORDS = 6
_MIN_WORDS_ASKED = 2
_MIN_KNOWN_SHARE = 0.51
_MIN_KNOWN_SHARE_ASKED = 0.34


class OfflineObserver:
    """The observer of the offline engine."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._facts = FactFinder(reader.scenario.facts)
        self._flags = FlagFinder(reader.rubric, reader.scenario)
        self._domain = _domain_words(reader)
        self._asking_steps = frozenset(
            step.id
            for step in reader.rubric.steps
            if any(criterion.measure is Measure.asking for criterion in step.criteria)
        )
        self._content = frozenset(
            criterion.id
            for step in reader.rubric.steps
            for criterion in step.criteria
            if criterion.measure is Measure.concepts
        )

    async def observe(self, listening: Listening) -> Observation:
        """Read the transcript's last turn, which must be the candidate's."""
        return self.read(listening)

    def read(self, listening: Listening) -> Observation:
        """The same without waiting: nothing here takes any."""
        answers = listening.transcript.answers()
        turn = answers[-1]
        text = prose(turn.text)
        draws = bool(drawn(turn.text))
        pieces = sentences(text)
        words = [word for piece in pieces for word in piece.words]
        if not words and not draws:
            return Observation(intent=Intent.empty)
        if is_unreadable(turn.text):
            return Observation(intent=Intent.unreadable)
        shown = command_like(turn.text)
        if not draws and ((is_filler(words) and not shown) or courtesy_in(text) in _NO_ANSWER):
            return Observation(intent=Intent.empty)

        sightings = self._sightings(listening, turn.text)
        content = [s for s in sightings if s.criterion in self._content]
        flags = self._flags_in(listening)
        target = step_named(text, self._reader.rubric.steps)
        facts, beyond = self._asked(pieces, listening.step, has_content=bool(content))
        message = _Message(
            text=text,
            words=len(words),
            shown=frozenset(shown),
            content=len(content),
            asks=bool(facts),
        )
        intent = _wish(message)
        if intent is None and target is not None:
            intent = Intent.move_to
        if intent is None:
            intent = _lesser_wish(message)
        if intent is None and not (sightings or flags or facts or draws):
            intent = Intent.off_topic if self._is_off_topic(words, asks=beyond) else None
        if intent is None and (facts or beyond):
            intent = Intent.ask_facts
        intent = intent or Intent.answer
        declined = intent in (Intent.orders, Intent.abuse, Intent.fish, Intent.off_topic)
        return Observation(
            intent=intent,
            target_step=target,
            topic=None if declined else topic_named(text, self._reader.rubric.steps),
            facts=() if declined else tuple(facts),
            asked_beyond_sheet=beyond and intent is Intent.ask_facts,
            sightings=tuple(sightings),
            flags=tuple(flags),
        )

    def _sightings(self, listening: Listening, text: str) -> list[Sighting]:
        turn = listening.transcript.answers()[-1]
        reading = self._reader.read_all([(turn.index, text)])
        # A diagram shows the whole system, and yet takes up no step but the one at hand.
        said = replace(reading, drawings=())
        steps = self._reader.rubric.steps
        here = {one.id for step in steps if step.id == listening.step for one in step.criteria}
        found = []
        for criterion in self._reader.rubric.criteria():
            if criterion.measure not in (Measure.concepts, Measure.asking):
                continue
            result = measured(reading if criterion.id in here else said, criterion)
            if result.level > 0:
                quote = result.quotes[0][1]
                found.append(
                    Sighting(criterion=criterion.id, quote=quote, depth=_DEPTHS[result.level])
                )
        return found

    def _flags_in(self, listening: Listening) -> list[FlagSighting]:
        seen = frozenset(listening.seen)
        *before, last = [
            SaidIn(turn.index, turn.step or listening.step, sentences(turn.text), seen)
            for turn in listening.transcript.answers()
        ]
        found = [*self._flags.red_flags(last), *self._flags.contradictions(before, last)]
        return [FlagSighting(flag=flag.flag, quote=flag.quote) for flag in found]

    def _asked(
        self, pieces: Sequence[Sentence], step: str, *, has_content: bool
    ) -> tuple[list[str], bool]:
        """The facts asked for, and whether something was asked that the sheet does not hold."""
        in_answer = has_content and step not in self._asking_steps
        facts: list[str] = []
        unanswered = False
        for at, piece in enumerate(pieces):
            if not _asks(pieces, at, in_answer=in_answer):
                continue
            asked = self._facts.asked(piece)
            facts += [fact for fact in asked if fact not in facts]
            closing = all(later.is_question for later in pieces[at:])
            if not asked and piece.is_question and closing and _names_something(piece):
                unanswered = True
        return facts, unanswered and not has_content and not facts

    def _is_off_topic(self, words: list[str], *, asks: bool) -> bool:
        content = {stem(word) for word in words if word not in FUNCTION_WORDS}
        if len(content) < (_MIN_WORDS_ASKED if asks else _MIN_CONTENT_WORDS):
            return False
        least = _MIN_KNOWN_SHARE_ASKED if asks else _MIN_KNOWN_SHARE
        return len(content & self._domain) / len(content) < least


@dataclass(frozen=True)
class _Message:
    """What decides on a message's intent: its wording, and how much it holds beside."""

    text: str
    words: int
    shown: frozenset[Intent]
    content: int
    asks: bool

    def is_mainly(self, intent: Intent) -> bool:
        """Whether this wish is what the message is for, and not said in passing."""
        return intent in self.shown and share_of(self.text, intent) >= _MAIN_SHARE


def _wish(message: _Message) -> Intent | None:
    """What the message is mainly for, if that is neither an answer nor a move."""
    brief = message.words <= _FEW_WORDS
    for grave in (Intent.orders, Intent.abuse):
        if grave in message.shown and (not message.content or message.is_mainly(grave)):
            return grave
    if Intent.end in message.shown and brief:
        return Intent.end
    if Intent.fish in message.shown and not message.asks:
        return Intent.fish if not message.content or message.is_mainly(Intent.fish) else None
    return None


def _lesser_wish(message: _Message) -> Intent | None:
    """A wish that gives way to content and to a step named."""
    brief = message.words <= _FEW_WORDS
    if Intent.move_on in message.shown and (brief or not message.content):
        return Intent.move_on
    if Intent.ask_hint in message.shown and not message.asks:
        if is_outright_plea(message.text):
            return Intent.ask_hint if brief or not message.content else None
        attempted = message.content or is_attempt(message.text)
        if not attempted and message.is_mainly(Intent.ask_hint):
            return Intent.ask_hint
    return None


def _names_something(question: Sentence) -> bool:
    """Whether a question is about something: "monitoring?" alone is no question to the sheet."""
    words = {word for word in question.words if word not in FUNCTION_WORDS}
    return len(words) > 1 or len(words) == 1 < len(question.words)


def _asks(pieces: Sequence[Sentence], at: int, *, in_answer: bool) -> bool:
    """Whether a sentence asks the interviewer something."""
    piece = pieces[at]
    said = unquoted(piece.text, least=0)
    if asks_indirectly(said):
        return True
    if not piece.is_question or "?" not in said:
        return False
    after = pieces[at + 1] if at + 1 < len(pieces) else None
    followed_by = after.text if after is not None and not after.is_question else ""
    return not is_rhetorical(said, followed_by, in_answer=in_answer)


def _domain_words(reader: Reader) -> frozenset[str]:
    """The stems of all that rubric and scenario speak of: what is off topic has none."""
    scenario, rubric = reader.scenario, reader.rubric
    texts = [scenario.prompt, *scenario.vocabulary, *scenario.references.values()]
    texts += [fact.text for fact in scenario.facts]
    for criterion in rubric.criteria():
        texts.append(criterion.judges)
        texts += [term for concept in criterion.concepts for term in concept.terms]
    return frozenset(
        stem(word)
        for text in texts
        for word in term_words(prose(text))
        if word not in FUNCTION_WORDS
    )
