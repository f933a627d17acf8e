"""The sections on what judges add to a grade's variance, and how many of them it takes."""

from collections.abc import Iterator

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

_ONE: dict[Judges, str] = {"people": "person", "models": "model", "samples": "sample"}
_READING = (
    "The variance of one grading, split into what lies in the answers, in how strict a judge is, "
    "and in what judges see differently in the same answer (with what is left unexplained). Only "
    "the first is what a grade should show. Phi is the reliability of a score as such, "
    "E rho squared that of the order of answers, in which a judge who is strict to all does no "
    "harm."
)
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
    none = Interval(value=None)
    yield headline(f"Phi{of}", study.now.absolute or none, f"of {_counted(study, study.now)}")
    yield headline(f"E rho squared{of}", study.now.relative or none, "of the order of answers")
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
    negative = study.total.negative
    if negative:
        texts.append(
            f"The estimate of {', '.join(negative)} came out below 0 by chance and counts as 0."
        )
    titles = {item.criterion: item.scale.title for item in view.items}
    yield Section(
        f"What a grade's variance is made of{of}",
        tuple(texts),
        (
            Table(
                ("", "answers", *_shared(study.total), "Phi of one", f"for Phi {target:g}"),
                (
                    _row("whole answer", study, study.total, study.absolute),
                    *(
                        _row(titles[name], study, one, study.plans[name])
                        for name, one in study.by_criterion.items()
                    ),
                ),
                "Shares of the variance of one grading, in percent",
                "For the whole answer the criteria's levels are weighted. The last column counts "
                "gradings.",
            ),
        ),
    )
    yield _decisions(study, of, target)


def _decisions(study: JudgeStudy, of: str, target: float) -> Section:
    priced = study.now.cost is not None
    rows = tuple(
        (
            _counted(study, one),
            f"{one.gradings}",
            with_interval(one.absolute or Interval(value=None)),
            with_interval(one.relative or Interval(value=None)),
            figure(one.absolute_sem, 1),
            *((_dollars(one.cost),) if priced else ()),
        )
        for one in study.grid
    )
    return Section(
        f"How many {study.judges} a grade takes{of}",
        (
            f"{_planned(study, study.absolute, 'Phi', first=True)}. "
            f"{_planned(study, study.relative, 'E rho squared', first=True)}.",
            "Few judges say little of all judges: the intervals hold for that, and are wide.",
        ),
        (
            Table(
                (
                    "",
                    "gradings",
                    "Phi",
                    "E rho squared",
                    "error, points",
                    *(("an answer",) if priced else ()),
                ),
                rows,
                "What the mean over so many is worth, whole answers",
                "Error is the standard error of measurement in points of 100."
                + (" Costs are at the mean price of a grading here." if priced else ""),
            ),
        ),
        (
            lines_plot(
                [
                    *(_curve(study, "Phi", repeats) for repeats in _repeats(study)),
                    *(_curve(study, "E rho squared", repeats) for repeats in _repeats(study)[:1]),
                ],
                x_axis=study.judges,
                y_axis="reliability",
                shows=f"The reliability of the mean over so many {study.judges}; the line is at "
                f"{target:g}.",
                line=target,
                span=(0, 1.02),
            ),
        ),
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
    parts = _shared(total)
    answers = total.variance("p") / total.total
    name, worst = max(parts.items(), key=lambda one: one[1])
    return (
        f"Of one grading of a whole answer, {share(answers)} of the variance lie in the answers; "
        f"of the rest most in {name} ({worst:.1f} %)."
    )


def _shared(study: GStudy) -> dict[str, float]:
    """The sources of error, as they are called, with their shares in percent."""
    called = {
        "r": "strictness",
        "o:r": "strictness of a sample",
        "pr": "seen differently" if study.repeats == 1 else "judge by answer",
        "po:r": "sample by answer",
    }
    whole = study.total
    return {
        name: 100 * study.variance(source) / whole if whole else 0.0
        for source, name in called.items()
        if any(one.source == source for one in study.components)
    }


def _row(name: str, study: JudgeStudy, of: GStudy, plan: Plan) -> tuple[str, ...]:
    whole = of.total
    if not whole:
        return (name, *[NONE] * (len(_shared(of)) + 3))
    phi = of.variance("p") / whole
    return (
        name,
        figure(100 * phi, 1),
        *(figure(one, 1) for one in _shared(of).values()),
        figure(phi),
        _counted(study, plan.decision) if plan.decision else NONE,
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
