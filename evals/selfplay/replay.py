"""An interview taken apart again: each utterance of the interviewer with what led to it.

Pure, from the record's events alone.
"""

from dataclasses import dataclass

from agent.interview import events as ev
from agent.interview.state import InterviewState, apply
from agent.move import Move, Reveal
from agent.record import InterviewRecord
from evals.selfplay.candidate import Request
from evals.selfplay.played import Header, Played


@dataclass(frozen=True)
class Utterance:
    """What the interviewer said: `turn` is its place in the transcript.

    `before` is the state in which it was decided.
    """

    turn: int
    text: str
    move: Move
    before: InterviewState

    @property
    def revealed(self) -> tuple[str, ...]:
        """The facts that the move tells."""
        return self.move.reply.facts if isinstance(self.move.reply, Reveal) else ()


@dataclass(frozen=True)
class Replayed:
    """A played interview with the interviewer's utterances, and its state at the end."""

    played: Played
    utterances: tuple[Utterance, ...]
    state: InterviewState

    @property
    def header(self) -> Header:
        """What it depended on."""
        return self.played.header

    @property
    def record(self) -> InterviewRecord:
        """Its record."""
        return self.played.record

    @property
    def requests(self) -> tuple[Request, ...]:
        """What a scripted candidate wanted."""
        return self.played.requests


def replayed(played: Played) -> Replayed:
    """Go through the events once; raises EngineError for an impossible sequence."""
    state = before = InterviewState()
    found = []
    for event in played.record.events:
        if isinstance(event, ev.Moved):
            before = state
        elif isinstance(event, ev.InterviewerSaid) and state.move is not None:
            found.append(Utterance(len(state.turns), event.text, state.move, before))
        state = apply(state, event)
    return Replayed(played, tuple(found), state)
