"""How percentages are spread: mean, deviation, median and bins, in constant memory. Pure."""

import math
from dataclasses import dataclass, field

BINS = 20
_FINE = 10
_TOP = 100 * _FINE


@dataclass
class Spread:
    """Fed one percentage after the other.

    Scorecards give percentages to a tenth, so that counting them by the tenth loses nothing:
    median and bins are exact.
    """

    count: int = 0
    mean: float = 0.0
    _squares: float = 0.0
    _counts: list[int] = field(default_factory=lambda: [0] * (_TOP + 1))

    def add(self, percent: float) -> None:
        """Take in one more."""
        self.count += 1
        # Welford's update: summing squares would lose digits over many answers.
        before = percent - self.mean
        self.mean += before / self.count
        self._squares += before * (percent - self.mean)
        self._counts[min(max(round(percent * _FINE), 0), _TOP)] += 1

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the sample; None for fewer than two."""
        return math.sqrt(self._squares / (self.count - 1)) if self.count > 1 else None

    @property
    def median(self) -> float | None:
        """The middle one, or halfway between the two in the middle; None for none."""
        if not self.count:
            return None
        return (self._ranked((self.count - 1) // 2) + self._ranked(self.count // 2)) / 2

    @property
    def lowest(self) -> float | None:
        """The smallest, or None."""
        return self._ranked(0) if self.count else None

    @property
    def highest(self) -> float | None:
        """The largest, or None."""
        return self._ranked(self.count - 1) if self.count else None

    def bins(self) -> list[int]:
        """Counts in bins of five points: each holds its lower end, the last one 100, too."""
        bins = [0] * BINS
        for tenth, count in enumerate(self._counts):
            bins[min(tenth * BINS // _TOP, BINS - 1)] += count
        return bins

    def _ranked(self, rank: int) -> float:
        """The one of this rank, 0 for the smallest."""
        passed = 0
        for tenth, count in enumerate(self._counts):
            passed += count
            if passed > rank:
                return tenth / _FINE
        raise IndexError(rank)
