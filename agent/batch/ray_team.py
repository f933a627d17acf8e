"""Ray's workers as a team: who is free does the next piece, and who is lost is replaced.

It knows nothing of grading. A piece of work that was with a lost worker is done again by another
one, and given up if it was with too many.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from agent.batch.ray_cluster import Cluster, LostError, answered, not_started
from agent.batch.ray_worker import KEPT, Worker
from agent.errors import EngineUnavailableError, SevenstepError

_AT_ONCE = 256
_TRIES = 3
_STARTS = 3
_PATIENCE = 300.0
"""Seconds until a first worker must be there: a cluster may have to get machines for it."""

_T = TypeVar("_T")


@dataclass(eq=False)
class Member:
    """A worker; `name` is never used again, `busy` counts the pieces that it works on."""

    name: str
    actor: Any
    busy: int = 0
    _sent: set[str] = field(default_factory=set)

    async def told(self, digest: str, value: _T, call: Callable[[_T | None], Any]) -> Any:
        """What `call` gives; it is called with `value` only if the worker may not have it."""
        if digest in self._sent:
            found = await answered(call(None))
            if found is not None:
                return found
        if len(self._sent) >= KEPT:
            self._sent.clear()
        self._sent.add(digest)
        return await answered(call(value))


class Team:
    """The workers. `open` it first, `close` it at the end."""

    def __init__(
        self,
        cluster: Cluster,
        wanted: int,
        begin: Callable[[Member], Coroutine[Any, Any, None]],
        lost: Callable[[Member], object],
    ) -> None:
        """`begin` readies a worker, `lost` is told of each that is gone."""
        self._cluster = cluster
        self._wanted = wanted
        self._share = min(1.0, cluster.cpus / wanted)
        self._begin = begin
        self._lost = lost
        self._numbers = count(1)
        self._all: set[Member] = set()
        self._ready: list[Member] = []
        self._hiring: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._fault: SevenstepError | None = None
        self._alone = asyncio.Lock()

    @property
    def names(self) -> dict[str, Any]:
        """The workers that are ready, with their handles."""
        return {member.name: member.actor for member in self._ready}

    async def open(self) -> None:
        """Start the workers; returns as soon as one is ready.

        Raises what readying one raised, or EngineUnavailableError.
        """
        for _ in range(self._wanted):
            self._hire()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._free()
        except TimeoutError as error:
            raise EngineUnavailableError(
                f"Ray has started no worker in {_PATIENCE:g} s, as no CPU is free there; see "
                "`ray status`, and try again"
            ) from error

    async def do(self, work: Callable[[Member], Awaitable[_T]]) -> _T:
        """Have a piece of work done. Raises what it raises, and LostError if each of several
        workers was lost over it; EngineUnavailableError if there are none any more."""
        for _ in range(_TRIES - 1):
            member = await self._free()
            try:
                return await _by(member, work)
            except LostError:
                if self._dismiss(member):
                    self._hire()
        # Others had to die together with this piece. Now it is with a worker of its own, so that
        # one that kills its worker is not taken for those that were only with it.
        async with self._alone:
            member = await self._started(cpus=0)
            try:
                return await _by(member, work)
            finally:
                self._dismiss(member)

    async def close(self) -> None:
        """End all workers, whatever they are doing."""
        for task in self._hiring:
            task.cancel()
        await asyncio.gather(*self._hiring, return_exceptions=True)
        for member in list(self._all):
            self._dismiss(member)

    async def _free(self) -> Member:
        """The one with the least work; waits while there is none, but somebody may come."""
        while not self._ready:
            if self._fault is not None and not self._hiring:
                raise self._fault
            self._news.clear()
            await self._news.wait()
        return min(self._ready, key=lambda member: member.busy)

    def _hire(self) -> None:
        async def hired() -> None:
            try:
                self._ready.append(await self._started(self._share))
            except SevenstepError as error:
                self._fault = error

        def done(task: asyncio.Task[None]) -> None:
            self._hiring.discard(task)
            self._news.set()

        task = asyncio.create_task(hired())
        self._hiring.add(task)
        task.add_done_callback(done)

    async def _started(self, cpus: float) -> Member:
        """A worker that is ready."""
        fault: Exception | None = None
        for _ in range(_STARTS):
            name = f"worker {next(self._numbers)}"
            member = Member(name, self._cluster.actor(Worker, cpus=cpus, at_once=_AT_ONCE))
            self._all.add(member)
            try:
                await self._begin(member)
            except SevenstepError:
                self._dismiss(member)
                raise
            except Exception as error:
                self._dismiss(member)
                fault = error
            except BaseException:
                self._dismiss(member)
                raise
            else:
                return member
        assert fault is not None
        raise not_started(fault) from fault

    def _dismiss(self, member: Member) -> bool:
        """End a worker and let go of what it held; False if that was done before."""
        if member not in self._all:
            return False
        self._all.discard(member)
        if member in self._ready:
            self._ready.remove(member)
        self._cluster.end(member.actor)
        self._lost(member)
        return True


async def _by(member: Member, work: Callable[[Member], Awaitable[_T]]) -> _T:
    member.busy += 1
    try:
        return await work(member)
    finally:
        member.busy -= 1
