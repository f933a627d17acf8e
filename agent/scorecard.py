"""The outcome of grading: criterion grades with evidence, step scores, decision, provenance.

Types only; the numbers are worked out in `agent.grading.scoring`.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from agent.frozen import Frozen, Slug, Text
from agent.ports import Confidence, Evidence, Rank, Rating
from agent.rubric import TOP_LEVEL, Decision, Seniority
from agent.usage import ModelUsage

NOT_ASSESSED: Literal["not_assessed"] = "not_assessed"
UNGRADED: Literal["ungraded"] = "ungraded"
Grade = Rank | Literal["not_assessed", "ungraded"]
Percent = Annotated[float, Field(ge=0, le=100)]


class Help(Frozen):
    """One line of the help ledger: in which turn the interviewer helped with what."""

    turn: Annotated[int, Field(ge=0)]
    criterion: Slug
    kind: Literal["open", "targeted", "challenging", "challenge", "hint_1", "hint_2", "hint_3"]


class Review(Frozen):
    """A person's word against a grade: what stood before, what shall stand, why, who, when."""

    criterion: Slug
    original: Grade
    level: Rank
    reason: Text
    by: Text
    at: datetime


class CriterionGrade(Frozen):
    """One criterion's grade.

    `level` is 0 to `top`, or `not_assessed` (the interview never got there), or `ungraded` (the
    grader failed). `prompted` is true when all its evidence came after help with it. `points`
    are those of the level where the rubric gives points. `ratings` are the levels of all raters
    where there were several. `calibrated_from` is the grader's own level where a calibration has
    set another one. `review` is set where a person has set the level.
    """

    id: Slug
    title: str
    step: Slug
    weight: float
    must_have: bool
    level: Grade
    top: Rank = TOP_LEVEL
    points: float | None = None
    max_points: float | None = None
    confidence: Confidence | None = None
    ratings: tuple[Rating, ...] = ()
    calibrated_from: Rank | None = None
    review: Review | None = None
    evidence: tuple[Evidence, ...] = ()
    prompted: bool = False
    hints: Annotated[int, Field(ge=0)] = 0
    reason: str
    anchor: str | None = None
    next_anchor: str | None = None


class StepScore(Frozen):
    """A step's score over its assessed criteria; None if there are none."""

    id: Slug
    title: str
    percent: Percent | None
    unprompted_percent: Percent | None
    assessed: int
    criteria: int
    seconds: float | None = None
    turns: int | None = None


class FlagNote(Frozen):
    """Something that a panel would be alarmed by, or that the reader should know."""

    id: Slug
    title: str
    why: str
    turn: int | None = None
    quote: str | None = None


class Highlight(Frozen):
    """A strength, or a gap with what would close it."""

    criterion: Slug
    title: str
    step: Slug
    level: Rank
    points: Annotated[float, Field(description="percentage points earned, or lost")]
    advice: str


class Margin(Frozen):
    """How far the percentage lies from the neighbouring decisions, in points."""

    above_floor: float | None
    to_next: float | None
    next: Decision | None


class HelpSummary(Frozen):
    """What help was given and what it brought.

    The points are percentage points of the overall score: those on criteria whose evidence
    came unprompted, after a probe, and after a hint.
    """

    probes: int
    hints: int
    challenges: int
    points_unprompted: float
    points_after_probe: float
    points_after_hint: float


class FactNote(Frozen):
    """A fact of the sheet, and whether it was asked for."""

    id: Slug
    text: str
    asked: bool


class FirstWord(Frozen):
    """Seconds from the candidate's message to the first words of the reply, over the turns."""

    median: Annotated[float, Field(ge=0)]
    worst: Annotated[float, Field(ge=0)]


class Provenance(Frozen):
    """What made this scorecard, and what it took.

    `prompts_hash` is over the prompts of the engine, `structured_output` says how structured
    answers were had from the models, `parameters` how they were asked (calls, samples, panel);
    they are empty without a model. An answer to a question that is no scenario has the
    question's hash instead of a scenario's. `calibration` says by which calibration levels were
    set, if by one. `cost_usd` is None where a price is not known.
    """

    version: str
    engine: str
    rubric: Slug
    rubric_version: str
    rubric_hash: str
    scenario: Slug | None = None
    scenario_version: str | None = None
    scenario_hash: str | None = None
    question_hash: str | None = None
    prompts_hash: str | None = None
    parameters: str | None = None
    calibration: str | None = None
    structured_output: tuple[str, ...] = ()
    cost_usd: float | None = 0.0
    calls: int = 0
    models: tuple[ModelUsage, ...] = ()
    first_word: FirstWord | None = None
    note: str


class Scorecard(Frozen):
    """The whole outcome. Percentages are of the weight that was assessed.

    `decision` is None when less than half of the weight was assessed, or any of what was
    assessed could not be graded and might change it; `decision_reason` says which. What is
    graded by a rubric without interview has `points` of `max_points`, and neither seniority
    nor decision. `agreement` is the share of criteria, 0 to 1, on which all raters agree.
    """

    percent: Percent | None
    unprompted_percent: Percent | None
    coverage: Percent
    points: float | None = None
    max_points: float | None = None
    agreement: Annotated[float | None, Field(ge=0, le=1)] = None
    level: Seniority | None
    decision: Decision | None
    decision_reason: str
    margin: Margin
    failed_must_haves: tuple[Slug, ...]
    steps: tuple[StepScore, ...]
    criteria: tuple[CriterionGrade, ...]
    flags: tuple[FlagNote, ...]
    strengths: tuple[Highlight, ...]
    gaps: tuple[Highlight, ...]
    help: HelpSummary
    ledger: tuple[Help, ...]
    facts: tuple[FactNote, ...]
    unobserved_turns: tuple[int, ...] = ()
    provenance: Provenance
