"""`sevenstep eval compare`: two rubrics, prompts or models on the same answers."""

from typing import Annotated, Literal

import typer

from evals.cli.agreement import Answered, Data, Part
from evals.cli.study import Study, command

First = Annotated[str, typer.Argument(metavar="A", help="What is there now; see B.")]
Second = Annotated[
    str,
    typer.Argument(
        metavar="B",
        help="What may take its place. A and B are each a folder that `sevenstep grade --out` "
        "wrote, or KEY=VALUE,... with model, panel, rubric, prompts, samples, temperature, calls, "
        "seed, base_url and calibration, or a YAML file of these.",
    ),
]
Main = Annotated[
    Literal["qwk", "mae", "exact", "pearson"] | None,
    typer.Option(
        "--by",
        help="What decides; pearson is that of whole answers.",
        show_default="qwk, or pearson where people gave no levels",
    ),
]


@command("compare")
def compare(
    study: Study,
    dataset: Data,
    a: First,
    b: Second,
    part: Part = None,
    by: Main = None,
    answered: Answered = False,
) -> None:
    """Tell whether B is closer to people than A.

    Such as: sevenstep eval compare DATASET rubric=old.yaml rubric=new.yaml --model openai:NAME
    """
    import asyncio

    from evals.cli.sides import side_of
    from evals.report.compare import comparison_page
    from evals.sides import sides
    from evals.studies.compare import compared

    data = study.data(dataset, part, answered=answered)
    wanted = [side_of(one, study.models, study.catalog, data) for one in (a, b)]
    folders = [study.folder / name for name in "ab"]
    first, second = asyncio.run(sides(wanted, data, study.grader, folders))
    result = compared(data, first, second, by=by, seed=study.seed, replicates=study.replicates)
    study.finish(result, result.figures(), comparison_page(result, data, first, second))
