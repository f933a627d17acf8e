"""Confidence intervals by a bootstrap over answers: an answer is drawn with all that hangs on it.

Most statistics here are functions of a table that is a sum over answers, such as counts or sums of
squares. So a replicate is a weighted sum of the answers' parts, and a statistic is worked out for
all replicates at once. What the parts are is the business of the modules beside this one.

Raters are not drawn: an interval speaks for the raters at hand, over other answers like these.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtrit

from agent.frozen import Frozen
from evals.levels import Array

Statistic = Callable[[Array], Array]
"""From tables (batch, ...) to values (batch, ...), nan where it is undefined."""

Groups = Sequence[object] | npt.NDArray[np.generic]
"""One label per answer; answers with the same label are drawn together."""

FEWEST = 10
"""Clusters with a judgement below which there is no interval: it would not hold its level."""

_MOST_UNDEFINED = 0.1
_LEFT_OUT = 500
"""At most about so many blocks are left out in turn; beyond, a block has several clusters."""
_CHUNK = 1_000_000
"""Weights that are held at a time."""
_SAME = 1e-12


class Interval(Frozen):
    """A value and its interval at `level`. None stands for what is undefined, never nan.

    There may be a value without limits: see `intervals`.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95


@dataclass(frozen=True)
class Resamples:
    """Tables, or values worked out of them: of all answers, of each replicate, of each jackknife.

    `whole` has the shape (...), `drawn` (replicates, ...), `without` (blocks left out, ...).
    `filled` says which clusters have a judgement at all: (clusters, ...) without the axes that
    make up one table.
    """

    whole: Array
    drawn: Array
    without: Array
    filled: npt.NDArray[np.bool_]

    def map(self, statistic: Statistic) -> "Resamples":
        """The statistic of every table. It must keep the axes in front of the table's."""
        whole = statistic(self.whole[None])[0]
        return Resamples(
            np.asarray(whole), statistic(self.drawn), statistic(self.without), self.filled
        )

    def pooled(self) -> "Resamples":
        """The tables added up over their first axis, such as criteria."""
        return Resamples(
            self.whole.sum(axis=0),
            self.drawn.sum(axis=1),
            self.without.sum(axis=1),
            np.asarray(self.filled.any(axis=1)),
        )


def resample(
    parts: Array,
    *,
    cells: int | None = None,
    replicates: int = 1000,
    seed: int = 0,
    groups: Groups | None = None,
) -> Resamples:
    """Draw answers with replacement and add up their parts, (answers, ...).

    The last `cells` axes make up one table; all but the first if None. An answer whose part of a
    table is all 0 counts as without a judgement. With `groups`, whole groups are drawn. The same
    seed gives the same draws for any parts of as many answers, so that statistics can be compared
    draw by draw. Raises ValueError for no answers or for groups of another length.
    """
    parts = np.asarray(parts, dtype=float)
    cluster, count = _clusters(len(parts), groups)
    if groups is not None:
        order = np.argsort(cluster, kind="stable")
        starts = np.searchsorted(cluster[order], np.arange(count))
        parts = np.add.reduceat(parts[order], starts, axis=0)
    shape = parts.shape[1:]
    flat = parts.reshape(count, -1)
    drawn = np.concatenate([weights @ flat for weights in _draws(count, replicates, seed)])
    whole = flat.sum(axis=0)
    blocks = _blocks(count)
    if blocks == count:
        without = whole - flat
    else:
        without = np.stack([whole - flat[at::blocks].sum(axis=0) for at in range(blocks)])
    table_axes = tuple(range(parts.ndim - (parts.ndim - 1 if cells is None else cells), parts.ndim))
    return Resamples(
        whole.reshape(shape),
        drawn.reshape(replicates, *shape),
        without.reshape(blocks, *shape),
        np.asarray((parts != 0).any(axis=table_axes)),
    )


def reweigh(
    answers: int,
    statistic: Statistic,
    *,
    filled: npt.NDArray[np.bool_] | None = None,
    replicates: int = 1000,
    seed: int = 0,
    groups: Groups | None = None,
) -> Resamples:
    """The same draws for a statistic that no sum of parts gives, such as a rank correlation.

    `statistic` gets weights (batch, answers), how often each answer counts, and returns (batch,).
    `filled` says which answers have a judgement; all if None.
    """
    cluster, count = _clusters(answers, groups)
    given = np.ones(answers, dtype=bool) if filled is None else filled
    blocks = _blocks(count)
    # The same blocks as in `resample`, which leaves out every blocks-th cluster.
    block = cluster % blocks
    rows = max(1, _CHUNK // answers)
    without = [
        statistic((block != np.arange(at, min(at + rows, blocks))[:, None]).astype(float))
        for at in range(0, blocks, rows)
    ]
    drawn = [statistic(weights[:, cluster]) for weights in _draws(count, replicates, seed)]
    return Resamples(
        np.asarray(statistic(np.ones((1, answers)))[0]),
        np.concatenate(drawn),
        np.concatenate(without),
        np.bincount(cluster, weights=given, minlength=count) > 0,
    )


def intervals(values: Resamples, level: float = 0.95) -> tuple[Interval, ...]:
    """An interval for each value, (values,) or (): BCa (Efron 1987), widened for few clusters.

    The bias correction counts replicates below the value, ties by half; the acceleration comes
    from the jackknife. The normal quantile is replaced by that of t with n - 1 degrees of freedom
    times sqrt(n / (n - 1)), as bootstrap distributions are too narrow by so much (Hesterberg
    2015, "expanded percentile"); n are the clusters that have a judgement.

    Where a correction is undefined (all replicates on one side of the value, a jackknife value
    undefined, or all of them equal), it is the expanded percentile interval without corrections.
    There are no limits if fewer than `FEWEST` clusters have a judgement, if more than a tenth of
    the replicates are undefined, or if all replicates are equal: answers that do not vary, such as
    a perfect agreement, do not tell how far off the value may be.
    """
    shape = values.whole.shape
    if len(shape) > 1:
        raise ValueError(f"values of shape {shape}, not (values,) or ()")
    count = shape[0] if shape else 1
    whole = values.whole.reshape(count)
    drawn, without = values.drawn.reshape(-1, count), values.without.reshape(-1, count)
    clusters = np.broadcast_to(values.filled.sum(axis=0), shape).reshape(count)
    return tuple(
        _interval(float(whole[at]), drawn[:, at], without[:, at], int(clusters[at]), level)
        for at in range(count)
    )


def interval(value: Resamples, level: float = 0.95) -> Interval:
    """The interval of a single value, (); see `intervals`. Raises ValueError for several."""
    (only,) = intervals(value, level)
    return only


def bootstrap(
    parts: Array,
    statistic: Statistic,
    *,
    replicates: int = 1000,
    seed: int = 0,
    groups: Groups | None = None,
    level: float = 0.95,
) -> Interval:
    """The interval of one statistic of the summed parts, (answers, ...); see `resample`."""
    drawn = resample(parts, replicates=replicates, seed=seed, groups=groups)
    return interval(drawn.map(statistic), level)


def _clusters(answers: int, groups: Groups | None) -> tuple[npt.NDArray[np.intp], int]:
    """The cluster of each answer and how many there are, in the order of first appearance."""
    if not answers:
        raise ValueError("no answers to draw from")
    if groups is None:
        return np.arange(answers), answers
    if len(groups) != answers:
        raise ValueError(f"{len(groups)} groups for {answers} answers")
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(group, len(seen)) for group in groups]), len(seen)


def _blocks(count: int) -> int:
    return min(count, _LEFT_OUT)


def _draws(count: int, replicates: int, seed: int) -> Iterator[Array]:
    """Multinomial weights, (some replicates, count), all in all `replicates`."""
    generator = np.random.default_rng(seed)
    rows = max(1, _CHUNK // count)
    for start in range(0, replicates, rows):
        size = min(rows, replicates - start)
        chosen = generator.integers(0, count, (size, count))
        chosen += count * np.arange(size)[:, None]
        counts = np.bincount(chosen.ravel(), minlength=size * count)
        yield counts.reshape(size, count).astype(float)


def _interval(value: float, drawn: Array, without: Array, clusters: int, level: float) -> Interval:
    if not math.isfinite(value):
        return Interval(value=None, level=level)
    defined = drawn[np.isfinite(drawn)]
    same = _SAME * max(1.0, abs(value))
    if (
        clusters < FEWEST
        or len(defined) < (1 - _MOST_UNDEFINED) * len(drawn)
        or np.ptp(defined) <= same
    ):
        return Interval(value=value, level=level)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    quantiles = stdtrit(clusters - 1, tails) * math.sqrt(clusters / (clusters - 1))
    below = (defined < value - same).mean() + (np.abs(defined - value) <= same).mean() / 2
    # The k-th of B replicates is the quantile k / (B + 1).
    places = ndtr(_corrected(quantiles, below, without)) * (len(defined) + 1)
    low, high = np.interp(places, np.arange(1, len(defined) + 1), np.sort(defined))
    return Interval(value=value, low=float(low), high=float(high), level=level)


def _corrected(quantiles: Array, below: float, without: Array) -> Array:
    """Normal quantiles corrected for bias and acceleration; as they were where that fails."""
    apart = without.mean() - without
    spread = (apart**2).sum()
    if not 0 < below < 1 or not spread > (_SAME * np.abs(without).max()) ** 2:
        return quantiles
    bias = ndtri(below)
    acceleration = (apart**3).sum() / (6 * spread**1.5)
    moved = bias + quantiles
    shrunk = 1 - acceleration * moved
    if (shrunk <= 0).any():
        return quantiles
    corrected: Array = bias + moved / shrunk
    return corrected
