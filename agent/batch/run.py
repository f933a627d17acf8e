"""A run: every answer of the inputs is graded, or found graded, and kept.

It decides which answers are worked on and when to stop. Who grades is a `Runner`; what was found
is kept in the ledger before anything else happens, so that a run can be killed at any moment and
the same call goes on.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from agent.batch.answer import Answer
from agent.batch.outputs import GradesFile
from agent.batch.problem import Problem, Problems, kept
from agent.batch.runner import Runner
from agent.batch.settings import Settings
from agent.batch.units import answer_key
from agent.errors import BudgetReachedError, EngineUnavailableError
from agent.graded import GradedAnswer
from agent.store.ledger import Ledger

_FAILURES = 10
"""So many answers in a row of which nothing could be graded are no accident."""
_BREATH = 64
"""So many answers are dealt with without a pause before others get a turn."""


@dataclass(frozen=True)
class Progress:
    """How far a run is. `reused` of the `done` were graded before; `left` were given up."""

    total: int
    done: int = 0
    reused: int = 0
    partly: int = 0
    ungraded: int = 0
    left: int = 0
    active: int = 0


@dataclass(frozen=True)
class Ending:
    """How a run ended. `stopped` says why before its time; None if everything was worked on.

    `is_unavailable`: whoever should grade cannot be reached or used, and nothing was graded.
    """

    progress: Progress
    stopped: str | None = None
    over_budget: bool = False
    is_unavailable: bool = False


class Run:
    """One run over the inputs. `stop` ends it early, with what is in flight brought home."""

    def __init__(
        self,
        answers: Iterable[Answer],
        total: int,
        problems: Problems,
        runner: Runner,
        ledger: Ledger,
        grades: GradesFile,
        *,
        now: Callable[[], datetime],
        told: Callable[[Progress], None] = lambda _: None,
        settings: Settings | None = None,
    ) -> None:
        """`settings` say what is done to the levels that the runner gives; else nothing is."""
        self._answers = answers
        self._problems = problems
        self._runner = runner
        self._ledger = ledger
        self._grades = grades
        self._now = now
        self._told = told
        settings = settings or Settings()
        self._how = (*runner.how, *settings.scoring)
        self._calibration = settings.calibration
        self._progress = Progress(total=total)
        self._stopped: str | None = None
        self._over_budget = False
        self._is_fault = False
        self._failed_in_a_row = 0
        self._remembered = ""

    @property
    def is_stopping(self) -> bool:
        """Whether no more answers are begun."""
        return self._stopped is not None

    def stop(self, why: str) -> None:
        """Begin no more answers."""
        self._stopped = self._stopped or why

    async def go(self) -> Ending:
        """Grade everything. Raises FileError or StoreError if results cannot be kept."""
        self._ledger.begin_run()
        active: set[asyncio.Task[None]] = set()
        try:
            for position, answer in enumerate(self._answers):
                if position % _BREATH == 0:
                    await asyncio.sleep(0)
                problem = self._problems.of(answer)
                key = answer_key(answer, problem, self._how)
                known = self._ledger.key_of(answer.id)
                if known == (key, "graded"):
                    self._ledger.seen(answer.id, position)
                    self._kept(answer.id, reused=1)
                    continue
                while active and len(active) >= self._runner.at_once:
                    active = await self._some(active)
                is_known = known is not None and known[0] == key
                if self._stopped:
                    self._not_graded(answer.id, position, is_known=is_known)
                    continue
                work = self._grade(answer, problem, key, position, is_known=is_known)
                if self._runner.at_once == 0:
                    await work
                else:
                    active.add(asyncio.create_task(work))
                    self._tell(active=len(active))
            while active:
                active = await self._some(active)
        finally:
            for task in active:
                task.cancel()
            await asyncio.gather(*active, return_exceptions=True)
        self._grades.finish()
        began = self._progress.done > 0
        return Ending(
            self._progress, self._stopped, self._over_budget, self._is_fault and not began
        )

    async def _some(self, active: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Wait until some are done; raises what they raised."""
        done, rest = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        self._tell(active=len(rest))
        return rest

    async def _grade(
        self, answer: Answer, problem: Problem, key: str, position: int, *, is_known: bool
    ) -> None:
        """Grade an answer; `is_known` if an earlier run has graded the same in a part."""
        try:
            rated = await self._runner.rate(answer, problem)
        except EngineUnavailableError as error:
            of_budget = isinstance(error, BudgetReachedError)
            self._over_budget = self._over_budget or of_budget
            self._is_fault = self._is_fault or not (of_budget or self.is_stopping)
            self.stop(str(error))
            self._not_graded(answer.id, position, is_known=is_known)
            return
        reviews = self._ledger.reviews(answer.id) if is_known else ()
        made = rated.made
        if self._calibration is not None:
            made = replace(made, calibration=self._calibration.told())
        graded = GradedAnswer(
            id=answer.id,
            key=key,
            source=answer.source,
            question=problem.title,
            problem=problem.digest,
            graded_at=self._now(),
            scorecard=problem.card(answer, rated.graded, made, reviews, self._calibration),
            reviews=reviews,
        )
        self._remember(problem)
        self._ledger.put(graded, answer.model_dump_json(), position)
        self._kept(
            answer.id,
            partly=graded.status == "partly",
            ungraded=graded.status == "ungraded",
        )
        self._heed(graded)

    def _heed(self, graded: GradedAnswer) -> None:
        """Stop where one answer after the other fails: the rest would, too, and be worked on
        in vain."""
        self._failed_in_a_row = self._failed_in_a_row + 1 if graded.status == "ungraded" else 0
        if self._failed_in_a_row >= _FAILURES and self._runner.at_once:
            reason = graded.scorecard.criteria[0].reason
            self.stop(f"{_FAILURES} answers in a row could not be graded ({reason.rstrip('.')})")

    def _remember(self, problem: Problem) -> None:
        """Keep what was graded by, for those who review the grades."""
        if problem.digest != self._remembered:
            self._ledger.put_problem(problem.digest, kept(problem))
            self._remembered = problem.digest

    def _not_graded(self, answer_id: str, position: int, *, is_known: bool) -> None:
        """What was given up; what an earlier run made of the same answer stays in the outputs."""
        if is_known:
            self._ledger.seen(answer_id, position)
            self._grades.add(answer_id)
        self._tell(left=self._progress.left + 1)

    def _kept(self, answer_id: str, *, reused: int = 0, partly: int = 0, ungraded: int = 0) -> None:
        self._grades.add(answer_id)
        before = self._progress
        self._tell(
            done=before.done + 1,
            reused=before.reused + reused,
            partly=before.partly + partly,
            ungraded=before.ungraded + ungraded,
        )

    def _tell(self, **changed: int) -> None:
        self._progress = replace(self._progress, **changed)
        self._told(self._progress)
