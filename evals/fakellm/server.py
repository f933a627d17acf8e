"""The fake endpoint: an HTTP server on loopback that answers as OpenAI's chat API does.

It routes, counts and refuses. What is replied comes from a `Replies`, what is broken from a
`FaultScript`; how a response looks stands in `evals.fakellm.bodies`, and how requests are
answered in a batch in `evals.fakellm.batches`.
"""

import asyncio
import concurrent.futures
import inspect
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Protocol, Self

from aiohttp import web

from evals.fakellm.batches import Batches, Fate
from evals.fakellm.bodies import Answer, answer, completion, events, models
from evals.fakellm.chat import ChatRequest, Reply, parse_request
from evals.fakellm.delivery import deliver, reset
from evals.fakellm.errors import ChatError, unauthorized
from evals.fakellm.faults import Fault, refused
from evals.fakellm.gate import Gate, Place
from evals.fakellm.recordings import NotRecorded
from evals.fakellm.scripts import FaultScript, never
from evals.fakellm.spoiling import spoiled

_HOST = "127.0.0.1"
_SHUTDOWN_SECONDS = 0.2
_MAX_BODY_BYTES = 64 * 2**20
_KEPT_REQUESTS = 1000
_KEPT_UNRECORDED = 100
_DELIVERED = ("slow_first_token", "stalled_stream", "reset_mid_stream")
_JSON = "application/json"
_NO_FATES: Mapping[int, Fate] = MappingProxyType({})
_EVENTS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}


class Replies(Protocol):
    """Where replies come from; raises ChatError to refuse."""

    def reply(self, request: ChatRequest) -> Reply | Awaitable[Reply]:
        """The reply to a request."""


class Scripted:
    """Replies made by a function of the request; one that has run out raises NotRecorded."""

    def __init__(self, function: Callable[[ChatRequest], Reply | Awaitable[Reply]]) -> None:
        self._function = function

    def reply(self, request: ChatRequest) -> Reply | Awaitable[Reply]:
        """What the function makes of it."""
        return self._function(request)


class FakeLLM:
    """The server; `async with` starts and stops it, `serving` does so from synchronous code.

    `latency` seconds pass before the first byte of each call, `pace` between the chunks of a
    stream. Beyond `max_in_flight` calls at once the answer is 429 with `retry_after` seconds.
    With an `api_key` any other gets a 401. `port` 0 takes a free one. It serves once.

    A batch ends when it was asked about `batch_polls` times; `batch_fates` lets the n-th, counted
    from 0, expire or fail, and one with which more than `batch_queue` requests would wait fails.
    Its requests get the same replies and faults as chat calls; only connections do not break.
    """

    def __init__(
        self,
        replies: Replies,
        *,
        faults: FaultScript = never,
        latency: float = 0.0,
        pace: float = 0.0,
        max_in_flight: int | None = None,
        retry_after: float = 1.0,
        models: Sequence[str] = ("fake-model",),
        context_length: int | None = None,
        keep_requests: bool = False,
        api_key: str | None = None,
        batch_polls: int = 3,
        batch_fates: Mapping[int, Fate] = _NO_FATES,
        batch_queue: int | None = None,
        port: int = 0,
    ) -> None:
        self._replies = replies
        self._faults = faults
        self._latency = latency
        self._pace = pace
        self._gate = Gate(max_in_flight, retry_after)
        self._models = tuple(models)
        self._context_length = context_length
        self._keeps = keep_requests
        self._api_key = api_key
        self._batches = Batches(
            self._batch_body, self._admit, polls=batch_polls, fates=batch_fates, queue=batch_queue
        )
        self._port = port
        self._runner: web.AppRunner | None = None
        self._numbered = 0
        self._served = 0
        self._requests: deque[ChatRequest] = deque(maxlen=_KEPT_REQUESTS)
        self._unrecorded: deque[str] = deque(maxlen=_KEPT_UNRECORDED)

    @property
    def url(self) -> str:
        """The base URL for a client; known once the server has started."""
        return f"http://{_HOST}:{self._port}/v1"

    @property
    def served(self) -> int:
        """How many chat calls got a whole reply, be it a spoiled one."""
        return self._served

    @property
    def batched(self) -> int:
        """How many requests of batches were carried out, refused ones among them."""
        return self._batches.carried_out

    @property
    def batches(self) -> int:
        """How many batches were created."""
        return self._batches.count

    @property
    def refused(self) -> int:
        """How many calls were turned away because too many were in flight."""
        return self._gate.turned_away

    @property
    def peak_in_flight(self) -> int:
        """The most chat calls that were in flight at once."""
        return self._gate.peak

    @property
    def unrecorded(self) -> list[str]:
        """The messages of the last 100 requests that were not recorded."""
        return list(self._unrecorded)

    @property
    def requests(self) -> list[ChatRequest]:
        """The last 1,000 chat requests that were let in, if they are kept."""
        return list(self._requests)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[_as_openai_says])
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._list_models)
        self._batches.attach(app)
        # A client that leaves ends its call here too, so that none goes on for nobody.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, self._port, backlog=1024).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _list_models(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        return web.json_response(models(self._models, self._context_length))

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        self._admit(http)
        request = await _parsed(http)
        with self._gate.place() as place:
            fault = self._noted(request)
            if self._latency:
                await asyncio.sleep(self._latency)
            return await self._answered(http, request, fault, place)

    async def _answered(
        self, http: web.Request, request: ChatRequest, fault: Fault | None, place: Place
    ) -> web.StreamResponse:
        if fault is not None and fault.kind == "reset_before":
            reset(http)
            return web.Response()  # which no longer reaches anybody
        given = await self._given(request, fault)
        broken = fault if fault is not None and fault.kind in _DELIVERED else None

        def ending() -> None:
            place.leave()
            self._served += 1

        if request.stream:
            pieces = events(given, request)
            return await deliver(
                http, pieces, _EVENTS, fault=broken, pace=self._pace, before_last=ending
            )
        body = json.dumps(completion(given, request)).encode()
        if broken is None:
            ending()
            return web.Response(body=body, content_type=_JSON)
        half = len(body) // 2
        headers = {"Content-Type": _JSON, "Content-Length": str(len(body))}
        return await deliver(
            http, (body[:half], body[half:]), headers, fault=broken, before_last=ending
        )

    async def _batch_body(self, request: ChatRequest) -> dict[str, Any]:
        return completion(await self._given(request, self._noted(request)), request)

    def _noted(self, request: ChatRequest) -> Fault | None:
        """Count a request that was let in; gives its fault."""
        if self._keeps:
            self._requests.append(request)
        self._numbered += 1
        return self._faults(self._numbered - 1, request)

    async def _given(self, request: ChatRequest, fault: Fault | None) -> Answer:
        if fault is not None and (error := refused(fault, request)):
            raise error
        given = answer(await self._reply(request), request)
        return given if fault is None else spoiled(given, fault, request)

    async def _reply(self, request: ChatRequest) -> Reply:
        try:
            reply = self._replies.reply(request)
            return await reply if inspect.isawaitable(reply) else reply
        except NotRecorded as error:
            self._unrecorded.append(error.message)
            raise

    def _admit(self, http: web.Request) -> None:
        key = http.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._api_key is not None and key != self._api_key:
            raise unauthorized(f"{key[:3]}***")


@contextmanager
def serving(server: FakeLLM) -> Iterator[FakeLLM]:
    """Run the server in a thread with a loop of its own, for synchronous code."""
    started: concurrent.futures.Future[Callable[[], object]] = concurrent.futures.Future()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        async with server:
            started.set_result(lambda: loop.call_soon_threadsafe(stop.set))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    with concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="fakellm") as pool:
        running = pool.submit(run)
        stop = started.result()
        try:
            yield server
        finally:
            stop()
            running.result()


@web.middleware
async def _as_openai_says(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Give refusals the body that OpenAI's clients understand."""
    try:
        return await handler(request)
    except ChatError as refusal:
        error = refusal
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        error = ChatError(404, f"Invalid URL ({request.method} {request.path})", code="unknown_url")
    except web.HTTPRequestEntityTooLarge:
        error = ChatError(413, f"The body is larger than {_MAX_BODY_BYTES:,} bytes.")
    return web.json_response(error.body, status=error.status, headers=error.headers)


async def _parsed(http: web.Request) -> ChatRequest:
    try:
        body = json.loads(await http.read())
    except (ValueError, RecursionError) as error:
        raise ChatError(400, "We could not parse the JSON body of your request.") from error
    return parse_request(body, http.headers)
