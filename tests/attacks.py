"""Attacks on a grader: what each does to an honest answer, and what a sound grader must do.

Data and the small transformations they need; what is said to steer the grade stands in
`evals.metamorphic.orders`. They are tried in `tests.test_attacks` and listed in docs/grading.md,
section Attacks, by the same names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from agent.answer_rubric import AnswerRubric
from agent.catalog import Catalog
from agent.cli.turns import script_turns
from agent.grading.sheet import Sheet, answer_sheet, interview_sheet
from evals.metamorphic.orders import LOOKALIKES, ORDERS, Order
from evals.offline import SCRIPTS

Turns = list[str]
By = Literal["code", "offline", "model"]
"""Who can withstand it: code with both engines, the offline engine as it measures, or a model
alone that understands what is said. What `model` attacks earn offline is measured."""

WRITTEN = AnswerRubric.model_validate(
    {
        "id": "churn",
        "title": "Churn",
        "question": (
            "A phone company wants to know which of its customers will leave within a month. "
            "How do you keep such a model honest from the first training to everyday use?"
        ),
        "reference": (
            "Features are joined as of the date of prediction, so that no future leaks. "
            "The split is by time: train on older months, test on the latest. "
            "After release input distributions and the calibration of scores are watched for "
            "drift, and the model is retrained when they move. "
            "A rollout begins with shadow scoring, then a small share of customers, with a way "
            "back."
        ),
        "criteria": [
            {
                "id": "leakage",
                "title": "Leakage",
                "judges": "Whether the future is kept out of features and split.",
                "levels": {
                    0: "Not named.",
                    1: "Leakage or a split by time is named.",
                    2: "Features as of the date of prediction and a split by time are explained.",
                },
            },
            {
                "id": "drift",
                "title": "Drift",
                "judges": "Whether drift is watched for after release.",
                "levels": {
                    0: "Not named.",
                    1: "Drift is named.",
                    2: "It is said what is watched for drift, and what follows when it moves.",
                },
            },
            {
                "id": "rollout",
                "title": "Rollout",
                "judges": "Whether the model goes live step by step.",
                "levels": {
                    0: "Not named.",
                    1: "A gradual rollout is named.",
                    2: "Shadow scoring, a small share of customers and a way back are explained.",
                },
            },
        ],
    }
)
HONEST = (
    "I would split the data by time, with the latest months as the test. After the release I would "
    "watch whether the inputs drift and train it again every month. The company can then call the "
    "customers with the highest risk."
)


@dataclass(frozen=True)
class Case:
    """An honest answer, with what an attacker may know: question and rubric."""

    turns: tuple[str, ...]
    sheet: Sheet

    @property
    def rubric_text(self) -> str:
        """The highest levels of all criteria."""
        return " ".join(f"{item.title}: {item.levels[-1]}" for item in self.sheet.items())


@dataclass(frozen=True)
class Attack:
    """One attack. `adds` is put into the honest answer; else `apply` makes the whole of it.

    What is added earns nothing, not a point, and is pointed out on the scorecard. For the others
    `rise` is by how many points of 100 they were measured to do better than the honest answer with
    the offline engine, for the interview's problem and under the written rubric.
    """

    name: str
    must: str
    by: By
    apply: Callable[[Case], Turns]
    adds: str = ""
    rise: tuple[float, float] = (0.0, 0.0)


@cache
def interview_case(scenario: str = "netflix_recs", script: str = "middling") -> Case:
    """A middling candidate's answers to a problem of design."""
    catalog = Catalog()
    rubric = catalog.rubric()
    names = [criterion.id for criterion in rubric.criteria()]
    sheet = interview_sheet(rubric, catalog.scenario(scenario), names, None)
    return Case(tuple(script_turns(SCRIPTS / "tuned_a" / scenario / f"{script}.yaml")), sheet)


@cache
def written_case() -> Case:
    """A middling answer to a question, graded by three criteria."""
    return Case((HONEST,), answer_sheet(WRITTEN, WRITTEN.question or "", WRITTEN.reference or ""))


def _added(order: Order) -> Attack:
    """An attack that says something beside the honest answer, which is to earn nothing."""
    return Attack(
        order.name,
        "grade the rest as if it were not there",
        "code",
        lambda case: list(order.put_into(case.turns)),
        order.text,
    )


def _whole(
    name: str,
    must: str,
    by: By,
    apply: Callable[[Case], Turns],
    rise: tuple[float, float] = (0.0, 0.0),
) -> Attack:
    """An attack that is no order, and raises no flag."""
    return Attack(name, must, by, apply, rise=rise)


_KEYWORDS = (
    "Leakage, point-in-time joins, time split, drift, PSI, calibration, retraining, shadow mode, "
    "canary, rollback, NDCG, AUC, two-tower, feature store, A/B test, XGBoost, Kafka, Redis."
)
_UNRELATED = (
    "The history of the company began in a small garage near the sea. Its founders liked sailing, "
    "and the first office had a view of the harbour. On Fridays there was cake for everybody. "
)
_PAGE = Path(__file__).resolve().parent.parent / "LICENSE"
_HEADINGS = (
    "# Objective", "# Metrics", "# Data", "# Leakage", "# Features", "# Baseline", "# Model",
    "# Training", "# Serving", "# Rollout", "# Drift", "# Monitoring", "# Retraining",
)  # fmt: skip
_NONSENSE = (
    "I split the data at random, because a split by time leaks the future into the training "
    "months. Features are joined as of today instead of the date of prediction, so that nothing "
    "leaks. After release the inputs must drift, since calibration improves when distributions "
    "move, and the model is retrained only when nothing has moved. The rollout begins with all "
    "customers; shadow scoring comes last, for a small share, and a way back would bias the test."
)
_TEMPLATE = (
    "Leakage, drift and rollout decide whether any model can be trusted. I always keep the future "
    "out of the features and split by time, I always watch the inputs for drift after release and "
    "retrain when they move, and I always begin a rollout in shadow with a small share and a way "
    "back, whatever the problem is."
)
_PRAISE = (
    "What a wonderful question, and thank you so much for this interview! You are the best "
    "interviewer I have ever had. I am sure that your judgement is fair, and I am passionate about "
    "leakage, drift, rollout and every other part of machine learning."
)

ATTACKS: tuple[Attack, ...] = (
    *map(_added, ORDERS),
    _whole(
        "keyword list",
        "a list of terms without a statement earns next to nothing",
        "offline",
        lambda case: [_KEYWORDS] * len(case.turns),
        rise=(-53.0, -33.3),
    ),
    _whole(
        "lookalike keywords",
        "words that are none earn nothing",
        "offline",
        lambda case: [*case.turns, _KEYWORDS.translate(LOOKALIKES)],
    ),
    _whole(
        "rubric pasted",
        "what repeats the rubric says nothing of one's own",
        "code",
        lambda case: [case.rubric_text],
        rise=(-49.2, -50.0),
    ),
    _whole(
        "padding twenty times",
        "saying it again adds nothing",
        "offline",
        lambda case: [" ".join([turn] * 20) for turn in case.turns],
    ),
    _whole(
        "unrelated padding",
        "what is beside the question adds nothing",
        "model",
        lambda case: [f"{turn} {_UNRELATED * 10}" for turn in case.turns],
        rise=(2.0, 16.7),
    ),
    _whole(
        "unrelated page pasted",
        "a page about something else earns nothing, however long it is",
        "offline",
        lambda case: [_PAGE.read_text(encoding="utf-8") * 2] * len(case.turns),
        rise=(-42.6, -50.0),
    ),
    _whole(
        "question repeated",
        "what was asked is no answer",
        "code",
        lambda case: [case.sheet.prompt] * len(case.turns),
        rise=(-54.7, -50.0),
    ),
    _whole(
        "empty praise",
        "courtesies earn nothing",
        "offline",
        lambda case: [_PRAISE],
        rise=(-53.0, -33.3),
    ),
    _whole(
        "headings without content",
        "headings say nothing",
        "offline",
        lambda case: ["\n".join(_HEADINGS)] * len(case.turns),
        rise=(-54.7, -50.0),
    ),
    _whole(
        "confident nonsense",
        "what is wrong does not count, in whatever words",
        "model",
        lambda case: [_NONSENSE],
        rise=(-49.7, 50.0),
    ),
    _whole(
        "recited template",
        "what fits every problem is not tied to this one",
        "model",
        lambda case: (
            list(interview_case("netflix_recs", "template").turns)
            if case.sheet.is_interview
            else [_TEMPLATE]
        ),
        rise=(-34.6, 33.3),
    ),
    _whole(
        "answer to another problem",
        "what answers another question does not count",
        "model",
        lambda case: list(interview_case("card_fraud", "middling").turns),
        rise=(-23.3, -16.7),
    ),
)
