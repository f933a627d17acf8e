"""The scorecard of an answer by a rubric without interview: levels, points, percentage. Pure.

A criterion counts points / most points of its weight. What could not be graded is left out of the
percentage and lowers the coverage.
"""

from collections.abc import Sequence

from agent.answer_rubric import AnswerCriterion, AnswerRubric
from agent.grading.flags import flag_notes
from agent.grading.panel import agreement
from agent.grading.scoring import rounded
from agent.grading.sheet import wording
from agent.grading.standing import Calibrated, standing
from agent.ports import Graded
from agent.scorecard import (
    CriterionGrade,
    HelpSummary,
    Highlight,
    Margin,
    Provenance,
    Review,
    Scorecard,
    StepScore,
)
from agent.transcript import Transcript

PART = "answer"
_HIGHLIGHTS = 3
_NO_HELP = HelpSummary(
    probes=0,
    hints=0,
    challenges=0,
    points_unprompted=0.0,
    points_after_probe=0.0,
    points_after_hint=0.0,
)


def written_scorecard(
    rubric: AnswerRubric,
    transcript: Transcript,
    graded: Graded,
    provenance: Provenance,
    reviews: Sequence[Review] = (),
    question: str = "",
    calibrated: Calibrated | None = None,
) -> Scorecard:
    """The scorecard of an answer from the grader's verdicts, which must be on all criteria.

    What the answer only repeats from the `question` or the rubric is no evidence.
    """
    question = wording(
        question,
        (
            text
            for one in rubric.criteria
            for text in (one.judges or "", *(rung.text for rung in one.levels))
        ),
    )
    verdicts = {verdict.criterion: verdict for verdict in graded.verdicts}
    grades = []
    for criterion in rubric.criteria:
        stands = standing(verdicts[criterion.id], transcript, reviews, question, calibrated)
        scale, level = criterion.scale, stands.level
        # The level reached and the one above it, as far as there are such.
        at, above = (
            (scale[level], scale[level + 1 : level + 2]) if isinstance(level, int) else (None, ())
        )
        grades.append(
            CriterionGrade(
                id=criterion.id,
                title=criterion.title,
                step=PART,
                weight=criterion.share,
                must_have=False,
                top=len(scale) - 1,
                points=at.points if at else None,
                max_points=criterion.most,
                anchor=at.text if at else None,
                next_anchor=above[0].text if above else None,
                level=level,
                evidence=stands.evidence,
                reason=stands.reason,
                confidence=stands.confidence,
                ratings=stands.ratings,
                calibrated_from=stands.calibrated_from,
                review=stands.review,
            )
        )
    done = [grade for grade in grades if grade.points is not None]
    percent = _percent(done)
    return Scorecard(
        percent=percent,
        unprompted_percent=None,
        coverage=rounded(100 * _sum(done) / _sum(grades)),
        points=_points(done),
        max_points=_total(done),
        agreement=agreement(grades),
        level=None,
        decision=None,
        decision_reason="" if done else "Nothing could be graded.",
        margin=Margin(above_floor=None, to_next=None, next=None),
        failed_must_haves=(),
        steps=(
            StepScore(
                id=PART,
                title=rubric.title,
                percent=percent,
                unprompted_percent=None,
                assessed=len(done),
                criteria=len(grades),
            ),
        ),
        criteria=tuple(grades),
        flags=flag_notes(graded.flags, transcript),
        strengths=_strengths(done),
        gaps=_gaps(done, rubric),
        help=_NO_HELP,
        ledger=(),
        facts=(),
        provenance=provenance,
    )


def _percent(grades: Sequence[CriterionGrade]) -> float | None:
    if not grades:
        return None
    return rounded(100 * sum(map(_earned, grades)) / _sum(grades))


def _earned(grade: CriterionGrade) -> float:
    """The weight that a criterion earned."""
    assert grade.points is not None
    assert grade.max_points
    return grade.weight * grade.points / grade.max_points


def _sum(grades: Sequence[CriterionGrade]) -> float:
    return sum(grade.weight for grade in grades)


def _points(grades: Sequence[CriterionGrade]) -> float | None:
    return round(sum(grade.points or 0 for grade in grades), 6) if grades else None


def _total(grades: Sequence[CriterionGrade]) -> float | None:
    return round(sum(grade.max_points or 0 for grade in grades), 6) if grades else None


def _strengths(grades: Sequence[CriterionGrade]) -> tuple[Highlight, ...]:
    """The heaviest criteria at their highest level."""
    good = sorted((g for g in grades if g.level == g.top), key=lambda g: -g.weight)
    total = _sum(grades) or 1
    return tuple(
        _highlight(grade, 100 * _earned(grade) / total, grade.anchor or "")
        for grade in good[:_HIGHLIGHTS]
    )


def _gaps(grades: Sequence[CriterionGrade], rubric: AnswerRubric) -> tuple[Highlight, ...]:
    """The criteria that cost most, each with what a full answer holds."""
    total = _sum(grades) or 1
    lost = [(100 * (g.weight - _earned(g)) / total, g) for g in grades if g.level != g.top]
    lost.sort(key=lambda entry: -round(entry[0], 6))
    return tuple(
        _highlight(grade, points, _full(rubric.criterion(grade.id)))
        for points, grade in lost[:_HIGHLIGHTS]
    )


def _full(criterion: AnswerCriterion) -> str:
    return criterion.reference or criterion.scale[-1].text


def _highlight(grade: CriterionGrade, points: float, advice: str) -> Highlight:
    assert isinstance(grade.level, int)
    return Highlight(
        criterion=grade.id,
        title=grade.title,
        step=grade.step,
        level=grade.level,
        points=rounded(points),
        advice=advice,
    )
