"""`sevenstep eval calibrate`: learns how people's levels lie to the grader's."""

from typing import Annotated, Literal

import typer

from evals.cli.agreement import Data, GradesFolder, Part, Rubric
from evals.cli.study import Study, command

Method = Annotated[
    Literal["isotonic", "linear"] | None,
    typer.Option(
        help="The form of the mapping.", show_default="what does better on folds left out"
    ),
]
ByQuestion = Annotated[
    bool, typer.Option("--by-question", help="Learn for each question, drawn towards all of them.")
]
Folds = Annotated[int, typer.Option(min=2, max=50, help="Into how many parts answers are cut.")]
Test = Annotated[
    str | None,
    typer.Option(metavar="PART", help="A part of the dataset to measure on, not to learn from."),
]


@command("calibrate")
def calibrate(
    study: Study,
    dataset: Data,
    part: Part = None,
    test: Test = None,
    rubric: Rubric = None,
    grades: GradesFolder = None,
    method: Method = None,
    by_question: ByQuestion = False,
    folds: Folds = 5,
) -> None:
    """Learn a calibration from answers that people have graded.

    `sevenstep grade --calibration FILE` applies the file that this writes. The same command again
    goes on where it stopped. Exit code 1: a gate was not reached.
    """
    import asyncio
    from datetime import UTC, datetime

    from agent.errors import InputError
    from agent.files import write_whole
    from evals.grading import read_grades
    from evals.report.calibrate import calibration_page
    from evals.studies.calibrate import measured_calibration

    if test is not None and (part is None or test == part):
        raise InputError("--test PART needs --part with another one, to learn from")
    data = study.data(dataset, part, rubric)
    tested = study.data(dataset, test, rubric) if test else None
    answers = (*data.answers, *(tested.answers if tested else ()))
    folder = grades or study.folder / "grades"
    if grades is None:
        asyncio.run(study.grader.grade(answers, data.rubric, folder))
    given = read_grades(folder, data.ids)
    result = measured_calibration(
        data,
        given,
        made_at=datetime.now(UTC),
        method=method,
        by_question=by_question,
        folds=folds,
        test=(tested, read_grades(folder, tested.ids)) if tested else None,
        seed=study.seed,
        replicates=study.replicates,
    )
    path = study.folder / "calibration.json"
    write_whole(path, result.calibration.model_dump_json(indent=2))
    study.finish(result, result.figures(), calibration_page(result, data, given))
    typer.echo(f"Calibration: {path}, for: sevenstep grade --calibration {path}")
