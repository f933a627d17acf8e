"""A chat model in memory that says what a test tells it to, and what a speaker is given."""

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from agent.llm.caller import Caller
from agent.llm.chat import Completion, Limits, Messages, Method, Piece, Shape, Traits
from agent.llm.faults import Kind, ModelError
from agent.llm.meter import Meter
from agent.move import Move
from agent.ports import Speaking, Style
from agent.rubric import Seniority
from agent.transcript import Party, Transcript, Turn
from tests.support import rubric, scenario

QUESTION = (
    "How do you divide what you have into what the model learns from and what it is judged on?"
)
ANSWER = "I'd train XGBoost on a time-based split with 90 days and check AUC; that metric is good."
DOWN = ModelError(Kind.server, "it is down")


class ChatInMemory:
    """Gives its replies in their order; one that is an error is raised, one too many fails.

    A streamed reply that is a list comes in these pieces, an error among them breaks it off.
    A function makes the reply from the messages and the shape.
    """

    name = "scripted:model"

    def __init__(self, *replies: Any, traits: Traits | None = None) -> None:
        self.traits = traits or Traits(methods=(Method.json_schema,))
        self.replies = list(replies)
        self.calls: list[Messages] = []
        self.shapes: list[Shape | None] = []
        self.seeds: list[int | None] = []
        self.pieces_read = 0

    @property
    def prompts(self) -> list[str]:
        """The text of each call's messages."""
        return ["\n".join(message.text for message in messages) for messages in self.calls]

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,
        seed: int | None = None,
    ) -> Completion:
        self.seeds.append(seed)
        reply = self._next(messages, shape)
        return Completion(reply if isinstance(reply, str) else json.dumps(reply))

    async def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        reply = self._next(messages, None)
        for piece in reply if isinstance(reply, list) else reply.split(" "):
            if isinstance(piece, Exception):
                raise piece
            self.pieces_read += 1
            yield Piece(piece if isinstance(reply, list) else f"{piece} ")

    async def close(self) -> None:
        """Nothing is open."""

    def _next(self, messages: Messages, shape: Shape | None) -> Any:
        self.calls.append(messages)
        self.shapes.append(shape)
        if not self.replies:
            raise AssertionError("the scripted model has run out of replies")
        reply = self.replies[0] if callable(self.replies[0]) else self.replies.pop(0)
        if callable(reply):
            reply = reply(messages, shape)
        if isinstance(reply, Exception):
            raise reply
        return reply


def caller(chat: ChatInMemory, meter: Meter | None = None, answers: int = 3) -> Caller:
    """A caller that gives up at once instead of waiting."""
    return Caller(chat, Limits(attempts=1, answers=answers), meter or Meter())


def conversation(*texts: str, by: Party = Party.interviewer, kind: str = "probe") -> Transcript:
    """Turns by turns; `by` speaks first, and `kind` is what the interviewer does."""
    other = Party.candidate if by is Party.interviewer else Party.interviewer
    return Transcript(
        turns=tuple(
            Turn(
                index=at,
                speaker=(by, other)[at % 2],
                step="training_evaluation",
                kind=kind if (by, other)[at % 2] is Party.interviewer else "answer",
                text=text,
            )
            for at, text in enumerate(texts)
        )
    )


def speaking(
    move: Move,
    said: str = ANSWER,
    *,
    asked_last: str = "What happens to the rare cases while the model learns?",
    facts: Sequence[str] = (),
    known_facts: Sequence[str] = (),
    asked: Sequence[str] = (),
    style: Style = Style.neutral,
    level: Seniority = Seniority.mid,
) -> Speaking:
    """What a speaker is given in the training step of the film scenario."""
    return Speaking(
        move=move,
        turn=2,
        style=style,
        seniority=level,
        prompt=scenario().prompt,
        facts=tuple(scenario().fact(fact).text for fact in facts),
        step="training_evaluation",
        titles={step.id: step.title for step in rubric().steps},
        recent=conversation(asked_last, said) if said else Transcript(),
        known_facts=tuple(scenario().fact(fact).text for fact in known_facts),
        asked=tuple(asked),
    )
