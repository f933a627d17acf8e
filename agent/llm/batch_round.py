"""What is done for a round of batches: upload, hand in, ask about, fetch.

Each step is written down before the next, so that a round whose process ended goes on where it
was. The steps' order and the waiting between them are those of `agent.llm.openai_batch`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

import openai
from openai.types import Batch

from agent.errors import EngineUnavailableError, SevenstepError
from agent.llm.batch_state import Part, RoundFiles, RoundState, whole
from agent.llm.faults import Kind, ModelError, fault_of
from agent.llm.patience import closing
from agent.llm.redact import HIDDEN, redacted

_T = TypeVar("_T")
_LABEL = "sevenstep"
_ENDED = ("completed", "failed", "expired", "cancelled")
_FULL_SIGNS = ("token_limit_exceeded", "request_limit_exceeded", "enqueued")
_QUOTA_SIGNS = ("insufficient_quota", "billing")
_PAGE = 100
_SHORTEST_KEY = 8
_AGAIN = "run the same command again"
_GOOD = b'"status_code": 200'
_NO_API = "choose a provider that has OpenAI's Batch API, and the key that the round began with"
_REMEDY = {Kind.model: _NO_API, Kind.unsupported: _NO_API, Kind.request: _NO_API}
_GOES_ON = f"what was submitted goes on at the provider; {_AGAIN} to collect it"


@dataclass(frozen=True)
class BatchOptions:
    """How requests are split, and how long is waited, in seconds.

    `failures` in a row are borne before the user is told. A file holds less than OpenAI's limit
    of 200 MB.
    """

    most_requests: int = 50_000
    most_bytes: int = 190_000_000
    completion_window: str = "24h"
    endpoint: str = "/v1/chat/completions"
    first_pause: float = 5.0
    longest_pause: float = 60.0
    failures: int = 10


@dataclass(frozen=True)
class BatchProgress:
    """How many requests of a round were handed in, answered and refused, out of `total`."""

    submitted: int
    completed: int
    failed: int
    total: int


class _FullError(Exception):
    """The provider takes no more batches before others are done."""


class Round:
    """A round while it is worked on. It changes `state`, and saves each change."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        files: RoundFiles,
        state: RoundState,
        options: BatchOptions,
        sleep: Callable[[float], Awaitable[None]],
        told: Callable[[BatchProgress], None],
    ) -> None:
        self._client = client
        self._files = files
        self._state = state
        self._options = options
        self._sleep = sleep
        self._told = told
        self._full_with: int | None = None
        """How many parts were saved when the provider's queue was found full."""

    async def advance(self) -> None:
        """Do for each part what can be done now.

        Raises FileError, and EngineUnavailableError if the user must decide.
        """
        for number, part in enumerate(self._state.parts, 1):
            if part.saved:
                continue
            if part.batch is not None:
                await self._ask(number, part)
            elif self._full_with is None or self._full_with < self._saved:
                await self._submit(number, part)
        self._tell()

    @property
    def _saved(self) -> int:
        return sum(part.saved for part in self._state.parts)

    def _tell(self) -> None:
        parts = self._state.parts
        self._told(
            BatchProgress(
                submitted=sum(part.requests for part in parts if part.batch is not None),
                completed=sum(part.completed for part in parts),
                failed=sum(part.failed for part in parts),
                total=sum(part.requests for part in parts),
            )
        )

    async def _submit(self, number: int, part: Part) -> None:
        if part.upload is None:
            upload = partial(self._uploaded, number)
            part.upload = await self._patiently("uploading the requests", upload)
            self._files.save(self._state)
        try:
            create = partial(self._created, number, part, part.upload)
            batch = await self._patiently("creating a batch", create)
        except _FullError as error:
            self._wait_for_room(str(error))
            return
        part.batch = batch.id
        self._files.save(self._state)
        self._tell()

    async def _uploaded(self, number: int) -> str:
        path = self._files.requests(number)
        # An open file is sent in pieces; a path would be read into memory.
        with self._files.opened(number) as source:
            file = await self._client.files.create(
                file=(path.name, source, "application/jsonl"), purpose="batch"
            )
        return file.id

    async def _created(self, number: int, part: Part, upload: str) -> Batch:
        label = f"{self._state.id}-{number:04}"
        if part.tried:
            async for batch in self._client.batches.list(limit=_PAGE):
                if (batch.metadata or {}).get(_LABEL) == label and batch.status != "failed":
                    return batch
        else:
            part.tried = True
            self._files.save(self._state)
        try:
            return await self._client.batches.create(
                input_file_id=upload,
                endpoint=self._options.endpoint,  # type: ignore[arg-type]
                completion_window=self._options.completion_window,  # type: ignore[arg-type]
                metadata={_LABEL: label},
            )
        except openai.APIStatusError as error:
            fault = fault_of(error)
            if _has(_FULL_SIGNS, f"{fault} {error.code}"):
                raise _FullError(fault.message) from error
            raise

    async def _ask(self, number: int, part: Part) -> None:
        ask = partial(self._client.batches.retrieve, part.batch or "")
        batch = await self._patiently("asking about a batch", ask)
        if batch.request_counts is not None:
            part.completed = batch.request_counts.completed or 0
            part.failed = batch.request_counts.failed or 0
        if batch.status not in _ENDED:
            return
        told = _told(batch)
        if batch.status == "failed" and _has(_FULL_SIGNS + _QUOTA_SIGNS, told):
            # It cost nothing, and may be handed in again when there is room or money.
            part.batch, part.tried = None, False
            self._files.save(self._state)
            if _has(_QUOTA_SIGNS, told):
                fault = ModelError(Kind.quota, told)
                raise EngineUnavailableError(f"the batch failed: {fault}; {fault.remedy}")
            self._wait_for_room(told)
            return
        part.problem = self._without_key(f"the batch {batch.status} without a reply; {told}")
        for file, path in (
            (batch.output_file_id, self._files.output(number)),
            (batch.error_file_id, self._files.errors(number)),
        ):
            fetch = partial(self._fetch, file, path)
            await self._patiently("fetching the replies", fetch)
        part.failed = part.requests - part.completed  # those without a reply, too
        part.saved = True
        self._files.save(self._state)

    def _wait_for_room(self, told: str) -> None:
        """Hand nothing in until another batch of this round is done; there must be one."""
        if all(part.batch is None or part.saved for part in self._state.parts):
            fault = ModelError(Kind.rate_limit, told)
            raise EngineUnavailableError(
                f"the provider takes no more batches now: {fault}; wait until others are done, "
                f"then {_AGAIN}"
            )
        self._full_with = self._saved

    async def _fetch(self, file: str | None, path: Path) -> None:
        """Save a file of replies; a batch without such a file gets an empty one."""
        with whole(path) as write:
            if file is None:
                return
            content = self._client.files.with_streaming_response.content
            async with content(file) as response, closing(_lines(response.iter_bytes())) as lines:
                async for line in lines:
                    write(self._clean(line))

    def _clean(self, line: bytes) -> bytes:
        """The line without keys; servers like to send them back when they refuse them."""
        if _GOOD in line:
            # The model's words, which nothing but the very key may change.
            key = self._client.api_key.encode()
            return line.replace(key, HIDDEN.encode()) if len(key) > _SHORTEST_KEY else line
        return self._without_key(line.decode(errors="replace")).encode()

    def _without_key(self, text: str) -> str:
        return redacted(redacted(text), {"CLIENT_API_KEY": self._client.api_key})

    async def _patiently(self, doing: str, call: Callable[[], Awaitable[_T]]) -> _T:
        """The call's result; what passes is waited out. Raises EngineUnavailableError."""
        pause = self._options.first_pause
        for failures in count(1):
            try:
                return await call()
            except (SevenstepError, _FullError):
                raise
            except Exception as error:
                fault = fault_of(error)
                if not fault.is_passing:
                    raise EngineUnavailableError(
                        f"{doing}: {fault}; {_REMEDY.get(fault.kind, fault.remedy)}"
                    ) from error
                if failures >= self._options.failures:
                    raise EngineUnavailableError(
                        f"{doing} failed {failures} times in a row: {fault}; {_GOES_ON}"
                    ) from error
            wait = min(max(pause, fault.retry_after or 0.0), self._options.longest_pause)
            await self._sleep(wait)
            pause = min(2 * pause, self._options.longest_pause)
        raise AssertionError("a count has no end")


async def _lines(parts: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """The lines with their ends. Splitting text would cut at characters that JSON may hold."""
    rest = b""
    async for part in parts:
        *whole_lines, rest = (rest + part).split(b"\n")
        for line in whole_lines:
            yield line + b"\n"
    if rest:
        yield rest + b"\n"


def _has(signs: tuple[str, ...], told: str) -> bool:
    low = told.lower()
    return any(sign in low for sign in signs)


def _told(batch: Batch) -> str:
    """What the provider says of a batch, mostly of one that failed."""
    problems = (batch.errors.data if batch.errors is not None else None) or []
    told = "; ".join(
        f"{problem.message or 'no reason given'} ({problem.code or 'no code'}"
        + (f", line {problem.line})" if problem.line else ")")
        for problem in problems[:3]
    )
    return told or "no reason was given"
