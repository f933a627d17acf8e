"""`sevenstep eval reliability`: how much changes when the same answers are graded again."""

from typing import TYPE_CHECKING, Annotated

import typer

from evals.cli.agreement import Answered, Data, Part, Rubric
from evals.cli.study import Study, command

if TYPE_CHECKING:
    from evals.conditions import Condition

Conditions = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Of repeats, seeds, models, order and paraphrase.",
        show_default="order; with a model repeats and paraphrase, too",
    ),
]
Repeats = Annotated[
    int, typer.Option(min=2, max=50, help="How often the same model is asked the same.")
]
Seeds = Annotated[
    str | None,
    typer.Option(
        "--seeds", metavar="N,M", help="The seeds of the condition seeds.", show_default="1,2,3"
    ),
]
Others = Annotated[
    str | None, typer.Option("--models", metavar="A,B", help="Other models than the first.")
]


@command("reliability")
def reliability(
    study: Study,
    dataset: Data,
    part: Part = None,
    rubric: Rubric = None,
    conditions: Conditions = None,
    repeats: Repeats = 3,
    seeds: Seeds = None,
    models: Others = None,
    answered: Answered = False,
) -> None:
    """Measure how repeatable grades are.

    The same answers are graded again: by the same model, with other seeds, by other models (also
    those of --panel), with the criteria in another order, with the prompts in other words.
    """
    import asyncio

    from agent.cli.grading_options import names
    from evals.conditions import planned, regraded
    from evals.report.reliability import reliability_page
    from evals.scales import scales_of
    from evals.studies.reliability import measured_reliability

    data = study.data(dataset, part, rubric, answered=answered)
    plan = planned(
        data,
        study.grader.settings,
        _conditions(conditions) if conditions else None,
        repeats=repeats,
        seeds=_seeds(seeds) if seeds else (),
        models=names(models, "--models") if models else (),
        seed=study.seed,
    )
    runs, base = asyncio.run(regraded(plan, data, study.grader, study.folder))
    scales = scales_of(data.rubric)
    result = measured_reliability(
        plan, runs, data.ids, scales, seed=study.seed, replicates=study.replicates
    )
    study.finish(result, result.figures(), reliability_page(result, data, base, scales))


def _conditions(text: str) -> "tuple[Condition, ...]":
    from agent.cli.grading_options import names
    from agent.errors import InputError
    from evals.conditions import CONDITIONS

    given = names(text, "--conditions")
    for one in given:
        if one not in CONDITIONS:
            raise InputError(
                f"--conditions: there is no {one!r}; known are {', '.join(CONDITIONS)}"
            )
    return tuple(one for one in CONDITIONS if one in given)


def _seeds(text: str) -> tuple[int, ...]:
    from agent.batch.settings import MOST_SEED
    from agent.cli.grading_options import names
    from agent.errors import InputError

    given = names(text, "--seeds")
    if not all(one.isascii() and one.isdigit() and int(one) <= MOST_SEED for one in given):
        raise InputError(f"--seeds {text!r} is not N,M... of whole numbers up to {MOST_SEED:,}")
    return tuple(dict.fromkeys(int(one) for one in given))
