"""What past interviews add up to: attempts, progress by rubric, what to practise next. Pure.

Only live interviews count. Where interviews are kept is the business of `agent.store`, how
progress is shown that of the faces.
"""

from agent.progress.attempt import (
    Attempt,
    Criterion,
    Entry,
    ScenarioHistory,
    Step,
    attempts,
    by_scenario,
    unfinished,
)
from agent.progress.overview import (
    CriterionSeries,
    Due,
    Point,
    Progress,
    StepSeries,
    Weakness,
    due_steps,
    next_drill,
    progress,
)
from agent.progress.schedule import EARLY, INTERVALS

__all__ = [
    "EARLY",
    "INTERVALS",
    "Attempt",
    "Criterion",
    "CriterionSeries",
    "Due",
    "Entry",
    "Point",
    "Progress",
    "ScenarioHistory",
    "Step",
    "StepSeries",
    "Weakness",
    "attempts",
    "by_scenario",
    "due_steps",
    "next_drill",
    "progress",
    "unfinished",
]
