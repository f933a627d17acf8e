"""Levels given again: what changed is found, and its intervals hold what they say."""

import numpy as np
import pytest

from evals.levels import Array, Scale
from evals.stats.intervals import intervals, resample
from evals.stats.retest import changes, error_of, retest, retest_percents, share_of, within

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
SCALES = tuple(Scale(f"c{at}", f"C{at}", LEVELS) for at in range(3))
SHORT = Scale("named", "Named", (0.0, 1.0))
STUDIES = 500


def _drawn(chance: np.random.Generator, answers: int, runs: int) -> tuple[Array, float]:
    """Levels of 1 to 3, each run moved by one with an answer's own chance; the mean chance.

    With a chance p the variance within is p, and two runs differ unless both stay or move alike.
    """
    true = chance.integers(1, 4, (answers, 3, 1)).astype(float)
    own = chance.choice((0.05, 0.45), (answers, 1, 1))
    moved = chance.random((answers, 3, runs)) < own
    return true + moved * chance.choice((-1.0, 1.0), moved.shape), 0.25


def _differ(p: float) -> float:
    return 1 - (1 - p) ** 2 - 2 * (p / 2) ** 2


def test_known_changes_are_counted() -> None:
    levels = np.full((10, 3, 3), 2.0)
    levels[0, 0, 1] = 3.0
    levels[1, 1, 2] = 4.0
    found = retest(levels, SCALES)
    assert found.overall.cells == 60
    assert found.overall.flip.value == pytest.approx(2 / 60)
    assert found.overall.far.value == pytest.approx(1 / 60)
    assert found.overall.change.value == pytest.approx(3 / 60)
    assert found.by_criterion[1].far.value == pytest.approx(1 / 20)
    # Of 30 cells the two have the variances 1/3 and 4/3.
    assert found.overall.sem.value == pytest.approx((5 / 3 / 30) ** 0.5)


def test_what_is_the_same_has_no_error_and_no_limits() -> None:
    levels = np.tile(np.arange(5.0)[:, None, None], (4, 3, 2))
    found = retest(levels, SCALES).overall
    assert (found.flip.value, found.sem.value, found.icc.value, found.qwk.value) == (0, 0, 1, 1)
    assert found.flip.low is None


def test_a_level_that_a_run_lacks_is_no_change() -> None:
    levels = np.full((12, 3, 3), 2.0)
    levels[:, :, 2] = np.nan
    levels[0, 0, 0] = np.nan
    found = retest(levels, SCALES).overall
    assert (found.cells, found.flip.value) == (35, 0)


def test_criteria_of_different_scales_are_pooled_as_shares() -> None:
    levels = np.zeros((10, 2, 2))
    levels[:, 0, 1], levels[:, 1, 1] = 2.0, 1.0
    found = retest(levels, (SCALES[0], SHORT))
    assert found.overall.unit == "share"
    assert found.overall.change.value == pytest.approx(0.75)
    assert found.by_criterion[0].change.value == 2


def test_the_intraclass_correlation_is_that_of_the_variances() -> None:
    levels, within = _drawn(np.random.default_rng(0), 4000, 3)
    between = 2 / 3
    found = retest(levels, SCALES, replicates=100).overall
    assert found.icc.value == pytest.approx(between / (between + within), abs=0.02)


def test_one_run_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="no repeat"):
        retest(np.zeros((5, 3, 1)), SCALES)


def test_percents_have_an_error_a_change_and_a_correlation() -> None:
    chance = np.random.default_rng(1)
    percents = chance.normal(50, 20, (3000, 1)) + chance.normal(0, 4, (3000, 3))
    found = retest_percents(percents, replicates=200)
    assert found.sem.value == pytest.approx(4, rel=0.03)
    assert found.icc.value == pytest.approx(400 / 416, abs=0.01)
    assert found.change.value == pytest.approx(4 * 2 / np.sqrt(np.pi), rel=0.05)
    assert found.largest == pytest.approx(np.abs(percents[:, 1:] - percents[:, :1]).max())


@pytest.mark.parametrize("statistic", ["flip", "sem"])
def test_intervals_hold_what_they_say(statistic: str) -> None:
    levels, _ = _drawn(np.random.default_rng(2), 60 * STUDIES, 3)
    # Many studies at once, (answers, studies, criteria, runs).
    levels = levels.reshape(60, STUDIES, 3, 3)
    if statistic == "flip":
        parts, of, true = changes(levels, levels), share_of(1), (_differ(0.05) + _differ(0.45)) / 2
    else:
        parts, of, true = within(levels), error_of, 0.5
    found = intervals(resample(parts.sum(axis=2), cells=1, replicates=400).map(of))
    limits = np.array([(one.low, one.high) for one in found], dtype=float)
    held = ((limits[:, 0] <= true) & (true <= limits[:, 1])).mean()
    assert 0.92 <= held <= 0.98
