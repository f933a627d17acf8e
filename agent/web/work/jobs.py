"""Grading jobs: an order, what it would take, its run, its results, and a person's word on them.

The grading itself is done in a process of its own (`agent.web.work.worker`), files and stops are
the desk's (`agent.web.work.desk`). No page is drawn here.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agent.batch.outputs import GRADES
from agent.batch.results import CALIBRATION, CSV, REPORT
from agent.batch.review import Judgement
from agent.errors import InputError, StoreError
from agent.files import write_whole
from agent.graded import GradedAnswer, Status
from agent.report.bar import Bar
from agent.report.pages import FOLDER
from agent.store.ledger import is_ledger
from agent.transcript import Transcript
from agent.web.work import grades
from agent.web.work.desk import Desk
from agent.web.work.grades import Results
from agent.web.work.messages import (
    Estimated,
    Faulted,
    Finished,
    Message,
    Outcome,
    Progressed,
    Reviewed,
    read,
)
from agent.web.work.orders import ORDER, REVIEW, GradingOrder, ReviewOrder, require_server
from agent.web.work.processes import Child, Ended
from agent.web.work.records import FILES, OUT, Record, WorkState
from agent.web.work.uploads import Quota, uploads_in

_WHAT = "that grades"
WORKER = (sys.executable, "-P", "-m", "agent.web.work.worker")
"""-P: nothing is imported from the working folder."""


class GradingJob(Record):
    """A grading job as it stands now.

    `estimate` belongs to `order`; `progress` is that of the run at work, or of the last one.
    `outcome` is what stands in the results, after a run or a review.
    """

    order: GradingOrder | None = None
    estimate: Estimated | None = None
    progress: Progressed | None = None
    outcome: Outcome | None = None
    stale_reviews: int = 0


class Jobs(Desk[GradingJob]):
    """The grading jobs of all owners."""

    def __init__(
        self,
        folder: Path,
        *,
        quota: Quota | None = None,
        most_running: int = 1,
        servers: Collection[str] | None = None,
        worker: Sequence[str] = WORKER,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep the jobs below `folder`; at most so many run at once.

        `servers` are the addresses of models that an order may name; None allows any. A key of
        the server is sent there, so that only the local user should have the choice.
        """
        super().__init__(folder, GradingJob, quota=quota, most_running=most_running, now=now)
        self._servers = servers
        self._worker = tuple(worker)
        self._short = asyncio.Semaphore(1)
        self._reviewing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def estimate(self, owner: str, job_id: str, order: GradingOrder) -> GradingJob:
        """Begin to find out what the order would take; listeners are told, `settled` waits.

        It ends in `ready` with an estimate, or in `failed` with a message. Raises InputError for
        an order that does not fit the files or the server, and while the job is at work.
        """
        job = self._idle(owner, job_id)
        require_server(order, self._servers)
        names = [one.name for one in uploads_in(self._folder(job) / FILES)]
        if missing := [name for name in order.own_files if name not in names]:
            raise InputError(f"{missing[0]} is not among the uploaded files; upload it first")
        if not set(names) - set(order.own_files):
            raise InputError("there is nothing to grade yet; upload answers first")
        return self._estimate(job, order)

    def start(self, owner: str, job_id: str) -> GradingJob:
        """Begin the run of the estimated order, or go on with one that has ended.

        Raises InputError if it was not estimated, and while the job is at work.
        """
        job = self._idle(owner, job_id)
        if job.state is WorkState.collecting or job.order is None or job.estimate is None:
            raise InputError("it is not known yet what this job takes; have it estimated first")
        if self._reviewing[job_id].locked():
            raise InputError("a review is being written; start again in a moment")
        return self._start(job)

    async def results(
        self,
        owner: str,
        job_id: str,
        *,
        offset: int = 0,
        limit: int = 50,
        named: str = "",
        status: Status | None = None,
    ) -> Results:
        """A page of the results, also of a run at work; see `agent.web.work.grades.results`."""
        return await asyncio.to_thread(
            grades.results,
            self._out(owner, job_id),
            offset=offset,
            limit=limit,
            named=named,
            status=status,
        )

    async def graded(
        self, owner: str, job_id: str, answer_id: str
    ) -> tuple[GradedAnswer, Transcript]:
        """An answer's outcome and text; raises InputError if there is none."""
        return await asyncio.to_thread(grades.graded, self._out(owner, job_id), answer_id)

    async def answer_page(
        self, owner: str, job_id: str, answer_id: str, bar: Bar | None = None
    ) -> str:
        """The page of one answer as HTML; raises InputError if there is none."""
        return await asyncio.to_thread(grades.answer_page, self._out(owner, job_id), answer_id, bar)

    async def review(
        self, owner: str, job_id: str, answer_id: str, said: Judgement
    ) -> GradedAnswer:
        """Keep a person's level with its reason, and have the results written anew.

        The outcome as it stands then. Raises InputError for what does not fit the scorecard, and
        while the job is at work; StoreError if it cannot be kept.
        """
        if not said.reason or not said.by:
            raise InputError("a review needs a reason and a name; write both")
        before, _ = await self.graded(owner, job_id, answer_id)
        said.on(before.scorecard, self._now())
        async with self._reviewing[job_id]:
            job = self._idle(owner, job_id)
            order = ReviewOrder(
                answer=answer_id,
                criterion=said.criterion,
                level=said.level,
                reason=said.reason,
                by=said.by,
            )
            write_whole(self._folder(job) / REVIEW, order.model_dump_json())
            lines: list[str] = []
            ended = await self._child(job, "review", self._short, lines.append).run()
            match _last(lines):
                case Reviewed(outcome=outcome):
                    now = self.get(owner, job_id)
                    self._put(now.model_copy(update={"outcome": outcome}))
                case Faulted(message=message):
                    raise StoreError(message)
                case _:
                    raise StoreError(ended.told("that keeps reviews"))
        after, _ = await self.graded(owner, job_id, answer_id)
        return after

    def grades_folder(self, owner: str, job_id: str) -> Path:
        """The folder of the results, for a study; raises InputError if there are none."""
        out = self._out(owner, job_id)
        if not is_ledger(out):
            raise InputError("this job has graded nothing yet; start it first")
        return out

    async def delete(self, owner: str, work_id: str) -> None:
        """As the desk does, once a review that is being written is through."""
        async with self._reviewing[work_id]:
            await super().delete(owner, work_id)
        self._reviewing.pop(work_id, None)

    def _public(self) -> tuple[str, ...]:
        return (GRADES, CSV, REPORT, CALIBRATION)

    def _is_public(self, path: Path) -> bool:
        return super()._is_public(path) or (path.parent == Path(FOLDER) and path.suffix == ".html")

    def _out(self, owner: str, job_id: str) -> Path:
        return self._folder(self.get(owner, job_id)) / OUT

    def _resume(self, record: GradingJob) -> None:
        if record.order is None:
            self._put(record.model_copy(update={"state": WorkState.collecting}))
        elif record.state is WorkState.estimating:
            self._estimate(record, record.order)
        else:
            self._start(record)

    def _given_up(self, record: GradingJob) -> GradingJob:
        if record.state is not WorkState.estimating:
            return super()._given_up(record)
        return record.model_copy(update={"state": WorkState.collecting, "message": ""})

    def _estimate(self, job: GradingJob, order: GradingOrder) -> GradingJob:
        write_whole(self._folder(job) / ORDER, order.model_dump_json())
        job = job.model_copy(
            update={
                "state": WorkState.estimating,
                "message": "",
                "order": order,
                "estimate": None,
            }
        )
        lines: list[str] = []
        child = self._child(job, "estimate", self._short, lines.append)

        async def work() -> GradingJob:
            ended = await child.run()
            found = _last(lines)
            if isinstance(found, Estimated):
                update = {"state": WorkState.ready, "estimate": found}
                return job.model_copy(update=update)
            return self._ended(job, child, ended, found)

        self._begin(job, child, work)
        return job

    def _start(self, job: GradingJob) -> GradingJob:
        job = job.model_copy(update={"state": WorkState.waiting, "message": "", "progress": None})
        last: list[Message] = []

        def heard(line: str) -> None:
            message = read(line)
            if isinstance(message, Progressed):
                now = self._live.get(job.id, job)
                self._tell(now.model_copy(update={"progress": message}))
            elif message is not None:
                last.append(message)

        def begun() -> None:
            self._put(job.model_copy(update={"state": WorkState.running}))

        child = self._child(job, "run", self._lane, heard, begun)

        async def work() -> GradingJob:
            ended = await child.run()
            now = self._live.get(job.id, job)
            return self._ended(now, child, ended, last[-1] if last else None)

        self._begin(job, child, work)
        return job

    def _ended(
        self, job: GradingJob, child: Child, ended: Ended, said: Message | None
    ) -> GradingJob:
        """How a job stands after its process."""
        match said:
            case Finished():
                update: dict[str, object] = {
                    "state": WorkState.done if said.stopped is None else WorkState.stopped,
                    "message": said.stopped or "",
                    "progress": said.progress,
                    "outcome": said.outcome,
                    "stale_reviews": said.stale_reviews,
                }
            case Faulted(message=message):
                update = {"state": WorkState.failed, "message": message}
            case _ if child.was_stopped:
                return self._given_up(job)
            case _:
                update = {"state": WorkState.failed, "message": ended.told(_WHAT)}
        return job.model_copy(update=update)

    def _child(
        self,
        job: GradingJob,
        mode: str,
        lane: asyncio.Semaphore,
        heard: Callable[[str], None],
        begun: Callable[[], None] = lambda: None,
    ) -> Child:
        folder = str(self._folder(job).resolve())
        return Child(lane, (*self._worker, mode, folder), out=heard, begun=begun)


def _last(lines: list[str]) -> Message | None:
    return read(lines[-1]) if lines else None
