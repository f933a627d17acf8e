"""From verified levels to step scores, overall percentage, decision, strengths and gaps.

Pure functions. A criterion counts level / 4 of its weight; a step is the weighted mean of
its assessed criteria; the whole is the mean over all assessed criteria weighted by the
criterion's and the step's weight. What was not assessed or could not be graded is left out
of every mean and lowers the coverage instead.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from agent.frozen import Frozen
from agent.grading.flags import flag_notes
from agent.grading.panel import agreement
from agent.grading.sheet import wording
from agent.grading.standing import Calibrated, standing
from agent.ports import Graded, GradedFlag, Verdict
from agent.rubric import (
    TOP_LEVEL,
    Bands,
    Criterion,
    Decision,
    Overall,
    Rubric,
    Seniority,
    Step,
)
from agent.scenario import Scenario
from agent.scorecard import (
    NOT_ASSESSED,
    CriterionGrade,
    FactNote,
    Help,
    HelpSummary,
    Highlight,
    Margin,
    Provenance,
    Review,
    Scorecard,
    StepScore,
)
from agent.transcript import Transcript

MIN_COVERAGE = 50.0
"""Below this share of assessed weight, in percent, no decision is given."""

_HIGHLIGHTS = 3
_STRENGTH_FROM = 3


class Sitting(Frozen):
    """What happened in the interview, as far as the score needs to know.

    `in_writing` says that there was none: nobody asked for what is missing.
    """

    transcript: Transcript
    seniority: Seniority
    ledger: tuple[Help, ...] = ()
    asked_facts: tuple[str, ...] = ()
    step_seconds: dict[str, float] = Field(default_factory=dict)
    step_turns: dict[str, int] = Field(default_factory=dict)
    unobserved_turns: tuple[int, ...] = ()
    reviews: tuple[Review, ...] = ()
    in_writing: bool = False


def scorecard(
    rubric: Rubric,
    scenario: Scenario,
    sitting: Sitting,
    graded: Graded,
    provenance: Provenance,
    calibrated: Calibrated | None = None,
) -> Scorecard:
    """The scorecard of a sitting from the grader's verdicts."""
    verdicts = {verdict.criterion: verdict for verdict in graded.verdicts}
    question = rubric_wording(rubric, scenario)
    grades = tuple(
        _grade(rubric, criterion, verdicts.get(criterion.id), sitting, question, calibrated)
        for criterion in rubric.criteria()
    )
    share = _shares(rubric, grades)
    percent = _percent(grades, share)
    coverage = _coverage(rubric, grades)
    bands = rubric.bands[sitting.seniority]
    failed = tuple(
        grade.id
        for grade in grades
        if grade.must_have and isinstance(grade.level, int) and grade.level < bands.must_have_level
    )
    decision, why = _decide(percent, coverage, bands, failed, grades)
    return Scorecard(
        percent=percent,
        unprompted_percent=_percent(grades, share, unprompted=True),
        coverage=coverage,
        agreement=agreement(grades),
        level=sitting.seniority,
        decision=decision,
        decision_reason=why,
        margin=_margin(percent, bands, decision),
        failed_must_haves=failed,
        steps=_step_scores(rubric, grades, sitting),
        criteria=grades,
        flags=flag_notes(_raised(rubric, sitting, graded), sitting.transcript, rubric.red_flags()),
        strengths=_strengths(grades, share),
        gaps=_gaps(rubric, grades, share),
        help=_help(sitting.ledger, grades, share),
        ledger=sitting.ledger,
        facts=tuple(
            FactNote(id=fact.id, text=fact.text, asked=fact.id in sitting.asked_facts)
            for fact in scenario.facts
        ),
        unobserved_turns=sitting.unobserved_turns,
        provenance=provenance,
    )


def _raised(rubric: Rubric, sitting: Sitting, graded: Graded) -> tuple[GradedFlag, ...]:
    """The flags that count: what is missing alarms only where it was asked for."""
    missing = {flag.id for flag in rubric.red_flags() if flag.missing and sitting.in_writing}
    return tuple(flag for flag in graded.flags if flag.flag not in missing)


def rubric_wording(rubric: Rubric, scenario: Scenario) -> str:
    """What is nobody's own answer: the problem, what is judged, and the levels."""
    return wording(
        scenario.prompt,
        (text for one in rubric.criteria() for text in (one.judges, *one.anchors.texts())),
    )


def _grade(
    rubric: Rubric,
    criterion: Criterion,
    verdict: Verdict | None,
    sitting: Sitting,
    question: str,
    calibrated: Calibrated | None,
) -> CriterionGrade:
    """A criterion's grade: the verdict with its evidence checked, or what stands in for it."""
    help_lines = [line for line in sitting.ledger if line.criterion == criterion.id]
    common = {
        "id": criterion.id,
        "title": criterion.title,
        "step": rubric.section_of(criterion.id).id,
        "weight": criterion.weight,
        "must_have": criterion.must_have,
        "hints": sum(line.kind.startswith("hint") for line in help_lines),
    }
    if verdict is None:
        absent = "It was not asked for." if sitting.in_writing else "The interview never got there."
        return CriterionGrade.model_validate({**common, "level": NOT_ASSESSED, "reason": absent})
    stands = standing(verdict, sitting.transcript, sitting.reviews, question, calibrated)
    common |= {
        "level": stands.level,
        "reason": stands.reason,
        "confidence": stands.confidence,
        "ratings": stands.ratings,
        "calibrated_from": stands.calibrated_from,
        "review": stands.review,
    }
    if not isinstance(stands.level, int):
        return CriterionGrade.model_validate(common)
    first_help = min((line.turn for line in help_lines), default=None)
    return CriterionGrade.model_validate(
        {
            **common,
            "evidence": stands.evidence,
            "prompted": bool(stands.evidence)
            and first_help is not None
            and all(item.turn > first_help for item in stands.evidence),
            "anchor": criterion.anchors.at(stands.level),
            "next_anchor": _next_anchor(criterion, stands.level),
        }
    )


def _next_anchor(criterion: Criterion, level: int) -> str | None:
    return criterion.anchors.at(level + 1) if level < TOP_LEVEL else None


def _shares(rubric: Rubric, grades: Sequence[CriterionGrade]) -> dict[str, float]:
    """Each graded criterion's share of the whole, in percentage points; they sum to 100."""
    weights = {g.id: _weight(rubric, g) for g in grades if isinstance(g.level, int)}
    total = sum(weights.values())
    return {name: weight / total * 100 for name, weight in weights.items()}


def _weight(rubric: Rubric, grade: CriterionGrade) -> float:
    return grade.weight * rubric.section_of(grade.id).weight


def _points(grade: CriterionGrade, share: Mapping[str, float]) -> float:
    """Percentage points earned; 0 for what has no level."""
    return grade.level / TOP_LEVEL * share[grade.id] if isinstance(grade.level, int) else 0.0


def _percent(
    grades: Iterable[CriterionGrade], share: Mapping[str, float], *, unprompted: bool = False
) -> float | None:
    if not share:
        return None
    counted = [g for g in grades if not (unprompted and g.prompted)]
    return rounded(sum(_points(grade, share) for grade in counted))


def _coverage(rubric: Rubric, grades: Sequence[CriterionGrade]) -> float:
    """The share of weight that has a level, in percent.

    What only a curveball could have shown is left out where none was given.
    """
    optional = {c.id for c in rubric.criteria() if c.when == "curveball"}
    counted = [g for g in grades if not (g.id in optional and g.level == NOT_ASSESSED)]
    total = sum(_weight(rubric, grade) for grade in counted)
    done = sum(_weight(rubric, grade) for grade in counted if isinstance(grade.level, int))
    return rounded(100 * done / total)


def _decide(
    percent: float | None,
    coverage: float,
    bands: Bands,
    failed: Sequence[str],
    grades: Sequence[CriterionGrade],
) -> tuple[Decision | None, str]:
    if percent is None:
        return None, "No decision: nothing could be graded."
    if coverage < MIN_COVERAGE:
        return None, (
            f"No decision: only {coverage:.0f} percent of the rubric was assessed, "
            f"at least {MIN_COVERAGE:.0f} are needed."
        )
    decision = _band(percent, bands)
    order = list(Decision)
    ceiling = order.index(Decision.lean_no_hire)
    capped = bool(failed) and order.index(decision) > ceiling
    if capped:
        titles = ", ".join(grade.title.lower() for grade in grades if grade.id in failed)
        return Decision.lean_no_hire, (
            f"{percent:.1f} percent would be {_words(decision)}, but a must-have is below "
            f"level {bands.must_have_level}: {titles}."
        )
    return decision, f"{percent:.1f} percent lies in the band {_words(decision)}."


def _band(percent: float, bands: Bands) -> Decision:
    return [decision for decision, floor in bands.floors() if percent >= floor][-1]


def _margin(percent: float | None, bands: Bands, decision: Decision | None) -> Margin:
    """Points above the floor of the percentage's own band, and to that of the next one."""
    if percent is None or decision is None:
        return Margin(above_floor=None, to_next=None, next=None)
    below = [floor for _, floor in bands.floors() if percent >= floor]
    above = [(name, floor) for name, floor in bands.floors() if percent < floor]
    return Margin(
        above_floor=rounded(percent - max(below[-1], 0)),
        to_next=rounded(above[0][1] - percent) if above else None,
        next=above[0][0] if above else None,
    )


def _step_scores(
    rubric: Rubric, grades: Sequence[CriterionGrade], sitting: Sitting
) -> tuple[StepScore, ...]:
    whole: tuple[Step | Overall, ...] = (rubric.overall,) if rubric.overall else ()
    scores = []
    for section in (*rubric.steps, *whole):
        mine = [grade for grade in grades if grade.step == section.id]
        share = _shares(rubric, mine)
        scores.append(
            StepScore(
                id=section.id,
                title=section.title,
                percent=_percent(mine, share),
                unprompted_percent=_percent(mine, share, unprompted=True),
                assessed=len(share),
                criteria=len(mine),
                seconds=sitting.step_seconds.get(section.id),
                turns=sitting.step_turns.get(section.id),
            )
        )
    return tuple(scores)


def _strengths(
    grades: Iterable[CriterionGrade], share: Mapping[str, float]
) -> tuple[Highlight, ...]:
    """The criteria at level 3 or 4 that earned most, unprompted ones before others."""
    good = [g for g in grades if isinstance(g.level, int) and g.level >= _STRENGTH_FROM]
    good.sort(key=lambda g: (-_as_level(g), g.prompted, -share[g.id]))
    return tuple(
        _highlight(grade, _points(grade, share), grade.anchor or "") for grade in good[:_HIGHLIGHTS]
    )


def _gaps(
    rubric: Rubric, grades: Iterable[CriterionGrade], share: Mapping[str, float]
) -> tuple[Highlight, ...]:
    """The criteria that cost most points, each with what a strong answer would hold."""
    lost = [
        (share[g.id] - _points(g, share), g)
        for g in grades
        if isinstance(g.level, int) and g.level < TOP_LEVEL
    ]
    lost.sort(key=lambda entry: (-round(entry[0], 6), not entry[1].must_have))
    return tuple(
        _highlight(
            grade,
            points,
            rubric.criterion(grade.id).anchors.at(4 if grade.level == _STRENGTH_FROM else 3),
        )
        for points, grade in lost[:_HIGHLIGHTS]
    )


def _highlight(grade: CriterionGrade, points: float, advice: str) -> Highlight:
    return Highlight(
        criterion=grade.id,
        title=grade.title,
        step=grade.step,
        level=_as_level(grade),
        points=rounded(points),
        advice=advice,
    )


def _as_level(grade: CriterionGrade) -> int:
    assert isinstance(grade.level, int)
    return grade.level


def _help(
    ledger: Sequence[Help], grades: Iterable[CriterionGrade], share: Mapping[str, float]
) -> HelpSummary:
    kinds = Counter(line.kind for line in ledger)
    hints = sum(count for kind, count in kinds.items() if kind.startswith("hint"))
    earned = {"unprompted": 0.0, "probe": 0.0, "hint": 0.0}
    for grade in grades:
        how = "unprompted" if not grade.prompted else "hint" if grade.hints else "probe"
        earned[how] += _points(grade, share)
    return HelpSummary(
        probes=kinds["open"] + kinds["targeted"] + kinds["challenging"],
        hints=hints,
        challenges=kinds["challenge"],
        points_unprompted=rounded(earned["unprompted"]),
        points_after_probe=rounded(earned["probe"]),
        points_after_hint=rounded(earned["hint"]),
    )


def _words(decision: Decision) -> str:
    return decision.value.replace("_", " ")


def rounded(number: float) -> float:
    """To a tenth: more digits would pretend a precision that no grade has."""
    return round(number, 1)
