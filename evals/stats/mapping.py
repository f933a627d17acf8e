"""A mapping from a grader's levels to those that people give: isotonic or linear.

Each of the grader's levels is mapped to the level that people are expected to give where the
grader gave it. What a mapping does to a scorecard is the business of `agent.calibration`.
"""

from typing import Literal

import numpy as np
from sklearn.isotonic import IsotonicRegression

from evals.levels import Array

Method = Literal["isotonic", "linear"]
METHODS: tuple[Method, ...] = ("isotonic", "linear")
PRIOR = 2.0
"""So many pairs in which people agree with the grader are taken to be known at each level.

Without them a level that was seen twice would be mapped to wherever these two happened to lie.
"""


def fitted(grader: Array, people: Array, top: int, method: Method) -> Array:
    """The expected level of people for each of the grader's, (top + 1,), never falling.

    `grader` and `people` are levels of the same answers, (answers,), of 0 to `top`; pairs with a
    nan do not count. Isotonic: least squares among all rising mappings (Barlow et al. 1972).
    Linear: least squares among straight lines, kept within the scale and from falling.
    """
    levels = np.arange(top + 1, dtype=float)
    given = ~(np.isnan(grader) | np.isnan(people))
    x = np.concatenate([grader[given], levels])
    y = np.concatenate([people[given], levels])
    weight = np.concatenate([np.ones(int(given.sum())), np.full(top + 1, PRIOR)])
    if method == "isotonic":
        found: Array = IsotonicRegression(y_min=0, y_max=top).fit(x, y, weight).predict(levels)
        return found
    centre = np.average(x, weights=weight)
    slope = np.average((x - centre) * (y - np.average(y, weights=weight)), weights=weight)
    slope /= np.average((x - centre) ** 2, weights=weight)
    line: Array = np.average(y, weights=weight) + max(slope, 0.0) * (levels - centre)
    return np.clip(line, 0, top)


def shrunk(own: Array, common: Array, count: int, *, strength: float) -> Array:
    """A mapping learned from `count` pairs of one question, drawn towards that of all questions.

    With `strength` pairs it lies half-way between the two (an empirical Bayes weight).
    """
    share = count / (count + strength)
    return share * own + (1 - share) * common


def applied(levels: Array, mapping: Array) -> Array:
    """The mapped levels, rounded to the nearest, a half to the lower; nan stays nan.

    Level 0 stays 0, as a level above it needs a quote.
    """
    given = ~np.isnan(levels)
    at = np.where(given, levels, 0).astype(int)
    found = np.ceil(mapping[at] - 0.5)
    return np.where(given, np.where(at == 0, 0.0, found), np.nan)
