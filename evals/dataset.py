"""A dataset: answers with the grades that people gave them, described by a `dataset.yaml`.

Types and the putting together only. How each kind of file becomes records is the business of
`evals.records` and `evals.formats`.
"""

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeGuard

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.errors import FileError
from agent.frozen import Frozen, Slug, Text
from agent.rubric import Rubric
from evals.levels import Array, Levels, Scale
from evals.scales import level_of, scales_of

OVERALL = "overall"
"""The name, among a rater's criteria, of his grade for the whole answer."""
FILE = "dataset.yaml"


def _named_alike(raw: object) -> object:
    """A list of criteria stands for columns of the same names."""
    return {name: name for name in raw} if _are_names(raw) else raw


def _without_parts(raw: object) -> object:
    """A list of files stands for files of no part, and so does one alone."""
    names = [raw] if isinstance(raw, str) else raw
    return dict.fromkeys(names, "") if _are_names(names) else raw


def _are_names(raw: object) -> TypeGuard[Sequence[str]]:
    return isinstance(raw, (list, tuple)) and all(isinstance(one, str) for one in raw)


def _as_texts(raw: object) -> object:
    """One value or several, as a file may spell them."""
    values = raw if isinstance(raw, (list, tuple)) else [raw]
    return [
        str(one) if isinstance(one, (int, float)) and not isinstance(one, bool) else one
        for one in values
    ]


class OverallScale(Frozen):
    """Between which figures people grade a whole answer."""

    lowest: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    highest: Annotated[float, Field(allow_inf_nan=False)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.highest <= self.lowest:
            raise ValueError(f"`highest` must be more than `lowest`, {self.lowest:g}")
        return self


Columns = Annotated[dict[Text, Text], BeforeValidator(_named_alike), Field(min_length=1)]
Values = Annotated[tuple[str, ...], BeforeValidator(_as_texts), Field(min_length=1)]


class About(Frozen):
    """What `dataset.yaml` says.

    `files` are the tables with the answers, each with the part that it holds or "".
    `columns` are names that the files use instead of ours (id, answer, scenario, prompt,
    reference, part, group). `raters` map each person to the columns of his grades, by criterion
    or `overall`; `grades` is a table of them instead, with the columns id, rater, criterion and
    value. Grades are points of the criterion's levels; with `nearest` others are put to the
    nearest level. `unanswered` are texts by which an answer says that nothing was handed in, such
    as "No submission". `only` keeps the rows with one of these values. A `group` is what makes
    answers alike, such as their author or the question.
    """

    title: Text
    source: Annotated[Text, Field(description="where the answers come from")]
    licence: Text
    format: Literal["table", "passages", "saf", "digiklausur", "mohler", "asap_sas"] = "table"
    files: Annotated[dict[Text, str], BeforeValidator(_without_parts)] = Field(default_factory=dict)
    columns: dict[str, Text] = Field(default_factory=dict)
    only: dict[Text, Values] = Field(default_factory=dict)
    rubric: Annotated[Text | None, Field(description="an id, or a file in the folder")] = None
    scenario: Slug | None = None
    prompt: Text | None = None
    reference: Text | None = None
    raters: dict[Text, Columns] = Field(default_factory=dict)
    grades: Text | None = None
    overall: OverallScale | None = None
    missing: tuple[str, ...] = ("", "NA", "NaN", "nan")
    unanswered: tuple[Text, ...] = ()
    nearest: bool = False


@dataclass(frozen=True)
class Place:
    """Where something stands in a file, to say what is wrong with it."""

    path: Path
    where: str

    def fault(self, problem: str, remedy: str) -> FileError:
        """What is wrong there, to be raised."""
        return FileError(self.path, problem, where=self.where, remedy=remedy)


@dataclass(frozen=True)
class Record:
    """A row of a dataset: the answer, its part and group, its cells, and where it stands.

    The part is blank where the dataset has none, the group where the answer is like no other.
    """

    answer: Answer
    part: str
    group: str
    cells: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class Given:
    """One grade that a person gave; `value` is in points."""

    answer: str
    rater: str
    criterion: str
    value: float
    place: Place


@dataclass(frozen=True)
class Totals:
    """What people gave whole answers, in percent: `values` is (answers, raters), nan for none.

    `is_from_levels` says that it is what their levels come to.
    """

    raters: tuple[str, ...]
    values: Array
    is_from_levels: bool

    def mean(self) -> Array:
        """The mean over raters, (answers,); nan where nobody gave one."""
        given = ~np.isnan(self.values)
        count = given.sum(axis=1)
        total = np.where(given, self.values, 0.0).sum(axis=1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass(frozen=True)
class Dataset:
    """Answers and people's grades of them, in one order.

    `people` are the levels by criterion, `totals` the percentages of whole answers: those given,
    or else what the levels come to. Either may be without raters.
    """

    about: About
    folder: Path
    rubric: Rubric | AnswerRubric
    answers: tuple[Answer, ...]
    parts: tuple[str, ...]
    groups: tuple[str, ...]
    people: Levels
    totals: Totals

    @property
    def ids(self) -> tuple[str, ...]:
        """The answers' ids, in order."""
        return tuple(answer.id for answer in self.answers)

    def take(self, at: Sequence[int]) -> "Dataset":
        """Only the answers at these places."""
        chosen = list(at)
        people, totals = self.people, self.totals
        return replace(
            self,
            answers=tuple(self.answers[one] for one in chosen),
            parts=tuple(self.parts[one] for one in chosen),
            groups=tuple(self.groups[one] for one in chosen),
            people=Levels(
                tuple(people.answers[one] for one in chosen),
                people.scales,
                people.raters,
                people.values[chosen],
            ),
            totals=replace(totals, values=totals.values[chosen]),
        )

    def answered(self) -> "Dataset":
        """Only the answers that hold something: not blank, and not one of `unanswered`."""
        nothing = {_bare(text) for text in self.about.unanswered} | {""}
        return self.take(
            [
                at
                for at, answer in enumerate(self.answers)
                if _bare(" ".join(answer.turns)) not in nothing
            ]
        )

    def part(self, name: str) -> "Dataset":
        """Only the answers of this part; raises FileError if there are none."""
        chosen = [at for at, part in enumerate(self.parts) if part == name]
        if not chosen:
            known = sorted(set(self.parts) - {""})
            raise FileError(
                self.folder / FILE,
                f"has no part {name!r}",
                remedy=f"use one of {', '.join(known)}" if known else "it has no parts at all",
            )
        return self.take(chosen)


def _bare(text: str) -> str:
    """A text without case, spaces around it and full stops at its end."""
    return " ".join(text.split()).rstrip(".").casefold()


def assembled(
    about: About,
    folder: Path,
    rubric: Rubric | AnswerRubric,
    records: Iterable[Record],
    grades: Iterable[Given] | None = None,
) -> Dataset:
    """The dataset of these records; `grades` stand in a table of their own.

    Raises FileError for a grade that is off its scale or stands twice, for an answer that stands
    twice, for columns that there are not, and for a grade of an answer that there is not.
    """
    rows: dict[str, Record] = {}
    for record in records:
        if record.answer.id in rows:
            raise record.place.fault(
                f"the id {record.answer.id!r} stands twice, first in "
                f"{rows[record.answer.id].answer.source}",
                "give each answer its own id",
            )
        rows[record.answer.id] = record
    scales = {scale.criterion: scale for scale in scales_of(rubric)}
    if OVERALL in scales:
        raise FileError(
            folder / FILE,
            f"its rubric has a criterion {OVERALL!r}, which is the name for whole answers",
            where="rubric",
            remedy="call the criterion otherwise",
        )
    if grades is None:
        _require_raters(about, folder, scales, rows.values())
        given = list(_in_columns(about, rows.values()))
    else:
        given = list(grades)
        _require_known(given, rows, scales)
    people = _levels(about, tuple(rows), scales, given)
    return Dataset(
        about=about,
        folder=folder,
        rubric=rubric,
        answers=tuple(row.answer for row in rows.values()),
        parts=tuple(row.part for row in rows.values()),
        groups=tuple(row.group for row in rows.values()),
        people=people,
        totals=_totals(about, people, given),
    )


def no_column(folder: Path, where: str, column: str, known: Iterable[str]) -> FileError:
    """That `dataset.yaml` names a column there that the files have not, to be raised."""
    names = [name for name in dict.fromkeys(known) if name]
    near = difflib.get_close_matches(column, names, n=1)
    return FileError(
        folder / FILE,
        f"the files have no column {column!r}",
        where=where,
        remedy=f"did you mean {near[0]!r}?" if near else f"use one of {', '.join(names[:20])}",
    )


def _require_raters(
    about: About, folder: Path, scales: Mapping[str, Scale], records: Iterable[Record]
) -> None:
    """Raise FileError for a rater's criterion or column that there is not."""
    known = dict.fromkeys(column for record in records for column in record.cells)
    for rater, columns in about.raters.items():
        for criterion, column in columns.items():
            where = f"raters.{rater}.{criterion}"
            if criterion not in scales and criterion != OVERALL:
                raise _no_criterion(Place(folder / FILE, where), criterion, scales)
            if column not in known:
                raise no_column(folder, where, column, known)


def _in_columns(about: About, records: Iterable[Record]) -> Iterator[Given]:
    """The grades that stand in the rows themselves; an object may leave some out."""
    for record in records:
        for rater, columns in about.raters.items():
            for criterion, column in columns.items():
                value = number(record.cells.get(column), about.missing, record.place, column)
                if value is not None:
                    yield Given(record.answer.id, rater, criterion, value, record.place)


def number(raw: Any, missing: Sequence[str], place: Place, column: str) -> float | None:
    """A grade out of a cell; None where it says that there is none. Raises FileError."""
    if raw is None or (isinstance(raw, str) and raw.strip() in missing):
        return None
    try:
        # Python would take 1_0 for 10.
        value = math.nan if isinstance(raw, bool) or "_" in str(raw) else float(raw)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise place.fault(
            f"{column}: {raw!r} is no number",
            f"write one such as 2.5, or add it to `missing` in {FILE}",
        )
    return value


def _require_known(
    given: Iterable[Given], rows: Mapping[str, Record], scales: Mapping[str, Scale]
) -> None:
    for one in given:
        if one.answer not in rows:
            raise one.place.fault(
                f"there is no answer {one.answer!r}", "correct the id, or add the answer"
            )
        if one.criterion not in scales and one.criterion != OVERALL:
            raise _no_criterion(one.place, one.criterion, scales)


def _no_criterion(place: Place, criterion: str, scales: Mapping[str, Scale]) -> FileError:
    return place.fault(
        f"the rubric has no criterion {criterion!r} that can be judged in writing",
        f"use one of {', '.join(scales)}, or {OVERALL}",
    )


def _levels(
    about: About, answers: tuple[str, ...], scales: Mapping[str, Scale], given: Sequence[Given]
) -> Levels:
    graded = [one for one in given if one.criterion != OVERALL]
    named = {one.criterion for one in graded}
    chosen = tuple(scale for name, scale in scales.items() if name in named)
    raters = tuple(dict.fromkeys(one.rater for one in graded))
    values = np.full((len(answers), len(chosen), len(raters)), np.nan)
    place = {name: at for at, name in enumerate(answers)}
    column = {scale.criterion: at for at, scale in enumerate(chosen)}
    for one in graded:
        at = place[one.answer], column[one.criterion], raters.index(one.rater)
        level = level_of(one.value, scales[one.criterion], nearest=about.nearest)
        if level is None:
            raise _off_scale(one, scales[one.criterion])
        if not math.isnan(values[at]):
            raise _twice(one)
        values[at] = level
    return Levels(answers, chosen, raters, values)


def _totals(about: About, people: Levels, given: Sequence[Given]) -> Totals:
    graded = [one for one in given if one.criterion == OVERALL]
    if not graded:
        return Totals(people.raters, people.percents(), is_from_levels=True)
    if about.overall is None:
        raise graded[0].place.fault(
            "there are grades for the whole answer, but not between which figures",
            f"give overall: {{lowest: 0, highest: ...}} in {FILE}",
        )
    low, high = about.overall.lowest, about.overall.highest
    raters = tuple(dict.fromkeys(one.rater for one in graded))
    values = np.full((len(people.answers), len(raters)), np.nan)
    place = {name: at for at, name in enumerate(people.answers)}
    for one in graded:
        if not low <= one.value <= high:
            raise one.place.fault(
                f"{one.value:g} for the whole answer is not within {low:g} and {high:g}",
                f"correct the grade, or overall in {FILE}",
            )
        at = place[one.answer], raters.index(one.rater)
        if not math.isnan(values[at]):
            raise _twice(one)
        values[at] = 100 * (one.value - low) / (high - low)
    return Totals(raters, values, is_from_levels=False)


def _twice(one: Given) -> FileError:
    return one.place.fault(
        f"{one.rater!r} graded {one.criterion!r} of {one.answer!r} twice", "keep one of the two"
    )


def _off_scale(one: Given, scale: Scale) -> FileError:
    points = ", ".join(f"{worth:g}" for worth in scale.points)
    between = scale.points[0] < one.value < scale.points[-1]
    return one.place.fault(
        f"{one.value:g} points for {one.criterion!r} are none of its levels ({points})",
        "correct the grade or the rubric"
        + (f", or set `nearest: true` in {FILE}" if between else ""),
    )
