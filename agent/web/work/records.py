"""What is kept of each piece of work: one folder a piece, grouped by owner, with a record in it.

    FOLDER/HASH_OF_OWNER/ID/job.json
                           /files/     what was uploaded
                           /out/       what came of it

A record is read whole and written whole. What is in it beyond the common part, and when it
changes, is decided by others.
"""

import hashlib
import logging
import re
import secrets
import shutil
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from agent.errors import InputError, StoreError
from agent.files import write_whole
from agent.frozen import Frozen

RECORD, FILES, OUT = "job.json", "files", "out"
_ID = re.compile(r"[0-9a-f]{32}")
_log = logging.getLogger(__name__)


class WorkState(StrEnum):
    """Where a piece of work stands."""

    collecting = "collecting"
    """Files come in, nothing is ordered."""
    estimating = "estimating"
    ready = "ready"
    """It is known what it takes."""
    waiting = "waiting"
    """Started, while others are at work."""
    running = "running"
    done = "done"
    stopped = "stopped"
    """By a person or a limit; a start goes on."""
    failed = "failed"
    """The message says why; a start tries again."""


BUSY = frozenset((WorkState.estimating, WorkState.waiting, WorkState.running))
"""States in which a process is at work, or will be."""


class Record(Frozen):
    """The part that all work has in common; `message` is one line for the owner."""

    id: str
    owner: str
    title: str = ""
    created_at: datetime
    state: WorkState = WorkState.collecting
    message: str = ""
    files: int = 0
    size: int = 0

    @property
    def is_busy(self) -> bool:
        """Whether a process is at work on it, or will be."""
        return self.state in BUSY


R = TypeVar("R", bound=Record)


class Records(Generic[R]):
    """The records of one kind below a folder."""

    def __init__(self, folder: Path, kind: type[R]) -> None:
        self._root = folder
        self._kind = kind

    def create(self, owner: str, title: str, at: datetime) -> R:
        """A new piece of work under an id that nobody can guess. Raises FileError."""
        record = self._kind(id=secrets.token_hex(16), owner=owner, title=title, created_at=at)
        self.put(record)
        return record

    def put(self, record: R) -> None:
        """Keep a record in the place of the one before. Raises FileError."""
        write_whole(self.folder(record) / RECORD, record.model_dump_json(indent=1))

    def get(self, owner: str, work_id: str) -> R:
        """The record; raises InputError if there is none of this owner's, StoreError if broken."""
        path = self._of(owner) / work_id / RECORD
        if not _ID.fullmatch(work_id) or not path.is_file():
            raise InputError(f"there is no job {work_id[:40]!r} of yours; it may have been deleted")
        record = self._read(path)
        if record.owner != owner:
            raise StoreError(f"{path}: belongs to somebody else; move it back to its folder")
        return record

    def list(self, owner: str) -> tuple[R, ...]:
        """All of an owner's, the newest first; one that cannot be read is logged and left out."""
        return self._found(self._of(owner).glob(f"*/{RECORD}"))

    def everyones(self) -> tuple[R, ...]:
        """All of all owners, the newest first; otherwise as `list`."""
        return self._found(self._root.glob(f"*/*/{RECORD}"))

    def folder(self, record: Record) -> Path:
        """The folder of a piece of work."""
        return self._of(record.owner) / record.id

    def delete(self, record: Record) -> None:
        """Remove a piece of work with all that is in its folder. Raises StoreError."""
        try:
            # The record first: what is left by a fault is no piece of work any more.
            (self.folder(record) / RECORD).unlink(missing_ok=True)
            shutil.rmtree(self.folder(record))
        except OSError as error:
            raise StoreError(
                f"the job's files cannot be removed ({error.strerror}); check their permissions"
            ) from error

    def _of(self, owner: str) -> Path:
        return self._root / hashlib.sha256(owner.encode()).hexdigest()[:32]

    def _found(self, paths: Iterable[Path]) -> tuple[R, ...]:
        found = []
        for path in paths:
            try:
                found.append(self._read(path))
            except StoreError as error:
                _log.warning("%s", error)
        return tuple(sorted(found, key=lambda one: (one.created_at, one.id), reverse=True))

    def _read(self, path: Path) -> R:
        try:
            return self._kind.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise StoreError(
                f"{path}: cannot be read by this version; update sevenstep, or move it away"
            ) from error
