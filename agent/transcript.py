"""What was said, by whom, in which step. Nothing is judged here."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from agent.frozen import Frozen, Slug


class Party(StrEnum):
    """Who speaks."""

    interviewer = "interviewer"
    candidate = "candidate"


class Turn(Frozen):
    """One utterance.

    `kind` is the move of the interviewer (`open`, `probe`, `hint`, `reveal`, ...) or, for the
    candidate, `answer` or `command`. Turns are numbered from 0 over both parties.
    """

    index: Annotated[int, Field(ge=0)]
    speaker: Party
    step: Slug | None
    kind: str
    text: str


class Transcript(Frozen):
    """The turns of an interview in their order."""

    turns: tuple[Turn, ...] = ()

    def answers(self) -> tuple[Turn, ...]:
        """What the candidate said: the only turns in which evidence can stand."""
        return tuple(
            turn for turn in self.turns if turn.speaker is Party.candidate and turn.kind == "answer"
        )
