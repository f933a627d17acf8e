"""`sevenstep eval agreement`: how far a grader agrees with people, and people with each other."""

from pathlib import Path
from typing import Annotated

import typer

from evals.cli.study import Study, command

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET", help="A folder with a dataset.yaml, or `gold` for the shipped answers."
    ),
]
Part = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only this part of the dataset, such as test.")
]
Answered = Annotated[
    bool,
    typer.Option(
        "--answered",
        help="Leave out empty answers, and those that say that nothing was handed in.",
    ),
]
Rubric = Annotated[
    str | None,
    typer.Option(
        metavar="ID_OR_FILE", help="Grade by another rubric.", show_default="the dataset's"
    ),
]
GradesFolder = Annotated[
    Path | None,
    typer.Option(
        "--grades", metavar="FOLDER", help="Measure what `sevenstep grade --out` left there."
    ),
]


@command("agreement")
def agreement(
    study: Study,
    dataset: Data,
    part: Part = None,
    answered: Answered = False,
    rubric: Rubric = None,
    grades: GradesFolder = None,
) -> None:
    """Measure how far a grader agrees with people.

    The same command again goes on where it stopped. Exit code 1: a gate was not reached.
    """
    from evals.report.agreement import agreement_page
    from evals.studies.agreement import measured_agreement

    data = study.data(dataset, part, rubric, answered=answered)
    given = study.graded(data, grades)
    result = measured_agreement(data, given, seed=study.seed, replicates=study.replicates)
    study.finish(result, result.figures(), agreement_page(result, data, given))
