"""Rubrics and scenarios as they are read on a page: markup in which all that they say is text.

Which of it is a spoiler is decided by the page.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from markupsafe import Markup

from agent.answer_rubric import AnswerRubric, Rung
from agent.report import words
from agent.report.page import template
from agent.rubric import Decision, Rubric
from agent.scenario import Scenario

_PAGES = Path(__file__).resolve().parent.parent / "pages"


def kind_of(rubric: Rubric | AnswerRubric) -> str:
    """What a rubric is for, in words."""
    return "Interviews" if isinstance(rubric, Rubric) else "Written answers"


def size_of(rubric: Rubric | AnswerRubric) -> str:
    """How much a rubric holds, such as "7 steps, 40 criteria"."""
    if isinstance(rubric, AnswerRubric):
        return words.count(len(rubric.criteria), "criterion", "criteria")
    steps = words.count(len(rubric.steps), "step")
    return f"{steps}, {words.count(len(rubric.criteria()), 'criterion', 'criteria')}"


def rubric_markup(rubric: Rubric | AnswerRubric, *, top: int = 2) -> Markup:
    """What a rubric judges and how; `top` is the level of the highest headings, 2 to 5."""
    criteria = rubric.criteria() if isinstance(rubric, Rubric) else rubric.criteria
    return Markup(
        template("rubric.html.j2", _PAGES).render(
            rubric=rubric,
            top=top,
            numbered=_numbered,
            rungs=_rungs,
            titles={one.id: one.title for one in criteria},
            decisions=list(Decision)[:0:-1],
        )
    )


def scenario_markup(scenario: Scenario, rubric: Rubric) -> Markup:
    """What a scenario holds beside its prompt; the steps are called as in `rubric`."""
    titles = {step.id: step.title for step in rubric.steps}
    return Markup(template("scenario.html.j2", _PAGES).render(scenario=scenario, titles=titles))


def _numbered(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The levels of an interview's criterion, the best first."""
    for level in range(len(texts) - 1, -1, -1):
        yield f"{level}, {words.LEVEL_NAMES[level]}", texts[level]


def _rungs(rungs: Iterable[Rung]) -> Iterator[tuple[str, str]]:
    """The levels of a written answer's criterion, the best first."""
    for rung in reversed(tuple(rungs)):
        yield f"{rung.points:g}", rung.text
