"""What a run would take, before anything is spent: calls, tokens, price.

Tokens are counted with one encoding for all models, and what a model will write is a guess, so
that every figure but the number of answers and calls is an estimate.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.batch.answer import Answer
from agent.batch.problem import Problems, is_blank
from agent.batch.units import Planner, Task, UnitResult, Work
from agent.llm.chat import Tokens
from agent.llm.prices import Price
from agent.llm.tokens import count
from agent.llm.unit import Unit
from agent.store.ledger import Ledger
from agent.transcript import Transcript

_ITEM_TOKENS = 110
"""Three quotes, a reason, level and confidence: mostly between 60 and 200 tokens."""
_LEAST_CACHED = 1_024
"""Shorter beginnings are not cached by providers."""
_ROOM = 10_000_000
_TAG_TOKENS = 12
_KEPT = 256


@dataclass
class Estimate:
    """What is to be done. `cached` are those input tokens that a prompt cache is likely to serve.

    `cost` reckons with the cache, `cost_uncached` without; None where a price is not known.
    """

    answers: int = 0
    reused: int = 0
    empty: int = 0
    calls: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    cost: float | None = 0.0
    cost_uncached: float | None = 0.0


def estimated(
    answers: Iterable[Answer],
    problems: Problems,
    planner: Planner,
    models: tuple[str, ...],
    price: Price,
    ledger: Ledger | None,
    *,
    factor: float = 1.0,
) -> Estimate:
    """The estimate for these answers; what the ledger holds is not paid for again.

    `models` are those of the planner's raters, in their order; `factor` is 0.5 for half price.
    """
    total = Estimate()
    counted: dict[int, _Counted] = {}
    for answer in answers:
        total.answers += 1
        if is_blank(answer):
            total.empty += 1
            continue
        work = planner.work(problems.of(answer), answer)
        missing = [task for task in work.tasks if not _is_there(ledger, task.key)]
        total.reused += not missing
        _add(total, work, missing, models, price, counted, factor)
    return total


class _Counted:
    """The tokens of what a unit says beside the text."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit  # kept, so that no other can get its id
        none = unit.messages(unit.items, Transcript(), (), "", _ROOM)[0]
        self.rules = count(none[0].text)
        self.asked = count(none[1].text)
        self.output = _ITEM_TOKENS * len(unit.items)


def _add(
    total: Estimate,
    work: Work,
    missing: Iterable[Task],
    models: tuple[str, ...],
    price: Price,
    counted: dict[int, _Counted],
    factor: float,
) -> None:
    text = sum(count(turn.text) + _TAG_TOKENS for turn in work.transcript.turns)
    warm: set[str] = set()
    for task in missing:
        unit, model = task.unit, models[task.rater]
        if id(unit) not in counted:
            if len(counted) >= _KEPT:
                counted.clear()
            counted[id(unit)] = _Counted(unit)
        known = counted[id(unit)]
        tokens = known.rules + known.asked + text
        # With the criteria first their beginning is shared by all answers, else by one's calls.
        shared = known.rules + (known.asked if unit.criteria_first else text)
        is_warm = model in warm or (unit.criteria_first and total.calls > 0)
        warm.add(model)
        cached = shared if is_warm and shared >= _LEAST_CACHED else 0
        total.calls += 1
        total.input += tokens
        total.cached += cached
        total.output += known.output
        total.cost = _plus(total.cost, price(model, Tokens(tokens, cached, known.output)), factor)
        total.cost_uncached = _plus(
            total.cost_uncached, price(model, Tokens(tokens, 0, known.output)), factor
        )


def _is_there(ledger: Ledger | None, key: str) -> bool:
    kept = ledger.unit(key) if ledger else None
    return kept is not None and UnitResult.model_validate_json(kept).is_whole


def _plus(total: float | None, more: float | None, factor: float) -> float | None:
    return None if total is None or more is None else total + factor * more
