"""`sevenstep eval interview`: simulated candidates show what the interviewer does."""

from typing import Annotated, Literal

import typer

from evals.cli.study import Study, command

ScenarioNames = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario", metavar="ID", help="A scenario; may be given several times.",
        show_default="all",
    ),
]  # fmt: skip
PersonaNames = Annotated[
    list[str] | None,
    typer.Option(
        "--persona", metavar="ID", help="A persona; may be given several times.",
        show_default="all",
    ),
]  # fmt: skip
Repeats = Annotated[
    int, typer.Option(min=1, max=100, help="How often each persona is played in each scenario.")
]
CandidateModel = Annotated[
    str | None,
    typer.Option(
        metavar="PROVIDER:NAME",
        help="A model that plays the candidates.",
        show_default="scripts do",
    ),
]
Rubric = Annotated[
    str | None,
    typer.Option(metavar="ID", help="The rubric of the interview.", show_default="the seven steps"),
]
Level = Annotated[
    Literal["junior", "mid", "senior", "staff"], typer.Option(help="Level of the interview.")
]


@command(
    "interview",
    without=(
        "panel",
        "samples",
        "temperature",
        "calls",
        "prompts",
        "calibration",
        "at_once",
        "replicates",
    ),
)
def interview(
    study: Study,
    scenario: ScenarioNames = None,
    persona: PersonaNames = None,
    repeats: Repeats = 1,
    candidate_model: CandidateModel = None,
    rubric: Rubric = None,
    level: Level = "mid",
) -> None:
    """Interview simulated candidates, and measure the interviewer.

    Ten personas are played in each scenario, by scripts that speak passages of known levels, or by
    a model. The same command again goes on where it stopped. Exit code 1: a gate was not reached.
    """
    import asyncio

    from agent.catalog import DEFAULT_RUBRIC
    from agent.interview.plan import Options
    from agent.ports import EngineChoice
    from agent.rubric import Seniority
    from evals.cli.playing import progress
    from evals.report.interview import interview_page
    from evals.selfplay.play import Order, play
    from evals.selfplay.result import measured

    settings = study.grader.settings
    (model,) = settings.models
    order = Order(
        scenarios=tuple(scenario or ()),
        personas=tuple(persona or ()),
        seeds=repeats,
        rubric=rubric or DEFAULT_RUBRIC,
        options=Options(level=Seniority(level)),
        engine=EngineChoice(model=model, base_url=settings.base_url),
        candidate=EngineChoice(model=candidate_model, base_url=study.models.base_url)
        if candidate_model
        else None,
        limitations=study.grader.limitations,
        catalog=study.catalog,
    )
    with progress() as told:
        outcome = asyncio.run(play(order, study.folder, told))
    result = measured(outcome)
    study.finish(result, result.figures(), interview_page(result))
