"""What the flags on a scorecard say, those of rubrics aside: titles, and what they mean. Pure."""

from collections.abc import Iterable

from agent.grading.tampering import ORDERS, flags_in
from agent.ports import GradedFlag
from agent.rubric import RedFlag
from agent.scorecard import FlagNote
from agent.transcript import Transcript

EMPTY = "empty_answer"
DISAGREE = "raters_disagree"

_NOTES = {
    ORDERS: (
        "Orders to the interviewer or grader",
        "The text tries to steer its own grade; that earned nothing.",
    ),
    "condensed_transcript": (
        "The text did not fit into the model's context",
        "Its older parts were condensed to what was noted in them, so that grades may be too low.",
    ),
    "not_english": (
        "Not in English",
        "The offline engine reads English only; this part was not read.",
    ),
    EMPTY: ("The answer is empty", "Nothing was handed in, so that every level is the lowest."),
    DISAGREE: (
        "The raters disagree",
        "Their levels lie two or more apart; a person should look at it.",
    ),
}


def flag_notes(
    flags: Iterable[GradedFlag], transcript: Transcript, known: Iterable[RedFlag] = ()
) -> tuple[FlagNote, ...]:
    """The flags of a scorecard: those that a grader raised, and what code finds in the text.

    Each stands once; of two alike that of the code, which quotes the passage itself.
    """
    rubric = tuple(known)
    found = {flag.flag: flag for flag in (*flags, *flags_in(transcript))}
    return tuple(flag_note(flag, rubric) for flag in found.values())


def flag_note(flag: GradedFlag, known: Iterable[RedFlag] = ()) -> FlagNote:
    """A flag as it stands on a scorecard; `known` are those of the rubric."""
    title, why = _NOTES.get(flag.flag, (flag.flag, ""))
    for one in known:
        if one.id == flag.flag:
            title, why = one.title, one.why
    return FlagNote(id=flag.flag, title=title, why=why, turn=flag.turn, quote=flag.quote)
