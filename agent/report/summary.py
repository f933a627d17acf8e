"""What a run of graded answers adds up to, fed one answer at a time in constant memory. Pure.

Everything that could grow with the run is counted or cut off at a stated number. How it is
shown is the business of `agent.report.batch_html` and `agent.report.batch_text`.
"""

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from agent.graded import GradedAnswer, Status
from agent.report import answer_words, words
from agent.report.spread import Spread
from agent.rubric import Decision
from agent.scorecard import NOT_ASSESSED, UNGRADED, CriterionGrade, Provenance
from agent.usage import ModelUsage, summed

ROWS = 2_000
LISTED = 200
EXTREMES = 10
_KINDS = 20
_TEXT = 240
_T = TypeVar("_T")


@dataclass(frozen=True)
class Row:
    """One answer in a list; `page` is the link to its own page, if it has one."""

    id: str
    percent: float | None
    status: Status
    page: str | None


@dataclass(frozen=True)
class Note:
    """Something about one answer: `title` says what, `text` quotes or explains it."""

    row: Row
    title: str
    text: str


@dataclass
class Listed(Generic[_T]):
    """The first ones of a list, and how many there were."""

    most: int
    count: int = 0
    items: list[_T] = field(default_factory=list)

    def add(self, item: _T) -> None:
        """Take in one more; it is only counted when the list is full."""
        self.count += 1
        if len(self.items) < self.most:
            self.items.append(item)


@dataclass
class Kinds:
    """How often each of a few texts occurred; `others` counts what came when it was full."""

    counts: Counter[str] = field(default_factory=Counter)
    others: int = 0

    def add(self, text: str) -> None:
        """Count one more; an empty text is nothing."""
        if not text:
            return
        if text in self.counts or len(self.counts) < _KINDS:
            self.counts[text] += 1
        else:
            self.others += 1

    def ranked(self) -> list[tuple[str, int]]:
        """The texts with their counts, the most frequent first."""
        return self.counts.most_common()


@dataclass
class CriterionTally:
    """One criterion over all answers; `of_points` sums up points where the rubric gives any."""

    id: str
    title: str
    top: int
    max_points: float | None
    levels: Counter[int] = field(default_factory=Counter)
    of_points: float = 0.0
    ungraded: int = 0
    not_assessed: int = 0
    confidence: Counter[str] = field(default_factory=Counter)
    rated: int = 0
    disagreed: int = 0
    reviewed: int = 0

    def add(self, grade: CriterionGrade) -> None:
        """Take in one more grade."""
        if isinstance(grade.level, int):
            self.levels[grade.level] += 1
            self.top = max(self.top, grade.top)
            self.of_points += grade.points or 0.0
        elif grade.level == UNGRADED:
            self.ungraded += 1
        elif grade.level == NOT_ASSESSED:
            self.not_assessed += 1
        if grade.confidence:
            self.confidence[grade.confidence] += 1
        if sum(rating.level is not None for rating in grade.ratings) > 1:
            self.rated += 1
            self.disagreed += answer_words.raters_disagree(grade)
        self.reviewed += grade.review is not None

    @property
    def graded(self) -> int:
        """How many have a level."""
        return self.levels.total()

    @property
    def mean_level(self) -> float | None:
        """The mean of the levels, or None."""
        total = sum(level * count for level, count in self.levels.items())
        return total / self.graded if self.graded else None

    @property
    def mean_points(self) -> float | None:
        """The mean of the points, or None."""
        return self.of_points / self.graded if self.graded and self.max_points else None

    @property
    def ungraded_share(self) -> float:
        """The share that the grader failed on, of what it was to judge."""
        tried = self.graded + self.ungraded
        return self.ungraded / tried if tried else 0.0

    @property
    def disagreement(self) -> float:
        """The share on which raters disagree, of what several rated."""
        return self.disagreed / self.rated if self.rated else 0.0


@dataclass
class BatchSummary:
    """All that the report on a run shows."""

    answers: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    percents: Spread = field(default_factory=Spread)
    rows: Listed[Row] = field(default_factory=lambda: Listed(ROWS))
    decisions: Counter[Decision | None] = field(default_factory=Counter)
    confidence: Counter[str] = field(default_factory=Counter)
    flagged: int = 0
    flag_counts: Kinds = field(default_factory=Kinds)
    flags: Listed[Note] = field(default_factory=lambda: Listed(LISTED))
    ungraded: Listed[Note] = field(default_factory=lambda: Listed(LISTED))
    ungraded_reasons: Kinds = field(default_factory=Kinds)
    reviewed: int = 0
    changed: int = 0
    reviews: Listed[Note] = field(default_factory=lambda: Listed(LISTED))
    agreed: int = 0
    models: tuple[ModelUsage, ...] = ()
    calls: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    made_with: dict[str, Kinds] = field(default_factory=dict)
    notes: Kinds = field(default_factory=Kinds)
    first: datetime | None = None
    last: datetime | None = None
    _agreement: float = 0.0
    _criteria: dict[tuple[str, str], CriterionTally] = field(default_factory=dict)
    _low: list[tuple[float, int, Row]] = field(default_factory=list)
    _high: list[tuple[float, int, Row]] = field(default_factory=list)

    def add(self, graded: GradedAnswer, page: str | None = None) -> None:
        """Take in one more answer; `page` is the link to its own page, if it has one."""
        card = graded.scorecard
        row = Row(graded.id, card.percent, graded.status, page)
        self.answers += 1
        self.statuses[graded.status] += 1
        self.rows.add(row)
        if card.percent is not None:
            self.percents.add(card.percent)
            self._add_extreme(card.percent, row)
        if card.level is not None:
            self.decisions[card.decision] += 1
        if card.agreement is not None:
            self.agreed += 1
            self._agreement += card.agreement
        for grade in card.criteria:
            self._tally(card.provenance.rubric, grade).add(grade)
            if grade.confidence:
                self.confidence[grade.confidence] += 1
        self._add_notes(graded, row)
        self._add_made(graded)

    @property
    def agreement(self) -> float | None:
        """The mean share of criteria on which all raters agree, over the answers with several."""
        return self._agreement / self.agreed if self.agreed else None

    @property
    def criteria(self) -> list[CriterionTally]:
        """The criteria in the order in which they first came."""
        return list(self._criteria.values())

    @property
    def disputed(self) -> list[CriterionTally]:
        """The criteria on which raters disagree, the most disputed first."""
        disputed = [tally for tally in self.criteria if tally.disagreed]
        return sorted(disputed, key=lambda tally: -tally.disagreement)[:EXTREMES]

    @property
    def lowest(self) -> list[Row]:
        """The answers with the lowest percentages, the lowest first."""
        return [row for _, _, row in sorted(self._low, key=lambda one: (-one[0], -one[1]))]

    @property
    def highest(self) -> list[Row]:
        """The answers with the highest percentages, the highest first."""
        return [row for _, _, row in sorted(self._high, key=lambda one: (-one[0], -one[1]))]

    def _add_extreme(self, percent: float, row: Row) -> None:
        # The number keeps the first of equals, and two rows from being compared.
        for kept, rank in ((self._low, -percent), (self._high, percent)):
            entry = (rank, -self.answers, row)
            if len(kept) < EXTREMES:
                heapq.heappush(kept, entry)
            else:
                heapq.heappushpop(kept, entry)

    def _tally(self, rubric: str, grade: CriterionGrade) -> CriterionTally:
        key = (rubric, grade.id)
        if key not in self._criteria:
            self._criteria[key] = CriterionTally(grade.id, grade.title, grade.top, grade.max_points)
        return self._criteria[key]

    def _add_notes(self, graded: GradedAnswer, row: Row) -> None:
        card = graded.scorecard
        self.flagged += bool(card.flags)
        for flag in card.flags:
            self.flag_counts.add(flag.title)
            self.flags.add(Note(row, flag.title, _beginning(flag.quote or "")))
        failed = answer_words.ungraded(graded)
        for grade in failed:
            self.ungraded_reasons.add(_beginning(grade.reason))
        if failed:
            reasons = " ".join(dict.fromkeys(grade.reason for grade in failed))
            titles = ", ".join(grade.title for grade in failed)
            self.ungraded.add(Note(row, _beginning(titles), _beginning(reasons)))
        standing = [grade for grade in card.criteria if grade.review is not None]
        self.reviewed += bool(standing or graded.reviews)
        for grade in standing:
            review = grade.review
            assert review is not None
            self.changed += review.original != review.level
            said = f"{answer_words.review(review, grade)}. {review.reason}"
            self.reviews.add(Note(row, grade.title, _beginning(said)))

    def _add_made(self, graded: GradedAnswer) -> None:
        made = graded.scorecard.provenance
        for name, text in _identity(graded, made):
            self.made_with.setdefault(name, Kinds()).add(text)
        self.notes.add(made.note)
        self.models = summed((*self.models, *made.models))
        self.calls += made.calls
        self.cost_usd += made.cost_usd or 0.0
        self.unpriced += made.cost_usd is None
        self.first = min(self.first or graded.graded_at, graded.graded_at)
        self.last = max(self.last or graded.graded_at, graded.graded_at)


def _identity(graded: GradedAnswer, made: Provenance) -> Iterator[tuple[str, str]]:
    yield "Rubric", answer_words.identity(made.rubric, made.rubric_version, made.rubric_hash)
    yield "Question", _beginning(graded.question)
    yield (
        "Scenario",
        answer_words.identity(made.scenario, made.scenario_version, made.scenario_hash),
    )
    yield "Engine", made.engine
    yield "Prompts", words.short_hash(made.prompts_hash or "")
    yield "Parameters", made.parameters or ""
    yield "Calibration", made.calibration or ""
    yield "Structured output", ", ".join(made.structured_output)
    yield "Version", f"sevenstep {made.version}"


def _beginning(text: str) -> str:
    """Enough of a text to recognise it: what is kept must not grow with what is graded."""
    return words.cut(text[: 4 * _TEXT], _TEXT)
