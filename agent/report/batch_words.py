"""The wording of the report on a run of graded answers, for the page and for the terminal.

Words only; what they are about is counted in `agent.report.summary`.
"""

from collections import Counter

from agent.report import answer_words, words
from agent.report.summary import BatchSummary, CriterionTally, Row
from agent.rubric import Decision
from agent.usage import ModelUsage

_MUST_MATCH = ("Rubric", "Engine", "Prompts", "Parameters", "Calibration", "Version")


def graded(summary: BatchSummary) -> str:
    """How many answers have which status, such as "98 graded, 2 partly graded"."""
    counts = [
        f"{summary.statuses[status]:,} {answer_words.status(status)}"
        for status in ("graded", "partly", "ungraded")
        if summary.statuses[status]
    ]
    return ", ".join(counts) or "none"


def figure(value: float | None) -> str:
    """A percentage, or a dash."""
    return words.percent(value, words.NO_VALUE)


def deviation(value: float | None) -> str:
    """A standard deviation in points, or a dash."""
    return words.NO_VALUE if value is None else f"{value:.1f}"


def result(row: Row) -> str:
    """An answer's percentage, and its status where it is not wholly graded."""
    if row.status == "ungraded":
        return answer_words.status(row.status)
    score = words.percent(row.percent, "no score")
    return score if row.status == "graded" else f"{score}, {answer_words.status(row.status)}"


def mean(tally: CriterionTally) -> str:
    """A criterion's mean in points, or else in levels."""
    if tally.mean_level is None:
        return "no grades"
    if tally.mean_points is not None:
        return f"mean {tally.mean_points:.2f} of {tally.max_points:g} points"
    return f"mean level {tally.mean_level:.2f} of {tally.top}"


def without(tally: CriterionTally) -> str:
    """How many have no level on a criterion, and why."""
    said = []
    if tally.ungraded:
        said.append(f"{tally.ungraded:,} not graded ({_share(tally.ungraded_share)})")
    if tally.not_assessed:
        said.append(f"{tally.not_assessed:,} not assessed")
    return ", ".join(said)


def confidence(counts: Counter[str]) -> str:
    """What the graders say of themselves, such as "90 high, 8 medium, 2 low"."""
    return ", ".join(
        f"{counts[name]:,} {name}" for name in ("high", "medium", "low") if counts[name]
    )


def disagreement(tally: CriterionTally) -> str:
    """How often raters disagree on a criterion."""
    return f"{tally.disagreed:,} of {tally.rated:,} ({_share(tally.disagreement)})"


def agreement(summary: BatchSummary) -> str:
    """The raters' agreement in a sentence; empty where nothing was rated several times."""
    if summary.agreement is None:
        return ""
    return (
        f"All raters agree on {summary.agreement:.0%} of an answer's criteria in the mean "
        f"({words.count(summary.agreed, 'answer')} with several raters)."
    )


def reviewed(summary: BatchSummary) -> str:
    """How much a person set, in a sentence."""
    if not summary.reviewed:
        return "No answer was reviewed by a person."
    return (
        f"{words.count(summary.reviewed, 'answer')} reviewed; a person set "
        f"{words.count(summary.reviews.count, 'level')}, {summary.changed:,} of them to another "
        "than the one before. The figures here are those that stand after it."
    )


def decisions(summary: BatchSummary) -> list[tuple[str, int]]:
    """Each decision with its count, the best first; "No decision" last."""
    order: list[Decision | None] = [*reversed(Decision), None]
    return [
        (words.decision(one), summary.decisions[one]) for one in order if summary.decisions[one]
    ]


def cost(summary: BatchSummary) -> str:
    """What the run cost, as far as prices are known."""
    calls = words.count(summary.calls, "model call")
    if not summary.unpriced:
        return f"{words.price(summary.cost_usd)}, {calls}"
    if summary.unpriced == summary.answers or not summary.cost_usd:
        return f"price not known, {calls}"
    least = f"at least {words.price(summary.cost_usd)}"
    of = words.count(summary.unpriced, "answer")
    return f"{least}, {calls}; the price is not known for {of}"


def tokens(models: tuple[ModelUsage, ...]) -> str:
    """The tokens of all models together."""
    about = "≈" if any(one.estimated for one in models) else ""
    given, cached, made = (
        sum(getattr(one, name) for one in models)
        for name in ("input_tokens", "cached_tokens", "output_tokens")
    )
    return f"{about}{given:,} tokens in ({cached:,} cached), {about}{made:,} out"


def mixed(summary: BatchSummary) -> list[str]:
    """What should be the same for all answers and is not, such as "2 rubrics"."""
    said = []
    for name in _MUST_MATCH:
        kinds = summary.made_with.get(name)
        if kinds and len(kinds.counts) > 1:
            more = " or more" if kinds.others else ""
            said.append(f"{name.lower()} ({len(kinds.counts)}{more} different)")
    return said


def shown(listed: int, count: int, noun: str) -> str:
    """That a list holds the first ones only; empty if it holds all."""
    return "" if listed >= count else f"The first {listed:,} of {count:,} {noun} are listed."


def _share(share: float) -> str:
    """A share, without rounding a few down to none or all but a few up to all."""
    if 0 < share < 0.01:
        return "under 1%"
    return "over 99%" if 0.99 < share < 1 else f"{share:.0%}"
