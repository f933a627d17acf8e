"""The offline engine as one thing: made once for a rubric and a scenario."""

from agent.offline.grader import OfflineGrader
from agent.offline.levels import Reader
from agent.offline.observer import OfflineObserver
from agent.offline.speaker import OfflineSpeaker
from agent.ports import EngineChoice
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.usage import Spent


class OfflineEngine:
    """Observer, speaker and grader that need no key and no network."""

    name = "offline"
    note = (
        "Graded by the offline engine: a baseline that matches wording against the rubric. "
        "It does not understand; a correct answer in unusual words may be missed, and a wrong "
        "one in the usual words may be credited."
    )

    prompts: str | None = None
    choice = EngineChoice()

    def __init__(self, rubric: Rubric, scenario: Scenario) -> None:
        self.rubric = rubric
        self.scenario = scenario
        reader = Reader(rubric, scenario)
        self.observer = OfflineObserver(reader)
        self.speaker = OfflineSpeaker()
        self.grader = OfflineGrader(reader)

    def spent(self) -> Spent:
        """Nothing: no model is called."""
        return Spent()

    def methods(self) -> tuple[str, ...]:
        """None, for the same reason."""
        return ()

    async def close(self) -> None:
        """There is nothing to close."""
