"""Gates: figures that a measurement must reach, such as `qwk>=0.6`. Pure.

What the figures are is said by each study; what a failed gate does is the command line's business.
"""

import difflib
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from agent.errors import InputError
from evals.stats.intervals import Interval

Figures = Mapping[str, float | None]
"""Figures by name; None for one that is undefined, as for a correlation without variance."""

_FORM = re.compile(r"\s*([A-Za-z_][\w.\-]*)\s*(>=|<=|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_NAMED = 12


@dataclass(frozen=True)
class Gate:
    """A figure's name, how it is to stand to the bound, and the bound."""

    name: str
    sign: str
    bound: float

    @property
    def told(self) -> str:
        """As it was given."""
        return f"{self.name}{self.sign}{self.bound:g}"


def with_limits(name: str, interval: Interval) -> dict[str, float | None]:
    """The figures of an interval: the value under `name`, its limits under name.low and .high."""
    return {name: interval.value, f"{name}.low": interval.low, f"{name}.high": interval.high}


def gates_of(given: Iterable[str]) -> tuple[Gate, ...]:
    """The gates of these texts; raises InputError for one that is none."""
    gates = []
    for text in given:
        form = _FORM.fullmatch(text)
        if form is None:
            raise InputError(
                f"--gate {text!r} is not NAME>=NUMBER (or >, <=, <), such as 'qwk>=0.6'"
            )
        gates.append(Gate(form[1], form[2], float(form[3])))
    return tuple(gates)


def failures(gates: Iterable[Gate], figures: Figures) -> tuple[str, ...]:
    """What failed, each with the figure; a figure that is undefined fails.

    Raises InputError for a name that is no figure's.
    """
    failed = []
    for gate in gates:
        if gate.name not in figures:
            raise InputError(
                f"--gate {gate.told}: there is no figure {gate.name!r}{_near(gate.name, figures)}"
            )
        value = figures[gate.name]
        if value is None:
            failed.append(f"{gate.told} failed: {gate.name} is undefined")
        elif not _COMPARE[gate.sign](value, gate.bound):
            failed.append(f"{gate.told} failed: {gate.name} is {value:.4g}")
    return tuple(failed)


def _near(name: str, figures: Figures) -> str:
    near = difflib.get_close_matches(name, figures, n=3)
    if near:
        return f"; did you mean {' or '.join(near)}?"
    names = list(figures)
    more = f" and {len(names) - _NAMED} more (all stand in the JSON)" if len(names) > _NAMED else ""
    return f"; there are {', '.join(names[:_NAMED])}{more}"
