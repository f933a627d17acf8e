"""The report on a grader's repeatability, arranged as a page."""

from collections.abc import Iterator, Sequence

from evals.conditions import Condition
from evals.dataset import Dataset
from evals.grading import Grades
from evals.levels import Scale
from evals.report.agreement import facts_of
from evals.report.page import (
    NONE,
    Headline,
    Page,
    Section,
    Table,
    figure,
    headline,
    share,
    with_interval,
)
from evals.report.plots import intervals_plot
from evals.stats.intervals import Interval
from evals.stats.retest import Retest
from evals.studies.reliability import ReliabilityStudy, Repeated

_CALLED: dict[Condition, str] = {
    "repeats": "the same once more",
    "seeds": "another seed",
    "models": "another model",
    "order": "criteria in another order",
    "paraphrase": "prompts in other words",
}
_READING = (
    "Changed is the share of levels that differ from the base run's, far that by two levels or "
    "more. SEM is the standard error of measurement of one grade, the root of the mean variance "
    "of what the runs gave the same answer on the same criterion: a level is to be read as give "
    "or take so much. QWK is that of all pairs of runs; ICC(2,1) is the reliability of one run. "
    "Intervals hold 95 % and come from drawing answers again: they speak for other answers, not "
    "for other runs, of which there are few."
)
_LEVELS = ("", "runs", "levels", "changed", "far", "mean change", "SEM", "QWK")
_TOTALS = ("", "answers", "ICC(2,1)", "SEM", "mean change", "largest", "other decision")


def reliability_page(
    study: ReliabilityStudy, data: Dataset, base: Grades, scales: Sequence[Scale]
) -> Page:
    """The page. Its headlines are over all conditions."""
    runs = (f"{_called(one)}: {', '.join(one.runs)}" for one in study.conditions)
    return Page(
        title=f"Repeatability: {data.about.title}",
        lead=_lead(study),
        facts=(*facts_of(data, base), ("Runs", "; ".join(runs))),
        headlines=tuple(_headlines(study)),
        sections=tuple(_sections(study, {one.criterion: one.title for one in scales})),
    )


def _lead(study: ReliabilityStudy) -> str:
    whole = study.whole.levels.overall
    said = []
    if study.at_most is not None:
        said.append(
            f"No level changed, of {whole.cells:,} that were given again: with 95 % confidence "
            f"less than {share(study.at_most)} of answers like these would change at all."
        )
    else:
        percents = study.whole.percents
        said.append(
            f"Graded again, {_shares(whole.flip)} of {whole.cells:,} levels changed, "
            f"{share(whole.far.value)} by two or more. One grade of a whole answer is good to "
            f"{figure(percents.sem.value, 1)} points of 100 (standard error of measurement)."
        )
        said += _worst(study)
    if study.ungraded.cells_in_some_run:
        said.append(
            f"{study.ungraded.cells_in_some_run:,} of {study.ungraded.cells:,} levels were not "
            "given in every run."
        )
    said += [f"Not run: {_CALLED[one.condition]} ({one.reason})." for one in study.idle]
    return " ".join(said)


def _worst(study: ReliabilityStudy) -> list[str]:
    """Which condition changed most, where there are several."""
    if len(study.conditions) < 2:
        return []
    worst = max(study.conditions, key=lambda one: one.levels.overall.flip.value or 0.0)
    return [f"Most changed with {_called(worst)}: {share(worst.levels.overall.flip.value)}."]


def _headlines(study: ReliabilityStudy) -> Iterator[Headline]:
    whole, percents = study.whole.levels.overall, study.whole.percents
    unit = "levels" if whole.unit == "level" else "shares of full marks"
    yield _share_headline("Changed", whole.flip, f"of {whole.cells:,} levels")
    yield headline("SEM of a level", whole.sem, unit)
    yield headline("SEM of an answer", percents.sem, "points of 100", 1)
    yield headline("ICC(2,1)", percents.icc, "whole answers", 3)
    if study.whole.decisions is not None:
        yield _share_headline("Other decision", study.whole.decisions, "of answers")
    yield Headline(
        "Not in every run",
        f"{study.ungraded.cells_in_some_run:,}",
        f"of {study.ungraded.cells:,} levels; {study.ungraded.answers_in_some_run:,} answers",
    )


def _sections(study: ReliabilityStudy, titles: dict[str, str]) -> Iterator[Section]:
    rows = [*study.conditions, *([study.whole] if len(study.conditions) > 1 else [])]
    unit = study.whole.levels.overall.unit
    yield Section(
        "By condition",
        (_READING,),
        (
            Table(
                _LEVELS,
                tuple(_levels_row(one) for one in rows),
                "Levels",
                "" if unit == "level" else "Mean change and SEM in shares of full marks.",
            ),
            Table(
                _TOTALS,
                tuple(_totals_row(one) for one in rows),
                "Whole answers, in points of 100",
                "Over the criteria that all compared runs have graded.",
            ),
        ),
        (
            intervals_plot(
                [_called(one) for one in study.conditions],
                [("changed", [_hundred(one.levels.overall.flip) for one in study.conditions])],
                axis="levels that changed, percent",
                shows="The share of levels that differ from the base run's under each condition, "
                "with 95 % intervals.",
            ),
        )
        if len(study.conditions) > 1 and study.at_most is None
        else (),
        brief=True,
    )
    if len(titles) > 1 and study.at_most is None:
        yield _by_criterion(study, titles)
    missing = study.ungraded
    idle = tuple((_CALLED[one.condition], one.reason) for one in study.idle)
    yield Section(
        "What could not be compared",
        (
            f"Of {missing.cells:,} levels, {missing.cells_in_some_run:,} were not given in every "
            f"run; that bears on {missing.answers_in_some_run:,} of {missing.answers:,} answers. "
            "What was given at least twice counts in what is above, but for ICC, which takes "
            "what every run gave.",
        ),
        (Table(("condition", "why it was not run"), idle, "Conditions"),) if idle else (),
    )


def _by_criterion(study: ReliabilityStudy, titles: dict[str, str]) -> Section:
    each = study.least
    return Section(
        "By criterion, the least repeatable first",
        ("Over all conditions; SEM and mean change in levels of the criterion.",),
        (
            Table(
                ("", "levels", "changed", "far", "mean change", "SEM", "QWK", "ICC(2,1)"),
                tuple(
                    (
                        titles[one.criterion or ""],
                        f"{one.cells:,}",
                        _shares(one.flip),
                        share(one.far.value),
                        figure(one.change.value),
                        figure(one.sem.value),
                        figure(one.qwk.value),
                        figure(one.icc.value),
                    )
                    for one in each
                ),
            ),
        ),
        (
            intervals_plot(
                [titles[one.criterion or ""] for one in each],
                [("changed", [_hundred(one.flip) for one in each])],
                axis="levels that changed, percent",
                shows="The share of levels that differ from the base run's for each criterion, "
                "with 95 % intervals.",
            ),
        ),
    )


def _called(one: Repeated) -> str:
    return "all together" if one.condition is None else _CALLED[one.condition]


def _levels_row(one: Repeated) -> tuple[str, ...]:
    whole: Retest = one.levels.overall
    return (
        _called(one),
        f"{len(one.runs)}",
        f"{whole.cells:,}",
        _shares(whole.flip),
        share(whole.far.value),
        figure(whole.change.value),
        figure(whole.sem.value),
        figure(whole.qwk.value, 3),
    )


def _totals_row(one: Repeated) -> tuple[str, ...]:
    percents = one.percents
    return (
        _called(one),
        f"{percents.answers:,}",
        figure(percents.icc.value, 3),
        with_interval(percents.sem, 1),
        figure(percents.change.value, 1),
        figure(percents.largest, 1),
        NONE if one.decisions is None else share(one.decisions.value),
    )


def _share_headline(name: str, interval: Interval, note: str) -> Headline:
    """A share of 0 to 1 in percent as a headline, with its interval in the note."""
    found = headline(name, _hundred(interval), note, 1)
    return Headline(name, share(interval.value), found.note)


def _shares(interval: Interval) -> str:
    """A share of 0 to 1 in percent, with its interval."""
    hundred = _hundred(interval)
    return NONE if hundred.value is None else f"{with_interval(hundred, 1)} %"


def _hundred(interval: Interval) -> Interval:
    def percent(value: float | None) -> float | None:
        return None if value is None else 100 * value

    return Interval(
        value=percent(interval.value),
        low=percent(interval.low),
        high=percent(interval.high),
        level=interval.level,
    )
