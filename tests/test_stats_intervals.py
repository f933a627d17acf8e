"""Intervals by the bootstrap over answers: that they hold their level, and when there are none."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import scipy.stats

from evals.levels import Array
from evals.stats import confusion, icc
from evals.stats import moments as of
from evals.stats.coincidence import alpha, coincidences
from evals.stats.continuous import spearman
from evals.stats.division import over
from evals.stats.intervals import (
    FEWEST,
    Interval,
    Resamples,
    bootstrap,
    interval,
    intervals,
    resample,
    reweigh,
)


def _mean(table: Array) -> Array:
    """The mean of parts (1, value)."""
    return over(table[..., 1], table[..., 0])


def _parts(values: Array) -> Array:
    return np.stack([np.ones_like(values), values], axis=-1)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    parts = _parts(np.random.default_rng(0).normal(size=50))
    assert bootstrap(parts, _mean, seed=1) == bootstrap(parts, _mean, seed=1)
    assert bootstrap(parts, _mean, seed=1) != bootstrap(parts, _mean, seed=2)


def test_the_interval_of_a_symmetric_mean_is_that_of_t() -> None:
    half = np.random.default_rng(0).normal(0, 2, size=20)
    values = 5 + np.concatenate([half, -half])
    found = bootstrap(_parts(values), _mean, replicates=20_000)
    wanted = scipy.stats.t.interval(0.95, 39, values.mean(), scipy.stats.sem(values))
    assert found.value == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(wanted, abs=0.018)


def test_a_skewed_mean_has_the_bca_interval_of_scipy_but_for_the_widening() -> None:
    values = np.random.default_rng(3).exponential(size=100)
    found = bootstrap(_parts(values), _mean, replicates=20_000)
    wanted = scipy.stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=0.01)


def test_blocks_that_are_left_out_give_nearly_the_same_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = _parts(np.random.default_rng(3).exponential(size=400))
    alone = bootstrap(parts, _mean)
    monkeypatch.setattr("evals.stats.intervals._LEFT_OUT", 100)
    blocks = resample(parts)
    together = interval(blocks.map(_mean))
    assert len(blocks.without) == 100
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high), abs=0.01)


def test_weights_and_sums_of_parts_draw_the_same() -> None:
    values = np.random.default_rng(0).normal(size=700)  # more than are left out one by one
    groups = np.repeat(np.arange(350), 2)[::-1]
    for labels in (None, groups):
        by_sums = resample(_parts(values), groups=labels).map(_mean)
        by_weights = reweigh(700, lambda w: w @ values / w.sum(axis=1), groups=labels)
        np.testing.assert_allclose(by_weights.drawn, by_sums.drawn)
        np.testing.assert_allclose(by_weights.without, by_sums.without)
        assert interval(by_weights).low == pytest.approx(interval(by_sums).low)


def test_draws_in_small_chunks_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=50)
    at_once = resample(_parts(values)).drawn
    monkeypatch.setattr("evals.stats.intervals._CHUNK", 120)
    np.testing.assert_allclose(resample(_parts(values)).drawn, at_once)
    assert reweigh(50, lambda w: w.sum(axis=1)).drawn.tolist() == [50] * 1000


def test_answers_of_one_group_are_drawn_together() -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=30), 10)
    groups = [f"author {at // 10}" for at in range(300)]
    alone = bootstrap(_parts(values), _mean)
    grouped = bootstrap(_parts(values), _mean, groups=groups)
    assert grouped.value == pytest.approx(alone.value)
    assert _width(grouped) > 2.5 * _width(alone)


def test_several_statistics_have_their_own_intervals() -> None:
    rng = np.random.default_rng(0)
    parts = np.stack([_parts(rng.normal(size=50)), _parts(rng.normal(3, 1, size=50))], axis=1)
    both = intervals(resample(parts, cells=1).map(_mean))
    assert both == tuple(bootstrap(parts[:, at], _mean) for at in (0, 1))


def test_parts_pooled_are_parts_added_up() -> None:
    parts = np.random.default_rng(0).random((40, 3, 2))
    pooled = resample(parts, cells=1).pooled()
    np.testing.assert_allclose(pooled.drawn, resample(parts.sum(axis=1)).drawn)
    assert pooled.filled.shape == (40,)


@pytest.mark.parametrize("count", [1, FEWEST - 1])
def test_too_few_answers_have_a_value_but_no_limits(count: int) -> None:
    found = bootstrap(_parts(np.arange(count, dtype=float)), _mean)
    assert found == Interval(value=(count - 1) / 2)


def test_answers_without_a_judgement_are_not_counted() -> None:
    parts = _parts(np.arange(40, dtype=float))
    parts[FEWEST - 1 :] = 0
    assert bootstrap(parts, _mean).low is None
    parts[FEWEST - 1] = 1
    assert bootstrap(parts, _mean).low is not None


def test_answers_that_do_not_vary_have_no_limits() -> None:
    assert bootstrap(_parts(np.ones(40)), _mean) == Interval(value=1.0)


def test_an_undefined_value_is_none() -> None:
    assert bootstrap(np.zeros((40, 2)), _mean) == Interval(value=None)


def test_a_statistic_that_most_replicates_leave_undefined_has_no_limits() -> None:
    x = np.zeros(40)
    x[0] = 1.0  # a third of the replicates do not have it
    sums = of.moments(x, np.arange(40.0))
    found = bootstrap(sums, of.pearson)
    assert found.value is not None
    assert found.low is None


def test_limits_are_corrected_for_bias_and_acceleration_as_efron_has_it() -> None:
    without = np.arange(40.0) ** 2
    drawn = np.linspace(0, 1, 9999)
    found = interval(Resamples(np.array(0.3), drawn, without, np.ones(40, dtype=bool)))

    apart = without.mean() - without
    acceleration = (apart**3).sum() / (6 * (apart**2).sum() ** 1.5)
    bias = scipy.stats.norm.ppf(0.3)
    moved = bias + np.array([-1, 1]) * scipy.stats.t.ppf(0.975, 39) * np.sqrt(40 / 39)
    wanted = scipy.stats.norm.cdf(bias + moved / (1 - acceleration * moved))
    assert (found.low, found.high) == pytest.approx(tuple(wanted), abs=1e-3)


def test_the_percentile_interval_stands_in_where_bca_is_undefined() -> None:
    drawn = np.linspace(1, 2, 999)
    flat = Resamples(np.array(1.5), drawn, np.full(40, 1.5), np.ones(40, dtype=bool))
    one_sided = Resamples(np.array(0.5), drawn, np.linspace(0, 1, 40), np.ones(40, dtype=bool))
    finely, outlier = np.linspace(1, 2, 99_999), np.array([-1.0] + [0.0] * 39)
    turned = Resamples(np.array(1.99999), finely, outlier, np.ones(40, dtype=bool))
    for resamples in (flat, one_sided, turned):
        found = interval(resamples)
        assert (found.low, found.high) == pytest.approx((1.021, 1.979), abs=2e-3)


def test_an_interval_is_written_as_json_without_nan() -> None:
    written = Interval(value=None).model_dump_json()
    assert written == '{"value":null,"low":null,"high":null,"level":0.95}'


def test_no_answers_and_groups_of_another_length_raise() -> None:
    with pytest.raises(ValueError, match="no answers"):
        bootstrap(np.zeros((0, 2)), _mean)
    with pytest.raises(ValueError, match="3 groups for 4 answers"):
        bootstrap(np.ones((4, 2)), _mean, groups=["a", "b", "b"])


def _width(found: Interval) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


def _graded(rng: np.random.Generator, answers: int) -> Array:
    """Levels 0 to 4 of three graders, (answers, 3 criteria, 3 graders), a tenth of them missing.

    An answer's quality shows in all of its criteria; the graders have errors and leanings of
    their own.
    """
    quality = 0.9 * rng.normal(size=(answers, 1, 1)) + 0.6 * rng.normal(size=(answers, 3, 1))
    seen = quality + 0.6 * rng.normal(size=(answers, 3, 3)) + np.array([0, 0.25, -0.1])
    levels: Array = np.digitize(seen, [-1.5, -0.6, 0.2, 1.2]).astype(float)
    levels[rng.random(levels.shape) < 0.1] = np.nan
    return levels


def _of_pairs(levels: Array, replicates: int, seed: int) -> Mapping[str, Resamples]:
    parts = confusion.tables(levels[..., 0], levels[..., 1], 5).sum(axis=1)
    tables = resample(parts, replicates=replicates, seed=seed)
    sums = tables.map(confusion.moments)
    return {
        "quadratic kappa": sums.map(of.concordance),
        "exact": tables.map(confusion.exact),
        "adjacent": tables.map(confusion.adjacent),
        "mae": sums.map(of.mae),
        "bias": sums.map(of.bias),
        "pearson": sums.map(of.pearson),
        "spearman": tables.map(confusion.spearman),
        "icc": sums.map(of.icc_single),
    }


def _of_raters(levels: Array, replicates: int, seed: int) -> Mapping[str, Resamples]:
    pairs = resample(coincidences(levels, 5).sum(axis=1), replicates=replicates, seed=seed)
    squares = resample(icc.sums(levels).sum(axis=1), replicates=replicates, seed=seed)
    return {
        "alpha": pairs.map(alpha),
        "icc single": squares.map(icc.single),
        "icc average": squares.map(icc.average),
    }


def _of_percents(levels: Array, replicates: int, seed: int) -> Mapping[str, Resamples]:
    percents = 25 * np.nan_to_num(levels, nan=2.0).mean(axis=1)
    x, y = percents[:, 0], percents[:, 1]
    sums = resample(of.moments(x - 50, y - 50), replicates=replicates, seed=seed)
    return {
        "pearson": sums.map(of.pearson),
        "icc": sums.map(of.icc_single),
        "mae": sums.map(of.mae),
        "bias": sums.map(of.bias),
        "rmse": sums.map(of.rmse),
        "spearman": reweigh(len(x), spearman(x, y), replicates=replicates, seed=seed),
    }


@pytest.mark.parametrize("statistics", [_of_pairs, _of_raters, _of_percents])
def test_intervals_at_95_percent_hold_the_true_value_in_92_to_98_percent(
    statistics: Callable[[Array, int, int], Mapping[str, Resamples]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("evals.stats.intervals._LEFT_OUT", 1)
        many = statistics(_graded(np.random.default_rng(10**6), 100_000), 1, 0)
    truth = {name: float(resamples.whole) for name, resamples in many.items()}
    held = dict.fromkeys(truth, 0)
    for seed in range(1000, 1500):
        # Draws from the seed that made the levels would depend on them.
        drawn = statistics(_graded(np.random.default_rng(seed), 80), 400, seed + 10_000)
        for name, resamples in drawn.items():
            found = interval(resamples)
            assert found.low is not None
            assert found.high is not None
            held[name] += found.low <= truth[name] <= found.high
    assert {name: count for name, count in held.items() if not 460 <= count <= 490} == {}
