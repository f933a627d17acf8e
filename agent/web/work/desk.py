"""Work that people order: its files, its processes, who is told of it, and its stop.

Grading jobs and studies both lie on a desk. What a process is told to do, and what its end means,
is theirs; here it is only run in its turn, and what is known is kept through a restart.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic

from agent.errors import InputError, SevenstepError
from agent.web.work import uploads
from agent.web.work.processes import Child
from agent.web.work.records import FILES, OUT, R, Records, WorkState
from agent.web.work.uploads import Quota, Upload

STOPPED = "stopped by you"
_STOPPING = "stopping; what is in flight is brought home"
_KEPT = (WorkState.done, WorkState.ready)
_log = logging.getLogger(__name__)
Told = Callable[[R], None]


class Desk(Generic[R]):
    """The work of one kind. Use it within one event loop."""

    def __init__(
        self,
        folder: Path,
        kind: type[R],
        *,
        quota: Quota | None = None,
        most_running: int = 1,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Keep the work below `folder`; at most so many run at once, the others wait in order."""
        self._records = Records(folder, kind)
        self._quota = quota or Quota()
        self._now = now
        self._lane = asyncio.Semaphore(most_running)
        self._live: dict[str, R] = {}
        self._at_work: dict[str, tuple[Child, asyncio.Task[None]]] = {}
        self._told: defaultdict[str, list[Told[R]]] = defaultdict(list)
        self._coming: Counter[str] = Counter()
        self._is_closing = False

    # Reading.

    def create(self, owner: str, title: str = "") -> str:
        """A new, empty piece of work; its id. Raises InputError if the owner has too many."""
        if len(self._records.list(owner)) >= self._quota.owner_jobs:
            raise InputError(
                f"you have {self._quota.owner_jobs:,} jobs, which is the most; delete one that "
                "you need no more"
            )
        return self._records.create(owner, title, self._now()).id

    def list(self, owner: str) -> tuple[R, ...]:
        """All work of an owner as it stands now, the newest first."""
        return tuple(self._live.get(one.id, one) for one in self._records.list(owner))

    def get(self, owner: str, work_id: str) -> R:
        """A piece of work as it stands now; raises InputError if the owner has none of this id."""
        record = self._records.get(owner, work_id)
        return self._live.get(work_id, record)

    def files(self, owner: str, work_id: str) -> tuple[Upload, ...]:
        """Its uploaded files, in the order of their names. Raises as `get`."""
        return uploads.uploads_in(self._folder(self.get(owner, work_id)) / FILES)

    def output(self, owner: str, work_id: str, name: str) -> Path:
        """A result file of this name, as `downloads` lists them. Raises InputError if it is none.

        A path leads to what reports link to, such as answers/a-1.html; it never leaves them.
        """
        out = (self._folder(self.get(owner, work_id)) / OUT).resolve()
        path = (out / name).resolve() if "\0" not in name else out
        inside = path.relative_to(out) if path.is_relative_to(out) else Path()
        try:
            is_there = self._is_public(inside) and path.is_file()
        except OSError:  # such as a name that is too long
            is_there = False
        if not is_there:
            raise InputError(f"there is no result {name[:80]!r} of this job")
        return path

    def downloads(self, owner: str, work_id: str) -> tuple[str, ...]:
        """The names of the results that are there, for `output`. Raises as `get`."""
        out = self._folder(self.get(owner, work_id)) / OUT
        return tuple(name for name in self._public() if (out / name).is_file())

    # Files.

    async def upload(
        self, owner: str, work_id: str, name: str, chunks: AsyncIterator[bytes]
    ) -> Upload:
        """Take a file in; an estimate made without it is forgotten.

        Raises InputError over a limit, for a kind that is not read, and while it is at work.
        """
        record = self._idle(owner, work_id)
        others = sum(one.size for one in self._records.list(owner) if one.id != work_id)
        if self._coming[owner] >= self._quota.at_once:
            raise InputError(
                f"{self._coming[owner]} of your files are on their way, which is the most at once; "
                "send this one again in a moment"
            )
        self._coming[owner] += 1
        try:
            kept = await uploads.receive(
                self._folder(record) / FILES, name, chunks, self._quota, elsewhere=others
            )
        finally:
            self._coming[owner] -= 1
        try:
            record = self._idle(owner, work_id)
        except InputError:
            uploads.remove(self._folder(record) / FILES, kept.name)
            raise
        self._collected(record)
        return kept

    def remove_file(self, owner: str, work_id: str, name: str) -> None:
        """Remove an uploaded file. Raises InputError as `upload`, and if there is none."""
        record = self._idle(owner, work_id)
        uploads.remove(self._folder(record) / FILES, name)
        self._collected(record)

    # Life.

    def listen(self, owner: str, work_id: str, told: Told[R]) -> Callable[[], None]:
        """Be told of each change, also of progress, in the event loop; call the result to end it.

        Raises as `get`. An error in `told` is logged.
        """
        self.get(owner, work_id)
        self._told[work_id].append(told)

        def no_more() -> None:
            if told in self._told[work_id]:
                self._told[work_id].remove(told)
            if not self._told[work_id]:
                del self._told[work_id]

        return no_more

    def stop(self, owner: str, work_id: str) -> None:
        """Stop it in order, with all that is done kept; again while it stops: at once.

        Raises InputError if it is not at work.
        """
        record = self.get(owner, work_id)
        if work_id not in self._at_work:
            raise InputError("this job is not at work, so that there is nothing to stop")
        child, task = self._at_work[work_id]
        child.stop()
        if child.is_waiting:
            del self._at_work[work_id]
            task.cancel()
            self._put(self._given_up(record))
        else:
            self._put(record.model_copy(update={"message": _STOPPING}))

    async def delete(self, owner: str, work_id: str) -> None:
        """Remove it with its files and results; work on it is ended first. Raises as `get`."""
        record = self.get(owner, work_id)
        if work_id in self._at_work:
            _, task = self._at_work.pop(work_id)
            task.cancel()
            await asyncio.wait((task,))
        self._live.pop(work_id, None)
        self._told.pop(work_id, None)
        await asyncio.to_thread(self._records.delete, record)

    async def settled(self, owner: str, work_id: str) -> R:
        """Wait until nothing is at work on it; how it stands then. Raises as `get`."""
        self.get(owner, work_id)
        if work_id in self._at_work:
            await asyncio.wait((self._at_work[work_id][1],))
        return self.get(owner, work_id)

    def resume_all(self) -> int:
        """Take up what was at work when the server ended, the oldest first; how many that is.

        To be called once, when the server starts.
        """
        count = 0
        for record in reversed(self._records.everyones()):
            uploads.clear_parts(self._folder(record) / FILES)
            if record.is_busy:
                self._resume(record)
                count += 1
        return count

    async def close(self) -> None:
        """The server ends: processes end in order, and `resume_all` takes the work up again."""
        self._is_closing = True
        await asyncio.gather(*(child.close(task) for child, task in self._at_work.values()))

    # For those who derive from it.

    def _public(self) -> tuple[str, ...]:
        """The names of result files that may be read."""
        raise NotImplementedError

    def _is_public(self, path: Path) -> bool:
        """Whether this path below the results may be read."""
        return str(path) in self._public()

    def _given_up(self, record: R) -> R:
        """How a record stands whose work was stopped, with nothing more to say of it."""
        return record.model_copy(update={"state": WorkState.stopped, "message": STOPPED})

    def _resume(self, record: R) -> None:
        """Take up a record that was busy when the server ended."""
        raise NotImplementedError

    def _folder(self, record: R) -> Path:
        return self._records.folder(record)

    def _idle(self, owner: str, work_id: str) -> R:
        """The record; raises InputError while a process is at work on it."""
        record = self.get(owner, work_id)
        if record.is_busy:
            raise InputError("this job is at work; wait for it to end, or stop it first")
        return record

    def _collected(self, record: R) -> None:
        found = uploads.uploads_in(self._folder(record) / FILES)
        self._put(
            record.model_copy(
                update={
                    "state": WorkState.collecting,
                    "message": "",
                    "files": len(found),
                    "size": sum(one.size for one in found),
                }
            )
        )

    def _begin(self, record: R, child: Child, work: Callable[[], Awaitable[R]]) -> None:
        """Keep the record, and let `work` run `child` and say how the record stands then."""
        self._put(record)
        task = asyncio.create_task(self._worked(record, child, work))
        self._at_work[record.id] = (child, task)

    async def _worked(self, record: R, child: Child, work: Callable[[], Awaitable[R]]) -> None:
        try:
            after = await work()
        except (SevenstepError, OSError) as error:
            failed = {"state": WorkState.failed, "message": str(error)}
            after = self._live.get(record.id, record).model_copy(update=failed)
        except Exception:
            # Else the record would say for ever that something is at work.
            _log.exception("job %s failed", record.id)
            failed = {"state": WorkState.failed, "message": "a fault of the server; see its log"}
            after = self._live.get(record.id, record).model_copy(update=failed)
        if self._is_closing and not child.was_stopped and after.state not in _KEPT:
            return  # the record says busy, and so the next server takes it up
        self._at_work.pop(record.id, None)
        self._put(after)

    def _put(self, record: R) -> None:
        """Keep a record and tell of it. Where it cannot be kept, it stands in memory alone."""
        self._live[record.id] = record
        try:
            self._records.put(record)
        except SevenstepError as error:
            _log.error("%s", error)
        else:
            if not record.is_busy:
                del self._live[record.id]
        self._tell(record)

    def _tell(self, record: R) -> None:
        """Tell of a record, as of progress, that need not be kept."""
        if record.is_busy:
            self._live[record.id] = record
        for told in tuple(self._told.get(record.id, ())):
            try:
                told(record)
            except Exception:  # a page's fault must not end the work
                _log.exception("a listener to job %s failed", record.id)
