"""The grader with a model: one call a step, the long part of the prompt first and always the same.

The first call goes out alone, so that the provider's prompt cache serves the others. A level
without a quote that stands is asked for once more; then the criterion is ungraded, and so is
what could not be had at all. Nothing is ever scored because something failed.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

from agent.errors import EngineError, EngineUnavailableError
from agent.llm.caller import Caller
from agent.llm.chat import Message, Messages
from agent.llm.grading import StepRead, flags_of, step_read, step_shape, verdict_of
from agent.llm.prompts import filled
from agent.llm.tokens import at_most
from agent.llm.window import neutralised, rendered
from agent.ports import Graded, GradedFlag, Grading, Verdict
from agent.rubric import Criterion, Overall, RedFlag, Rubric, Step
from agent.scenario import Curveball, Scenario

_ANSWER_TOKENS = 4_000
_SLACK = 600
_AT_ONCE = 4
CONDENSED = "condensed_transcript"
"""The flag on a scorecard whose grader did not see the whole interview."""


class LlmGrader:
    """The grader of the engine with a model."""

    def __init__(self, caller: Caller, rubric: Rubric, scenario: Scenario) -> None:
        self._caller = caller
        self._rubric = rubric
        self._scenario = scenario

    async def grade(self, grading: Grading) -> Graded:
        """Grade the criteria that may be assessed, step by step."""
        whole = (self._rubric.overall,) if self._rubric.overall else ()
        asked = []
        for section in (*self._rubric.steps, *whole):
            criteria = tuple(c for c in section.criteria if c.id in grading.assessed)
            if criteria:
                asked.append((section, criteria))
        if not asked:
            return Graded(verdicts=())
        limit = asyncio.Semaphore(_AT_ONCE)
        first = await self._section(grading, *asked[0], limit)
        rest = await _all(self._section(grading, *one, limit) for one in asked[1:])
        graded = [first, *rest]
        verdicts = tuple(verdict for one in graded for verdict in one.verdicts)
        absent = {verdict.criterion for verdict in verdicts if verdict.level == 0}
        missing = [
            GradedFlag(flag=flag.id, turn=None, quote=None)
            for flag in self._rubric.red_flags()
            if flag.missing and flag.criterion in absent
        ]
        said = {flag.flag: flag for one in graded for flag in one.flags}
        return Graded(verdicts=verdicts, flags=(*said.values(), *missing))

    async def _section(
        self,
        grading: Grading,
        section: Step | Overall,
        criteria: tuple[Criterion, ...],
        limit: asyncio.Semaphore,
    ) -> Graded:
        """The grades of one step; what cannot be graded has a verdict without level."""
        flags = _flags_of(section, self._scenario)
        verdicts: dict[str, Verdict] = {}
        found: tuple[GradedFlag, ...] = ()
        refused, wanted = "", criteria
        for attempt in range(2):
            try:
                async with limit:
                    answer, condensed = await self._ask(
                        grading, section, wanted, flags if not attempt else (), refused
                    )
            except EngineUnavailableError:
                raise
            except EngineError as error:
                for criterion in wanted:
                    verdicts.setdefault(criterion.id, _ungraded(criterion, str(error)))
                break
            if not attempt:
                found = flags_of(answer, [flag.id for flag in flags], grading.transcript)
            if condensed:
                found = (*found, GradedFlag(flag=CONDENSED, turn=None, quote=None))
            unproven = []
            for criterion in wanted:
                verdict = verdict_of(
                    criterion.id, answer.grades.get(criterion.id), grading.transcript
                )
                if verdict is None:
                    unproven.append(criterion)
                else:
                    verdicts[criterion.id] = verdict
            if not unproven:
                break
            if attempt:
                for criterion in unproven:
                    verdicts[criterion.id] = _ungraded(
                        criterion, "no quote for its level stands in the candidate's turns"
                    )
                break
            wanted = tuple(unproven)
            refused = "no quote stands for " + ", ".join(
                f"{criterion.id} ({_first_quote(answer, criterion)})" for criterion in unproven
            )
        return Graded(verdicts=tuple(verdicts[criterion.id] for criterion in criteria), flags=found)

    async def _ask(
        self,
        grading: Grading,
        section: Step | Overall,
        criteria: Sequence[Criterion],
        flags: Sequence[RedFlag],
        refused: str,
    ) -> tuple[StepRead, bool]:
        """The grades, and whether the interview had to be condensed for them."""
        names = tuple(criterion.id for criterion in criteria)
        condensed = False

        def prompt(budget: int) -> Messages:
            nonlocal condensed
            messages, condensed = self._messages(grading, section, criteria, flags, refused, budget)
            return messages

        answer = await self._caller.structured(
            "grade",
            prompt,
            step_shape(names, tuple(flag.id for flag in flags)),
            lambda raw, last: step_read(raw, names, last=last),
            max_tokens=_ANSWER_TOKENS,
        )
        return answer, condensed

    def _messages(
        self,
        grading: Grading,
        section: Step | Overall,
        criteria: Sequence[Criterion],
        flags: Sequence[RedFlag],
        refused: str,
        budget: int,
    ) -> tuple[Messages, bool]:
        curveball = self._curveball(grading)
        rules = filled(
            "grade_rules",
            subject=self._rubric.title,
            scenario=self._scenario,
            curveball=curveball,
        )
        step = filled(
            "grade_step",
            section=section,
            criteria=criteria,
            notes=self._scenario.grading_notes.get(section.id, ""),
            curveball=curveball if any(c.when == "curveball" for c in criteria) else None,
            flags=flags,
            refused=refused,
        )
        # The room for the transcript must not depend on the step, or nothing would be shared.
        taken = at_most(rules, budget // 4) + budget // 4
        conversation = rendered(
            grading.transcript, grading.notes, max(budget - taken - _SLACK, budget // 3)
        )
        transcript = filled(
            "grade_transcript",
            conversation=conversation.text,
            condensed=conversation.condensed,
        )
        # One message, as some chat templates refuse two of the user in a row.
        messages = (Message("system", rules), Message("user", f"{transcript}\n\n{step}"))
        return messages, conversation.condensed

    def _curveball(self, grading: Grading) -> Curveball | None:
        return self._scenario.curveball(grading.curveball) if grading.curveball else None


async def _all(sections: Iterable[Coroutine[Any, Any, Graded]]) -> list[Graded]:
    """All at once; if one fails the others are stopped, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in sections]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


def _flags_of(section: Step | Overall, scenario: Scenario) -> tuple[RedFlag, ...]:
    if isinstance(section, Overall):
        return ()
    return tuple(
        flag
        for flag in section.red_flags
        if not flag.missing and set(flag.traits) <= set(scenario.traits)
    )


def _ungraded(criterion: Criterion, reason: str) -> Verdict:
    return Verdict(criterion=criterion.id, reason=f"Not graded: {reason}.", level=None)


def _first_quote(answer: StepRead, criterion: Criterion) -> str:
    grade = answer.grades.get(criterion.id)
    quotes = grade.quotes if grade else []
    return f"not found: {neutralised(quotes[0].quote[:120])!r}" if quotes else "none given"
