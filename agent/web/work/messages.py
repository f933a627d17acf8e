"""What the worker tells the server, one line of JSON each. Values only."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from agent.frozen import Frozen


class Estimated(Frozen):
    """What a run would take.

    `reused` answers are paid for already. The tokens are those of all calls; `cached_tokens` are
    among the input's. `cost` and `cost_uncached` are dollars, None where a price is not known.
    `ignored` are columns that mean nothing, by file, `skipped` the kinds that are not read.
    """

    type: Literal["estimate"] = "estimate"
    models: tuple[str, ...]
    files: int
    answers: int
    empty: int = 0
    reused: int = 0
    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    cost_uncached: float | None = 0.0
    ignored: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    skipped: dict[str, int] = Field(default_factory=dict)


class Progressed(Frozen):
    """How far a run is, in answers: `reused` of the `done` were graded before, `left` given up.

    `tokens` and `cost` (dollars) are what this run has spent; a price that is not known is 0.
    """

    type: Literal["progress"] = "progress"
    total: int
    done: int = 0
    reused: int = 0
    partly: int = 0
    ungraded: int = 0
    left: int = 0
    active: int = 0
    tokens: int = 0
    cost: float = 0.0


class Outcome(Frozen):
    """What stands in the results: answers by how they are graded, and the mean percentage."""

    answers: int
    graded: int
    partly: int
    ungraded: int
    mean_percent: float | None
    flagged: int
    reviewed: int


class Finished(Frozen):
    """A run has ended; `stopped` says why before its time, `stale_reviews` count no longer."""

    type: Literal["done"] = "done"
    stopped: str | None
    over_budget: bool
    progress: Progressed
    outcome: Outcome
    stale_reviews: int = 0


class Reviewed(Frozen):
    """A review is kept, and the results are written anew."""

    type: Literal["reviewed"] = "reviewed"
    outcome: Outcome


class Faulted(Frozen):
    """Nothing came of it, as this one line says."""

    type: Literal["error"] = "error"
    message: str


Message = Annotated[
    Estimated | Progressed | Finished | Reviewed | Faulted, Field(discriminator="type")
]
_READER: TypeAdapter[Message] = TypeAdapter(Message)


def read(line: str) -> Message | None:
    """The message in a line; None for one that a kill has cut off."""
    try:
        return _READER.validate_json(line)
    except ValidationError:
        return None
