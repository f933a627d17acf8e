"""Opens the engine of an interview, and finds the rubric and the scenario that it is about."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent.errors import FileError, InputError
from agent.files import require_writable
from agent.interview.events import Started
from agent.offline.engine import OfflineEngine
from agent.ports import Engine, EngineChoice
from agent.rubric import Rubric
from agent.scenario import Scenario

if TYPE_CHECKING:
    from agent.llm.guard import Guard


class Shelf(Protocol):
    """Where rubrics and scenarios are found; see `agent.catalog.Catalog`."""

    def rubric(self, rubric_id: str) -> Rubric: ...

    def scenario(self, scenario_id: str) -> Scenario: ...


async def open_engine(
    choice: EngineChoice,
    rubric: Rubric,
    scenario: Scenario,
    *,
    trace: Path | None = None,
    timeout: float | None = None,
    guard: "Guard | None" = None,
) -> Engine:
    """The engine of this choice; raises InputError or EngineUnavailableError if it cannot be.

    A `guard` of the same rubric and scenario may be shared, since making one takes time.
    """
    if choice.model == "offline":
        if trace is not None:
            raise InputError("--trace records calls to a model; the offline engine makes none")
        return OfflineEngine(rubric, scenario)
    from agent.llm.chat import limits_for
    from agent.llm.engine import LlmEngine, connected

    if trace is not None:
        require_writable(trace)
    models = await connected(choice, limits_for(timeout))
    return LlmEngine(rubric, scenario, models, trace=trace, guard=guard)


def rubric_and_scenario(started: Started, shelf: Shelf) -> tuple[Rubric, Scenario]:
    """The rubric and the scenario of a stored interview."""
    try:
        return shelf.rubric(started.rubric), shelf.scenario(started.scenario)
    except FileError:
        raise
    except InputError as error:
        raise InputError(
            f"{error}; interview {started.interview} was about files of your own: "
            "name their folder with --scenarios or --rubrics"
        ) from error
