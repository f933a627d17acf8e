"""DigiKlausur ASAG dataset: an exam on neural networks, one judge, grades 0, 1 and 2.

From GitHub, `DigiKlausur/ASAG-Dataset`; its README names no licence: see there. Read is
`asag_dataset.csv` with the columns question, student_answer, grades_round, ref_answer and
question_id; the id is the first, unnamed column, or else the question with a number. Its other
columns (preprocessed texts, embeddings, alignments) are passed over. As the README says, a single
person graded: 0 is completely incorrect, 1 partially correct, 2 a perfect answer.

The columns are those of the README; that the first one is unnamed is known from code that reads
the file (ASAG2024, Meyer et al. 2024). The file itself was not seen. `grades.csv` in the same
repository has the grades without the answers and is not read.
"""

from collections.abc import Iterator
from pathlib import Path

from evals.dataset import About
from evals.formats.format import Format, Row, numbered, tables
from evals.formats.points import points_in, points_rubric

_RUBRIC = points_rubric("digiklausur", most=2)
_IDS = {"id": ("id", "Unnamed: 0", "")}


def _rows(folder: Path, about: About) -> Iterator[Row]:
    return numbered((row.named(_IDS) for row in tables(folder, about)), by="question_id")


FORMAT = Format(
    fills={"files": ("asag_dataset.csv",)},
    raters={"judge": points_in("grades_round")},
    names={
        "answer": ("answer", "student_answer"),
        "reference": ("reference", "ref_answer"),
        "group": ("group", "question_id", "question"),
    },
    rubric=lambda _: _RUBRIC,
    read=_rows,
)
