"""What is doubtful about a rubric's criteria, for its author: which, by what figure, what to try.

Pure, over `evals.stats.items.ItemAnalysis`. A flag asks for evidence: a bound of an interval, not
an estimate, must lie on the wrong side, so that a small sample stays silent and does not accuse.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from evals.levels import Array
from evals.stats.bounds import share_at_least
from evals.stats.items import Item, ItemAnalysis

Severity = Literal["note", "look", "mend"]
Kind = Literal[
    "never_varies",
    "level_never_used",
    "ceiling",
    "floor",
    "too_easy",
    "too_hard",
    "weak_discrimination",
    "negative_discrimination",
    "redundant",
    "ambiguous",
]

FEWEST_ANSWERS = 10
"""Below this no figure of an item holds; of half as many, only what never varies is noted."""

NEVER_VARIES = 0.90
"""A criterion with at least this share of its ratings at one level tells at most one answer in ten
from the rest. A convention."""

AT_THE_END = 0.75
"""More than this share at the lowest or highest level, and the answers there, three in four, are
not told apart. A convention; questionnaires take 15 % of *total* scores (Terwee et al. 2007), which
for one item of few levels is usual."""

EASY, HARD = 0.90, 0.10
"""A mean share beyond these leaves little room to differ. A convention of item analysis."""

POOR, FAIR = 0.20, 0.30
"""Below .20: poor, to be rejected or rewritten; from .30: reasonably good (Ebel & Frisbie 1991, for
their index of discrimination; here, as is usual, for the item-total r)."""

UNRELIABLE = 0.50
"""A single rater's ICC below .50 is poor (Koo & Li 2016)."""

APART = 0.10
"""A mean difference between raters of less than this share of the scale does not hurt, however low
the ICC: where answers hardly differ, an ICC is low without any disagreement."""

SAME = 0.90
"""A correlation freed of error from .90 up: two that are hardly told apart (cutoffs .80, .90 and 1
of Rönkkö & Cho 2022)."""

SAME_AT_LEAST = 0.80
"""...and its lower bound: at least the lowest of those cutoffs."""

STANDS_OUT = 0.10
"""By how much a pair must lie above the median of its criteria's other pairs: where all criteria go
together, that is a halo or one trait, and no pair of them is at fault."""

RELIABLE_ENOUGH = 0.20
"""With a single-rater reliability below this, a correlation freed of error is mostly error."""

SEEN_OFTEN = 300
"""A level not seen in this many answers is below 1 % (rule of three: Hanley & Lippman-Hand
1983)."""

_BOUND = 0.95


@dataclass(frozen=True)
class Flag:
    """What is doubtful about a criterion.

    `note` is for information, `look` for a person's judgement, `mend` for a change of the rubric.
    `figures` are the named figures that raised it. `other` is the criterion that a redundant one
    repeats: the flag is of the pair, and stands at the later one.
    """

    criterion: str
    kind: Kind
    severity: Severity
    figures: tuple[tuple[str, float], ...]
    meaning: str
    remedy: str
    other: str | None = None


def flags(analysis: ItemAnalysis) -> tuple[Flag, ...]:
    """All flags, in the rubric's order of criteria.

    Of one cause the nearest to it is told: a criterion that never varies is not also easy, and one
    that raters disagree on is not also weak or contrary.
    """
    repeats = _redundant(analysis)
    found: list[Flag] = []
    for item in analysis.items:
        constant = _never_varies(item)
        if constant:
            found.append(constant)
            continue
        if item.answers < FEWEST_ANSWERS:
            continue
        found.extend(_of_use(item))
        ambiguous = _ambiguous(item)
        found.extend([ambiguous] if ambiguous else _of_discrimination(item))
        if item.criterion in repeats:
            found.append(repeats[item.criterion])
    return tuple(found)


def _never_varies(item: Item) -> Flag | None:
    if item.answers < FEWEST_ANSWERS // 2:
        return None
    level = int(np.argmax(item.counts))
    share = item.counts[level] / item.ratings
    # Raters of one answer are not independent: the evidence is that of the number of answers.
    least = share_at_least(round(share * item.answers), item.answers, _BOUND)
    if share < 1 and least < NEVER_VARIES:
        return None
    severity: Severity = "mend" if share == 1 else "look"
    if least < NEVER_VARIES:
        severity = "note" if item.answers < FEWEST_ANSWERS else "look"
    return Flag(
        item.criterion,
        "never_varies",
        severity,
        (("level", level), ("share", share), ("at_least", least), ("answers", item.answers)),
        f"{_percent(share)} of the ratings are level {level}: the criterion does not tell answers "
        "apart.",
        "Grade more varied answers. If it still does not vary, move the levels to where answers "
        "differ, or drop the criterion.",
    )


def _of_use(item: Item) -> Iterator[Flag]:
    """Of which levels are given, and how often."""
    ends = 0
    for kind, level in (("floor", 0), ("ceiling", item.scale.top)):
        share = item.counts[level] / item.ratings
        least = share_at_least(round(share * item.answers), item.answers, _BOUND)
        if least < AT_THE_END:
            continue
        ends += 1
        low = kind == "floor"
        yield Flag(
            item.criterion,
            "floor" if low else "ceiling",
            "look",
            (("share", share), ("at_least", least)),
            f"{_percent(share)} of the ratings are at the {'lowest' if low else 'highest'} level: "
            "the answers there are not told apart.",
            "Split what the lowest level holds into two levels, or ask for less."
            if low
            else "Add a level above, or ask more of the highest one.",
        )
    if not ends:
        yield from _of_difficulty(item)
    if item.unused:
        named = ", ".join(str(level) for level in item.unused)
        several = len(item.unused) > 1
        yield Flag(
            item.criterion,
            "level_never_used",
            "look" if item.answers >= SEEN_OFTEN else "note",
            (("unused", len(item.unused)), ("answers", item.answers)),
            f"{'Levels' if several else 'Level'} {named} {'were' if several else 'was'} never "
            f"given in {item.answers} answers.",
            "See whether an answer could earn it. If so, grade such answers; if not, merge it with "
            "the level beside it.",
        )


def _of_difficulty(item: Item) -> Iterator[Flag]:
    mean, shares = item.difficulty, np.array(item.scale.worth)
    if mean is None:
        return
    ratings = np.repeat(shares, item.counts)
    reach = 1.645 * float(ratings.std()) / float(np.sqrt(item.answers))
    if mean - reach > EASY or mean + reach < HARD:
        easy = mean > EASY
        yield Flag(
            item.criterion,
            "too_easy" if easy else "too_hard",
            "look",
            (("difficulty", mean),),
            f"Answers earn {_percent(mean)} of what the criterion can give: almost all are "
            f"{'good' if easy else 'poor'} at it.",
            "Ask for more at the higher levels." if easy else "Ask for less at the lower levels.",
        )


def _ambiguous(item: Item) -> Flag | None:
    told = item.disagreement
    if told is None or told.reliability is None:
        return None
    reliability = told.reliability
    if reliability.high >= UNRELIABLE or told.apart < APART * item.scale.top:
        return None
    means = [mean for mean in told.means if mean is not None]
    spread = max(means) - min(means)
    strict = "" if spread < 1 else f" The strictest rater's mean lies {spread:.1f} levels lower."
    return Flag(
        item.criterion,
        "ambiguous",
        "mend",
        (
            ("reliability", reliability.value),
            ("at_most", reliability.high),
            ("exact", told.exact),
            ("apart", told.apart),
        ),
        f"Two raters agree in {_percent(told.exact)} of the cases, and lie {told.apart:.1f} levels "
        f"apart in the mean: {_percent(1 - max(reliability.value, 0))} of the variance is theirs, "
        f"not the answers'.{strict}",
        "Say for each level what an answer must hold, with an example. Read three answers on which "
        "raters differ most: what they read differently is what the text leaves open.",
    )


def _of_discrimination(item: Item) -> Iterator[Flag]:
    told = item.discrimination
    if told is None:
        return
    figures = (("r", told.value), ("low", told.low), ("high", told.high))
    if told.high < 0:
        yield Flag(
            item.criterion,
            "negative_discrimination",
            "mend",
            figures,
            f"Answers that earn more here earn less elsewhere (r = {told.value:.2f}).",
            "Look for levels in the wrong order, or a criterion that punishes what others reward.",
        )
    elif told.value < POOR and told.high < FAIR:
        yield Flag(
            item.criterion,
            "weak_discrimination",
            "mend" if told.high < POOR else "look",
            figures,
            f"The criterion hardly goes with the rest of the rubric (r = {told.value:.2f}).",
            "Decide whether it is meant to measure something else. If so, report it apart from the "
            "total; if not, write it anew.",
        )


def _redundant(analysis: ItemAnalysis) -> dict[str, Flag]:
    """By the later criterion of a pair; where there are several earlier ones, with the nearest."""
    found: dict[str, Flag] = {}
    r, least, freed = _same(analysis)
    items = analysis.items
    for later in range(len(items)):
        same = [at for at in range(later) if _is_same(r, least, at, later)]
        if not same or items[later].answers < FEWEST_ANSWERS:
            continue
        at = max(same, key=lambda one: float(r[one, later]))
        title, bound = items[at].scale.title, float(least[at, later])
        figures = [("r", float(analysis.correlations[at, later])), ("at_least", bound)]
        if freed:
            figures.append(("r_without_error", float(r[at, later])))
        found[items[later].criterion] = Flag(
            items[later].criterion,
            "redundant",
            "mend" if bound >= SAME else "look",
            tuple(figures),
            f"It says the same of answers as “{title}” (r = {float(r[at, later]):.2f}"
            f"{', freed of rating error' if freed else ''}): what both ask for counts twice.",
            f"Merge it with “{title}”, or say what an answer can have of one without the other.",
            other=items[at].criterion,
        )
    return found


def _same(analysis: ItemAnalysis) -> tuple[Array, Array, bool]:
    """Correlations, their lower bounds, and whether rating error is taken out of them."""
    if analysis.likeness is None:
        r = analysis.correlations
        reach = float(special.ndtri(1 - (1 - _BOUND) / max(1, len(r) - 1)))
        z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
        return r, np.tanh(z - reach / np.sqrt(np.maximum(analysis.pairs - 3, 1e-9))), False
    poor = [
        told is None or told.reliability is None or told.reliability.value < RELIABLE_ENOUGH
        for told in (item.disagreement for item in analysis.items)
    ]
    r = analysis.likeness.corrected.copy()
    r[poor, :] = np.nan
    r[:, poor] = np.nan
    return r, analysis.likeness.least, True


def _is_same(r: Array, least: Array, one: int, other: int) -> bool:
    if not (r[one, other] >= SAME and least[one, other] >= SAME_AT_LEAST):  # nan is not
        return False
    rest = [
        float(value)
        for at in (one, other)
        for to, value in enumerate(r[at])
        if to not in (one, other) and not np.isnan(value)
    ]
    return not rest or float(r[one, other]) - float(np.median(rest)) >= STANDS_OUT


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
