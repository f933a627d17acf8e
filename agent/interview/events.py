"""What can happen in an interview. An interview is the list of its events.

Each event is stored before anything is done with it. `clock` is the active time of the
interview in seconds since its start, pauses left out; `at` is the wall clock, for the record.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from agent.frozen import Frozen, Slug
from agent.interview.plan import Options
from agent.move import Move
from agent.ports import EngineChoice, Observation
from agent.scorecard import Review, Scorecard
from agent.usage import Spent

Source = Literal["live", "script", "demo"]
"""Who answers: a person, a file of turns, or the shipped sample candidate."""


class _Event(Frozen):
    clock: Annotated[float, Field(ge=0)]
    at: datetime


class Started(_Event):
    """The interview was set up."""

    type: Literal["started"] = "started"
    interview: str
    scenario: Slug
    scenario_hash: str
    rubric: Slug
    rubric_hash: str
    options: Options
    engine: str
    choice: EngineChoice = EngineChoice()
    version: str
    source: Source = "live"
    owner: str = Field(default="", description="who is interviewed, where several share a server")


class EngineChanged(_Event):
    """The user chose another engine in the middle of the interview."""

    type: Literal["engine_changed"] = "engine_changed"
    engine: str
    choice: EngineChoice


class CandidateSaid(_Event):
    """The candidate sent a message; `command` is what it means if it needs no observer.

    A `key` names a message that may be sent twice, over a connection that breaks.
    """

    type: Literal["candidate_said"] = "candidate_said"
    text: str
    key: str = ""
    command: Observation | None = None


class Observed(_Event):
    """The observer read the last message; `observation` is None if it could not."""

    type: Literal["observed"] = "observed"
    observation: Observation | None
    error: str | None = None
    spent: Spent = Spent()


class Moved(_Event):
    """The policy decided what to do."""

    type: Literal["moved"] = "moved"
    move: Move


class InterviewerSaid(_Event):
    """The move was put into words."""

    type: Literal["interviewer_said"] = "interviewer_said"
    text: str
    spent: Spent = Spent()


class Paused(_Event):
    """The clock was stopped."""

    type: Literal["paused"] = "paused"


class Resumed(_Event):
    """The clock runs again."""

    type: Literal["resumed"] = "resumed"


class Noted(_Event):
    """The candidate wrote a private note; it is no evidence."""

    type: Literal["noted"] = "noted"
    text: str


class Left(_Event):
    """The candidate left before the end."""

    type: Literal["left"] = "left"


class Graded(_Event):
    """The scorecard was made."""

    type: Literal["graded"] = "graded"
    scorecard: Scorecard


class Reviewed(_Event):
    """A person has set the level of a criterion; the scorecard as it stands then."""

    type: Literal["reviewed"] = "reviewed"
    review: Review
    scorecard: Scorecard


Event = Annotated[
    Started
    | EngineChanged
    | CandidateSaid
    | Observed
    | Moved
    | InterviewerSaid
    | Paused
    | Resumed
    | Noted
    | Left
    | Graded
    | Reviewed,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
