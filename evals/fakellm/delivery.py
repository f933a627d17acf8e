"""Sends the pieces of a response over HTTP, and breaks or stalls the connection where a fault says.

What the pieces hold is the business of `evals.fakellm.bodies`.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from aiohttp import web

from evals.fakellm.faults import Fault

# Zero seconds of lingering: the connection ends with a reset, as when a process is killed.
_RESET = struct.pack("ii", 1, 0)
_FLUSH_SECONDS = 0.01


async def deliver(
    http: web.Request,
    pieces: Sequence[bytes],
    headers: Mapping[str, str],
    *,
    fault: Fault | None = None,
    pace: float = 0.0,
    before_last: Callable[[], None] = lambda: None,
) -> web.StreamResponse:
    """Send the pieces (two or more), and call `before_last` before the last of them goes out.

    A stall or reset comes after `fault.after` pieces, but always before the last. Pieces are
    `pace` seconds apart; with no pace they go out in as few writes as will do.
    """
    last = len(pieces) - 1
    break_at = min(max(fault.after, 1), last) if fault else last
    parts = pieces
    if not pace:
        parts, break_at = (b"".join(pieces[:break_at]), b"".join(pieces[break_at:])), 1
    response = web.StreamResponse(headers=headers)
    with suppress(ConnectionError):  # a client may leave whenever it likes
        await response.prepare(http)
        if fault and fault.kind == "slow_first_token":
            await asyncio.sleep(fault.seconds)
        for at, part in enumerate(parts):
            if pace and at:
                await asyncio.sleep(pace)
            if fault and at == break_at:
                if fault.kind == "stalled_stream":
                    await asyncio.sleep(fault.seconds)
                elif fault.kind == "reset_mid_stream":
                    await asyncio.sleep(_FLUSH_SECONDS)
                    reset(http)
                    return response
            if at == len(parts) - 1:
                before_last()
            await response.write(part)
        await response.write_eof()
    return response


def reset(http: web.Request) -> None:
    """End the connection with a TCP reset; what has not gone out yet never will."""
    transport = http.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
