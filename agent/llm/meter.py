"""Measures what an engine's work takes: calls, tokens, price, time to the first word."""

import time
from collections.abc import Callable

from agent.llm.chat import Messages, Tokens
from agent.llm.prices import Price, cost_usd
from agent.llm.tokens import count
from agent.usage import ModelUsage, Spent, summed


class Meter:
    """Adds up until it is read. One for each interview, or for each answer that is graded."""

    def __init__(
        self, seconds: Callable[[], float] = time.monotonic, price: Price = cost_usd
    ) -> None:
        self._seconds = seconds
        self._price = price
        self._models: list[ModelUsage] = []
        self._began: float | None = None
        self._first_word: float | None = None
        self._refused: list[str] = []

    def begin(self) -> None:
        """A message of the candidate is taken up; a second call changes nothing."""
        if self._began is None:
            self._began = self._seconds()

    def first_word(self) -> None:
        """The candidate sees the first words of the reply."""
        if self._began is not None and self._first_word is None:
            self._first_word = round(self._seconds() - self._began, 4)

    def refused(self, reason: str) -> None:
        """A sentence of the model's was not said."""
        self._refused.append(reason)

    def called(
        self, name: str, tokens: Tokens | None, messages: Messages, text: str, *, priced: bool
    ) -> None:
        """A call was made. Without `tokens` from the server they are counted here."""
        known = tokens or Tokens(
            input=sum(count(message.text) for message in messages), cached=0, output=count(text)
        )
        usage = ModelUsage(
            model=name,
            calls=1,
            input_tokens=known.input,
            cached_tokens=known.cached,
            output_tokens=known.output,
            cost_usd=self._price(name, known) if priced else None,
            estimated=tokens is None,
        )
        self._models = list(summed((*self._models, usage)))

    def read(self) -> Spent:
        """What was measured since the last reading.

        A turn's time goes on until its first word, though it may be read in between.
        """
        spent = Spent(
            models=tuple(self._models),
            first_word_seconds=self._first_word,
            refused=tuple(self._refused),
        )
        if self._first_word is not None:
            self._began = self._first_word = None
        self._models, self._refused = [], []
        return spent
