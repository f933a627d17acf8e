"""The engine with a model as one thing: made once for an interview."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from agent.llm.caller import Caller
from agent.llm.chat import Chat, Limits
from agent.llm.connect import connect, official_base_url
from agent.llm.grader import LlmGrader
from agent.llm.guard import Guard
from agent.llm.limiter import Limited, limiter_for
from agent.llm.meter import Meter
from agent.llm.observer import LlmObserver
from agent.llm.prompts import prompts_hash
from agent.llm.redact import without_credentials
from agent.llm.speaker import LlmSpeaker
from agent.llm.tokens import count
from agent.llm.trace import Trace
from agent.ports import EngineChoice
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.usage import Spent

_NOTE = (
    "Graded by the language {name} against the rubric's anchors. Code has found every quote "
    "in the candidate's words; how well the levels agree with people depends on the model and has "
    "to be measured."
)


def note_on(name: str) -> str:
    """How far the grades of a model can be trusted."""
    return _NOTE.format(name=f"models {name}" if ", " in name else f"model {name}")


@dataclass(frozen=True)
class Connected:
    """The models of an engine, which many interviews may share."""

    speaker: Chat
    observer: Chat
    choice: EngineChoice
    limits: Limits
    priced: bool = True

    async def close(self) -> None:
        """Close the connections."""
        for chat in dict.fromkeys((self.speaker, self.observer)):
            await chat.close()


async def connected(choice: EngineChoice, limits: Limits | None = None) -> Connected:
    """Connect the models that a choice names.

    Raises InputError for what is missing or wrong in it, EngineUnavailableError for a server
    that has to be asked and does not answer.
    """
    limits = limits or Limits()
    # Loading the encoding takes a quarter of a second, which no answer shall wait for.
    url = without_credentials(choice.base_url) if choice.base_url else None
    chat, _ = await asyncio.gather(
        connect(choice.model, choice.base_url, limits), asyncio.to_thread(count, "")
    )
    speaker = observer = _limited(chat, url)
    if choice.observer_model is not None:
        observer = _limited(await connect(choice.observer_model, choice.base_url, limits), url)
    named = EngineChoice(
        model=speaker.name,
        observer_model=observer.name if choice.observer_model is not None else None,
        base_url=url,
    )
    return Connected(speaker, observer, named, limits, official_base_url(choice.base_url))


def _limited(chat: Chat, url: str | None) -> Chat:
    """The chat model, with its server's calls limited for the whole process."""
    return Limited(chat, limiter_for(f"{chat.name.partition(':')[0]} {url or ''}".strip()))


class LlmEngine:
    """Observer, speaker and grader with language models."""

    def __init__(
        self,
        rubric: Rubric,
        scenario: Scenario,
        models: Connected,
        *,
        trace: Path | None = None,
        meter: Meter | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Put the engine together. A `guard` takes time to make and may be shared, too."""
        self.rubric = rubric
        self.scenario = scenario
        self.choice = models.choice
        self.name = models.speaker.name
        if models.observer is not models.speaker:
            self.name += f" (observer {models.observer.name})"
        self.note = note_on(models.speaker.name)
        self.prompts: str | None = prompts_hash()
        self._models = models
        self._meter = meter or Meter()
        writing = Trace(trace) if trace else None
        self._callers = [
            Caller(chat, models.limits, self._meter, trace=writing, priced=models.priced)
            for chat in dict.fromkeys((models.speaker, models.observer))
        ]
        speaking, observing = self._callers[0], self._callers[-1]
        self.observer = LlmObserver(observing, self._meter, rubric, scenario)
        self.speaker = LlmSpeaker(speaking, self._meter, guard or Guard(rubric, scenario))
        self.grader = LlmGrader(speaking, rubric, scenario)

    def spent(self) -> Spent:
        """What the calls since the last reading took."""
        return self._meter.read()

    async def close(self) -> None:
        """Close the models' connections; for whoever shares them, `Connected.close` does it."""
        await self._models.close()

    def methods(self) -> tuple[str, ...]:
        """How structured answers were had, by model if there are two."""
        used = [(caller.name, caller.method) for caller in self._callers if caller.method]
        if len({method for _, method in used}) == 1:
            return (used[0][1].value,)
        return tuple(f"{name}: {method.value}" for name, method in used)
