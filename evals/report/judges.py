"""The sections on what judges add to a grade's variance, and how many of them it takes."""

import math
from collections.abc import Callable, Iterator

from evals.grading import GRADER
from evals.report.page import (
    NONE,
    Headline,
    Section,
    Table,
    figure,
    headline,
    share,
    with_interval,
)
from evals.report.plots import lines_plot
from evals.stats.decision import Decision, Plan
from evals.stats.generalizability import GStudy
from evals.stats.intervals import Interval
from evals.studies.rubric import Judges, JudgeStudy, View

_NONE = Interval(value=None)
_ONE: dict[Judges, str] = {"people": "person", "models": "model", "samples": "sample"}
_READING = (
    "The variance of one grading, split into what lies in the answers, in how strict judges are to "
    "all of them, and in what a judge sees differently in one answer (by answer, with what is "
    "left unexplained). Only the first is what a grade should show. Phi is the reliability of a "
    "score as such, E rho squared that of the order of answers, in which a judge who is strict to "
    "all does no harm."
)
_SOURCES = {
    "r": ("strictness", "how strict judges are to all answers"),
    "o:r": ("sample", "how strict single samples are to all answers"),
    "pr": ("by answer", "what judges see differently in the same answer"),
    "po:r": ("rest", "what changes from sample to sample"),
}
"""Each source of error, as columns and as sentences call it."""
_SAMPLES = (
    "The judges here are samples of one model: this says how far the model repeats itself, and "
    "nothing of whether another model or a person would agree. Phi is too high by what is wrong in "
    "the same way each time."
)


def judges_in_short(view: View) -> str:
    """What of judges belongs into the first sentences, also that nothing can be told."""
    if view.judges is None:
        return f"How reliable a grade is cannot be told: {view.untold}."
    study = view.judges
    said = [f"One grading of an answer has a Phi of {_value(study.one.absolute)}"]
    if study.now.gradings > 1:
        said.append(f"{_counted(study, study.now)} have {_value(study.now.absolute)}")
    return f"{', '.join(said)}; {_planned(study, study.absolute, 'Phi')}."


def judge_headlines(view: View, of: str, target: float) -> Iterator[Headline]:
    """The reliability of what is there, and the cheapest plan."""
    study = view.judges
    if study is None:
        yield Headline(f"Phi{of}", NONE, "takes two raters")
        return
    yield headline(f"Phi{of}", study.now.absolute or _NONE, f"of {_counted(study, study.now)}")
    yield headline(f"E rho squared{of}", study.now.relative or _NONE, "of the order of answers")
    best = study.absolute.decision
    yield Headline(
        f"For Phi {target:g}{of}",
        NONE if best is None else _counted(study, best),
        _cost(best) if best else f"not with {_counted(study, study.absolute.most)}",
    )


def judge_sections(view: View, of: str, target: float) -> Iterator[Section]:
    """The studies of judges, or what to run to have one."""
    study = view.judges
    if study is None:
        yield Section(f"What cannot be told{of}", _missing(view), brief=True)
        return
    texts = [_READING, _blame(study.total)]
    if study.judges == "samples":
        texts.append(_SAMPLES)
    if study.total.dropped:
        texts.append(
            f"{study.total.dropped:,} answers lack a score of some judge and are left out here."
        )
    negative = [_SOURCES[name][1] for name in study.total.negative]
    if negative:
        texts.append(f"What came out below 0 by chance and counts as 0: {', '.join(negative)}.")
    titles = {item.criterion: item.scale.title for item in view.items}
    yield Section(
        f"What a grade's variance is made of{of}",
        tuple(texts),
        (
            Table(
                ("", "the answers", *_shared(study.total), f"for Phi {target:g}"),
                (
                    _row("whole answer", study, study.total, study.absolute),
                    *(
                        _row(titles[name], study, one, study.plans[name])
                        for name, one in study.by_criterion.items()
                    ),
                ),
                "Shares of the variance of one grading, in percent",
                "Of the whole answer criteria count by their weights. What lies in the answers, "
                f"over 100, is the Phi of one grading. The last column: {_unit(study)}.",
            ),
        ),
    )
    yield _decisions(study, of, target)


def _decisions(study: JudgeStudy, of: str, target: float) -> Section:
    curves = [_curve(study, "Phi", repeats) for repeats in _repeats(study)]
    curves += [_curve(study, "E rho squared", repeats) for repeats in _repeats(study)[:1]]
    least = min([target, *(value for _, _, values in curves for value in values if value)])
    return Section(
        f"How many {study.judges} a grade takes{of}",
        (
            f"{_planned(study, study.absolute, 'Phi', first=True)}. "
            f"{_planned(study, study.relative, 'E rho squared', first=True)}.",
            "Few judges say little of all judges: the intervals hold for that, and are wide."
            + (
                ""
                if study.one.cost is None
                else f" A grading here cost {_dollars(study.one.cost)} on average."
            ),
        ),
        _by_judges(study) if study.total.repeats == 1 else _by_samples(study),
        (
            lines_plot(
                curves,
                x_axis=study.judges,
                y_axis="reliability",
                shows=f"The reliability of the mean over so many {study.judges}; the line is at "
                f"{target:g}.",
                line=target,
                span=(math.floor(10 * least) / 10, 1.02),
            ),
        ),
    )


def _by_judges(study: JudgeStudy) -> tuple[Table, ...]:
    return (
        Table(
            ("", "Phi", "E rho squared", "error, points"),
            tuple(
                (
                    _counted(study, one),
                    with_interval(one.absolute or _NONE),
                    with_interval(one.relative or _NONE),
                    figure(one.absolute_sem, 1),
                )
                for one in study.grid
            ),
            "What the mean over so many is worth, whole answers",
            "Error is the standard error of measurement in points of 100.",
        ),
    )


def _by_samples(study: JudgeStudy) -> tuple[Table, ...]:
    repeats = _repeats(study)
    judges = sorted({one.judges for one in study.grid})
    by_size = {(one.judges, one.repeats): one for one in study.grid}
    columns = ("", *(_times(each, "sample") for each in repeats))

    def table(title: str, chosen: Callable[[Decision], Interval | None]) -> Table:
        rows = tuple(
            (
                _times(number, _ONE[study.judges]),
                *(with_interval(chosen(by_size[number, each]) or _NONE) for each in repeats),
            )
            for number in judges
        )
        return Table(columns, rows, title)

    return (
        table("Phi of the mean over so many, whole answers", lambda one: one.absolute),
        table("E rho squared of the same", lambda one: one.relative),
    )


def _curve(
    study: JudgeStudy, name: str, repeats: int
) -> tuple[str, list[float], list[float | None]]:
    chosen = [one for one in study.grid if one.repeats == repeats]
    bounds = [one.absolute if name == "Phi" else one.relative for one in chosen]
    several = len(_repeats(study)) > 1
    return (
        f"{name}, {_times(repeats, 'sample')}" if several else name,
        [one.judges for one in chosen],
        [one.value if one else None for one in bounds],
    )


def _repeats(study: JudgeStudy) -> list[int]:
    return sorted({one.repeats for one in study.grid})


def _missing(view: View) -> tuple[str, ...]:
    """What takes several raters, and how to get them."""
    if len(view.raters) > 1:
        return (
            f"How reliable a grade is, and how many judges it takes: {view.untold}. Answers count "
            "that all raters graded, and models with equally many samples.",
        )
    remedy = (
        "have each answer graded several times: --model PROVIDER:NAME --samples 3 shows how far a "
        "model repeats itself, --panel A,B how far models agree; 30 answers are enough for a start "
        "(--part NAME)"
        if view.by == GRADER
        else "have a second person grade some of the answers without seeing the first one's levels"
    )
    return (
        "There is one rater. With one, a vague criterion that raters would read differently looks "
        "like any other that is hard; a criterion that goes closely with another may repeat it or "
        "come from one overall impression (halo); and neither the reliability of a grade nor how "
        "many judges it takes can be told.",
        f"To learn it, {remedy}.",
    )


def _blame(total: GStudy) -> str:
    """Where most of the error lies, in words."""
    if not total.total:
        return "No score differs from another: there is no variance to split."
    errors = [one for one in total.components if one.source != "p"]
    worst = max(errors, key=lambda one: one.variance)
    return (
        f"Of one grading of a whole answer, {share(total.variance('p') / total.total)} of the "
        f"variance lie in the answers; of what else there is most lies in "
        f"{_SOURCES[worst.source][1]} ({share(worst.variance / total.total)})."
    )


def _shared(study: GStudy) -> dict[str, float]:
    """The sources of error, as they are called, with their shares in percent."""
    whole = study.total
    return {
        _SOURCES[one.source][0]: 100 * one.variance / whole if whole else 0.0
        for one in study.components
        if one.source != "p"
    }


def _row(name: str, study: JudgeStudy, of: GStudy, plan: Plan) -> tuple[str, ...]:
    whole = of.total
    if not whole:
        return (name, *[NONE] * (len(_shared(of)) + 2))
    return (
        name,
        figure(100 * of.variance("p") / whole, 1),
        *(figure(one, 1) for one in _shared(of).values()),
        _planned_in_short(study, plan),
    )


def _planned(study: JudgeStudy, plan: Plan, name: str, *, first: bool = False) -> str:
    best = plan.decision
    opening = f"{'The' if first else 'the'} cheapest way to {name} {plan.target:g}"
    if best is None:
        return (
            f"{opening} takes more than {_counted(study, plan.most)}, which reach "
            f"{_value(plan.most.absolute if name == 'Phi' else plan.most.relative)}"
        )
    reached = best.absolute if name == "Phi" else best.relative
    return f"{opening} is {_counted(study, best)} ({_value(reached)}; {_cost(best)})"


def _planned_in_short(study: JudgeStudy, plan: Plan) -> str:
    """As a cell: so many judges, and samples where there were some; or more than so many."""
    one = plan.decision or plan.most
    repeats = "" if study.total.repeats == 1 else f" x {one.repeats}"
    return f"{'' if plan.decision else 'over '}{one.judges}{repeats}"


def _unit(study: JudgeStudy) -> str:
    return study.judges if study.total.repeats == 1 else f"{study.judges} x samples"


def _counted(study: JudgeStudy, one: Decision) -> str:
    """So many judges and samples, in words."""
    told = _times(one.judges, _ONE[study.judges])
    return told if study.total.repeats == 1 else f"{told} x {_times(one.repeats, 'sample')}"


def _times(count: int, what: str) -> str:
    if what == "person":
        return f"{count} {'person' if count == 1 else 'people'}"
    return f"{count} {what}{'' if count == 1 else 's'}"


def _cost(one: Decision) -> str:
    gradings = _times(one.gradings, "grading")
    return f"{gradings} an answer" + (
        "" if one.cost is None else f", {_dollars(one.cost)} an answer"
    )


def _dollars(cost: float | None) -> str:
    return NONE if cost is None else f"${cost:.4f}"


def _value(interval: Interval | None) -> str:
    return figure(interval.value if interval else None)
