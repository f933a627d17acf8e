"""Statistics of agreement: equal to independent implementations, and nan where undefined."""

import itertools
import warnings

import krippendorff
import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]
import pingouin
import pytest
import scipy.stats
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

from evals.levels import Array, Scale
from evals.stats import confusion, icc
from evals.stats import moments as of
from evals.stats.agreement import agreement
from evals.stats.categories import categories
from evals.stats.coincidence import alpha, coincidences
from evals.stats.continuous import closeness, spearman
from evals.stats.intervals import Interval
from evals.stats.reliability import reliability

NAN = float("nan")
SKEWED = np.array([0.02, 0.03, 0.05, 0.2, 0.7])
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
    dtype=float,
)
KRIPPENDORFF = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T


def _levels(seed: int, shape: tuple[int, ...], missing: float = 0.1) -> Array:
    """Levels 0 to 4 of raters (the last axis) who agree somewhat; even seeds are skewed."""
    rng = np.random.default_rng(seed)
    margin = SKEWED if seed % 2 == 0 else np.full(5, 0.2)
    shared = rng.choice(5, size=(*shape[:-1], 1), p=margin)
    own = rng.choice(5, size=shape, p=margin)
    levels: Array = np.where(rng.random(shape) < 0.6, shared, own).astype(float)
    levels[rng.random(shape) < missing] = np.nan
    return levels


def _pairs(seed: int) -> tuple[Array, Array]:
    """Two raters' levels that stand together, as long as both gave one."""
    levels = _levels(seed, (60, 2))
    both = levels[~np.isnan(levels).any(axis=1)]
    return both[:, 0], both[:, 1]


def _table(seed: int) -> Array:
    levels = _levels(seed, (60, 2))
    return np.asarray(confusion.tables(levels[:, 0], levels[:, 1], 5).sum(axis=0))


def _iccs(ratings: Array) -> tuple[float, float]:
    frame = pd.DataFrame(
        [
            (target, rater, ratings[target, rater])
            for target, rater in itertools.product(*map(range, ratings.shape))
        ],
        columns=["target", "rater", "rating"],
    )
    with warnings.catch_warnings():
        # It calls pandas in a way that is to go, and has no p value where nothing is left over.
        warnings.simplefilter("ignore")
        found = pingouin.intraclass_corr(frame, "target", "rater", "rating")
    by_type = found.set_index("Type")["ICC"]
    return by_type["ICC(A,1)"], by_type["ICC(A,k)"]


def _alpha(levels: Array) -> float:
    return float(krippendorff.alpha(reliability_data=levels.T, level_of_measurement="ordinal"))


def _close(found: npt.ArrayLike | None, wanted: npt.ArrayLike) -> None:
    np.testing.assert_allclose(np.array(found, dtype=float), np.array(wanted), rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_table_statistics_equal_those_of_sklearn_and_scipy(seed: int) -> None:
    x, y = _pairs(seed)
    table = _table(seed)
    sums = confusion.moments(table)

    _close(confusion.quadratic_kappa(table), cohen_kappa_score(x, y, weights="quadratic"))
    _close(confusion.spearman(table), scipy.stats.spearmanr(x, y).statistic)
    _close(of.pearson(sums), scipy.stats.pearsonr(x, y).statistic)
    _close(of.mae(sums), mean_absolute_error(x, y))
    _close(of.rmse(sums), np.sqrt(((x - y) ** 2).mean()))
    _close(of.bias(sums), (y - x).mean())
    _close(of.icc_single(sums), _iccs(np.stack([x, y], axis=1))[0])
    _close(confusion.exact(table), (x == y).mean())
    _close(confusion.adjacent(table), (np.abs(x - y) <= 1).mean())
    assert confusion.pairs(table) == len(x)


def test_many_tables_at_once_give_what_each_gives_alone() -> None:
    tables = np.stack([_table(seed) for seed in range(6)]).reshape(2, 3, 5, 5)
    for statistic in (confusion.quadratic_kappa, confusion.spearman, confusion.adjacent):
        alone = [statistic(table) for table in tables.reshape(6, 5, 5)]
        _close(statistic(tables).ravel(), alone)


def test_categories_that_nobody_used_change_nothing() -> None:
    levels = _levels(1, (60, 2))
    wide = confusion.tables(levels[:, 0], levels[:, 1], 8).sum(axis=0)
    assert confusion.quadratic_kappa(wide) == pytest.approx(confusion.quadratic_kappa(_table(1)))
    assert confusion.spearman(wide) == pytest.approx(confusion.spearman(_table(1)))


def test_a_pair_with_a_missing_level_does_not_count() -> None:
    table = confusion.tables(np.array([1.0, NAN, 2.0]), np.array([1.0, 1.0, NAN]), 3)
    assert confusion.pairs(table).tolist() == [1, 0, 0]


def test_levels_off_the_scale_raise() -> None:
    with pytest.raises(ValueError, match="none of 0 to 2"):
        confusion.tables(np.array([3.0]), np.array([0.0]), 3)
    with pytest.raises(ValueError, match="none of 0 to 2"):
        coincidences(np.array([[3.0, 0.0]]), 3)


def test_equal_levels_agree_perfectly() -> None:
    table = np.diag([3.0, 1.0, 4.0])
    assert confusion.quadratic_kappa(table) == 1
    assert confusion.exact(table) == 1
    assert confusion.spearman(table) == pytest.approx(1)
    assert of.mae(confusion.moments(table)) == 0


def test_a_constant_rater_has_no_correlation_and_a_kappa_of_0() -> None:
    table = np.zeros((5, 5))
    table[:, 3] = [7, 1, 3, 2, 9]  # the second rater always says 3
    sums = confusion.moments(table)
    assert np.isnan(of.pearson(sums))
    assert np.isnan(confusion.spearman(table))
    assert confusion.quadratic_kappa(table) == pytest.approx(0)
    assert of.icc_single(sums) == pytest.approx(0, abs=0.2)


def test_one_level_throughout_leaves_kappa_icc_and_alpha_undefined() -> None:
    table = np.zeros((5, 5))
    table[3, 3] = 1000
    shares = np.array([0, 0.1, 0.3, 1 / 3, 1])
    assert np.isnan(confusion.quadratic_kappa(table))
    assert np.isnan(confusion.quadratic_kappa(table, shares))
    assert np.isnan(alpha(table))
    assert confusion.exact(table) == 1


def test_equal_ratings_have_no_icc_however_they_round() -> None:
    for count in range(2, 300):
        ratings = np.full((count, 3), 100 / 3)
        assert np.isnan(icc.single(icc.sums(ratings).sum(axis=0)))


def test_nothing_given_leaves_everything_undefined() -> None:
    table = np.zeros((5, 5))
    sums = confusion.moments(table)
    by_table = [confusion.exact, confusion.adjacent, confusion.quadratic_kappa, alpha]
    by_sums = [of.mae, of.bias, of.rmse, of.pearson, of.icc_single]
    assert np.isnan([statistic(table) for statistic in [*by_table, confusion.spearman]]).all()
    assert np.isnan([statistic(sums) for statistic in by_sums]).all()
    assert np.isnan([icc.single(np.zeros(6)), icc.average(np.zeros(6))]).all()


def test_one_pair_has_an_agreement_but_no_correlation() -> None:
    table = confusion.tables(np.array([1.0]), np.array([2.0]), 5)[0]
    sums = confusion.moments(table)
    _close([confusion.exact(table), confusion.adjacent(table)], [0, 1])
    _close([of.mae(sums), of.bias(sums)], [1, 1])
    assert np.isnan([of.pearson(sums), of.icc_single(sums), confusion.spearman(table)]).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("raters", [2, 3, 5])
def test_alpha_equals_that_of_krippendorffs_package(seed: int, raters: int) -> None:
    levels = _levels(seed, (40, raters), missing=0.3)
    table = coincidences(levels, 5).sum(axis=0)
    _close(alpha(table), _alpha(levels))


def test_alpha_of_krippendorffs_published_example() -> None:
    assert alpha(coincidences(KRIPPENDORFF, 6).sum(axis=0)) == pytest.approx(0.815, abs=5e-4)


@pytest.mark.parametrize("raters", [2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_icc_equals_that_of_pingouin(seed: int, raters: int) -> None:
    ratings = _levels(seed, (30, raters))
    full = ratings[icc.complete(ratings)]
    table = icc.sums(ratings).sum(axis=0)
    _close([icc.single(table), icc.average(table)], _iccs(full))


def test_icc_of_shrout_and_fleiss_published_example() -> None:
    table = icc.sums(SHROUT_FLEISS).sum(axis=0)
    assert icc.single(table) == pytest.approx(0.29, abs=5e-3)
    assert icc.average(table) == pytest.approx(0.62, abs=5e-3)


def test_icc_tells_how_many_targets_it_dropped() -> None:
    ratings = np.array([[1, 2], [NAN, 2], [NAN, NAN], [3, 3]])
    assert icc.dropped(ratings) == 1
    assert icc.sums(ratings).sum(axis=0)[0] == 2


def test_percents_are_compared_as_by_scipy_and_pingouin() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(60, 15, 40).round(0)  # with ties
    y = (x + rng.normal(3, 8, 40)).round(0)
    x[3], y[7] = NAN, NAN
    both = ~np.isnan(x + y)
    found = closeness(x, y, replicates=50)

    assert found.answers == 38
    x, y = x[both], y[both]
    _close(found.pearson.value, scipy.stats.pearsonr(x, y).statistic)
    _close(found.spearman.value, scipy.stats.spearmanr(x, y).statistic)
    _close(found.icc.value, _iccs(np.stack([x, y], axis=1))[0])
    _close(found.mae.value, np.abs(x - y).mean())
    _close(found.bias.value, (y - x).mean())
    _close(found.rmse.value, np.sqrt(((x - y) ** 2).mean()))


def test_spearman_counts_an_answer_of_weight_2_twice() -> None:
    x, y = np.array([1.0, 2, 2, 5, 4]), np.array([2.0, 1, 3, 5, 5])
    weights = np.array([2, 0, 1, 3, 1])
    wanted = scipy.stats.spearmanr(np.repeat(x, weights), np.repeat(y, weights)).statistic
    _close(spearman(x, y)(weights[None].astype(float)), [wanted])


def test_equal_percents_have_no_correlation_however_they_round() -> None:
    found = closeness(np.full(30, 100 / 3), np.linspace(0, 100, 30), replicates=50)
    undefined = Interval(value=None)
    assert (found.pearson, found.spearman) == (undefined, undefined)


def test_percents_that_hardly_differ_still_correlate() -> None:
    x = 50 + 1e-6 * np.arange(30.0)
    y = 50 + 1e-6 * (np.arange(30.0) * 7 % 30)
    found = closeness(x, y, replicates=50).pearson.value
    assert found == pytest.approx(scipy.stats.pearsonr(x, y).statistic, abs=1e-6)


def test_answers_without_both_percents_are_not_counted() -> None:
    x, y = np.arange(40.0), np.arange(40.0) * 7 % 40
    y[9:] = NAN
    found = closeness(x, y, replicates=200)
    assert found.pearson.low is None
    assert found.spearman.low is None


def test_no_percents_at_all_leave_everything_undefined() -> None:
    found = closeness(np.full(30, NAN), np.full(30, 50.0), replicates=50)
    assert found.answers == 0
    assert {found.pearson, found.spearman, found.icc, found.mae} == {Interval(value=None)}


FIVE = (0.0, 0.25, 0.5, 0.75, 1.0)
SAME = (Scale("a", "A", FIVE), Scale("b", "B", FIVE))
MIXED = (Scale("a", "A", FIVE), Scale("b", "B", (0.0, 0.6, 1.0)))


def test_agreement_of_each_criterion_and_of_all_pairs_together() -> None:
    levels = _levels(3, (50, 2, 2))
    found = agreement(levels[..., 0], levels[..., 1], SAME, replicates=50)
    both = np.asarray(~np.isnan(levels).any(axis=2))

    def kappa(at: npt.NDArray[np.bool_]) -> float:
        x, y = levels[..., 0][at], levels[..., 1][at]
        return float(cohen_kappa_score(x, y, weights="quadratic"))

    second = both & np.array([False, True])
    assert found.overall.unit == "level"
    assert (found.overall.pairs, found.overall.answers) == (both.sum(), both.any(axis=1).sum())
    _close(found.overall.quadratic_kappa.value, kappa(both))
    _close(found.by_criterion[1].quadratic_kappa.value, kappa(second))
    assert [one.criterion for one in found.by_criterion] == ["a", "b"]
    assert found.by_criterion[1].pairs == second.sum()


def test_scales_of_several_tops_are_pooled_by_share() -> None:
    first = np.array([[4.0, 1.0], [2.0, 0.0], [3.0, NAN], [0.0, 2.0]])
    second = np.array([[3.0, 2.0], [2.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    found = agreement(first, second, MIXED, replicates=50).overall
    x = np.array([1, 0.5, 0.75, 0, 0.6, 0, 1])
    y = np.array([0.75, 0.5, 0.25, 0.25, 1, 0, 1])

    assert found.unit == "share"
    assert found.adjacent == Interval(value=None)
    _close(found.mae.value, np.abs(x - y).mean())
    _close(found.exact.value, 3 / 7)
    _close(found.pearson.value, scipy.stats.pearsonr(x, y).statistic)
    _close(found.spearman.value, scipy.stats.spearmanr(x, y).statistic)
    _close(found.icc.value, _iccs(np.stack([x, y], axis=1))[0])


def test_a_level_off_its_own_scale_raises_where_another_scale_has_it() -> None:
    with pytest.raises(ValueError, match="off its criterion's scale"):
        categories(MIXED).of(np.array([[4.0, 3.0]]))


def test_no_scales_raise() -> None:
    with pytest.raises(ValueError, match="no criteria"):
        agreement(np.zeros((3, 0)), np.zeros((3, 0)), ())


def test_reliability_of_each_criterion_and_of_all_units_together() -> None:
    levels = _levels(4, (50, 2, 3), missing=0.2)
    found = reliability(levels, SAME, replicates=50)
    units = levels.reshape(-1, 3)
    rated = (~np.isnan(units)).sum(axis=1)

    _close(found.overall.alpha.value, _alpha(units))
    _close(found.by_criterion[1].alpha.value, _alpha(levels[:, 1]))
    single, average = _iccs(units[rated == 3])
    _close(found.overall.icc_single.value, single)
    _close(found.overall.icc_average.value, average)
    assert found.overall.units == (rated >= 2).sum()
    assert found.overall.complete == (rated == 3).sum()
    assert found.overall.dropped == ((rated > 0) & (rated < 3)).sum()


def test_reliability_over_scales_of_several_tops_is_that_of_shares() -> None:
    levels = np.minimum(_levels(5, (40, 2, 3), missing=0), np.array([4, 2])[None, :, None])
    found = reliability(levels, MIXED, replicates=50).overall
    worth = np.stack(
        [np.array(scale.worth)[levels[:, at].astype(int)] for at, scale in enumerate(MIXED)], axis=1
    ).reshape(-1, 3)
    _close(found.icc_single.value, _iccs(worth)[0])
    _close(found.alpha.value, _alpha(worth))
