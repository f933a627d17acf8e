"""The report as one HTML file that needs neither network nor JavaScript.

It arranges what the record holds and escapes it; wording is in `agent.report.words`, the
markup in `report.html.j2`. Every text is untrusted here, the candidate's above all.
"""

from dataclasses import dataclass

from agent.interview.plan import Pace, Plan
from agent.record import InterviewRecord
from agent.report import words
from agent.report.bar import Bar
from agent.report.compare import Comparison, compared
from agent.report.marks import Quote, Quotes, find_quotes
from agent.report.page import template, tone
from agent.report.radar import Spoke, radar_svg
from agent.report.turns import Places, TurnView, turn_views
from agent.rubric import Rubric
from agent.scenario import Scenario
from agent.scorecard import CriterionGrade, FlagNote, StepScore
from agent.transcript import Transcript


@dataclass(frozen=True)
class _GradeView:
    grade: CriterionGrade
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class _StepView:
    score: StepScore
    goal: str
    absent: str
    time: str
    budget: str
    turns: str
    grades: tuple[_GradeView, ...]
    comparison: Comparison | None


@dataclass(frozen=True)
class _FlagView:
    flag: FlagNote
    quote: Quote | None


def render_html(
    record: InterviewRecord, rubric: Rubric, scenario: Scenario, bar: Bar | None = None
) -> str:
    """The whole report. `rubric` and `scenario` are those of the record.

    With `bar` it is a page of a site: its drills are links instead of command lines.
    """
    card = record.scorecard
    quotes = find_quotes(record)
    turns = turn_views(record.transcript, card, quotes)
    steps = _step_views(record, rubric, scenario, quotes, turns)
    return template("report.html.j2").render(
        bar=bar,
        record=record,
        card=card,
        made=card.provenance,
        tone=tone(card.decision),
        steps=steps,
        elsewhere=any(_is_from_elsewhere(step.score) for step in steps),
        radar=radar_svg([_spoke(step) for step in steps]),
        drill=lambda step: words.drill(record, step, rubric),
        drills=_drills(bar, rubric),
        step_title=lambda step: words.section_title(card, step),
        criterion_title={grade.id: grade.title for grade in card.criteria},
        flags=[_FlagView(*pair) for pair in zip(card.flags, quotes.of_flag, strict=True)],
        turns=turns,
        place=Places(Transcript(turns=record.transcript)).of_turn,
        turn_numbers={turn.index for turn in record.transcript},
    )


def _is_from_elsewhere(score: StepScore) -> bool:
    """Whether a step has a score though the interview never was in it."""
    return score.percent is not None and score.seconds is None


def _drills(bar: Bar | None, rubric: Rubric) -> dict[str, str] | None:
    """Where each step that can be practised alone is; None where a command line says it."""
    if bar is None or bar.drill is None:
        return None
    return {step.id: bar.drill(step.id) for step in rubric.steps}


def _step_views(
    record: InterviewRecord,
    rubric: Rubric,
    scenario: Scenario,
    quotes: Quotes,
    turns: list[TurnView],
) -> list[_StepView]:
    card = record.scorecard
    goals = {step.id: step.goal for step in rubric.steps}
    if rubric.overall:
        goals[rubric.overall.id] = rubric.overall.goal
    plan = Plan(rubric=rubric, scenario=scenario, options=record.options)
    views = []
    for score in card.steps:
        grades = [grade for grade in card.criteria if grade.step == score.id]
        counted = [quote for grade in grades for quote in quotes.of_criterion[grade.id]]
        reference = scenario.references.get(score.id)
        views.append(
            _StepView(
                score=score,
                goal=goals.get(score.id, ""),
                absent=words.no_score(grades),
                time=words.NO_VALUE if score.seconds is None else words.duration(score.seconds),
                budget=_budget(score, plan),
                turns=words.NO_VALUE if score.turns is None else str(score.turns),
                grades=tuple(_GradeView(grade, quotes.of_criterion[grade.id]) for grade in grades),
                comparison=compared(score.id, reference, turns, counted) if reference else None,
            )
        )
    return views


def _budget(score: StepScore, plan: Plan) -> str:
    """The step's time budget, where the clock decided; else empty."""
    chosen = any(step.id == score.id for step in plan.steps())
    if score.seconds is None or not chosen or plan.options.pace is not Pace.timed:
        return ""
    return words.duration(plan.seconds(score.id))


def _spoke(step: _StepView) -> Spoke:
    score = step.score
    label = words.one_line(score.title)
    return Spoke(label, score.percent, score.unprompted_percent, step.absent)
