"""Counts the calls in flight, and turns away those beyond the limit as a provider does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from evals.fakellm.errors import rate_limited


@dataclass
class Gate:
    """Lets at most `limit` calls in at once; None lets all in."""

    limit: int | None = None
    retry_after: float = 1.0
    in_flight: int = 0
    peak: int = 0
    turned_away: int = 0

    @contextmanager
    def place(self) -> "Iterator[Place]":
        """A place inside while the call lasts; raises ChatError (429) when all are taken."""
        if self.limit is not None and self.in_flight >= self.limit:
            self.turned_away += 1
            raise rate_limited(
                f"Rate limit reached: {self.limit} requests at once. Please try again later.",
                {
                    "Retry-After": f"{self.retry_after:g}",
                    "x-ratelimit-limit-requests": str(self.limit),
                    "x-ratelimit-remaining-requests": "0",
                    "x-ratelimit-reset-requests": f"{self.retry_after:g}s",
                },
            )
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        place = Place(self)
        try:
            yield place
        finally:
            place.leave()


@dataclass
class Place:
    """One call's place at the gate."""

    gate: Gate
    taken: bool = True

    def leave(self) -> None:
        """Give the place up; a second time does nothing.

        It is given up before the last bytes go out, so that a client which has read them and
        asks again at once is not turned away.
        """
        if self.taken:
            self.taken = False
            self.gate.in_flight -= 1
