"""What the calls to language models took: calls, tokens, price, time to the first word.

Frozen values and their sums. Who measures is `agent.llm.meter`; who shows it are the faces.
"""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from agent.frozen import Frozen

_Count = Annotated[int, Field(ge=0)]


class ModelUsage(Frozen):
    """What the calls to one model took.

    `input_tokens` holds the cached ones, too. `cost_usd` is None where the price is not known.
    `estimated` says that the server told no tokens and they were counted here.
    """

    model: str
    calls: _Count
    input_tokens: _Count = 0
    cached_tokens: _Count = 0
    output_tokens: _Count = 0
    cost_usd: Annotated[float, Field(ge=0)] | None = None
    estimated: bool = False


class Spent(Frozen):
    """What a piece of an engine's work took.

    `first_word_seconds` runs from taking up the candidate's message to the first words that he
    sees. `refused` says why sentences of the model's were not said.
    """

    models: tuple[ModelUsage, ...] = ()
    first_word_seconds: Annotated[float, Field(ge=0)] | None = None
    refused: tuple[str, ...] = ()


def summed(usages: Iterable[ModelUsage]) -> tuple[ModelUsage, ...]:
    """One entry a model, in the order in which they first occur."""
    totals: dict[str, ModelUsage] = {}
    for usage in usages:
        known = totals.get(usage.model)
        totals[usage.model] = usage if known is None else _added(known, usage)
    return tuple(totals.values())


def cost_of(usages: Iterable[ModelUsage]) -> float | None:
    """The price of all together in dollars; None if that of any is not known."""
    total = 0.0
    for usage in usages:
        if usage.cost_usd is None:
            return None
        total += usage.cost_usd
    return total


def _added(one: ModelUsage, other: ModelUsage) -> ModelUsage:
    return ModelUsage(
        model=one.model,
        calls=one.calls + other.calls,
        input_tokens=one.input_tokens + other.input_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        cost_usd=cost_of((one, other)),
        estimated=one.estimated or other.estimated,
    )
