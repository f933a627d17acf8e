"""What an engine must be able to do: observe an answer, say a move, grade a transcript.

Protocols and their small result types. The engines stand in `agent.offline` and `agent.llm`;
which of them is used is decided by the faces.
"""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from pydantic import Field

from agent.frozen import Frozen, Slug, Text
from agent.move import Move
from agent.rubric import Rubric, Seniority
from agent.scenario import Scenario
from agent.transcript import Transcript
from agent.usage import Spent


class Intent(StrEnum):
    """What the candidate's message is for, beside its content."""

    answer = "answer"
    ask_facts = "ask_facts"
    ask_hint = "ask_hint"
    move_on = "move_on"
    move_to = "move_to"
    end = "end"
    fish = "fish"
    orders = "orders"
    off_topic = "off_topic"
    abuse = "abuse"
    unreadable = "unreadable"
    empty = "empty"


class Depth(StrEnum):
    """How far a passage goes for its criterion: levels 1, 2, and 3 or above."""

    named = "named"
    specific = "specific"
    reasoned = "reasoned"


class Sighting(Frozen):
    """A passage of the candidate's that bears on a criterion, of any step."""

    criterion: Slug
    quote: Text
    depth: Depth


class FlagSighting(Frozen):
    """A red flag or a contradiction, with the passage in which it shows."""

    flag: Slug
    quote: Text


class Observation(Frozen):
    """What was seen in one message of the candidate.

    `target_step` is where he asks to go, `topic` the step that he says he is speaking about.
    """

    intent: Intent = Intent.answer
    target_step: Slug | None = None
    topic: Slug | None = None
    facts: tuple[Slug, ...] = ()
    asked_beyond_sheet: bool = False
    sightings: tuple[Sighting, ...] = ()
    flags: tuple[FlagSighting, ...] = ()


class TurnNote(Frozen):
    """What was found worth keeping in a turn of the candidate: its quotes.

    They stand for the turn where a long interview does not fit into a model's context.
    """

    turn: Annotated[int, Field(ge=0)]
    quotes: tuple[Text, ...]


class Listening(Frozen):
    """What an observer is given: the conversation up to and with the message in question."""

    transcript: Transcript
    step: Slug
    focus: Slug | None
    curveball: Slug | None
    seen: tuple[Slug, ...]
    notes: tuple[TurnNote, ...] = ()


class Style(StrEnum):
    """The interviewer's tone. It never changes the moves."""

    neutral = "neutral"
    friendly = "friendly"
    tough = "tough"


class Speaking(Frozen):
    """What a speaker is given. It holds nothing that must not be said.

    `facts` are those that this move reveals, `known_facts` those revealed before. `asked` are
    the authored questions that were put before. `notes` are on the turns in `recent`.
    `subject` is what the interview is about, the rubric's title.
    """

    move: Move
    turn: int
    style: Style
    seniority: Seniority
    prompt: str
    facts: tuple[str, ...]
    step: Slug | None
    titles: dict[Slug, str]
    recent: Transcript
    subject: str = "system design"
    known_facts: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    notes: tuple[TurnNote, ...] = ()


class Evidence(Frozen):
    """A passage in a turn of the candidate; `turn` is the turn's index in the transcript."""

    turn: Annotated[int, Field(ge=0)]
    quote: Text


Rank = Annotated[int, Field(ge=0, le=100)]
"""A level of a scale, 0 for its lowest; that of interviews ends at 4."""
Confidence = Literal["high", "medium", "low"]


class Rating(Frozen):
    """What one of several raters gave; `rater` is a model, with the number of its sample."""

    rater: Text
    level: Rank | None


class Verdict(Frozen):
    """A grader's word on one criterion; `level` is None when it could not be graded.

    `confidence` is what the grader says of itself, if it says so. `ratings` are those of all
    raters, where there were several. `calibrated_from` is the grader's own level where a
    calibration has set another one.
    """

    criterion: Slug
    evidence: tuple[Evidence, ...] = ()
    reason: Text
    level: Rank | None
    confidence: Confidence | None = None
    ratings: tuple[Rating, ...] = ()
    calibrated_from: Rank | None = None


class GradedFlag(Frozen):
    """A red flag that the grader found; `turn` is None for what is missing altogether."""

    flag: Slug
    turn: int | None
    quote: str | None


class Grading(Frozen):
    """What a grader is given: the transcript, and what may be judged in it.

    `assessed` are the criteria that the interview came to; `asked_facts` maps the facts asked
    for to the turn in which they were; `curveball` is the one given, with the turn in which
    the candidate answered it.
    """

    transcript: Transcript
    assessed: tuple[Slug, ...]
    asked_facts: tuple[tuple[Slug, int], ...] = ()
    curveball: Slug | None = None
    curveball_turn: int | None = None
    notes: tuple[TurnNote, ...] = ()


class Graded(Frozen):
    """What a grader returns."""

    verdicts: tuple[Verdict, ...]
    flags: tuple[GradedFlag, ...] = ()


class EngineChoice(Frozen):
    """Which engine an interview is held with, as it can be named again on resuming it.

    `model` is `offline` or what LangChain's `init_chat_model` takes, such as `openai:NAME`.
    """

    model: Text = "offline"
    observer_model: Text | None = None
    base_url: Text | None = None


class Observer(Protocol):
    """Reads the candidate's last message.

    Raises EngineError if it cannot: the turn stays unobserved and the interview goes on; or
    EngineUnavailableError if nothing can go on before the user has decided.
    """

    async def observe(self, listening: Listening) -> Observation: ...


class Speaker(Protocol):
    """Puts a move into words, piece by piece as they become ready.

    Raises EngineUnavailableError if it cannot say anything, and only before the first piece.
    """

    def say(self, speaking: Speaking) -> AsyncIterator[str]: ...


class Grader(Protocol):
    """Grades a transcript; a criterion that it cannot grade has a verdict without level.

    Raises EngineUnavailableError if it cannot work at all.
    """

    async def grade(self, grading: Grading) -> Graded: ...


class Engine(Protocol):
    """A matching observer, speaker and grader for one rubric and scenario.

    `name`, `note`, which says how far its grades can be trusted, and `prompts`, the hash of
    its prompts, stand in the provenance of every scorecard.
    """

    name: str
    note: str
    prompts: str | None
    choice: EngineChoice
    rubric: Rubric
    scenario: Scenario

    @property
    def observer(self) -> Observer: ...

    @property
    def speaker(self) -> Speaker: ...

    @property
    def grader(self) -> Grader: ...

    def spent(self) -> Spent:
        """What the work since the last call of this took."""
        ...

    def methods(self) -> tuple[str, ...]:
        """How structured answers were had from the models; empty without a model."""
        ...

    async def close(self) -> None:
        """Close its connections; it must not be used afterwards."""
        ...
