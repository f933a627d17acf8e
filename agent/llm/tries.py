"""The tries at one usable answer: what was wrong with the last, and what the next may be.

It calls nobody: live calls (`agent.llm.caller`) and replies that came hours ago
(`agent.llm.replay`) go by the same rules.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from agent.errors import EngineError
from agent.llm.chat import Completion, Finish, Method
from agent.llm.structured import UnusableAnswerError, object_in

_T = TypeVar("_T")

REFUSALS = {
    Finish.refusal: "the model refused to answer",
    Finish.content_filter: "the provider's content filter cut the answer off",
}


class Tries(Generic[_T]):
    """The tries at an answer that `parse` takes.

    `reason` says what was wrong with the last one, `max_tokens` how long the next may be.
    """

    def __init__(
        self, name: str, parse: Callable[[dict[str, Any], bool], _T], *, most: int, max_tokens: int
    ) -> None:
        """`name` is the model's, `most` the number of tries."""
        self._name = name
        self._parse = parse
        self._most = most
        self._number = 0
        self._unheeded: Method | None = None
        self.reason = ""
        self.max_tokens = max_tokens

    def found(
        self,
        completion: Completion,
        method: Method,
        *,
        worked: Method | None,
        most_tokens: int | None,
        give_up: Callable[[Method], object],
    ) -> _T | None:
        """What an answer holds; None if it cannot be used and there is another try.

        `worked` is the way by which an answer was had before; another one that is not heeded twice
        is given up. `most_tokens` bounds how long an answer may become that was cut off. Raises
        EngineError after the last try.
        """
        self._number += 1
        last = self._number == self._most
        try:
            return self._parse(_object(completion, last), last)
        except ValueError as error:
            self.reason = str(error) or type(error).__name__
            if completion.finish is Finish.length:
                doubled = 2 * self.max_tokens
                bounded = doubled if most_tokens is None else min(doubled, most_tokens)
                self.max_tokens = max(self.max_tokens, bounded)
            elif completion.finish is Finish.stop and completion.text.strip():
                if self._unheeded is method and worked is not method:
                    # A server may accept a form of answer and not heed it.
                    give_up(method)
                self._unheeded = method
            if last:
                told = f"{self._name}: no usable answer in {self._most}: {self.reason}"
                raise EngineError(told) from error
        return None


def _object(completion: Completion, last: bool) -> dict[str, Any]:
    """The JSON object of an answer, mended on the last try; raises UnusableAnswerError."""
    if completion.finish in REFUSALS:
        raise UnusableAnswerError(REFUSALS[completion.finish])
    if not completion.text.strip():
        raise UnusableAnswerError("it is empty")
    if completion.finish is Finish.length:
        raise UnusableAnswerError("it was cut off before its end")
    return object_in(completion.text, mend=last)
