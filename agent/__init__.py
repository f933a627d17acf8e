"""sevenstep: a mock interviewer and grader for machine-learning system design.

`from agent import grade, practice` are loaded when they are first asked for, so that the command
line stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.api import grade, grade_async, practice, practice_async

__version__ = "0.1.0"
__all__ = ["__version__", "grade", "grade_async", "practice", "practice_async"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("agent.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
