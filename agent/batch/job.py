"""One order to grade, put together: inputs, problems, raters, ledger, run, files at its end.

The one door for the command line and for other programs. It prints nothing.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from agent.batch.estimate import Estimate, estimated
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
from agent.llm.budget import Budget
from agent.llm.openai_batch import BatchProgress
from agent.report.summary import BatchSummary
from agent.rubric import Seniority
from agent.store.ledger import Ledger, is_ledger

_BATCH_PRICE = 0.5


@dataclass(frozen=True)
class Order:
    """What is to be graded, by what, how, and where the results go.

    `rubric` and `scenario` are ids or files; None takes the rubric of the seven steps. `columns`
    are names that the files use instead of ours.
    """

    paths: tuple[Path, ...]
    folder: Path
    catalog: Catalog = field(default_factory=Catalog)
    columns: Mapping[str, str] = field(default_factory=dict)
    rubric: str | None = None
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
    """A run that has ended: how, what stands in its folder, and what it spent itself."""

    ending: Ending
    summary: BatchSummary
    tokens: int
    cost: float


class Job:
    """An order in work. Use it as a context manager: it holds files and a lock."""

    def __init__(self, order: Order) -> None:
        """Take the order; raises InputError or FileError for what is wrong in it."""
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
        self.inputs = Inputs(order.paths, order.columns)
        self._stack = ExitStack()
        self._stack.callback(self.inputs.close)

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
            return Estimate(answers=self.inputs.check().answers)
        models = [model for model in settings.models for _ in range(settings.samples)]
        planner = Planner(
            [
                rater_identity(model, settings, sample)
                for model in settings.models
                for sample in range(settings.samples)
            ],
            settings.calls,
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
                factor=_BATCH_PRICE if limits.batch_api else 1.0,
            )

    def check(self) -> Tally:
        """Read all inputs once, before anything is spent; raises FileError or InputError."""
        tally = self.inputs.check()
        for answer in self.inputs:
            self.problems.of(answer)
        return tally

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
        self.order.folder.mkdir(parents=True, exist_ok=True)
        with Ledger(self.order.folder) as ledger, GradesFile(self.order.folder, ledger) as grades:
            runner = await self.runner(ledger)
            begun(runner)
            try:
                run = Run(
                    self.inputs,
                    tally.answers,
                    self.problems,
                    runner,
                    ledger,
                    grades,
                    now=lambda: datetime.now(UTC),
                    told=told,
                )
                with _interruptible(run):
                    ending = await run.go()
            finally:
                await runner.close()
            summary = write_results(self.order.folder, ledger)
        return Done(ending, summary, self.budget.tokens, self.budget.cost)

    async def runner(self, ledger: Ledger) -> Runner:
        """Who grades."""
        settings, limits = self.order.settings, self.order.limitations
        if settings.is_offline:
            return OfflineRunner()
        raters = await Raters.connected(settings, limits, self.budget, trace=self.order.trace)
        return ModelRunner(settings, raters, LedgerUnits(ledger))


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """The first Ctrl-C brings home what is in flight, a second one leaves it."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def interrupted() -> None:
        if run.is_stopping and task is not None:
            task.cancel()
        run.stop("interrupted")

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
