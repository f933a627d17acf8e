"""Models that stay within a limit in everything that is asked of them, streams as well.

How a budget counts stands in `agent.llm.budget`, what is done when it is used up in
`evals.selfplay.play`.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

from agent.llm.budget import Budgeted, Purse
from agent.llm.chat import Chat, Messages, Piece, Tokens
from agent.llm.engine import Connected
from agent.llm.patience import closing
from agent.llm.prices import Price
from agent.llm.tokens import count


class BudgetedStreams(Budgeted):
    """A chat model that asks a purse before each call, be it a stream."""

    async def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """An answer in pieces; raises ModelError, or BudgetReachedError before the first."""
        await self._purse.begin()
        said: list[str] = []
        told: Tokens | None = None
        try:
            async with closing(super().stream(messages, max_tokens=max_tokens)) as pieces:
                async for piece in pieces:
                    said.append(piece.text)
                    told = piece.tokens or told
                    yield piece
        finally:
            # Whoever has heard enough closes the stream; what was said so far was paid for.
            text = "".join(said)
            if told is None and text:
                told = Tokens(sum(count(one.text) for one in messages), 0, count(text))
            await self._purse.end(
                told.input + told.output if told else 0,
                self._price(self.name, told) if told else None,
            )


def within(models: Connected, purse: Purse, price: Price) -> Connected:
    """The same models, asking the purse before each call; what one costs is told by the price."""
    speaker: Chat = BudgetedStreams(models.speaker, purse, price)
    observer = speaker
    if models.observer is not models.speaker:
        observer = BudgetedStreams(models.observer, purse, price)
    return replace(models, speaker=speaker, observer=observer, priced=True)
