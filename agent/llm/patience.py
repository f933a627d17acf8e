"""Waits for the pieces of a stream, but not forever, and lets go of it in the end."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from agent.llm.chat import Limits

_T = TypeVar("_T")


async def patiently(pieces: AsyncIterator[_T], limits: Limits) -> AsyncGenerator[_T]:
    """The pieces as they come; TimeoutError if the first or the next takes too long."""
    wait = limits.first_token
    async with closing(pieces):
        while True:
            async with asyncio.timeout(wait):
                try:
                    piece = await anext(pieces)
                except StopAsyncIteration:
                    return
            wait = limits.between_tokens
            yield piece


@asynccontextmanager
async def closing(pieces: AsyncIterator[_T]) -> AsyncGenerator[AsyncIterator[_T]]:
    """The pieces; what sends them is closed at once, also if not all were wanted."""
    try:
        yield pieces
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
