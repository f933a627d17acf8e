"""The wording of what is said about graded answers, beyond that of interviews in `words`.

Words only, as there: levels of any scale, points, raters, reviews, and what made a scorecard.
"""

from agent.graded import GradedAnswer, Status
from agent.report import words
from agent.rubric import TOP_LEVEL
from agent.scorecard import UNGRADED, CriterionGrade, Grade, Provenance, Review, Scorecard

_STATUS: dict[Status, str] = {
    "graded": "graded",
    "partly": "partly graded",
    "ungraded": "not graded",
}


def status(value: Status) -> str:
    """Such as "partly graded"."""
    return _STATUS[value]


def worth(points: float | None, most: float | None) -> str:
    """Such as "7.5 of 10 points"; empty where the rubric gives no points."""
    if points is None or most is None:
        return ""
    return f"{points:g} of {most:g} {'point' if most == 1 else 'points'}"


def outcome(graded: GradedAnswer) -> str:
    """The result in a few words: an interview's decision, else points or percentage."""
    card = graded.scorecard
    if graded.status == "ungraded":
        return "Not graded"
    if card.level is not None:
        return words.decision(card.decision)
    return worth(card.points, card.max_points) or words.percent(card.percent, "No score")


def score(graded: GradedAnswer) -> str:
    """The figures that stand beside the outcome; empty if it says them all."""
    card = graded.scorecard
    if card.level is not None:
        return words.score(without_help(card))
    if graded.status == "ungraded" or card.percent is None or not card.max_points:
        return ""
    # Criteria may weigh more or less than their points: the reader must not divide in vain.
    is_weighed = abs(100 * (card.points or 0) / card.max_points - card.percent) > 0.1
    return words.percent(card.percent) + (" by the criteria's weights" if is_weighed else "")


def without_help(card: Scorecard) -> Scorecard:
    """The scorecard without the unprompted score, where no help was given: it says nothing."""
    return card if card.ledger else card.model_copy(update={"unprompted_percent": None})


def ungraded(graded: GradedAnswer) -> tuple[CriterionGrade, ...]:
    """The criteria that the grader failed on."""
    return tuple(grade for grade in graded.scorecard.criteria if grade.level == UNGRADED)


def missing(graded: GradedAnswer) -> str:
    """How much could not be graded, in a sentence; empty if all could."""
    without = len(ungraded(graded))
    if not without:
        return ""
    of = len(graded.scorecard.criteria)
    rest = "" if graded.status == "ungraded" else " The score is of the others alone."
    return f"{without} of {words.count(of, 'criterion', 'criteria')} could not be graded.{rest}"


def rank(level: Grade | None, grade: CriterionGrade) -> str:
    """A level on the criterion's scale, such as "3 of 4, justified" or "level 2 of 3"."""
    if level is None:
        return words.level(UNGRADED)
    # The five levels of an interview have names; those of other rubrics have their own texts.
    is_named = grade.max_points is None and grade.top == TOP_LEVEL
    if not isinstance(level, int) or is_named:
        return words.level(level)
    return f"level {level} of {grade.top}"


def standing(grade: CriterionGrade) -> str:
    """What a criterion got: its points where there are any, and its level if that says more."""
    points = worth(grade.points, grade.max_points)
    if not points or not isinstance(grade.level, int):
        return rank(grade.level, grade)
    if (grade.points, grade.max_points) == (grade.level, grade.top):
        return points
    return f"{points}, {rank(grade.level, grade)}"


def raters_disagree(grade: CriterionGrade) -> bool:
    """Whether those raters that gave a level gave different ones."""
    return len({rating.level for rating in grade.ratings if rating.level is not None}) > 1


def ratings(grade: CriterionGrade) -> list[str]:
    """Each rater with the level that it gave."""
    return [
        f"{one.rater}: {'not graded' if one.level is None else one.level}" for one in grade.ratings
    ]


def agreement(share: float | None) -> str:
    """On how much all raters agree, in a sentence; empty where there was one only."""
    return (
        ""
        if share is None
        else f"All raters agree on {share:.0%} of the criteria that several rated."
    )


def reviews(graded: GradedAnswer) -> tuple[Review, ...]:
    """All that people have said, or at least what stands."""
    standing_ = (grade.review for grade in graded.scorecard.criteria)
    return graded.reviews or tuple(review for review in standing_ if review is not None)


def review(value: Review, grade: CriterionGrade) -> str:
    """What a person made of a level, such as "level 1 of 3, set to level 2 of 3 by A. Meier"."""
    before, now = rank(value.original, grade), rank(value.level, grade)
    change = f"{now}, confirmed" if value.original == value.level else f"{before}, set to {now}"
    return f"{change} by {value.by}, {words.moment(value.at)}"


def made(value: Provenance) -> list[tuple[str, str]]:
    """What made a scorecard and what it took, as pairs of a name and a text."""
    rows = [
        ("Version", f"sevenstep {value.version}"),
        ("Engine", value.engine),
        ("Rubric", identity(value.rubric, value.rubric_version, value.rubric_hash)),
        ("Scenario", identity(value.scenario, value.scenario_version, value.scenario_hash)),
        ("Question", words.short_hash(value.question_hash or "")),
        ("Prompts", words.short_hash(value.prompts_hash or "")),
        ("Parameters", value.parameters or ""),
        ("Calibration", value.calibration or ""),
        ("Structured output", ", ".join(value.structured_output)),
        ("Cost", f"{words.price(value.cost_usd)}, {words.count(value.calls, 'model call')}"),
    ]
    rows += [(one.model, words.usage(one)) for one in value.models]
    return [(name, text) for name, text in rows if text]


def identity(name: str | None, version: str | None, content: str | None) -> str:
    """A file by its id, version and the beginning of its hash."""
    parts = (name, version, words.short_hash(content or ""))
    return " ".join(part for part in parts if part)


def steps(card: Scorecard) -> list[tuple[str, str, list[CriterionGrade]]]:
    """Id, heading and criteria of each step; the heading is empty where there is one step."""
    by_step = [
        (step, [grade for grade in card.criteria if grade.step == step.id]) for step in card.steps
    ]
    if len(by_step) < 2:
        return [("all", "", list(card.criteria))]
    return [
        (step.id, f"{step.title}: {words.percent(step.percent, words.no_score(grades))}", grades)
        for step, grades in by_step
    ]
