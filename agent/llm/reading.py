"""What the observing model returns, and what of it counts: only what code can check.

The wire form, its JSON Schema, and the pure step from there to an Observation: quotes must
stand in the message, ids must exist, and what does not hold is dropped.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from agent.grading.evidence import locate
from agent.llm.chat import Shape
from agent.llm.window import passage
from agent.llm.wire import Wire, strict_object, told
from agent.ports import Depth, FlagSighting, Intent, Listening, Observation, Sighting
from agent.rubric import Measure, RedFlag, Rubric
from agent.scenario import Scenario

_MOST_FACTS = 5
"""In one message. Nobody asks for more at once but who wants the whole sheet."""
_DEPTHS = list(Depth)
_QUESTION_MARKS = frozenset("?？؟")


class _Evidence(Wire):
    criterion: str
    quote: str
    depth: Depth


class _Flag(Wire):
    flag: str
    quote: str


class _Asked(Wire):
    fact: str
    quote: str


class Read(Wire):
    """The model's reading of one message, as it comes over the wire."""

    evidence: list[_Evidence]
    red_flags: tuple[_Flag, ...] = ()
    facts_asked: tuple[_Asked, ...] = ()
    asked_beyond_sheet: bool = False
    intent: Intent
    target_step: str | None = None
    topic: str | None = None


def read(raw: dict[str, Any], *, last: bool) -> Read:
    """Check the form of an answer; raises ValueError saying what is wrong.

    On the `last` try single entries that do not fit are left out, as nothing is gained by
    throwing away the others; intent and evidence must be there in any case.
    """
    try:
        return Read.model_validate(raw)
    except ValidationError as error:
        if not last:
            raise ValueError(told(error)) from error
    fitting = {name: _fitting(kind, raw.get(name)) for name, kind in _LISTS.items()}
    if not isinstance(raw.get("evidence"), list):
        fitting.pop("evidence")
    try:
        return Read.model_validate({**raw, **fitting})
    except ValidationError as error:
        raise ValueError(told(error)) from error


_LISTS: dict[str, type[Wire]] = {
    "evidence": _Evidence,
    "red_flags": _Flag,
    "facts_asked": _Asked,
}


def _fitting(kind: type[Wire], entries: object) -> list[Wire]:
    found = []
    for entry in entries if isinstance(entries, list) else []:
        try:
            found.append(kind.model_validate(entry))
        except ValidationError:
            continue
    return found


def observation(
    found: Read, listening: Listening, rubric: Rubric, scenario: Scenario
) -> Observation:
    """What counts of a reading of the newest message."""
    message = listening.transcript.turns[-1].text
    steps = {step.id for step in rubric.steps}
    declined = found.intent in (Intent.orders, Intent.abuse, Intent.fish, Intent.off_topic)
    facts = () if declined else _facts(found.facts_asked, message, scenario)
    target = found.target_step if found.target_step in steps else None
    intent = found.intent
    if intent is Intent.move_to and target is None:
        intent = Intent.move_on
    asks = not _QUESTION_MARKS.isdisjoint(message)
    beyond = found.asked_beyond_sheet and not declined and asks
    sightings = (
        *_sightings(found.evidence, message, rubric),
        *_asking(facts, found.facts_asked, message, rubric, found.evidence),
    )
    nothing_asked = intent is Intent.ask_facts and not facts and not beyond
    if nothing_asked or (sightings and intent in (Intent.empty, Intent.unreadable)):
        intent = Intent.answer
    return Observation(
        intent=intent,
        target_step=target if intent is Intent.move_to else None,
        topic=found.topic if found.topic in steps and not declined else None,
        facts=facts,
        asked_beyond_sheet=beyond and intent is Intent.ask_facts,
        sightings=sightings,
        flags=_flags(found.red_flags, listening, rubric, scenario),
    )


def _facts(asked: Iterable[_Asked], message: str, scenario: Scenario) -> tuple[str, ...]:
    known = {fact.id for fact in scenario.facts}
    found = [one.fact for one in asked if one.fact in known and _quoted(one.quote, message)]
    return tuple(dict.fromkeys(found))[:_MOST_FACTS]


def _sightings(evidence: Iterable[_Evidence], message: str, rubric: Rubric) -> list[Sighting]:
    """One for a criterion: the deepest of those whose quote stands in the message."""
    known = {criterion.id for step in rubric.steps for criterion in step.criteria}
    best: dict[str, Sighting] = {}
    for one in evidence:
        quote = _quoted(one.quote, message)
        if quote is None or one.criterion not in known:
            continue
        before = best.get(one.criterion)
        if before is None or _DEPTHS.index(one.depth) > _DEPTHS.index(before.depth):
            best[one.criterion] = Sighting(criterion=one.criterion, quote=quote, depth=one.depth)
    return list(best.values())


def _asking(
    facts: Sequence[str],
    asked: Iterable[_Asked],
    message: str,
    rubric: Rubric,
    evidence: Iterable[_Evidence],
) -> list[Sighting]:
    """Asking for facts is what the criteria about asking are about, noted or not."""
    noted = {one.criterion for one in evidence if _quoted(one.quote, message)}
    quotes = [_quoted(one.quote, message) for one in asked if one.fact in facts]
    quote = next((one for one in quotes if one), None)
    if quote is None:
        return []
    depth = Depth.specific if len(facts) > 1 else Depth.named
    return [
        Sighting(criterion=criterion.id, quote=quote, depth=depth)
        for step in rubric.steps
        for criterion in step.criteria
        if criterion.measure is Measure.asking and criterion.id not in noted
    ]


def flags_said(rubric: Rubric, scenario: Scenario) -> tuple[RedFlag, ...]:
    """The red flags that can show in what is said about this scenario."""
    return tuple(
        flag
        for flag in rubric.red_flags()
        if not flag.missing and set(flag.traits) <= set(scenario.traits)
    )


def _flags(
    flags: Iterable[_Flag], listening: Listening, rubric: Rubric, scenario: Scenario
) -> tuple[FlagSighting, ...]:
    """Those whose quote stands in the message, in a step and at a time where they alarm."""
    known = {
        flag.id
        for flag in flags_said(rubric, scenario)
        if (not flag.in_steps or listening.step in flag.in_steps)
        and not set(flag.unless_seen) & set(listening.seen)
    }
    known |= {pair.id for step in rubric.steps for pair in step.contradictions}
    found: dict[str, FlagSighting] = {}
    for one in flags:
        quote = _quoted(one.quote, listening.transcript.turns[-1].text)
        if quote is not None and one.flag in known:
            found.setdefault(one.flag, FlagSighting(flag=one.flag, quote=quote))
    return tuple(found.values())


def _quoted(quote: str, message: str) -> str | None:
    """The passage of the message that a quote quotes, or None."""
    return locate(passage(quote), message)


@lru_cache(maxsize=64)
def shape_of(ids: tuple[tuple[str, ...], ...]) -> Shape:
    """The JSON Schema of a reading; `ids` are those of criteria, flags, facts and steps."""
    criteria, flags, facts, steps = ids
    return Shape(
        "note",
        strict_object(
            evidence=_list(
                strict_object(
                    criterion=_one_of(criteria),
                    quote={"type": "string"},
                    depth=_one_of([depth.value for depth in Depth]),
                )
            ),
            red_flags=_list(strict_object(flag=_one_of(flags), quote={"type": "string"})),
            facts_asked=_list(strict_object(fact=_one_of(facts), quote={"type": "string"})),
            asked_beyond_sheet={"type": "boolean"},
            intent=_one_of([intent.value for intent in Intent]),
            target_step=_or_null(steps),
            topic=_or_null(steps),
        ),
    )


def ids_of(rubric: Rubric, scenario: Scenario) -> tuple[tuple[str, ...], ...]:
    """The ids that a reading may name, for `shape_of`."""
    said = [flag.id for flag in flags_said(rubric, scenario)]
    said += [pair.id for step in rubric.steps for pair in step.contradictions]
    return (
        tuple(criterion.id for step in rubric.steps for criterion in step.criteria),
        tuple(said) or ("none",),
        tuple(fact.id for fact in scenario.facts),
        tuple(step.id for step in rubric.steps),
    )


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _one_of(values: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def _or_null(values: Iterable[str]) -> dict[str, Any]:
    return {"anyOf": [_one_of(values), {"type": "null"}]}
