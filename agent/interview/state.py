"""The state of an interview: a fold over its events, and nothing else.

Pure. What follows from the state is decided in `agent.interview.policy`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from types import MappingProxyType

from agent.errors import EngineError
from agent.interview import events as ev
from agent.interview.plan import Options
from agent.move import (
    Challenge,
    Farewell,
    Hint,
    LastWord,
    Move,
    Open,
    Probe,
    ThrowCurveball,
)
from agent.ports import (
    Depth,
    EngineChoice,
    FlagSighting,
    Intent,
    Observation,
    TurnNote,
)
from agent.rubric import ProbeKind
from agent.scorecard import Help, Review, Scorecard
from agent.transcript import Party, Transcript, Turn
from agent.usage import ModelUsage, Spent, summed

_DEPTHS = list(Depth)
_LEAVES = (Intent.move_on, Intent.move_to)


@dataclass(frozen=True)
class Seen:
    """What has been seen of one criterion: how deep, and in which turn first."""

    depth: Depth
    turn: int


@dataclass(frozen=True)
class InterviewState:
    """Everything that the policy, the screen and the grader need to know.

    `pending` says whose turn it is: `observe`, `decide` and `speak` are the session's own
    work, `listen` waits for the candidate, `grade` and `done` come after the end. `engines`
    names the engines with the turn from which each was used.
    """

    interview: str = ""
    options: Options = field(default_factory=Options)
    started: ev.Started | None = None
    pending: str = "start"
    clock: float = 0.0
    paused: bool = False
    turns: tuple[Turn, ...] = ()
    keys: frozenset[str] = frozenset()
    command: Observation | None = None
    observation: Observation | None = None
    unobserved: tuple[int, ...] = ()
    move: Move | None = None
    choice: EngineChoice = field(default_factory=EngineChoice)
    engines: tuple[tuple[int, str], ...] = ()
    usage: tuple[ModelUsage, ...] = ()
    first_words: tuple[float, ...] = ()

    step: str | None = None
    entered: tuple[str, ...] = ()
    finished: frozenset[str] = frozenset()
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    step_turns: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    seen: Mapping[str, Seen] = field(default_factory=lambda: MappingProxyType({}))
    ledger: tuple[Help, ...] = ()
    asked: frozenset[str] = frozenset()
    hinted: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    focus: str | None = None
    facts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    flags: tuple[tuple[int, FlagSighting], ...] = ()
    challenged: frozenset[str] = frozenset()
    brought_back: bool = False
    asked_before_leaving: frozenset[str] = frozenset()
    wish: str | None = None
    topics: frozenset[str] = frozenset()
    curveball: str | None = None
    curveball_turn: int | None = None
    nudged: frozenset[str] = frozenset()
    last_word: bool = False
    ended: str | None = None
    quotes: tuple[TurnNote, ...] = ()
    notes: tuple[str, ...] = ()
    scorecard: Scorecard | None = None
    reviews: tuple[Review, ...] = ()

    @property
    def transcript(self) -> Transcript:
        """All turns so far."""
        return Transcript(turns=self.turns)

    @property
    def candidate_turns(self) -> int:
        """How many messages the candidate has sent."""
        return sum(turn.speaker is Party.candidate for turn in self.turns)

    def turns_in(self, step: str) -> int:
        """How many messages the candidate has sent in this step, but for commands and fillers."""
        return self.step_turns.get(step, 0)

    def seconds_in(self, step: str) -> float:
        """Active seconds spent in this step."""
        return self.seconds.get(step, 0.0)

    def probes_on(self, criterion: str) -> int:
        """How many probes have been asked about this criterion."""
        kinds = set(ProbeKind)
        return sum(line.criterion == criterion and line.kind in kinds for line in self.ledger)


def fold(events: Iterable[ev.Event]) -> InterviewState:
    """The state after these events; raises EngineError for an impossible sequence."""
    return reduce(apply, events, InterviewState())


def apply(state: InterviewState, event: ev.Event) -> InterviewState:
    """The state after one more event."""
    if state.pending == "start" and not isinstance(event, ev.Started):
        raise EngineError(f"the interview's first event is {event.type!r}, not 'started'")
    state = _with_time(state, event)
    match event:
        case ev.Started():
            return replace(
                state,
                started=event,
                interview=event.interview,
                options=event.options,
                choice=event.choice,
                engines=((0, event.engine),),
                pending="decide",
            )
        case ev.EngineChanged():
            engines = (*state.engines, (len(state.turns), event.engine))
            return replace(state, choice=event.choice, engines=engines)
        case ev.CandidateSaid():
            turn = _turn(state, Party.candidate, "command" if event.command else "answer", event)
            return replace(
                state,
                turns=(*state.turns, turn),
                keys=state.keys | {event.key} if event.key else state.keys,
                command=event.command,
                observation=None,
                pending="observe",
            )
        case ev.Observed():
            return _observed(_with_spent(state, event.spent), event)
        case ev.Moved():
            return _moved(state, event.move)
        case ev.InterviewerSaid():
            if state.move is None:
                raise EngineError("the interviewer spoke before a move was decided")
            turn = _turn(state, Party.interviewer, state.move.kind, event)
            return replace(
                _with_spent(state, event.spent),
                turns=(*state.turns, turn),
                pending="grade" if state.ended else "listen",
            )
        case ev.Paused() | ev.Resumed():
            return replace(state, paused=isinstance(event, ev.Paused))
        case ev.Noted():
            return replace(state, notes=(*state.notes, event.text))
        case ev.Left():
            # A move that was decided but not yet said is dropped with the candidate's leaving.
            return replace(state, ended="left", pending="grade", paused=False)
        case ev.Graded() | ev.Reviewed():
            said = (event.review,) if isinstance(event, ev.Reviewed) else ()
            return replace(
                state,
                scorecard=event.scorecard,
                reviews=(*state.reviews, *said),
                pending="done",
            )


def _with_time(state: InterviewState, event: ev.Event) -> InterviewState:
    passed = max(0.0, event.clock - state.clock)
    if passed == 0.0:
        return state
    if state.step is None:
        return replace(state, clock=event.clock)
    seconds = {**state.seconds, state.step: state.seconds_in(state.step) + passed}
    return replace(state, clock=event.clock, seconds=MappingProxyType(seconds))


def _with_spent(state: InterviewState, spent: Spent) -> InterviewState:
    first = spent.first_word_seconds
    return replace(
        state,
        usage=summed((*state.usage, *spent.models)),
        first_words=state.first_words if first is None else (*state.first_words, first),
    )


def _turn(
    state: InterviewState, who: Party, kind: str, event: ev.CandidateSaid | ev.InterviewerSaid
) -> Turn:
    return Turn(index=len(state.turns), speaker=who, step=state.step, kind=kind, text=event.text)


def _observed(state: InterviewState, event: ev.Observed) -> InterviewState:
    turn = len(state.turns) - 1
    observation = event.observation
    state = _with_turn_counted(state, observation)
    if observation is None:
        return replace(state, unobserved=(*state.unobserved, turn), pending="decide")
    seen = dict(state.seen)
    for sighting in observation.sightings:
        known = seen.get(sighting.criterion)
        if known is None:
            seen[sighting.criterion] = Seen(sighting.depth, turn)
        elif _DEPTHS.index(sighting.depth) > _DEPTHS.index(known.depth):
            seen[sighting.criterion] = Seen(sighting.depth, known.turn)
    facts = dict(state.facts)
    for fact in observation.facts:
        facts.setdefault(fact, turn)
    said = [sighting.quote for sighting in observation.sightings]
    said += [flag.quote for flag in observation.flags]
    quotes = tuple(dict.fromkeys(said))
    curveball_turn = state.curveball_turn
    if state.curveball is not None and curveball_turn is None:
        curveball_turn = turn
    return replace(
        state,
        observation=observation,
        seen=MappingProxyType(seen),
        facts=MappingProxyType(facts),
        flags=(*state.flags, *((turn, flag) for flag in observation.flags)),
        curveball_turn=curveball_turn,
        quotes=(*state.quotes, TurnNote(turn=turn, quotes=quotes)) if quotes else state.quotes,
        topics=state.topics | ({observation.topic} if observation.topic else set()),
        # A new wish takes the place of one that was put off.
        wish=None if observation.intent in _LEAVES else state.wish,
        pending="decide",
    )


def _with_turn_counted(state: InterviewState, observation: Observation | None) -> InterviewState:
    """Count the last message towards its step, unless it was a command or said nothing."""
    empty = observation is not None and observation.intent is Intent.empty
    if state.step is None or state.command is not None or empty:
        return state
    counted = {**state.step_turns, state.step: state.turns_in(state.step) + 1}
    return replace(state, step_turns=MappingProxyType(counted))


def _moved(state: InterviewState, move: Move) -> InterviewState:
    turn = len(state.turns)
    state = replace(state, move=move, pending="speak")
    if move.question is not None:
        state = replace(state, asked=state.asked | {move.question})
    if move.nudge and state.step is not None:
        state = replace(state, nudged=state.nudged | {state.step})
    if isinstance(move.reply, Hint):
        hint = move.reply
        line = Help.model_validate(
            {"turn": turn, "criterion": hint.criterion, "kind": f"hint_{hint.strength}"}
        )
        state = replace(
            state,
            ledger=(*state.ledger, line),
            hinted=MappingProxyType({**state.hinted, hint.criterion: hint.strength}),
            focus=hint.criterion,
        )
    match move.lead:
        case Open() as lead:
            return _opened(state, lead, turn)
        case Probe() as lead:
            line = Help(turn=turn, criterion=lead.criterion, kind=lead.probe.value)
            step = state.step
            return replace(
                state,
                ledger=(*state.ledger, line),
                focus=lead.criterion,
                brought_back=state.brought_back or lead.brings_back_from is not None,
                asked_before_leaving=state.asked_before_leaving
                | ({step} if lead.before_leaving and step else set()),
                wish=_wish(state) if lead.before_leaving else state.wish,
            )
        case Challenge() as lead:
            ledger = state.ledger
            if lead.criterion is not None:
                ledger = (*ledger, Help(turn=turn, criterion=lead.criterion, kind="challenge"))
            return replace(
                state,
                challenged=state.challenged | {lead.flag},
                ledger=ledger,
                focus=lead.criterion or state.focus,
            )
        case ThrowCurveball() as lead:
            # It comes before the candidate leaves a step; where he wanted to go is not forgotten.
            leaves = state.observation is not None and state.observation.intent in _LEAVES
            wish = _wish(state) if leaves else state.wish
            return replace(state, curveball=lead.curveball, wish=wish)
        case LastWord():
            return replace(state, last_word=True, focus=None)
        case Farewell() as lead:
            return replace(state, ended=lead.cause)
        case _:
            return state


def _wish(state: InterviewState) -> str | None:
    """Where the candidate wanted to go when he was asked one more question; "" is onwards."""
    return (state.observation.target_step or "") if state.observation else ""


def _opened(state: InterviewState, lead: Open, turn: int) -> InterviewState:
    finished = state.finished
    order = state.entered
    goes_back = lead.cause == "candidate" and lead.step in order
    if state.step is not None and not goes_back:
        finished = finished | {state.step}
    ledger = state.ledger
    if lead.criterion is not None and lead.probe is not None:
        ledger = (*ledger, Help(turn=turn, criterion=lead.criterion, kind=lead.probe.value))
    return replace(
        state,
        step=lead.step,
        entered=order if lead.step in order else (*order, lead.step),
        finished=finished - {lead.step},
        ledger=ledger,
        focus=lead.criterion,
        wish=None,
    )
