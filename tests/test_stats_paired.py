"""Differences of two graders on the same answers: values, intervals, and what they may tell."""

import numpy as np
import pytest
import scipy.stats

from evals.levels import Array, Scale
from evals.stats import confusion
from evals.stats.intervals import Interval, Resamples, resample
from evals.stats.multiple import holm
from evals.stats.paired import HIGHER_IS_BETTER, paired, paired_levels, paired_percents
from evals.stats.power import detectable, needed
from evals.studies.compare import _outcome

SCALE = Scale("depth", "Depth", (0.0, 0.25, 0.5, 0.75, 1.0))
SHORT = Scale("named", "Named", (0.0, 1.0))
STUDIES = 500


def _off(chance: np.random.Generator, levels: Array, share: Array) -> Array:
    """The levels with this share moved by one, within the scale."""
    moved = chance.random(levels.shape) < share
    off: Array = np.clip(levels + moved * chance.choice((-1.0, 1.0), levels.shape), 0, 4)
    return off


def _world(chance: np.random.Generator, a: float, b: float) -> tuple[Array, Array, Array]:
    """People, A and B on 5,000 answers and four criteria; hard answers are hard for both."""
    ability = chance.normal(2, 1, (5000, 1))
    people = np.clip(np.round(ability + chance.normal(0, 0.7, (5000, 4))), 0, 4)
    hard = chance.choice((0.4, 1.6), (5000, 1))
    return people, _off(chance, people, a * hard), _off(chance, people, b * hard)


def _drawn(people: Array, side: Array) -> Resamples:
    """QWK over criteria of many studies at once, levels (answers, studies, criteria)."""
    tables = resample(confusion.tables(people, side, 5).sum(axis=2), cells=2, replicates=400)
    return tables.map(confusion.quadratic_kappa)


def test_a_difference_is_that_of_the_two_values() -> None:
    chance = np.random.default_rng(0)
    people, a, b = (one[:100, :1] for one in _world(chance, 0.4, 0.1))
    found = paired_levels(people, a, b, [SCALE])
    for one in found.overall.measures:
        assert one.a.value is not None
        assert one.b.value is not None
        sizes = (abs(one.a.value), abs(one.b.value))
        wanted = sizes[1] - sizes[0] if one.measure == "bias" else one.b.value - one.a.value
        assert one.difference.value == pytest.approx(wanted)
    assert found.overall.of("exact").b.value == pytest.approx((people == b).mean())
    assert found.overall.of("mae").a.value == pytest.approx(np.abs(people - a).mean())


def test_only_what_all_three_graded_counts() -> None:
    people, a, b = np.zeros((20, 1)), np.ones((20, 1)), np.zeros((20, 1))
    people[0], a[1], b[2] = np.nan, np.nan, np.nan
    found = paired_levels(people, a, b, [SCALE]).overall
    assert (found.pairs, found.answers) == (17, 17)
    assert found.of("mae").difference.value == -1


def test_exact_agreement_has_the_error_of_a_paired_t_test() -> None:
    chance = np.random.default_rng(1)
    people, a, b = (one[:300, :1] for one in _world(chance, 0.5, 0.2))
    found = paired_levels(people, a, b, [SCALE], replicates=4000).overall.of("exact")
    apart = ((b == people).astype(float) - (a == people))[:, 0]
    assert found.error == pytest.approx(scipy.stats.sem(apart), rel=0.05)
    assert found.p == pytest.approx(scipy.stats.ttest_1samp(apart, 0).pvalue, rel=0.5)


def test_percents_are_compared_by_pearson() -> None:
    chance = np.random.default_rng(2)
    people = chance.normal(50, 20, 80)
    a, b = people + chance.normal(0, 30, 80), people + chance.normal(5, 5, 80)
    found = paired_percents(people, a, b).of("pearson")
    one, other = (scipy.stats.pearsonr(people, side).statistic for side in (a, b))
    assert found.difference.value == pytest.approx(other - one)
    assert found.difference.low is not None
    assert found.difference.low > 0


def test_criteria_of_different_scales_are_pooled_as_shares() -> None:
    people = np.tile([[4.0, 1.0], [0.0, 0.0]], (10, 1))
    a, b = np.zeros_like(people), people.copy()
    found = paired_levels(people, a, b, [SCALE, SHORT])
    assert found.overall.unit == "share"
    assert found.overall.of("mae").difference.value == pytest.approx(-0.5)
    assert found.by_criterion[0].of("mae").difference.value == pytest.approx(-2)


def test_intervals_of_a_difference_hold_what_they_say() -> None:
    chance = np.random.default_rng(3)
    people, a, b = _world(chance, 0.45, 0.25)
    first, second = (
        confusion.quadratic_kappa(confusion.tables(people, side, 5).sum(axis=(0, 1)))
        for side in (a, b)
    )
    at = chance.integers(0, len(people), (60, STUDIES))
    found = paired("qwk", _drawn(people[at], a[at]), _drawn(people[at], b[at]))
    limits = np.array([(one.difference.low, one.difference.high) for one in found], dtype=float)
    true = float(second - first)
    assert true > 0.03
    held = ((limits[:, 0] <= true) & (true <= limits[:, 1])).mean()
    assert 0.92 <= held <= 0.98


def test_without_a_difference_few_are_called_better_or_worse() -> None:
    chance = np.random.default_rng(4)
    people, one, other = _world(chance, 0.35, 0.35)
    at = chance.integers(0, len(people), (60, STUDIES))
    # Which of the two is A is drawn for each answer, so that there is no difference at all.
    swapped = chance.random((60, STUDIES, 1)) < 0.5
    a, b = np.where(swapped, other[at], one[at]), np.where(swapped, one[at], other[at])
    found = paired("qwk", _drawn(people[at], a), _drawn(people[at], b))
    called = [_outcome("qwk", one.difference) for one in found]
    # 5 % and twice the error of a share of 500.
    assert 0 < 1 - called.count("cannot tell") / STUDIES <= 0.07


def test_a_lower_error_is_better_and_a_lower_kappa_is_not() -> None:
    below = Interval(value=-0.2, low=-0.3, high=-0.1)
    assert {name: _outcome(name, below) for name in HIGHER_IS_BETTER} == {
        "qwk": "worse", "exact": "worse", "mae": "better", "bias": "better", "pearson": "worse",
    }  # fmt: skip


def test_as_many_answers_as_are_needed_find_the_difference_in_four_of_five() -> None:
    chance = np.random.default_rng(5)
    spread, difference = 2.0, 0.5
    error = spread / np.sqrt(40)
    count = needed(40, difference, error)
    assert count == 126  # (2.80 * 2 / 0.5)^2
    drawn = chance.normal(difference, spread, (4000, count))
    found = np.asarray(scipy.stats.ttest_1samp(drawn, 0, axis=1).pvalue) < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.02)
    assert detectable(spread / np.sqrt(count)) == pytest.approx(difference, abs=0.002)


def test_no_difference_needs_no_number_of_answers() -> None:
    assert needed(40, 0.0, 0.1) is None


def test_holms_p_values_are_those_of_the_step_down_method() -> None:
    assert holm([0.01, 0.04, None, 0.03]) == pytest.approx((0.03, 0.06, None, 0.06))
    assert holm([0.9, 0.8]) == pytest.approx((1.0, 1.0))
    assert holm([None]) == (None,)
