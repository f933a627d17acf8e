"""Scripted candidates: a pure function from what was asked to what is said.

They take the interviewer's move from the interview's events, so they know which criterion a
question is about. People have to find that out from its words: these candidates show what the
interviewer makes of answers that fit, and not how well its questions are understood. What they
say are gold passages of a known level, questions in the words of the fact sheet's `asks`, and
the sentences of `evals.selfplay.wordings`; a reaction to a changed problem is the scenario's
`good_adaptation`. The same persona and seed say the same to the same moves.
"""

from dataclasses import dataclass, replace

from agent.move import Challenge, Hint, LastWord, Open, Probe, ThrowCurveball
from agent.rubric import Step
from evals.formats.passages import Passage
from evals.selfplay import wordings
from evals.selfplay.candidate import Candidate, Heard, Said, Wish
from evals.selfplay.material import (
    Material,
    asks_apart,
    chance,
    drawn,
    first_sentence,
    question_of,
    shuffled,
    spoken,
)
from evals.selfplay.persona import Persona

_ASKED_AT_ONCE = 3
_ASKS_AGAIN_FROM = 2
"""The place of the step, from 0, at whose opening facts are asked for once more."""
_SECOND_PLEA = 0.5
_SKIPS_A_PROBE = 0.5
_OF_THE_MODEL = ("primary_model", "justification", "inference_mode")
"""What he who jumps ahead talks of first."""


@dataclass(frozen=True)
class Part:
    """A role: who is played, with which material, by which seed."""

    persona: Persona
    material: Material
    seed: int

    @property
    def key(self) -> tuple[object, ...]:
        """What all his choices depend on."""
        return self.material.scenario.id, self.persona.id, self.seed

    def facts(self) -> tuple[str, ...]:
        """The facts he asks for. They are the same for all personas of a seed, as far as they go.

        So the same is asked by several, in words of their own.
        """
        known = [fact.id for fact in self.material.scenario.facts]
        order = shuffled(known, "facts", self.material.scenario.id, self.seed)
        return tuple(order[: self.persona.asks])


@dataclass(frozen=True)
class Mind:
    """What he remembers: passages spoken, facts asked for, what stands asked, where he is."""

    turn: int = 0
    spoken: frozenset[str] = frozenset()
    asked: int = 0
    again: int = 0
    criterion: str | None = None
    step: str | None = None
    said_in_step: int = 0
    pleas: int = 0
    attempts: int = 0
    jumped: bool = False
    skipped: int = 0


def scripted(part: Part) -> Candidate:
    """A candidate who remembers from turn to turn."""
    mind = Mind()

    async def candidate(heard: Heard) -> Said:
        nonlocal mind
        mind, said = reply(part, mind, heard)
        return said

    return candidate


def reply(part: Part, mind: Mind, heard: Heard) -> tuple[Mind, Said]:
    """What he says to this, and what he remembers then."""
    mind = _listened(mind, heard)
    lead = heard.move.lead
    if isinstance(lead, LastWord):
        said = Said(wordings.NOTHING_TO_ADD, (Wish(kind="onwards"),))
    elif isinstance(lead, ThrowCurveball):
        said = Said(_reaction(part, lead.curveball), answers=True)
    elif (asking := _asking(part, mind, heard)) is not None:
        mind, said = asking
    else:
        mind, said = _in_his_manner(part, mind, heard)
    return replace(mind, turn=mind.turn + 1), said


def _listened(mind: Mind, heard: Heard) -> Mind:
    """What the last move changes: the step, and the criterion that stands asked."""
    if heard.step != mind.step:
        mind = replace(mind, step=heard.step, said_in_step=0, criterion=None, pleas=0)
    reply_, lead = heard.move.reply, heard.move.lead
    if isinstance(reply_, Hint):
        mind = replace(mind, criterion=reply_.criterion)
    if isinstance(lead, (Probe, Challenge, Open)) and lead.criterion is not None:
        mind = replace(mind, criterion=lead.criterion, pleas=0)
    return mind


def _asking(part: Part, mind: Mind, heard: Heard) -> tuple[Mind, Said] | None:
    """Questions about the problem: at the start of the interview, and again at a later step."""
    facts, scenario = part.facts(), part.material.scenario
    if mind.asked < len(facts) and mind.said_in_step == 0:
        now = facts[mind.asked : mind.asked + _ASKED_AT_ONCE]
        asks = [(fact, asks_apart(scenario.fact(fact), *part.key)[0]) for fact in now]
        said = Said(
            " ".join(question_of(ask, *part.key) for _, ask in asks),
            tuple(Wish(kind="fact", fact=fact) for fact, _ in asks),
        )
        return replace(mind, asked=mind.asked + len(now)), said
    place = [step.id for step in part.material.rubric.steps].index(mind.step or "")
    opens = isinstance(heard.move.lead, Open)
    if opens and place >= _ASKS_AGAIN_FROM and mind.again < part.persona.again:
        fact = facts[mind.again]
        ask = asks_apart(scenario.fact(fact), *part.key)[1]
        said = Said(
            f"{wordings.ONCE_MORE} {question_of(ask, *part.key)}",
            (Wish(kind="fact", fact=fact, again=True),),
        )
        return replace(mind, again=mind.again + 1), said
    return None


def _in_his_manner(part: Part, mind: Mind, heard: Heard) -> tuple[Mind, Said]:
    match part.persona.manner:
        case "skips":
            return _skipping(part, mind, heard)
        case "asks_hints":
            return _pleading(part, mind, heard)
        case "fishes" if mind.turn % 2 == 0:
            return _fishing(part, mind)
        case _:
            return _answering(part, mind)


def _answering(part: Part, mind: Mind) -> tuple[Mind, Said]:
    """An answer to what stands asked, or that he does not know."""
    if mind.criterion and chance(*part.key, "silent", mind.turn) < part.persona.silent:
        words = drawn(wordings.IGNORANCE, *part.key, mind.turn)
        return _counted(mind), Said(words, (Wish(kind="ignorance"),))
    return _told(part, mind, _fitting(part, mind))


def _skipping(part: Part, mind: Mind, heard: Heard) -> tuple[Mind, Said]:
    """First of all the model and how it runs; then a passage a step, and on."""
    if not mind.jumped:
        found = [_passage(part, mind, name) for name in _OF_THE_MODEL]
        mind, said = _told(part, mind, [one for one in found if one is not None])
        said = replace(said, text=f"{wordings.AHEAD} {said.text}")
        return replace(mind, jumped=True), said
    lead = heard.move.lead
    is_held_back = isinstance(lead, Probe) and (lead.before_leaving or lead.brings_back_from)
    skips = chance(*part.key, "skip", mind.turn) < _SKIPS_A_PROBE
    if mind.said_in_step == 0 or is_held_back or (mind.criterion and not skips):
        return _answering(part, mind)
    words = wordings.ONWARDS if mind.skipped else wordings.TO_SERVING
    mind = replace(_counted(mind), skipped=mind.skipped + 1)
    return mind, Said(words, (Wish(kind="onwards"),))


def _pleading(part: Part, mind: Mind, heard: Heard) -> tuple[Mind, Said]:
    """Nothing before a hint; with it he gets as far as the hint is strong, to level 2 at most."""
    hint = heard.move.reply
    is_helped = isinstance(hint, Hint)
    again = is_helped and chance(*part.key, "plea", mind.turn) < _SECOND_PLEA
    if mind.pleas == 0 or (again and mind.pleas < 3):
        among = wordings.MORE_PLEAS if mind.pleas else wordings.PLEAS
        said = Said(drawn(among, *part.key, mind.turn), (Wish(kind="hint"),))
        return replace(mind, pleas=mind.pleas + 1), said
    strength = hint.strength if isinstance(hint, Hint) else 1
    helped = replace(part.persona, levels=(min(strength, 2),), manner="plain")
    return _answering(replace(part, persona=helped), replace(mind, pleas=0))


def _fishing(part: Part, mind: Mind) -> tuple[Mind, Said]:
    order = shuffled(wordings.FISHING, *part.key)
    words = order[mind.attempts % len(order)]
    return replace(mind, attempts=mind.attempts + 1), Said(words, (Wish(kind="rubric"),))


def _told(part: Part, mind: Mind, passages: list[Passage]) -> tuple[Mind, Said]:
    """The passages in his way of talking; that he has told all if there are none."""
    if not passages:
        return _counted(mind), Said(drawn(wordings.EXHAUSTED, *part.key, mind.turn))
    text = "\n\n".join(spoken(one) for one in passages)
    match part.persona.manner:
        case "asserts":
            text = f"{text} {drawn(wordings.ASSERTED, *part.key, mind.turn)}"
        case "clips":
            text = first_sentence(text)
        case "rambles":
            before, after = shuffled(wordings.TALES, *part.key, mind.turn)[:2]
            opening, closing = shuffled(part.material.fillers, *part.key, mind.turn)[:2]
            text = f"{opening} {before}\n\n{text}\n\n{after} {closing}"
    mind = replace(mind, spoken=mind.spoken | {one.id for one in passages})
    return _counted(mind), Said(text, answers=True)


def _counted(mind: Mind) -> Mind:
    return replace(mind, said_in_step=mind.said_in_step + 1)


def _fitting(part: Part, mind: Mind) -> list[Passage]:
    """What he has on the criterion that stands asked, or on the step if only that was opened."""
    if mind.criterion is not None:
        passage = _passage(part, mind, mind.criterion)
        return [passage] if passage else []
    found: list[Passage] = []
    for criterion in _step(part, mind).criteria:
        is_new = not any(one.id in mind.spoken for one in part.material.on(criterion.id))
        passage = _passage(part, mind, criterion.id) if is_new else None
        if passage is not None and len(found) < part.persona.opens_with:
            found.append(passage)
    return found


def _step(part: Part, mind: Mind) -> Step:
    assert mind.step is not None
    return part.material.rubric.step(mind.step)


def _passage(part: Part, mind: Mind, criterion: str) -> Passage | None:
    """A passage that he has not spoken yet, at one of his levels; None if there is none.

    The seed chooses the level to begin with. Where the file has none at any of his levels, it is
    the nearest.
    """
    on = part.material.on(criterion)
    levels = part.persona.levels
    if not any(one.level in levels for one in on):
        known = sorted({one.level for one in on if one.level is not None})
        nearest = min(abs(level - own) for level in known for own in levels) if known else 0
        levels = tuple(one for one in known if min(abs(one - own) for own in levels) == nearest)
    for level in shuffled(levels, *part.key, criterion):
        left = [one for one in on if one.level == level and one.id not in mind.spoken]
        if left and part.persona.manner == "clips":
            return min(left, key=lambda one: len(one.text))
        if left:
            return drawn(left, *part.key, criterion)
    return None


def _reaction(part: Part, curveball: str) -> str:
    """How he takes the change: as well as he speaks otherwise."""
    good = part.material.scenario.curveball(curveball).good_adaptation
    match max(part.persona.levels):
        case 4:
            return f"{wordings.REACTION} {good}"
        case 3:
            return f"{wordings.REACTION} {first_sentence(good)}"
        case 2:
            return wordings.WEAK_REACTION
        case _:
            return wordings.NO_REACTION
