"""Small datasets and arrays of levels for the tests of measurements."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evals.levels import Levels, Scale

RUBRIC = """
id: slow_start
title: Slow start
question: How does the congestion window grow in slow start, and when does slow start end?
reference: >-
  The window doubles each round trip, since each acknowledged segment adds one. It ends when the
  threshold is reached or a packet is lost.
criteria:
  - id: growth
    title: Growth
    reference: The window doubles each round trip, since each acknowledged segment adds one.
    levels:
      0: Not said.
      1: It is said that it grows.
      2: It doubles each round trip as each acknowledged segment adds one.
  - id: end
    title: End
    reference: It ends when the threshold is reached or a packet is lost.
    levels:
      0: Not said.
      1: One way to end is named.
      2: The threshold and the loss of a packet are named.
"""
ANSWERS = (
    ("full", "The window doubles each round trip, since each acknowledged segment adds one. "
     "It ends when the threshold is reached or a packet is lost.", 2, 2, 2, 2),
    ("growth", "The window doubles each round trip, since each acknowledged segment adds one.",
     2, 0, 2, 1),
    ("end", "Slow start ends when the threshold is reached or a packet is lost.", 0, 2, 0, 2),
    ("little", "The congestion window grows over time.", 1, 0, 0, 0),
    ("none", "Routers forward frames by their address.", 0, 0, 0, 0),
    ("blank", "", 0, 0, 0, 0),
)  # fmt: skip


def dataset(folder: Path, *, more: str = "", copies: int = 2) -> Path:
    """A dataset of short answers, graded for two criteria by two people, in parts a and b."""
    folder.mkdir()
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    (folder / "dataset.yaml").write_text(
        "title: Short answers\nsource: written for this test\nlicence: none\n"
        "files: [answers.csv]\nrubric: rubric.yaml\n"
        f"raters:\n  ann: {{growth: ann_growth, end: ann_end}}\n"
        f"  ben: {{growth: ben_growth, end: ben_end}}\n{more}",
        encoding="utf-8",
    )
    lines = ["id,answer,part,ann_growth,ann_end,ben_growth,ben_end"]
    for copy in range(copies):
        part = "ab"[copy % 2]
        lines += [
            f'{name}{copy},"{text}",{part},{",".join(map(str, levels))}'
            for name, text, *levels in ANSWERS
        ]
    (folder / "answers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def levels(
    values: npt.ArrayLike, *, top: int = 4, criteria: Sequence[str] = (), raters: Sequence[str] = ()
) -> Levels:
    """Levels of these values, (answers, criteria, raters)."""
    array = np.asarray(values, dtype=float)
    names = criteria or [f"c{at}" for at in range(array.shape[1])]
    worth = tuple(level / top for level in range(top + 1))
    return Levels(
        tuple(f"a{at}" for at in range(array.shape[0])),
        tuple(Scale(name, name.title(), worth) for name in names),
        tuple(raters) or tuple(f"r{at}" for at in range(array.shape[2])),
        array,
    )
