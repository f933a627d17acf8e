"""Grades a written answer under any rubric without a model: how much of what is wanted is said.

A baseline: it sees words, not truth. Which sentences count is decided in `agent.offline.sieve`,
what is wanted and how much of it they say in `agent.offline.gauges`.
"""

from collections.abc import Iterable, Sequence

from agent.answer_rubric import AnswerRubric, Rung
from agent.offline.gauges import gauges_of
from agent.offline.grader import NOT_ENGLISH, ORDERS
from agent.offline.score import worth
from agent.offline.sieve import Sieve, Sifted
from agent.ports import Evidence, Graded, GradedFlag, Verdict
from agent.transcript import Transcript, Turn

_MAX_QUOTES = 3
"""The weightiest sentences show what a level stands on; more would be the answer over again."""
_FLAG_LENGTH = 300
"""Of a turn that is flagged so much is shown: enough to find it."""
_UNREADABLE_SHARE = 0.3
"""With more than this in another language, too much may have been said that cannot be read."""


class WrittenGrader:
    """The offline grader of answers to one question. Building it costs; keep it.

    `reference` is how a full answer reads, if that is known; else the rubric's own counts.
    """

    def __init__(self, rubric: AnswerRubric, question: str, reference: str = "") -> None:
        question = question or rubric.question or ""
        reference = reference or rubric.reference or ""
        self._sieve = Sieve(rubric, question, reference)
        self._gauges = gauges_of(rubric, question, reference)
        self._scales = {criterion.id: criterion.scale for criterion in rubric.criteria}

    def grade(self, transcript: Transcript) -> Graded:
        """One verdict for each criterion, in the rubric's order, and the flags that were found."""
        answers = transcript.answers()
        sifted = self._sieve.sift(answers)
        if sifted.is_blank:
            return self._alike(0, "There is no answer to grade.")
        flags = [_flag(NOT_ENGLISH, turn) for turn in sifted.foreign[:1]]
        flags += [_flag(ORDERS, turn) for turn in sifted.ordering[:1]]
        if _length(sifted.foreign) > _UNREADABLE_SHARE * _length(answers):
            reason = "The offline engine reads English only, and much of the answer is not."
            return self._alike(None, reason, flags)
        verdicts = tuple(self._verdict(criterion, sifted) for criterion in self._gauges)
        return Graded(verdicts=verdicts, flags=tuple(flags))

    def _alike(self, level: int | None, reason: str, flags: Iterable[GradedFlag] = ()) -> Graded:
        return Graded(
            verdicts=tuple(
                Verdict(criterion=criterion, reason=reason, level=level)
                for criterion in self._gauges
            ),
            flags=tuple(flags),
        )

    def _verdict(self, criterion: str, sifted: Sifted) -> Verdict:
        gauge = self._gauges[criterion]
        said, result = sifted.said, gauge.score(sifted.said)
        if sifted.drawn:
            both = (*said, *sifted.drawn)
            # More words make each count less in a long answer; a diagram must not cost anything.
            if (with_drawn := gauge.score(both)).score > result.score:
                said, result = both, with_drawn
        level = level_for(result.score, self._scales[criterion])
        places = sorted(result.carriers, key=lambda at: (-result.carriers[at], at))
        quotes = [said[at] for at in sorted(places[:_MAX_QUOTES])] if level else []
        reason = result.reason
        if sifted.copied:
            reason += " What you copied from the question or the rubric does not count."
        return Verdict(
            criterion=criterion,
            evidence=tuple(Evidence(turn=one.turn, quote=one.quote) for one in quotes),
            reason=reason,
            level=level,
        )


def level_for(score: float, scale: Sequence[Rung]) -> int:
    """The level whose share of the points is nearest to a score of 0 to 1; of two, the lower."""
    return min(range(len(scale)), key=lambda at: (abs(worth(scale[at], scale) - score), at))


def _length(turns: Sequence[Turn]) -> int:
    return sum(len(turn.text) for turn in turns)


def _flag(name: str, turn: Turn) -> GradedFlag:
    return GradedFlag(flag=name, turn=turn.index, quote=turn.text.strip()[:_FLAG_LENGTH])
