"""A side of a comparison: its grades, and the scales by which it gave them.

How a side is named on the command line stands in `evals.cli.sides`; what two come to in
`evals.studies.compare`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.answer_rubric import AnswerRubric
from agent.batch.problem import problem_in
from agent.batch.settings import Settings
from agent.errors import InputError
from agent.rubric import Rubric
from agent.store.ledger import Ledger
from evals.dataset import Dataset
from evals.grading import Grader, Grades, read_grades
from evals.levels import Scale
from evals.scales import scales_of


@dataclass(frozen=True)
class Ordered:
    """A side that is to be graded; `told` is how it was named."""

    told: str
    settings: Settings
    rubric: Rubric | AnswerRubric


@dataclass(frozen=True)
class Kept:
    """A side that was graded before, into a folder of `sevenstep grade --out`."""

    folder: Path

    @property
    def told(self) -> str:
        """How it was named."""
        return str(self.folder)


@dataclass(frozen=True)
class Side:
    """What a side gave. `rubric` is its id and version."""

    told: str
    rubric: str
    scales: tuple[Scale, ...]
    grades: Grades


async def sides(
    wanted: Sequence[Ordered | Kept], data: Dataset, grader: Grader, folders: Sequence[Path]
) -> tuple[Side, ...]:
    """Read or grade the sides, one after the other, each into its own folder.

    What they take counts together. Raises as `Grader.grade` and `read_grades` do.
    """
    found = []
    for one, folder in zip(wanted, folders, strict=True):
        if isinstance(one, Kept):
            grades = read_grades(one.folder, data.ids)
            rubric = rubric_of(one.folder, grades)
        else:
            grader.settings = one.settings
            grades = await grader.grade(data.answers, one.rubric, folder)
            rubric = one.rubric
        found.append(Side(one.told, f"{rubric.id} {rubric.version}", scales_of(rubric), grades))
    return tuple(found)


def rubric_of(folder: Path, grades: Grades) -> Rubric | AnswerRubric:
    """By what the answers in a folder were graded; raises InputError if it was by several."""
    problems = dict.fromkeys(one.problem for one in grades.graded if one is not None)
    with Ledger(folder, reading=True) as ledger:
        texts = [ledger.problem(digest) for digest in problems]
    rubrics: list[Rubric | AnswerRubric] = []
    for text in texts:
        if text is not None and (rubric := problem_in(text).spec.rubric) not in rubrics:
            rubrics.append(rubric)
    if len(rubrics) != 1:
        raise InputError(
            f"{folder}: its answers were graded by {len(rubrics)} rubrics; one is needed"
        )
    return rubrics[0]
