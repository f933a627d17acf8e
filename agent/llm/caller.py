"""Calls a model until there is an answer that can be used, or it is clear that there is none.

The one place for retries, waiting, choosing how structured answers are had, staying inside the
context, measuring and tracing. Which answer can be used is decided in `agent.llm.tries`; what a
prompt says and what an answer means is the business of observer, speaker and grader.

Two kinds of failure leave here. EngineUnavailableError: the model cannot be reached or used,
and the user must decide. EngineError: it answers, but not usably; the work goes on without.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeVar

from agent.errors import EngineError, EngineUnavailableError
from agent.llm.chat import (
    Chat,
    Completion,
    Finish,
    Limits,
    Messages,
    Method,
    Piece,
    Shape,
    Tokens,
)
from agent.llm.faults import Kind, ModelError
from agent.llm.meter import Meter
from agent.llm.patience import closing
from agent.llm.structured import asking_for, corrected
from agent.llm.trace import Trace
from agent.llm.tries import REFUSALS, Tries

_T = TypeVar("_T")
Prompt = Callable[[int], Messages]
"""Makes the messages for a budget in tokens: the whole context less the answer."""

_UNKNOWN_CONTEXT = 32_000
_LEAST_CONTEXT = 2_000
_KEPT_TOO_LONG = 0.1
_LASTING = frozenset({Kind.key, Kind.quota, Kind.model, Kind.unsupported})
"""Faults that other calls would meet as well."""
_FIRST_ATTEMPTS = 4
"""A server that has never answered is mostly not there."""


@dataclass
class _Learnt:
    """What has been found out about a model in use."""

    methods: list[Method]
    context: int
    worked: Method | None = None
    has_answered: bool = False


class Caller:
    """A model with the patience to use it. One for each interview and model, or for each batch."""

    def __init__(
        self,
        chat: Chat,
        limits: Limits,
        meter: Meter,
        *,
        trace: Trace | None = None,
        priced: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._chat = chat
        self._limits = limits
        self._meter = meter
        self._trace = trace
        self._priced = priced
        self._sleep = sleep
        self._chance = chance
        self._seed: int | None = None
        self._learnt = _Learnt(
            methods=list(chat.traits.methods), context=chat.traits.context or _UNKNOWN_CONTEXT
        )

    def measured_by(self, meter: Meter) -> "Caller":
        """The same caller, knowing all that this one learns, with a meter of its own."""
        other = copy(self)
        other._meter = meter
        return other

    def seeded(self, seed: int | None) -> "Caller":
        """The same caller, knowing all that this one learns, whose answers are had with a seed."""
        other = copy(self)
        other._seed = seed
        return other

    @property
    def name(self) -> str:
        """The model."""
        return self._chat.name

    @property
    def method(self) -> Method | None:
        """How structured answers have been had so far; None before the first."""
        return self._learnt.worked

    async def structured(
        self,
        task: str,
        prompt: Prompt,
        shape: Shape,
        parse: Callable[[dict[str, Any], bool], _T],
        *,
        max_tokens: int,
    ) -> _T:
        """An answer of this shape.

        `parse` takes the object and whether this is the last try, and raises ValueError for
        what cannot be used. Raises EngineError or EngineUnavailableError.
        """
        limits = self._limits
        tries = Tries(self.name, parse, most=limits.answers, max_tokens=max_tokens)
        while True:
            completion, method = await self._complete(
                task, prompt, shape, tries.max_tokens, tries.reason
            )
            found = tries.found(
                completion,
                method,
                worked=self._learnt.worked,
                most_tokens=self._learnt.context // 2,
                give_up=self._give_up,
            )
            if found is not None:
                self._learnt.worked = method
                return found

    async def text(self, task: str, prompt: Prompt, *, max_tokens: int) -> AsyncGenerator[str]:
        """An answer as it streams in.

        Raises EngineUnavailableError before the first piece; EngineError if the answer is
        refused or empty, or breaks off after it has begun.
        """
        tries = 0
        while True:
            context = self._learnt.context
            began, messages = time.monotonic(), prompt(self._budget(max_tokens))
            said: list[str] = []
            ending: Piece = Piece()
            fault: str | None = None
            try:
                async with closing(self._chat.stream(messages, max_tokens=max_tokens)) as pieces:
                    async for piece in pieces:
                        ending = Piece(
                            "", piece.finish or ending.finish, piece.tokens or ending.tokens
                        )
                        if piece.text:
                            said.append(piece.text)
                            yield piece.text
            except ModelError as error:
                fault = f"{error.kind}: {error}"
                if said:
                    raise EngineError(f"{self.name}: the answer broke off ({error})") from error
                tries += error.is_passing
                await self._wait_or_raise(error, tries, context)
                continue
            finally:
                # Also when the reader has heard enough and closes the stream.
                if said or fault is None:
                    self._measure(ending.tokens, messages, "".join(said))
                self._write(task, messages, "".join(said), began, fault, ending.tokens)
            if ending.finish in REFUSALS:
                raise EngineError(f"{self.name}: {REFUSALS[ending.finish]}")
            if not "".join(said).strip():
                raise EngineError(f"{self.name}: the answer is empty")
            if ending.finish is Finish.length:
                raise EngineError(f"{self.name}: the answer was cut off before its end")
            return

    async def _complete(
        self, task: str, prompt: Prompt, shape: Shape, max_tokens: int, reason: str
    ) -> tuple[Completion, Method]:
        """One answer, whatever it holds, and how it was had; a passing fault is waited out."""
        tries = 0
        while True:
            method, context = self._learnt.methods[0], self._learnt.context
            messages = asking_for(prompt(self._budget(max_tokens)), shape, method)
            messages = corrected(messages, reason) if reason else messages
            began = time.monotonic()
            try:
                completion = await self._chat.complete(
                    messages, shape=shape, method=method, max_tokens=max_tokens, seed=self._seed
                )
            except ModelError as error:
                self._write(task, messages, "", began, f"{error.kind}: {error}", None)
                if error.kind is Kind.unsupported and self._give_up(method):
                    continue
                if error.kind is Kind.filtered:
                    return Completion("", Finish.content_filter), method
                tries += error.is_passing
                await self._wait_or_raise(error, tries, context)
                continue
            self._learnt.has_answered = True
            self._measure(completion.tokens, messages, completion.text)
            self._write(task, messages, completion.text, began, None, completion.tokens)
            return completion, method

    def _budget(self, max_tokens: int) -> int:
        return prompt_budget(self._learnt.context, max_tokens)

    def _give_up(self, method: Method) -> bool:
        """Turn to the next way of getting structured answers; False if there is none."""
        if len(self._learnt.methods) > 1 and self._learnt.methods[0] is method:
            self._learnt.methods.pop(0)
            return True
        return self._learnt.methods[0] is not method

    async def _wait_or_raise(self, fault: ModelError, tries: int, context: int) -> None:
        """Wait before the next try, or raise EngineUnavailableError if there shall be none.

        `context` is what the call that failed reckoned with; others may have failed meanwhile.
        """
        if fault.kind is Kind.context and context // 2 >= _LEAST_CONTEXT:
            self._learnt.context = min(self._learnt.context, context // 2)
            return
        if fault.kind is Kind.filtered:
            raise EngineError(f"{self.name}: {REFUSALS[Finish.content_filter]}") from fault
        is_absent = fault.kind is Kind.connection and not self._learnt.has_answered
        attempts = self._limits.attempts
        attempts = min(attempts, _FIRST_ATTEMPTS) if is_absent else attempts
        wait = self._limits.backoff * 2 ** (tries - 1) * (0.5 + self._chance())
        if fault.kind is Kind.connection and tries == 1:
            wait *= _KEPT_TOO_LONG  # the server had closed a connection that was kept
        if fault.retry_after is not None:
            wait = fault.retry_after + self._limits.backoff * self._chance() / 2
        too_long = wait > self._limits.longest_wait
        if not fault.is_passing or tries >= attempts or too_long:
            raise EngineUnavailableError(
                f"{self.name}: {fault}; {fault.remedy}",
                lasting=fault.kind in _LASTING or is_absent,
            ) from fault
        await self._sleep(wait)

    def _measure(self, tokens: Tokens | None, messages: Messages, text: str) -> None:
        self._meter.called(self.name, tokens, messages, text, priced=self._priced)

    def _write(
        self,
        task: str,
        messages: Messages,
        reply: str,
        began: float,
        fault: str | None,
        tokens: Tokens | None,
    ) -> None:
        if self._trace is None:
            return
        entry: dict[str, Any] = {
            "task": task,
            "model": self.name,
            "seconds": round(time.monotonic() - began, 3),
            "messages": [{"role": one.role, "content": one.text} for one in messages],
            "reply": reply,
        }
        if fault is not None:
            entry["fault"] = fault
        if tokens is not None:
            entry["tokens"] = {
                "input": tokens.input, "cached": tokens.cached, "output": tokens.output
            }  # fmt: skip
        self._trace.write(entry)


def prompt_budget(context: int | None, max_tokens: int) -> int:
    """The tokens that a prompt may take in a context that also holds the answer."""
    known = context or _UNKNOWN_CONTEXT
    return max(known - max_tokens, known // 2)
