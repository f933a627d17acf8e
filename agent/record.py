"""A finished interview as one value: what reports, exports and other programs read."""

from datetime import datetime

from pydantic import Field

from agent.frozen import Frozen, Slug
from agent.interview.events import Event
from agent.interview.plan import Options
from agent.scorecard import Scorecard
from agent.transcript import Turn


class InterviewRecord(Frozen):
    """The whole interview: what `practice --json` writes and `schema interview` describes."""

    interview: str = Field(description="the interview's id")
    scenario: Slug
    scenario_title: str
    rubric: Slug
    started_at: datetime
    ended: str = Field(description="why it ended: covered, time, turns, candidate or left")
    minutes: float = Field(ge=0, description="active minutes, pauses left out")
    options: Options
    transcript: tuple[Turn, ...]
    notes: tuple[str, ...] = ()
    turns_left_over: int = Field(
        default=0, ge=0, description="turns of a script that were not played any more"
    )
    scorecard: Scorecard
    events: tuple[Event, ...] = ()
