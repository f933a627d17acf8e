"""From an interview's state to what its grader and its score need. Pure."""

from collections.abc import Sequence

from agent.grading.assessed import assessed_criteria
from agent.grading.scoring import Sitting
from agent.interview.state import InterviewState
from agent.ports import Grading
from agent.rubric import Rubric
from agent.scorecard import Review


def grading_of(rubric: Rubric, state: InterviewState) -> Grading:
    """What the grader is given."""
    return Grading(
        transcript=state.transcript,
        assessed=assessed_criteria(rubric, state),
        asked_facts=tuple(state.facts.items()),
        curveball=state.curveball,
        curveball_turn=state.curveball_turn,
        notes=state.quotes,
    )


def sitting_of(state: InterviewState, reviews: Sequence[Review] = ()) -> Sitting:
    """What the score needs to know of the interview."""
    return Sitting(
        transcript=state.transcript,
        seniority=state.options.level,
        ledger=state.ledger,
        asked_facts=tuple(state.facts),
        step_seconds=dict(state.seconds),
        step_turns=dict(state.step_turns),
        unobserved_turns=state.unobserved,
        reviews=tuple(reviews),
    )
