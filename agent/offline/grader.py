"""Grades a transcript without a model: levels by measure, capped by red flags.

Only the matching; whether quotes verify and what the levels add up to is decided in
`agent.grading`.
"""

from collections.abc import Sequence
from dataclasses import replace

from agent.offline.flags import FlagFinder, FoundFlag, SaidIn
from agent.offline.intents import command_like
from agent.offline.language import is_unreadable
from agent.offline.levels import Reader, Reading
from agent.offline.measures import Measured, measured
from agent.offline.text import sentences
from agent.ports import Evidence, Graded, GradedFlag, Grading, Intent, Verdict
from agent.rubric import Criterion, Measure
from agent.transcript import Turn

ORDERS = "orders_to_the_grader"
NOT_ENGLISH = "not_english"
_UNREADABLE_SHARE = 0.3


class OfflineGrader:
    """The grader of the offline engine."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._flags = FlagFinder(reader.rubric, reader.scenario)

    async def grade(self, grading: Grading) -> Graded:
        """Grade the criteria that may be assessed."""
        return self.read(grading)

    def read(self, grading: Grading) -> Graded:
        """The same without waiting: nothing here takes any."""
        answers = grading.transcript.answers()
        foreign = [turn for turn in answers if is_unreadable(turn.text)]
        notes = [_note(NOT_ENGLISH, turn) for turn in foreign[:1]]
        notes += [
            _note(ORDERS, turn) for turn in answers if Intent.orders in command_like(turn.text)
        ][:1]
        if _length(foreign) > _UNREADABLE_SHARE * _length(answers):
            reason = "The offline engine reads English only, and much of the answer is not."
            return Graded(
                verdicts=tuple(
                    Verdict(criterion=name, reason=reason, level=None) for name in grading.assessed
                ),
                flags=tuple(notes),
            )
        readable = [turn for turn in answers if turn not in foreign]
        reading = self._reader.read_all((turn.index, turn.text) for turn in readable)
        flags = self._found_flags(readable, reading)
        verdicts = tuple(
            self._verdict(self._reader.rubric.criterion(name), reading, grading, flags)
            for name in grading.assessed
        )
        absent = {v.criterion for v in verdicts if v.level == 0}
        missing = [
            GradedFlag(flag=flag.id, turn=None, quote=None)
            for flag in self._reader.rubric.red_flags()
            if flag.missing and flag.criterion in absent
        ]
        said = [GradedFlag(flag=f.flag, turn=f.turn, quote=f.quote) for f in flags]
        return Graded(verdicts=verdicts, flags=(*said, *missing, *notes))

    def _verdict(
        self, criterion: Criterion, reading: Reading, grading: Grading, flags: list[FoundFlag]
    ) -> Verdict:
        curveball = grading.curveball and self._reader.scenario.curveball(grading.curveball)
        result = measured(
            reading,
            criterion,
            asked_facts=grading.asked_facts,
            curveball=curveball or None,
            curveball_turn=grading.curveball_turn,
        )
        result = self._capped(criterion, result, reading, flags)
        return Verdict(
            criterion=criterion.id,
            evidence=tuple(Evidence(turn=turn, quote=quote) for turn, quote in result.quotes),
            reason=result.reason,
            level=result.level,
        )

    def _capped(
        self, criterion: Criterion, result: Measured, reading: Reading, flags: list[FoundFlag]
    ) -> Measured:
        """A red flag caps its criterion, unless a later turn puts it right."""
        for red_flag in self._flags.flags:
            cap = red_flag.caps_at
            if red_flag.criterion != criterion.id or cap is None or result.level <= cap:
                continue
            raised = [flag.turn for flag in flags if flag.flag == red_flag.id]
            if not raised or self._put_right(criterion, reading, max(raised)):
                continue
            result = Measured(
                cap,
                result.quotes if cap else (),
                f"Capped at {cap}: {red_flag.title}. {result.reason}",
            )
        return result

    def _put_right(self, criterion: Criterion, reading: Reading, after: int) -> bool:
        if criterion.measure not in (Measure.concepts, Measure.asking):
            return False
        later = replace(reading, turns=tuple(turn for turn in reading.turns if turn.turn > after))
        return later.found(criterion).level >= 2

    def _found_flags(self, answers: Sequence[Turn], reading: Reading) -> list[FoundFlag]:
        seen: set[str] = set()
        found: dict[str, FoundFlag] = {}
        for turn, read in zip(answers, reading.turns, strict=True):
            said = SaidIn(turn.index, turn.step or "", sentences(turn.text), frozenset(seen))
            for flag in self._flags.red_flags(said):
                found.setdefault(flag.flag, flag)
            for sentence in read.sentences:
                seen |= sentence.ideas.keys()
        return list(found.values())


def _length(turns: Sequence[Turn]) -> int:
    return sum(len(turn.text) for turn in turns)


def _note(flag: str, turn: Turn) -> GradedFlag:
    return GradedFlag(flag=flag, turn=turn.index, quote=turn.text.strip()[:300] or None)
