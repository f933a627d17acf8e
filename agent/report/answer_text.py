"""One graded answer for the terminal: what one wants to know at once.

It leaves quotes, anchors and the answer itself to the files. An interview's rubric is shown
step by step as by `agent.report.text`, any other one criterion by criterion.
"""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from agent.graded import GradedAnswer
from agent.report import answer_words, words
from agent.report.text import (
    boxes,
    decision_lines,
    flag_lines,
    framed,
    gap_lines,
    heading,
    indented,
    line,
    made_lines,
    review_lines,
    step_lines,
)
from agent.report.turns import Places
from agent.scorecard import CriterionGrade
from agent.transcript import Transcript

_REASON = 150
_QUESTION = 140


def answer_panel(graded: GradedAnswer, transcript: Transcript) -> RenderableType:
    """The scorecard, readable from 80 columns on."""
    card = graded.scorecard
    criteria = step_lines(card) if card.level is not None else _criteria(graded)
    return Group(
        framed(words.short_id(graded.id), _verdict(graded, Places(transcript))),
        *criteria,
        *review_lines(card),
        *(gap_lines(card) if card.gaps else ()),
        *flag_lines(card, Places(transcript).of_flag),
        *_foot(graded),
    )


def _verdict(graded: GradedAnswer, places: Places) -> Iterator[Text]:
    card = graded.scorecard
    if card.level is not None:
        yield from decision_lines(answer_words.without_help(card))
    else:
        figures = (answer_words.outcome(graded), answer_words.score(graded))
        yield Text("   ".join(figure for figure in figures if figure), "bold")
    if said := answer_words.missing(graded):
        yield Text(said)
    if places.is_empty:
        yield Text("The answer is empty.")
    if graded.question.strip():
        yield line(words.cut(graded.question, _QUESTION), "dim")


def _criteria(graded: GradedAnswer) -> Iterator[RenderableType]:
    for grade in graded.scorecard.criteria:
        row = Table.grid(padding=(0, 1), expand=True)
        row.add_column(ratio=1)
        row.add_column(no_wrap=True)
        row.add_column(justify="right", no_wrap=True)
        named = line(grade.title, "bold")
        if marks := ", ".join(_marks(grade)):
            named.append(f" ({marks})", "not bold")
        row.add_row(named, boxes(grade), Text(answer_words.standing(grade)))
        yield row
        # A level that a person set is not what the reason was given for.
        whose = "The grader's reason: " if grade.review else ""
        yield indented(whose + words.cut(grade.reason, _REASON), "dim")


def _marks(grade: CriterionGrade) -> Iterator[str]:
    if grade.confidence:
        yield f"{grade.confidence} confidence"
    if answer_words.raters_disagree(grade):
        yield "raters disagree"
    if grade.calibrated_from is not None:
        yield "calibrated"
    if grade.review:
        yield "set by a person"


def _foot(graded: GradedAnswer) -> Iterator[RenderableType]:
    card = graded.scorecard
    yield heading("Coverage and how this was graded")
    yield Text(words.coverage(card))
    # The steps of an interview's rubric are shown without reasons.
    if card.level is not None:
        for grade in answer_words.ungraded(graded):
            yield indented(f"{grade.title}: {words.cut(grade.reason, _REASON)}")
    if said := answer_words.agreement(card.agreement):
        yield Text(said)
    yield from made_lines(card)
    if not card.provenance.models:
        yield Text(f"Cost: {words.cost(card)}", "dim")
