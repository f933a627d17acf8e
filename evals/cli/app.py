"""`sevenstep eval`: rubrics and graders measured. A plug-in of the command line.

It imports nothing but typer, so that `sevenstep --help` stays fast.
"""

import typer

from evals.cli import agreement, compare

app = typer.Typer(help="Measure rubrics and graders.", no_args_is_help=True, rich_markup_mode=None)
app.command("agreement")(agreement.agreement)
app.command("compare")(compare.compare)
