"""Answers assembled from passages whose levels are known, as `evals/gold/` has them.

A file holds a scenario's passages and its answers. What an answer earns for a criterion is the
highest level among its passages; a criterion without a passage is at level 0. Levels are those of
a rubric for interviews, 0 to 4. The rater is `construction`, whose criteria `dataset.yaml` lists.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.batch.source import Source, found
from agent.catalog import read_yaml_mapping, validated
from agent.errors import FileError
from agent.frozen import Frozen, Slug, Text, require_unique
from evals.dataset import FILE, About
from evals.formats.format import Format, Row

RATER = "construction"
Quality = Literal["excellent", "good", "middling", "poor", "uneven"]


class Passage(Frozen):
    """A paragraph, and the one criterion of which it earns a level.

    Level 0 is a statement that is wrong for the problem; without a criterion it is talk.
    """

    id: Slug
    criterion: Slug | None = None
    level: Annotated[int | None, Field(ge=0, le=4)] = None
    text: Text

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.criterion is None) != (self.level is None):
            raise ValueError(f"passage {self.id!r} needs both `criterion` and `level`, or neither")
        return self


class Assembled(Frozen):
    """An answer: its passages in order, each a paragraph."""

    id: Slug
    quality: Quality
    note: Text
    passages: Annotated[tuple[Slug, ...], Field(min_length=1)]


class PassageFile(Frozen):
    """The passages and answers of one scenario."""

    scenario: Slug
    part: Text
    passages: Annotated[tuple[Passage, ...], Field(min_length=1)]
    answers: Annotated[tuple[Assembled, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        require_unique("passage id", [one.id for one in self.passages])
        require_unique("answer id", [one.id for one in self.answers])
        known = {one.id for one in self.passages}
        for answer in self.answers:
            require_unique(f"passage of {answer.id!r}", answer.passages)
            for name in answer.passages:
                if name not in known:
                    raise ValueError(f"answer {answer.id!r}: there is no passage {name!r}")
        return self

    def of(self, answer: Assembled) -> tuple[Passage, ...]:
        """The passages of an answer, in order."""
        passages = {one.id: one for one in self.passages}
        return tuple(passages[name] for name in answer.passages)


def text_of(passages: tuple[Passage, ...]) -> str:
    """Passages as an answer."""
    return "\n\n".join(" ".join(one.text.split()) for one in passages)


def levels_of(passages: tuple[Passage, ...], criteria: tuple[str, ...]) -> dict[str, int]:
    """What the passages earn for each of these criteria; those of others count for none."""
    levels = dict.fromkeys(criteria, 0)
    for one in passages:
        if one.criterion in levels and one.level is not None:
            levels[one.criterion] = max(levels[one.criterion], one.level)
    return levels


def passage_files(folder: Path, about: About) -> Iterator[tuple[Source, PassageFile]]:
    """The dataset's files; raises FileError."""
    for name in about.files:
        path = folder / name
        raw = read_yaml_mapping(path, "write the keys scenario, part, passages and answers")
        yield found(path, path, path.name), validated(PassageFile, raw, path)


def _rows(folder: Path, about: About) -> Iterator[Row]:
    criteria = tuple(about.raters.get(RATER, {}))
    for source, file in passage_files(folder, about):
        _require_criteria(source, file, criteria)
        for answer in file.answers:
            passages = file.of(answer)
            yield Row(
                source,
                {
                    "id": answer.id,
                    "answer": text_of(passages),
                    "scenario": file.scenario,
                    "part": file.part,
                    "quality": answer.quality,
                    "passages": passages,
                    **levels_of(passages, criteria),
                },
                f"answer {answer.id}",
            )


def _require_criteria(source: Source, file: PassageFile, criteria: tuple[str, ...]) -> None:
    """Raise FileError for a passage of a criterion that the rater does not judge, if there is one.

    Otherwise a misspelt criterion would leave its answers at level 0.
    """
    for at, one in enumerate(file.passages):
        if criteria and one.criterion is not None and one.criterion not in criteria:
            raise FileError(
                source.name,
                f"passage {one.id!r} is about {one.criterion!r}, which is not graded",
                where=f"passages[{at}].criterion",
                remedy=f"correct it, or add it to raters.{RATER} in {FILE}",
            )


FORMAT = Format(names={"group": ("id",)}, read=_rows)
