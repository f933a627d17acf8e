"""The models that grade, each asked as often as wanted: connected, limited, within the budget."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from agent.batch.settings import Limitations, Settings
from agent.batch.units import Task, UnitResult, Work
from agent.errors import EngineUnavailableError, InputError
from agent.llm.budget import Budgeted, Purse
from agent.llm.caller import Caller
from agent.llm.chat import Chat, Limits, Tokens, limits_for
from agent.llm.connect import connect, official_base_url
from agent.llm.dialogue import grading, ungraded
from agent.llm.grader import held
from agent.llm.limiter import Limited, Limiter, Slots, limiter_for
from agent.llm.meter import Meter
from agent.llm.prices import Price, cost_usd, no_price, own_price
from agent.llm.providers import ANY_MODEL
from agent.llm.redact import without_credentials
from agent.llm.trace import Trace
from agent.offline.engine import OfflineEngine
from agent.ports import Graded

_ATTEMPTS = 10
_LONGEST_WAIT = 150.0


@dataclass(frozen=True)
class Rater:
    """A model and the number of its sample.

    `identity` tells its results from those of all others. The samples of a model share a caller.
    """

    name: str
    identity: str
    caller: Caller
    seed: int | None = None


class Raters:
    """All raters of a run. Make them with `connected`."""

    def __init__(
        self,
        raters: tuple[Rater, ...],
        chats: tuple[Chat, ...],
        price: Price,
        limiters: tuple[Slots, ...],
    ) -> None:
        self.raters = raters
        self._chats = chats
        self._price = price
        self._limiters = limiters

    @classmethod
    async def connected(
        cls,
        settings: Settings,
        limitations: Limitations,
        purse: Purse,
        *,
        slots: Callable[[str], Slots] = limiter_for,
        trace: Path | None = None,
    ) -> "Raters":
        """Connect the models.

        `slots` gives the limiter of a provider and server. Raises InputError for what is missing
        or wrong, EngineUnavailableError for a server that has to be asked and does not answer.
        """
        limits = patient(limitations.timeout)
        price = price_of(settings, limitations)
        writing = Trace(trace) if trace else None
        server = without_credentials(settings.base_url) if settings.base_url else ""
        raters: list[Rater] = []
        chats: list[Chat] = []
        limiters: dict[Slots, None] = {}
        for model in settings.models:
            chat = await connect(model, settings.base_url, limits, temperature=settings.heat)
            chats.append(chat)
            require_price(chat.name, price, limitations)
            _require_seed(chat, settings)
            provider = chat.name.partition(":")[0]
            limiter = slots(f"{provider} {server}".strip())
            limiters[limiter] = None
            if isinstance(limiter, Limiter) and limitations.most_at_once:
                limiter.at_most(limitations.most_at_once)
            caller = Caller(
                Limited(Budgeted(chat, purse, price), limiter),
                limits,
                Meter(),
                trace=writing,
            )
            raters += [
                Rater(
                    name=rater_name(chat.name, settings, sample),
                    identity=rater_identity(chat.name, settings, sample),
                    caller=caller,
                    seed=settings.seed_of(sample),
                )
                for sample in range(settings.samples)
            ]
        return cls(tuple(raters), tuple(chats), price, tuple(limiters))

    @property
    def slots(self) -> int:
        """How many calls may be in flight now, as far as that is known here."""
        return sum(int(one.limit) for one in self._limiters if isinstance(one, Limiter))

    @property
    def names(self) -> tuple[str, ...]:
        """The raters' names, in their order."""
        return tuple(rater.name for rater in self.raters)

    def methods(self) -> tuple[str, ...]:
        """How structured answers were had."""
        used = (rater.caller.method for rater in self.raters)
        return tuple(dict.fromkeys(method.value for method in used if method))

    async def rate(self, work: Work, task: Task, earlier: UnitResult | None) -> UnitResult:
        """Grade a unit, or what is missing of it; raises EngineUnavailableError.

        It is raised only for what other calls would meet, too. Otherwise what cannot be had is
        ungraded.
        """
        meter = Meter(price=self._price)
        rater = self.raters[task.rater]
        caller = rater.caller.measured_by(meter).seeded(rater.seed)
        known = earlier.verdicts if earlier else {}
        try:
            graded = await held(caller, grading(task.unit, work.transcript, work.notes, known))
        except EngineUnavailableError as error:
            if error.lasting:
                raise
            graded = Graded(
                verdicts=tuple(
                    known.get(item.id) or ungraded(item.id, str(error)) for item in task.unit.items
                )
            )
        return UnitResult(graded=graded, usage=meter.read().models).after(earlier)

    async def close(self) -> None:
        """Close all connections."""
        for chat in self._chats:
            await chat.close()


async def resolved(settings: Settings) -> Settings:
    """The settings with the model that a server lists first by its name, where that is meant.

    Raises as `connect` does.
    """
    if settings.models != (ANY_MODEL,):
        return settings
    chat = await connect(ANY_MODEL, settings.base_url, patient(None))
    await chat.close()
    return settings.model_copy(update={"models": (chat.name,)})


async def engine_of(settings: Settings) -> str:
    """Who grades, as it stands on scorecards. Raises as `connect` does."""
    if settings.is_offline:
        return OfflineEngine.name
    names = []
    for model in settings.models:
        chat = await connect(model, settings.base_url, patient(None))
        await chat.close()
        names.append(chat.name)
    return engine_name(names)


def engine_name(names: Iterable[str]) -> str:
    """These raters as they stand on scorecards, their samples together."""
    return ", ".join(dict.fromkeys(one.partition(" #")[0] for one in names))


def rater_name(model: str, settings: Settings, sample: int) -> str:
    """How a model's sample is called on scorecards."""
    return model if settings.samples == 1 else f"{model} #{sample + 1}"


def require_price(model: str, price: Price, limitations: Limitations) -> None:
    """Raise InputError if a limit in dollars cannot be kept."""
    if limitations.most_cost is not None and price(model, Tokens(1, 0, 1)) is None:
        raise InputError(
            f"the prices of {model} are not known, so --max-cost cannot be kept; "
            "give --price IN,OUT (dollars for a million tokens), or use --max-tokens"
        )


def _require_seed(chat: Chat, settings: Settings) -> None:
    if settings.seed is not None and not chat.traits.takes_seed:
        raise InputError(
            f"{chat.name} takes no seed; leave --seed out, or take a model of OpenAI's protocol"
        )


def rater_identity(model: str, settings: Settings, sample: int) -> str:
    """What tells the results of a model's sample from all others."""
    seed = settings.seed_of(sample)
    seeded = "" if seed is None else f"|seed {seed}"
    return f"{model}|{_server(model, settings)}|{settings.heat:g}|{sample}{seeded}"


def _server(model: str, settings: Settings) -> str:
    """The address of a server of one's own, if it is one."""
    url = settings.base_url
    if not url and model.startswith("openai:"):
        url = os.environ.get("OPENAI_BASE_URL")
    return without_credentials(url) if url else ""


def patient(timeout: float | None) -> Limits:
    """The limits for work that nobody waits for: a busy server is asked again for long."""
    return replace(limits_for(timeout), attempts=_ATTEMPTS, longest_wait=_LONGEST_WAIT)


def price_of(settings: Settings, limitations: Limitations) -> Price:
    """What tells a call's price: a server of one's own has none, unless it is given."""
    if limitations.prices:
        return own_price(*limitations.prices)
    through_openai = any(model.startswith("openai:") for model in settings.models)
    if settings.base_url or through_openai:
        return cost_usd if official_base_url(settings.base_url) else no_price
    return cost_usd
