"""The rounds of batches with one model: what is missing is asked for, what comes is kept.

After each round the dialogue of every unit is gone through again over the replies that the
ledger holds, which tells what the next round asks. So a process may end anywhere: what is in the
ledger is known, what is at the provider is collected by the next one. How a round is sent and
fetched stands in `agent.llm.openai_batch`, what a dialogue comes to in `agent.llm.replay`.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import quote, unquote

from agent.batch.answer import Answer
from agent.batch.problem import Problems, is_blank
from agent.batch.runner import LedgerUnits
from agent.batch.units import Planner, Task, UnitResult, Work, answer_key
from agent.errors import EngineUnavailableError, FileError
from agent.llm.budget import Budget
from agent.llm.chat import Tokens
from agent.llm.dialogue import grading
from agent.llm.faults import Kind, ModelError
from agent.llm.openai_batch import Batches, BatchOptions, BatchProgress, BatchReply, BatchRequest
from agent.llm.openai_chat import OpenAIChat
from agent.llm.patience import closing as aclosing
from agent.llm.prices import Price
from agent.llm.replay import Asked, Replayed, Reply, replayed
from agent.llm.tokens import count
from agent.store.ledger import Ledger
from agent.usage import ModelUsage, summed

_ROUNDS = 6
_OVER = f"no usable answer in {_ROUNDS} rounds of batches"
_BREATH = 64
_LASTING = (Kind.key, Kind.quota, Kind.model)
"""Faults that are the user's to mend, after which the same is asked again."""
_USUAL_SHARE = 4
"""An answer is reckoned to take this part of what it may."""


@dataclass
class Shared:
    """What the rounds of all models have in common.

    `price` is what is paid, `aside` the tokens and dollars that running rounds are reckoned to
    take. `seed_of` gives the seed of a sample.
    """

    answers: Iterable[Answer]
    problems: Problems
    how: tuple[str, ...]
    ledger: Ledger
    folder: Path
    price: Price
    budget: Budget
    options: BatchOptions
    sleep: Callable[[float], Awaitable[None]]
    seed_of: Callable[[int], int | None] = lambda _: None
    aside: tuple[int, float] = (0, 0.0)
    methods: set[str] = field(default_factory=set)


class Rounds:
    """The rounds with one model."""

    def __init__(
        self,
        chat: OpenAIChat,
        planner: Planner,
        shared: Shared,
        told: Callable[[BatchProgress, int], None],
    ) -> None:
        """`planner` plans for the samples of this model only, each a rater of its own."""
        self._chat = chat
        self._planner = planner
        self._shared = shared
        self._told = told
        self._store = LedgerUnits(shared.ledger)
        self._aside = (0, 0.0)
        self._number = 0
        self._asked = 0
        self._left_out = self._cut_short = ""

    @property
    def reached(self) -> str | None:
        """Which limit kept something from being asked, in words."""
        return self._cut_short or self._left_out or None

    async def go(self) -> None:
        """Settle all units, as far as that can be had.

        Raises EngineUnavailableError if the user must decide, FileError or StoreError; the same
        call goes on later.
        """
        name = round_name(self._chat)
        await self._collect_left(name, self._chat.name)
        anew = self._number == 0
        while anew or await self._settle(_OVER if self._number >= _ROUNDS else None):
            await self._round(name, self._chat.name, self._requests(anew=anew))
            if not self._asked:
                return
            anew = False

    async def collect(self, name: str) -> None:
        """Only keep what comes of a round that was begun with another model."""
        await self._collect_left(name, f"openai:{model_of(name)}")

    async def _collect_left(self, name: str, model: str) -> None:
        """Keep the replies of a round that an earlier process began, if there is one."""
        batches = self._batches()
        if await batches.pending(name):
            await self._round(name, model, ())
        else:
            batches.forget(name)

    def _batches(self) -> Batches:
        def told(progress: BatchProgress) -> None:
            if progress.total:
                self._told(progress, self._number)

        shared = self._shared
        return Batches(
            self._chat.client, shared.folder, shared.options, sleep=shared.sleep, told=told
        )

    async def _round(self, name: str, model: str, requests: Iterable[BatchRequest]) -> None:
        """Ask, wait, and keep each reply before anything is done with it."""
        self._number += 1
        self._asked = 0
        lasting: ModelError | None = None
        batches = self._batches()
        async with aclosing(batches.run(name, requests)) as replies:
            taken = 0
            async for reply in replies:
                taken += 1
                if taken % _BREATH == 0:
                    await asyncio.sleep(0)  # others have their turn, and Ctrl-C
                if reply.fault is not None and reply.fault.kind in _LASTING:
                    lasting = reply.fault
                else:
                    self._keep(reply, model)
        batches.forget(name)
        self._set_aside(-self._aside[0], -self._aside[1])
        if lasting is not None:
            raise EngineUnavailableError(f"{model}: {lasting}; {lasting.remedy}")

    def _keep(self, reply: BatchReply, model: str) -> None:
        key, _, number = reply.custom_id.rpartition("-")
        if reply.completion is None:
            fault = reply.fault or ModelError(Kind.server, "there is no reply")
            kept = Reply(fault=fault.kind, message=fault.message)
            self._shared.ledger.put_reply(key, int(number), kept.model_dump_json())
            return
        told = reply.completion.tokens
        tokens = told or Tokens(0, 0, count(reply.completion.text))
        usage = ModelUsage(
            model=model,
            calls=1,
            input_tokens=tokens.input,
            cached_tokens=tokens.cached,
            output_tokens=tokens.output,
            cost_usd=self._shared.price(model, tokens),
            estimated=told is None,
        )
        kept = Reply(text=reply.completion.text, finish=reply.completion.finish, usage=usage)
        if self._shared.ledger.put_reply(key, int(number), kept.model_dump_json(), (usage,)):
            self._shared.budget.spend(tokens.input + tokens.output, usage.cost_usd)

    async def _settle(self, over: str | None) -> bool:
        """Settle what the replies settle, or all that has any if it is `over`.

        Whether something is left to be asked.
        """
        is_left = False
        for position, (work, task) in enumerate(self._tasks()):
            if position % _BREATH == 0:
                await asyncio.sleep(0)
            place = self._place(work, task, anew=False)
            if place is not None and place.found.asked is not None:
                if over is None:
                    is_left = True
                elif place.fresh:
                    self._cut(work, task, place, over)
        return is_left

    def _requests(self, *, anew: bool) -> Iterator[BatchRequest]:
        """What is to be asked.

        What failed before is asked again if `anew`, else only what was not settled yet.
        """
        self._left_out = ""  # there may be room now, as calls took less than was reckoned
        for work, task in self._tasks():
            place = self._place(work, task, anew=anew)
            if place is None or place.found.asked is None:
                continue
            told = self._unaffordable(place.found.asked)
            if told is None:
                self._asked += 1
                yield BatchRequest(
                    f"{task.key}-{place.replies}", self._body(place.found.asked, task)
                )
            elif place.fresh:
                self._cut_short = told
                self._cut(work, task, place, told)
            else:
                self._left_out = told

    def _tasks(self) -> Iterator[tuple[Work, Task]]:
        """What the answers take, each task once."""
        with closing(_Seen()) as seen:
            for answer in self._shared.answers:
                problem = self._shared.problems.of(answer)
                key = answer_key(answer, problem, self._shared.how)
                if is_blank(answer) or self._shared.ledger.key_of(answer.id) == (key, "graded"):
                    continue
                work = self._planner.work(problem, answer)
                # The same text may have been handed in twice; an id in a batch may not.
                yield from ((work, task) for task in work.tasks if seen.new(task.key))

    def _place(self, work: Work, task: Task, *, anew: bool) -> "_Place | None":
        """Where a task is, which is settled if its end is there; None if it needs nothing."""
        earlier = self._store.get(task.key)
        if earlier is not None and earlier.is_whole:
            return None
        kept = self._shared.ledger.replies(task.key)
        used = earlier.replies if earlier else 0
        fresh = [Reply.model_validate_json(one) for one in kept[used:]]
        if earlier is not None and not fresh and not anew:
            return None
        found = self._replayed(work, task, earlier, fresh, None)
        place = _Place(earlier, len(kept), fresh, found)
        if found.graded is not None:
            self._put(task, place)
        return place

    def _cut(self, work: Work, task: Task, place: "_Place", over: str) -> None:
        """Settle a task with what is there."""
        found = self._replayed(work, task, place.earlier, place.fresh, over)
        self._put(task, replace(place, found=found))

    def _put(self, task: Task, place: "_Place") -> None:
        assert place.found.graded is not None
        if place.found.method is not None:
            self._shared.methods.add(place.found.method.value)
        usage = summed(reply.usage for reply in place.fresh if reply.usage is not None)
        result = UnitResult(graded=place.found.graded, usage=usage, replies=place.replies)
        self._store.put(task.key, result.after(place.earlier), ())  # spent when the replies came

    def _replayed(
        self,
        work: Work,
        task: Task,
        earlier: UnitResult | None,
        replies: list[Reply],
        over: str | None,
    ) -> Replayed:
        held = earlier.verdicts if earlier else {}
        return replayed(
            grading(task.unit, work.transcript, work.notes, held),
            replies,
            self._chat.name,
            self._chat.traits,
            self._chat.dialect,
            over=over,
        )

    def _body(self, asked: Asked, task: Task) -> dict[str, object]:
        return self._chat.body(
            asked.messages,
            shape=asked.shape,
            method=asked.method,
            max_tokens=asked.max_tokens,
            dialect=asked.dialect,
            seed=self._shared.seed_of(task.rater),
        )

    def _unaffordable(self, asked: Asked) -> str | None:
        """Set aside what a call is reckoned to take; if that is too much, which limit it passes."""
        if not self._shared.budget.is_limited:
            return None
        given = sum(count(message.text) for message in asked.messages)
        answer = (asked.max_tokens + asked.dialect.thinking) // _USUAL_SHARE
        cost = self._shared.price(self._chat.name, Tokens(given, 0, answer)) or 0.0
        tokens = given + answer
        known = self._shared.aside
        told = self._shared.budget.beyond(known[0] + tokens, known[1] + cost)
        if told is None:
            self._set_aside(tokens, cost)
        return told

    def _set_aside(self, tokens: int, cost: float) -> None:
        self._aside = (self._aside[0] + tokens, self._aside[1] + cost)
        known = self._shared.aside
        self._shared.aside = (known[0] + tokens, known[1] + cost)


@dataclass(frozen=True)
class _Place:
    """How far a task is.

    `earlier` is what is known of it, `replies` how many there are, `fresh` those which are not
    used up in it, and `found` where they lead.
    """

    earlier: UnitResult | None
    replies: int
    fresh: list[Reply]
    found: Replayed


class _Seen:
    """Which keys came up before, in memory that does not grow."""

    def __init__(self) -> None:
        # An empty name is a file of SQLite's own, which is gone when it is closed.
        self._base = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._base.execute("create table seen (key text primary key) without rowid")
        self._base.execute("begin")

    def new(self, key: str) -> bool:
        """Whether it comes up for the first time; raises FileError."""
        try:
            added = self._base.execute("insert or ignore into seen values (?)", (key,))
        except sqlite3.OperationalError as error:
            problem = f"no temporary file can be written there ({error})"
            raise FileError(Path(gettempdir()), problem, remedy="free space") from error
        return added.rowcount == 1

    def close(self) -> None:
        """Remove it from the disk."""
        self._base.close()


def round_name(chat: OpenAIChat) -> str:
    """The name of the rounds with this model on this server: one at a time is begun."""
    model = chat.name.removeprefix("openai:")
    return f"{server_mark(chat)}-{quote(model, safe='')}"


def model_of(name: str) -> str:
    """The model in the name of a round."""
    return unquote(name.partition("-")[2])


def server_mark(chat: OpenAIChat) -> str:
    """What stands for the model's server in the names of rounds."""
    return hashlib.sha256(str(chat.client.base_url).encode()).hexdigest()[:8]


def rounds_begun(folder: Path, chat: OpenAIChat) -> tuple[str, ...]:
    """The names of all rounds in a folder that are to be collected from this model's server."""
    return tuple(path.stem for path in sorted(folder.glob(f"{server_mark(chat)}-*.json")))
