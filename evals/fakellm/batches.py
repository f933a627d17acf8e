"""The batches of the fake endpoint, as OpenAI's Batch API has them.

A batch advances when it is asked about, and by nothing else, so that tests need not wait. What
its requests are answered is the business of the server, where their files lie that of
`evals.fakellm.files`.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

from aiohttp import web

from evals.fakellm.chat import ChatRequest, parse_request
from evals.fakellm.errors import ChatError
from evals.fakellm.files import Files, StoredFile

Fate: TypeAlias = Literal["expire", "fail"]
"""What may become of a batch: it runs out of time halfway, or its file is not accepted."""

_ENDPOINT = "/v1/chat/completions"
_WINDOW = "24h"
_MOST_REQUESTS = 50_000
_ENDED = ("completed", "failed", "expired", "cancelled")
_UNDONE = {
    "expired": {
        "code": "batch_expired",
        "message": "This request could not be executed before the completion window expired.",
    },
    "cancelled": {
        "code": "batch_cancelled",
        "message": "The batch was cancelled before this request was executed.",
    },
}
_LISTED, _MOST_LISTED = 20, 100
_SHARED_EVERY = 50


@dataclass
class _Batch:
    """A batch and how far it is."""

    number: int
    input: StoredFile
    metadata: Mapping[str, str] | None
    headers: Mapping[str, str]
    output: StoredFile
    errors: StoredFile
    status: str = "validating"
    polls: int = 0
    total: int = 0
    completed: int = 0
    failed: int = 0
    problem: dict[str, Any] | None = None
    tasks: list[int] = field(default_factory=list)
    """Where in the file each request begins, in the order in which they are carried out."""
    times: dict[str, int] = field(default_factory=lambda: {"created_at": int(time.time())})
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def id(self) -> str:
        return f"batch_{self.number:06}"

    @property
    def done(self) -> int:
        return self.completed + self.failed

    def becomes(self, status: str) -> None:
        self.status = status
        self.times[f"{status}_at"] = int(time.time())

    @property
    def body(self) -> dict[str, Any]:
        ended = self.status in _ENDED
        names = ("in_progress", "finalizing", "cancelling", *_ENDED)
        problems = None if self.problem is None else {"object": "list", "data": [self.problem]}
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": _ENDPOINT,
            "errors": problems,
            "input_file_id": self.input.id,
            "completion_window": _WINDOW,
            "status": self.status,
            "output_file_id": _named(self.output) if ended else None,
            "error_file_id": _named(self.errors) if ended else None,
            **{f"{name}_at": None for name in names},
            **self.times,
            "expires_at": self.times["created_at"] + 24 * 3600,
            "request_counts": {
                "total": self.total,
                "completed": self.completed,
                "failed": self.failed,
            },
            "metadata": self.metadata,
        }


class Batches:
    """The batches of one server.

    Each ends with its `polls`-th retrieval. `fates` says what becomes of the n-th batch, counted
    from 0. A batch with which more than `queue` requests would wait at once fails, as OpenAI's
    do at the limit of enqueued tokens. `answered` gives the body for a request, and `admit` lets
    a caller in; both raise ChatError.
    """

    def __init__(
        self,
        answered: Callable[[ChatRequest], Awaitable[dict[str, Any]]],
        admit: Callable[[web.Request], None],
        *,
        polls: int,
        fates: Mapping[int, Fate],
        queue: int | None,
    ) -> None:
        self._answered = answered
        self._admit = admit
        self._polls = polls
        self._fates = fates
        self._queue = queue
        self._files = Files(admit)
        self._batches: dict[str, _Batch] = {}

    @property
    def carried_out(self) -> int:
        """How many requests were carried out, refused ones among them."""
        return sum(batch.done for batch in self._batches.values())

    @property
    def count(self) -> int:
        """How many batches were created."""
        return len(self._batches)

    def attach(self, app: web.Application) -> None:
        """Add the routes of files and batches."""
        self._files.attach(app)
        app.router.add_post("/v1/batches", self._create)
        app.router.add_get("/v1/batches", self._list)
        app.router.add_get("/v1/batches/{id}", self._retrieve)
        app.router.add_post("/v1/batches/{id}/cancel", self._cancel)

    async def _create(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        try:
            asked = json.loads(await http.read())
        except ValueError as error:
            raise ChatError(400, "We could not parse the JSON body of your request.") from error
        for name, only in (("endpoint", _ENDPOINT), ("completion_window", _WINDOW)):
            if not isinstance(asked, dict) or asked.get(name) != only:
                raise ChatError(400, f"'{name}' must be '{only}'.", param=name)
        batch = _Batch(
            number=len(self._batches),
            input=self._files.get(str(asked.get("input_file_id"))),
            metadata=asked.get("metadata"),
            headers=dict(http.headers),
            output=self._files.new("output.jsonl", "batch_output"),
            errors=self._files.new("error.jsonl", "batch_output"),
        )
        self._batches[batch.id] = batch
        return web.json_response(batch.body)

    async def _list(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        newest = [*reversed(self._batches.values())]
        if after := http.query.get("after"):
            newest = newest[newest.index(self._get(after)) + 1 :]
        try:
            limit = int(http.query.get("limit", _LISTED))
        except ValueError:
            limit = 0
        if not 1 <= limit <= _MOST_LISTED:
            raise ChatError(400, f"The limit is 1 to {_MOST_LISTED}.", param="limit")
        page = [batch.body for batch in newest[:limit]]
        return web.json_response(
            {
                "object": "list",
                "data": page,
                "first_id": page[0]["id"] if page else None,
                "last_id": page[-1]["id"] if page else None,
                "has_more": len(newest) > limit,
            }
        )

    async def _retrieve(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        batch = self._get(http.match_info["id"])
        # A client that leaves must not leave a request half done, which then would count twice.
        await asyncio.shield(self._advance(batch))
        return web.json_response(batch.body)

    async def _cancel(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        batch = self._get(http.match_info["id"])
        if batch.status in _ENDED:
            raise ChatError(409, f"Cannot cancel a batch with status '{batch.status}'.")
        batch.becomes("cancelling")
        return web.json_response(batch.body)

    def _get(self, number: str) -> _Batch:
        if number not in self._batches:
            raise ChatError(404, f"No batch found with id '{number}'.")
        return self._batches[number]

    async def _advance(self, batch: _Batch) -> None:
        """One poll: some more of its requests are carried out, or it ends."""
        async with batch.lock:
            if batch.status in _ENDED:
                return
            batch.polls += 1
            if batch.status == "validating":
                batch.problem = self._validated(batch)
                if batch.problem is not None:
                    batch.becomes("failed")
                    return
                batch.becomes("in_progress")
            if batch.status == "cancelling":
                self._ends(batch, "cancelled")
                return
            expires = self._fates.get(batch.number) == "expire"
            share = min(1.0, batch.polls / max(1, self._polls - 1))
            await self._carry_out(batch, int(batch.total * share * (0.5 if expires else 1)))
            if batch.polls >= self._polls:
                self._ends(batch, "expired" if expires else "completed")
            elif batch.done == batch.total:
                batch.becomes("finalizing")

    def _validated(self, batch: _Batch) -> dict[str, Any] | None:
        """What is wrong with the batch; None if its requests can be carried out."""
        if self._fates.get(batch.number) == "fail":
            return _problem("invalid_json_line", "This line is not parseable as valid JSON.", 1)
        with batch.input.path.open("rb") as lines:
            problem = _listed(lines, batch.tasks)
        if problem is not None:
            return problem
        batch.total = len(batch.tasks)
        waiting = sum(
            other.total - other.done
            for other in self._batches.values()
            if other.number != batch.number and other.status not in _ENDED
        )
        if self._queue is not None and waiting + batch.total > self._queue:
            batch.total = 0
            return _problem(
                "token_limit_exceeded",
                f"Enqueued token limit reached for fake-model. Limit: {self._queue:,} enqueued "
                "tokens. Please try again once some in_progress batches have been completed.",
            )
        # Replies come in any order, but in the same one each time.
        random.Random(batch.number).shuffle(batch.tasks)
        return None

    async def _carry_out(self, batch: _Batch, until: int) -> None:
        with batch.input.path.open("rb") as lines:
            while batch.done < until:
                lines.seek(batch.tasks[batch.done])
                task = json.loads(lines.readline())
                try:
                    request = parse_request(task["body"], batch.headers)
                    status, body = 200, await self._answered(request)
                except ChatError as refusal:
                    status, body = refusal.status, refusal.body
                response = {"status_code": status, "request_id": "req_fakellm", "body": body}
                good = status == 200
                _add(batch.output if good else batch.errors, batch, task, response=response)
                batch.completed += good
                batch.failed += not good
                if batch.done % _SHARED_EVERY == 0:
                    await asyncio.sleep(0)  # other calls have their turn

    def _ends(self, batch: _Batch, status: str) -> None:
        if status in _UNDONE:
            with batch.input.path.open("rb") as lines:
                for start in batch.tasks[batch.done :]:
                    lines.seek(start)
                    task = json.loads(lines.readline())
                    _add(batch.errors, batch, task, error=_UNDONE[status])
        for file in (batch.output, batch.errors):
            if _named(file):
                self._files.publish(file)
        batch.becomes(status)


def _named(file: StoredFile) -> str | None:
    """Its id; None while it is empty, when OpenAI does not make it at all."""
    return file.id if file.path.exists() and file.path.stat().st_size else None


def _add(
    file: StoredFile,
    batch: _Batch,
    task: Mapping[str, Any],
    *,
    response: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    line = {
        "id": f"batch_req_{batch.number:06}_{task['custom_id']}",
        "custom_id": task["custom_id"],
        "response": response,
        "error": error,
    }
    _append(file.path, json.dumps(line) + "\n")


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as sink:
        sink.write(text)


def _listed(lines: BinaryIO, starts: list[int]) -> dict[str, Any] | None:
    """Fills in where the requests begin; gives what is wrong with the first bad one."""
    seen: set[str] = set()
    models: set[str] = set()
    at = 0
    for number, line in enumerate(lines, 1):
        start, at = at, at + len(line)
        if not line.strip():
            continue
        try:
            task = json.loads(line)
            custom, url, method, body = (
                task[name] for name in ("custom_id", "url", "method", "body")
            )
            models.add(str(body.get("model")))
        except (ValueError, TypeError, KeyError, AttributeError):
            return _problem("invalid_json_line", "This line is no valid request.", number)
        if (method, url) != ("POST", _ENDPOINT):
            return _problem("invalid_url", f"The request is not a POST to {_ENDPOINT}.", number)
        if custom in seen:
            return _problem("duplicate_custom_id", f"The custom_id {custom} is not unique.", number)
        if len(models) > 1:
            return _problem("mismatched_model", "All requests must name one model.", number)
        seen.add(custom)
        starts.append(start)
    if not starts:
        return _problem("empty_file", "The batch input file is empty.")
    if len(starts) > _MOST_REQUESTS:
        return _problem("too_many_tasks", f"The limit is {_MOST_REQUESTS:,} requests.")
    return None


def _problem(code: str, message: str, line: int | None = None) -> dict[str, Any]:
    return {"code": code, "message": message, "param": None, "line": line}
