"""The report on how a grader stands changes of answers, arranged as a page."""

from collections.abc import Iterator, Mapping, Sequence

from evals.dataset import Dataset
from evals.grading import Grades
from evals.levels import Scale
from evals.metamorphic.checks import CHECKS, Must
from evals.report.agreement import facts_of
from evals.report.page import NONE, Headline, Page, Section, Table, with_interval
from evals.report.plots import intervals_plot
from evals.scales import scales_of
from evals.stats.intervals import Interval
from evals.studies.attacks import AttackStudy, Failure, Kind, Outcome

_MUST: Mapping[Must, str] = {
    "stay": "no level moves",
    "not_rise": "no level rises",
    "fall": "the level falls",
}
_DO: Mapping[Must, str] = {"stay": "stay", "not_rise": "do not rise", "fall": "fall"}
_SHORT: Mapping[Must, str] = {"stay": "stay", "not_rise": "not rise", "fall": "fall"}
_READING = (
    "Each answer is changed and graded again. A level passes if it does what it must; levels are "
    "counted by changed answer and criterion. The effect is what the change comes to of 100 points "
    "of a whole answer, on average. Intervals hold 95 % and come from drawing answers again with "
    "all that was made of them; of answers passed they are exact (Clopper and Pearson). Where no "
    "level failed there is no interval by drawing: then read that of answers."
)
_AGAIN = (
    "The test called again grades the same answer once more. What moves there moves by itself, and "
    "no other test can be expected to pass more often."
)
_WHOLE = {digits: (f"{100:.{digits}f}", f"{0:.{digits}f}") for digits in range(1, 5)}
_COLUMNS = ("test", "levels passed", "answers passed", "effect, points")
_COUNTS = ("test", "each level must", "changed", "levels", "failed", "moved", "missing")


def attacks_page(study: AttackStudy, data: Dataset, base: Grades) -> Page:
    """The page. Its headlines are the tests that a grader fails most."""
    scales = {scale.criterion: scale for scale in scales_of(data.rubric)}
    return Page(
        title=f"Attacks: {data.about.title}",
        lead=_lead(study),
        facts=facts_of(data, base),
        headlines=tuple(_headlines(study)),
        sections=tuple(_sections(study, scales)),
    )


def _lead(study: AttackStudy) -> str:
    tried = [one for one in study.outcomes if one.levels]
    clean = [one.name for one in tried if not one.failed]
    said = [
        f"{study.answers:,} answers were changed in "
        f"{len({one.check for one in tried})} ways. {len(clean)} of {len(tried)} tests pass "
        f"for every level{': ' + ', '.join(clean) if clean else ''}."
    ]
    worst = _worst(tried)
    if worst is not None:
        said.append(
            f"The one failed most is {worst.name}: {_share(worst.passed.value)} of "
            f"{worst.levels:,} levels {_DO[worst.must]} as they must."
        )
    raised = _most_raised(tried)
    if raised is not None:
        said.append(
            f"What brings the most is {raised.name}, {_points(raised.effect)} points of 100 "
            "on average."
        )
    if study.ungraded:
        said.append(
            f"{study.ungraded:,} of {study.levels:,} levels of the answers as they are are "
            "missing, and with them all comparisons."
        )
    return " ".join(said)


def _worst(tried: Sequence[Outcome]) -> Outcome | None:
    failed = [one for one in tried if one.failed]
    return min(failed, key=lambda one: one.passed.value or 0.0) if failed else None


def _most_raised(tried: Sequence[Outcome]) -> Outcome | None:
    raised = [one for one in tried if one.effect.value is not None and one.effect.value >= 0.05]
    return max(raised, key=lambda one: one.effect.value or 0.0) if raised else None


def _headlines(study: AttackStudy) -> Iterator[Headline]:
    for one in study.outcomes:
        if one.levels:
            note = f"{_MUST[one.must]}; {one.failed:,} of {one.levels:,} fail"
            yield Headline(one.name, _share(one.passed.value), note)
    lacking = sum(one.ungraded for one in study.outcomes)
    yield Headline("Not compared", f"{lacking:,}", "levels without a grade before or after")


def _sections(study: AttackStudy, scales: Mapping[str, Scale]) -> Iterator[Section]:
    tried = [one for one in study.outcomes if one.levels]
    texts = [_READING]
    if any(one.check == "again" for one in tried):
        texts.append(_AGAIN)
    if study.tolerance:
        texts.append(f"A level may move by {study.tolerance} and still counts as not moved.")
    yield Section(
        "All tests",
        tuple(texts),
        (Table(_COLUMNS, tuple(_row(one) for one in study.outcomes)),),
        (
            intervals_plot(
                [f"{one.name} ({_SHORT[one.must]})" for one in tried],
                [("passed", [_percent(one.passed) for one in tried])],
                axis="levels that pass, percent",
                shows="The share of levels that do what they must, with 95 % intervals.",
            ),
            intervals_plot(
                [one.name for one in tried],
                [("effect", [one.effect for one in tried])],
                axis="points of 100",
                shows="What each change comes to for a whole answer, with 95 % intervals.",
                line=0,
            ),
        )
        if tried
        else (),
        brief=True,
    )
    yield Section(
        "Counts",
        (
            "Changed are the answers made and graded; moved is the share of levels that moved in "
            "any direction; missing are those that have no grade before or after the change.",
        ),
        (Table(_COUNTS, tuple(_count_row(one) for one in study.outcomes)),),
    )
    does = {check.name: check.does for check in CHECKS}
    for one in study.outcomes:
        yield Section(
            f"{one.name}: {_MUST[one.must]}",
            (does[one.check], _details(one)),
            tuple(_tables(one, scales)),
        )
    if study.skipped:
        yield Section(
            "Not tried",
            tuple(f"{name}: {why}." for name, why in study.skipped.items()),
            brief=True,
        )


def _row(one: Outcome) -> tuple[str, ...]:
    return (one.name, _shares(one.passed), _shares(one.whole), _points(one.effect))


def _count_row(one: Outcome) -> tuple[str, ...]:
    return (
        one.name,
        _SHORT[one.must],
        f"{one.variants:,}",
        f"{one.levels:,}",
        f"{one.failed:,}",
        _share(one.moved.value),
        f"{one.ungraded:,}",
    )


def _details(one: Outcome) -> str:
    said = [
        f"{one.failed:,} of {one.levels:,} levels fail. They move by "
        f"{with_interval(one.shift)} levels on average."
    ]
    if one.idle:
        said.append(
            f"{one.idle:,} were at level 0 before, so that they cannot fall: the grader had not "
            "seen what was taken away."
        )
    if one.unchanged:
        said.append(f"{one.unchanged:,} changes left an answer as it was and were not graded.")
    if one.ungraded:
        said.append(
            f"{one.ungraded:,} levels could not be compared; {one.lost:,} of them were graded "
            "before the change."
        )
    return " ".join(said)


def _tables(one: Outcome, scales: Mapping[str, Scale]) -> Iterator[Table]:
    if one.kinds:
        with_untouched = one.unchanged > 0
        columns = ("change", "answers", "untouched", "levels", "passed", "effect, points")
        yield Table(
            tuple(name for name in columns if with_untouched or name != "untouched"),
            tuple(_kind_row(kind, scales, with_untouched=with_untouched) for kind in one.kinds),
            "By change",
        )
    if one.failures:
        more = one.failed - len(one.failures)
        yield Table(
            ("answer", "change", "criterion", "level"),
            tuple(_failure_row(each, scales) for each in one.failures),
            "The worst",
            f"And {more:,} more." if more > 0 else "",
        )


def _kind_row(kind: Kind, scales: Mapping[str, Scale], *, with_untouched: bool) -> tuple[str, ...]:
    return (
        _title(kind.change, scales),
        f"{kind.variants:,}",
        *((f"{kind.unchanged:,}",) if with_untouched else ()),
        f"{kind.levels:,}",
        _shares(kind.passed),
        _points(kind.effect),
    )


def _failure_row(one: Failure, scales: Mapping[str, Scale]) -> tuple[str, ...]:
    points = scales[one.criterion].points
    # Of a change that is about a criterion, the id says by which passage.
    passage = one.variant.rpartition("~")[2].partition(".")[2]
    return (
        one.answer,
        passage if one.change in scales else one.change,
        scales[one.criterion].title,
        f"{points[one.before]:g} → {points[one.after]:g}",
    )


def _title(change: str, scales: Mapping[str, Scale]) -> str:
    """Of a change that is about one criterion, the criterion's title."""
    return scales[change].title if change in scales else change


def _share(value: float | None) -> str:
    """A share in percent; 100 % or 0 % only if it is all or nothing."""
    if value is None:
        return NONE
    digits = 1
    while 0 < value < 1 and digits < 4 and f"{100 * value:.{digits}f}" in _WHOLE[digits]:
        digits += 1
    return f"{100 * value:.{digits}f} %"


def _shares(one: Interval) -> str:
    """A share in percent with its interval."""
    if one.value is None or one.low is None or one.high is None:
        return _share(one.value)
    return f"{_share(one.value)} [{100 * one.low:.1f}, {100 * one.high:.1f}]"


def _signed(value: float) -> str:
    """A number with its sign, and without where it is 0."""
    shown = f"{value:+.1f}"
    return shown[1:] if float(shown) == 0 else shown


def _points(one: Interval) -> str:
    """Points with their sign, and their interval."""
    if one.value is None:
        return NONE
    if one.low is None or one.high is None:
        return _signed(one.value)
    return f"{_signed(one.value)} [{_signed(one.low)}, {_signed(one.high)}]"


def _percent(one: Interval) -> Interval:
    def hundredfold(value: float | None) -> float | None:
        return None if value is None else 100 * value

    return Interval(
        value=hundredfold(one.value), low=hundredfold(one.low), high=hundredfold(one.high)
    )
