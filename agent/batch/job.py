"""One order to grade, put together: inputs, problems, raters, ledger, run, files at its end.

The one door for the command line and for other programs. It prints nothing.
"""

import asyncio
import gc
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.batch.by_batch import PRICE, ByBatch
from agent.batch.calibrating import require_engine, require_rubric, require_settings
from agent.batch.estimate import Estimate, estimated
from agent.batch.given import Given
from agent.batch.inputs import Inputs, Tally
from agent.batch.outputs import GradesFile
from agent.batch.problem import Problems
from agent.batch.raters import Raters, price_of, rater_identity
from agent.batch.results import write_results
from agent.batch.run import Ending, Progress, Run
from agent.batch.runner import LedgerUnits, ModelRunner, OfflineRunner, Runner
from agent.batch.settings import Limitations, Settings
from agent.batch.units import Planner
from agent.catalog import Catalog
from agent.errors import BudgetReachedError, EngineUnavailableError, InputError
from agent.llm.budget import Budget
from agent.llm.connect import parsed
from agent.llm.openai_batch import BatchProgress
from agent.report.summary import BatchSummary
from agent.rubric import Rubric, Seniority
from agent.store.ledger import Ledger, is_ledger

_COLLECTED_AFTER = 20_000
"""Objects more than before, a few megabytes."""
_INTERRUPTED = (
    "interrupted; what was submitted goes on at the provider, and the same command collects it"
)


@dataclass(frozen=True)
class Order:
    """What is to be graded, by what, how, and where the results go.

    `rubric` and `scenario` are ids or files (or the rubric itself); None takes the seven steps.
    `columns` are names that the files use instead of ours.
    """

    paths: tuple[Path, ...]
    folder: Path
    catalog: Catalog = field(default_factory=Catalog)
    columns: Mapping[str, str] = field(default_factory=dict)
    rubric: str | Rubric | AnswerRubric | None = None
    scenario: str | None = None
    prompt: str | None = None
    reference: str | None = None
    seniority: Seniority = Seniority.mid
    steps: tuple[str, ...] = ()
    settings: Settings = field(default_factory=Settings)
    limitations: Limitations = field(default_factory=Limitations)
    trace: Path | None = None


@dataclass(frozen=True)
class Done:
    """A run that has ended: how, what stands in its folder, and what it spent itself.

    `stale_reviews` are those of answers that are graded otherwise by now: they do not count.
    """

    ending: Ending
    summary: BatchSummary
    tokens: int
    cost: float
    stale_reviews: int = 0


class Job:
    """An order in work. Use it as a context manager: it holds files and a lock."""

    def __init__(self, order: Order, answers: Given | None = None) -> None:
        """Take the order; `answers` that are at hand stand in the place of its paths.

        Raises InputError or FileError for what is wrong in it.
        """
        self.order = order
        self.problems = Problems(
            order.catalog,
            order.rubric,
            scenario=order.scenario,
            prompt=order.prompt,
            reference=order.reference,
            seniority=order.seniority,
            steps=order.steps,
        )
        limits = order.limitations
        self.budget = Budget(limits.most_cost, limits.most_tokens)
        self.inputs = answers or Inputs(order.paths, order.columns)
        self._stack = ExitStack()
        self._stack.callback(self.inputs.close)
        self._fitting = ""

    def __enter__(self) -> "Job":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def use_folder(self, folder: Path) -> None:
        """Put the results there instead."""
        self.order = replace(self.order, folder=folder)

    def estimate(self) -> Estimate:
        """What the run would take, beyond what the folder's ledger holds already."""
        settings, limits = self.order.settings, self.order.limitations
        if settings.is_offline:
            return Estimate(answers=self.check().answers)
        names = [parsed(model, settings.base_url).full for model in settings.models]
        models = [name for name in names for _ in range(settings.samples)]
        planner = Planner(
            [
                rater_identity(name, settings, sample)
                for name in names
                for sample in range(settings.samples)
            ],
            settings.calls,
            settings.prompts,
        )
        with ExitStack() as stack:
            known = is_ledger(self.order.folder)
            ledger = stack.enter_context(Ledger(self.order.folder, reading=True)) if known else None
            return estimated(
                self.inputs,
                self.problems,
                planner,
                tuple(models),
                price_of(settings, limits),
                ledger,
                factor=PRICE if limits.batch_api else 1.0,
            )

    def check(self) -> Tally:
        """Read all inputs once, before anything is spent; raises FileError or InputError.

        A calibration that does not fit the settings or a rubric is such an error, too.
        """
        require_settings(self.order.settings)
        return self.inputs.check(self._looked_at)

    async def require_engine(self) -> None:
        """Raise InputError for a calibration of another grader; else as `connect` does."""
        await require_engine(self.order.settings)

    async def run(
        self,
        told: Callable[[Progress], None] = lambda _: None,
        *,
        begun: Callable[[Runner], None] = lambda _: None,
        told_batch: Callable[[BatchProgress, int], None] = lambda *_: None,
    ) -> Done:
        """Grade; what an earlier run in the same folder has done is not done again.

        Raises InputError, EngineUnavailableError (nothing could be begun), FileError or
        StoreError.
        """
        tally = self.check()
        await self.require_engine()
        with (
            _rarely_collected(),
            Ledger(self.order.folder) as ledger,
            GradesFile(self.order.folder, ledger) as grades,
        ):
            runner = await self.runner(ledger)
            begun(runner)
            try:
                reached = await self._filled(runner, told_batch)
                run = Run(
                    self.inputs,
                    tally.answers,
                    self.problems,
                    runner,
                    ledger,
                    grades,
                    now=lambda: datetime.now(UTC),
                    told=told,
                    settings=self.order.settings,
                )
                with _interruptible(run):
                    ending = await run.go()
                if reached is not None:
                    ending = replace(ending, stopped=reached, over_budget=True)
            finally:
                await runner.close()
            summary = write_results(self.order.folder, ledger)
            stale = ledger.stale()
        return Done(ending, summary, self.budget.tokens, self.budget.cost, stale)

    def _looked_at(self, answer: Answer) -> None:
        problem = self.problems.of(answer)
        calibration = self.order.settings.calibration
        if calibration is not None and problem.digest != self._fitting:
            require_rubric(calibration, problem)
            self._fitting = problem.digest

    async def runner(self, ledger: Ledger) -> Runner:
        """Who grades."""
        settings, limits = self.order.settings, self.order.limitations
        if limits.batch_api:
            if self.order.trace:
                raise InputError("--batch-api writes no trace; leave out one of them")
            return await ByBatch.connected(settings, limits, self.budget, ledger, self.order.folder)
        if limits.runner == "ray":
            # Ray takes a second to import, and is an optional part.
            from agent.batch.ray_runner import RayRunner

            if self.order.trace:
                raise InputError("--runner ray writes no trace; leave out one of them")
            answers = self.check().answers
            return await RayRunner.started(settings, limits, self.budget, ledger, answers=answers)
        if settings.is_offline:
            return OfflineRunner()
        raters = await Raters.connected(settings, limits, self.budget, trace=self.order.trace)
        return ModelRunner(settings, raters, LedgerUnits(ledger))

    async def _filled(
        self, runner: Runner, told: Callable[[BatchProgress, int], None]
    ) -> str | None:
        """Have the batches answered, if it goes by them; which limit was reached, if one was."""
        if not isinstance(runner, ByBatch):
            return None
        filling = asyncio.ensure_future(runner.fill(self.inputs, self.problems, told))
        interrupted = False

        def interrupt() -> None:
            nonlocal interrupted
            interrupted = True
            filling.cancel()

        try:
            with _signalled(interrupt):
                await filling
        except BudgetReachedError as error:
            return str(error)
        except asyncio.CancelledError:
            if not interrupted:
                raise
            raise EngineUnavailableError(_INTERRUPTED) from None
        return None


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Look for cycles among objects less often: with the usual 700 it takes a tenth of a run.

    Who has set it higher, or to 0 for never, is left alone, and so is another run that has.
    """
    before = gc.get_threshold()
    if not 0 < before[0] < _COLLECTED_AFTER:
        yield
        return
    gc.set_threshold(_COLLECTED_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """The first Ctrl-C brings home what is in flight, a second one leaves it."""
    task = asyncio.current_task()

    def interrupted() -> None:
        if run.is_stopping and task is not None:
            task.cancel()
        run.stop("interrupted")

    with _signalled(interrupted):
        yield


@contextmanager
def _signalled(interrupted: Callable[[], None]) -> Iterator[None]:
    """Call this at Ctrl-C."""
    loop = asyncio.get_running_loop()
    try:
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, interrupted)
    except (NotImplementedError, RuntimeError, ValueError):
        # Not in the main thread, or on a system without them: Ctrl-C then ends at once.
        yield
        return
    try:
        yield
    finally:
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(sign)
