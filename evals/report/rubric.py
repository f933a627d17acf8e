"""The report on a rubric's criteria, arranged as a page.

What judges add and how many a grade takes stands in `evals.report.judges`.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from evals.grading import GRADER
from evals.levels import Scale
from evals.report.judges import judge_headlines, judge_sections, judges_in_short
from evals.report.page import (
    NONE,
    Headline,
    Note,
    Page,
    Section,
    Table,
    figure,
    headline,
    share,
    with_interval,
)
from evals.report.plots import bars_plot, correlations_plot, intervals_plot
from evals.stats.flags import FEWEST_ANSWERS, POOR, Flag, Kind
from evals.stats.intervals import Interval
from evals.stats.items import Item
from evals.stats.likeness import in_words
from evals.studies.agreement import PEOPLE
from evals.studies.rubric import TO_LOOK_AT, Pair, RubricStudy, View

CALLED: dict[Kind, str] = {
    "never_varies": "never varies",
    "level_never_used": "a level that nobody gives",
    "ceiling": "most at the highest level",
    "floor": "most at the lowest level",
    "too_easy": "too easy",
    "too_hard": "too hard",
    "weak_discrimination": "hardly goes with the rest",
    "negative_discrimination": "goes against the rest",
    "redundant": "repeats another",
    "ambiguous": "raters disagree",
}
_READING = (
    "Earned is the mean share of what a criterion can give: the higher, the easier. "
    "Discrimination is the correlation with the sum of the other criteria, with its 90 % "
    f"interval: below {POOR:g} a criterion is poor. Alpha without is Cronbach's alpha of the "
    "others: above the rubric's own the criterion costs reliability. With several raters, same is "
    "the share of pairs of raters that give the same level, and ICC(1) the reliability of one."
)
_WHOSE = {GRADER: "the grader's", PEOPLE: "people's"}
_NAMED = 6
_MOST_LEVELS = 11
"""Of more levels fifths of the scale are shown."""
_FIFTHS = 5


def rubric_page(study: RubricStudy, title: str, facts: Sequence[tuple[str, str]]) -> Page:
    """The page. With several sorts of raters each section says whose levels it is about."""
    raters = [
        (f"Raters, {view.by}", f"{len(view.raters)}: {', '.join(view.raters)}")
        for view in study.views
    ]
    return Page(
        title=f"Rubric: {title}",
        lead=" ".join(_lead(view, study) for view in study.views),
        facts=(*facts, *raters),
        headlines=tuple(one for view in study.views for one in _headlines(view, study)),
        sections=tuple(_sections(study)),
    )


def _lead(view: View, study: RubricStudy) -> str:
    said = [_criteria_in_short(view)]
    if len(study.views) > 1:
        said.insert(0, f"By {_WHOSE[view.by]} levels:")
    if view.alpha is not None:
        said.append(f"Cronbach's alpha is {with_interval(view.alpha)}.")
    said.append(judges_in_short(view))
    return " ".join(said)


def _criteria_in_short(view: View) -> str:
    found, criteria = view.to_look_at, len(view.items)
    if view.answers < FEWEST_ANSWERS:
        return (
            f"{view.answers} answers are too few to judge a criterion by; it takes "
            f"{FEWEST_ANSWERS}, and better 50 or more."
        )
    if not found:
        return f"None of {criteria} criteria stands out."
    titles = _titles(view)
    named = [
        f"{titles[name]} ({' and '.join(CALLED[flag.kind] for flag in given)})"
        for name, given in list(found.items())[:_NAMED]
    ]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{len(found)} of {criteria} criteria should be looked at: {', '.join(named)}{more}."


def _headlines(view: View, study: RubricStudy) -> Iterator[Headline]:
    of = f", {view.by}" if len(study.views) > 1 else ""
    mend = sum(flag.severity == "mend" for flag in view.flags)
    yield Headline(
        f"To look at{of}",
        f"{len(view.to_look_at)} of {len(view.items)}",
        f"criteria, over {view.answers:,} answers; to mend: {mend}",
    )
    yield headline(f"Alpha{of}", view.alpha or Interval(value=None), "of the whole rubric")
    yield from judge_headlines(view, of, study.target)


def _sections(study: RubricStudy) -> Iterator[Section]:
    for view in study.views:
        of = f", by {view.by}" if len(study.views) > 1 else ""
        yield _flag_section(view, f"What to look at{of}", to_look_at=True)
        yield _items(view, f"Criteria{of}", explained=view is study.views[0])
    yield _discrimination(study)
    for view in study.views:
        of = f", by {view.by}" if len(study.views) > 1 else ""
        yield _levels(view, f"Which levels are given{of}")
        if len(view.items) > 1:
            yield _together(view, f"How the criteria go together{of}")
        yield from judge_sections(view, of, study.target)
        if any(flag.severity == "note" for flag in view.flags):
            yield _flag_section(view, f"For information{of}", to_look_at=False)


def _flag_section(view: View, title: str, *, to_look_at: bool) -> Section:
    chosen = [flag for flag in view.flags if (flag.severity in TO_LOOK_AT) == to_look_at]
    chosen.sort(key=lambda flag: flag.severity != "mend")
    titles = _titles(view)
    text = (
        "Mend asks for a change of the rubric, look for a person's judgement. A flag stands where "
        "the bound of an interval, not only the figure, lies on the wrong side: few answers flag "
        "little."
    )
    if not to_look_at:
        text = "What may be as it should, and what more answers would decide."
    return Section(
        title,
        (text,) if chosen else ("Nothing.",),
        brief=to_look_at,
        notes=tuple(_note(flag, titles) for flag in chosen),
    )


def _note(flag: Flag, titles: dict[str, str]) -> Note:
    weight = "" if flag.severity == "note" else f" [{flag.severity}]"
    return Note(
        f"{titles[flag.criterion]}: {CALLED[flag.kind]}{weight}",
        f"{flag.meaning} To try: {flag.remedy}",
    )


def _items(view: View, title: str, *, explained: bool) -> Section:
    rated = any(item.disagreement for item in view.items)
    uneven = len({item.answers for item in view.items}) > 1
    columns = (
        "",
        *(("answers",) if uneven else ()),
        *("mean", "earned", "discrimination", "alpha without"),
        *(("same", "ICC(1)") if rated else ()),
    )
    texts = [_READING] if explained else []
    if view.unrated:
        texts.append(f"Left out, as nobody gave a level: {', '.join(view.unrated)}.")
    return Section(
        title,
        tuple(texts),
        (
            Table(
                columns,
                tuple(_row(item, uneven=uneven, rated=rated) for item in view.items),
                note="" if uneven else f"Each over {view.items[0].answers:,} answers.",
            ),
        ),
        brief=True,
    )


def _row(item: Item, *, uneven: bool, rated: bool) -> tuple[str, ...]:
    row = (
        item.scale.title,
        *((f"{item.answers:,}",) if uneven else ()),
        NONE if item.mean is None else f"{item.mean:.2f} of {item.scale.top}",
        share(item.difficulty),
        with_interval(item.discrimination or Interval(value=None)),
        figure(item.alpha_without, 3),
    )
    if not rated:
        return row
    told = item.disagreement
    reliability = told.reliability if told else None
    return (
        *row,
        figure(told.exact if told else None),
        figure(reliability.value if reliability else None),
    )


def _discrimination(study: RubricStudy) -> Section:
    titles = {name: title for view in study.views for name, title in _titles(view).items()}
    series = []
    for view in study.views:
        found = {item.criterion: item.discrimination for item in view.items}
        series.append((view.by, [found.get(name) or Interval(value=None) for name in titles]))
    return Section(
        "Discrimination",
        plots=(
            intervals_plot(
                list(titles.values()),
                series,
                axis="correlation with the sum of the other criteria",
                shows=f"Each criterion's discrimination with its 90 % interval; the line is at "
                f"{POOR:g}, below which a criterion is poor.",
                line=POOR,
            ),
        ),
    )


def _levels(view: View, title: str) -> Section:
    most = max(item.scale.top for item in view.items)
    fine = most >= _MOST_LEVELS
    names = (
        [f"{20 * at} to {20 * at + 20} %" for at in range(_FIFTHS)]
        if fine
        else [f"level {level}" for level in range(most + 1)]
    )
    counts = [_in_fifths(item) if fine else list(item.counts) for item in view.items]
    counts = [row + [0] * (len(names) - len(row)) for row in counts]
    rows = tuple(
        (
            item.scale.title,
            f"{item.ratings:,}",
            f"{item.missing:,}",
            *(
                NONE if not fine and at > item.scale.top else f"{count:,}"
                for at, count in enumerate(row)
            ),
        )
        for item, row in zip(view.items, counts, strict=True)
    )
    unit = "fifth of what a criterion can give" if fine else "level"
    return Section(
        title,
        tables=(Table(("", "ratings", "missing", *names), rows),),
        plots=(
            bars_plot(
                [item.scale.title for item in view.items],
                [(name, [row[at] for row in counts]) for at, name in enumerate(names)],
                axis="ratings",
                shows=f"How often raters gave each {unit}, from the lowest (light) to the highest "
                "(dark).",
                stacked=True,
            ),
        ),
    )


def _in_fifths(item: Item) -> list[int]:
    """How often levels were given that are worth up to a fifth, two fifths..."""
    fifth = np.minimum(np.array(item.scale.worth) * _FIFTHS, _FIFTHS - 1).astype(int)
    return [int(one) for one in np.bincount(fifth, weights=item.counts, minlength=_FIFTHS)]


def _together(view: View, title: str) -> Section:
    titles = _titles(view)
    texts = []
    if view.alpha is not None:
        texts.append(
            f"Cronbach's alpha of the weighted sum is {with_interval(view.alpha, 3)}, the mean "
            f"correlation of two criteria {figure(view.mean_correlation)}. Alpha is high for "
            "criteria that go together, be it since answers are good or bad in everything, or "
            "since criteria repeat each other or raters give one overall impression."
        )
    if view.first_share is not None:
        texts.append(
            f"The first principal component holds {share(view.first_share)} of the variance of "
            "the criteria that vary."
        )
    texts.append(in_words(view.halo))
    freed = any(pair.without_error is not None for pair in view.pairs)
    columns = ("", "and", "answers", "r", *(("without error", "at least") if freed else ()))
    rows = tuple(_pair(pair, titles, freed=freed) for pair in view.pairs)
    note = (
        "Without error: r freed of what raters see differently; it may exceed 1 by chance. At "
        "least is its lower 95 % bound."
    )
    return Section(
        title,
        tuple(texts),
        (Table(columns, rows, "The pairs that go most closely together", note if freed else ""),)
        if rows
        else (),
        (
            correlations_plot(
                list(titles.values()),
                view.correlations,
                shows="Correlations of the criteria's shares; blank where one does not vary.",
            ),
        )
        if rows
        else (),
    )


def _pair(pair: Pair, titles: dict[str, str], *, freed: bool) -> tuple[str, ...]:
    row = (titles[pair.first], titles[pair.second], f"{pair.answers:,}", figure(pair.r))
    return (*row, figure(pair.without_error), figure(pair.at_least)) if freed else row


def _titles(view: View) -> dict[str, str]:
    scales: list[Scale] = [item.scale for item in view.items]
    return {scale.criterion: scale.title for scale in scales}
