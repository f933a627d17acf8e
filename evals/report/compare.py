"""The report on two sides of a comparison, arranged as a page."""

from collections.abc import Iterator, Sequence

from evals.dataset import Dataset
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
from evals.sides import Side
from evals.stats.intervals import Interval
from evals.stats.paired import HIGHER_IS_BETTER, Measure, Paired, PairedCriterion
from evals.studies.compare import Comparison, Verdict

_NAMES: dict[Measure, str] = {
    "qwk": "QWK",
    "exact": "exact",
    "mae": "MAE",
    "bias": "bias",
    "pearson": "Pearson",
}
_READING = (
    "Both sides are compared with people over what people, A and B all graded. A difference is B "
    "less A in the same draws of answers, so that hard answers, which are hard for both, do not "
    "blur it; its interval holds 95 %. For QWK, exact and Pearson more is better, for MAE and the "
    "size of bias less. Of bias, the difference is that of the sizes, whose interval is rough "
    "where both are near 0."
)
_POWER = (
    "How many answers would tell: n ((1.96 + 0.84) s / d)² for n answers with a difference d of "
    "standard error s, at a power of 80 % and the two-sided 5 % level. It takes the difference "
    "that was seen for the true one, which may be smaller or larger: read it as an order of "
    "magnitude."
)
_COLUMNS = ("", "A", "B", "B less A", "for B")


def comparison_page(study: Comparison, data: Dataset, a: Side, b: Side) -> Page:
    """The page. Its headline is the main measure's difference."""
    return Page(
        title=f"Comparison: {data.about.title}",
        lead=_lead(study),
        facts=(*facts_of(data)[:2], *facts_of(data)[3:], ("A", _told(a)), ("B", _told(b))),
        headlines=tuple(_headlines(study)),
        sections=tuple(_sections(study, {one.criterion: one.title for one in a.scales})),
    )


def _told(side: Side) -> str:
    engines = ", ".join(side.grades.engines) or "nobody"
    return f"{side.told} (graded by {engines} with the rubric {side.rubric})"


def _lead(study: Comparison) -> str:
    said = []
    if study.verdict is None:
        between = study.between_percents
        said.append(
            "The dataset has no people, so that neither can be called better. Of whole answers "
            f"B gives {_signed(between.bias, 1)} points beside A; the two correlate by "
            f"{with_interval(between.pearson)} (Pearson)."
        )
    else:
        said.append(_outcome(study.verdict))
    if not study.criteria:
        said.append("The two rubrics have no criterion in common: only whole answers are compared.")
    for name, count in (
        ("A", study.missing.answers_without_a),
        ("B", study.missing.answers_without_b),
    ):
        if count:
            said.append(f"{name} has no grade for {count:,} of {study.missing.answers:,} answers.")
    return " ".join(said)


def _outcome(verdict: Verdict) -> str:
    measure = _of_what(verdict)
    difference = _signed(verdict.difference)
    seen = (
        f"{measure} with people is {figure(verdict.b.value, 3)} against "
        f"{figure(verdict.a.value, 3)}, a difference of {difference} over "
        f"{verdict.answers:,} answers."
    )
    if verdict.outcome != "cannot tell":
        return f"B is {verdict.outcome} than A: its {seen}"
    if verdict.difference.value == 0 and verdict.error is None:
        return f"B is as A: no difference in {measure} with people at all."
    if verdict.error is None:
        return (
            f"It cannot be told which is better: {verdict.answers:,} answers are too few, or vary "
            f"too little, for an interval of the difference in {measure}, {difference}."
        )
    said = f"It cannot be told which is better: B's {seen}"
    if verdict.more_answers is not None:
        said += (
            f" To tell a difference as large as the one seen, about {_rough(verdict.more_answers)} "
            "more answers would be needed."
        )
    least = figure(verdict.detectable, 3)
    return f"{said} The answers at hand would tell a true difference of {least} in 4 of 5 studies."


def _of_what(verdict: Verdict) -> str:
    name = _NAMES[verdict.measure]
    return name if verdict.on == "levels" else f"{name} of whole answers"


def _rough(count: int) -> str:
    """Two digits: more would pretend to know."""
    if count > 1_000_000:
        return "a million and"
    digits = max(len(str(count)) - 2, 0)
    return f"{round(count, -digits):,}"


def _headlines(study: Comparison) -> Iterator[Headline]:
    verdict = study.verdict
    if verdict is not None:
        yield Headline("B beside A", verdict.outcome, f"by {_of_what(verdict)}")
        yield headline("Difference", verdict.difference, f"{_of_what(verdict)}, B less A", 3)
        if verdict.detectable is not None:
            note = f"smallest difference that {verdict.answers:,} answers tell"
            yield Headline("Detectable", figure(verdict.detectable, 3), note)
        if verdict.more_answers is not None:
            note = "to tell a difference as large as the one seen"
            yield Headline("More answers", _rough(verdict.more_answers), note)
    if study.between_levels is not None:
        whole = study.between_levels.overall
        yield Headline(
            "A with B",
            with_interval(whole.quadratic_kappa),
            f"QWK; exact {share(whole.exact.value)}",
        )
    yield headline("Whole answers", study.between_percents.bias, "percentage points, B less A", 1)


def _sections(study: Comparison, titles: dict[str, str]) -> Iterator[Section]:
    tables = []
    if study.levels is not None:
        whole = study.levels.overall
        tables.append(
            Table(
                _COLUMNS,
                tuple(_row(one) for one in whole.measures),
                f"Levels: {whole.pairs:,} of {whole.answers:,} answers",
                "" if whole.unit == "level" else "MAE and bias in shares of full marks.",
            )
        )
    if study.percents is not None:
        tables.append(
            Table(
                _COLUMNS,
                tuple(_row(one, 1) for one in study.percents.measures),
                f"Percentages of {study.percents.answers:,} whole answers",
            )
        )
    if tables:
        yield Section("With people", (_READING, _POWER), tuple(tables), brief=True)
    if study.levels is not None and len(study.levels.by_criterion) > 1:
        yield _by_criterion(study, study.levels.by_criterion, titles)
    yield _between(study, titles)
    missing = study.missing
    yield Section(
        "What could not be compared",
        (
            f"Of {missing.answers:,} answers, {missing.answers_without_a:,} have no grade by A and "
            f"{missing.answers_without_b:,} none by B. Of the levels, A lacks "
            f"{missing.levels_without_a:,} and B {missing.levels_without_b:,}.",
        ),
        (
            Table(
                ("criterion", "why it is left out"),
                tuple((one.criterion, one.reason) for one in study.left_out),
                "Criteria that are not compared",
            ),
        )
        if study.left_out
        else (),
        brief=bool(study.left_out),
    )


def _by_criterion(
    study: Comparison, each: Sequence[PairedCriterion], titles: dict[str, str]
) -> Section:
    measure = study.adjusted_measure
    name = _NAMES[measure]
    rows = []
    for one in each:
        found = one.of(measure)
        rows.append(
            (
                titles[one.criterion or ""],
                f"{one.pairs:,}",
                figure(found.a.value),
                figure(found.b.value),
                _signed(found.difference),
                _p(found.p),
                _p(study.adjusted[one.criterion or ""]),
            )
        )
    columns = ("", "levels", f"{name} A", f"{name} B", "B less A", "p", "p (Holm)")
    return Section(
        "By criterion",
        (
            f"There are {len(each)} differences here: of 20 without any true one, one interval is "
            "expected to leave 0 out by chance. Holm's p values (1979) hold for all together: one "
            "below 0.05 is a finding.",
        ),
        (Table(columns, tuple(rows)),),
        (
            intervals_plot(
                [titles[one.criterion or ""] for one in each],
                [("B less A", [one.of(measure).difference for one in each])],
                axis=f"difference in {name}, B less A",
                shows=f"B's {name} with people less A's for each criterion, with 95 % intervals; "
                f"{'right' if HIGHER_IS_BETTER[measure] else 'left'} of the line B is better.",
                line=0,
            ),
        ),
    )


def _between(study: Comparison, titles: dict[str, str]) -> Section:
    percents = study.between_percents
    tables = []
    plots = []
    if study.between_levels is not None:
        whole, each = study.between_levels.overall, study.between_levels.by_criterion
        named = [("all criteria", whole), *((titles[one.criterion or ""], one) for one in each)]
        tables.append(
            Table(
                ("", "levels", "QWK", "exact", "MAE", "B less A"),
                tuple(
                    (
                        name,
                        f"{one.pairs:,}",
                        with_interval(one.quadratic_kappa),
                        share(one.exact.value),
                        figure(one.mae.value),
                        _signed(one.bias, 2),
                    )
                    for name, one in named[: 1 if len(each) == 1 else None]
                ),
                "Levels",
                "" if whole.unit == "level" else "All criteria: in shares of full marks.",
            )
        )
        if len(each) > 1:
            plots.append(
                intervals_plot(
                    [titles[one.criterion or ""] for one in each],
                    [("B less A", [one.bias for one in each])],
                    axis="mean difference in levels, B less A",
                    shows="How much higher B's levels are than A's, with 95 % intervals.",
                    line=0,
                )
            )
    tables.append(
        Table(
            ("", "answers", "Pearson", "ICC(2,1)", "MAE", "B less A"),
            (
                (
                    "whole answers",
                    f"{percents.answers:,}",
                    with_interval(percents.pearson),
                    with_interval(percents.icc),
                    figure(percents.mae.value, 1),
                    _signed(percents.bias, 1),
                ),
            ),
            "Percentages",
        )
    )
    return Section(
        "A and B beside each other",
        ("How far the two give the same, whatever people say.",),
        tuple(tables),
        tuple(plots),
        brief=study.verdict is None,
    )


def _row(one: Paired, digits: int = 2) -> tuple[str, ...]:
    places = 2 if one.measure == "pearson" else digits
    return (
        _NAMES[one.measure] if one.measure != "bias" else "bias (difference: of its size)",
        with_interval(one.a, places),
        with_interval(one.b, places),
        _signed(one.difference, places + 1),
        _side(one),
    )


def _side(one: Paired) -> str:
    """Whether the interval speaks for B."""
    low, high = one.difference.low, one.difference.high
    if low is None or high is None or low <= 0 <= high:
        return NONE
    return "better" if (low > 0) == HIGHER_IS_BETTER[one.measure] else "worse"


def _signed(interval: Interval, digits: int = 3) -> str:
    if interval.value is None:
        return NONE
    said = _plus(interval.value, digits)
    if interval.low is None or interval.high is None:
        return said
    return f"{said} [{_plus(interval.low, digits)}, {_plus(interval.high, digits)}]"


def _plus(value: float, digits: int) -> str:
    return f"{value:+.{digits}f}" if round(value, digits) else f"{0:.{digits}f}"


def _p(value: float | None) -> str:
    if value is None:
        return NONE
    return "<0.001" if value < 0.001 else f"{value:.3f}"
