"""How a grader stands changes of answers that should not move, not raise or should lower a level.

Pure: from the levels of answers and of their changed versions to what held. What the changes are
stands in `evals.metamorphic`, how the result looks in `evals.report.attacks`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.frozen import Frozen
from evals.gates import with_limits
from evals.levels import Array, Levels
from evals.metamorphic.checks import Must, Relation, Variant, Variants
from evals.stats.bounds import share_at_least
from evals.stats.division import over
from evals.stats.intervals import Interval, intervals, resample

Mask = npt.NDArray[np.bool_]
LISTED = 20
"""Failures that are listed of each relation, the largest first."""
_LEVEL = 0.95


class Failure(Frozen):
    """A level for which a relation does not hold. `variant` is the changed answer's id."""

    variant: str
    answer: str
    change: str
    criterion: str
    before: int
    after: int


class Kind(Frozen):
    """One kind of change of a check: `passed` and `effect` as in `Outcome`."""

    change: str
    variants: int
    unchanged: int
    levels: int
    passed: Interval
    effect: Interval


class Outcome(Frozen):
    """Whether a relation holds.

    `levels` are those that were compared: (changed answer, criterion) with a level before and
    after. `passed` is the share of them for which it holds, `whole` the share of answers for all
    of whose levels it holds (interval exact: Clopper & Pearson 1934), `moved` the share that
    moved in any direction, `shift` the mean change in levels, and `effect` what these changes
    come to of 100 points for a whole answer, on average over changed answers. `ungraded` levels
    could not be compared; `lost` of them had a level before.
    `idle` are those at level 0 before, which cannot fall.
    """

    name: str
    check: str
    must: Must
    variants: int
    unchanged: int
    levels: int
    ungraded: int
    lost: int
    idle: int
    failed: int
    passed: Interval
    whole: Interval
    moved: Interval
    shift: Interval
    effect: Interval
    kinds: tuple[Kind, ...]
    failures: tuple[Failure, ...]


class AttackStudy(Frozen):
    """How a grader stands up to changes. `skipped` says by check why it was not tried.

    `tolerance` is by how many levels one may move and still count as not moved.
    """

    answers: int
    levels: int
    ungraded: int
    tolerance: int
    outcomes: tuple[Outcome, ...]
    skipped: dict[str, str]

    def figures(self) -> dict[str, float | None]:
        """What gates may name: attacks.CHECK, the pass rate over levels, and beneath it more.

        attacks.CHECK.answers, .moved, .shift (levels), .effect (points of 100), .ungraded; and
        attacks.ungraded, the share of the unchanged answers' levels that are missing.
        """
        found: dict[str, float | None] = {}
        for one in self.outcomes:
            name = f"attacks.{one.name}"
            found |= with_limits(name, one.passed)
            found |= with_limits(f"{name}.answers", one.whole)
            found |= with_limits(f"{name}.moved", one.moved)
            found |= with_limits(f"{name}.shift", one.shift)
            found |= with_limits(f"{name}.effect", one.effect)
            wanted = one.levels + one.ungraded
            found[f"{name}.ungraded"] = one.ungraded / wanted if wanted else None
        found["attacks.ungraded"] = self.ungraded / self.levels if self.levels else None
        return found


@dataclass(frozen=True)
class Tried:
    """A check's changed answers with their levels, in the same order, of one rater."""

    variants: Variants
    levels: Levels


def measured_attacks(
    base: Levels,
    tried: Sequence[Tried],
    *,
    known: Collection[str] | None = None,
    skipped: Mapping[str, str] | None = None,
    tolerance: int = 0,
    seed: int = 0,
    replicates: int = 1000,
) -> AttackStudy:
    """Compare the levels of answers with those of their changed versions.

    `base` are the answers' own levels, of one rater. `known` are the criteria whose levels follow
    from an answer's passages, all if None: a relation about other criteria than the changed one is
    about these. Raises ValueError for levels of other answers or criteria.
    """
    counted = np.array([known is None or one in known for one in base.criteria], dtype=bool)
    return AttackStudy(
        answers=len(base.answers),
        levels=base.values.size,
        ungraded=int(np.isnan(base.values).sum()),
        tolerance=tolerance,
        outcomes=tuple(
            _outcome(_compared(base, one), relation, counted, tolerance, seed, replicates)
            for one in tried
            for relation in one.variants.check.relations
        ),
        skipped=dict(skipped or {}),
    )


@dataclass(frozen=True)
class _Compared:
    """Changed answers with what they are compared with: `before` and `after` are (variants,
    criteria), `earned` how much more of 100 points each criterion brings after, `cluster` the
    place of the answer that each came from."""

    variants: tuple[Variant, ...]
    unchanged: Mapping[str, int]
    check: str
    criteria: tuple[str, ...]
    answers: int
    before: Array
    after: Array
    earned: Array
    cluster: npt.NDArray[np.intp]


def _compared(base: Levels, tried: Tried) -> _Compared:
    made, levels = tried.variants.made, tried.levels
    ids = tuple(one.answer.id for one in made)
    if levels.answers != ids or levels.scales != base.scales:
        raise ValueError("the levels are of other answers or criteria than the variants")
    place = {name: at for at, name in enumerate((*base.answers, *ids))}
    values = np.concatenate([base.values, levels.values])[:, :, 0]
    worth = np.concatenate([base.worth(), levels.worth()])[:, :, 0]
    chosen = tuple(one for one in made if one.against is not None)
    before = np.array([place[one.against or ""] for one in chosen], dtype=np.intp)
    after = np.array([place[one.answer.id] for one in chosen], dtype=np.intp)
    change = worth[after] - worth[before]
    weights = np.where(np.isnan(change), 0.0, [scale.weight for scale in base.scales])
    return _Compared(
        variants=chosen,
        unchanged=tried.variants.unchanged,
        check=tried.variants.check.name,
        criteria=base.criteria,
        answers=len(base.answers),
        before=values[before],
        after=values[after],
        earned=over(100 * np.nan_to_num(change) * weights, weights.sum(axis=1, keepdims=True)),
        cluster=np.array([place[one.of] for one in chosen], dtype=np.intp),
    )


def _outcome(
    found: _Compared, relation: Relation, known: Mask, tolerance: int, seed: int, replicates: int
) -> Outcome:
    wanted = _wanted(found, relation, known)
    given = wanted & ~np.isnan(found.before) & ~np.isnan(found.after)
    change = np.where(given, found.after - found.before, 0.0)
    held = given & _holds(change, relation.must, tolerance)
    effect = np.where(given, found.earned, 0.0).sum(axis=1)
    passed, moved, shift, points = _intervals(
        found,
        np.stack(
            [
                _shares(held, given),
                _shares(given & (change != 0), given),
                _shares(change, given),
                np.stack([effect, given.any(axis=1).astype(float)], axis=-1),
            ],
            axis=1,
        ),
        seed,
        replicates,
    )
    return Outcome(
        name=".".join(filter(None, (found.check, relation.name))),
        check=found.check,
        must=relation.must,
        variants=len(found.variants),
        unchanged=sum(found.unchanged.values()),
        levels=int(given.sum()),
        ungraded=int((wanted & ~given).sum()),
        lost=int((wanted & ~np.isnan(found.before) & np.isnan(found.after)).sum()),
        idle=int((given & (found.before == 0)).sum()) if relation.must == "fall" else 0,
        failed=int((given & ~held).sum()),
        passed=passed,
        whole=_whole(found, held, given),
        moved=moved,
        shift=shift,
        effect=points,
        kinds=tuple(_kinds(found, held, given, effect, seed, replicates)),
        failures=tuple(_failures(found, given & ~held, change, relation.must)),
    )


def _wanted(found: _Compared, relation: Relation, known: Mask) -> Mask:
    """Which levels a relation is about, (variants, criteria)."""
    own = np.array(
        [[name == one.criterion for name in found.criteria] for one in found.variants], dtype=bool
    ).reshape(found.before.shape)
    return {"all": np.ones_like(own), "own": own, "others": ~own & known}[relation.which]


def _holds(change: Array, must: Must, tolerance: int) -> Mask:
    if must == "fall":
        return change < 0
    return (change if must == "not_rise" else np.abs(change)) <= tolerance


def _shares(values: Array | Mask, given: Mask) -> Array:
    """Sum and count over criteria, (variants, 2)."""
    return np.stack([values.sum(axis=1), given.sum(axis=1)], axis=-1).astype(float)


def _intervals(found: _Compared, parts: Array, seed: int, replicates: int) -> tuple[Interval, ...]:
    """The quotients of parts (variants, statistics, 2) summed up, answers drawn as a whole."""
    by_answer = np.zeros((found.answers, *parts.shape[1:]))
    np.add.at(by_answer, found.cluster, parts)
    drawn = resample(by_answer, cells=1, seed=seed, replicates=replicates)
    return intervals(drawn.map(lambda table: over(table[..., 0], table[..., 1])))


def _whole(found: _Compared, held: Mask, given: Mask) -> Interval:
    """The share of answers for which a relation holds throughout, with its exact interval."""
    failed = np.bincount(
        found.cluster, weights=(given & ~held).sum(axis=1), minlength=found.answers
    )
    met = np.bincount(found.cluster, weights=given.sum(axis=1), minlength=found.answers) > 0
    count, hits = int(met.sum()), int((met & (failed == 0)).sum())
    if not count:
        return Interval(value=None)
    sure = (1 + _LEVEL) / 2
    return Interval(
        value=hits / count,
        low=share_at_least(hits, count, sure),
        high=1 - share_at_least(count - hits, count, sure),
    )


def _kinds(
    found: _Compared, held: Mask, given: Mask, effect: Array, seed: int, replicates: int
) -> Iterator[Kind]:
    """Each kind of change by itself, where there are several."""
    names = tuple(dict.fromkeys((*(one.change for one in found.variants), *found.unchanged)))
    if len(names) < 2:
        return
    of_kind = np.array([[one.change == name for name in names] for one in found.variants])
    of_kind = of_kind.reshape(len(found.variants), len(names))
    each = np.stack(
        [
            _shares(held, given),
            np.stack([effect, given.any(axis=1).astype(float)], axis=-1),
        ],
        axis=1,
    )
    parts = of_kind[:, :, None, None] * each[:, None]
    count = len(names)
    reached = _intervals(found, parts.reshape(len(parts), 2 * count, 2), seed, replicates)
    for at, name in enumerate(names):
        yield Kind(
            change=name,
            variants=int(of_kind[:, at].sum()),
            unchanged=found.unchanged.get(name, 0),
            levels=int(given[of_kind[:, at]].sum()),
            passed=reached[2 * at],
            effect=reached[2 * at + 1],
        )


def _failures(found: _Compared, failed: Mask, change: Array, must: Must) -> Iterator[Failure]:
    """The worst first: those that moved the most in the wrong direction."""
    places = [(int(row), int(column)) for row, column in np.argwhere(failed)]
    size = np.abs(change) if must == "stay" else change
    for row, column in sorted(places, key=lambda at: (-size[at], at))[:LISTED]:
        one = found.variants[row]
        yield Failure(
            variant=one.answer.id,
            answer=one.of,
            change=one.change,
            criterion=found.criteria[column],
            before=int(found.before[row, column]),
            after=int(found.after[row, column]),
        )
