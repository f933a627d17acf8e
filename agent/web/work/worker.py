"""Grades one job in a process of its own.

    python -m agent.web.work.worker estimate|run|review FOLDER

FOLDER holds `order.json` (`review.json` for a review), the uploads in `files`, and gets results
in `out` as `sevenstep grade` makes them. Standard output has one message of
`agent.web.work.messages` a line and nothing else. At SIGTERM, and when standard input ends, a run
brings home what is in flight and stops; a second SIGTERM leaves that. Who starts it, and when, is
the server's business.
"""

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from agent.batch.job import Job, Order
from agent.batch.raters import resolved
from agent.batch.review import Judgement, review_answer, rewrite
from agent.batch.run import Progress
from agent.errors import EngineUnavailableError, SevenstepError, StoreError
from agent.report.summary import BatchSummary
from agent.store.ledger import Ledger
from agent.web.work.messages import (
    Estimated,
    Faulted,
    Finished,
    Message,
    Outcome,
    Progressed,
    Reviewed,
)
from agent.web.work.orders import ORDER, REVIEW, GradingOrder, ReviewOrder, batch_order
from agent.web.work.records import FILES, OUT
from agent.web.work.tether import end_with_parent
from agent.web.work.uploads import uploads_in
from agent.web.work.wording import on_the_page

_PAUSE = 0.2
"""Seconds between two messages on how far a run is."""
_PATIENCE = 600.0
"""Seconds for another worker to bring its work home, after the server was killed."""
_SHOWN = 60
Tell = Callable[[Message], None]


class Paced:
    """Tells how far a run is, not too often; `last` tells what was held back."""

    def __init__(self, tell: Tell, now: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._now = now
        self._told: float | None = None
        self._held: Progressed | None = None

    def progress(self, one: Progressed) -> None:
        """Tell it, or hold it back."""
        now = self._now()
        if self._told is not None and now - self._told < _PAUSE:
            self._held = one
            return
        self._told, self._held = now, None
        self._tell(one)

    def last(self) -> None:
        """Tell what is held back, if anything is."""
        if self._held is not None:
            self._tell(self._held)
            self._held = None


def estimate(tell: Tell) -> None:
    """Say what the order would take, in the working folder of its files."""
    order = _order()
    settings = asyncio.run(resolved(order.settings))
    with Job(replace(order, settings=settings)) as job:
        tally = job.check()
        found = job.estimate()
        tell(
            Estimated(
                models=settings.models,
                files=tally.files,
                answers=tally.answers,
                empty=tally.empty,
                reused=found.reused,
                calls=found.calls,
                input_tokens=found.input,
                cached_tokens=found.cached,
                output_tokens=found.output,
                cost=found.cost,
                cost_uncached=found.cost_uncached,
                ignored={
                    file: tuple(name[:_SHOWN] for name in names)
                    for file, names in tally.ignored.items()
                },
                skipped=dict(tally.skipped),
            )
        )


def run(tell: Tell) -> None:
    """Grade, or go on with it."""
    paced = Paced(tell)
    with _alone(), Job(_order()) as job:

        def told(counts: Progress) -> None:
            paced.progress(_progressed(job, counts))

        done = asyncio.run(job.run(told))
        paced.last()
        ending = done.ending
        if ending.is_unavailable:
            raise EngineUnavailableError(ending.stopped or "")
        tell(
            Finished(
                stopped=None if ending.stopped is None else on_the_page(ending.stopped),
                over_budget=ending.over_budget,
                progress=_progressed(job, ending.progress),
                outcome=_outcome(done.summary),
                stale_reviews=done.stale_reviews,
            )
        )


def review(tell: Tell) -> None:
    """Keep a review, and write the results anew."""
    said = ReviewOrder.model_validate_json(Path("..", REVIEW).read_text(encoding="utf-8"))
    judgement = Judgement(said.criterion, said.level, said.reason, said.by)
    out = Path("..", OUT)
    with _alone(), Ledger(out) as ledger:
        review_answer(ledger, said.answer, judgement, datetime.now(UTC))
        tell(Reviewed(outcome=_outcome(rewrite(out, ledger))))


def main(mode: str, folder: str) -> int:
    """Do one of the three; the exit code, 0 for all but a fault."""
    out = _own_output()

    def tell(message: Message) -> None:
        # Without a server nobody reads it, and what is in flight is to be kept all the same.
        with suppress(BrokenPipeError):
            os.write(out, f"{message.model_dump_json()}\n".encode())

    end_with_parent()
    try:
        # Messages name files as they were uploaded, and not where the server keeps them.
        os.chdir(Path(folder, FILES))
        _MODES[mode](tell)
    except SevenstepError as error:
        tell(Faulted(message=on_the_page(str(error))))
        return 2
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else "input/output"
        tell(Faulted(message=f"{name}: {error.strerror or error}"))
        return 2
    return 0


_MODES = {"estimate": estimate, "run": run, "review": review}


def _order() -> Order:
    given = GradingOrder.model_validate_json(Path("..", ORDER).read_text(encoding="utf-8"))
    return batch_order(given, [one.name for one in uploads_in(Path())], Path("..", OUT))


def _progressed(job: Job, counts: Progress) -> Progressed:
    return Progressed(**asdict(counts), tokens=job.budget.tokens, cost=job.budget.cost)


def _outcome(summary: BatchSummary) -> Outcome:
    return Outcome(
        answers=summary.answers,
        graded=summary.statuses["graded"],
        partly=summary.statuses["partly"],
        ungraded=summary.statuses["ungraded"],
        mean_percent=summary.percents.mean if summary.percents.count else None,
        flagged=summary.flagged,
        reviewed=summary.reviewed,
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other worker is at the job: one whose server was killed ends a little later.

    The lock is SQLite's, which vanishes with its process on every system.
    """
    with closing(sqlite3.connect("../.busy", timeout=_PATIENCE, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise StoreError(
                f"another process is at work on this job ({error}); try again later"
            ) from error
        yield


def _own_output() -> int:
    """A pipe for the messages alone; what else is printed goes to standard error."""
    out = os.dup(1)
    os.dup2(2, 1)
    return out


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
