"""The report on a grader's agreement with people, arranged as a page."""

from collections.abc import Iterator

from agent.report import words
from evals.dataset import Dataset
from evals.grading import GRADER, Grades
from evals.report.page import (
    NONE,
    Headline,
    Page,
    Plot,
    Section,
    Table,
    figure,
    headline,
    share,
    with_interval,
)
from evals.report.plots import counts_plot, intervals_plot, points_plot
from evals.stats.agreement import Agreement
from evals.stats.continuous import Closeness
from evals.studies.agreement import PEOPLE, AgreementStudy, Pair

_READING = (
    "Quadratic weighted kappa (QWK) is 1 for equal levels and 0 for what chance alone would "
    "give; large differences weigh more. Exact and adjacent are the shares of levels that are "
    "the same, and at most one apart. Bias is the grader's mean less people's. Intervals hold "
    "95 % and come from drawing answers again, each with all its levels."
)
_COLUMNS = ("", "levels", "QWK", "exact", "adjacent", "MAE", "bias", "Spearman", "ICC(2,1)")
_TOTALS = ("", "answers", "Pearson", "Spearman", "ICC(2,1)", "MAE", "bias")


def agreement_page(study: AgreementStudy, data: Dataset, grades: Grades) -> Page:
    """The page. Its headlines are the grader against people together."""
    return Page(
        title=f"Agreement: {data.about.title}",
        lead=_lead(study),
        facts=facts_of(data, grades),
        headlines=tuple(_headlines(study)),
        sections=tuple(_sections(study, data)),
    )


def facts_of(data: Dataset, grades: Grades | None = None) -> tuple[tuple[str, str], ...]:
    """What every report on a dataset names: the data, the rubric, and who graded."""
    facts = [
        ("Dataset", f"{data.about.title}; {len(data.answers):,} answers"),
        ("Source", f"{data.about.source} ({data.about.licence})"),
        ("Rubric", f"{data.rubric.id} {data.rubric.version}"),
        ("People", ", ".join(dict.fromkeys((*data.people.raters, *data.totals.raters))) or "none"),
    ]
    if grades is not None:
        facts.append(("Grader", ", ".join(grades.engines) or "none"))
    return tuple(facts)


def _lead(study: AgreementStudy) -> str:
    missing = study.missing
    said = []
    levels = study.main.levels
    if levels is not None:
        one = levels.overall
        said.append(
            f"Over {one.pairs:,} levels of {one.answers:,} answers the grader's QWK with people is "
            f"{with_interval(one.quadratic_kappa)}; {share(one.exact.value)} of the levels are "
            f"the same."
        )
    percents = study.main.percents
    said.append(
        f"Its percentages of whole answers correlate with theirs by "
        f"{with_interval(percents.pearson)} (Pearson) and lie "
        f"{_direction(percents.bias.value)} on average."
    )
    if missing.answers_without_grade:
        said.append(
            f"{missing.answers_without_grade:,} of {missing.answers:,} answers got no "
            "grade and stand in none of these figures."
        )
    return " ".join(said)


def _direction(bias: float | None) -> str:
    if bias is None:
        return "as theirs"
    return f"{abs(bias):.1f} points {'above' if bias > 0 else 'below'} theirs"


def _headlines(study: AgreementStudy) -> Iterator[Headline]:
    levels = study.main.levels
    if levels is not None:
        one = levels.overall
        yield headline("QWK", one.quadratic_kappa, "levels, all criteria")
        yield Headline("Exact", share(one.exact.value), f"adjacent {share(one.adjacent.value)}")
        yield Headline(
            "Bias", with_interval(one.bias), "levels" if one.unit == "level" else "shares"
        )
    yield Headline("Pearson", with_interval(study.main.percents.pearson), "whole answers")
    for pair in study.ceiling[:1]:
        if pair.levels is not None:
            value = pair.levels.overall.quadratic_kappa
            yield headline("People's QWK", value, f"{pair.first} and {pair.second}: the ceiling")
    yield Headline(
        "Not graded",
        f"{study.missing.answers_without_grade:,}",
        f"of {study.missing.answers:,} answers; "
        f"{words.count(study.missing.levels_without_grade, 'level')}",
    )


def _sections(study: AgreementStudy, data: Dataset) -> Iterator[Section]:
    titles = {scale.criterion: scale.title for scale in data.people.scales}
    with_levels = [pair for pair in study.pairs if pair.levels is not None]
    yield Section(
        "Levels and whole answers",
        (_READING,),
        tuple(
            table
            for table in (
                Table(
                    _COLUMNS,
                    tuple(
                        _row(_called(pair), pair.levels.overall)
                        for pair in with_levels
                        if pair.levels is not None
                    ),
                    "Levels, all criteria together",
                    _alpha_note(study),
                ),
                Table(
                    _TOTALS,
                    (
                        *(_total_row(_called(pair), pair.percents) for pair in study.pairs),
                        _length_row(study),
                    ),
                    "Percentages of whole answers",
                    "Length is the logarithm of the number of words: what a grader must beat. "
                    f"Of {study.order.pairs:,} pairs of answers to one question the grader puts "
                    f"{share(study.order.share)} in people's order.",
                ),
            )
            if table.rows
        ),
        (_scatter(study),) if study.points else (),
        brief=True,
    )
    if study.main.levels is not None and len(titles) > 1:
        yield _by_criterion(study, titles)
    if study.confusions:
        yield _confusion_section(study, titles)
    yield Section(
        "By score",
        (
            "Where people gave little, middling and much: a grader that pulls towards the middle "
            "is too kind below and too strict above.",
        ),
        (
            Table(
                ("people's percentage", "answers", "bias", "mean difference"),
                tuple(
                    (
                        f"{band.low:g} to {band.high:g}",
                        f"{band.answers:,}",
                        figure(band.bias, 1),
                        figure(band.mae, 1),
                    )
                    for band in study.bands
                ),
            ),
        ),
        brief=True,
    )
    missing = study.missing
    yield Section(
        "What could not be compared",
        (
            f"{missing.answers_without_grade:,} of {missing.answers:,} answers without a grade of "
            f"the grader's; {missing.levels_without_grade:,} levels that it did not give; "
            f"{missing.levels_without_people:,} that no person gave. They are in no figure above.",
        ),
    )


def _by_criterion(study: AgreementStudy, titles: dict[str, str]) -> Section:
    levels = study.main.levels
    assert levels is not None
    each = levels.by_criterion
    names = [titles[one.criterion or ""] for one in each]
    series = [(GRADER, [one.quadratic_kappa for one in each])]
    series += [
        ("people", [one.quadratic_kappa for one in pair.levels.by_criterion])
        for pair in study.ceiling[:1]
        if pair.levels is not None
    ]
    return Section(
        "By criterion",
        (),
        (Table(_COLUMNS, tuple(_row(titles[one.criterion or ""], one) for one in each)),),
        (
            intervals_plot(
                names,
                series,
                axis="quadratic weighted kappa",
                shows="QWK of the grader with people for each criterion, with 95 % intervals.",
                line=0,
            ),
        ),
    )


def _confusion_section(study: AgreementStudy, titles: dict[str, str]) -> Section:
    plots = []
    for one in sorted(study.confusions, key=lambda found: bool(found.criterion)):
        if len(one.counts) > 12 or (not one.criterion and len(study.confusions) == 1):
            continue
        names = [str(level) for level in range(len(one.counts))]
        called = titles.get(one.criterion, "all criteria together")
        plots.append(
            counts_plot(
                names,
                names,
                one.counts,
                row_axis="people",
                column_axis="grader",
                shows=f"Levels of people (rows) and of the grader (columns): {called}.",
            )
        )
    return Section("Which levels are taken for which", (), (), tuple(plots))


def _scatter(study: AgreementStudy) -> Plot:
    names, theirs, own = zip(*study.points, strict=True)
    return points_plot(
        theirs,
        own,
        x_axis="people, percent",
        y_axis="grader, percent",
        shows="Each answer's percentage by people and by the grader; on the line they are equal.",
        labels=names,
        lines=(("equal", (0, 100), (0, 100)),),
    )


def _alpha_note(study: AgreementStudy) -> str:
    said = []
    if study.among_all is not None:
        said.append(
            "Krippendorff's alpha (ordinal), people and grader as equals: "
            f"{with_interval(study.among_all.overall.alpha)}."
        )
    if study.among_people is not None:
        said.append(f"People alone: {with_interval(study.among_people.overall.alpha)}.")
    return " ".join(said)


def _called(pair: Pair) -> str:
    return f"{pair.first} and {pair.second}"


def _row(name: str, one: Agreement) -> tuple[str, ...]:
    return (
        name,
        f"{one.pairs:,}",
        with_interval(one.quadratic_kappa),
        figure(one.exact.value),
        figure(one.adjacent.value),
        figure(one.mae.value),
        with_interval(one.bias),
        figure(one.spearman.value),
        figure(one.icc.value),
    )


def _length_row(study: AgreementStudy) -> tuple[str, ...]:
    one = study.length
    name, *cells = _total_row(f"{PEOPLE} and length alone", one)
    return (name, *cells[:3], NONE, NONE, NONE)


def _total_row(name: str, one: Closeness) -> tuple[str, ...]:
    return (
        name,
        f"{one.answers:,}",
        with_interval(one.pearson),
        figure(one.spearman.value),
        figure(one.icc.value),
        figure(one.mae.value, 1),
        with_interval(one.bias, 1),
    )
