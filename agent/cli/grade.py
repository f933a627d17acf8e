"""`sevenstep grade`: written answers and interviews are graded, one or a hundred thousand."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent.cli import grading_options as grading
from agent.cli import options as shared

if TYPE_CHECKING:
    from agent.batch.inputs import Tally
    from agent.batch.job import Done, Job
    from agent.batch.settings import Settings
    from agent.cli.grading_screen import GradingScreen

_UNASKED = 20
"""More answers than these are not sent to a model that nobody has named."""
STOPPED = 3
"""The exit code of a run that ended before its time, with everything done so far kept."""


def grade(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Files (.md .txt .yaml .json .jsonl .csv), folders of them, interviews from "
            "`practice --json`, or - for standard input.",
        ),
    ],
    scenario: Annotated[
        str | None, typer.Option(metavar="ID", help="The scenario that was answered.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What was asked, if it is no scenario.")
    ] = None,
    rubric: Annotated[
        str | None,
        typer.Option(
            metavar="ID_OR_FILE",
            help="The rubric: of an interview, or of your own with criteria and points.",
            show_default="the seven steps",
        ),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(metavar="TEXT", help="How a full answer reads.")
    ] = None,
    level: Annotated[
        Literal["junior", "mid", "senior", "staff"],
        typer.Option(help="Level that decisions are for (rubrics of interviews)."),
    ] = "mid",
    steps: Annotated[
        str | None, typer.Option(metavar="A,B", help="Grade these steps only (written answers).")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="Such as answer=essay, where files name it so."),
    ] = None,
    model: shared.Model = None,
    panel: grading.Panel = None,
    samples: grading.Samples = 1,
    temperature: grading.Temperature = None,
    seed: grading.Seed = None,
    prompts: grading.Prompts = None,
    calibration: grading.Calibration = None,
    calls: grading.Calls = "auto",
    base_url: shared.BaseUrl = None,
    timeout: shared.Timeout = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where results go, and where a second run finds what is done.",
            show_default="grades; for one answer none",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print a single answer's scorecard as JSON.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take, and spend nothing.")
    ] = False,
    max_cost: grading.MaxCost = None,
    max_tokens: grading.MaxTokens = None,
    price: grading.Price = None,
    at_once: grading.AtOnce = None,
    batch_api: Annotated[
        bool, typer.Option("--batch-api", help="Use OpenAI's Batch API: half price, up to a day.")
    ] = False,
    runner: Annotated[grading.RunnerName, typer.Option(help="Where the work is done.")] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(
            envvar="RAY_ADDRESS", metavar="ADDRESS", help="A Ray cluster; else one is begun here."
        ),
    ] = None,
    trace: shared.TraceFile = None,
    rubrics: shared.Rubrics = None,
    scenarios: shared.Scenarios = None,
) -> None:
    """Grade answers against a rubric.

    The same command again goes on where it stopped. Exit code 3: it stopped before its time,
    and everything done so far is kept.
    """
    import asyncio
    import tempfile

    from agent.batch.job import Job, Order
    from agent.batch.raters import resolved
    from agent.cli.grading_screen import GradingScreen
    from agent.errors import EngineUnavailableError
    from agent.rubric import Seniority

    models = grading.Models(
        model=model,
        panel=panel,
        base_url=base_url,
        samples=samples,
        temperature=temperature,
        calls=calls,
        seed=seed,
        prompts=prompts,
        calibration=calibration,
    )
    screen = GradingScreen()
    settings, named = grading.settings_of(models)
    if dry_run:
        settings = asyncio.run(resolved(settings))
    with tempfile.TemporaryDirectory(prefix="sevenstep-") as spare:
        order = Order(
            paths=tuple(inputs),
            folder=out or Path(spare),
            catalog=shared.catalog(rubrics, scenarios),
            columns=_columns(column),
            rubric=rubric,
            scenario=scenario,
            prompt=prompt,
            reference=reference,
            seniority=Seniority(level),
            steps=grading.names(steps, "--steps") if steps else (),
            settings=settings,
            limitations=grading.limitations_of(
                max_cost=max_cost,
                max_tokens=max_tokens,
                price=price,
                at_once=at_once,
                timeout=timeout,
                runner=runner,
                ray_address=ray_address,
                batch_api=batch_api,
            ),
            trace=trace,
        )
        with Job(order) as job:
            tally = job.check()
            screen.notes(tally)
            kept = out is not None or tally.answers > 1 or batch_api
            if kept and out is None:
                job.use_folder(Path("grades"))
            if json and tally.answers > 1:
                raise _not_one(tally)
            if dry_run:
                asyncio.run(job.require_engine())
                screen.estimate(job.estimate(), settings, job.order.folder if kept else None)
                return
            if not named and not settings.is_offline and tally.answers > _UNASKED:
                raise _unnamed(tally, settings)
            try:
                done = asyncio.run(_graded(job, screen, tally))
            except (KeyboardInterrupt, asyncio.CancelledError):
                typer.echo("\nInterrupted. The same command goes on from here.", err=True)
                raise typer.Exit(130) from None
            if done.ending.is_unavailable:
                raise EngineUnavailableError(done.ending.stopped or "")
            _show(job, done, screen, tally, as_json=json, kept=kept)
            if done.ending.stopped is not None:
                raise typer.Exit(STOPPED)


async def _graded(job: "Job", screen: "GradingScreen", tally: "Tally") -> "Done":
    with screen.progress(job, tally.answers) as told:
        return await job.run(told.progress, begun=told.begun, told_batch=told.batch)


def _show(
    job: "Job", done: "Done", screen: "GradingScreen", tally: "Tally", *, as_json: bool, kept: bool
) -> None:
    if tally.answers == 1:
        screen.one(job.order.folder, as_json=as_json)
        screen.stopped(done)
        if kept and not as_json:
            screen.files(job.order.folder)
    else:
        screen.ended(done, job.order.folder)


def _unnamed(tally: "Tally", settings: "Settings") -> Exception:
    from agent.errors import InputError

    (model,) = settings.models
    return InputError(
        f"{tally.answers:,} answers would be sent to {model} because its key is set; say so with "
        f"--model {model} (--dry-run tells the price first), or take --model offline"
    )


def _not_one(tally: "Tally") -> Exception:
    from agent.errors import InputError

    return InputError(
        f"--json prints the scorecard of one answer, and these are {tally.answers:,}; leave it "
        "out and read grades.jsonl"
    )


def _columns(given: list[str] | None) -> dict[str, str]:
    from agent.errors import InputError

    columns = {}
    for one in given or ():
        ours, _, theirs = one.partition("=")
        if not ours.strip() or not theirs.strip():
            raise InputError(f"--column {one!r} is not NAME=COLUMN, such as answer=essay")
        columns[ours.strip()] = theirs.strip()
    return columns
