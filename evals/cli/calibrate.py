"""`sevenstep eval calibrate`: learns how people's levels lie to the grader's."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from evals.cli.agreement import Answered, GradesFolder, Part, Rubric
from evals.cli.study import Study, command

Labelled = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET_OR_GRADES",
        help="A folder with a dataset.yaml, or one of `sevenstep grade --out` with reviews.",
    ),
]
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
    source: Labelled,
    part: Part = None,
    test: Test = None,
    answered: Answered = False,
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
    from agent.store.ledger import is_ledger
    from evals.grading import read_grades
    from evals.report.agreement import facts_of
    from evals.report.calibrate import calibration_page
    from evals.scales import scales_of
    from evals.sides import rubric_of
    from evals.studies.calibrate import measured_calibration, reviewed, sample_of

    if test is not None and (part is None or test == part):
        raise InputError("--test PART needs --part with another one, to learn from")
    tested = None
    if is_ledger(source):
        if part or answered or rubric or grades:
            raise InputError(
                f"{source} holds grades: --part, --answered, --rubric and --grades need a dataset"
            )
        given = read_grades(source)
        used = rubric_of(source, given)
        sample = reviewed(f"reviews in {source}", given, scales_of(used))
        facts: tuple[tuple[str, str], ...] = (
            ("Reviews", str(source)),
            ("Rubric", f"{used.id} {used.version}"),
        )
    else:
        data = study.data(source, part, rubric, answered=answered)
        other = study.data(source, test, rubric, answered=answered) if test else None
        folder = grades or study.folder / "grades"
        if grades is None:
            answers = (*data.answers, *(other.answers if other else ()))
            asyncio.run(study.grader.grade(answers, data.rubric, folder))
        given = read_grades(folder, data.ids)
        sample, facts = sample_of(data, given), facts_of(data, given)
        if other is not None:
            tested = sample_of(other, read_grades(folder, other.ids))
    result = measured_calibration(
        sample,
        made_at=datetime.now(UTC),
        method=method,
        by_question=by_question,
        folds=folds,
        test=tested,
        seed=study.seed,
        replicates=study.replicates,
    )
    path = study.folder / "calibration.json"
    write_whole(path, result.calibration.model_dump_json(indent=2))
    study.finish(result, result.figures(), calibration_page(result, sample.scales, facts))
    typer.echo(f"Calibration: {path}, for: sevenstep grade --calibration {path}")
