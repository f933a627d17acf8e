"""`sevenstep eval`: rubrics and graders measured. A plug-in of the command line.

It imports nothing but typer, so that `sevenstep --help` stays fast.
"""

import typer

from evals.cli import agreement, attacks, calibrate, compare, interview, reliability, rubric

app = typer.Typer(help="Measure rubrics and graders.", no_args_is_help=True, rich_markup_mode=None)
app.command("agreement")(agreement.agreement)
app.command("attacks")(attacks.attacks)
app.command("compare")(compare.compare)
app.command("calibrate")(calibrate.calibrate)
app.command("reliability")(reliability.reliability)
app.command("rubric")(rubric.rubric)
app.command("interview")(interview.interview)
