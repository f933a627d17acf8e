"""Writes datasets, and reads them as the evaluation does."""

from pathlib import Path

import pytest

from agent.catalog import Catalog
from agent.errors import FileError
from evals.dataset import Dataset
from evals.records import load_dataset
from tests.inputs_support import put

HEAD = "title: Trains\nsource: written for the tests\nlicence: Apache-2.0\n"


def dataset(folder: Path, about: str, **files: str | bytes) -> Path:
    """A folder with these files; `about` follows the obligatory keys of `dataset.yaml`.

    A file's name is written with _ for the point before its ending.
    """
    put(folder / "dataset.yaml", HEAD + about)
    for name, content in files.items():
        put(folder / ".".join(name.rsplit("_", 1)), content)
    return folder


def load(folder: Path, rubric: str | None = None) -> Dataset:
    return load_dataset(folder, Catalog(), rubric)


def refused(folder: Path, rubric: str | None = None) -> FileError:
    """The fault for which a dataset is refused; it is told on one line."""
    with pytest.raises(FileError) as caught:
        load(folder, rubric)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    return caught.value
