"""Reads grading prompts of one's own from a folder, and tries them before anything is spent.

A file stands in the place of the shipped prompt of the same name. What the prompts are filled
with is the business of `agent.llm.unit`.
"""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateSyntaxError

from agent.catalog import read_text
from agent.errors import FileError, InputError
from agent.grading.sheet import Item, Part, Sheet, SheetFlag
from agent.llm.prompts import Prompts, shipped_text
from agent.llm.unit import Calls, units
from agent.transcript import Transcript

NAMES = ("grade_rules", "grade_step", "grade_transcript")
"""The prompts of the grader."""
_ANSWER = "The words of the answer stand here."
_ITEMS = (
    Item(id="first_criterion", title="First", judges="Whether.", levels=("No.", "Yes.")),
    Item(id="second_one", title="Two", judges="How.", levels=("No.", "Yes."), reference="So."),
)
_FLAGS = (
    SheetFlag(id="a_flag", title="Flag", why="It alarms."),
    SheetFlag(id="absent_one", title="Absent", why="It is missing.", absent="first_criterion"),
)
_ROOM = 1_000_000


def read_prompts(folder: Path) -> Prompts:
    """The prompts of a folder in the place of the shipped ones of the same names.

    Raises FileError naming the file, if it is no prompt of the grader, cannot be filled in, or
    leaves out what a grader must be told.
    """
    known = ", ".join(f"{name}.md" for name in NAMES)
    if not folder.is_dir():
        raise FileError(folder, "is no folder", remedy=f"name one with any of {known}")
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in paths:
        if path.stem not in NAMES or path.suffix != ".md":
            raise FileError(
                path, "is no prompt of the grader", remedy=f"known are {known}; remove the others"
            )
    if not paths:
        raise FileError(folder, "holds no prompt", remedy=f"put any of {known} there")
    texts = {path.stem: read_text(path) for path in paths}
    for name, text in texts.items():
        _try(folder / f"{name}.md", name, Prompts(own=((name, text),)))
    # What reads as the shipped one is the shipped one, so that results go by the same keys.
    return Prompts(own=tuple(one for one in texts.items() if one[1] != shipped_text(one[0])))


def _try(path: Path, name: str, prompts: Prompts) -> None:
    """Fill the prompt in for all that may come; raises FileError."""
    try:
        samples = list(_samples(name, prompts))
    except InputError as error:
        cause = error.__cause__
        raise FileError(
            path,
            f"cannot be filled in ({cause})",
            where=f"line {cause.lineno}" if isinstance(cause, TemplateSyntaxError) else "",
            remedy="correct it; the shipped file shows the variables that there are",
        ) from error
    for said, must in samples:
        for what, (text, variable) in must.items():
            if text not in said:
                raise FileError(
                    path,
                    f"leaves out {what}",
                    remedy=f"use the variable `{variable}` as the shipped file does",
                )


def _samples(name: str, prompts: Prompts) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """Texts that come of a prompt, each with what must stand in it and by which variable."""
    if name == "grade_transcript":
        must = {"the text that is graded": (_ANSWER, "conversation")}
        for interview in (True, False):
            for condensed in (True, False):
                said = prompts.filled(
                    name, conversation=_ANSWER, condensed=condensed, interview=interview
                )
                yield said, must
        return
    for sheet in _sheets():
        for calls in (Calls.answer, Calls.step):
            unit = units(sheet, calls, prompts)[0]
            if name == "grade_rules":
                yield unit.rules, {"what was asked": (sheet.prompt, "sheet.prompt")}
                continue
            for refused in ("", "no quote stands for it"):
                (_, asked), _ = unit.messages(unit.items, Transcript(), (), refused, _ROOM)
                must = {f"the criterion {item.id}": (item.id, "parts") for item in unit.items}
                yield asked.text, must


def _sheets() -> tuple[Sheet, ...]:
    parts = tuple(
        Part(
            id=f"part_{number}", title="Part", goal="goal", items=(item,), notes=notes,
            adaptation=notes, flags=_FLAGS if notes else (),
        )
        for number, (item, notes) in enumerate(zip(_ITEMS, ("Notes.", ""), strict=True))
    )  # fmt: skip
    bare = Sheet(subject="Subject", prompt="What is asked here?", parts=parts, is_interview=False)
    full = {"facts": ("A fact.",), "change": "A change.", "reference": "A full answer."}
    return bare, bare.model_copy(update={**full, "is_interview": True})
