"""Which criteria of an interview may be judged: those that it came to. Pure.

A step was come to when it was entered and the candidate took a turn there, be it only to pass
on the question, or when the candidate took it up himself: he said so, or met half of its
criteria. Beyond that, a criterion to which the candidate spoke, be it with a red flag, is judged
wherever it belongs.
"""

from agent.interview.state import InterviewState
from agent.rubric import Rubric, Step
from agent.transcript import Party


def assessed_criteria(rubric: Rubric, state: InterviewState) -> tuple[str, ...]:
    """The ids of the criteria that may be judged, in the rubric's order."""
    if not state.transcript.answers():
        return ()
    raised = {sighting.flag for _, sighting in state.flags}
    spoken_to = {flag.criterion for flag in rubric.red_flags() if flag.id in raised}
    reached = {
        criterion.id
        for step in rubric.steps
        for criterion in step.criteria
        if criterion.id in (state.seen.keys() | spoken_to) or _is_reached(step, state)
    }
    if rubric.overall:
        reached |= {
            criterion.id
            for criterion in rubric.overall.criteria
            if criterion.when == "always" or state.curveball_turn is not None
        }
    return tuple(criterion.id for criterion in rubric.criteria() if criterion.id in reached)


def _is_reached(step: Step, state: InterviewState) -> bool:
    taken = any(turn.speaker is Party.candidate and turn.step == step.id for turn in state.turns)
    met = sum(criterion.id in state.seen for criterion in step.criteria)
    return taken or step.id in state.topics or met * 2 >= len(step.criteria)
