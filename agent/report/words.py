"""The wording that all reports share: decisions, levels, percentages, times, kinds of help.

Words only; what stands where is each report's own business. No figure is worked out here.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

from agent.interview.plan import Pace
from agent.record import InterviewRecord
from agent.rubric import TOP_LEVEL, Decision, Rubric, Seniority
from agent.scorecard import (
    NOT_ASSESSED,
    CriterionGrade,
    FirstWord,
    FlagNote,
    Grade,
    HelpSummary,
    Margin,
    Scorecard,
)
from agent.usage import ModelUsage

LEVEL_NAMES = ("absent", "named", "specific", "justified", "anticipates")
NO_VALUE = "-"

_ENDED = {
    "covered": "everything was covered",
    "time": "the time was used up",
    "turns": "the turns were used up",
    "candidate": "the candidate ended it",
    "left": "the candidate left before the end",
}
_HELP = {
    "open": "open probe",
    "targeted": "targeted probe",
    "challenging": "challenging probe",
    "challenge": "challenge",
    "hint_1": "hint, strength 1 of 3",
    "hint_2": "hint, strength 2 of 3",
    "hint_3": "hint, strength 3 of 3",
}
_TURN = {
    "open": "opens the step",
    "probe": "probe",
    "bring_back": "brings back",
    "hint": "hint",
    "reveal": "reveals facts",
    "decline": "declines",
    "challenge": "challenge",
    "curveball": "curveball",
    "floor": "leaves the floor",
    "last_word": "asks for a last word",
    "farewell": "ends the interview",
    "answer": "answer",
    "command": "command",
}
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REPLACEMENT = "\ufffd"


def decision(value: Decision | None) -> str:
    """The decision as people say it, such as "Lean hire"."""
    return "No decision" if value is None else value.value.replace("_", " ").capitalize()


def _inline(value: Decision) -> str:
    return decision(value).lower()


def seniority(value: Seniority | None) -> str:
    """The level that was interviewed for, such as "Senior"; a dash for none."""
    return NO_VALUE if value is None else value.value.capitalize()


def percent(value: float | None, absent: str = "not assessed") -> str:
    """A percentage to a tenth, as the scorecard holds it, or the word for its absence."""
    # Whole numbers would round 56.6 up to a band that begins at 57 and was not reached.
    return absent if value is None else f"{value:.1f}%"


def points(value: float) -> str:
    """Percentage points to a tenth, such as "4.2 points"."""
    return f"{value:.1f} {'point' if value == 1 else 'points'}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun, such as "1 hint", "2 hints" or "3 criteria"."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def duration(seconds: float) -> str:
    """A time as minutes and seconds, such as "4:05"."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def moment(value: datetime) -> str:
    """Date and time to the minute, with the time zone if it is known."""
    return f"{value:%Y-%m-%d %H:%M %Z}".strip()


def level(grade: Grade) -> str:
    """A grade in words, such as "3 of 4, justified", "not assessed" or "not graded"."""
    if isinstance(grade, int):
        return f"{grade} of {TOP_LEVEL}, {LEVEL_NAMES[grade]}"
    return "not assessed" if grade == NOT_ASSESSED else "not graded"


def no_score(grades: Iterable[CriterionGrade]) -> str:
    """Why a step without a percentage has none: nothing reached, or the grader failed."""
    reached = any(grade.level != NOT_ASSESSED for grade in grades)
    return "not graded" if reached else "not assessed"


def came(grade: CriterionGrade) -> str:
    """How a criterion's evidence came, or the hints given; empty if there is nothing to say."""
    hints = f"{count(grade.hints, 'hint')} given" if grade.hints else ""
    if not grade.evidence:
        return hints
    first = "prompted" if grade.prompted else "unprompted"
    return f"{first}, {hints}" if hints else first


def margin(value: Margin) -> str:
    """How far the percentage lies from the bands next to it; empty without a decision."""
    order = list(Decision)
    band = order[order.index(value.next) - 1] if value.next else order[-1]
    said = []
    # The lowest band has no floor that anyone could fall below.
    if value.above_floor is not None and band is not order[0]:
        said.append(f"{points(value.above_floor)} above where {_inline(band)} begins")
    if value.to_next is not None and value.next is not None:
        said.append(f"{points(value.to_next)} short of {_inline(value.next)}")
    return ", ".join(said)


def score(card: Scorecard) -> str:
    """The score, how much of it came unprompted, and its margin, in one sentence."""
    said = f"Score {percent(card.percent, 'not given')}"
    if card.unprompted_percent is not None:
        said += f", {percent(card.unprompted_percent)} unprompted"
    return f"{said}; {margin(card.margin)}." if margin(card.margin) else f"{said}."


def failed_must_haves(card: Scorecard) -> tuple[str, ...]:
    """The titles of the must-haves that were not met."""
    titles = {grade.id: grade.title for grade in card.criteria}
    return tuple(titles.get(name, name) for name in card.failed_must_haves)


def coverage(card: Scorecard) -> str:
    """How much of the rubric the scorecard rests on, and which turns it missed."""
    graded = sum(isinstance(grade.level, int) for grade in card.criteria)
    said = (
        f"{percent(card.coverage)} of the rubric's weight has a grade "
        f"({graded} of {len(card.criteria)} criteria)."
    )
    if card.unobserved_turns:
        turns = ", ".join(str(turn) for turn in card.unobserved_turns)
        said += f" The interviewer could not read these turns: {turns}."
    return said


def length(record: InterviewRecord) -> str:
    """How long the interview took, and how it ended."""
    asked = record.options.minutes
    of = f" of {asked:g}" if asked is not None and record.options.pace is Pace.timed else ""
    ended = _ENDED.get(record.ended, record.ended)
    said = f"{record.minutes:g}{of} active minutes, {record.options.pace.value} pace; {ended}"
    if record.turns_left_over:
        said += f"; {count(record.turns_left_over, 'scripted turn')} not played"
    return said


def help_kind(kind: str) -> str:
    """A kind of the help ledger in words."""
    return _HELP.get(kind, kind.replace("_", " "))


def turn_kind(kind: str) -> str:
    """What a turn does, in words."""
    return _TURN.get(kind, kind.replace("_", " "))


def help_given(summary: HelpSummary) -> str:
    """What help was given, in one sentence."""
    given = [
        count(summary.probes, "probe"),
        count(summary.hints, "hint"),
        count(summary.challenges, "challenge"),
    ]
    return f"{given[0]}, {given[1]} and {given[2]} given."


def help_brought(summary: HelpSummary) -> str:
    """Where the score came from, in one sentence."""
    return (
        f"Of the score, {points(summary.points_unprompted)} came unprompted, "
        f"{summary.points_after_probe:.1f} after a probe and "
        f"{summary.points_after_hint:.1f} after a hint."
    )


def drill(record: InterviewRecord, step: str, rubric: Rubric) -> str:
    """The command that practises what a gap is about."""
    # What is judged over the whole interview has no step that could be practised alone.
    steps = f" --steps {step}" if any(known.id == step for known in rubric.steps) else ""
    return f"sevenstep practice {record.scenario}{steps}"


def section_title(card: Scorecard, step: str | None) -> str:
    """A step's title, or its id if the scorecard does not know it."""
    return next((score.title for score in card.steps if score.id == step), step or "")


def flag_place(flag: FlagNote) -> str:
    """Where a flag was seen."""
    return "over the whole interview" if flag.turn is None else f"turn {flag.turn}"


def short_hash(value: str) -> str:
    """The first 12 digits of a content hash: enough to tell two versions apart."""
    return value[:12]


def cost(card: Scorecard) -> str:
    """What the interview cost, in dollars and model calls."""
    made = card.provenance
    return f"{price(made.cost_usd)}, {count(made.calls, 'model call')}"


def price(value: float | None) -> str:
    """A price in dollars, or that it is not known."""
    return "price not known" if value is None else f"${value:.4f}"


def usage(one: ModelUsage) -> str:
    """What the calls to one model took, such as "12 calls, 4,200 tokens in (3,000 cached) ..."."""
    about = "≈" if one.estimated else ""
    return (
        f"{count(one.calls, 'call')}, {about}{one.input_tokens:,} tokens in "
        f"({one.cached_tokens:,} cached), {about}{one.output_tokens:,} out, {price(one.cost_usd)}"
    )


def first_word(value: FirstWord) -> str:
    """How long the candidate waited for the first words of a reply."""
    return f"Time to the first word: median {value.median:.2f} s, worst {value.worst:.2f} s."


def plain(text: str) -> str:
    """The text without anything that acts instead of being read.

    Terminal escapes and other control characters, overrides of the writing direction and
    lone surrogates become U+FFFD; line breaks and tabs stay.
    """
    if text.isprintable():
        return text  # as most are; looking at each character takes a thousand times as long
    return "".join(_plain(char) for char in text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The plain text on one line."""
    return " ".join(plain(text).split())


def cut(text: str, most: int) -> str:
    """The text's beginning on one line, ending in "…" where words were left out."""
    whole = one_line(text)
    if len(whole) <= most:
        return whole
    return f"{whole[: most - 1].rpartition(' ')[0] or whole[: most - 1]}…"


def short_id(text: str) -> str:
    """An id on one line, its middle left out if it is long: ids often differ at their end."""
    whole = one_line(text)
    return whole if len(whole) <= 60 else f"{whole[:40]}…{whole[-18:]}"


def _plain(char: str) -> str:
    if char in "\n\t":
        return char
    acts = char in _BIDI_CONTROLS or unicodedata.category(char) in ("Cc", "Cs")
    return _REPLACEMENT if acts else char
