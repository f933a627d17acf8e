"""Learns what people give where a grader gives a level, and shows agreement before and after.

"After" is measured on answers that the mapping was not learned from: folds left out in turn, and a
test part if there is one. How a mapping is fitted stands in `evals.stats.mapping`; a scorecard is
changed by `agent.calibration`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from agent.calibration import Calibration, CriterionCalibration
from agent.errors import InputError
from agent.frozen import Frozen
from evals.dataset import Dataset
from evals.gates import with_limits
from evals.grading import GRADER, Grades
from evals.levels import Array, Levels, Scale
from evals.stats.agreement import Agreement, agreement
from evals.stats.continuous import Closeness, closeness
from evals.stats.mapping import METHODS, Method, applied, fitted, shrunk

FEWEST = 20
"""Levels of people below which a criterion is left as it is."""
_STRENGTH = 20.0
"""So many answers to a question count as much as all the other questions."""

Key = tuple[int, str | None]
"""A criterion's place, and the question; None for all questions."""


class Quality(Frozen):
    """The agreement of levels (all criteria) and of percentages with people."""

    levels: Agreement
    percents: Closeness


class Curve(Frozen):
    """What each of the grader's levels is mapped to, learned from `answers` of people's levels."""

    criterion: str
    question: str | None
    answers: int
    expected: tuple[float, ...]


class CalibrationStudy(Frozen):
    """A calibration and what it is worth.

    `by_method` holds what each method reaches on folds left out; `before` is the same without.
    `test_before` and `test_after` are on a test part that nothing was learned from. `left` are
    criteria with too few levels of people.
    """

    method: Method
    folds: int
    before: Quality
    by_method: dict[Method, Quality]
    test_before: Quality | None
    test_after: Quality | None
    curves: tuple[Curve, ...]
    left: tuple[str, ...]
    calibration: Calibration

    @property
    def after(self) -> Quality:
        """On folds left out, with the chosen method."""
        return self.by_method[self.method]

    def figures(self) -> dict[str, float | None]:
        """What gates may name: before.qwk, after.qwk, ...; test.before.pearson and so on."""
        found: dict[str, float | None] = {}
        for prefix, one in (
            ("before", self.before),
            ("after", self.after),
            ("test.before", self.test_before),
            ("test.after", self.test_after),
        ):
            if one is not None:
                found |= with_limits(f"{prefix}.qwk", one.levels.quadratic_kappa)
                found |= with_limits(f"{prefix}.mae", one.levels.mae)
                found |= with_limits(f"{prefix}.bias", one.levels.bias)
                found |= with_limits(f"{prefix}.exact", one.levels.exact)
                found |= with_limits(f"{prefix}.pearson", one.percents.pearson)
        return found


@dataclass(frozen=True)
class Sample:
    """What is learned from: levels of people and of the grader, (answers, criteria) each.

    `percents` are people's for whole answers, (answers,). `clusters` are what makes answers alike.
    """

    title: str
    scales: tuple[Scale, ...]
    grades: Grades
    people: Array
    percents: Array
    clusters: tuple[str, ...]

    @property
    def grader(self) -> Array:
        """The grader's levels."""
        return self.grades.levels(self.scales).values[:, :, 0]

    @property
    def questions(self) -> tuple[str, ...]:
        """What each answer is to; blank where it was not graded."""
        return tuple("" if one is None else one.problem for one in self.grades.graded)


def sample_of(data: Dataset, grades: Grades) -> Sample:
    """The people of a dataset. Raises InputError if they graded no criterion."""
    if not data.people.scales:
        raise InputError(
            f"{data.folder}: people gave no levels by criterion to calibrate to; "
            "for grades of whole answers use a rubric with one criterion"
        )
    return Sample(
        title=data.about.title,
        scales=data.people.scales,
        grades=grades,
        people=data.people.median(),
        percents=data.totals.mean(),
        clusters=tuple(group or name for group, name in zip(data.groups, data.ids, strict=True)),
    )


def reviewed(title: str, grades: Grades, scales: tuple[Scale, ...]) -> Sample:
    """The people who reviewed graded answers, the last one's word on each criterion."""
    people = np.full((len(grades.ids), len(scales)), np.nan)
    column = {scale.criterion: at for at, scale in enumerate(scales)}
    for row, answer in enumerate(grades.graded):
        for grade in answer.scorecard.criteria if answer is not None else ():
            if grade.review is not None and grade.id in column:
                people[row, column[grade.id]] = grade.review.level
    levels = Levels(grades.ids, scales, ("people",), people[:, :, None])
    return Sample(
        title=title,
        scales=scales,
        grades=grades,
        people=people,
        percents=levels.percents()[:, 0],
        clusters=grades.ids,
    )


def measured_calibration(
    sample: Sample,
    *,
    made_at: datetime,
    method: Method | None = None,
    by_question: bool = False,
    folds: int = 5,
    test: Sample | None = None,
    seed: int = 0,
    replicates: int = 1000,
) -> CalibrationStudy:
    """Learn a calibration; `method` None takes the one that does better on folds left out.

    Raises InputError if there are too few answers, or if they were graded in different ways.
    """
    scales, grader = sample.scales, sample.grader
    counts = (~(np.isnan(sample.people) | np.isnan(grader))).sum(axis=0)
    left = tuple(s.criterion for s, count in zip(scales, counts, strict=True) if count < FEWEST)
    if len(left) == len(scales):
        raise InputError(
            f"no criterion has {FEWEST} levels of people where the grader gave one, too; "
            f"the most is {int(counts.max())}"
        )
    # Answers that are alike are in one fold, unless it is the same question that makes them so.
    where = _folds(sample.grades.ids if by_question else sample.clusters, folds, seed)
    tried: tuple[Method, ...] = METHODS if method is None else (method,)

    def quality(grader: Array, of: Sample) -> Quality:
        levels = agreement(of.people, grader, scales, seed=seed, replicates=replicates).overall
        own = Levels(of.grades.ids, scales, (GRADER,), grader[:, :, None]).percents()[:, 0]
        percents = closeness(of.percents, own, seed=seed, replicates=replicates)
        return Quality(levels=levels, percents=percents)

    by_method = {one: quality(_left_out(sample, where, one, by_question), sample) for one in tried}
    chosen = max(tried, key=lambda one: by_method[one].levels.quadratic_kappa.value or -1.0)
    learned = _learned(sample, np.full(len(where), True), chosen, by_question)
    return CalibrationStudy(
        method=chosen,
        folds=int(where.max()) + 1,
        before=quality(grader, sample),
        by_method=by_method,
        test_before=None if test is None else quality(test.grader, test),
        test_after=None if test is None else quality(_mapped(test, learned), test),
        curves=tuple(_curves(sample, learned)),
        left=left,
        calibration=_calibration(sample, learned, chosen, made_at),
    )


def _folds(clusters: Sequence[str], folds: int, seed: int) -> Array:
    """The fold of each answer; those of one cluster are in one fold."""
    names, place = np.unique(np.array(clusters), return_inverse=True)
    if len(names) < 2 * folds:
        # A question for a cluster would leave whole questions out: answers are drawn then.
        place, names = np.arange(len(clusters)), np.array(clusters)
    order = np.random.default_rng(seed).permutation(len(names))
    return np.asarray(order[place] % folds, dtype=float)


def _left_out(sample: Sample, where: Array, method: Method, by_question: bool) -> Array:
    """The mapped levels of each answer, learned from the folds that it is not in."""
    mapped = np.full(sample.people.shape, np.nan)
    for fold in np.unique(where):
        learned = _learned(sample, where != fold, method, by_question)
        mapped[where == fold] = _mapped(sample, learned)[where == fold]
    return mapped


def _learned(sample: Sample, used: Array, method: Method, by_question: bool) -> dict[Key, Array]:
    """The mappings from the answers that are used, by criterion and question."""
    found: dict[Key, Array] = {}
    questions, levels = np.array(sample.questions), sample.grader
    for at, scale in enumerate(sample.scales):
        people, grader = sample.people[used, at], levels[used, at]
        given = ~(np.isnan(people) | np.isnan(grader))
        if given.sum() < FEWEST:
            continue
        common = found[at, None] = fitted(grader, people, scale.top, method)
        for question in np.unique(questions[used]) if by_question else ():
            own = given & (questions[used] == question)
            if question and own.any():
                mapping = fitted(grader[own], people[own], scale.top, method)
                found[at, str(question)] = shrunk(
                    mapping, common, int(own.sum()), strength=_STRENGTH
                )
    return found


def _mapped(sample: Sample, learned: Mapping[Key, Array]) -> Array:
    """The levels as the mappings make them; a criterion without one stays as it is."""
    levels, questions = sample.grader, np.array(sample.questions)
    mapped = levels.copy()
    for at in range(len(sample.scales)):
        for question in np.unique(questions):
            mapping = learned.get((at, str(question)), learned.get((at, None)))
            if mapping is not None:
                here = questions == question
                mapped[here, at] = applied(levels[here, at], mapping)
    return mapped


def _curves(sample: Sample, learned: Mapping[Key, Array]) -> Iterator[Curve]:
    given = ~(np.isnan(sample.people) | np.isnan(sample.grader))
    questions = np.array(sample.questions)
    for (at, question), mapping in learned.items():
        here = given[:, at] if question is None else given[:, at] & (questions == question)
        yield Curve(
            criterion=sample.scales[at].criterion,
            question=question,
            answers=int(here.sum()),
            expected=tuple(round(float(one), 4) for one in mapping),
        )


def _calibration(
    sample: Sample, learned: Mapping[Key, Array], method: Method, made_at: datetime
) -> Calibration:
    graded = [one for one in sample.grades.graded if one is not None]
    made = {
        (
            one.scorecard.provenance.engine,
            one.scorecard.provenance.rubric_hash,
            one.scorecard.provenance.prompts_hash,
            one.scorecard.provenance.parameters,
            one.scorecard.provenance.version,
            one.scorecard.provenance.calibration,
        )
        for one in graded
    }
    if len(made) != 1:
        raise InputError(
            f"the answers were graded in {len(made)} different ways; grade them all alike first"
        )
    ((engine, rubric_hash, prompts_hash, parameters, version, calibration),) = made
    if calibration is not None:
        raise InputError(
            "these grades are calibrated already; learn from grades without --calibration"
        )
    return Calibration(
        version=version,
        method=method,
        rubric=graded[0].scorecard.provenance.rubric,
        rubric_hash=rubric_hash,
        engine=engine,
        prompts_hash=prompts_hash,
        parameters=parameters,
        source=sample.title,
        answers=len(sample.grades.ids),
        made_at=made_at,
        criteria=tuple(
            CriterionCalibration(
                criterion=curve.criterion,
                question=curve.question,
                levels=curve.expected,
                n=curve.answers,
            )
            for curve in _curves(sample, learned)
        ),
    )
