"""Grading through OpenAI's Batch API, at half the price and within a day.

`fill` has all that is missing in the ledger answered, in rounds with each model
(`agent.batch.rounds`); after it the runner makes no calls, but puts grades together from what
the ledger holds. Live and batch runs share their results, as their keys are the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from agent.batch.answer import Answer
from agent.batch.problem import Problem, Problems, is_blank, nothing
from agent.batch.raters import patient, price_of, rater_identity, rater_name, require_price
from agent.batch.rounds import Rounds, Shared, round_name, rounds_begun
from agent.batch.runner import LedgerUnits, Rated, how_of, made_by
from agent.batch.settings import Limitations, Settings
from agent.batch.units import Planner, Task, UnitResult
from agent.errors import BudgetReachedError, InputError
from agent.llm.budget import Budget
from agent.llm.chat import Tokens
from agent.llm.connect import connect_openai, parsed
from agent.llm.dialogue import ungraded
from agent.llm.openai_batch import BatchOptions, BatchProgress
from agent.llm.openai_chat import OpenAIChat
from agent.llm.prices import Price
from agent.ports import Graded
from agent.store.ledger import Ledger

FOLDER = "batch"
"""Where in the output folder the rounds lie."""
PRICE = 0.5
"""The share of the usual price."""
_NO_RESULT = "its batch brought no result; the same command asks again"


class ByBatch:
    """A runner that finds the grades in the ledger, once `fill` has put them there."""

    at_once = 0

    def __init__(
        self,
        settings: Settings,
        chats: tuple[OpenAIChat, ...],
        price: Price,
        budget: Budget,
        ledger: Ledger,
        folder: Path,
        *,
        options: BatchOptions | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`chats` are those of the settings' models, `price` is the one that is paid."""
        samples = range(settings.samples)
        self._settings = settings
        self._chats = chats
        self._identities = {
            chat: tuple(rater_identity(chat.name, settings, sample) for sample in samples)
            for chat in chats
        }
        identities = tuple(one for chat in chats for one in self._identities[chat])
        self._names = tuple(
            rater_name(chat.name, settings, sample) for chat in chats for sample in samples
        )
        self.how = how_of(settings, identities)
        self._planner = Planner(identities, settings.calls, settings.prompts)
        self._price = price
        self._budget = budget
        self._ledger = ledger
        self._store = LedgerUnits(ledger)
        self._folder = folder
        self._options = options or BatchOptions()
        self._sleep = sleep
        self._methods: tuple[str, ...] = ()
        self._missing = _NO_RESULT

    @classmethod
    async def connected(
        cls,
        settings: Settings,
        limitations: Limitations,
        budget: Budget,
        ledger: Ledger,
        folder: Path,
        *,
        options: BatchOptions | None = None,
    ) -> "ByBatch":
        """Connect the models; `folder` is that of the results.

        Raises InputError for what is missing or wrong, such as a model that has no Batch API,
        and EngineUnavailableError for a server that has to be asked and does not answer.
        """
        if limitations.runner != "local":
            raise InputError(f"give either --batch-api or --runner {limitations.runner}, not both")
        names = []
        for model in settings.models:
            name = None if model == "offline" else parsed(model, settings.base_url)
            if name is None or name.provider != "openai":
                raise InputError(
                    f"--batch-api is for models of OpenAI only, not for {model}; name them with "
                    "--model openai:NAME, or leave --batch-api out"
                )
            names.append(name.model)
        full = price_of(settings, limitations)
        limits = patient(limitations.timeout)
        chats: list[OpenAIChat] = []
        try:
            for model in names:
                chat = await connect_openai(
                    model, settings.base_url, limits, temperature=settings.heat
                )
                chats.append(chat)
                _require_different(chats)
                require_price(chat.name, full, limitations)
        except BaseException:
            for chat in chats:
                await chat.close()
            raise
        return cls(
            settings, tuple(chats), _shared_out(full), budget, ledger, folder / FOLDER,
            options=options,
        )  # fmt: skip

    async def fill(
        self,
        answers: Iterable[Answer],
        problems: Problems,
        told: Callable[[BatchProgress, int], None] = lambda *_: None,
    ) -> None:
        """Have everything answered that is not in the ledger yet.

        It may end at any moment, and the same call goes on later: what was submitted is then
        collected, even if answers, rubric or models have changed meanwhile. `told` gets the
        progress over all models, and the number of the round.

        Before a round its calls are reckoned up by an estimate of their tokens, and those beyond
        the budget are not submitted; so a limit is kept about, not to the cent. Raises
        BudgetReachedError at the end if there were such, EngineUnavailableError if the user must
        decide, FileError or StoreError.
        """
        shared = Shared(
            answers=answers,
            problems=problems,
            how=(*self.how, *self._settings.scoring),
            ledger=self._ledger,
            folder=self._folder,
            price=self._price,
            budget=self._budget,
            options=self._options,
            sleep=self._sleep,
            seed_of=self._settings.seed_of,
        )
        telling = _Told(told)
        own = {round_name(chat) for chat in self._chats}
        begun = [name for name in rounds_begun(self._folder, self._chats[0]) if name not in own]
        work = [
            Rounds(
                chat,
                Planner(self._identities[chat], self._settings.calls, self._settings.prompts),
                shared,
                partial(telling.of, chat.name),
            )
            for chat in self._chats
        ]
        try:
            async with asyncio.TaskGroup() as group:
                for rounds in work:
                    group.create_task(rounds.go())
                for name in begun:
                    left = Rounds(self._chats[0], self._planner, shared, partial(telling.of, name))
                    group.create_task(left.collect(name))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        self._methods = tuple(sorted(shared.methods))
        reached = next((rounds.reached for rounds in work if rounds.reached), None)
        if reached is not None:
            self._missing = reached
            raise BudgetReachedError(
                f"{reached} ({self._budget.tokens:,} tokens, ${self._budget.cost:.4f} spent)"
            )

    async def rate(self, answer: Answer, problem: Problem) -> Rated:
        """The grades of an answer; what the ledger does not hold is ungraded."""
        made = made_by(self._settings, self._names)
        if is_blank(answer):
            return Rated(nothing(problem.sheet(answer)), made)
        work = self._planner.work(problem, answer)
        results = {task.key: self._result(task) for task in work.tasks}
        usage = tuple(one for result in results.values() for one in result.usage)
        graded = work.graded(results, self._names)
        return Rated(graded, replace(made, methods=self._methods, usage=usage))

    async def close(self) -> None:
        """Close the connections."""
        for chat in self._chats:
            await chat.close()

    def _result(self, task: Task) -> UnitResult:
        kept = self._store.get(task.key)
        if kept is not None:
            return kept
        verdicts = tuple(ungraded(item.id, self._missing) for item in task.unit.items)
        return UnitResult(graded=Graded(verdicts=verdicts))


class _Told:
    """Adds up the progress of the rounds with several models."""

    def __init__(self, told: Callable[[BatchProgress, int], None]) -> None:
        self._told = told
        self._known: dict[str, tuple[BatchProgress, int]] = {}

    def of(self, name: str, progress: BatchProgress, number: int) -> None:
        """One of them has come so far."""
        self._known[name] = (progress, number)
        all_of_them = [known for known, _ in self._known.values()]
        self._told(
            BatchProgress(
                submitted=sum(one.submitted for one in all_of_them),
                completed=sum(one.completed for one in all_of_them),
                failed=sum(one.failed for one in all_of_them),
                total=sum(one.total for one in all_of_them),
            ),
            max(number for _, number in self._known.values()),
        )


def _require_different(chats: Sequence[OpenAIChat]) -> None:
    names = [chat.name for chat in chats]
    if len(set(names)) < len(names):
        raise InputError(f"{names[-1]} is named twice; name different models")


def _shared_out(full: Price) -> Price:
    """What is paid of a price."""

    def price(model: str, tokens: Tokens) -> float | None:
        whole = full(model, tokens)
        return None if whole is None else whole * PRICE

    return price
