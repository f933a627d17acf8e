"""How far a grader agrees with people, and people with each other: the ceiling.

What the statistics are stands in `evals.stats`; how it looks in `evals.report`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from agent.errors import InputError
from agent.frozen import Frozen
from evals.dataset import Dataset
from evals.gates import with_limits
from evals.grading import GRADER, Grades
from evals.levels import Array, Levels, Scale
from evals.stats import confusion
from evals.stats.agreement import Agreement, Agreements, agreement
from evals.stats.continuous import Closeness, closeness
from evals.stats.order import Order, ordered
from evals.stats.reliability import Reliabilities, reliability

PEOPLE = "people"
"""People together: by criterion the lower median of their levels, of percents the mean."""
_BANDS = ((0.0, 40.0), (40.0, 70.0), (70.0, 100.0))


class Pair(Frozen):
    """Two raters, the second compared with the first, on levels and on percents of answers."""

    first: str
    second: str
    levels: Agreements | None
    percents: Closeness


class Confusion(Frozen):
    """How often people gave a level (rows) and the grader another (columns)."""

    criterion: str
    counts: tuple[tuple[int, ...], ...]


class Band(Frozen):
    """The answers to which people gave a percentage within these bounds.

    `bias` is the grader's mean percentage less theirs, `mae` the mean difference.
    """

    low: float
    high: float
    answers: int
    bias: float | None
    mae: float | None


class Missing(Frozen):
    """What could not be compared: whole answers, and levels by who has none."""

    answers: int
    answers_without_grade: int
    levels_without_grade: int
    levels_without_people: int


class AgreementStudy(Frozen):
    """A grader's agreement with people.

    `pairs` are the grader with people together first, then with each of several, then people
    with each other. `among_all` takes people and grader as equals (Krippendorff's alpha and more),
    `among_people` people alone, where there are several. `length` is the yardstick: people against
    the logarithm of the number of words.
    `order` is of pairs of answers to one question. `points` are the answers' percentages.
    """

    pairs: tuple[Pair, ...]
    among_all: Reliabilities | None
    among_people: Reliabilities | None
    confusions: tuple[Confusion, ...]
    bands: tuple[Band, ...]
    missing: Missing
    length: Closeness
    order: Order
    points: tuple[tuple[str, float, float], ...]

    @property
    def main(self) -> Pair:
        """The grader against people together."""
        return self.pairs[0]

    @property
    def ceiling(self) -> tuple[Pair, ...]:
        """People against each other."""
        return tuple(one for one in self.pairs if one.second != GRADER)

    def figures(self) -> dict[str, float | None]:
        """What gates may name: qwk, exact and so on, CRITERION.qwk, total.pearson, alpha, ungraded.

        Where two people graded, people.qwk and so on, too.
        """
        found: dict[str, float | None] = {}
        levels = self.main.levels
        if levels is not None:
            found |= _named("", levels.overall)
            for one in levels.by_criterion:
                found |= _named(f"{one.criterion}.", one)
        found |= _named_total("total.", self.main.percents)
        for prefix, among in (("", self.among_all), ("people.", self.among_people)):
            if among is not None:
                found |= with_limits(f"{prefix}alpha", among.overall.alpha)
        if self.among_all is not None:
            for each in self.among_all.by_criterion:
                found |= with_limits(f"{each.criterion}.alpha", each.alpha)
        if len(self.ceiling) == 1:
            (ceiling,) = self.ceiling
            found |= _named_total("people.total.", ceiling.percents)
            if ceiling.levels is not None:
                found |= _named("people.", ceiling.levels.overall)
        found["order"] = self.order.share
        found["length.pearson"] = self.length.pearson.value
        found["ungraded"] = self.missing.answers_without_grade / self.missing.answers
        return found


def measured_agreement(
    data: Dataset, grades: Grades, *, seed: int = 0, replicates: int = 1000
) -> AgreementStudy:
    """Compare a grader with the people of a dataset. Raises InputError if it has no people."""
    people, totals = data.people, data.totals
    if not totals.raters:
        raise InputError(f"{data.folder}: nobody has graded these answers; name people in `raters`")
    levels = grades.levels(people.scales).values[:, :, 0]
    # Over the same criteria, unless people gave their grade for the whole answer themselves.
    by_criterion = grades.levels(people.scales).percents()[:, 0]
    percents = by_criterion if totals.is_from_levels else grades.percents
    names = tuple(dict.fromkeys((*people.raters, *totals.raters)))
    sides = {name: _Side(_levels(people, name), _percents(data, name)) for name in names}
    sides[PEOPLE] = _Side(people.median() if people.scales else None, totals.mean())
    sides[GRADER] = _Side(levels if people.scales else None, percents)
    compared = [(PEOPLE, GRADER)]
    if len(names) > 1:
        compared += [(name, GRADER) for name in names] + list(combinations(names, 2))
    return AgreementStudy(
        pairs=tuple(
            _pair(one, other, sides, people.scales, seed, replicates) for one, other in compared
        ),
        among_all=_among(people, levels, seed, replicates),
        among_people=_among(people, None, seed, replicates),
        confusions=tuple(_confusions(people, levels)),
        bands=tuple(_bands(sides[PEOPLE].percents, percents)),
        missing=Missing(
            answers=len(data.answers),
            answers_without_grade=int(np.isnan(percents).sum()),
            levels_without_grade=int(np.isnan(levels).sum()),
            levels_without_people=int(np.isnan(people.median()).sum()) if people.scales else 0,
        ),
        length=closeness(sides[PEOPLE].percents, _lengths(data), seed=seed, replicates=replicates),
        order=ordered(
            sides[PEOPLE].percents,
            percents,
            [(answer.scenario, answer.prompt) for answer in data.answers],
        ),
        points=tuple(
            (name, float(theirs), float(own))
            for name, theirs, own in zip(data.ids, sides[PEOPLE].percents, percents, strict=True)
            if not (np.isnan(theirs) or np.isnan(own))
        ),
    )


@dataclass(frozen=True)
class _Side:
    """What a rater gave: levels (answers, criteria), if any, and percents (answers,)."""

    levels: Array | None
    percents: Array


def _lengths(data: Dataset) -> Array:
    """The logarithm of one more than the words of each answer."""
    words = [sum(len(turn.split()) for turn in answer.turns) for answer in data.answers]
    found: Array = np.log1p(np.array(words, dtype=float))
    return found


def _levels(people: Levels, name: str) -> Array | None:
    return people.of_rater(name) if name in people.raters else None


def _percents(data: Dataset, name: str) -> Array:
    totals = data.totals
    if name in totals.raters:
        found: Array = totals.values[:, totals.raters.index(name)]
        return found
    return np.full(len(data.answers), np.nan)


def _pair(
    first: str,
    second: str,
    sides: Mapping[str, _Side],
    scales: Sequence[Scale],
    seed: int,
    replicates: int,
) -> Pair:
    one, other = sides[first], sides[second]
    levels = None
    if one.levels is not None and other.levels is not None:
        levels = agreement(one.levels, other.levels, scales, seed=seed, replicates=replicates)
    percents = closeness(one.percents, other.percents, seed=seed, replicates=replicates)
    return Pair(first=first, second=second, levels=levels, percents=percents)


def _among(
    people: Levels, grader: Array | None, seed: int, replicates: int
) -> Reliabilities | None:
    """How far people, and the grader if it is given, agree as equals; None for fewer than two."""
    values, raters = people.values, people.raters
    if grader is not None:
        values = np.concatenate([values, grader[:, :, None]], axis=2)
        raters = (*raters, GRADER)
    if not people.scales or len(raters) < 2:
        return None
    levels = Levels(people.answers, people.scales, raters, values)
    return reliability(levels.values, people.scales, seed=seed, replicates=replicates)


def _confusions(people: Levels, grader: Array) -> Iterator[Confusion]:
    """The table of each criterion, and of all together where they have one top."""
    theirs = people.median() if people.scales else grader
    tables = []
    for at, scale in enumerate(people.scales):
        table = confusion.tables(theirs[:, [at]], grader[:, [at]], scale.top + 1).sum(axis=(0, 1))
        tables.append(table)
        yield _confusion(scale.criterion, table)
    if len({table.shape for table in tables}) == 1 and len(tables) > 1:
        yield _confusion("", np.sum(tables, axis=0))


def _confusion(criterion: str, table: Array) -> Confusion:
    counts = tuple(tuple(int(count) for count in row) for row in table)
    return Confusion(criterion=criterion, counts=counts)


def _bands(people: Array, grader: Array) -> Iterator[Band]:
    given = ~(np.isnan(people) | np.isnan(grader))
    for low, high in _BANDS:
        top = people <= high if high == _BANDS[-1][1] else people < high
        chosen = given & (people >= low) & top
        apart = grader[chosen] - people[chosen]
        yield Band(
            low=low,
            high=high,
            answers=int(chosen.sum()),
            bias=float(apart.mean()) if len(apart) else None,
            mae=float(np.abs(apart).mean()) if len(apart) else None,
        )


def _named(prefix: str, one: Agreement) -> dict[str, float | None]:
    return {
        name: value
        for short, found in (
            ("qwk", one.quadratic_kappa),
            ("exact", one.exact),
            ("adjacent", one.adjacent),
            ("mae", one.mae),
            ("bias", one.bias),
            ("pearson", one.pearson),
            ("spearman", one.spearman),
            ("icc", one.icc),
        )
        for name, value in with_limits(f"{prefix}{short}", found).items()
    }


def _named_total(prefix: str, one: Closeness) -> dict[str, float | None]:
    return {
        name: value
        for short in ("pearson", "spearman", "icc", "mae", "bias", "rmse")
        for name, value in with_limits(f"{prefix}{short}", getattr(one, short)).items()
    }
