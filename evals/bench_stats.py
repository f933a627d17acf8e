"""How long the statistics of each `sevenstep eval` command take on much data.

    python -m evals.bench_stats [ANSWERS]    10,000 answers × 32 criteria × 3 raters unless told

Simulated levels, no grading: seconds on the wall for statistics and page, and the peak of memory.
Times are those of this machine and say whether a minute is enough, no more.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.batch.settings import Settings
from agent.graded import GradedAnswer
from agent.ports import Rating
from agent.scorecard import CriterionGrade, Provenance, Scorecard
from evals.conditions import Plan, Regraded
from evals.dataset import About, Dataset, Totals
from evals.grading import Grades
from evals.levels import Array, Levels
from evals.metamorphic.checks import CHECKS, Variant, Variants
from evals.report.agreement import agreement_page
from evals.report.html import render_html
from evals.report.rubric import rubric_page
from evals.scales import scales_of
from evals.sides import Side
from evals.studies.agreement import measured_agreement
from evals.studies.attacks import Tried, measured_attacks
from evals.studies.calibrate import measured_calibration, sample_of
from evals.studies.compare import compared
from evals.studies.reliability import measured_reliability
from evals.studies.rubric import measured_rubric, rated_by_grader, rated_by_people

CRITERIA, RATERS, TOP = 32, 3, 4
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUBRIC = AnswerRubric.model_validate(
    {
        "id": "simulated",
        "title": "Simulated",
        "criteria": [{"id": f"c{at}", "title": f"C{at}", "points": TOP} for at in range(CRITERIA)],
    }
)
SCALES = scales_of(RUBRIC)
PROVENANCE = Provenance(
    version="0",
    engine="simulated",
    rubric="simulated",
    rubric_version="1",
    rubric_hash="0",
    note="",
)

_T = TypeVar("_T", bound=BaseModel)


def simulated(answers: int, seed: int = 0) -> Array:
    """Levels from an answer's quality and raters' errors: (answers, criteria, raters)."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(0, 1, (answers, 1, 1)) + rng.normal(0, 0.7, (answers, CRITERIA, 1))
    seen = quality + rng.normal(0, 0.6, (answers, CRITERIA, RATERS))
    return np.clip(np.round(2 + seen), 0, TOP)


def dataset(levels: Array) -> Dataset:
    """People's levels as a dataset."""
    ids = tuple(f"a{at}" for at in range(len(levels)))
    people = Levels(ids, SCALES, tuple(f"r{at}" for at in range(RATERS)), levels)
    return Dataset(
        about=About(title="Simulated", source="here", licence="none"),
        folder=Path(),
        rubric=RUBRIC,
        answers=tuple(Answer(id=name, turns=("words " * 50,), prompt="?") for name in ids),
        parts=("",) * len(ids),
        groups=("",) * len(ids),
        people=people,
        totals=Totals(people.raters, people.percents(), is_from_levels=True),
    )


def bare(kind: type[_T], **fields: Any) -> _T:
    """A value with these fields alone, unchecked: the others are not read here."""
    return kind.model_construct(**fields)


def graded(levels: Array) -> Grades:
    """Levels as the scorecards of a grader with as many samples as there are raters."""
    cards = []
    for at, answer in enumerate(levels.astype(int)):
        grades = tuple(
            bare(
                CriterionGrade,
                id=scale.criterion,
                level=int(np.median(given)),
                ratings=tuple(
                    bare(Rating, rater=f"m #{sample + 1}", level=int(level))
                    for sample, level in enumerate(given)
                ),
            )
            for scale, given in zip(SCALES, answer, strict=True)
        )
        card = bare(Scorecard, percent=50.0, decision=None, criteria=grades, provenance=PROVENANCE)
        cards.append(bare(GradedAnswer, id=f"a{at}", problem="p", scorecard=card))
    return Grades(tuple(card.id for card in cards), tuple(cards))


def commands(answers: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """What each command works out, on the same data."""
    data, grades = dataset(simulated(answers)), graded(simulated(answers, seed=1))
    own = grades.levels(SCALES)
    yield "agreement", lambda: measured_agreement(data, grades)
    yield (
        "agreement, with page",
        lambda: render_html(agreement_page(measured_agreement(data, grades), data, grades)),
    )
    rated = (rated_by_grader(grades, SCALES), rated_by_people(data))
    yield (
        "rubric, with page",
        lambda: render_html(rubric_page(measured_rubric(rated), "Simulated", ())),
    )
    runs = [
        Regraded("repeats", f"r{at}", simulated(answers, seed=at)[:, :, 0], None)
        for at in range(RATERS)
    ]
    plan = Plan(base=Settings(), rubric=RUBRIC, repeats=RATERS, runs=(), idle=())
    yield "reliability", lambda: measured_reliability(plan, runs, data.ids, SCALES)
    check = CHECKS[0]
    made = tuple(
        Variant(Answer(id=f"v{at}", turns=("x",), prompt="?"), f"a{at}", check.name, "", f"a{at}")
        for at in range(answers)
    )
    changed = Levels(tuple(one.answer.id for one in made), SCALES, own.raters, own.values)
    tried = [Tried(Variants(check, made, {}), changed) for _ in range(RATERS)]
    yield "attacks", lambda: measured_attacks(own, tried)
    sides = [Side(name, "simulated 1", SCALES, grades) for name in "ab"]
    yield "compare", lambda: compared(data, *sides)
    yield "calibrate", lambda: measured_calibration(sample_of(data, grades), made_at=NOW)


def main() -> None:
    """Print the seconds of each."""
    answers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(f"{answers:,} answers × {CRITERIA} criteria × {RATERS} raters, 1,000 replicates")
    for name, work in commands(answers):
        begun = time.perf_counter()
        work()
        print(f"{name:<24}{time.perf_counter() - begun:6.1f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
