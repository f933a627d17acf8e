"""Reads the candidate's last message without a model: content, questions, moves, red flags."""

from agent.offline.facts import FactFinder
from agent.offline.flags import FlagFinder, SaidIn
from agent.offline.intents import asks_indirectly, command_like, is_filler, step_named
from agent.offline.language import is_unreadable
from agent.offline.levels import Reader, Reading
from agent.offline.measures import measured
from agent.offline.text import FUNCTION_WORDS, Sentence, sentences, stem
from agent.ports import Depth, FlagSighting, Intent, Listening, Observation, Sighting
from agent.rubric import Measure

_DEPTHS = {1: Depth.named, 2: Depth.specific, 3: Depth.reasoned, 4: Depth.reasoned}
_FEW_WORDS = 25
_MIN_CONTENT_WORDS = 6
_MIN_KNOWN_SHARE = 0.12


class OfflineObserver:
    """The observer of the offline engine."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._facts = FactFinder(reader.scenario.facts)
        self._flags = FlagFinder(reader.rubric, reader.scenario)
        self._domain = _domain_words(reader)

    async def observe(self, listening: Listening) -> Observation:
        """Read the transcript's last turn, which must be the candidate's."""
        return self.read(listening)

    def read(self, listening: Listening) -> Observation:
        """The same without waiting: nothing here takes any."""
        answers = listening.transcript.answers()
        turn = answers[-1]
        pieces = sentences(turn.text)
        words = [word for piece in pieces for word in piece.words]
        if not words:
            return Observation(intent=Intent.empty)
        if is_unreadable(turn.text):
            return Observation(intent=Intent.unreadable)
        shown = command_like(turn.text)
        if is_filler(words) and not shown:
            return Observation(intent=Intent.empty)

        sightings = self._sightings(listening, turn.text)
        content = [s for s in sightings if not self._is_asking(s.criterion)]
        brief = len(words) <= _FEW_WORDS
        flags = self._flags_in(listening)
        target = step_named(turn.text, self._reader.rubric.steps)
        facts, beyond = self._asked(pieces, has_content=bool(content))

        intent = Intent.answer
        if Intent.orders in shown or (Intent.abuse in shown and not content):
            intent = Intent.orders if Intent.orders in shown else Intent.abuse
        elif Intent.end in shown and brief:
            intent = Intent.end
        elif Intent.fish in shown and len(content) < 2 and not facts:
            intent = Intent.fish
        elif target is not None:
            intent = Intent.move_to
        elif Intent.move_on in shown and (brief or (shown[-1] is Intent.move_on and not content)):
            intent = Intent.move_on
        elif Intent.ask_hint in shown and brief and len(content) < 2 and not facts:
            intent = Intent.ask_hint
        elif facts or beyond:
            intent = Intent.ask_facts
        elif not sightings and not flags and self._is_off_topic(words):
            intent = Intent.off_topic
        declined = intent in (Intent.orders, Intent.abuse, Intent.fish, Intent.off_topic)
        return Observation(
            intent=intent,
            target_step=target,
            facts=() if declined else tuple(facts),
            asked_beyond_sheet=beyond and intent is Intent.ask_facts,
            sightings=tuple(sightings),
            flags=tuple(flags),
        )

    def _sightings(self, listening: Listening, text: str) -> list[Sighting]:
        turn = listening.transcript.answers()[-1]
        reading = Reading(self._reader.scenario, (self._reader.read(turn.index, text),))
        found = []
        for criterion in self._reader.rubric.criteria():
            if criterion.measure not in (Measure.concepts, Measure.asking):
                continue
            result = measured(reading, criterion)
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

    def _asked(self, pieces: tuple[Sentence, ...], *, has_content: bool) -> tuple[list[str], bool]:
        """The facts asked for, and whether something was asked that the sheet does not hold."""
        facts: list[str] = []
        unanswered = False
        for at, piece in enumerate(pieces):
            if not (piece.is_question or asks_indirectly(piece.text)):
                continue
            asked = self._facts.asked(piece)
            facts += [fact for fact in asked if fact not in facts]
            closing = all(later.is_question for later in pieces[at:])
            if not asked and piece.is_question and closing:
                unanswered = True
        return facts, unanswered and not has_content and not facts

    def _is_asking(self, criterion: str) -> bool:
        return self._reader.rubric.criterion(criterion).measure is Measure.asking

    def _is_off_topic(self, words: list[str]) -> bool:
        content = {stem(word) for word in words if word not in FUNCTION_WORDS}
        if len(content) < _MIN_CONTENT_WORDS:
            return False
        return len(content & self._domain) / len(content) < _MIN_KNOWN_SHARE


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
        for piece in sentences(text)
        for word in piece.words
        if word not in FUNCTION_WORDS
    )
