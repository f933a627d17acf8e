"""`sevenstep eval rubric`: which criteria do their work, and how many judges a grade takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evals.cli.agreement import Answered, GradesFolder, Part, Rubric
from evals.cli.study import Study, command, dataset_folder

if TYPE_CHECKING:
    from agent.answer_rubric import AnswerRubric
    from agent.rubric import Rubric as InterviewRubric
    from evals.grading import Grades

Source = Annotated[
    Path,
    typer.Argument(
        metavar="DATASET_OR_GRADES",
        help="A folder with a dataset.yaml, `gold` for the shipped answers, or a folder that "
        "`sevenstep grade --out` wrote.",
    ),
]
By = Annotated[
    Literal["grader", "people", "all"],
    typer.Option(
        help="Whose levels: the grader's models and samples, the dataset's people, or both."
    ),
]
Target = Annotated[
    float, typer.Option(min=0.01, max=0.99, help="The reliability that a plan is to reach.")
]
MostJudges = Annotated[
    int,
    typer.Option(
        "--judges", min=1, max=100, metavar="N", help="The most models or people of a plan."
    ),
]


@command("rubric")
def rubric(
    study: Study,
    source: Source,
    by: By = "grader",
    part: Part = None,
    answered: Answered = False,
    rubric: Rubric = None,
    grades: GradesFolder = None,
    target: Target = 0.8,
    judges: MostJudges = 20,
) -> None:
    """Analyse a rubric: which criteria to mend, and how many judges a grade takes.

    Of grades that are there already nothing is graded again. The same command again goes on where
    it stopped. Exit code 1: a gate was not reached.
    """
    from agent.errors import InputError
    from agent.store.ledger import is_ledger
    from evals.dataset import FILE
    from evals.grading import read_grades
    from evals.report.agreement import facts_of
    from evals.report.rubric import rubric_page
    from evals.scales import scales_of
    from evals.sides import rubric_of
    from evals.studies.rubric import measured_rubric, rated_by_grader, rated_by_people

    given: Grades | None = None
    used: AnswerRubric | InterviewRubric
    source = dataset_folder(source)
    if (source / FILE).is_file():
        data = study.data(source, part, rubric, answered=answered)
        used, rated = data.rubric, []
        if by != "people":
            given = study.graded(data, grades)
            rated.append(rated_by_grader(given, scales_of(used)))
        if by != "grader":
            rated.append(rated_by_people(data))
        title, facts = data.about.title, facts_of(data, given)
    elif is_ledger(source):
        if by != "grader" or any((part, answered, rubric, grades)):
            raise InputError(
                f"{source} holds grades: --by, --part, --answered, --rubric and --grades need a "
                "dataset"
            )
        given = read_grades(source)
        used = rubric_of(source, given)
        rated = [rated_by_grader(given, scales_of(used))]
        title = used.title
        facts = (
            ("Grades", f"{source}; {len(given.ids):,} answers"),
            ("Rubric", f"{used.id} {used.version}"),
            ("Grader", ", ".join(given.engines)),
        )
    else:
        raise InputError(
            f"{source}: is no dataset (it has no {FILE}), and no folder that "
            "`sevenstep grade --out` wrote"
        )
    result = measured_rubric(rated, target=target, max_judges=judges)
    study.finish(result, result.figures(), rubric_page(result, title, facts))
