"""Every error that a user may see, as one tree.

    SevenstepError
    ├── InputError          an option, a name or a file is wrong
    │   └── FileError       a file is wrong: path, field, problem, remedy
    ├── StoreError          the database cannot be read or written
    └── EngineError         the interviewer or grader could not do its part
        └── EngineUnavailableError  it cannot be reached or used now: the user must decide
            ├── BudgetReachedError  what the user allowed to be spent is spent
            └── RunStoppedError     many answers were to be graded, and not all of them are

The command line prints the message on one line and exits with code 2. An error names the bad
value, where it stands and what to do; it is raised from its cause.
"""

from collections.abc import Sequence
from pathlib import Path


class SevenstepError(Exception):
    """Base of all errors with a message meant for the user."""


class InputError(SevenstepError):
    """An option, a name or a file that the user gave is wrong."""


class FileError(InputError):
    """A file is wrong.

    `where` is a line ("line 3") or a field ("criteria[2].weight"), or empty for the whole file.
    """

    def __init__(self, path: Path, problem: str, *, remedy: str, where: str = "") -> None:
        self.path = path
        self.where = where
        self.problem = problem
        self.remedy = remedy
        place = f"{path}: {where}" if where else str(path)
        super().__init__(f"{place}: {problem}; {remedy}")


class StoreError(SevenstepError):
    """The database cannot be opened, read or written."""


class EngineError(SevenstepError):
    """The observer, speaker or grader could not do its part."""


class EngineUnavailableError(EngineError):
    """The model cannot be reached or used: no key, no network, no quota, no such model.

    Nothing is done in its place. The interview is kept as it stands, and the user is asked.
    `lasting` says that other calls would fail in the same way, such as without a key.
    """

    def __init__(self, message: str, *, lasting: bool = True) -> None:
        self.lasting = lasting
        super().__init__(message)


class BudgetReachedError(EngineUnavailableError):
    """What the user allowed to be spent is spent; nothing more is asked of a model."""


class RunStoppedError(EngineUnavailableError):
    """A run has ended before its time. `graded` holds what was graded (`agent.graded`)."""

    def __init__(self, message: str, graded: Sequence[object]) -> None:
        self.graded = tuple(graded)
        super().__init__(message)
