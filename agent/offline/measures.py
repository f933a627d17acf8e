"""A criterion's level from a reading, by the criterion's measure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.offline.levels import Reading, ReadSentence
from agent.offline.matcher import TermIndex
from agent.rubric import Criterion, Level, Measure
from agent.scenario import Curveball

_LEVELS: tuple[Level, ...] = (0, 1, 2, 3, 4)
_MAX_QUOTES = 3
_FACTS_FOR_LEVEL = (1, 2, 4, 6)
_WORDS_FOR_LEVEL = (4, 10, 18, 28)
_NUMBERS_FOR_LEVEL = (0, 0, 3, 8)
_REASONS_FOR_LEVEL = (2, 5, 10, 18)
_RISKS_FOR_LEVEL = (0, 0, 1, 5)
_SIGNALS_FOR_LEVEL = (1, 2, 3, 4)


@dataclass(frozen=True)
class Measured:
    """A level with the passages it stands on, as (turn, text), and what was counted."""

    level: Level
    quotes: tuple[tuple[int, str], ...]
    reason: str


def measured(
    reading: Reading,
    criterion: Criterion,
    *,
    asked_facts: Sequence[tuple[str, int]] = (),
    curveball: Curveball | None = None,
    curveball_turn: int | None = None,
) -> Measured:
    """The level of one criterion.

    `asked_facts` are facts with the turn in which they were asked for; they count for the
    measure `asking` alone, the curveball and the turn answering it for `adaptation` alone.
    """
    match criterion.measure:
        case Measure.concepts:
            return _by_concepts(reading, criterion)
        case Measure.asking:
            return _by_asking(reading, criterion, asked_facts)
        case Measure.vocabulary:
            return _by_vocabulary(reading)
        case Measure.reasons:
            return _by_reasons(reading)
        case Measure.adaptation:
            return _by_adaptation(reading, curveball, curveball_turn)


def _by_concepts(reading: Reading, criterion: Criterion) -> Measured:
    found = reading.found(criterion)
    if not found.passages:
        return Measured(0, (), "Nothing was found that names it.")
    if found.level == 0:
        how = "touched on in passing" if found.said else "named in a list of terms"
        return Measured(0, (), f"Only {how}.")
    if found.in_words_alone:
        return Measured(
            found.level,
            found.quotes,
            f"A paragraph is mainly about it and uses {_count(found.own, 'term')} of the problem; "
            "hardly any of the ideas listed for it was found.",
        )
    if found.drawn:
        return Measured(
            found.level,
            found.quotes,
            f"Found {_count(found.ideas, 'idea')}, named in a diagram; nothing is said of them.",
        )
    counted = (
        f"{_count(found.ideas, 'idea')}, {_count(found.own, 'term')} of the problem, "
        f"{_count(found.reasons, 'reason')}, {_count(found.numbers, 'figure')} and "
        f"{_count(found.risks, 'risk')} near the passages"
    )
    missing = ""
    if found.level == 1 and not found.core and found.said < 3:
        missing = "; what the criterion is mainly about is not among them"
    elif found.level == 1:
        missing = "; hardly tied to this problem"
    elif found.level == 2 and not found.reasons:
        missing = "; no reason is given"
    return Measured(found.level, found.quotes, f"Found {counted}{missing}.")


def _by_asking(
    reading: Reading, criterion: Criterion, asked_facts: Sequence[tuple[str, int]]
) -> Measured:
    base = _by_concepts(reading, criterion)
    count = len(asked_facts)
    level = max(base.level, _reached(count, _FACTS_FOR_LEVEL))
    if not count or level == base.level:
        return base
    turns = {turn for _, turn in asked_facts}
    quotes = []
    for turn in reading.turns:
        if turn.turn in turns:
            asked = [s.sentence.text for s in turn.sentences if s.rhetorical]
            asked = asked or [s.sentence.text for s in turn.sentences[:1]]
            quotes += [(turn.turn, text) for text in asked]
    return Measured(level, tuple(quotes[:_MAX_QUOTES]), f"Asked for {_count(count, 'fact')}.")


def _by_vocabulary(reading: Reading) -> Measured:
    words = {word for _, _, read in reading.plain for word in read.vocabulary}
    numbers = sum(
        read.sentence.has_number and bool(read.vocabulary or read.ideas)
        for _, _, read in reading.plain
    )
    level = min(_reached(len(words), _WORDS_FOR_LEVEL), _reached(numbers, _NUMBERS_FOR_LEVEL))
    return Measured(
        level,
        _best(reading, lambda read: len(read.vocabulary) + read.sentence.has_number, level),
        f"Used {_count(len(words), 'term')} of the problem and {_count(numbers, 'figure')}.",
    )


def _by_reasons(reading: Reading) -> Measured:
    reasons = sum(read.reason and bool(read.ideas) for _, _, read in reading.plain)
    risks = sum(read.risk and read.reason for _, _, read in reading.plain)
    level = min(_reached(reasons, _REASONS_FOR_LEVEL), _reached(risks, _RISKS_FOR_LEVEL))
    return Measured(
        level,
        _best(reading, lambda read: (read.reason + read.risk) * bool(read.ideas), level),
        f"Gave {_count(reasons, 'reason')} for choices, {risks} of them with a risk.",
    )


def _by_adaptation(
    reading: Reading, curveball: Curveball | None, curveball_turn: int | None
) -> Measured:
    answer = next((turn for turn in reading.turns if turn.turn == curveball_turn), None)
    if curveball is None or answer is None:
        return Measured(0, (), "The change of the problem was not answered.")
    index = TermIndex({at: (term,) for at, term in enumerate(curveball.signals)})
    met: set[object] = set()
    quotes = []
    reason = risk = False
    for read in answer.sentences:
        keys = {hit.key for hit in index.hits(read.sentence) if not hit.negated}
        if keys and not read.is_list:
            met |= keys
            quotes.append((answer.turn, read.sentence.text))
            reason, risk = reason or read.reason, risk or read.risk
    level = _reached(len(met), _SIGNALS_FOR_LEVEL)
    if not reason:
        level = _LEVELS[min(level, 2)]
    elif not risk:
        level = _LEVELS[min(level, 3)]
    return Measured(
        level,
        tuple(quotes[:_MAX_QUOTES]) if level else (),
        f"Took up {_count(len(met), 'consequence')} of the change.",
    )


def _best(
    reading: Reading, worth: Callable[[ReadSentence], int], level: Level
) -> tuple[tuple[int, str], ...]:
    if level == 0:
        return ()
    ranked = sorted(
        ((worth(read), turn, at, read.sentence.text) for turn, at, read in reading.plain),
        key=lambda entry: (-entry[0], entry[1], entry[2]),
    )
    chosen = [entry for entry in ranked if entry[0] > 0][:_MAX_QUOTES]
    return tuple((turn, text) for _, turn, _, text in sorted(chosen, key=lambda e: e[1:3]))


def _reached(count: int, floors: tuple[int, int, int, int]) -> Level:
    """The highest level whose floor, and all floors below it, the count reaches."""
    return _LEVELS[sum(count >= floor for floor in floors)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
