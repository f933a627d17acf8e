"""What a page orders to be graded, as a value that is kept in a file and read by the worker.

It becomes the order of `agent.batch.job` here; nothing is read or graded.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from agent.batch.fields import NAMES
from agent.batch.job import Order
from agent.batch.settings import MOST_SEED, Limitations, Settings
from agent.catalog import Catalog, validated
from agent.errors import InputError
from agent.frozen import Frozen, Slug, Text
from agent.llm.unit import Calls
from agent.rubric import Seniority

ORDER, REVIEW = "order.json", "review.json"
OWN_ENDINGS = (".yaml", ".yml")
_OFFLINE = ("offline",)


def _one_part(name: str) -> str:
    """A path would lead to files of the server."""
    if re.search(r"[/\\\x00-\x1f]", name) or name.startswith("."):
        raise ValueError(f"{name!r} is no id and no name of an uploaded file")
    return name


def _web_address(url: str) -> str:
    if not re.match(r"https?://[^\s/]", url):
        raise ValueError("the server's address must begin with http:// or https://")
    return url


Name = Annotated[Text, Field(max_length=200), AfterValidator(_one_part)]
"""The id of a rubric or scenario, or the name of an uploaded YAML file."""
_Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Graders(Frozen):
    """Who grades, and what that may take: the part that orders and studies have in common.

    `models` is `offline` alone, one model (provider:name), or a panel of several whose median
    counts. `price` is dollars for a million tokens in, out (and cached), for a server of one's
    own. `max_cost` is in dollars, `max_tokens` counts in and out together.
    """

    models: Annotated[tuple[Text, ...], Field(min_length=1, max_length=10)] = _OFFLINE
    base_url: Annotated[Text, AfterValidator(_web_address)] | None = None
    samples: Annotated[int, Field(ge=1, le=50)] = 1
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    calls: Calls = Calls.auto
    max_cost: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None
    price: tuple[_Price, ...] = ()
    at_once: Annotated[int, Field(ge=1, le=1000)] | None = None

    @property
    def is_offline(self) -> bool:
        """Whether no model is asked."""
        return self.models == _OFFLINE

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if len(self.models) > 1 and (
            len(set(self.models)) < len(self.models) or "offline" in self.models
        ):
            raise ValueError("a panel needs different models, and the offline engine is none")
        if self.is_offline and self.samples > 1:
            raise ValueError(
                "several samples need a model: the offline engine always says the same"
            )
        if len(self.price) not in (0, 2, 3):
            raise ValueError("a price has two or three figures: in, out and perhaps cached")
        return self


class GradingOrder(Graders):
    """What is to be graded and how. The answers are the uploaded files that are not named here.

    `scenario`, or `prompt` with a `rubric`, say what was asked; both may be left out where the
    files say it. `columns` are names that the files use instead of ours: {"answer": "essay"}.
    The folders are absolute paths of the server's own rubrics and scenarios.
    """

    scenario: Name | None = None
    prompt: Text | None = None
    rubric: Name | None = None
    reference: Text | None = None
    seniority: Seniority = Seniority.mid
    steps: tuple[Slug, ...] = ()
    columns: dict[str, Text] = Field(default_factory=dict)
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] | None = None
    rubric_folders: tuple[Path, ...] = ()
    scenario_folders: tuple[Path, ...] = ()

    @property
    def own_files(self) -> tuple[str, ...]:
        """The uploaded files that hold no answers: an own rubric, an own scenario."""
        named = (self.rubric, self.scenario)
        return tuple(name for name in named if name and name.lower().endswith(OWN_ENDINGS))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if unknown := [name for name in self.columns if name not in NAMES]:
            raise ValueError(f"{unknown[0]!r} is no field; known are {', '.join(NAMES)}")
        if self.is_offline and self.seed is not None:
            raise ValueError("a seed needs a model: the offline engine always says the same")
        if self.scenario and self.prompt:
            raise ValueError("give either a scenario or a question of your own, not both")
        return self


class ReviewOrder(Frozen):
    """A person's word against a grade, as the worker reads it."""

    answer: str
    criterion: str
    level: int
    reason: str
    by: str


def grading_order(raw: Mapping[str, Any]) -> GradingOrder:
    """The order in a form's fields; raises InputError naming the field and what to do."""
    return validated(GradingOrder, dict(raw), Path("order"))


def require_server(order: Graders, servers: Collection[str] | None) -> None:
    """Raise InputError if an order names a server of models that is not among these."""
    if order.base_url is None or servers is None or order.base_url in servers:
        return
    allowed = f"; allowed are {', '.join(sorted(servers))}" if servers else ""
    raise InputError(f"the server {order.base_url} may not be asked from here{allowed}")


def batch_order(order: GradingOrder, files: Iterable[str], folder: Path) -> Order:
    """The order for `agent.batch.job`, with results in `folder`.

    `files` are the names of all uploaded files; the working folder must be theirs, so that
    messages name them as their owner does.
    """
    return Order(
        paths=tuple(Path(name) for name in sorted(files) if name not in order.own_files),
        folder=folder,
        catalog=Catalog(order.rubric_folders, order.scenario_folders),
        columns=order.columns,
        rubric=order.rubric,
        scenario=order.scenario,
        prompt=order.prompt,
        reference=order.reference,
        seniority=order.seniority,
        steps=order.steps,
        settings=Settings(
            models=order.models,
            base_url=None if order.is_offline else order.base_url,
            samples=order.samples,
            calls=order.calls,
            temperature=order.temperature,
            seed=order.seed,
        ),
        limitations=Limitations(
            most_cost=order.max_cost,
            most_tokens=order.max_tokens,
            prices=order.price,
            most_at_once=order.at_once,
        ),
    )
