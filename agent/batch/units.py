"""Which calls an answer takes, each with the key under which its result is kept.

A key is the hash of all that the result depends on: the answer's text, what the unit says to the
model, the prompts, the model with its server, temperature and number of the sample. What only
changes the score, such as a weight, is not in it.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.batch.answer import Answer
from agent.batch.problem import Problem
from agent.frozen import Frozen
from agent.grading.panel import combined
from agent.grading.sheet import Sheet, together
from agent.llm.prompts import SHIPPED, Prompts
from agent.llm.unit import Calls, Unit, fitting, units
from agent.ports import Graded, TurnNote, Verdict
from agent.transcript import Transcript
from agent.usage import ModelUsage

_KEPT = 64


class UnitResult(Frozen):
    """What came of a call, or several in a row, on one unit, and what they took.

    `replies` is how many of the replies that the ledger holds of the unit are used up in it.
    """

    graded: Graded
    usage: tuple[ModelUsage, ...] = ()
    replies: int = 0

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """Those that have a level: the others are asked for again."""
        return {one.criterion: one for one in self.graded.verdicts if one.level is not None}

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to ask for."""
        return len(self.verdicts) == len(self.graded.verdicts)

    def after(self, earlier: "UnitResult | None") -> "UnitResult":
        """This together with what was there before: its flags, and what it took."""
        if earlier is None:
            return self
        flags = {flag.flag: flag for flag in (*earlier.graded.flags, *self.graded.flags)}
        graded = self.graded.model_copy(update={"flags": tuple(flags.values())})
        return UnitResult(
            graded=graded,
            usage=(*earlier.usage, *self.usage),
            replies=max(earlier.replies, self.replies),
        )


@dataclass(frozen=True)
class Task:
    """A unit that one rater is to grade."""

    rater: int
    unit: Unit
    key: str


@dataclass(frozen=True)
class Work:
    """All that is to be asked about an answer."""

    sheet: Sheet
    transcript: Transcript
    notes: tuple[TurnNote, ...]
    tasks: tuple[Task, ...]

    def graded(self, results: Mapping[str, UnitResult], raters: Sequence[str]) -> Graded:
        """The grades that the results come to, over units and raters; `raters` are their names."""
        return combined(
            [
                (
                    name,
                    together(
                        self.sheet,
                        [results[task.key].graded for task in self.tasks if task.rater == number],
                    ),
                )
                for number, name in enumerate(raters)
            ]
        )


class Planner:
    """Plans the work on answers; the units of the latest sheets are kept, as making them costs."""

    def __init__(self, raters: Sequence[str], calls: Calls, prompts: Prompts = SHIPPED) -> None:
        """`raters` say what tells one rater's results from another's."""
        self._raters = tuple(raters)
        self._calls = calls
        self._prompts = prompts
        self._units: OrderedDict[tuple[int, Calls], tuple[Sheet, tuple[Unit, ...]]] = OrderedDict()

    def work(self, problem: Problem, answer: Answer) -> Work:
        """What is to be asked about an answer."""
        sheet, transcript = problem.sheet(answer), answer.transcript
        notes = problem.notes(answer)
        content = [[turn.index, turn.speaker, turn.text] for turn in transcript.turns]
        content += [[note.turn, *note.quotes] for note in notes]
        text = hashlib.sha256(json.dumps(content).encode()).hexdigest()
        tasks = tuple(
            Task(number, unit, _hashed(unit.digest, rater, text))
            for number, rater in enumerate(self._raters)
            for unit in self._of(sheet, fitting(self._calls, sheet, transcript))
        )
        return Work(sheet=sheet, transcript=transcript, notes=notes, tasks=tasks)

    def _of(self, sheet: Sheet, calls: Calls) -> tuple[Unit, ...]:
        key = (id(sheet), calls)
        if key in self._units:
            self._units.move_to_end(key)
        else:
            # The sheet is kept with its units, so that no other can get its id.
            self._units[key] = (sheet, units(sheet, calls, self._prompts))
            if len(self._units) > _KEPT:
                self._units.popitem(last=False)
        return self._units[key][1]


def answer_key(answer: Answer, problem: Problem, how: Sequence[str]) -> str:
    """The hash of all that the grade of an answer depends on; `how` are engine and parameters."""
    content = answer.model_dump_json(include={"turns", "interview"})
    return _hashed(content, problem.digest, *how)


def _hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
