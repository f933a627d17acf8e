"""An interview that was played: what identifies it, its record, and its file.

A file is written whole once its interview is graded, and taken again only by a run in which all
that it depends on is the same.
"""

import hashlib
from functools import cache
from pathlib import Path

from pydantic import ValidationError

import agent
from agent.files import write_whole
from agent.frozen import Frozen, Slug
from agent.interview.plan import Options
from agent.ports import EngineChoice
from agent.record import InterviewRecord
from agent.usage import ModelUsage
from evals.selfplay.candidate import Request

FOLDER = "interviews"
_HERE = Path(__file__).resolve().parent
_AGENT = Path(agent.__file__).resolve().parent
_DECIDING = ("interview", "offline", "grading", "llm", "move.py", "ports.py")
"""The parts of the agent on which an interview depends."""


class Header(Frozen):
    """All that an interview depends on.

    Hashes are SHA-256. `prompts` are those of the interviewer's models, `part` is what the
    candidate speaks by: passages and code, or his prompts. `candidate` is the model that plays
    him, None for a script. `code` is over the interviewer's own.
    """

    scenario: Slug
    persona: Slug
    seed: int
    options: Options
    rubric_hash: str
    scenario_hash: str
    engine: EngineChoice
    prompts: str | None
    candidate: EngineChoice | None
    part: str
    code: str

    @property
    def name(self) -> str:
        """What its file is called, without the ending."""
        return f"{self.scenario}__{self.persona}__{self.seed}"


class Played(Frozen):
    """A played interview.

    `requests` are what a scripted candidate wanted and when; empty for one played by a model, of
    whom nobody knows. `usage` is what his model took.
    """

    header: Header
    record: InterviewRecord
    requests: tuple[Request, ...] = ()
    usage: tuple[ModelUsage, ...] = ()

    @property
    def is_scripted(self) -> bool:
        """Whether no model played the candidate."""
        return self.header.candidate is None


def path_of(folder: Path, header: Header) -> Path:
    """Where an interview is kept."""
    return folder / FOLDER / f"{header.name}.json"


def keep(folder: Path, played: Played) -> None:
    """Write an interview, whole; raises FileError."""
    write_whole(path_of(folder, played.header), played.model_dump_json() + "\n")


def kept(folder: Path, header: Header) -> Played | None:
    """The interview with exactly this header, if it is there."""
    try:
        played = Played.model_validate_json(path_of(folder, header).read_bytes())
    except (OSError, ValidationError):
        return None
    return played if played.header == header else None


@cache
def code_hash() -> str:
    """SHA-256 over the interviewer's code."""
    return _hash_of(tuple(_AGENT / name for name in _DECIDING))


@cache
def script_hash() -> str:
    """SHA-256 over the code of the scripted candidates."""
    names = ("persona.py", "wordings.py", "material.py", "scripted.py")
    return _hash_of(tuple(_HERE / name for name in names))


def _hash_of(roots: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for root in roots:
        paths = sorted(root.rglob("*.py")) if root.is_dir() else [root]
        for path in paths:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
