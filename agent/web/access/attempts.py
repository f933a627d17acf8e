"""How often a login may be tried: so many failures in so long a time, then a wait."""

import math

LIMIT = 5
WINDOW = 5 * 60
"""LIMIT failures in WINDOW seconds."""


class Attempts:
    """The latest failed tries, by whatever they are counted by (a name, an address)."""

    def __init__(self) -> None:
        self._failed: dict[str, list[float]] = {}

    def begin(self, keys: tuple[str, ...], now: float) -> int:
        """0 if a try may be made; else how many seconds to wait.

        A try counts as failed from its beginning, so that many at once are no way around.
        """
        self._failed = {
            key: recent
            for key, times in self._failed.items()
            if (recent := [t for t in times if t > now - WINDOW])
        }
        full = [times for key in keys if len(times := self._failed.get(key, [])) >= LIMIT]
        if full:
            return math.ceil(max(times[-LIMIT] + WINDOW - now for times in full))
        for key in keys:
            self._failed.setdefault(key, []).append(now)
        return 0

    def forgive(self, keys: tuple[str, ...], began: float) -> None:
        """The try that began then has gone well. Those that failed before stay counted."""
        for key in keys:
            if began in self._failed.get(key, []):
                self._failed[key].remove(began)
