"""Keeps events in memory: for measuring and for tests, where nothing has to last."""

from collections import defaultdict

from agent.errors import StoreError
from agent.interview.events import Event


class MemoryLog:
    """Events in memory, refused like the database's when a number is taken."""

    def __init__(self) -> None:
        self._stored: dict[str, list[Event]] = defaultdict(list)

    async def append(self, interview: str, seq: int, event: Event) -> None:
        """Keep an interview's event number `seq` (from 0); raises StoreError if it is taken."""
        if len(self._stored[interview]) != seq:
            raise StoreError("this interview was continued in another place")
        self._stored[interview].append(event)

    async def events(self, interview: str) -> tuple[Event, ...]:
        """All events of an interview in their order; empty for an unknown one."""
        return tuple(self._stored[interview])
