"""What may be spent: calls are allowed as long as what is in flight leaves room."""

import asyncio

import pytest

from agent.errors import BudgetReachedError
from agent.llm.budget import Budget, Budgeted
from agent.llm.chat import Completion, Message, Method, Tokens
from agent.llm.prices import own_price
from tests.chat_in_memory import DOWN, ChatInMemory

PRICE = own_price(1.0, 2.0)
ASKED = (Message("user", "How?"),)


def allowed(budget: Budget, most: int = 100) -> int:
    """How many calls may begin now, none of them ending."""
    for number in range(most):
        try:
            asyncio.run(budget.begin())
        except BudgetReachedError:
            return number
    return most


def spent(budget: Budget, tokens: int, cost: float | None = None) -> None:
    async def call() -> None:
        await budget.begin()
        await budget.end(tokens, cost)

    asyncio.run(call())


def test_without_a_limit_everything_is_allowed() -> None:
    assert allowed(Budget()) == 100
    assert not Budget().is_limited


def test_calls_in_flight_are_reckoned_with_at_the_mean_of_those_before() -> None:
    budget = Budget(most_tokens=1_000)
    spent(budget, 100)
    assert allowed(budget) == 9


def test_dollars_are_kept_as_tokens_are() -> None:
    budget = Budget(most_cost=0.5)
    spent(budget, 10, 0.1)
    assert allowed(budget) == 4


def test_a_call_that_failed_frees_its_place_and_counts_for_nothing() -> None:
    budget = Budget(most_tokens=1_000)
    spent(budget, 0)
    spent(budget, 500)
    assert (budget.tokens, allowed(budget)) == (500, 1)


def test_the_calls_of_a_worker_that_died_free_their_places() -> None:
    budget = Budget(most_tokens=300)
    spent(budget, 100)
    assert allowed(budget) == 2
    budget.lost(2)
    assert allowed(budget) == 2


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        (Budget(most_cost=0.25), "--max-cost 0.25"),
        (Budget(most_tokens=1_000), "--max-tokens 1,000"),
    ],
)
def test_the_limit_that_is_reached_is_named(budget: Budget, told: str) -> None:
    spent(budget, 1_000, 0.25)
    with pytest.raises(BudgetReachedError, match=told):
        asyncio.run(budget.begin())


def test_what_would_go_beyond_is_told_before_it_is_spent() -> None:
    budget = Budget(most_cost=1.0, most_tokens=100)
    assert budget.beyond(100, 1.0) is None
    assert "--max-cost 1 " in (budget.beyond(1, 1.5) or "")
    assert "--max-tokens 100 " in (budget.beyond(101, 0.5) or "")


def complete(chat: ChatInMemory, budget: Budget) -> Completion:
    budgeted = Budgeted(chat, budget, PRICE)
    return asyncio.run(
        budgeted.complete(ASKED, shape=None, method=Method.json_schema, max_tokens=10)
    )


def test_a_call_is_told_with_what_it_took() -> None:
    class Counting(ChatInMemory):
        async def complete(self, *_: object, **__: object) -> Completion:
            return Completion("Yes.", tokens=Tokens(100, 0, 50))

    budget = Budget(most_cost=1.0)
    complete(Counting(), budget)
    assert budget.tokens == 150
    assert budget.cost == pytest.approx(0.0002)


def test_a_call_of_which_no_tokens_are_told_is_counted_by_its_texts() -> None:
    budget = Budget(most_tokens=1_000)
    complete(ChatInMemory("A few words."), budget)
    assert budget.tokens > 0


def test_a_call_that_fails_leaves_no_place_taken() -> None:
    budget = Budget(most_tokens=1_000)
    with pytest.raises(type(DOWN)):
        complete(ChatInMemory(DOWN), budget)
    assert budget.reached is None
    assert budget.tokens == 0


def test_beyond_the_limit_the_model_is_not_asked() -> None:
    chat, budget = ChatInMemory("Yes."), Budget(most_tokens=10)
    spent(budget, 10)
    with pytest.raises(BudgetReachedError):
        complete(chat, budget)
    assert chat.calls == []
