"""Options of all commands that have answers graded, and the settings that are made of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

if TYPE_CHECKING:
    from agent.batch.settings import Limitations, Settings

CallsName = Literal["auto", "step", "answer", "criterion"]
RunnerName = Literal["local", "ray"]

Panel = Annotated[
    str | None, typer.Option(metavar="A,B", help="Several models, whose median counts.")
]
Samples = Annotated[
    int, typer.Option(min=1, max=50, help="How often each model is asked; the median counts.")
]
Temperature = Annotated[
    float | None, typer.Option(min=0, max=2, show_default="0, and 1 for several samples")
]
Seed = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=2_000_000_000,
        metavar="N",
        help="Ask with this seed, further samples with N+1 and so on.",
    ),
]
Prompts = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="A folder of your own grading prompts, to be used for the shipped ones.",
    ),
]
Calibration = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Set levels by this calibration of `sevenstep eval calibrate`."
    ),
]
Calls = Annotated[
    CallsName, typer.Option(help="Calls to a model: one a step, an answer or a criterion.")
]
MaxCost = Annotated[
    float | None, typer.Option(min=0, metavar="DOLLARS", help="Stop when so much is spent.")
]
MaxTokens = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Stop when so many are used.")
]
Price = Annotated[
    str | None,
    typer.Option(
        metavar="IN,OUT[,CACHED]",
        help="Dollars for a million tokens, for a server of your own.",
    ),
]
AtOnce = Annotated[
    int | None,
    typer.Option(min=1, max=1000, help="The most calls at once.", show_default="found out"),
]


class Models(NamedTuple):
    """The options about models."""

    model: str | None
    panel: str | None = None
    base_url: str | None = None
    samples: int = 1
    temperature: float | None = None
    calls: CallsName = "auto"
    seed: int | None = None
    prompts: Path | None = None
    calibration: Path | None = None


def settings_of(models: Models) -> "tuple[Settings, bool]":
    """The settings, and whether the user has named a model himself. Raises InputError."""
    from agent.batch.calibrating import read_calibration
    from agent.batch.settings import Settings
    from agent.errors import InputError
    from agent.llm.prompts import SHIPPED
    from agent.llm.prompts.own import read_prompts
    from agent.llm.providers import chosen
    from agent.llm.unit import Calls

    if models.panel and models.model:
        raise InputError("give either --model or --panel, not both")
    if models.panel:
        found = names(models.panel, "--panel")
        if len(set(found)) < 2 or "offline" in found:
            raise InputError(
                f"--panel {models.panel!r} needs at least two different models, A,B; "
                "the offline engine is none"
            )
        named = True
    else:
        found = (chosen(models.model, None, models.base_url).choice.model,)
        named = models.model is not None or models.base_url is not None
    settings = Settings(
        models=found,
        base_url=models.base_url if found != ("offline",) else None,
        samples=models.samples,
        calls=Calls(models.calls),
        temperature=models.temperature,
        seed=models.seed,
        prompts=read_prompts(models.prompts) if models.prompts else SHIPPED,
        calibration=read_calibration(models.calibration) if models.calibration else None,
    )
    needs_model = {
        "--samples": models.samples > 1,
        "--seed": models.seed is not None,
        "--prompts": models.prompts is not None,
    }
    for option, given in needs_model.items():
        if settings.is_offline and given:
            raise InputError(
                f"{option} needs a language model: the offline engine always gives the same"
            )
    return settings, named


def limitations_of(
    *,
    max_cost: float | None = None,
    max_tokens: int | None = None,
    price: str | None = None,
    at_once: int | None = None,
    timeout: float | None = None,
    runner: RunnerName = "local",
    ray_address: str | None = None,
    batch_api: bool = False,
) -> "Limitations":
    """What a run may take, from the options of these names. Raises InputError."""
    from agent.batch.settings import Limitations

    return Limitations(
        most_cost=most_cost(max_cost),
        most_tokens=max_tokens,
        prices=prices(price),
        most_at_once=at_once,
        timeout=timeout,
        runner=runner,
        ray_address=ray_address,
        batch_api=batch_api,
    )


def names(text: str, option: str) -> tuple[str, ...]:
    """The names in A,B; raises InputError naming the option if there are none."""
    from agent.errors import InputError

    found = tuple(name.strip() for name in text.split(",") if name.strip())
    if not found:
        raise InputError(f"{option} {text!r} names nothing")
    return found


def most_cost(dollars: float | None) -> float | None:
    """The limit of --max-cost; raises InputError for 0."""
    from agent.errors import InputError

    if dollars == 0:
        raise InputError("--max-cost 0 allows no call; --dry-run tells what it would cost")
    return dollars


def prices(given: str | None) -> tuple[float, ...]:
    """The two or three prices of --price, none if it was not given. Raises InputError."""
    import math

    from agent.errors import InputError

    if given is None:
        return ()
    try:
        found = tuple(float(one) for one in given.split(","))
    except ValueError:
        found = ()
    if len(found) not in (2, 3) or not all(0 <= one < math.inf for one in found):
        raise InputError(
            f"--price {given!r} is not IN,OUT or IN,OUT,CACHED in dollars for a million tokens"
        )
    return found
