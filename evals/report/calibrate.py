"""The report on a calibration, arranged as a page: before and after on answers left out."""

from collections.abc import Iterator, Sequence

from evals.levels import Scale
from evals.report.page import (
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
from evals.report.plots import points_plot
from evals.studies.calibrate import FEWEST, CalibrationStudy, Curve, Quality

_COLUMNS = ("", "QWK", "exact", "MAE", "bias", "Pearson of whole answers")
_HOW = (
    "Before is the grader as it is. After is measured on answers that the mapping was not learned "
    "from: the labelled answers are cut into folds, and each fold is mapped by what the others "
    "teach. The calibration itself is learned from all of them."
)


def calibration_page(
    study: CalibrationStudy, scales: Sequence[Scale], facts: Sequence[tuple[str, str]]
) -> Page:
    """The page. Its headlines are the agreement before and after."""
    return Page(
        title=f"Calibration: {study.calibration.source}",
        lead=_lead(study),
        facts=(
            *facts,
            ("Method", f"{study.method}, {study.folds} folds"),
            ("Calibration", study.calibration.digest[:12]),
        ),
        headlines=tuple(_headlines(study)),
        sections=tuple(_sections(study, scales)),
    )


def _lead(study: CalibrationStudy) -> str:
    before, after = study.before.levels, study.after.levels
    said = (
        f"On answers left out, calibrating changes QWK with people from "
        f"{with_interval(before.quadratic_kappa)} to {with_interval(after.quadratic_kappa)} and "
        f"the bias from {figure(before.bias.value)} to {figure(after.bias.value)} levels."
    )
    one, other = before.quadratic_kappa.value, after.quadratic_kappa.value
    if one is not None and other is not None and other <= one:
        said += " It does not help: the grader's own levels are the better choice."
    if study.test_before is not None and study.test_after is not None:
        said += (
            f" On the test part the percentages' correlation with people's goes from "
            f"{figure(study.test_before.percents.pearson.value)} to "
            f"{figure(study.test_after.percents.pearson.value)}."
        )
    return said


def _headlines(study: CalibrationStudy) -> Iterator[Headline]:
    yield headline("QWK before", study.before.levels.quadratic_kappa, "labelled answers")
    yield headline("QWK after", study.after.levels.quadratic_kappa, "on folds left out")
    if study.test_before is not None and study.test_after is not None:
        yield headline("Pearson before", study.test_before.percents.pearson, "test part")
        yield headline("Pearson after", study.test_after.percents.pearson, "test part")


def _sections(study: CalibrationStudy, scales: Sequence[Scale]) -> Iterator[Section]:
    rows = [_row("before", study.before)]
    rows += [_row(f"after, {name}, folds left out", one) for name, one in study.by_method.items()]
    if study.test_before is not None and study.test_after is not None:
        rows.append(_row("before, test part", study.test_before))
        rows.append(_row(f"after, {study.method}, test part", study.test_after))
    yield Section("Before and after", (_HOW,), (Table(_COLUMNS, tuple(rows)),), brief=True)
    titles = {scale.criterion: scale.title for scale in scales}
    common = [curve for curve in study.curves if curve.question is None]
    texts = [
        "The level that people are expected to give for each of the grader's. Level 0 stays 0, "
        "as a level above it needs a quote; the others are rounded to the nearest level."
    ]
    if study.left:
        names = ", ".join(titles[name] for name in study.left)
        texts.append(f"Left as they are, with fewer than {FEWEST} levels of people: {names}.")
    if len(common) < len(study.curves):
        texts.append(
            f"Beside these, {len(study.curves) - len(common):,} mappings are for single questions, "
            "drawn towards that of all the fewer answers they have; they stand in the JSON."
        )
    most = max(len(curve.expected) for curve in common)
    yield Section(
        "What is mapped to what",
        tuple(texts),
        (
            Table(
                ("criterion", "answers", *(str(level) for level in range(most))),
                tuple(_mapping(titles[curve.criterion], curve, most) for curve in common),
            ),
        ),
        tuple(_plots(common, titles)) if len(common) == 1 else (),
    )


def _plots(curves: list[Curve], titles: dict[str, str]) -> Iterator[Plot]:
    for curve in curves:
        along = list(range(len(curve.expected)))
        yield points_plot(
            along,
            curve.expected,
            x_axis="grader's level",
            y_axis="people's expected level",
            shows=f"What people are expected to give: {titles[curve.criterion]}.",
            lines=(("as it is", along, along),),
        )


def _row(name: str, one: Quality) -> tuple[str, ...]:
    levels = one.levels
    return (
        name,
        with_interval(levels.quadratic_kappa),
        share(levels.exact.value),
        figure(levels.mae.value),
        with_interval(levels.bias),
        with_interval(one.percents.pearson),
    )


def _mapping(name: str, curve: Curve, most: int) -> tuple[str, ...]:
    values = [figure(one) for one in curve.expected]
    return (name, f"{curve.answers:,}", *values, *[""] * (most - len(values)))
