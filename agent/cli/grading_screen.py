"""What `grade` shows: notes on the inputs, a progress line, a scorecard or a summary.

Results go to standard output, everything on the way to standard error.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from agent.batch.estimate import Estimate
from agent.batch.inputs import Tally
from agent.batch.job import Done, Job
from agent.batch.results import transcript_of
from agent.batch.run import Progress as Counts
from agent.batch.runner import Runner
from agent.batch.settings import Settings
from agent.llm.openai_batch import BatchProgress
from agent.report import words
from agent.report.answer_text import answer_panel
from agent.report.batch_text import summary_lines
from agent.store.ledger import Ledger

_SECONDS = 10.0
"""How often a line is printed where there is no terminal."""


class GradingScreen:
    """The screen of one call of `grade`."""

    def __init__(self) -> None:
        # Without emoji, since a name such as openai:m: is none.
        self._out = Console(highlight=False, emoji=False)
        self._err = Console(stderr=True, highlight=False, emoji=False)

    def notes(self, tally: Tally) -> None:
        """What of the inputs was not read."""
        for file, names in tally.ignored.items():
            self._note(f"{file}: ignored columns: {', '.join(names)}")
        if tally.skipped:
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(tally.skipped.items()))
            self._note(f"Not read, as their kind is not known: {kinds}")

    def estimate(self, estimate: Estimate, settings: Settings, folder: Path | None) -> None:
        """What a run would take."""
        out = self._out
        out.print(words.plain(f"Answers: {estimate.answers:,}"))
        if estimate.empty:
            out.print(f"  empty, graded without a call: {estimate.empty:,}")
        if folder is not None and estimate.reused:
            out.print(words.plain(f"  paid for already in {folder}: {estimate.reused:,}"))
        if settings.is_offline:
            out.print("Graded by the offline engine: no calls, no tokens, no cost.")
            return
        out.print(words.plain(f"Models: {', '.join(settings.models)}; {settings.told()}"))
        out.print(f"Calls: {estimate.calls:,}, more where an answer of the model cannot be used")
        out.print(
            f"Tokens: ≈{estimate.input:,} in (≈{estimate.cached:,} of them likely to be cached), "
            f"≈{estimate.output:,} out"
        )
        if estimate.cost is None or estimate.cost_uncached is None:
            out.print("Price: not known; give --price IN,OUT in dollars for a million tokens")
        else:
            out.print(
                f"Price: ≈${estimate.cost:.4f}, without a cache ≈${estimate.cost_uncached:.4f}"
            )
        out.print("No answer was sent.")

    @contextmanager
    def progress(self, job: Job, total: int) -> Iterator["Told"]:
        """A live bar in a terminal, and a line now and then elsewhere."""
        if total == 1:
            yield Told(job, None, None)
        elif self._err.is_terminal:
            bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[told]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=self._err,
                transient=True,
            )
            with bar:
                yield Told(job, bar, None)
        else:
            yield Told(job, None, self._err)

    def one(self, folder: Path, *, as_json: bool) -> None:
        """The scorecard of the only answer."""
        with Ledger(folder, reading=True) as ledger:
            for graded in ledger.graded():
                if as_json:
                    self._out.file.write(graded.model_dump_json(indent=2) + "\n")
                else:
                    self._out.print(answer_panel(graded, transcript_of(ledger, graded.id)))

    def ended(self, done: Done, folder: Path) -> None:
        """The summary of a run."""
        progress = done.ending.progress
        for line in summary_lines(done.summary):
            self._out.print(line)
        if progress.reused:
            self._out.print(f"Graded before and used again: {progress.reused:,}")
        if done.tokens:
            self._out.print(f"This run: {_spent(done.tokens, done.cost)}")
        if done.stale_reviews:
            self._out.print(
                f"{words.count(done.stale_reviews, 'earlier review')} no longer counted: the "
                "answers are graded otherwise by now",
                soft_wrap=True,
            )
        self.stopped(done)
        self.files(folder)

    def stopped(self, done: Done) -> None:
        """Why a run ended before its time."""
        ending = done.ending
        if ending.stopped is None:
            return
        counts = ending.progress
        left = counts.left + counts.partly + counts.ungraded
        self._err.print(
            words.plain(
                f"Stopped: {ending.stopped}. {left:,} of {counts.total:,} answers are not (wholly) "
                "graded; the same command goes on with them."
            ),
            markup=False,
            soft_wrap=True,
        )

    def files(self, folder: Path) -> None:
        """Where the results are."""
        self._out.print(
            words.plain(f"Results: {folder}/grades.jsonl, grades.csv, report.html"),
            markup=False,
            soft_wrap=True,
        )

    def _note(self, text: str) -> None:
        self._err.print(words.plain(text), markup=False, soft_wrap=True)


def _spent(tokens: int, cost: float) -> str:
    """What was used; nothing is said of the cost where it is not known."""
    return f"{tokens:,} tokens, ${cost:.4f}" if cost else f"{tokens:,} tokens"


class Told:
    """Takes up how far a run is."""

    def __init__(self, job: Job, bar: Progress | None, console: Console | None) -> None:
        self._job = job
        self._bar = bar
        self._console = console
        self._task = bar.add_task("Grading", total=None, told="") if bar else None
        self._runner: Runner | None = None
        self._last = time.monotonic()

    def begun(self, runner: Runner) -> None:
        """Who grades is connected."""
        self._runner = runner

    def progress(self, counts: Counts) -> None:
        """How far the run is."""
        told = self._told(counts)
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task, completed=counts.done + counts.left, total=counts.total, told=told
            )
        elif self._console is not None and time.monotonic() - self._last >= _SECONDS:
            self._last = time.monotonic()
            self._console.print(
                f"{counts.done:,} of {counts.total:,} graded; {told}", soft_wrap=True
            )

    def batch(self, progress: BatchProgress, number: int) -> None:
        """How far the provider is with a batch."""
        told = (
            f"batch round {number}: {progress.completed:,} of {progress.total:,} done, "
            f"{progress.failed:,} failed"
        )
        if self._bar is not None and self._task is not None:
            self._bar.update(
                self._task, completed=progress.completed, total=progress.total, told=told
            )
        elif self._console is not None and time.monotonic() - self._last >= _SECONDS:
            self._last = time.monotonic()
            self._console.print(told)

    def _told(self, counts: Counts) -> str:
        parts = []
        if counts.reused:
            parts.append(f"{counts.reused:,} known")
        if counts.partly or counts.ungraded:
            parts.append(f"{counts.partly + counts.ungraded:,} not (wholly) graded")
        if self._job.budget.tokens:
            parts.append(_spent(self._job.budget.tokens, self._job.budget.cost))
        if self._runner is not None and self._runner.at_once:
            parts.append(f"{counts.active:,} at work")
        return ", ".join(parts)
