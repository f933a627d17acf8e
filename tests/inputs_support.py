"""Writes inputs of `grade`, and reads them as it does."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agent.batch.answer import Answer
from agent.batch.inputs import Inputs, Tally
from agent.errors import InputError

Pairs = list[tuple[str, tuple[str, ...]]]


def put(path: Path, content: str | bytes) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(*paths: Path, columns: Mapping[str, str] | None = None) -> list[Answer]:
    """The answers, which are the same the second time."""
    with Inputs(paths, columns or {}) as inputs:
        first = list(inputs)
        assert list(inputs) == first
        return first


def tally(*paths: Path) -> Tally:
    """What is counted in these inputs."""
    with Inputs(paths) as inputs:
        return inputs.check()


def refused(*paths: Path, columns: Mapping[str, str] | None = None) -> str:
    """The one line with which the inputs are refused."""
    with Inputs(paths, columns or {}) as inputs, pytest.raises(InputError) as caught:
        inputs.check()
    message = str(caught.value)
    assert "\n" not in message
    return message


def pairs(answers: Sequence[Answer]) -> Pairs:
    """The ids with the turns."""
    return [(answer.id, answer.turns) for answer in answers]
