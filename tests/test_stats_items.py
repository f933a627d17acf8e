"""Item analysis and its flags: against independent calculations, and by simulated rubrics."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pingouin as pg
import pytest

from evals.levels import Array, Levels, Scale
from evals.stats.alpha import cronbach_alpha
from evals.stats.bounds import of_correlation, share_at_least
from evals.stats.covariances import centred, left_out, moments
from evals.stats.disagreement import disagreement, single_rater_reliability
from evals.stats.flags import Flag, flags
from evals.stats.items import ItemAnalysis, analyse
from evals.stats.likeness import in_words

CUTS = (-1.2, -0.4, 0.4, 1.2)
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def levels_of(
    values: Array, worth: Sequence[float] = QUARTERS, weights: Sequence[float] | None = None
) -> Levels:
    """Levels of (answers, criteria) or (answers, criteria, raters), criteria c0, c1..."""
    cube = values[:, :, None] if values.ndim == 2 else values
    answers, criteria, raters = cube.shape
    weights = weights or [1.0] * criteria
    scales = tuple(
        Scale(f"c{at}", f"Criterion {at}", tuple(worth), weights[at]) for at in range(criteria)
    )
    names = tuple(f"a{at}" for at in range(answers))
    return Levels(names, scales, tuple(f"r{at}" for at in range(raters)), cube.astype(float))


def good(
    seed: int, answers: int = 100, raters: int = 3, criteria: int = 8, loading: float = 0.7
) -> Array:
    """Levels 0 to 4: what criteria share, what each has of its own, and each rater's error.

    A single rater's reliability is 0.8 before levels are cut, and two criteria freed of error
    correlate at loading squared.
    """
    chance = np.random.default_rng(seed)
    true = loading * chance.normal(size=(answers, 1))
    true = true + np.sqrt(1 - loading**2) * chance.normal(size=(answers, criteria))
    return cut(true, chance, raters)


def cut(true: Array, chance: np.random.Generator, raters: int) -> Array:
    seen = true[:, :, None] + 0.5 * chance.normal(size=(*true.shape, raters))
    easier = chance.uniform(-0.4, 0.4, size=(1, true.shape[1], 1))
    return np.searchsorted(CUTS, seen + easier).astype(float)


def planted(seed: int, answers: int = 100, raters: int = 3) -> Levels:
    """Eight criteria: c3 is guessed, c5 repeats c1 with other errors, c7 never varies."""
    chance = np.random.default_rng(seed)
    true = 0.7 * chance.normal(size=(answers, 1))
    true = true + np.sqrt(1 - 0.49) * chance.normal(size=(answers, 8))
    true[:, 5] = true[:, 1]
    values = cut(true, chance, raters)
    values[:, 3] = chance.integers(0, 5, size=(answers, raters))
    values[:, 7] = 2
    return levels_of(values)


def raised(levels: Levels) -> tuple[Flag, ...]:
    """The flags that ask for something, without the notes."""
    return tuple(flag for flag in flags(analyse(levels)) if flag.severity != "note")


def kinds(levels: Levels) -> list[tuple[str, str, str]]:
    return [(one.criterion, one.kind, one.severity) for one in flags(analyse(levels))]


def gaps(values: Array, seed: int, share: float = 0.1) -> Array:
    return np.where(np.random.default_rng(seed).random(values.shape) < share, np.nan, values)


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_alpha_is_that_of_pingouin(share: float) -> None:
    points = gaps(good(1, raters=1)[:, :, 0], 2, share)
    alpha = cronbach_alpha(points)
    theirs, _ = pg.cronbach_alpha(pd.DataFrame(points))
    assert alpha is not None
    assert alpha.value == pytest.approx(theirs, abs=1e-9)


def test_feldts_interval_is_that_of_pingouin() -> None:
    points = good(1, raters=1)[:, :, 0]
    alpha = cronbach_alpha(points, confidence=0.9)
    _, (low, high) = pg.cronbach_alpha(pd.DataFrame(points), ci=0.9)
    assert alpha is not None
    assert (alpha.low, alpha.high) == pytest.approx((low, high), abs=5.1e-4)


def test_alpha_without_a_criterion_is_that_of_the_other_columns() -> None:
    weights = [1.0, 2.0, 3.0, 1.0, 5.0, 1.0, 1.0, 2.0]
    values = good(3, raters=1)[:, :, 0]
    analysis = analyse(levels_of(values, weights=weights))
    points = pd.DataFrame(values / 4 * weights)
    for at, item in enumerate(analysis.items):
        theirs, _ = pg.cronbach_alpha(points.drop(columns=at))
        assert item.alpha_without == pytest.approx(theirs, abs=1e-9)


def test_discrimination_is_the_correlation_with_the_weighted_sum_of_the_others() -> None:
    weights = [1.0, 2.0, 3.0, 1.0, 5.0, 1.0, 1.0, 2.0]
    values = good(4)
    analysis = analyse(levels_of(values, weights=weights))
    shares = pd.DataFrame(values.mean(axis=2) / 4)
    points = shares * weights
    for at, item in enumerate(analysis.items):
        theirs = shares[at].corr(points.drop(columns=at).sum(axis=1))
        assert item.discrimination is not None
        assert item.discrimination.value == pytest.approx(theirs, abs=1e-9)


def test_worth_counts_and_not_the_number_of_the_level() -> None:
    values = good(4, raters=1)
    worth = (0.0, 0.1, 0.2, 0.3, 1.0)
    analysis = analyse(levels_of(values, worth=worth))
    shares = pd.DataFrame(np.array(worth)[values[:, :, 0].astype(int)])
    theirs = shares[0].corr(shares.drop(columns=0).sum(axis=1))
    assert analysis.items[0].difficulty == pytest.approx(shares[0].mean())
    assert analysis.items[0].discrimination is not None
    assert analysis.items[0].discrimination.value == pytest.approx(theirs, abs=1e-9)


def test_correlations_with_gaps_are_those_of_pandas() -> None:
    columns = gaps(good(5, raters=1)[:, :, 0], 6, 0.2)
    theirs = pd.DataFrame(columns).corr().to_numpy()
    assert moments(centred(columns)).correlations() == pytest.approx(theirs, abs=1e-9)


def test_the_jackknife_leaves_out_one_group_at_a_time() -> None:
    columns = centred(gaps(good(5, answers=47, raters=1)[:, :, 0], 6))
    parts = list(left_out(columns, moments(columns), 20))
    together = np.concatenate([part.covariances() for part in parts])
    kept = [np.delete(columns, np.arange(first, 47, 20), axis=0) for first in range(20)]
    theirs = [pd.DataFrame(rows).cov().to_numpy() for rows in kept]
    assert together == pytest.approx(np.array(theirs), abs=1e-9)


def test_the_nearest_criterion_is_the_one_with_the_largest_correlation() -> None:
    item = analyse(planted(1)).items[1]
    assert item.nearest is not None
    assert item.nearest.criterion == "c5"
    assert item.nearest.r > 0.85


def test_first_eigenvalue_and_mean_correlation_are_those_of_numpy() -> None:
    values = good(7, raters=1)[:, :, 0]
    analysis = analyse(levels_of(values))
    r = np.atleast_2d(np.corrcoef(values.T))
    assert analysis.first_share == pytest.approx(np.linalg.eigvalsh(r)[-1] / 8, abs=1e-9)
    assert analysis.mean_correlation == pytest.approx(r[np.triu_indices(8, 1)].mean(), abs=1e-9)


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_a_single_raters_reliability_is_the_one_way_icc_of_pingouin() -> None:
    values = good(8, answers=30)[:, 0]
    long = pd.DataFrame(
        [(a, r, values[a, r]) for a in range(30) for r in range(3)], columns=["a", "r", "y"]
    )
    theirs = pg.intraclass_corr(long, targets="a", raters="r", ratings="y").iloc[0]
    ours = single_rater_reliability(values, confidence=0.95)
    assert ours is not None
    assert ours.value == pytest.approx(theirs["ICC"], abs=1e-9)
    interval = next(theirs[name] for name in ("CI95%", "CI95") if name in theirs)
    assert (ours.low, ours.high) == pytest.approx(tuple(interval), abs=5.1e-3)


def test_reliability_with_unequal_raters_is_near_that_without_gaps() -> None:
    values = good(9, answers=2000)[:, 0]
    whole, part = single_rater_reliability(values), single_rater_reliability(gaps(values, 1, 0.3))
    assert whole is not None
    assert part is not None
    assert part.value == pytest.approx(whole.value, abs=0.03)


def test_disagreement_counts_pairs_of_raters() -> None:
    told = disagreement(np.array([[0, 0, 2], [1, 1, np.nan], [3, np.nan, np.nan]]))
    assert told is not None
    assert (told.pairs, told.exact, told.apart) == (4, 0.5, 1.0)
    assert told.means == pytest.approx((4 / 3, 0.5, 2.0))


def test_one_rater_disagrees_with_no_one() -> None:
    analysis = analyse(planted(1, raters=1))
    assert all(item.disagreement is None for item in analysis.items)
    assert analysis.likeness is None
    assert "cannot be told" in in_words(None)


def test_an_items_plain_figures_count_ratings_and_answers() -> None:
    values = np.array([[[0, 0]], [[4, np.nan]], [[4, 2]], [[np.nan, np.nan]]])
    item = analyse(levels_of(values)).items[0]
    assert (item.answers, item.ratings, item.missing) == (3, 5, 3)
    assert item.counts == (2, 0, 1, 0, 2)
    assert item.unused == (1, 3)
    assert (item.floor, item.ceiling) == (0.4, 0.4)
    assert item.mean == pytest.approx(7 / 3)
    assert item.difficulty == pytest.approx(7 / 12)
    assert item.sd == pytest.approx(np.std([0, 4, 3], ddof=1))


def test_a_criterion_that_no_one_rated_leaves_the_others_as_they_are() -> None:
    values = good(2)
    silent = values.copy()
    silent[:, 4] = np.nan
    analysis = analyse(levels_of(silent))
    without = analyse(levels_of(np.delete(values, 4, axis=1)))
    assert analysis.alpha == without.alpha
    assert analysis.items[0].discrimination == without.items[0].discrimination
    assert analysis.items[4].mean is None
    assert analysis.items[4].alpha_without is None


@pytest.mark.parametrize("shape", [(0, 2, 2), (1, 2, 2), (2, 1, 1), (3, 0, 2), (3, 2, 0)])
def test_too_little_to_tell_is_none_and_no_error(shape: tuple[int, int, int]) -> None:
    analysis = analyse(levels_of(np.zeros(shape)))
    assert analysis.alpha is None
    assert flags(analysis) == ()


def halo_of(analysis: ItemAnalysis) -> tuple[float, float, float]:
    assert analysis.likeness is not None
    assert analysis.likeness.halo is not None
    excess = analysis.likeness.halo.excess
    return excess.low, excess.value, excess.high


def test_without_an_overall_impression_no_halo_is_seen() -> None:
    covered = 0
    for seed in range(100):
        low, _, high = halo_of(analyse(levels_of(good(seed))))
        covered += low <= 0 <= high
    assert covered >= 88


def test_each_raters_overall_impression_is_seen_as_halo() -> None:
    chance = np.random.default_rng(1)
    true = 0.7 * chance.normal(size=(200, 1, 1)) + 0.7 * chance.normal(size=(200, 6, 1))
    impression = 0.6 * chance.normal(size=(200, 1, 3))
    seen = true + impression + 0.3 * chance.normal(size=(200, 6, 3))
    low, value, _ = halo_of(analyse(levels_of(np.searchsorted(CUTS, seen).astype(float))))
    # the covariance of one rater's impression, 0.36, over the variance of a level, 1.43
    assert value == pytest.approx(0.36 / 1.43, abs=0.06)
    assert low > 0.1


def test_correlations_freed_of_error_are_those_of_what_is_meant() -> None:
    likeness = analyse(levels_of(good(3, answers=5000))).likeness
    assert likeness is not None
    off = likeness.corrected[~np.eye(8, dtype=bool)]
    assert off.mean() == pytest.approx(0.49, abs=0.03)


def test_planted_faults_are_found_and_good_criteria_left_alone() -> None:
    faults = {"c3": "ambiguous", "c5": "redundant", "c7": "never_varies"}
    found: Counter[str] = Counter()
    accused = 0
    for seed in range(500):
        told = {flag.criterion: flag for flag in raised(planted(seed))}
        found.update(
            name for name, kind in faults.items() if name in told and told[name].kind == kind
        )
        accused += len(told.keys() - faults.keys())
        assert "c5" not in told or told["c5"].other == "c1"
    assert min(found[name] for name in faults) >= 0.95 * 500
    assert accused <= 0.02 * 500 * 5


def test_good_criteria_of_40_answers_are_not_accused() -> None:
    accused = sum(len(raised(levels_of(good(seed, answers=40)))) for seed in range(150))
    assert accused <= 0.02 * 150 * 8


@pytest.mark.parametrize("discrete", [False, True])
def test_alphas_interval_covers(discrete: bool) -> None:
    def points(seed: int, answers: int) -> Array:
        chance = np.random.default_rng(seed)
        normal = chance.normal(size=(answers, 1)) + 1.2 * chance.normal(size=(answers, 8))
        return np.searchsorted(CUTS, normal).astype(float) if discrete else normal

    true = cronbach_alpha(points(10_000, 200_000))
    assert true is not None
    told = [cronbach_alpha(points(seed, 100)) for seed in range(500)]
    covered = sum(one is not None and one.low <= true.value <= one.high for one in told)
    assert 0.92 <= covered / 500 <= 0.98


def test_a_vague_criterion_of_one_rater_is_weak() -> None:
    found = [
        {flag.kind for flag in raised(planted(seed, 150, raters=1)) if flag.criterion == "c3"}
        for seed in range(20)
    ]
    assert sum("weak_discrimination" in kinds for kinds in found) >= 15


def test_a_copied_column_of_one_rater_is_redundant() -> None:
    values = good(1, raters=1)
    values[:, 6] = values[:, 2]
    assert [(one.criterion, one.other) for one in raised(levels_of(values))] == [("c6", "c2")]


def test_three_that_are_the_same_flag_the_two_later_ones() -> None:
    values = good(1)
    values[:, 4] = values[:, 6] = values[:, 2]
    told = raised(levels_of(values))
    assert [(one.criterion, one.kind) for one in told] == [("c4", "redundant"), ("c6", "redundant")]
    assert {one.other for one in told} <= {"c2", "c4"}


def test_a_repeat_names_the_earlier_criterion_that_is_nearest() -> None:
    values = good(1, raters=1)
    values[:, 4] = values[:, 2]
    values[:6, 4] = 4 - values[:6, 4]
    values[:, 6] = values[:, 4]
    told = [(one.criterion, one.other) for one in raised(levels_of(values))]
    assert told == [("c4", "c2"), ("c6", "c4")]


def test_where_all_criteria_are_one_no_pair_is_accused() -> None:
    assert raised(levels_of(good(1, loading=1.0, answers=200))) == ()


def test_a_turned_scale_discriminates_negatively() -> None:
    values = good(1)
    values[:, 2] = 4 - values[:, 2]
    told = raised(levels_of(values))
    assert [(one.criterion, one.kind, one.severity) for one in told] == [
        ("c2", "negative_discrimination", "mend")
    ]


def test_a_trait_of_its_own_is_weak() -> None:
    values = good(1, answers=400)
    own = np.random.default_rng(5).normal(size=(400, 1))
    values[:, 2] = np.searchsorted(CUTS, np.repeat(own, 3, axis=1))
    assert [(one.criterion, one.kind) for one in raised(levels_of(values))] == [
        ("c2", "weak_discrimination")
    ]


@pytest.mark.parametrize(("level", "kind"), [(0, "floor"), (4, "ceiling")])
def test_most_ratings_at_an_end_are_a_floor_or_ceiling(level: int, kind: str) -> None:
    values = good(1)
    values[:85, 2] = level
    assert (("c2", kind, "look")) in kinds(levels_of(values))


@pytest.mark.parametrize(
    ("worth", "kind"),
    [((0.0, 0.95, 0.96, 0.97, 1.0), "too_easy"), ((0.0, 0.01, 0.02, 0.03, 1.0), "too_hard")],
)
def test_a_mean_share_near_the_ends_is_too_easy_or_too_hard(
    worth: tuple[float, ...], kind: str
) -> None:
    values = np.clip(good(1), 1, 3)
    assert ("c0", kind, "look") in kinds(levels_of(values, worth=worth))


def test_a_level_never_used_is_a_note_until_many_answers_were_seen() -> None:
    few, many = (levels_of(np.clip(good(1, answers=n), 0, 3)) for n in (100, 300))
    assert ("c0", "level_never_used", "note") in kinds(few)
    assert ("c0", "level_never_used", "look") in kinds(many)


@pytest.mark.parametrize(
    ("answers", "severity"), [(5, "note"), (20, "look"), (28, "look"), (29, "mend")]
)
def test_a_constant_weighs_by_how_many_answers_show_it(answers: int, severity: str) -> None:
    values = good(1, answers=answers)
    values[:, 7] = 2
    assert ("c7", "never_varies", severity) in kinds(levels_of(values))


def test_a_strict_rater_is_told_with_the_disagreement() -> None:
    values = np.clip(good(1), 2, 4)
    values[:, 0, 2] = 0
    flag = next(one for one in raised(levels_of(values)) if one.criterion == "c0")
    assert flag.kind == "ambiguous"
    assert "strictest rater" in flag.meaning


def test_rare_slips_where_answers_hardly_differ_are_not_ambiguous() -> None:
    chance = np.random.default_rng(3)
    values = good(1)
    values[:, 0] = np.where(chance.random((100, 3)) < 0.08, 3, 2)
    assert "ambiguous" not in {one.kind for one in raised(levels_of(values))}


def test_fishers_interval_is_that_of_pingouin() -> None:
    theirs = pg.compute_esci(stat=0.6, nx=50, eftype="r", confidence=0.9, decimals=9)
    ours = of_correlation(0.6, 50, 0.9)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), abs=1e-8)


def test_all_of_29_are_at_least_nine_in_ten() -> None:
    assert share_at_least(29, 29, 0.95) == pytest.approx(0.05 ** (1 / 29))
    assert share_at_least(0, 29, 0.95) == 0
