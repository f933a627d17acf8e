"""What a grader is to judge in a text, whatever kind of rubric it comes from. Pure.

A sheet holds parts, a part items: what graders read. What the levels add up to is the business
of `agent.grading.scoring` (interviews) and `agent.grading.written` (answers to any question).
"""

from collections.abc import Collection, Iterable, Sequence

from agent.answer_rubric import AnswerRubric
from agent.frozen import Frozen, Slug
from agent.ports import Graded, GradedFlag
from agent.rubric import Overall, Rubric, Step
from agent.scenario import Scenario


class Item(Frozen):
    """A criterion with the text of each of its levels, the lowest first."""

    id: Slug
    title: str
    judges: str
    levels: tuple[str, ...]
    reference: str = ""


class SheetFlag(Frozen):
    """A red flag; with `absent` it is a criterion at level 0, and nothing that is said."""

    id: Slug
    title: str
    why: str
    absent: Slug | None = None


class Part(Frozen):
    """Items that belong together. `adaptation` is a good reaction to the problem's change."""

    id: Slug
    title: str
    goal: str
    items: tuple[Item, ...]
    notes: str = ""
    adaptation: str = ""
    flags: tuple[SheetFlag, ...] = ()


class Sheet(Frozen):
    """What is judged, with what the graders must know of the problem.

    `prompt` is the question, `facts` what could be asked for, `change` what was changed on the
    way, `reference` how a full answer reads.
    """

    subject: str
    prompt: str
    parts: tuple[Part, ...]
    facts: tuple[str, ...] = ()
    change: str = ""
    reference: str = ""
    is_interview: bool = True

    def items(self) -> tuple[Item, ...]:
        """All items, in the order of the parts."""
        return tuple(item for part in self.parts for item in part.items)

    def wording(self) -> str:
        """What is nobody's own answer: the question, what is judged, and the levels."""
        return wording(
            self.prompt, (text for item in self.items() for text in (item.judges, *item.levels))
        )


def interview_sheet(
    rubric: Rubric, scenario: Scenario, assessed: Collection[str], curveball: str | None
) -> Sheet:
    """The sheet of an interview, or of an answer to its problem, for what may be judged."""
    change = scenario.curveball(curveball) if curveball else None
    whole: tuple[Step | Overall, ...] = (rubric.overall,) if rubric.overall else ()
    parts = []
    for section in (*rubric.steps, *whole):
        criteria = [criterion for criterion in section.criteria if criterion.id in assessed]
        if not criteria:
            continue
        adapts = change is not None and any(c.when == "curveball" for c in criteria)
        parts.append(
            Part(
                id=section.id,
                title=section.title,
                goal=section.goal,
                items=tuple(
                    Item(
                        id=criterion.id,
                        title=criterion.title,
                        judges=criterion.judges,
                        levels=criterion.anchors.texts(),
                    )
                    for criterion in criteria
                ),
                notes=scenario.grading_notes.get(section.id, ""),
                adaptation=change.good_adaptation if change and adapts else "",
                flags=_flags(section, scenario),
            )
        )
    return Sheet(
        subject=rubric.title,
        prompt=scenario.prompt,
        facts=tuple(fact.text for fact in scenario.facts),
        change=change.text if change else "",
        parts=tuple(parts),
    )


def answer_sheet(rubric: AnswerRubric, question: str, reference: str = "") -> Sheet:
    """The sheet of an answer to any question."""
    items = tuple(
        Item(
            id=criterion.id,
            title=criterion.title,
            judges=criterion.judges or criterion.title,
            levels=tuple(rung.text for rung in criterion.scale),
            reference=criterion.reference or "",
        )
        for criterion in rubric.criteria
    )
    part = Part(
        id="answer", title=rubric.title, goal="the answer", items=items, notes=rubric.notes or ""
    )
    return Sheet(
        subject=rubric.title,
        prompt=question,
        reference=reference,
        parts=(part,),
        is_interview=False,
    )


def wording(question: str, texts: Iterable[str]) -> str:
    """A question and texts of a rubric's as one."""
    return "\n".join((question, *texts))


def together(sheet: Sheet, graded: Sequence[Graded]) -> Graded:
    """The grades of all parts as one; a flag that was seen several times stands once."""
    verdicts = {verdict.criterion: verdict for one in graded for verdict in one.verdicts}
    absent = {name for name, verdict in verdicts.items() if verdict.level == 0}
    said = {flag.flag: flag for one in graded for flag in one.flags}
    missing = [
        GradedFlag(flag=flag.id, turn=None, quote=None)
        for part in sheet.parts
        for flag in part.flags
        if flag.absent in absent
    ]
    return Graded(
        verdicts=tuple(verdicts[item.id] for item in sheet.items() if item.id in verdicts),
        flags=(*said.values(), *missing),
    )


def _flags(section: Step | Overall, scenario: Scenario) -> tuple[SheetFlag, ...]:
    if isinstance(section, Overall):
        return ()
    return tuple(
        SheetFlag(
            id=flag.id,
            title=flag.title,
            why=flag.why,
            absent=flag.criterion if flag.missing else None,
        )
        for flag in section.red_flags
        if set(flag.traits) <= set(scenario.traits)
    )
