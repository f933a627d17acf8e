"""What may be spent on calls to models, in dollars and tokens: a hard stop.

`Budget` counts; `Budgeted` is a chat model that asks it before each call. Calls in flight are
reckoned with at the mean of those before, so that it is hardly overrun, and never by more than
what is in flight.
"""

from typing import Protocol

from agent.errors import BudgetReachedError
from agent.llm.around import Around
from agent.llm.chat import Chat, Completion, Messages, Method, Shape, Tokens
from agent.llm.prices import Price
from agent.llm.tokens import count


class Purse(Protocol):
    """What allows calls, here or in another process."""

    async def begin(self) -> None:
        """Allow one more call; raises BudgetReachedError."""
        ...

    async def end(self, tokens: int, cost: float | None) -> None:
        """A call has ended that took so much."""
        ...


class Budget:
    """A limit in dollars, in tokens (input and output together), or in both; or none."""

    def __init__(self, most_cost: float | None = None, most_tokens: int | None = None) -> None:
        self._most_cost = most_cost
        self._most_tokens = most_tokens
        self._in_flight = 0
        self._calls = 0
        self.cost = 0.0
        self.tokens = 0

    @property
    def reached(self) -> str | None:
        """Which limit would be passed by one more call, in words; None if none would."""
        ahead = (self._in_flight + 1) / max(1, self._calls)
        for most, spent, told in (
            (self._most_cost, self.cost, f"--max-cost {self._most_cost or 0:g}"),
            (self._most_tokens, self.tokens, f"--max-tokens {self._most_tokens or 0:,}"),
        ):
            if most is not None and (spent >= most or spent * (1 + ahead) > most):
                return told
        return None

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._most_cost is not None or self._most_tokens is not None

    def beyond(self, tokens: int, cost: float) -> str | None:
        """Which limit so much more would pass, in words; None if none."""
        if self._most_cost is not None and self.cost + cost > self._most_cost:
            return f"--max-cost {self._most_cost:g} is reached"
        if self._most_tokens is not None and self.tokens + tokens > self._most_tokens:
            return f"--max-tokens {self._most_tokens:,} is reached"
        return None

    def spend(self, tokens: int, cost: float | None) -> None:
        """Count what was allowed by `beyond`."""
        self.tokens += tokens
        self.cost += cost or 0.0

    async def begin(self) -> None:
        """Allow one more call; raises BudgetReachedError."""
        if told := self.reached:
            raise BudgetReachedError(
                f"{told} is reached: one more call might take more than is left"
            )
        self._in_flight += 1

    async def end(self, tokens: int, cost: float | None) -> None:
        """A call has ended that took so much; one that failed took nothing."""
        self._in_flight -= 1
        self._calls += tokens > 0
        self.tokens += tokens
        self.cost += cost or 0.0

    def lost(self, calls: int) -> None:
        """So many calls will never be told of: their worker has died."""
        self._in_flight -= calls


class Budgeted(Around):
    """A chat model that stays within a budget; for streams, which only interviews have, is none."""

    def __init__(self, chat: Chat, purse: Purse, price: Price) -> None:
        super().__init__(chat)
        self._purse = purse
        self._price = price

    async def complete(
        self,
        messages: Messages,
        *,
        shape: Shape | None,
        method: Method,
        max_tokens: int,
        seed: int | None = None,
    ) -> Completion:
        """A whole answer; raises ModelError, or BudgetReachedError."""
        await self._purse.begin()
        used: Tokens | None = None
        try:
            completion = await self._chat.complete(
                messages, shape=shape, method=method, max_tokens=max_tokens, seed=seed
            )
            used = completion.tokens or _counted(messages, completion.text)
        finally:
            # A call that is cut off or fails is told, too, or its place would be taken for ever.
            await self._purse.end(
                used.input + used.output if used else 0,
                self._price(self.name, used) if used else None,
            )
        return completion


def _counted(messages: Messages, text: str) -> Tokens:
    return Tokens(sum(count(message.text) for message in messages), 0, count(text))
