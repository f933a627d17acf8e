"""Generalizability studies: against published tables, other calculations, and simulated truth."""

from typing import Literal

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from statsmodels.formula.api import ols  # type: ignore[import-untyped]
from statsmodels.stats.anova import anova_lm  # type: ignore[import-untyped]

from evals.levels import Array, Levels, Scale
from evals.stats.alpha import cronbach_alpha
from evals.stats.decision import decide, plan
from evals.stats.generalizability import GStudy, studies, study

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
"""Shrout & Fleiss (1979), table 2: 6 targets by 4 judges."""

GUTTMAN = np.array(
    [
        [int(mark) for mark in row]
        for row in (
            "101000000000",
            "111001000000",
            "111110000000",
            "110110010000",
            "111110100000",
            "111011100000",
            "111111100000",
            "111101111100",
            "111111111110",
            "111111111111",
        )
    ],
    float,
)
"""Brennan (2001), synthetic data set 1: 10 persons by 12 items."""

CROSSED = (
    np.array(
        [
            [2, 4, 5, 5, 4, 4, 2, 3, 0, 6],
            [6, 5, 5, 9, 3, 4, 6, 4, 5, 8],
            [7, 6, 4, 8, 5, 4, 6, 4, 4, 7],
            [5, 7, 6, 6, 6, 7, 5, 5, 5, 6],
            [2, 6, 5, 5, 4, 6, 2, 6, 5, 6],
            [5, 7, 4, 7, 5, 4, 7, 6, 5, 8],
            [5, 5, 5, 7, 6, 7, 7, 6, 5, 8],
            [5, 7, 5, 6, 4, 8, 5, 4, 3, 6],
        ],
        float,
    )
    .T.reshape(10, 2, 4)
    .transpose(0, 2, 1)
)
"""Brennan (2001), synthetic data set 3: 10 persons by 4 items by 2 occasions."""

NESTED = np.array(
    [
        [5, 9, 3, 7, 9, 3, 7, 5, 9, 4],
        [6, 3, 4, 5, 2, 4, 3, 8, 9, 4],
        [5, 7, 3, 5, 9, 3, 7, 5, 8, 4],
        [5, 7, 3, 3, 7, 5, 7, 7, 8, 3],
        [5, 7, 5, 3, 7, 3, 7, 7, 6, 3],
        [3, 5, 3, 1, 7, 3, 5, 5, 6, 5],
        [4, 5, 3, 4, 3, 6, 5, 5, 6, 6],
        [5, 5, 5, 3, 7, 3, 7, 4, 5, 5],
        [6, 7, 6, 5, 2, 4, 5, 3, 5, 5],
        [7, 7, 5, 3, 7, 5, 5, 2, 8, 7],
        [3, 5, 1, 3, 5, 1, 5, 1, 1, 1],
        [3, 2, 6, 5, 3, 2, 4, 1, 1, 1],
    ],
    float,
).T.reshape(10, 3, 4)
"""Brennan (2001), synthetic data set 4: 10 persons by 3 tasks, 4 raters nested in each."""

TRUE = {"p": 1.0, "r": 0.05, "ro": 0.02, "pr": 0.2, "pro": 0.35}
"""Variances of a simulated p x (o:r): one judge's absolute error is 0.62 of 1, so that 0.62 / 0.25
and therefore three judges are needed for 0.8."""


def simulated(seed: int, answers: int = 100, judges: int = 8, repeats: int = 3) -> Array:
    chance = np.random.default_rng(seed)
    size = {"p": answers, "r": judges, "o": repeats}
    scores = np.zeros((answers, judges, repeats))
    for facets, variance in TRUE.items():
        shape = [size[one] if one in facets else 1 for one in "pro"]
        scores = scores + np.sqrt(variance) * chance.normal(size=shape)
    return scores


def squares(told: GStudy) -> dict[str, float]:
    return {one.source: one.mean_square for one in told.components}


def components(told: GStudy) -> dict[str, float]:
    return {one.source: one.variance for one in told.components}


def test_judges_are_as_in_shrout_and_fleiss() -> None:
    told = study(SHROUT_FLEISS)
    assert told.design == "p x r"
    assert squares(told) == pytest.approx({"p": 11.24, "r": 32.49, "pr": 1.02}, abs=0.005)
    assert components(told) == pytest.approx({"p": 2.556, "r": 5.244, "pr": 1.019}, abs=5e-4)
    one, four = decide(told, 1), decide(told, 4)
    assert one.relative is not None
    assert one.absolute is not None
    assert four.relative is not None
    assert four.absolute is not None
    # published: ICC(3,1), ICC(2,1), ICC(3,4) and ICC(2,4)
    assert round(one.relative.value, 2) == 0.71
    assert round(one.absolute.value, 2) == 0.29
    assert round(four.relative.value, 2) == 0.91
    assert round(four.absolute.value, 2) == 0.62


def test_one_facet_is_as_in_brennan() -> None:
    told = study(GUTTMAN)
    assert components(told) == pytest.approx({"p": 0.0574, "r": 0.0754, "pr": 0.1269}, abs=5e-5)
    twelve = decide(told, 12)
    assert twelve.relative is not None
    assert twelve.absolute is not None
    assert twelve.relative.value == pytest.approx(0.844, abs=5e-4)
    assert twelve.absolute.value == pytest.approx(0.773, abs=5e-4)


def test_crossed_repeats_are_as_in_brennan() -> None:
    told = study(CROSSED, repeats="crossed")
    assert told.design == "p x r x o"
    published = {
        "p": 0.5528,
        "r": 0.4417,
        "o": 0.0074,
        "pr": 0.5750,
        "po": 0.1009,
        "ro": 0.1565,
        "pro": 0.9352,
    }
    assert components(told) == pytest.approx(published, abs=5e-5)
    both = decide(told, 4, 2)
    assert both.relative is not None
    assert both.absolute is not None
    assert round(both.relative.value, 2) == 0.64
    assert round(both.absolute.value, 2) == 0.55


def test_nested_repeats_are_as_in_brennan() -> None:
    told = study(NESTED)
    assert told.design == "p x (o:r)"
    published = {"p": 0.4731, "r": 0.3252, "o:r": 0.6475, "pr": 0.5596, "po:r": 2.3802}
    assert components(told) == pytest.approx(published, abs=5e-5)
    both = decide(told, 3, 4)
    assert both.relative is not None
    assert both.absolute is not None
    assert round(both.relative.value, 2) == 0.55
    assert round(both.absolute.value, 2) == 0.46


@pytest.mark.parametrize(
    ("repeats", "formula", "names"),
    [
        (
            "nested",
            "C(p) + C(r) + C(r):C(o) + C(p):C(r)",
            {"p": "C(p)", "r": "C(r)", "o:r": "C(r):C(o)", "pr": "C(p):C(r)", "po:r": "Residual"},
        ),
        (
            "crossed",
            "C(p) + C(r) + C(o) + C(p):C(r) + C(p):C(o) + C(r):C(o)",
            {
                "p": "C(p)",
                "r": "C(r)",
                "o": "C(o)",
                "pr": "C(p):C(r)",
                "po": "C(p):C(o)",
                "ro": "C(r):C(o)",
                "pro": "Residual",
            },
        ),
    ],
)
def test_mean_squares_are_those_of_statsmodels(
    repeats: Literal["nested", "crossed"], formula: str, names: dict[str, str]
) -> None:
    scores = simulated(1, answers=9, judges=4, repeats=3)
    at = np.indices(scores.shape).reshape(3, -1)
    long = pd.DataFrame({"p": at[0], "r": at[1], "o": at[2], "y": scores.ravel()})
    table = anova_lm(ols(f"y ~ {formula}", long).fit())
    told = study(scores, repeats=repeats)
    for one in told.components:
        theirs = table.loc[names[one.source]]
        assert one.mean_square == pytest.approx(theirs["mean_sq"], rel=1e-9)
        assert one.freedom == round(theirs["df"])


def test_the_relative_coefficient_is_cronbachs_alpha_over_judges() -> None:
    scores = simulated(2, judges=5, repeats=1)[:, :, 0]
    told, alpha = decide(study(scores), 5).relative, cronbach_alpha(scores)
    assert told is not None
    assert alpha is not None
    assert told.value == pytest.approx(alpha.value, abs=1e-9)
    # Feldt's interval is exact for it, the drawn one is of 4,000 draws
    assert (told.low, told.high) == pytest.approx((alpha.low, alpha.high), abs=0.01)


def test_over_500_seeds_components_and_the_plan_are_recovered() -> None:
    true = list(TRUE.values())
    estimates, needed, absolute, relative, within = [], [], 0, 0, np.zeros(5)
    for seed in range(500):
        told = study(simulated(seed))
        estimates.append([one.estimate for one in told.components])
        within += [
            one.bounds.low <= variance <= one.bounds.high
            for one, variance in zip(told.components, true, strict=True)
        ]
        found = plan(told, max_judges=8, max_repeats=2)
        assert found.decision is not None
        needed.append((found.decision.judges, found.decision.repeats))
        eight = found.most  # 8 judges, 2 repeats
        assert eight.absolute is not None
        assert eight.relative is not None
        error = 0.2 / 8 + 0.35 / 16
        relative += eight.relative.low <= 1 / (1 + error) <= eight.relative.high
        error += 0.05 / 8 + 0.02 / 16
        absolute += eight.absolute.low <= 1 / (1 + error) <= eight.absolute.high
    values = np.array(estimates)
    z = (values.mean(axis=0) - true) / (values.std(axis=0, ddof=1) / np.sqrt(500))
    assert np.abs(z).max() < 3.3  # p = 0.001 each
    assert np.mean([one == (3, 1) for one in needed]) > 0.7
    assert np.mean([abs(one[0] - 3) <= 1 and one[1] == 1 for one in needed]) > 0.98
    assert 0.92 <= absolute / 500 <= 0.98
    assert 0.92 <= relative / 500 <= 0.98
    assert (within / 500 >= 0.92).all()
    assert (within / 500 <= 0.98).all()


def test_negative_estimates_are_set_to_0_and_named() -> None:
    chance = np.random.default_rng(1)
    told = study(chance.normal(size=(20, 4)))
    named = [one.source for one in told.components if one.estimate < 0]
    assert named
    assert list(told.negative) == named
    assert all(told.variance(one) == 0 for one in named)


def test_incomplete_answers_are_dropped_and_counted() -> None:
    scores = simulated(3)
    gap = scores.copy()
    gap[[4, 9], 1, 0] = np.nan
    told = study(gap)
    assert (told.answers, told.dropped) == (98, 2)
    assert squares(told) == squares(study(np.delete(scores, [4, 9], axis=0)))


def test_repeats_come_in_where_judges_run_out() -> None:
    told = study(simulated(4))
    free = plan(told, 0.85).decision
    few = plan(told, 0.85, "relative", max_judges=3).decision
    assert free is not None
    assert few is not None
    assert free.repeats == 1
    assert few.judges == 3
    assert few.repeats > 1
    assert few.relative is not None
    assert few.relative.value >= 0.85
    fewer = decide(told, 3, few.repeats - 1).relative
    assert fewer is not None
    assert fewer.value < 0.85


def test_no_plan_is_found_where_none_within_the_bounds_reaches() -> None:
    found = plan(study(SHROUT_FLEISS), 0.9, max_judges=10)
    assert found.decision is None
    assert found.most.judges == 10
    assert found.most.absolute is not None
    assert found.most.absolute.value < 0.9


def test_a_plan_costs_its_gradings() -> None:
    found = plan(study(SHROUT_FLEISS), 0.8, "relative", cost_per_grading=0.25)
    assert found.decision is not None
    assert (found.decision.gradings, found.decision.cost) == (2, 0.5)


def test_standard_errors_are_roots_of_the_error_variances() -> None:
    told = decide(study(NESTED), 3, 4)
    relative = 0.5596 / 3 + 2.3802 / 12
    assert told.relative_sem == pytest.approx(np.sqrt(relative), abs=1e-4)
    assert told.absolute_sem == pytest.approx(
        np.sqrt(relative + 0.3252 / 3 + 0.6475 / 12), abs=1e-4
    )


def test_a_constant_has_no_coefficient() -> None:
    told = study(np.full((10, 3), 50.0))
    assert decide(told, 3).absolute is None
    assert plan(told).decision is None


@pytest.mark.parametrize("shape", [(1, 3), (5, 1), (5, 1, 4)])
def test_too_little_for_a_study_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"complete answers|one judge"):
        study(np.random.default_rng(1).normal(size=shape))


def test_repeats_cannot_be_decided_on_without_repeats_in_the_study() -> None:
    with pytest.raises(ValueError, match="no repeats"):
        decide(study(SHROUT_FLEISS), 2, 2)


def samples() -> Levels:
    """Two criteria, three models of two samples each, in mixed order."""
    seen = np.searchsorted([-1, 0, 1], simulated(5, judges=3, repeats=4)).astype(float)
    cube = np.stack([seen[:, :, :2], seen[:, :, 2:]], axis=1).transpose(0, 1, 3, 2)
    names = tuple(f"{model}{sample}" for sample in (1, 2) for model in "abc")
    scales = (
        Scale("one", "One", (0, 0.2, 0.5, 1), weight=2),
        Scale("two", "Two", (0, 0.2, 0.5, 1)),
    )
    return Levels(tuple(map(str, range(100))), scales, names, cube.reshape(100, 2, 6))


def test_samples_are_repeats_of_their_model() -> None:
    levels = samples()
    by_criterion, total = studies(levels, judges=[name[0] for name in levels.raters])
    worth = np.array([0, 20, 50, 100])[levels.of_criterion("two").astype(int)]
    by_hand = np.stack([worth[:, [0, 3]], worth[:, [1, 4]], worth[:, [2, 5]]], axis=1)
    assert by_criterion["two"] == study(by_hand.astype(float))
    assert list(by_criterion) == ["one", "two"]
    assert (total.design, total.judges, total.repeats) == ("p x (o:r)", 3, 2)
    assert total.mean == pytest.approx(levels.percents().mean())


def test_each_rater_is_a_judge_where_none_is_named() -> None:
    _, total = studies(samples())
    assert (total.design, total.judges) == ("p x r", 6)


def test_judges_with_different_numbers_of_repeats_are_refused() -> None:
    with pytest.raises(ValueError, match="a 3, b 2, c 1"):
        studies(samples(), judges=list("aaabbc"))


def test_a_criterion_that_was_never_given_is_left_out() -> None:
    levels = samples()
    values = levels.values.copy()
    values[:, 0] = np.nan
    by_criterion, total = studies(Levels(levels.answers, levels.scales, levels.raters, values))
    assert list(by_criterion) == ["two"]
    assert total.mean == pytest.approx(by_criterion["two"].mean)
