"""What all chat models around another one have in common: they are called as it is.

What each adds to a call is its own business.
"""

from collections.abc import AsyncIterator

from agent.llm.chat import Chat, Messages, Piece, Traits


class Around:
    """A chat model around another one; whoever inherits from it adds `complete`."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    @property
    def name(self) -> str:
        """The provider and model."""
        return self._chat.name

    @property
    def traits(self) -> Traits:
        """What is known of the model beforehand."""
        return self._chat.traits

    def stream(self, messages: Messages, *, max_tokens: int) -> AsyncIterator[Piece]:
        """An answer in pieces, as they come; raises ModelError, also in the middle."""
        return self._chat.stream(messages, max_tokens=max_tokens)

    async def close(self) -> None:
        """Close what the model keeps open."""
        await self._chat.close()
