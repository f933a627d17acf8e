"""What stands in the form of a grading, as texts, and the order that it comes to. Pure."""

import re
from pathlib import Path
from typing import Any

from pydantic import Field

from agent.catalog import Catalog
from agent.errors import InputError
from agent.frozen import Frozen
from agent.ports import EngineChoice
from agent.rubric import Seniority
from agent.web.work.orders import OWN_ENDINGS, GradingOrder, grading_order

COLUMNS = {
    "answer": "answer",
    "id": "id",
    "scenario": "scenario",
    "prompt": "prompt (the question)",
    "reference": "reference (a full answer)",
}
"""The columns that may be called otherwise, as the messages on them call them."""
OWN = "own:"
"""Stands for a question of one's own among scenarios; no scenario can be called so."""


class Draft(Frozen):
    """The fields of the form.

    `rubric` is empty for the seven steps, else an id or an uploaded file; `asked` is empty where
    files or rubric say it, else a scenario or OWN, for `question`. `columns` has an entry for
    each of COLUMNS that has another name in the files.
    """

    rubric: str = ""
    asked: str = ""
    question: str = ""
    seniority: str = Seniority.mid.value
    reference: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    choice: EngineChoice = EngineChoice()
    samples: str = "1"
    max_cost: str = ""
    max_tokens: str = ""
    price: str = ""

    @property
    def is_offline(self) -> bool:
        """Whether no model is asked."""
        return self.choice.model == "offline"

    @property
    def is_own_rubric(self) -> bool:
        """Whether the rubric is an uploaded file."""
        return self.rubric.lower().endswith(OWN_ENDINGS)


def draft_of(order: GradingOrder) -> Draft:
    """The form that an order came from."""
    return Draft(
        rubric=order.rubric or "",
        asked=OWN if order.prompt else order.scenario or "",
        question=order.prompt or "",
        seniority=order.seniority.value,
        reference=order.reference or "",
        columns=dict(order.columns),
        choice=EngineChoice(model=order.models[0], base_url=order.base_url),
        samples=f"{order.samples}",
        max_cost=_shown(order.max_cost),
        max_tokens=_shown(order.max_tokens),
        price=", ".join(map(_shown, order.price)),
    )


def order_of(draft: Draft, catalog: Catalog) -> GradingOrder:
    """What is ordered by a form, with the server's own folders.

    Raises InputError naming the field.
    """
    if draft.asked == OWN and not draft.question.strip():
        raise InputError("The question: is empty; write it, or choose what was asked")
    raw: dict[str, Any] = {
        "rubric": draft.rubric,
        "scenario": "" if draft.asked == OWN else draft.asked,
        "prompt": draft.question.strip() if draft.asked == OWN else "",
        "seniority": draft.seniority,
        "reference": draft.reference.strip(),
        "columns": {name: text.strip() for name, text in draft.columns.items() if text.strip()},
        "models": (draft.choice.model,),
        "base_url": draft.choice.base_url,
    }
    if not draft.is_offline:
        raw |= {
            "samples": draft.samples.strip(),
            "max_cost": draft.max_cost.strip(" $"),
            "max_tokens": re.sub(r"[\s,_]", "", draft.max_tokens),
            "price": tuple(re.split(r"[\s,;$]+", draft.price.strip(" $"))) if draft.price else "",
        }
    raw = {name: value for name, value in raw.items() if value not in (None, "", ("",))}
    raw["rubric_folders"] = tuple(map(Path.resolve, catalog.rubric_folders))
    raw["scenario_folders"] = tuple(map(Path.resolve, catalog.scenario_folders))
    return grading_order(raw)


def _shown(number: float | None) -> str:
    # All digits: what is shown has to come to the same order.
    return "" if number is None else f"{number:.12g}"
