"""The conditions under which the same answers are graded again, and the runs that they take.

Each changes something that should not matter: nothing at all, the seed, the model, the order of
the criteria, the wording of the prompts. What the runs amount to is worked out in
`evals.studies.reliability`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from agent.answer_rubric import AnswerRubric
from agent.batch.settings import Settings
from agent.errors import InputError
from agent.llm.prompts.own import read_prompts
from agent.rubric import Rubric
from evals.dataset import Dataset
from evals.grading import Grader, Grades
from evals.levels import Array
from evals.orders import reversed_rubric, shuffled_rubric
from evals.scales import scales_of

Condition = Literal["repeats", "seeds", "models", "order", "paraphrase"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
PARAPHRASES = Path(__file__).resolve().parent / "paraphrases"

_SAME = "the offline engine has no {}: it always gives the same"


@dataclass(frozen=True)
class Again:
    """One further run: how it is called, and what is graded by what."""

    condition: Condition
    name: str
    settings: Settings
    rubric: Rubric | AnswerRubric


@dataclass(frozen=True)
class Plan:
    """The base run and the others; `idle` are conditions that would change nothing, and why.

    The base is asked `repeats` times, itself included; 1 where the condition is not wanted.
    """

    base: Settings
    rubric: Rubric | AnswerRubric
    repeats: int
    runs: tuple[Again, ...]
    idle: tuple[tuple[Condition, str], ...]


@dataclass(frozen=True)
class Regraded:
    """What a run gave: levels (answers, criteria), and each answer's decision where there is one.

    `decisions` is None where a run has no scorecards of its own, as a sample has none.
    """

    condition: Condition | None
    name: str
    levels: Array
    decisions: tuple[str | None, ...] | None


def planned(
    data: Dataset,
    settings: Settings,
    wanted: Sequence[Condition] | None = None,
    *,
    repeats: int = 3,
    seeds: Sequence[int] = (),
    models: Sequence[str] = (),
    seed: int = 0,
) -> Plan:
    """The runs for some conditions; None takes those that can change something without being told.

    These are `order`, and with a model `repeats` and `paraphrase`; `models` and `seeds` where they
    are given. `settings` are those of the base, of a panel its first model. Raises InputError for
    several samples, and where nothing is left to run.
    """
    if settings.samples > 1:
        raise InputError("--samples: here every grade counts by itself; ask for --repeats instead")
    models = tuple(dict.fromkeys((*settings.models[1:], *models)))
    # The temperature of one sample, so that more of them are asked as it is.
    base = settings.model_copy(update={"models": settings.models[:1], "temperature": settings.heat})
    chosen = _usual(base, seeds, models) if wanted is None else tuple(dict.fromkeys(wanted))
    runs: list[Again] = []
    idle: list[tuple[Condition, str]] = []
    for condition in chosen:
        reason = _idle(condition, base, data.rubric, models)
        if reason:
            idle.append((condition, reason))
        elif condition == "models":
            runs += [
                Again(condition, one, base.model_copy(update={"models": (one,)}), data.rubric)
                for one in models
                if one != base.models[0]
            ]
        elif condition == "seeds":
            runs += [
                Again(condition, f"seed {one}", base.model_copy(update={"seed": one}), data.rubric)
                for one in seeds or (1, 2, 3)
            ]
        elif condition == "order":
            runs += [
                Again(condition, name, base, rubric)
                for name, rubric in _orders(data.rubric, seed).items()
            ]
        elif condition == "paraphrase":
            runs += [
                Again(
                    condition,
                    folder.name,
                    base.model_copy(update={"prompts": read_prompts(folder)}),
                    data.rubric,
                )
                for folder in sorted(PARAPHRASES.iterdir())
                if folder.is_dir()
            ]
    repeated = "repeats" in chosen and "repeats" not in dict(idle)
    if not runs and not repeated:
        raise InputError("nothing to grade again: " + "; ".join(reason for _, reason in idle))
    return Plan(base, data.rubric, repeats if repeated else 1, tuple(runs), tuple(idle))


async def regraded(
    plan: Plan, data: Dataset, grader: Grader, folder: Path
) -> tuple[tuple[Regraded, ...], Grades]:
    """All runs, the base first, and the base's grades; each run goes into its own folder.

    What they take counts together. Raises as `Grader.grade` does.
    """
    scales = scales_of(plan.rubric)
    grader.settings = plan.base
    base = await grader.grade(data.answers, plan.rubric, folder / "base")
    levels = base.levels(scales).values
    found = [Regraded(None, "base", levels[:, :, 0], _decisions(base))]
    if plan.repeats > 1:
        # In the same folder, where the base is the first of the samples and is not asked again.
        grader.settings = plan.base.model_copy(update={"samples": plan.repeats})
        several = await grader.grade(data.answers, plan.rubric, folder / "base")
        samples = several.ratings(scales)
        # No model is asked about an answer without words, and every sample of it is the same.
        nobody = np.isnan(samples.values).all(axis=2, keepdims=True)
        values = np.where(nobody, several.levels(scales).values, samples.values)
        found += [
            Regraded("repeats", f"repeat {at + 1}", values[:, :, at], None)
            for at in range(1, values.shape[2])
        ]
    for run in plan.runs:
        grader.settings = run.settings
        name = re.sub(r"[^\w.-]+", "-", run.name)
        grades = await grader.grade(data.answers, run.rubric, folder / run.condition / name)
        again = grades.levels(scales).values[:, :, 0]
        found.append(Regraded(run.condition, run.name, again, _decisions(grades)))
    return tuple(found), base


def _usual(base: Settings, seeds: Sequence[int], models: Sequence[str]) -> tuple[Condition, ...]:
    usual: list[Condition] = ["order"]
    if not base.is_offline:
        usual = ["repeats", "order", "paraphrase"]
    if models:
        usual.append("models")
    if seeds:
        usual.append("seeds")
    return tuple(usual)


def _idle(
    condition: Condition, base: Settings, rubric: Rubric | AnswerRubric, models: Sequence[str]
) -> str:
    """Why a condition would change nothing; blank if it may."""
    if condition == "order":
        return "" if _orders(rubric, 0) else "one criterion alone has no order"
    if condition == "models":
        return "" if set(models) - set(base.models) else "no other models are named; give --models"
    if base.is_offline:
        chance = {"repeats": "chance in it", "seeds": "seed", "paraphrase": "prompts"}[condition]
        return _SAME.format(chance)
    return ""


def _orders(rubric: Rubric | AnswerRubric, seed: int) -> dict[str, Rubric | AnswerRubric]:
    """The rubric in other orders than its own, no two alike."""
    found: dict[str, Rubric | AnswerRubric] = {}
    for name, one in (
        ("reversed", reversed_rubric(rubric)),
        ("shuffled", shuffled_rubric(rubric, seed)),
    ):
        if one != rubric and one not in found.values():
            found[name] = one
    return found


def _decisions(grades: Grades) -> tuple[str | None, ...] | None:
    decided = [None if one is None else one.scorecard.decision for one in grades.graded]
    if not any(decided):
        return None
    return tuple(None if one is None else one.value for one in decided)
