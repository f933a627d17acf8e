"""A candidate played by a model: it gets his character, the problem and the conversation.

It does not see the interviewer's moves, the rubric or the fact sheet. What it asks for is known
to nobody but itself, so that its messages carry no wishes.
"""

import re

from agent.errors import EngineError, EngineUnavailableError
from agent.llm.caller import Caller
from agent.llm.chat import Message, Messages
from agent.llm.window import rendered
from evals.selfplay.candidate import Candidate, Heard, Said
from evals.selfplay.persona import Persona
from evals.selfplay.prompts import filled

MOST_WORDS = {"rambler": 350, "terse": 30}
"""In one message, by persona."""
_WORDS = 180
_ANSWER_TOKENS = 4_000
"""Room for models that think before they speak."""
_ATTEMPTS = 2
_LABEL = re.compile(r"^\W*(?:candidate|me)\W*:\W*", re.IGNORECASE)


def acted(persona: Persona, prompt: str, caller: Caller) -> Candidate:
    """A candidate whom the caller's model plays, for a scenario with this prompt.

    He raises EngineError if the model says nothing that can be used, EngineUnavailableError if
    it cannot be reached or may not be asked any more.
    """

    async def candidate(heard: Heard) -> Said:
        fault = ""
        for _ in range(_ATTEMPTS):
            pieces: list[str] = []
            try:
                text = caller.text(
                    "candidate",
                    lambda budget: messages_for(persona, prompt, heard, budget=budget),
                    max_tokens=_ANSWER_TOKENS,
                )
                async for piece in text:
                    pieces.append(piece)  # noqa: PERF401 (what came before a fault is kept)
            except EngineUnavailableError:
                raise
            except EngineError as error:
                fault = str(error)
            # A message that was cut off is one all the same: people break off, too.
            said = _LABEL.sub("", "".join(pieces)).strip()
            if said:
                return Said(said)
        raise EngineError(f"{caller.name} does not play {persona.id!r}: {fault}")

    return candidate


def messages_for(persona: Persona, prompt: str, heard: Heard, *, budget: int) -> Messages:
    """The prompt for one message of the candidate."""
    rules = filled(
        "candidate",
        prompt=prompt,
        persona=filled(persona.id),
        words=MOST_WORDS.get(persona.id, _WORDS),
    )
    conversation = rendered(heard.transcript, (), budget - budget // 4).text
    return (
        Message("system", rules),
        Message("user", filled("turn", conversation=conversation)),
    )
