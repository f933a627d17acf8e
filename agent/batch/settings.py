"""How answers are graded: by which models, how often each, in how many calls."""

from typing import Annotated, Literal

from pydantic import Field

from agent.calibration import Calibration
from agent.frozen import Frozen, Text
from agent.llm.prompts import SHIPPED, Prompts
from agent.llm.unit import Calls

_SAMPLING = 1.0
"""The temperature for several samples: at 0 they would mostly be one and the same."""
MOST_SEED = 2_000_000_000
"""Servers keep a seed in 32 bits; there is room for the samples."""


class Settings(Frozen):
    """The part of a run's options on which its grades depend.

    `models` are one, or a panel; `offline` alone is the engine without a model. `temperature`
    None takes the usual: 0 for one sample, 1 for several. With a `seed` the first sample of each
    model is asked with it, the next one with the number after it, and so on.
    `prompts` holds the texts that stand in the place of shipped prompts, so that it is whole
    wherever it is sent. A `calibration` changes no call: it is applied to the levels that come.
    """

    models: Annotated[tuple[Text, ...], Field(min_length=1)] = ("offline",)
    base_url: str | None = None
    samples: Annotated[int, Field(ge=1, le=50)] = 1
    calls: Calls = Calls.auto
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    seed: Annotated[int | None, Field(ge=0, le=MOST_SEED)] = None
    prompts: Prompts = SHIPPED
    calibration: Calibration | None = None

    @property
    def is_offline(self) -> bool:
        """Whether no model is asked."""
        return self.models == ("offline",)

    @property
    def heat(self) -> float:
        """The temperature that is asked for."""
        if self.temperature is not None:
            return self.temperature
        return _SAMPLING if self.samples > 1 else 0.0

    def seed_of(self, sample: int) -> int | None:
        """The seed of a model's sample, which is counted from 0."""
        return None if self.seed is None else self.seed + sample

    @property
    def scoring(self) -> tuple[str, ...]:
        """What stands in an answer's key beside who graded it: what was done to the levels."""
        return () if self.calibration is None else (f"calibration {self.calibration.digest}",)

    def told(self) -> str | None:
        """The parameters in words, for the scorecard; None without a model."""
        if self.is_offline:
            return None
        said = [f"calls: {self.calls.value}", f"temperature {self.heat:g}"]
        if self.seed is not None:
            said.append(f"seed {self.seed}")
        if self.samples > 1:
            said.append(f"{self.samples} samples of each model")
        if len(self.models) > 1:
            said.append(f"a panel of {len(self.models)} models")
        if self.prompts.own:
            said.append(f"own prompts: {' '.join(name for name, _ in self.prompts.own)}")
        return ", ".join(said)


class Limitations(Frozen):
    """What a run may take, on which its grades do not depend.

    `most_cost` is in dollars, `prices` dollars for a million tokens in and out (and cached),
    for servers of one's own. `most_at_once` bounds the calls in flight.
    `ray_address` and `workers` are for Ray: where it is (None: it is started), and how many
    processes grade there (None: one for each CPU).
    """

    most_cost: Annotated[float | None, Field(gt=0)] = None
    most_tokens: Annotated[int | None, Field(gt=0)] = None
    prices: tuple[float, ...] = ()
    most_at_once: Annotated[int | None, Field(ge=1)] = None
    timeout: float | None = None
    runner: Literal["local", "ray"] = "local"
    batch_api: bool = False
    ray_address: str | None = None
    workers: Annotated[int | None, Field(ge=1)] = None
