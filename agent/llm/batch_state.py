"""What is kept on disk of a round of batches, so that it outlives the process.

The state and the paths of the files that belong to it. What is sent, and when the state
changes, is the business of `agent.llm.openai_batch`.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import FileError

_SHARED_EVERY = 100
_SUFFIXES = (".jsonl", ".out.jsonl", ".err.jsonl")
_DRAFT = ".tmp"


class Part(BaseModel):
    """One file of requests, and how far it is.

    `upload` and `batch` are the provider's ids. `tried` says that a batch may have been created,
    though its id is not known. `problem` is why a request may have no reply.
    """

    model_config = ConfigDict(extra="forbid")

    requests: int = 0
    upload: str | None = None
    tried: bool = False
    batch: str | None = None
    completed: int = 0
    failed: int = 0
    problem: str = ""
    saved: bool = False


class RoundState(BaseModel):
    """A round: `written` once all its requests are on disk, `done` once all replies were had."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=lambda: uuid4().hex)
    written: bool = False
    parts: list[Part] = Field(default_factory=list)
    done: bool = False


class RoundFiles:
    """The files of the round with this name. All methods raise FileError."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._state = folder / f"{name}.json"

    def load(self) -> RoundState | None:
        """The state; None if no such round was begun."""
        try:
            with _disk(self._state):
                if not self._state.exists():
                    return None
                return RoundState.model_validate_json(self._state.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            raise FileError(
                self._state,
                f"is no state of a batch ({first['msg']})",
                where=".".join(map(str, first["loc"])),
                remedy="restore it, or delete it to begin anew, which is paid again",
            ) from error

    def save(self, state: RoundState) -> None:
        """Write the state, whole or not at all."""
        with whole(self._state) as write:
            write(state.model_dump_json(indent=1).encode())

    def forget(self) -> None:
        """Delete everything of the round, the state last."""
        numbered = f"{self._name}-[0-9][0-9][0-9][0-9]"
        with _disk(self._state):
            for suffix in _SUFFIXES:
                for path in self._folder.glob(f"{numbered}{suffix}*"):
                    if path.name.endswith((suffix, suffix + _DRAFT)):
                        path.unlink()
            _draft(self._state).unlink(missing_ok=True)
            self._state.unlink(missing_ok=True)

    def requests(self, number: int) -> Path:
        """Where the requests of a part lie; parts are counted from 1."""
        return self._path(number, ".jsonl")

    def output(self, number: int) -> Path:
        """Where its replies lie."""
        return self._path(number, ".out.jsonl")

    def errors(self, number: int) -> Path:
        """Where its refusals lie."""
        return self._path(number, ".err.jsonl")

    @contextmanager
    def opened(self, number: int) -> Iterator[BinaryIO]:
        """The requests of a part, to be read."""
        path = self.requests(number)
        with _disk(path):
            source = path.open("rb")
        with source:
            yield source

    def lines(self, *paths: Path) -> Iterator[bytes]:
        """The lines of these files one after the other."""
        return chain.from_iterable(_lines(path) for path in paths)

    async def write(
        self, lines: Iterator[bytes], *, most_requests: int, most_bytes: int
    ) -> RoundState:
        """Begin the round: write its requests into as many files as are needed."""
        self.forget()
        state = RoundState()
        self.save(state)
        line = next(lines, None)
        while line is not None:
            part, size = Part(), 0
            with whole(self.requests(len(state.parts) + 1)) as write:
                while line is not None and part.requests < most_requests:
                    if size and size + len(line) > most_bytes:
                        break
                    write(line)
                    size += len(line)
                    part.requests += 1
                    if part.requests % _SHARED_EVERY == 0:
                        await asyncio.sleep(0)  # others have their turn, and Ctrl-C
                    line = next(lines, None)
            state.parts.append(part)
        state.written = True
        self.save(state)
        return state

    def _path(self, number: int, suffix: str) -> Path:
        return self._folder / f"{self._name}-{number:04}{suffix}"


@contextmanager
def whole(path: Path) -> Iterator[Callable[[bytes], None]]:
    """What writes a file that is there under its name only when all of it is on the disk.

    Raises FileError. Folders are made.
    """
    draft = _draft(path)
    with _disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        sink = draft.open("wb")

    def write(data: bytes) -> None:
        with _disk(path):
            sink.write(data)

    with sink:
        yield write
        with _disk(path):
            sink.flush()
            os.fsync(sink.fileno())
    with _disk(path):
        draft.replace(path)


def _lines(path: Path) -> Iterator[bytes]:
    with _disk(path), path.open("rb") as lines:
        yield from lines


def _draft(path: Path) -> Path:
    return path.with_name(path.name + _DRAFT)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(
            path,
            f"cannot be read or written ({error.strerror})",
            remedy="free space or correct its rights, then run the same command again",
        ) from error
