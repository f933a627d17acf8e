"""The observer with a model: one structured call a turn, and what code can check of it."""

from agent.errors import EngineError
from agent.llm.caller import Caller
from agent.llm.chat import Message, Messages
from agent.llm.meter import Meter
from agent.llm.prompts import filled
from agent.llm.reading import flags_said, ids_of, observation, read, shape_of
from agent.llm.tokens import at_most
from agent.llm.window import rendered
from agent.ports import Listening, Observation
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.transcript import Party

_ANSWER_TOKENS = 2_500
_SLACK = 400
"""Tokens for what stands around the conversation, and for the count being an estimate."""


class LlmObserver:
    """The observer of the engine with a model."""

    def __init__(self, caller: Caller, meter: Meter, rubric: Rubric, scenario: Scenario) -> None:
        self._caller = caller
        self._meter = meter
        self._rubric = rubric
        self._scenario = scenario
        self._shape = shape_of(ids_of(rubric, scenario))
        # The same at every turn, and first, so that a provider's prompt cache serves it.
        self._rules = Message("system", observing_rules(rubric, scenario))

    async def observe(self, listening: Listening) -> Observation:
        """Read the transcript's last turn, which must be the candidate's."""
        turn = listening.transcript.turns[-1]
        if turn.speaker is not Party.candidate:
            raise EngineError("the last turn is not the candidate's; there is nothing to observe")
        self._meter.begin()
        found = await self._caller.structured(
            "observe",
            lambda budget: self._messages(listening, budget),
            self._shape,
            lambda raw, last: read(raw, last=last),
            max_tokens=_ANSWER_TOKENS,
        )
        return observation(found, listening, self._rubric, self._scenario)

    def _messages(self, listening: Listening, budget: int) -> Messages:
        room = max(budget - at_most(self._rules.text, budget // 3) - _SLACK, budget // 4)
        conversation = rendered(listening.transcript, listening.notes, room)
        curveball = listening.curveball and self._scenario.curveball(listening.curveball).text
        asked = filled(
            "observe_message",
            conversation=conversation.text,
            condensed=conversation.condensed,
            step=listening.step,
            focus=listening.focus,
            curveball=curveball,
            turn=listening.transcript.turns[-1].index,
        )
        return (self._rules, Message("user", asked))


def observing_rules(rubric: Rubric, scenario: Scenario) -> str:
    """The part of the observer's prompt that stays the same throughout an interview."""
    return filled(
        "observe_rules",
        rubric=rubric,
        scenario=scenario,
        flags=flags_said(rubric, scenario),
        contradictions=[pair for step in rubric.steps for pair in step.contradictions],
    )
