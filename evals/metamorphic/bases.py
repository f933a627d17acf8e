"""Takes a dataset's answers as what changes are made of; reads the passages where it has them."""

from collections.abc import Iterator

from agent.batch.answer import Answer
from evals.dataset import Dataset
from evals.formats.passages import Passage, passage_files
from evals.metamorphic.checks import Base
from evals.metamorphic.talk import keywords

PASSAGES = "passages"
"""The format of datasets whose answers are assembled from passages."""


def bases_of(data: Dataset) -> tuple[Base, ...]:
    """One for each answer, in order. Raises FileError for passages that cannot be read."""
    passages = dict(_passages(data)) if data.about.format == PASSAGES else {}
    return tuple(_base(data, answer, passages) for answer in data.answers)


def _base(
    data: Dataset,
    answer: Answer,
    passages: dict[str, tuple[tuple[Passage, ...], tuple[Passage, ...]]],
) -> Base:
    own, wrong = passages.get(answer.id, ((), ()))
    return Base(answer, keywords(data.rubric, answer.prompt or ""), own, wrong)


def _passages(
    data: Dataset,
) -> Iterator[tuple[str, tuple[tuple[Passage, ...], tuple[Passage, ...]]]]:
    """By answer its own passages, and those of its file that are wrong and not in it."""
    for _, file in passage_files(data.folder, data.about):
        wrong = [one for one in file.passages if one.level == 0]
        for answer in file.answers:
            own = file.of(answer)
            yield answer.id, (own, tuple(one for one in wrong if one not in own))
