"""The scorecard for the terminal: what one wants to know at once, on one screen or two.

It leaves quotes, references and the transcript to the files. Texts are `rich.text.Text`, so
that markup in what a candidate wrote is shown and not obeyed; the colours carry nothing that
the words do not.
"""

from collections.abc import Iterator, Sequence

from rich.box import HEAVY
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.record import InterviewRecord
from agent.report import words
from agent.rubric import TOP_LEVEL, Decision, Rubric
from agent.scorecard import (
    NOT_ASSESSED,
    CriterionGrade,
    FlagNote,
    Highlight,
    Scorecard,
    StepScore,
)

_BAR = 20
_ADVICE = 190
_STRENGTH_ADVICE = 76
_QUOTE = 70


def scorecard_panel(record: InterviewRecord, rubric: Rubric) -> RenderableType:
    """The scorecard, readable from 80 columns on. `rubric` is that of the record."""
    card = record.scorecard
    return Group(
        _verdict(record),
        *_steps(card),
        Text("* must-have   ! must-have not met   ° came only after help", "dim"),
        *_strengths(card),
        *_gaps(record, rubric),
        *_flags(card),
        *_foot(card),
    )


def _verdict(record: InterviewRecord) -> Panel:
    card = record.scorecard
    score = Text(f"{words.decision(card.decision)}", _colour(card.decision))
    score.append(f"   {words.percent(card.percent, 'no score')}", "bold")
    if card.unprompted_percent is not None:
        score.append(f" (unprompted {words.percent(card.unprompted_percent)})", "not bold")
    lines = [score, _text(card.decision_reason)]
    if said := words.margin(card.margin):
        lines.append(Text(f"{said}.", "dim"))
    if failed := words.failed_must_haves(card):
        lines.append(_text(f"Must-haves not met: {', '.join(failed)}"))
    title = _text(f"{record.scenario_title}, {words.seniority(card.level).lower()} level")
    return Panel(Group(*lines), title=title, title_align="left", box=HEAVY, padding=(0, 1))


def _colour(decision: Decision | None) -> str:
    if decision is None:
        return "bold"
    good = list(Decision).index(decision) >= list(Decision).index(Decision.lean_hire)
    return "bold green" if good else "bold red"


def _steps(card: Scorecard) -> Iterator[RenderableType]:
    for score in card.steps:
        grades = [grade for grade in card.criteria if grade.step == score.id]
        yield _step(score, words.no_score(grades))
        # A step that was never reached would only repeat that for each of its criteria.
        if any(grade.level != NOT_ASSESSED for grade in grades):
            yield _criteria(grades, card.failed_must_haves)


def _step(score: StepScore, absent: str) -> Table:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(width=_BAR, no_wrap=True)
    row.add_column(width=12, justify="right", no_wrap=True)
    row.add_column(width=6, justify="right", no_wrap=True)
    row.add_row(
        _text(score.title, "bold"),
        _bar(score.percent),
        Text(words.percent(score.percent, absent), "" if score.percent is not None else "dim"),
        Text("" if score.seconds is None else words.duration(score.seconds), "dim"),
    )
    return row


def _bar(percent: float | None) -> Text:
    if percent is None:
        return Text("")
    full = round(percent / 100 * _BAR)
    return Text.assemble(("█" * full, "cyan"), ("░" * (_BAR - full), "dim"))


def _criteria(grades: Sequence[CriterionGrade], failed: Sequence[str]) -> Table:
    """The criteria two by two, since one on a line would take two screens."""
    grid = Table.grid(padding=(0, 1), expand=True)
    for _ in range(2):
        grid.add_column(width=2 + TOP_LEVEL)
        grid.add_column(ratio=1)
    cells = [(_meter(grade), _title(grade, failed)) for grade in grades]
    for first in range(0, len(cells), 2):
        grid.add_row(*(part for cell in cells[first : first + 2] for part in cell))
    return grid


def _meter(grade: CriterionGrade) -> Text:
    if not isinstance(grade.level, int):
        return Text(f"{'-' * TOP_LEVEL}  ", "dim")
    boxes = "▮" * grade.level + "▯" * (TOP_LEVEL - grade.level)
    return Text.assemble((boxes, "cyan"), f" {grade.level}")


def _title(grade: CriterionGrade, failed: Sequence[str]) -> Text:
    title = _text(grade.title, "" if isinstance(grade.level, int) else "dim")
    if not isinstance(grade.level, int):
        title.append(f" ({words.level(grade.level)})")
    if grade.must_have:
        title.append(" !" if grade.id in failed else " *", "bold")
    if grade.prompted:
        title.append(" °", "bold")
    return title


def _strengths(card: Scorecard) -> Iterator[RenderableType]:
    yield _heading("Strengths")
    for item in card.strengths:
        yield _headline(item, "+", "earned")
        yield _indented(_cut(item.advice, _STRENGTH_ADVICE), "dim")
    if not card.strengths:
        yield Text("  No criterion reached level 3.")


def _gaps(record: InterviewRecord, rubric: Rubric) -> Iterator[RenderableType]:
    card = record.scorecard
    yield _heading("Gaps: what a strong answer would hold, and how to drill it")
    for item in card.gaps:
        yield _headline(item, "-", "lost")
        yield _indented(_cut(item.advice, _ADVICE))
    for command in dict.fromkeys(words.drill(record, item.step, rubric) for item in card.gaps):
        yield _indented(command, "cyan")
    if not card.gaps:
        yield Text("  None in what was graded.")


def _headline(item: Highlight, sign: str, verb: str) -> Text:
    line = Text(f"{sign} ")
    line.append_text(_text(item.title, "bold"))
    line.append(f", level {item.level}, {verb} {words.points(item.points)}")
    return line


def _flags(card: Scorecard) -> Iterator[RenderableType]:
    if not card.flags:
        return
    yield _heading("Flags")
    for flag in card.flags:
        yield _flag(flag)
        if flag.quote:
            yield _indented(f'"{_cut(flag.quote, _QUOTE)}"', "dim")


def _flag(flag: FlagNote) -> Text:
    line = Text("! ")
    line.append_text(_text(flag.title, "bold"))
    line.append(f" ({words.flag_place(flag)}): ")
    line.append_text(_text(flag.why))
    return line


def _foot(card: Scorecard) -> Iterator[RenderableType]:
    unasked = sum(not fact.asked for fact in card.facts)
    yield _heading("Help, coverage and how this was graded")
    yield Text(f"{words.help_given(card.help)} {words.help_brought(card.help)}")
    yield Text(words.coverage(card))
    if card.facts:
        yield Text(f"{unasked} of {len(card.facts)} facts were never asked for.")
    yield _text(f"Engine: {card.provenance.engine}", "dim")
    yield _text(card.provenance.note, "dim")
    for one in card.provenance.models:
        yield _text(f"{one.model}: {words.usage(one)}", "dim")
    if card.provenance.first_word is not None:
        yield _text(words.first_word(card.provenance.first_word), "dim")


def _heading(words_: str) -> Text:
    return Text(f"\n{words_}", "bold underline")


def _indented(text: str, style: str = "") -> Padding:
    return Padding(_text(text, style), (0, 0, 0, 2))


def _text(text: str, style: str = "") -> Text:
    return Text(words.one_line(text), style)


def _cut(text: str, most: int) -> str:
    """The text's beginning on one line, ending in "…" where words were left out."""
    line = words.one_line(text)
    if len(line) <= most:
        return line
    return f"{line[: most - 1].rpartition(' ')[0] or line[: most - 1]}…"
