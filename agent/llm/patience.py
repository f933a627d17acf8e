"""Waits for the pieces of a stream, but not forever."""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from agent.llm.chat import Limits

_T = TypeVar("_T")


async def patiently(pieces: AsyncIterator[_T], limits: Limits) -> AsyncIterator[_T]:
    """The pieces as they come; TimeoutError if the first or the next takes too long."""
    wait = limits.first_token
    while True:
        async with asyncio.timeout(wait):
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
        wait = limits.between_tokens
        yield piece
