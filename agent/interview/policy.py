"""What the interviewer does next: a pure function of plan and state.

The rules stand in the order in which they are tried; the first that applies decides. The
table in docs/architecture.md is tested against `RULES`. No clock, no I/O, no model, no chance.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from agent.interview.plan import Pace, Plan
from agent.interview.state import InterviewState
from agent.move import (
    Cause,
    Challenge,
    Decline,
    DeclineReason,
    Farewell,
    Floor,
    Hint,
    LastWord,
    Move,
    Open,
    Probe,
    Reply,
    Reveal,
    ThrowCurveball,
)
from agent.ports import Depth, Intent, Observation
from agent.rubric import Criterion, Measure, ProbeKind, Step

NUDGE_FROM = 0.8
"""The share of a step's budget after which the candidate is told that it nears its end."""

PROBES_PER_CRITERION = 2

_CHALLENGED_WITHIN = 2
"""In turns of both parties. A red flag that something more urgent displaced is still taken up
after the next answer, unless that answer speaks to its criterion: it may have put it right."""

LAST_WORD = "Is there anything that you would like to add, or to put differently, before we close?"

_DECLINED: dict[Intent, DeclineReason] = {
    Intent.fish: "fishing",
    Intent.orders: "orders",
    Intent.off_topic: "off_topic",
    Intent.abuse: "abuse",
    Intent.unreadable: "unreadable",
    Intent.empty: "nothing_said",
}


class Table(NamedTuple):
    """What a rule looks at: plan, state, the last observation (empty if there is none)."""

    plan: Plan
    state: InterviewState
    seen: Observation


class Rule(NamedTuple):
    """A rule of the policy: its name, and the move it makes or None."""

    name: str
    decide: Callable[[Table], Move | None]


def decide(plan: Plan, state: InterviewState) -> Move:
    """The next move, in an interview that waits for one."""
    return decide_by_rule(plan, state)[1]


def decide_by_rule(plan: Plan, state: InterviewState) -> tuple[str, Move]:
    """The next move with the name of the rule that made it."""
    table = Table(plan, state, state.observation or Observation())
    for rule in RULES:
        move = rule.decide(table)
        if move is not None:
            return rule.name, _completed(table, move)
    raise AssertionError("the last rule always applies")


def _begin(table: Table) -> Move | None:
    if table.state.step is not None:
        return None
    return Move(lead=_open(table, table.plan.steps()[0], "start"))


def _wrap_up(table: Table) -> Move | None:
    plan, state, seen = table
    if seen.intent is Intent.end:
        return Move(lead=Farewell(cause="candidate"))
    if plan.options.pace is Pace.timed and state.clock >= plan.total_minutes() * 60:
        return Move(lead=Farewell(cause="time"))
    if state.candidate_turns >= plan.total_turns():
        return Move(lead=Farewell(cause="turns"))
    if state.last_word and seen.intent is not Intent.move_to:
        reply = _reveal(table)
        return Move(reply=reply, lead=Farewell(cause="covered"))
    return None


def _decline(table: Table) -> Move | None:
    reason = _DECLINED.get(table.seen.intent)
    return None if reason is None else _replied(table, Decline(reason=reason))


def _clarify(table: Table) -> Move | None:
    reply = _reveal(table)
    if reply is None or (table.seen.sightings and _has_content(table)):
        return None
    return _replied(table, reply)


def _hint(table: Table) -> Move | None:
    if table.seen.intent is not Intent.ask_hint:
        return None
    if _over_budget(table) and not _is_command(table):
        return None
    criterion = _in_need(table)
    if criterion is None:
        return _replied(table, Decline(reason="no_hint"))
    strength = table.state.hinted.get(criterion.id, 0) + 1
    reply = Hint(criterion=criterion.id, strength=strength, text=criterion.hints[strength - 1])
    return Move(reply=reply, lead=Floor())


def _follow(table: Table) -> Move | None:
    _, state, seen = table
    step = _step(table)
    target: Step | None
    if seen.intent in (Intent.move_on, Intent.move_to):
        target = _named_step(table, seen.target_step)
        if target is not None and target.id == step.id:
            return None
    elif state.wish is not None:
        target = _named_step(table, state.wish or None)
    else:
        return None
    steps = table.plan.steps()
    goes_back = target is not None and (
        target.id in state.entered or steps.index(target) < steps.index(step)
    )
    if not goes_back and step.id not in state.asked_before_leaving and not _over_budget(table):
        must_have = next((c for c in _unseen(table, step) if c.must_have), None)
        if must_have is not None:
            probe = _probe(table, must_have, before_leaving=True)
            if probe is not None:
                return Move(lead=probe)
    if target is None:
        return _onwards(table, "candidate")
    return Move(lead=_open(table, target, "candidate"))


def _bring_back(table: Table) -> Move | None:
    state = table.state
    talked = _talks_only_of_later(table)
    if talked is None:
        return None
    step = _step(table)
    missing = [c for c in _unseen(table, step) if c.must_have]
    if missing and not state.brought_back and not _over_budget(table):
        probe = _probe(table, missing[0], brings_back_from=talked.id)
        if probe is not None:
            return Move(lead=probe)
    if (missing and not state.brought_back) or _challenge(table) is not None:
        return None
    if not state.brought_back and talked.id != table.seen.topic:
        # He did not say that he skips ahead: nothing is passed over on the word of a match.
        return _onwards(table, "covered")
    return Move(lead=_open(table, talked, "candidate"))


def _challenge(table: Table) -> Move | None:
    plan, state, seen = table
    if _far_over_budget(table):
        return None
    now = len(state.turns) - 1
    spoken_to = {sighting.criterion for sighting in seen.sightings}
    for turn, sighting in state.flags:
        if turn < now - _CHALLENGED_WITHIN or sighting.flag in state.challenged:
            continue
        lead = _challenge_of(plan, sighting.flag)
        if lead is None or lead.question in state.asked:
            continue
        if turn == now or lead.criterion not in spoken_to:
            return Move(lead=lead)
    return None


def _challenge_of(plan: Plan, name: str) -> Challenge | None:
    """The question that belongs to a red flag or a contradiction."""
    for step in plan.rubric.steps:
        for flag in step.red_flags:
            if flag.id == name:
                return Challenge(flag=name, criterion=flag.criterion, question=flag.challenge)
        for pair in step.contradictions:
            if pair.id == name:
                return Challenge(flag=name, criterion=None, question=pair.challenge)
    return None


def _curveball(table: Table) -> Move | None:
    if not _curveball_due(table, leaving=False):
        return None
    return _throw(table)


def _budget(table: Table) -> Move | None:
    return _onwards(table, "budget") if _over_budget(table) else None


def _probe_unseen(table: Table) -> Move | None:
    for criterion in _unseen(table, _step(table)):
        probe = _probe(table, criterion)
        if probe is not None:
            return Move(lead=probe)
    return None


def _probe_reasons(table: Table) -> Move | None:
    step = _step(table)
    for criterion in _by_importance(step):
        seen = table.state.seen.get(criterion.id)
        if seen is not None and seen.depth is not Depth.reasoned:
            probe = _probe(table, criterion, deeper=True)
            if probe is not None:
                return Move(lead=probe)
    return None


def _advance(table: Table) -> Move | None:
    return _onwards(table, "covered")


RULES: tuple[Rule, ...] = (
    Rule("begin", _begin),
    Rule("wrap_up", _wrap_up),
    Rule("decline", _decline),
    Rule("clarify", _clarify),
    Rule("hint", _hint),
    Rule("follow", _follow),
    Rule("bring_back", _bring_back),
    Rule("challenge", _challenge),
    Rule("curveball", _curveball),
    Rule("budget", _budget),
    Rule("probe_unseen", _probe_unseen),
    Rule("probe_reasons", _probe_reasons),
    Rule("advance", _advance),
)


def _completed(table: Table, move: Move) -> Move:
    """Add what goes with any move: facts asked for in passing, and once a step the nudge."""
    state = table.state
    if move.reply is None and not isinstance(move.lead, Farewell):
        move = move.model_copy(update={"reply": _reveal(table)})
    step = state.step
    stays = not isinstance(move.lead, (Open, LastWord, Farewell))
    if step is None or step in state.nudged or not stays:
        return move
    share = _budget_used(table)
    return move.model_copy(update={"nudge": True}) if NUDGE_FROM <= share < 1 else move


def _replied(table: Table, reply: Reply) -> Move:
    """A reply that leaves the floor to the candidate, or moves on if the budget is used up."""
    if not _over_budget(table):
        return Move(reply=reply, lead=Floor())
    return _onwards(table, "budget").model_copy(update={"reply": reply})


def _reveal(table: Table) -> Reveal | None:
    seen = table.seen
    if not seen.facts and not seen.asked_beyond_sheet:
        return None
    return Reveal(facts=seen.facts, unknown=seen.asked_beyond_sheet)


def _has_content(table: Table) -> bool:
    """Whether a message that asks for facts also answers; asking alone is no answer."""
    asking = {c.id for c in table.plan.rubric.criteria() if c.measure is Measure.asking}
    return any(sighting.criterion not in asking for sighting in table.seen.sightings)


def _is_command(table: Table) -> bool:
    turns = table.state.turns
    return bool(turns) and turns[-1].kind == "command"


def _step(table: Table) -> Step:
    assert table.state.step is not None
    return table.plan.rubric.step(table.state.step)


def _named_step(table: Table, name: str | None) -> Step | None:
    for step in table.plan.steps():
        if step.id == name:
            return step
    return None


def _by_importance(step: Step) -> list[Criterion]:
    return sorted(step.criteria, key=lambda c: (not c.must_have, -c.weight))


def _unseen(table: Table, step: Step) -> list[Criterion]:
    return [c for c in _by_importance(step) if c.id not in table.state.seen]


def _probe(
    table: Table,
    criterion: Criterion,
    *,
    deeper: bool = False,
    before_leaving: bool = False,
    brings_back_from: str | None = None,
) -> Probe | None:
    """The next question about a criterion, or None if it has had its share.

    A criterion that makes no sense without another ("why that model?") waits for that one.
    """
    ahead = _unmet_before(table, criterion)
    if ahead is not None and table.state.probes_on(ahead.id) < PROBES_PER_CRITERION:
        criterion = ahead
    asked = table.state.probes_on(criterion.id)
    if asked >= PROBES_PER_CRITERION:
        return None
    for kind, question in _questions(criterion, deeper=deeper, asked=asked):
        if question not in table.state.asked:
            return Probe(
                criterion=criterion.id,
                probe=kind,
                question=question,
                before_leaving=before_leaving,
                brings_back_from=brings_back_from,
            )
    return None


def _unmet_before(table: Table, criterion: Criterion) -> Criterion | None:
    if criterion.follows is None or criterion.follows in table.state.seen:
        return None
    return table.plan.rubric.criterion(criterion.follows)


def _questions(
    criterion: Criterion, *, deeper: bool, asked: int
) -> Iterator[tuple[ProbeKind, str]]:
    """Open first, then targeted; challenging where an answer is there to be deepened."""
    order = [ProbeKind.open, ProbeKind.targeted, ProbeKind.challenging]
    if deeper:
        order = [ProbeKind.challenging, ProbeKind.targeted, ProbeKind.open]
    elif asked:
        order = [ProbeKind.targeted, ProbeKind.challenging, ProbeKind.open]
    for kind in order:
        for question in criterion.probes.of(kind):
            yield kind, question


def _in_need(table: Table) -> Criterion | None:
    """The criterion that a hint should help with: the one in focus, else the most wanted."""
    state = table.state
    step = _step(table)
    focused = [c for c in table.plan.rubric.criteria() if c.id == state.focus]
    unseen = _unseen(table, step)
    thin = [c for c in _by_importance(step) if c not in unseen]
    if focused and state.hinted.get(focused[0].id, 0) >= len(focused[0].hints):
        # A hint about something else would help with a question that was not put.
        return None
    for criterion in (*focused, *unseen, *thin):
        reasoned = criterion.id in state.seen and state.seen[criterion.id].depth is Depth.reasoned
        if state.hinted.get(criterion.id, 0) < len(criterion.hints) and not reasoned:
            return criterion
    return None


def _talks_only_of_later(table: Table) -> Step | None:
    """The later, not yet entered step that a message is about, if it adds nothing to this one.

    One passing mention is no change of subject: he says so, or meets two of its criteria.
    """
    plan, state, seen = table
    steps = plan.steps()
    here = steps.index(_step(table))
    if state.move is not None and isinstance(state.move.lead, (Challenge, ThrowCurveball)):
        # What answers a challenge or the curveball may touch on any step.
        return None
    met_now = {s.criterion for s in seen.sightings}
    if state.focus in met_now or any(_is_new(table, c) for c in _step(table).criteria):
        return None
    ahead = [step for step in steps[here + 1 :] if step.id not in state.entered]
    named = next((step for step in ahead if step.id == seen.topic), None)
    met = [(sum(c.id in met_now for c in step.criteria), step) for step in ahead]
    if named is not None or not any(count >= 2 for count, _ in met):
        return named
    # What belongs to the nearest step often sounds like a later one as well.
    return next(step for count, step in met if count)


def _is_new(table: Table, criterion: Criterion) -> bool:
    """Whether the last message is the first that met this criterion."""
    found = table.state.seen.get(criterion.id)
    return found is not None and found.turn == len(table.state.turns) - 1


def _budget_used(table: Table) -> float:
    """The share of the present step's budget that is used up; 1 and above: it is over."""
    plan, state, _ = table
    step = _step(table)
    turns = state.turns_in(step.id) / plan.turns(step.id)
    if plan.options.pace is Pace.relaxed:
        return turns
    return max(state.seconds_in(step.id) / plan.seconds(step.id), turns if turns >= 1 else 0)


def _over_budget(table: Table) -> bool:
    return _budget_used(table) >= 1


def _far_over_budget(table: Table) -> bool:
    """Over budget, and not merely by the answer that used it up."""
    plan, state, _ = table
    step = _step(table).id
    if state.turns_in(step) > plan.turns(step):
        return True
    timed = plan.options.pace is Pace.timed
    return timed and state.seconds_in(step) >= 1.25 * plan.seconds(step)


def _curveball_due(table: Table, *, leaving: bool) -> bool:
    """Whether the curveball's place is reached, or about to be lost by leaving the step."""
    plan, state, _ = table
    ball = plan.curveball()
    if ball is None or state.curveball is not None:
        return False
    if state.step != ball.step:
        # Its step was left behind before it could be given: the next best moment is now.
        order = [step.id for step in plan.steps()]
        passed = order.index(ball.step) < order.index(_step(table).id)
        return ball.step in state.finished or (passed and ball.step not in state.entered)
    if leaving:
        return True
    step = plan.rubric.step(ball.step)
    answered = state.turns_in(step.id) > 0
    met = sum(c.id in state.seen for c in step.criteria) / len(step.criteria)
    match ball.when:
        case "start":
            return answered
        case "middle":
            return answered and (met >= 0.5 or _budget_used(table) >= 0.5)
        case "end":
            return _budget_used(table) >= 1


def _throw(table: Table) -> Move:
    ball = table.plan.curveball()
    assert ball is not None
    return Move(lead=ThrowCurveball(curveball=ball.id, question=ball.text))


def _onwards(table: Table, cause: Cause) -> Move:
    """Leave the step: first the curveball if it would be lost, then the next step, or the end."""
    if _curveball_due(table, leaving=True):
        return _throw(table)
    target, why = _next_step(table)
    if target is None:
        if table.plan.curveball() is not None and table.state.curveball is None:
            return _throw(table)
        if table.state.last_word or LAST_WORD in table.state.asked:
            return Move(lead=Farewell(cause="covered"))
        return Move(lead=LastWord(question=LAST_WORD))
    return Move(lead=_open(table, target, why or cause))


def _next_step(table: Table) -> tuple[Step | None, Cause | None]:
    """Back to a step that was left unfinished, else the next one, else one passed over."""
    state = table.state
    steps = table.plan.steps()
    here = steps.index(_step(table))
    for step in steps:
        if step.id in state.entered and step.id not in state.finished and step.id != state.step:
            return step, "return"
    for step in steps[here + 1 :]:
        if step.id not in state.entered:
            return step, None
    for step in steps[:here]:
        if step.id not in state.entered and _unseen(table, step):
            return step, "skipped"
    return None, None


def _open(table: Table, step: Step, cause: Cause) -> Open:
    """Enter a step with its opening question, or, where he has begun it, with a probe."""
    state = table.state
    begun = step.id in state.entered or any(c.id in state.seen for c in step.criteria)
    if not begun and step.opening not in state.asked:
        return Open(step=step.id, cause=cause, question=step.opening)
    for deeper, criteria in ((False, _unseen(table, step)), (True, _by_importance(step))):
        for criterion in criteria:
            probe = _probe(table, criterion, deeper=deeper)
            if probe is not None:
                return Open(
                    step=step.id,
                    cause=cause,
                    question=probe.question,
                    criterion=probe.criterion,
                    probe=probe.probe,
                    begun=True,
                )
    return Open(step=step.id, cause=cause, question=None, begun=True)
