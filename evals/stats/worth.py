"""What levels are worth: each level's share of what its criterion can earn."""

import numpy as np

from evals.levels import Array, Levels


def worth_of(levels: Levels) -> Array:
    """The shares, 0 to 1, of all levels, (answers, criteria, raters); nan where none was given."""
    worth = np.full(levels.values.shape, np.nan)
    for at, scale in enumerate(levels.scales):
        given = ~np.isnan(levels.values[:, at, :])
        worth[:, at, :][given] = np.array(scale.worth)[levels.values[:, at, :][given].astype(int)]
    return worth
