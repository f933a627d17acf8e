"""The rubrics of both kinds and the scenarios that a server's pages show, by their ids alone.

The catalog takes paths as well; what comes from an address of the site must not become one. What
changes in a folder of one's own is seen when the server starts again.
"""

from functools import cache

from agent.answer_rubric import AnswerRubric
from agent.errors import InputError
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.web.library import Library

AnyRubric = Rubric | AnswerRubric


class Shelf:
    """What a `Library` finds, to be looked at."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._read = cache(library.shelf.any_rubric)

    def rubric_ids(self) -> tuple[str, ...]:
        """The ids of all rubrics, in order."""
        return tuple(sorted(self._library.shelf.rubric_paths()))

    def rubric(self, rubric_id: str) -> AnyRubric:
        """The rubric of this id; raises InputError if there is none or its file is wrong."""
        if rubric_id not in self.rubric_ids():
            raise InputError(f"there is no rubric {rubric_id[:80]!r} on this server")
        return self._read(rubric_id)

    def scenario(self, scenario_id: str) -> Scenario:
        """The scenario of this id; raises InputError as `rubric`."""
        if scenario_id not in self._library.shelf.scenario_paths():
            raise InputError(f"there is no scenario {scenario_id[:80]!r} on this server")
        return self._library.scenario(scenario_id)
