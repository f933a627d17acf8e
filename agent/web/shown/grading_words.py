"""What pages say of grading jobs: titles, states, estimates, progress, outcomes, faults. Pure."""

from agent.report import words
from agent.web.work.desk import STOPPED
from agent.web.work.jobs import GradingJob
from agent.web.work.messages import Estimated, Outcome, Progressed
from agent.web.work.orders import GradingOrder
from agent.web.work.records import WorkState

Pair = tuple[str, str]
"""A name and what stands behind it."""
MOST_TITLE = 80
_STATES = {
    WorkState.collecting: "Not started yet",
    WorkState.estimating: "Reckoning what it takes",
    WorkState.ready: "Ready to start",
    WorkState.waiting: "Waiting for its turn; it begins by itself",
    WorkState.running: "Grading",
    WorkState.done: "Done",
    WorkState.stopped: "Stopped",
    WorkState.failed: "Failed",
}
FIELDS = {
    "samples": "Grades for each answer",
    "max_cost": "Most dollars",
    "max_tokens": "Most tokens",
    "price": "Price",
    "prompt": "The question",
    "reference": "Reference answer",
}


def title_of(job: GradingJob) -> str:
    """What a job is called: its title, or else what it is graded against."""
    if job.title:
        return words.one_line(job.title)
    return f"Grading: {against(job.order)}" if job.order else "New grading"


def against(order: GradingOrder) -> str:
    """What an order grades against, such as "card_fraud (senior)" or "rubric tcp.yaml"."""
    asked = order.scenario or words.cut(order.prompt or "", 60)
    if order.rubric:
        return f"rubric {order.rubric}" + (f" ({asked})" if asked else "")
    return f"{asked or 'the seven steps'} ({order.seniority.value})"


def stage_of(job: GradingJob) -> str:
    """How a job stands, in a word or two."""
    return _STATES[job.state].partition(";")[0]


def state_of(job: GradingJob) -> str:
    """How a job stands, in a few words and its message."""
    if job.message == STOPPED:
        return "Stopped by you; what is graded is kept"
    state = _STATES[job.state]
    return f"{state}: {job.message}" if job.message else state


def next_step(job: GradingJob) -> str:
    """What the button of an estimated job says; empty where there is nothing to begin."""
    if job.estimate is None or job.is_busy:
        return ""
    match job.state:
        case WorkState.ready:
            return "Start grading"
        case WorkState.stopped:
            return "Go on"
        case WorkState.failed:
            return "Try again"
        case WorkState.done if job.outcome and job.outcome.ungraded + job.outcome.partly:
            return "Grade again what is missing"
    return ""


def may_estimate(job: GradingJob, *, is_same: bool) -> bool:
    """Whether an estimate would say anything new; `is_same` is a form that was not changed."""
    told = job.state in (WorkState.ready, WorkState.done) and job.estimate is not None
    return not job.is_busy and not (is_same and told)


def hint(job: GradingJob) -> str:
    """What stands beside the button that estimates."""
    if not job.files:
        return "Upload answers first."
    return "Nothing is graded or spent before you press start."


def estimate_pairs(one: Estimated) -> list[Pair]:
    """What a run would take."""
    told = [f"{one.answers:,} in {words.count(one.files, 'file')}"]
    told += [f"{one.empty:,} of them empty"] if one.empty else []
    told += [f"{one.reused:,} graded before"] if one.reused else []
    pairs = [("Answers", ", ".join(told)), ("Grader", ", ".join(one.models))]
    if one.calls:
        tokens = (
            f"{one.input_tokens:,} in ({one.cached_tokens:,} cached), {one.output_tokens:,} out"
        )
        pairs += [("Calls", f"{one.calls:,}"), ("Tokens", f"about {tokens}")]
    pairs.append(("Cost", cost_of(one)))
    ignored = [f"{file}: {', '.join(names)}" for file, names in one.ignored.items()]
    pairs += [("Columns that are not read", "; ".join(ignored))] if ignored else []
    skipped = [f"{words.count(count, 'file')} {kind}" for kind, count in one.skipped.items()]
    pairs += [("Files that are not read", ", ".join(skipped))] if skipped else []
    return pairs


def cost_of(one: Estimated) -> str:
    """What a run would cost."""
    if not one.calls:
        return "nothing, as no model is asked"
    if one.cost is None or one.cost_uncached is None:
        return "price not known; give one under “Limits and price”"
    if one.cost == one.cost_uncached:
        return f"about {words.price(one.cost)}"
    return (
        f"about {words.price(one.cost)}, or {words.price(one.cost_uncached)} if the provider "
        "caches nothing"
    )


def progress_of(one: Progressed) -> str:
    """How far a run is, such as "20 of 50 answers; 1 partly, 2 not graded; 3 at work"."""
    told = [f"{one.done:,} of {words.count(one.total, 'answer')}"]
    told += [f"{one.reused:,} graded before"] if one.reused else []
    told += [f"{one.partly:,} only partly"] if one.partly else []
    told += [f"{one.ungraded:,} not graded"] if one.ungraded else []
    told += [f"{one.active:,} at work"] if one.active else []
    told += [f"{one.left:,} left"] if one.left else []
    if one.tokens:
        spent = f" and {words.price(one.cost)}" if one.cost else ""
        told.append(f"{one.tokens:,} tokens{spent} spent in this run")
    return "; ".join(told)


def outcome_pairs(one: Outcome, stale_reviews: int = 0) -> list[Pair]:
    """What stands in the results."""
    pairs = [
        ("Graded", f"{one.graded:,} of {one.answers:,}"),
        ("Mean score", words.percent(one.mean_percent, "none")),
    ]
    pairs += [("Partly graded", f"{one.partly:,}")] if one.partly else []
    pairs += [("Not graded", f"{one.ungraded:,}")] if one.ungraded else []
    pairs += [("With flags", f"{one.flagged:,}"), ("Reviewed", f"{one.reviewed:,}")]
    if stale_reviews:
        pairs.append(
            ("Reviews that count no longer, as the grading is another", f"{stale_reviews:,}")
        )
    return pairs
