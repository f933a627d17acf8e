"""Has answers graded, or reads what `sevenstep grade` left, and gives the levels as arrays.

The work itself, with resuming and limits of cost, is done by `agent.batch`. What the levels say
is worked out in `evals.studies`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.batch.estimate import Estimate
from agent.batch.given import Given
from agent.batch.job import Job, Order
from agent.batch.run import Progress
from agent.batch.runner import Runner
from agent.batch.settings import Limitations, Settings
from agent.catalog import Catalog
from agent.errors import EngineUnavailableError, InputError, RunStoppedError
from agent.graded import GradedAnswer
from agent.llm.openai_batch import BatchProgress
from agent.rubric import Rubric, Seniority
from agent.scorecard import CriterionGrade
from agent.store.ledger import Ledger, is_ledger
from evals.levels import Array, Levels, Scale

GRADER = "grader"
"""The grader's name among raters: of a panel or of several samples, what they come to."""


class Told(Protocol):
    """Is told how far a run is."""

    def begun(self, runner: Runner) -> None: ...

    def progress(self, counts: Progress) -> None: ...

    def batch(self, progress: BatchProgress, number: int) -> None: ...


Watch = Callable[[Job, int], AbstractContextManager[Told | None]]
"""Shows the progress of a job with so many answers."""


def unwatched(_: Job, __: int) -> AbstractContextManager[None]:
    """Shows nothing."""
    return nullcontext()


@dataclass
class Grader:
    """Who grades and within what; what several runs take counts together.

    `tokens` and `cost` are what was spent so far.
    """

    settings: Settings = field(default_factory=Settings)
    limitations: Limitations = field(default_factory=Limitations)
    catalog: Catalog = field(default_factory=Catalog)
    seniority: Seniority = Seniority.mid
    watch: Watch = unwatched
    tokens: int = 0
    cost: float = 0.0

    async def grade(
        self, answers: Sequence[Answer], rubric: Rubric | AnswerRubric, folder: Path
    ) -> "Grades":
        """Grade the answers into a folder; what is graded there already is not graded again.

        Raises InputError, EngineUnavailableError (nothing could be begun), FileError,
        StoreError, or RunStoppedError when a limit was reached before all was done.
        """
        order = self._order(rubric, folder, self._left())
        with Job(order, Given(answers)) as job, self.watch(job, len(answers)) as told:
            done = await (
                job.run()
                if told is None
                else job.run(told.progress, begun=told.begun, told_batch=told.batch)
            )
        self.tokens += done.tokens
        self.cost += done.cost
        ending = done.ending
        if ending.is_unavailable:
            raise EngineUnavailableError(ending.stopped or "")
        if ending.stopped is not None:
            counts = ending.progress
            left = counts.left + counts.partly + counts.ungraded
            raise RunStoppedError(
                f"{ending.stopped}; {left:,} of {counts.total:,} answers are not (wholly) graded, "
                "and the same command goes on with them",
                (),
            )
        return read_grades(folder, [answer.id for answer in answers])

    def estimate(
        self, answers: Sequence[Answer], rubric: Rubric | AnswerRubric, folder: Path
    ) -> Estimate:
        """What grading them would take beyond what the folder holds. Raises as `grade` does."""
        with Job(self._order(rubric, folder, self.limitations), Given(answers)) as job:
            return job.estimate()

    def _order(
        self, rubric: Rubric | AnswerRubric, folder: Path, limitations: Limitations
    ) -> Order:
        return Order(
            paths=(),
            folder=folder,
            catalog=self.catalog,
            rubric=rubric,
            seniority=self.seniority,
            settings=self.settings,
            limitations=limitations,
        )

    def _left(self) -> Limitations:
        limits = self.limitations
        cost, tokens = limits.most_cost, limits.most_tokens
        if (cost is not None and self.cost >= cost) or (
            tokens is not None and self.tokens >= tokens
        ):
            raise RunStoppedError(
                f"the limit is reached: {self.tokens:,} tokens, ${self.cost:.4f}; "
                "the same command with a higher one goes on",
                (),
            )
        # model_copy does not validate, and nothing here can be wrong.
        return limits.model_copy(
            update={
                "most_cost": None if cost is None else cost - self.cost,
                "most_tokens": None if tokens is None else tokens - self.tokens,
            }
        )


@dataclass(frozen=True)
class Grades:
    """What a grader gave, in the order of `ids`; None for an answer that it has not graded.

    Where a person has set a level since, the grader's own counts here.
    """

    ids: tuple[str, ...]
    graded: tuple[GradedAnswer | None, ...]

    def levels(self, scales: Sequence[Scale]) -> Levels:
        """The grader's levels for these criteria; nan for what is ungraded or was not judged."""
        return self._levels(scales, (GRADER,), lambda _, own: {GRADER: own})

    def ratings(self, scales: Sequence[Scale]) -> Levels:
        """The levels of all raters, models and their samples; the grader's if it was only one."""
        names = dict.fromkeys(
            rating.rater
            for one in self.graded
            if one is not None
            for grade in one.scorecard.criteria
            for rating in grade.ratings
        )
        if not names:
            return self.levels(scales)
        return self._levels(
            scales,
            tuple(names),
            lambda grade, _: {one.rater: one.level for one in grade.ratings},
        )

    @property
    def percents(self) -> Array:
        """The scorecards' percentages, (answers,); nan where there is none."""
        given = [None if one is None else one.scorecard.percent for one in self.graded]
        return np.array([np.nan if one is None else one for one in given], dtype=float)

    @property
    def engines(self) -> tuple[str, ...]:
        """Who graded."""
        return tuple(
            dict.fromkeys(one.scorecard.provenance.engine for one in self.graded if one is not None)
        )

    @property
    def spent(self) -> float | None:
        """What all the grades took in dollars; None if a price is not known."""
        costs = [one.scorecard.provenance.cost_usd for one in self.graded if one is not None]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    def _levels(
        self,
        scales: Sequence[Scale],
        raters: tuple[str, ...],
        given: Callable[[CriterionGrade, int | None], Mapping[str, int | None]],
    ) -> Levels:
        values = np.full((len(self.ids), len(scales), len(raters)), np.nan)
        column = {scale.criterion: at for at, scale in enumerate(scales)}
        place = {name: at for at, name in enumerate(raters)}
        for row, one in enumerate(self.graded):
            if one is None:
                continue
            for grade in one.scorecard.criteria:
                if grade.id not in column:
                    continue
                for rater, level in given(grade, _own(one, grade)).items():
                    if level is not None:
                        values[row, column[grade.id], place[rater]] = level
        return Levels(self.ids, tuple(scales), raters, values)


def read_grades(folder: Path, ids: Iterable[str] | None = None) -> Grades:
    """The grades of these answers, or of all there are, in a folder of `sevenstep grade`.

    Raises InputError if it holds none of them, StoreError if it cannot be read.
    """
    if not is_ledger(folder):
        raise InputError(
            f"{folder}: there are no grades; name a folder that `sevenstep grade --out` wrote"
        )
    with Ledger(folder, reading=True) as ledger:
        kept = {one.id: one for one in ledger.graded()}
    wanted = tuple(kept if ids is None else ids)
    if not any(name in kept for name in wanted):
        raise InputError(
            f"{folder}: none of the {len(wanted):,} answers is graded there; is it another dataset?"
        )
    return Grades(wanted, tuple(kept.get(name) for name in wanted))


def _own(answer: GradedAnswer, grade: CriterionGrade) -> int | None:
    """The grader's own level, whatever people have said since."""
    level = grade.level
    if grade.review is not None:
        first = next((one for one in answer.reviews if one.criterion == grade.id), grade.review)
        level = first.original
    return level if isinstance(level, int) else None
