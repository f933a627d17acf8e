"""How a unit is graded: what is asked, what of the answer counts, what is asked once more.

A generator that does no calls itself: it yields what to ask and is sent what was answered (or an
EngineError is thrown in). So the same dialogue serves live calls and OpenAI's Batch API. A level
without a quote that stands is asked for once more; then the criterion is ungraded, and so is
what could not be had at all. Nothing is ever scored because something failed.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent.errors import EngineError, EngineUnavailableError
from agent.grading.evidence import said
from agent.grading.sheet import Item
from agent.llm.chat import Messages, Shape
from agent.llm.grading import StepRead, flags_of, step_read, verdict_of
from agent.llm.unit import Unit
from agent.llm.window import neutralised, passage
from agent.ports import Graded, GradedFlag, TurnNote, Verdict
from agent.transcript import Transcript

CONDENSED = "condensed_transcript"
"""The flag on a scorecard whose grader did not see the whole text."""
_ROUNDS = 2


@dataclass(frozen=True)
class Ask:
    """A call that is wanted. `parse` raises ValueError for an answer that cannot be used."""

    prompt: Callable[[int], Messages]
    shape: Shape
    parse: Callable[[dict[str, Any], bool], StepRead]
    max_tokens: int


Dialogue = Generator[Ask, StepRead, Graded]


def grading(
    unit: Unit,
    transcript: Transcript,
    notes: Sequence[TurnNote] = (),
    held: Mapping[str, Verdict] | None = None,
) -> Dialogue:
    """Grade a unit; `held` are verdicts that are there already and not asked for again."""
    verdicts = dict(held or {})
    found: dict[str, GradedFlag] = {}
    refused = ""
    wanted = tuple(item for item in unit.items if item.id not in verdicts)
    for number in range(_ROUNDS):
        if not wanted:
            break
        condensed: list[bool] = []
        try:
            answer = yield _ask(unit, wanted, transcript, notes, refused, condensed)
        except EngineUnavailableError:
            raise
        except EngineError as error:
            for item in wanted:
                verdicts[item.id] = ungraded(item.id, str(error))
            break
        if number == 0:
            known = [flag.id for flag in unit.flags]
            found |= {flag.flag: flag for flag in flags_of(answer, known, transcript)}
        if condensed and condensed[-1]:
            found[CONDENSED] = GradedFlag(flag=CONDENSED, turn=None, quote=None)
        unproven = []
        for item in wanted:
            read = answer.grades.get(item.id)
            verdict = verdict_of(item.id, read, transcript, unit.sheet.wording())
            if verdict is None:
                unproven.append(item)
            else:
                verdicts[item.id] = verdict
        for item in unproven:
            # What stands if there is no further round.
            verdicts[item.id] = ungraded(
                item.id, "no quote for its level stands in the candidate's turns"
            )
        wanted = tuple(unproven)
        refused = "no quote stands for " + ", ".join(
            f"{item.id} ({_first_quote(answer, item, transcript)})" for item in unproven
        )
    return Graded(
        verdicts=tuple(verdicts[item.id] for item in unit.items), flags=tuple(found.values())
    )


def ungraded(criterion: str, reason: str) -> Verdict:
    """The verdict on what could not be graded."""
    return Verdict(criterion=criterion, reason=f"Not graded: {reason}.", level=None)


def _ask(
    unit: Unit,
    items: Sequence[Item],
    transcript: Transcript,
    notes: Sequence[TurnNote],
    refused: str,
    condensed: list[bool],
) -> Ask:
    def prompt(budget: int) -> Messages:
        messages, shortened = unit.messages(items, transcript, notes, refused, budget)
        condensed.append(shortened)
        return messages

    tops = {item.id: len(item.levels) - 1 for item in items}
    return Ask(
        prompt=prompt,
        shape=unit.shape,
        parse=lambda raw, last: step_read(raw, tops, last=last),
        max_tokens=unit.answer_tokens(items),
    )


def _first_quote(answer: StepRead, item: Item, transcript: Transcript) -> str:
    grade = answer.grades.get(item.id)
    quotes = grade.quotes if grade else []
    if not quotes:
        return "none given"
    first = quotes[0]
    is_there = said(passage(first.quote), first.turn, transcript) is not None
    why = "it is no evidence" if is_there else "not found"
    return f"{why}: {neutralised(first.quote[:120])!r}"
