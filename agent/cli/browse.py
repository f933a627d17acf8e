"""`sevenstep steps` and `sevenstep scenarios`: what there is to practise."""

from typing import Annotated

import typer

from agent.cli import options as shared


def steps(
    rubric: Annotated[str, typer.Option(help="Rubric id or file.")] = "ml_system_design",
    rubrics: shared.Rubrics = None,
) -> None:
    """Show the steps of an interview as a table."""
    from rich.console import Console
    from rich.table import Table

    found = shared.catalog(rubrics, None).rubric(rubric)
    table = Table(title=f"{found.title} ({sum(s.minutes for s in found.steps):g} minutes)")
    for name in ("step", "min", "goal", "criteria (* must-have)"):
        table.add_column(name, justify="right" if name == "min" else "left")
    for step in found.steps:
        names = ", ".join(c.id + ("*" if c.must_have else "") for c in step.criteria)
        table.add_row(step.id, f"{step.minutes:g}", step.goal, names)
    if found.overall:
        names = ", ".join(c.id + ("*" if c.must_have else "") for c in found.overall.criteria)
        table.add_row(found.overall.id, "–", found.overall.goal, names)
    Console().print(table)


def scenarios(scenarios: shared.Scenarios = None) -> None:
    """List the scenarios."""
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for name in ("id", "domain", "difficulty", "summary"):
        table.add_column(name)
    for scenario in shared.catalog(None, scenarios).scenarios():
        table.add_row(scenario.id, scenario.domain, scenario.difficulty, scenario.summary)
    Console().print(table)
