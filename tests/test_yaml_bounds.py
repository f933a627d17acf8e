"""YAML that would cost more than its length is refused before it is read."""

from pathlib import Path

import pytest

from agent.catalog import shipped
from agent.errors import FileError
from agent.yaml_bounds import MOST_DEPTH, MOST_ENTRIES, require_bounded

PATH = Path("mine.yaml")


def _laughs(levels: int, each: int) -> str:
    lines = [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * each)}]" for at in range(1, levels)]
    return "\n".join(["a0: &a0 [x, x, x]", *lines])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id: " + "[" * 400_000, "nested more than"),
        ("- " * (MOST_DEPTH + 1) + "x", "nested more than"),
        (_laughs(9, each=10), "entries with its aliases"),
        (_laughs(100, each=1), "nested more than"),
        ("a: &a [*a]", "entries with its aliases"),
        ("[" + "1," * (MOST_ENTRIES + 1) + "]", "entries with its aliases"),
    ],
)
def test_what_costs_more_than_its_length_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(FileError, match=problem) as caught:
        require_bounded(text, PATH)
    assert str(caught.value).startswith("mine.yaml: line ")


@pytest.mark.parametrize("text", ["", "a: [", "a: &x {b: 1}\nc: *x\nd: *x", "\0", "[" * MOST_DEPTH])
def test_small_and_broken_texts_pass(text: str) -> None:
    require_bounded(text, PATH)


def test_all_that_is_shipped_passes() -> None:
    for path in (*shipped("rubrics").rglob("*.yaml"), *shipped("scenarios").glob("*.yaml")):
        require_bounded(path.read_text(encoding="utf-8"), path)
