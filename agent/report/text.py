"""The scorecard for the terminal: what one wants to know at once, on one screen or two.

It leaves quotes, references and the transcript to the files. Texts are `rich.text.Text`, so
that markup in what a candidate wrote is shown and not obeyed; the colours carry nothing that
the words do not. What has no underscore is shared with `agent.report.answer_text`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.box import HEAVY
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from agent.record import InterviewRecord
from agent.report import answer_words, words
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
_MOST_BOXES = 8
_ADVICE = 190
_STRENGTH_ADVICE = 76
_QUOTE = 70
_REASON = 150


def scorecard_panel(record: InterviewRecord, rubric: Rubric) -> RenderableType:
    """The scorecard, readable from 80 columns on. `rubric` is that of the record."""
    card = record.scorecard
    return Group(
        _verdict(record),
        *step_lines(card),
        *review_lines(card),
        *_strengths(card),
        *gap_lines(card, [words.drill(record, item.step, rubric) for item in card.gaps]),
        *flag_lines(card, words.flag_place),
        *_foot(card),
    )


def _verdict(record: InterviewRecord) -> Panel:
    card = record.scorecard
    title = f"{record.scenario_title}, {words.seniority(card.level).lower()} level"
    return framed(title, decision_lines(card))


def framed(title: str, lines: Iterable[RenderableType]) -> Panel:
    """What one must see first, in a frame."""
    return Panel(Group(*lines), title=line(title), title_align="left", box=HEAVY, padding=(0, 1))


def decision_lines(card: Scorecard) -> Iterator[Text]:
    """An interview's decision and score, why, and what stands against a better one."""
    score = Text(f"{words.decision(card.decision)}", _colour(card.decision))
    score.append(f"   {words.percent(card.percent, 'no score')}", "bold")
    if card.unprompted_percent is not None:
        score.append(f" (unprompted {words.percent(card.unprompted_percent)})", "not bold")
    yield score
    yield line(card.decision_reason)
    if said := words.margin(card.margin):
        yield Text(f"{said}.", "dim")
    if failed := words.failed_must_haves(card):
        yield line(f"Must-haves not met: {', '.join(failed)}")


def _colour(decision: Decision | None) -> str:
    if decision is None:
        return "bold"
    good = list(Decision).index(decision) >= list(Decision).index(Decision.lean_hire)
    return "bold green" if good else "bold red"


def step_lines(card: Scorecard) -> Iterator[RenderableType]:
    """The steps of an interview's rubric with their criteria."""
    for score in card.steps:
        grades = [grade for grade in card.criteria if grade.step == score.id]
        yield _step(score, words.no_score(grades))
        # A step that was never reached would only repeat that for each of its criteria.
        if any(grade.level != NOT_ASSESSED for grade in grades):
            yield _criteria(grades, card.failed_must_haves)
    helped = "   ° came only after help" if any(one.prompted for one in card.criteria) else ""
    yield Text(f"* must-have   ! must-have not met{helped}", "dim")


def _step(score: StepScore, absent: str) -> Table:
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(width=_BAR, no_wrap=True)
    row.add_column(width=12, justify="right", no_wrap=True)
    row.add_column(width=6, justify="right", no_wrap=True)
    row.add_row(
        line(score.title, "bold"),
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


def boxes(grade: CriterionGrade) -> Text:
    """The level as boxes; on a scale of many levels each stands for several of them."""
    number = min(grade.top, _MOST_BOXES)
    if not isinstance(grade.level, int):
        return Text("-" * number, "dim")
    full = grade.level * number // max(grade.top, 1)
    return Text("▮" * full + "▯" * (number - full), "cyan")


def _meter(grade: CriterionGrade) -> Text:
    figure = f" {grade.level}" if isinstance(grade.level, int) else "  "
    return Text.assemble(boxes(grade), figure)


def _title(grade: CriterionGrade, failed: Sequence[str]) -> Text:
    title = line(grade.title, "" if isinstance(grade.level, int) else "dim")
    if not isinstance(grade.level, int):
        title.append(f" ({words.level(grade.level)})")
    if grade.must_have:
        title.append(" !" if grade.id in failed else " *", "bold")
    if grade.prompted:
        title.append(" °", "bold")
    return title


def _strengths(card: Scorecard) -> Iterator[RenderableType]:
    yield heading("Strengths")
    for item in card.strengths:
        yield _headline(item, "+", f"earned {words.points(item.points)}")
        yield indented(words.cut(item.advice, _STRENGTH_ADVICE), "dim")
    if not card.strengths:
        yield Text("  No criterion reached level 3.")


def gap_lines(card: Scorecard, drills: Iterable[str] = ()) -> Iterator[RenderableType]:
    """The gaps with what would close them; `drills` are the commands that practise them."""
    commands = list(dict.fromkeys(drills))
    yield heading(
        f"Gaps: what a strong answer would hold{', and how to drill it' if commands else ''}"
    )
    for item in card.gaps:
        # Where answers have points of their own, percentage points would be taken for them.
        has_points = card.max_points is not None
        lost = f"{item.points:.1f}% of the score" if has_points else words.points(item.points)
        yield _headline(item, "-", f"lost {lost}")
        yield indented(words.cut(item.advice, _ADVICE))
    for command in commands:
        yield indented(command, "cyan")
    if not card.gaps:
        yield Text("  None in what was graded.")


def _headline(item: Highlight, sign: str, effect: str) -> Text:
    said = Text(f"{sign} ")
    said.append_text(line(item.title, "bold"))
    said.append(f", level {item.level}, {effect}")
    return said


def review_lines(card: Scorecard) -> Iterator[RenderableType]:
    """What people have set, with what stood before."""
    reviewed = [(grade, grade.review) for grade in card.criteria if grade.review]
    if reviewed:
        yield heading("Set by a person")
    for grade, review in reviewed:
        yield line(f"{grade.title}: {answer_words.review(review, grade)}")
        yield indented(words.cut(review.reason, _REASON), "dim")


def flag_lines(card: Scorecard, place: Callable[[FlagNote], str]) -> Iterator[RenderableType]:
    """The flags with their quotes, `place` saying where each was seen; nothing without any."""
    if not card.flags:
        return
    yield heading("Flags")
    for flag in card.flags:
        yield _flag(flag, place(flag))
        if flag.quote:
            yield indented(f'"{words.cut(flag.quote, _QUOTE)}"', "dim")


def _flag(flag: FlagNote, place: str) -> Text:
    said = Text("! ")
    said.append_text(line(flag.title, "bold"))
    said.append(f" ({place}): ")
    said.append_text(line(flag.why))
    return said


def _foot(card: Scorecard) -> Iterator[RenderableType]:
    unasked = sum(not fact.asked for fact in card.facts)
    yield heading("Help, coverage and how this was graded")
    yield Text(f"{words.help_given(card.help)} {words.help_brought(card.help)}")
    yield Text(words.coverage(card))
    if card.facts:
        yield Text(f"{unasked} of {len(card.facts)} facts were never asked for.")
    yield from made_lines(card)
    if card.provenance.first_word is not None:
        yield line(words.first_word(card.provenance.first_word), "dim")


def made_lines(card: Scorecard) -> Iterator[Text]:
    """The engine, how far it can be trusted, and what its models took."""
    yield line(f"Engine: {card.provenance.engine}", "dim")
    if card.provenance.calibration:
        yield line(f"Calibration: {card.provenance.calibration}", "dim")
    yield line(card.provenance.note, "dim")
    for one in card.provenance.models:
        yield line(f"{one.model}: {words.usage(one)}", "dim")


def heading(title: str) -> Text:
    """A heading with a blank line before it."""
    return Text(f"\n{title}", "bold underline")


def indented(text: str, style: str = "") -> Padding:
    """A text of any length, set in by two columns."""
    return Padding(line(text, style), (0, 0, 0, 2))


def line(text: str, style: str = "") -> Text:
    """An untrusted text on one line."""
    return Text(words.one_line(text), style)
