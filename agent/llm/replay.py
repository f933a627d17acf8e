"""What a dialogue comes to with the replies that are there: its end, or what is asked next.

For calls that are answered hours later, such as those of OpenAI's Batch API. The same replies
always lead to the same place, so that nothing needs to be kept but them. It calls nobody and
keeps nothing; what is done about faults while somebody waits is decided in `agent.llm.caller`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from agent.errors import EngineError
from agent.frozen import Frozen
from agent.llm.caller import prompt_budget
from agent.llm.chat import Completion, Finish, Limits, Messages, Method, Shape, Traits
from agent.llm.dialect import Dialect
from agent.llm.dialogue import Ask, Dialogue
from agent.llm.faults import Kind, ModelError
from agent.llm.grading import StepRead
from agent.llm.structured import asking_for, corrected
from agent.llm.tries import Tries
from agent.ports import Graded
from agent.usage import ModelUsage

_ANSWERS = Limits().answers
_FAULTS = 3
"""So many times a passing fault is borne for one question."""


class Reply(Frozen):
    """What came back for a request: an answer, or a `fault` with its `message`."""

    text: str = ""
    finish: Finish = Finish.stop
    fault: Kind | None = None
    message: str = ""
    usage: ModelUsage | None = None


@dataclass(frozen=True)
class Asked:
    """A call that is to be made."""

    messages: Messages
    shape: Shape
    method: Method
    max_tokens: int
    dialect: Dialect


@dataclass(frozen=True)
class Replayed:
    """How far a dialogue came: `graded` at its end, before that what is `asked`.

    `method` is how structured answers were had, if any was.
    """

    graded: Graded | None = None
    asked: Asked | None = None
    method: Method | None = None


def replayed(
    dialogue: Dialogue,
    replies: Iterable[Reply],
    name: str,
    traits: Traits,
    dialect: Dialect,
    *,
    over: str | None = None,
) -> Replayed:
    """The place to which these replies lead; with `over` nothing more is asked, for this reason.

    `name`, `traits` and `dialect` are those of the model, as known before the first reply.
    """
    way = _Way(name, traits, dialect)
    left = iter(replies)
    advance: Callable[[], Ask] = partial(next, dialogue)
    while True:
        try:
            ask = advance()
        except StopIteration as end:
            return Replayed(graded=end.value, method=way.worked)
        try:
            answer = way.answer(ask, left)
        except EngineError as error:
            advance = partial(dialogue.throw, error)
            continue
        if isinstance(answer, StepRead):
            advance = partial(dialogue.send, answer)
        elif over is None:
            dialogue.close()
            return Replayed(asked=answer)
        else:
            advance = partial(dialogue.throw, EngineError(over))


class _Way:
    """How the model is asked, which its replies may change."""

    def __init__(self, name: str, traits: Traits, dialect: Dialect) -> None:
        self._name = name
        self._context = traits.context
        self._methods = list(traits.methods)
        self._dialect = dialect
        self.worked: Method | None = None

    def answer(self, ask: Ask, replies: Iterator[Reply]) -> StepRead | Asked:
        """The first answer that can be used, or what is to be asked for one.

        Raises EngineError if there is none to be had.
        """
        faults = 0
        tries = Tries(self._name, ask.parse, most=_ANSWERS, max_tokens=ask.max_tokens)
        while True:
            method = self._methods[0]
            # Also if the reply is there: making the prompt tells whether the text was condensed.
            messages = ask.prompt(prompt_budget(self._context, tries.max_tokens))
            reply = next(replies, None)
            if reply is None:
                messages = asking_for(messages, ask.shape, method)
                messages = corrected(messages, tries.reason) if tries.reason else messages
                return Asked(messages, ask.shape, method, tries.max_tokens, self._dialect)
            if reply.fault is not None:
                fault = ModelError(reply.fault, reply.message)
                faults += fault.is_passing
                if faults >= _FAULTS or not (fault.is_passing or self._learns(fault)):
                    raise EngineError(f"{self._name}: {fault}")
                continue
            found = tries.found(
                Completion(reply.text, reply.finish),
                method,
                worked=self.worked,
                most_tokens=None,
                give_up=self._turns_from,
            )
            if found is not None:
                self.worked = method
                return found

    def _learns(self, fault: ModelError) -> bool:
        """Ask in another way from now on; False if the fault speaks of none of it."""
        if fault.kind not in (Kind.request, Kind.unsupported):
            return False
        fitting = self._dialect.after(fault.message)
        if fitting is not None:
            self._dialect = fitting
            return True
        return fault.kind is Kind.unsupported and self._turns_from(self._methods[0])

    def _turns_from(self, method: Method) -> bool:
        """Take the next way of getting structured answers; False if there is none."""
        if len(self._methods) == 1:
            return False
        self._methods.remove(method)
        return True
