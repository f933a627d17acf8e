"""A generalizability study: what of the scores' variance is the answers', the judges', chance.

Pure. Answers (p), judges (r) and repeats (o) are taken as random, all crossed or the repeats nested
in judges. What to buy with it, how many judges and repeats, is the business of
`evals.stats.decision`.

Nested is the default for repeats. Sample 1 of one model has nothing in common with sample 1 of
another: within a judge the samples may change places, and a facet "repeat" crossed with the judges
would not mean anything. Crossed fits repeats that all judges share, such as the day or the prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np

from evals.levels import Array, Levels
from evals.stats.bounds import Bounds

Repeats = Literal["nested", "crossed"]
Design = Literal["p x r", "p x (o:r)", "p x r x o"]

_SOURCES: dict[Design, dict[str, str]] = {
    "p x r": {"p": "p", "r": "r", "pr": "pr"},
    "p x (o:r)": {"p": "p", "r": "r", "o:r": "ro", "pr": "pr", "po:r": "pro"},
    "p x r x o": {one: one for one in ("p", "r", "o", "pr", "po", "ro", "pro")},
}
"""Each design's sources of variance, with the facets whose changes change the effect."""

_DRAWS = 4000
"""Of the generalized intervals; the ends of a 95 % interval move by about 1 % of its length."""


@dataclass(frozen=True)
class Component:
    """One source of variance.

    `estimate` solves the expected mean squares and may be negative by chance; `variance` is what is
    used, 0 for a negative one. `bounds` are of the variance.
    """

    source: str
    freedom: int
    mean_square: float
    estimate: float
    variance: float
    bounds: Bounds


@dataclass(frozen=True)
class GStudy:
    """The variance components of one criterion or total, in squared units of the scores.

    `dropped` answers lacked a score and are left out: the design must be complete.
    """

    design: Design
    answers: int
    judges: int
    repeats: int
    dropped: int
    mean: float
    components: tuple[Component, ...]

    @property
    def negative(self) -> tuple[str, ...]:
        """The sources with a negative estimate, set to 0 (Brennan 2001)."""
        return tuple(one.source for one in self.components if one.estimate < 0)

    @property
    def total(self) -> float:
        """The variance of one score of one judge for an answer: the sum of all components."""
        return sum(one.variance for one in self.components)

    def variance(self, source: str) -> float:
        """The variance of "p", "r", "o:r"... Raises ValueError for none of the design."""
        for one in self.components:
            if one.source == source:
                return one.variance
        raise ValueError(f"{source!r} is no source of {self.design}")


def study(scores: Array, repeats: Repeats = "nested", confidence: float = 0.95) -> GStudy:
    """Variance components by analysis of variance (Brennan 2001; Shavelson & Webb 1991).

    `scores` has the shape (answers, judges) or (answers, judges, repeats), nan for none. Answers
    with a gap are left out. Raises ValueError for fewer than two complete answers or two judges.

    Intervals are generalized ones (Weerahandi 1993; Burdick, Borror & Montgomery 2005): each mean
    square over its expectation is taken as chi-square. They know that few judges say little of all
    judges, which a bootstrap over answers does not.
    """
    cube = scores[:, :, None] if scores.ndim == 2 else scores
    complete = ~np.isnan(cube).any(axis=(1, 2))
    kept = cube[complete]
    design = _design(kept, repeats)
    sources = _SOURCES[design]
    squares, freedom = _mean_squares(kept, sources)
    solved = np.linalg.inv(_expected(sources, kept.shape))
    estimates = solved @ squares
    drawn = _drawn(squares, freedom) @ solved.T
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(np.maximum(drawn, 0), tails, axis=0)
    components = tuple(
        Component(
            source=source,
            freedom=int(freedom[at]),
            mean_square=float(squares[at]),
            estimate=float(estimates[at]),
            variance=max(0.0, float(estimates[at])),
            bounds=Bounds(
                value=max(0.0, float(estimates[at])),
                low=float(low[at]),
                high=float(high[at]),
                level=confidence,
            ),
        )
        for at, source in enumerate(sources)
    )
    answers, judges, several = kept.shape
    dropped = len(cube) - answers
    return GStudy(design, answers, judges, several, dropped, float(kept.mean()), components)


def studies(
    levels: Levels, judges: Sequence[str] | None = None, repeats: Repeats = "nested"
) -> tuple[dict[str, GStudy], GStudy]:
    """A study of each criterion and one of the total, all in points of 100.

    `judges` names for each of `levels.raters` the judge whose repeat it is, such as the model of a
    sample; None takes each rater as a judge. Criteria with too little to study are left out. The
    total is weighted over the criteria that have a level. Raises ValueError where judges have
    different numbers of repeats, or the total cannot be studied.
    """
    order = _arranged(levels.raters if judges is None else judges)
    if order.size != len(levels.raters):
        raise ValueError(f"{order.size} judges are named for {len(levels.raters)} raters")
    worth, by_criterion = levels.worth(), {}
    for at, criterion in enumerate(levels.criteria):
        scores = 100 * worth[:, at, :][:, order]
        if (~np.isnan(scores)).all(axis=(1, 2)).sum() > 1:
            by_criterion[criterion] = study(scores, repeats)
    return by_criterion, study(levels.percents()[:, order], repeats)


def drawn_components(study: GStudy) -> Array:
    """Draws of the components, (draws, components), as the study's intervals are made; 0 at least.

    The same study gives the same draws.
    """
    sources = _SOURCES[study.design]
    squares = np.array([one.mean_square for one in study.components])
    freedom = np.array([one.freedom for one in study.components])
    sizes = (study.answers, study.judges, study.repeats)
    drawn = _drawn(squares, freedom) @ np.linalg.inv(_expected(sources, sizes)).T
    floored: Array = np.maximum(drawn, 0)
    return floored


def facets(design: Design, source: str) -> str:
    """The facets of a source, of "p", "r" and "o": "pro" for "po:r"."""
    return _SOURCES[design][source]


def _design(kept: Array, repeats: Repeats) -> Design:
    answers, judges, several = kept.shape
    if answers < 2:
        raise ValueError(f"{answers} complete answers; a study needs two")
    if judges < 2:
        raise ValueError("one judge only: give its repeats as judges to study them alone")
    if several == 1:
        return "p x r"
    return "p x (o:r)" if repeats == "nested" else "p x r x o"


def _mean_squares(kept: Array, sources: dict[str, str]) -> tuple[Array, Array]:
    """Each source's mean square and degrees of freedom.

    A nested source takes the sums of squares that the crossed design gives to its facets without
    the one it is nested in: that of o:r is those of o and ro.
    """
    nested = "o:r" in sources
    names = list(sources.values())
    sums, freedom = np.zeros(len(names)), np.zeros(len(names))
    crossed = "pr" if kept.shape[2] == 1 else "pro"
    for size in range(1, len(crossed) + 1):
        for chosen in combinations(crossed, size):
            name = "".join(chosen)
            inside = set(chosen) | ({"r"} if nested and "o" in chosen else set())
            owner = "".join(one for one in "pro" if one in inside)
            at = names.index(owner)
            effect = _effect(kept, name)
            sums[at] += float((effect**2).sum()) * kept.size / effect.size
            freedom[at] += np.prod([kept.shape["pro".index(one)] - 1 for one in name])
    return sums / freedom, freedom


def _effect(kept: Array, name: str) -> Array:
    """The effect of a set of facets: their cells' means, less all effects within."""
    effect: Array = np.zeros((1, 1, 1))
    for size in range(len(name) + 1):
        for chosen in combinations(name, size):
            others = tuple(at for at, one in enumerate("pro") if one not in chosen)
            effect = effect + (-1) ** (len(name) - size) * kept.mean(axis=others, keepdims=True)
    return effect


def _expected(sources: dict[str, str], sizes: tuple[int, ...]) -> Array:
    """Expected mean squares as multiples of the components: row by mean square.

    A component counts in the mean squares of all its own facets, times the sizes of the facets that
    it does not have (Cornfield & Tukey 1956).
    """
    size = dict(zip("pro", sizes, strict=True))
    every = set("pro") if sizes[2] > 1 else set("pr")
    return np.array(
        [
            [
                float(np.prod([size[one] for one in every - set(column)]))
                if set(row) <= set(column)
                else 0.0
                for column in sources.values()
            ]
            for row in sources.values()
        ]
    )


def _drawn(squares: Array, freedom: Array) -> Array:
    """Draws of the expected mean squares, (draws, sources)."""
    drawn: Array = squares * _over_chance(tuple(int(one) for one in freedom))
    return drawn


@lru_cache(maxsize=8)
def _over_chance(freedom: tuple[int, ...]) -> Array:
    """Degrees of freedom over chi-square, (draws, sources), the same for the same freedom."""
    chance = np.random.default_rng(2001).chisquare(freedom, size=(_DRAWS, len(freedom)))
    return np.array(freedom) / chance


def _arranged(judges: Sequence[str]) -> np.typing.NDArray[np.intp]:
    """Which column is each judge's repeat, (judges, repeats)."""
    names = list(dict.fromkeys(judges))
    columns = [[at for at, name in enumerate(judges) if name == one] for one in names]
    counts = {len(one) for one in columns}
    if len(counts) > 1:
        told = ", ".join(f"{name} {len(one)}" for name, one in zip(names, columns, strict=True))
        raise ValueError(f"judges have different numbers of repeats: {told}")
    return np.array(columns, dtype=np.intp)
