"""The grader with a model: holds the dialogues of all units of a sheet through live calls.

The first call goes out alone, so that the provider's prompt cache serves the others.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from agent.errors import EngineError, EngineUnavailableError
from agent.grading.sheet import interview_sheet, together
from agent.llm.caller import Caller
from agent.llm.dialogue import Ask, Dialogue, grading
from agent.llm.unit import Calls, units
from agent.ports import Graded, Grading
from agent.rubric import Rubric
from agent.scenario import Scenario


class LlmGrader:
    """The grader of the engine with a model."""

    def __init__(self, caller: Caller, rubric: Rubric, scenario: Scenario) -> None:
        self._caller = caller
        self._rubric = rubric
        self._scenario = scenario

    async def grade(self, given: Grading) -> Graded:
        """Grade the criteria that may be assessed, one call a step."""
        sheet = interview_sheet(self._rubric, self._scenario, given.assessed, given.curveball)
        graded = await warmed(
            held(self._caller, grading(unit, given.transcript, given.notes))
            for unit in units(sheet, Calls.step)
        )
        return together(sheet, graded)


async def held(caller: Caller, dialogue: Dialogue) -> Graded:
    """What a dialogue comes to; raises EngineUnavailableError."""
    advance: Callable[[], Ask] = partial(next, dialogue)
    while True:
        try:
            ask = advance()
        except StopIteration as end:
            graded: Graded = end.value
            return graded
        try:
            answer = await caller.structured(
                "grade", ask.prompt, ask.shape, ask.parse, max_tokens=ask.max_tokens
            )
        except EngineUnavailableError:
            dialogue.close()
            raise
        except EngineError as error:
            advance = partial(dialogue.throw, error)
        else:
            advance = partial(dialogue.send, answer)


async def warmed(calls: Iterable[Coroutine[Any, Any, Graded]]) -> list[Graded]:
    """All results: the first alone, the others at once.

    If one fails the others are stopped, and its error is raised.
    """
    pending = list(calls)
    if not pending:
        return []
    first, *others = pending
    try:
        begun = [await first]
    except BaseException:
        for call in others:
            call.close()
        raise
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in others]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return begun + [task.result() for task in tasks]
