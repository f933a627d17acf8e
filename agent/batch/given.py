"""Answers that a program hands over, in the place of files."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from agent.batch.answer import Answer
from agent.batch.inputs import Tally
from agent.errors import InputError


class Given:
    """Answers at hand. Raises InputError for none, or for an id that stands twice."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        if not answers:
            raise InputError("there are no answers to grade")
        for name, count in Counter(answer.id for answer in answers).items():
            if count > 1:
                raise InputError(f"the id {name!r} stands {count} times; each must be unique")
        self._answers = tuple(answers)

    def check(self, look: Callable[[Answer], object] = lambda _: None) -> Tally:
        """How many there are; `look` is shown each of them."""
        for answer in self._answers:
            look(answer)
        texts = [turn for answer in self._answers for turn in answer.turns]
        return Tally(
            answers=len(self._answers),
            characters=sum(map(len, texts)),
            empty=sum(not any(turn.strip() for turn in one.turns) for one in self._answers),
        )

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._answers)

    def close(self) -> None:
        """There is nothing to let go of."""
