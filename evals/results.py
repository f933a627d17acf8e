"""Measures the offline engine by the commands that users have, and writes evals/RESULTS.md.

    python -m evals.results --saf FOLDER            prints the page
    python -m evals.results --saf FOLDER --write    writes evals/RESULTS.md

`--saf` is a folder with `saf_english.jsonl`, which is not shipped; without it that part is left out
and the page says so. Each figure stands beside the command that gives it. Measured failures stay.
"""

import contextlib
import io
import json
import tempfile
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from agent import __version__
from agent.catalog import Catalog
from agent.files import write_whole
from evals import offline
from evals.cli.app import app
from evals.records import load_dataset
from evals.report.page import figure, share
from evals.stats.continuous import closeness
from evals.yardsticks import ridge_on_words

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
ATTACKED = 6
REPEATS = 1
_MUST = {"stay": "not move", "not_rise": "not rise", "fall": "fall"}
_SAF = "saf_english.jsonl"
_NOTHING = {
    "all answers": (),
    'without "No submission" and blank ones': ("No submission",),
    'also without "Empty submission" and "No response"': (
        "No submission",
        "Empty submission",
        "No response",
    ),
}


@dataclass(frozen=True)
class Ran:
    """What a command measured: the figures that gates may name, and the whole result."""

    shown: str
    figures: Mapping[str, float | None]
    result: Mapping[str, Any]

    def cell(self, name: str, digits: int = 2) -> str:
        """A figure with its interval, if it has one."""
        value, low, high = (self.figures.get(f"{name}{end}") for end in ("", ".low", ".high"))
        if low is None or high is None:
            return figure(value, digits)
        return f"{figure(value, digits)} [{figure(low, digits)}, {figure(high, digits)}]"


def ran(command: str, *args: object, out: Path) -> Ran:
    """Run `sevenstep eval COMMAND ARGS` with the offline engine; what it prints is not shown."""
    told = [command, *map(str, args), "--model", "offline"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        app([*told, "--out", str(out)], standalone_mode=False)
    found = json.loads((out / f"{command}.json").read_text(encoding="utf-8"))
    return Ran(f"sevenstep eval {' '.join(told)}", found["figures"], found["result"])


def gold(work: Path) -> list[str]:
    """Agreement with levels that are known by construction."""
    whole = ran("agreement", "gold", out=work / "gold")
    rows = [("all", whole)]
    rows += [
        (part, ran("agreement", "gold", "--part", part, out=work / f"gold-{part}"))
        for part in ("tuning", "held_out")
    ]
    criteria = sorted(
        (name.removesuffix(".qwk") for name in whole.figures if name.endswith(".qwk")),
        key=lambda name: -(whole.figures[f"{name}.qwk"] or 0.0),
    )
    return [
        "## Gold answers",
        "",
        *said(
            "72 answers to the six scenarios, put together from passages of known levels; 29 "
            "criteria each. The scenarios card_fraud, delivery_eta and netflix_recs are the part "
            "`tuning`, on which the engine was tuned; nothing was tuned on `held_out`, the other "
            f"three. `{whole.shown}`, with `--part tuning` and `--part held_out`."
        ),
        "",
        *table(
            (
                "",
                "QWK, levels",
                "exact",
                "adjacent",
                "bias",
                "Pearson, answers",
                "pairs in order",
                "Pearson of length alone",
            ),
            [
                (
                    name,
                    one.cell("qwk"),
                    one.cell("exact"),
                    one.cell("adjacent"),
                    one.cell("bias"),
                    one.cell("total.pearson"),
                    _pairs(one),
                    figure(one.figures["length.pearson"]),
                )
                for name, one in rows
            ],
        ),
        "",
        "By criterion, all answers, the best first:",
        "",
        *table(
            ("criterion", "QWK", "exact", "bias"),
            [
                (
                    name,
                    whole.cell(f"{name}.qwk"),
                    figure(whole.figures[f"{name}.exact"]),
                    figure(whole.figures[f"{name}.bias"]),
                )
                for name in criteria
            ],
        ),
    ]


def _pairs(one: Ran) -> str:
    order = one.result["order"]
    return f"{order['right']} of {order['pairs']} ({share(one.figures['order'])})"


def short_answers(work: Path, folder: Path | None) -> list[str]:
    """Agreement on SAF beside two yardsticks, before and after calibrating."""
    head = ["## Short answers: SAF", ""]
    if folder is None:
        return [*head, "Not measured: the data are not shipped, and `--saf` named no folder."]
    rows, shown = [], ""
    for name, texts in _NOTHING.items():
        data = _saf(work / "saf", folder, texts)
        how = (data, "--part", "training", "--test", "unseen_answers", "--answered")
        own = how if texts else how[:-1]
        once = ran("calibrate", *own, out=work / "calibrated")
        each = ran("calibrate", *own, "--by-question", out=work / "by-question")
        shown = each.shown.replace(str(data), "SAF")
        count, length, ridge = _yardsticks(data, answered=bool(texts))
        rows.append(
            (
                name,
                f"{count:,}",
                once.cell("test.before.pearson"),
                once.cell("test.after.pearson"),
                each.cell("test.after.pearson"),
                figure(length),
                figure(ridge),
            )
        )
    return [
        *head,
        *said(
            "Students' answers on communication networks with a score of 0 to 1 and a reference "
            "answer, graded as one criterion. Pearson with the course's score on `unseen_answers`; "
            "what is learned is learned from `training`. The yardsticks are measured on the same "
            "answers: the logarithm of the number of words, and a TF-IDF ridge regression for each "
            "question, which needs a training set for every question and reads no rubric. "
            f"`{shown}`, without `--by-question` for one mapping for all, without `--answered` for "
            f"all answers; SAF is a folder with a dataset.yaml of `format: saf` and `{_SAF}`."
        ),
        "",
        *table(
            (
                "answers",
                "n",
                "offline engine",
                "calibrated",
                "calibrated by question",
                "length alone",
                "TF-IDF ridge",
            ),
            rows,
        ),
        "",
        *said(
            "Blank and empty submissions make every figure better, since they are easily told: the "
            "last row is the hardest, and says most about answers that somebody wrote."
        ),
    ]


def _saf(into: Path, folder: Path, nothing: Sequence[str]) -> Path:
    """A dataset of the file in `folder`, in which these texts say that nothing was handed in."""
    about = {
        "title": "Short Answer Feedback v2, English",
        "source": "GitHub SebOchs/SAF",
        "licence": "MIT",
        "format": "saf",
        "files": [str((folder / _SAF).resolve())],
        "unanswered": list(nothing),
    }
    # JSON is YAML, too.
    write_whole(into / "dataset.yaml", json.dumps(about))
    return into


def _yardsticks(folder: Path, *, answered: bool) -> tuple[int, float | None, float | None]:
    """How many unseen answers there are, and Pearson of length and of the ridge with the score."""
    data = load_dataset(folder, Catalog())
    data = data.answered() if answered else data
    texts = [" ".join(answer.turns) for answer in data.answers]
    scores = data.totals.values[:, 0]
    training = np.array([part == "training" for part in data.parts])
    words = np.log1p([len(text.split()) for text in texts])
    guessed = ridge_on_words(texts, [one.prompt for one in data.answers], scores, training)
    unseen = ~training
    pearson = [
        closeness(scores[unseen], one[unseen], replicates=100).pearson.value
        for one in (words, guessed)
    ]
    return int(unseen.sum()), pearson[0], pearson[1]


def attacks(work: Path) -> list[str]:
    """What changes of an answer do to its levels."""
    one = ran("attacks", "gold", "--answers", ATTACKED, out=work / "attacks")
    rows = [
        (
            outcome["name"],
            _MUST[outcome["must"]],
            f"{outcome['levels']:,}",
            one.cell(f"attacks.{outcome['name']}", 3),
            one.cell(f"attacks.{outcome['name']}.answers"),
            one.cell(f"attacks.{outcome['name']}.effect", 1),
        )
        for outcome in one.result["outcomes"]
    ]
    return [
        "## Attacks",
        "",
        *said(
            f"{ATTACKED} of the gold answers, drawn by seed 0, each changed in the ways that "
            f"docs/evaluation.md explains. `{one.shown}`. Passed is the share of levels that did "
            "what they must, answers the share of answers of which all levels did, effect the mean "
            "change in points of 100."
        ),
        "",
        *table(("change", "a level must", "levels", "passed", "answers", "effect"), rows),
    ]


def interviews(work: Path) -> list[str]:
    """What simulated candidates show of the interviewer."""
    one = ran("interview", "--repeats", REPEATS, out=work / "interviews")
    shares = (
        ("pairs of better and worse candidates in order", one.result["order"]["overall"]),
        ("criteria given a chance", one.result["chances"]["all"]),
        ("must-haves given a chance", one.result["chances"]["must_haves"]),
        ("levels given without a chance", one.result["chances"]["judged_without"]),
        ("questions repeated", one.result["questions"]["repeated"]),
        ("first questions that presuppose an answer", one.result["questions"]["abrupt"]),
        ("utterances that leak", one.result["leaking"]),
        ("clarifications answered right", one.result["facts"]["right"]),
        ("clarifications answered alike each time", one.result["facts"]["consistent"]),
        ("steps in budget", one.result["times"]["steps_within"]),
        ("interviews in time", one.result["times"]["interviews_within"]),
        ("hints given when asked for", one.result["hints"]["given_when_asked"]),
        ("attempts to get at the rubric declined", one.result["thief"]["declined"]),
    )
    return [
        "## Self-play",
        "",
        *said(
            f"Ten scripted personas in six scenarios, {REPEATS} times each. `{one.shown}`. The "
            "scripts know which criterion a question is about, and ask for facts in words that the "
            "engine looks for."
        ),
        "",
        *table(
            ("measure", "share", "95 %", "of"),
            [
                (name, share(found["value"]), _limits(found), f"{found['of']:,}")
                for name, found in shares
            ],
        ),
        "",
        *table(
            ("persona", "mean score", "lowest", "highest", "probes", "hints", "minutes"),
            [
                (
                    row["persona"],
                    figure(row["percent"]["mean"], 1),
                    figure(row["percent"]["low"], 1),
                    figure(row["percent"]["high"], 1),
                    figure(row["probes"]["mean"], 1),
                    figure(row["hints"]["mean"], 1),
                    figure(row["minutes"]["mean"], 0),
                )
                for row in one.result["rows"]
            ],
        ),
    ]


def _limits(found: Mapping[str, Any]) -> str:
    low, high = found["low"], found["high"]
    return "–" if low is None or high is None else f"{share(low)} to {share(high)}"


def said(text: str) -> list[str]:
    """A paragraph, in lines."""
    return textwrap.wrap(text, 100, break_long_words=False, break_on_hyphens=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; the first column names the row."""
    lines = [f"| {' | '.join(columns)} |", f"|---|{'---:|' * (len(columns) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows)]


def report(saf: Path | None) -> str:
    """The whole page as Markdown."""
    with tempfile.TemporaryDirectory(prefix="sevenstep-") as folder:
        work = Path(folder)
        parts = [
            [
                "# Results of the offline engine",
                "",
                f"sevenstep {__version__}. Made by `make results SAF=FOLDER`. Intervals hold 95 %.",
            ],
            gold(work),
            short_answers(work, saf),
            attacks(work),
            interviews(work),
            [offline.report().rstrip()],
        ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def main(
    saf: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help=f"Holds {_SAF}.", show_default="left out")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Write evals/RESULTS.md.")] = False,
) -> None:
    """Measure the offline engine on all that is at hand."""
    text = report(saf)
    if write:
        write_whole(RESULTS, text)
        typer.echo(f"Written to {RESULTS}")
    else:
        typer.echo(text)


if __name__ == "__main__":
    typer.run(main)
