"""`sevenstep eval attacks`: how a grader stands changes that should not move its levels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from evals.cli.agreement import Data, Part, Rubric
from evals.cli.study import Study, command

if TYPE_CHECKING:
    from evals.dataset import Dataset
    from evals.grading import Grades
    from evals.metamorphic.checks import Check, Variants

Tests = Annotated[
    str | None,
    typer.Option("--tests", metavar="A,B", help="Only these.", show_default="all that can be"),
]
Some = Annotated[
    int | None,
    typer.Option(
        "--answers", min=1, metavar="N", help="Only N answers, drawn by the seed: each is changed "
        "in 40 ways and more.", show_default="all",
    ),
]  # fmt: skip
Tolerance = Annotated[
    int, typer.Option(min=0, metavar="N", help="By how many levels one may move and still pass.")
]


@command("attacks")
def attacks(
    study: Study,
    dataset: Data,
    part: Part = None,
    rubric: Rubric = None,
    tests: Tests = None,
    answers: Some = None,
    tolerance: Tolerance = 0,
) -> None:
    """Measure whether changes move a grader's levels that should not, or the other way round.

    The tests: again, deletion, padding, repetition, shuffling, names, style, bullets, injection,
    keywords, wrong. Those for passages need a dataset of the format `passages`.

    The same command again goes on where it stopped. Exit code 1: a gate was not reached.
    """
    import asyncio

    from evals.metamorphic.bases import PASSAGES, bases_of
    from evals.metamorphic.checks import variants
    from evals.report.attacks import attacks_page
    from evals.scales import scales_of
    from evals.studies.attacks import Tried, measured_attacks

    data = study.data(dataset, part, rubric)
    if answers is not None:
        data = data.take(_drawn(len(data.answers), answers, study.seed))
    chosen, skipped = _chosen(tests, data)
    bases = bases_of(data)
    made = []
    for check in chosen:
        found = variants(check, bases, study.seed)
        if found.made:
            made.append(found)
        else:
            skipped[check.name] = "it changes none of these answers"
    _tell(study, data, made)
    base, tried = asyncio.run(_graded(study, data, made))
    scales = scales_of(data.rubric)
    result = measured_attacks(
        base.levels(scales),
        [Tried(*one) for one in zip(made, (each.levels(scales) for each in tried), strict=True)],
        known=data.people.criteria if data.about.format == PASSAGES else None,
        skipped=skipped,
        tolerance=tolerance,
        seed=study.seed,
        replicates=study.replicates,
    )
    study.finish(result, result.figures(), attacks_page(result, data, base))


async def _graded(
    study: Study, data: "Dataset", made: "Sequence[Variants]"
) -> "tuple[Grades, list[Grades]]":
    """The answers' grades, and those of the changed ones, each test in a folder of its own."""
    grader, folder = study.grader, study.folder
    base = await grader.grade(data.answers, data.rubric, folder / "base")
    tried = []
    for one in made:
        typer.echo(f"{one.check.name}: {len(one.made):,} answers", err=True)
        tried.append(await grader.grade(one.answers, data.rubric, folder / one.check.name))
    return base, tried


def _drawn(count: int, wanted: int, seed: int) -> list[int]:
    """So many of the places, in order."""
    from random import Random

    return sorted(Random(seed).sample(range(count), min(count, wanted)))


def _chosen(tests: str | None, data: "Dataset") -> "tuple[list[Check], dict[str, str]]":
    """The checks that can be tried, and why others cannot. Raises InputError for unknown ones."""
    from agent.cli.grading_options import names
    from agent.errors import InputError
    from evals.metamorphic.bases import PASSAGES
    from evals.metamorphic.checks import CHECKS

    known = [check.name for check in CHECKS]
    wanted = names(tests, "--tests") if tests else tuple(known)
    for name in wanted:
        if name not in known:
            raise InputError(f"--tests: there is no test {name!r}; there are {', '.join(known)}")
    checks = [check for check in CHECKS if check.name in wanted]
    skipped = {
        check.name: "it needs answers assembled from passages (format: passages)"
        for check in checks
        if check.needs_passages and data.about.format != PASSAGES
    }
    chosen = [check for check in checks if check.name not in skipped]
    if not chosen:
        raise InputError(
            f"--tests {tests}: {' and '.join(skipped)} need a dataset of the format passages"
        )
    return chosen, skipped


def _tell(study: Study, data: "Dataset", made: "Sequence[Variants]") -> None:
    """Say how much is to be graded before it begins, and what it would take of a model."""
    total = sum(len(one.made) for one in made)
    typer.echo(f"To grade: {len(data.answers):,} answers and {total:,} changed ones.", err=True)
    if study.grader.settings.is_offline:
        return
    groups = [("base", data.answers), *((one.check.name, one.answers) for one in made)]
    estimates = [
        study.grader.estimate(answers, data.rubric, study.folder / name) for name, answers in groups
    ]
    costs = [one.cost for one in estimates]
    known = [cost for cost in costs if cost is not None]
    price = f"≈${sum(known):.2f}" if len(known) == len(costs) else "price not known"
    typer.echo(
        f"Beyond what is graded already: {sum(one.calls for one in estimates):,} calls, "
        f"≈{sum(one.input for one in estimates):,} tokens in, "
        f"≈{sum(one.output for one in estimates):,} out; {price}. Fewer with --answers or --tests.",
        err=True,
    )
