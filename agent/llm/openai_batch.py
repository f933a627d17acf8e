"""OpenAI's Batch API: many requests at half the price, answered within a day.

A round is a named set of requests. It may be killed at any point and gone on with by the same
call: its state lies in a folder (`agent.llm.batch_state`), and what was submitted once is never
submitted again (`agent.llm.batch_round`). How a line reads stands in `agent.llm.batch_lines`;
what the requests are for is not known here.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from pathlib import Path

import openai

from agent.llm.batch_lines import BatchReply, BatchRequest, replies, request_line
from agent.llm.batch_round import BatchOptions, BatchProgress, Round
from agent.llm.batch_state import RoundFiles

__all__ = ["BatchOptions", "BatchProgress", "BatchReply", "BatchRequest", "Batches"]

_PATIENCE = openai.Timeout(600.0, connect=30.0)
"""A large file takes its time, also at the provider's."""
_GROWTH = 1.5


class Batches:
    """Rounds of batches in a folder. One process at a time may work on a round."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        folder: Path,
        options: BatchOptions | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        told: Callable[[BatchProgress], None] = lambda _: None,
    ) -> None:
        # The client's own retries would create a batch twice when only its answer was lost.
        self._client = client.with_options(max_retries=0, timeout=_PATIENCE)
        self._folder = folder
        self._options = options or BatchOptions()
        self._sleep = sleep
        self._told = told

    async def run(self, name: str, requests: Iterable[BatchRequest]) -> AsyncGenerator[BatchReply]:
        """One reply for each request, as they come in, each time that this is called.

        A round that was begun goes on, and `requests` is not read again once all of it is on
        disk. Raises FileError for what cannot be read or written, EngineUnavailableError if the
        user must decide; the round is kept.
        """
        files = RoundFiles(self._folder, name)
        state = files.load()
        if state is None or not state.written:
            state = await files.write(
                (request_line(request, self._options.endpoint) for request in requests),
                most_requests=self._options.most_requests,
                most_bytes=self._options.most_bytes,
            )
        work = Round(self._client, files, state, self._options, self._sleep, self._told)
        given: set[int] = set()
        pause = self._options.first_pause
        while True:
            await work.advance()
            for number, part in enumerate(state.parts, 1):
                if not part.saved or number in given:
                    continue
                given.add(number)
                answers = files.lines(files.output(number), files.errors(number))
                for reply in replies(files.lines(files.requests(number)), answers, part.problem):
                    yield reply
            if len(given) == len(state.parts):
                break
            await self._sleep(pause)
            pause = min(pause * _GROWTH, self._options.longest_pause)
        if not state.done:
            state.done = True
            files.save(state)

    async def pending(self, name: str) -> bool:
        """Whether a round of this name was begun and not all its replies were had.

        Raises FileError.
        """
        state = RoundFiles(self._folder, name).load()
        return state is not None and not state.done

    def forget(self, name: str) -> None:
        """Delete a round's files; batches of one that is not done go on and are paid.

        Raises FileError.
        """
        RoundFiles(self._folder, name).forget()
