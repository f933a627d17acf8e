"""What runs in Ray's processes: grades what it is sent, and keeps nothing but what is sent often.

It has neither the user's files nor his ledger: texts, units and problems come as values, and what
was found goes back to the one process that keeps it.
"""

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from agent.batch.answer import Answer
from agent.batch.problem import Problem
from agent.batch.raters import Raters
from agent.batch.ray_desk import AtDesk
from agent.batch.runner import OfflineRunner, Rated, how_of
from agent.batch.settings import Limitations, Settings
from agent.batch.units import Task, UnitResult, Work
from agent.llm.unit import Unit
from agent.ports import TurnNote
from agent.transcript import Transcript

KEPT = 64
"""So many units and problems a worker keeps, as preparing one costs."""

_T = TypeVar("_T")


class Worker:
    """Grades what it is sent, many at once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._offline = OfflineRunner()
        self._raters: Raters | None = None

    async def begin(
        self,
        settings: Settings,
        limitations: Limitations,
        desk: Any,
        name: str,
        environment: Mapping[str, str],
    ) -> tuple[str, ...]:
        """Get ready; gives what says who grades and how, which must be the same everywhere.

        `environment` holds the user's keys. Raises InputError or EngineUnavailableError.
        """
        # Not through Ray's runtime_env, which is shown and logged.
        os.environ.update(environment)
        if settings.is_offline:
            return self._offline.how
        at_desk = AtDesk(desk, name)
        self._raters = await Raters.connected(settings, limitations, at_desk, slots=at_desk.slots)
        return how_of(settings, [rater.identity for rater in self._raters.raters])

    async def rate(
        self,
        digest: str,
        unit: Unit | None,
        transcript: Transcript,
        notes: Sequence[TurnNote],
        rater: int,
        earlier: UnitResult | None,
    ) -> tuple[UnitResult, tuple[str, ...]] | None:
        """Have a text graded by a model; also gives how structured answers were had.

        None if the unit was not sent and is not kept here. Raises EngineUnavailableError.
        """
        known = self._known(digest, unit)
        if known is None:
            return None
        assert self._raters is not None
        task = Task(rater, known, "")
        work = Work(known.sheet, transcript, tuple(notes), (task,))
        result = await self._raters.rate(work, task, earlier)
        return result, self._raters.methods()

    async def rate_offline(
        self, digest: str, problem: Problem | None, answer: Answer
    ) -> Rated | None:
        """Grade an answer without a model; None if the problem is not known here."""
        known = self._known(digest, problem)
        return None if known is None else await self._offline.rate(answer, known)

    def _known(self, digest: str, sent: _T | None) -> _T | None:
        """What goes by this digest: what was kept, as it has grown by use, or was sent now."""
        if digest not in self._kept:
            if sent is None:
                return None
            self._kept[digest] = sent
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(digest)
        kept: _T = self._kept[digest]
        return kept
