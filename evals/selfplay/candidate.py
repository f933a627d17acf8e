"""What a simulated candidate hears and says, whoever plays him. Types only."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from agent.frozen import Frozen, Slug
from agent.move import Move
from agent.transcript import Transcript

Wanted = Literal["fact", "hint", "rubric", "onwards", "ignorance"]
"""What a message wants: a fact, a hint, the rubric (or to give orders), to move on; or it says
that he does not know, which wants nothing."""


class Wish(Frozen):
    """One thing that a message wants; `fact` is the one asked for, `again` not for the first
    time."""

    kind: Wanted
    fact: Slug | None = None
    again: bool = False


class Request(Wish):
    """A wish with the turn in which it was said, counted over both parties from 0.

    `only` says that the message held nothing else than wishes of this kind.
    """

    turn: Annotated[int, Field(ge=0)]
    only: bool = True


@dataclass(frozen=True)
class Heard:
    """What a candidate is given: the conversation so far, and the interviewer's last move."""

    transcript: Transcript
    move: Move
    step: str | None


@dataclass(frozen=True)
class Said:
    """What a candidate says. `wishes` are known of scripted candidates only."""

    text: str
    wishes: tuple[Wish, ...] = ()
    answers: bool = False


Candidate = Callable[[Heard], Awaitable[Said]]
