"""Which criteria of an interview may be judged: those that it came to.

A criterion was come to when its step was entered and the candidate took a turn there, be it
only to pass on the question, or when the candidate spoke to it anywhere. Pure.
"""

from agent.interview.state import InterviewState
from agent.rubric import Rubric
from agent.transcript import Party


def assessed_criteria(rubric: Rubric, state: InterviewState) -> tuple[str, ...]:
    """The ids of the criteria that may be judged, in the rubric's order."""
    if not state.transcript.answers():
        return ()
    answered = {turn.step for turn in state.turns if turn.speaker is Party.candidate}
    reached = {
        criterion.id
        for step in rubric.steps
        for criterion in step.criteria
        if step.id in answered or criterion.id in state.seen
    }
    if rubric.overall:
        reached |= {
            criterion.id
            for criterion in rubric.overall.criteria
            if criterion.when == "always" or state.curveball_turn is not None
        }
    return tuple(criterion.id for criterion in rubric.criteria() if criterion.id in reached)
