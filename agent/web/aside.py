"""Computing beside the event loop, one piece after the other.

Threads that compute take turns with the loop that serves everybody: one of them is hardly felt,
six of them make it wait six times as long. What only waits belongs into `asyncio.to_thread`, and
what computes for more than a second into a process (`agent.web.work`).
"""

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

TURN_SECONDS = 0.001
"""How long a computing thread may keep the loop waiting; Python's usual is five times that."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_COMPUTING = ThreadPoolExecutor(1, thread_name_prefix="computing")


async def aside(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """What `work` returns, computed when the pieces before it are done; raises what it raises."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_COMPUTING, partial(work, *args, **kwargs))


def serve_first() -> None:
    """Let the loop have its turn early, for the whole process."""
    sys.setswitchinterval(TURN_SECONDS)
