"""What is judged and how: rubric, step, criterion, anchors, probes, hints, red flags, bands.

Types and their own consistency only. Files are read by `agent.catalog`; what the types
mean for an interview is decided in `agent.interview.policy`, for a score in
`agent.grading.scoring`.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from agent.frozen import Frozen, Slug, Terms, Text, require_unique

Level = Literal[0, 1, 2, 3, 4]
TOP_LEVEL = 4


class Seniority(StrEnum):
    """The level that the candidate is interviewed for."""

    junior = "junior"
    mid = "mid"
    senior = "senior"
    staff = "staff"


class Decision(StrEnum):
    """What a panel would decide, worst first."""

    strong_no_hire = "strong_no_hire"
    no_hire = "no_hire"
    lean_no_hire = "lean_no_hire"
    lean_hire = "lean_hire"
    hire = "hire"
    strong_hire = "strong_hire"


class ProbeKind(StrEnum):
    """How far a question narrows the answer down, widest first."""

    open = "open"
    targeted = "targeted"
    challenging = "challenging"


class Measure(StrEnum):
    """What the offline matcher counts as evidence for a criterion."""

    concepts = "concepts"
    """The ideas in the criterion's `concepts`."""
    asking = "asking"
    """Facts of the scenario that were asked for, and `concepts`."""
    vocabulary = "vocabulary"
    """The scenario's own words and figures, over the whole interview."""
    reasons = "reasons"
    """Reasons and trade-offs given for choices, over the whole interview."""
    adaptation = "adaptation"
    """The curveball's `signals`, in the answer that follows it."""


class Concept(Frozen):
    """An idea that an answer may hold, with the ways of saying it (for the offline matcher).

    A term matches when its words, stemmed, stand in this order in one sentence with at
    most two other words between neighbours. With `negation: excludes` a negated mention
    ("no need for a baseline") does not count; `ignored` is for ideas that are
    naturally said in the negative ("no future data"). A criterion with `core` concepts
    earns more than level 1 only if one of these is met.
    """

    id: Slug
    terms: Terms
    core: bool = False
    negation: Literal["excludes", "ignored"] = "excludes"


class Probes(Frozen):
    """Questions about one criterion that give nothing away, by kind."""

    open: Terms
    targeted: Terms
    challenging: Terms

    def of(self, kind: ProbeKind) -> tuple[str, ...]:
        """The questions of one kind, in the order in which they are asked."""
        return {
            ProbeKind.open: self.open,
            ProbeKind.targeted: self.targeted,
            ProbeKind.challenging: self.challenging,
        }[kind]


class Anchors(Frozen):
    """What an answer at each of the five levels holds, for one criterion."""

    absent: Annotated[Text, Field(alias="0")]
    named: Annotated[Text, Field(alias="1")]
    specific: Annotated[Text, Field(alias="2")]
    justified: Annotated[Text, Field(alias="3")]
    anticipates: Annotated[Text, Field(alias="4")]

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, raw: object) -> object:
        """YAML reads the keys 0 to 4 as numbers; the fields' aliases are text."""
        return {str(key): text for key, text in raw.items()} if isinstance(raw, dict) else raw

    def texts(self) -> tuple[str, ...]:
        """The texts of the levels, 0 to 4."""
        return (self.absent, self.named, self.specific, self.justified, self.anticipates)

    def at(self, level: int) -> str:
        """The anchor text of a level, 0 to 4."""
        return self.texts()[level]


class Criterion(Frozen):
    """One thing that is judged, on levels 0 to 4."""

    id: Slug
    title: Text
    judges: Annotated[Text, Field(description="what is judged, in one or two sentences")]
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    must_have: bool = False
    when: Literal["always", "curveball"] = "always"
    follows: Annotated[
        Slug | None,
        Field(description="a criterion of the same step that must be met before this is asked"),
    ] = None
    anchors: Anchors
    probes: Probes
    hints: Annotated[
        tuple[Text, ...],
        Field(min_length=3, max_length=3, description="three hints, weakest first"),
    ]
    measure: Annotated[
        Measure, Field(description="how the offline matcher finds it; see Measure")
    ] = Measure.concepts
    concepts: tuple[Concept, ...] = ()

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        if self.measure in (Measure.concepts, Measure.asking) and len(self.concepts) < 2:
            raise ValueError(
                f"criterion {self.id!r} needs at least two `concepts` for the offline matcher"
            )
        require_unique("concept id", [concept.id for concept in self.concepts])
        require_unique("probe", [text for kind in ProbeKind for text in self.probes.of(kind)])
        require_unique("hint", self.hints)
        return self


class RedFlag(Frozen):
    """Something that alarms a panel, and the neutral question with which it is challenged.

    It is seen in a candidate's sentence when every group of `all_of` has a term there
    that is not negated, unless a term of `unless` stands in the same turn or one of the criteria
    `unless_seen` has been met earlier; only in steps `in_steps` if given, and only
    in scenarios that have all `traits`. With `missing` it is instead a criterion that was
    asked for and stayed at level 0.
    """

    id: Slug
    title: Text
    why: Annotated[Text, Field(description="what is wrong with it, for the report")]
    challenge: Annotated[Text, Field(description="the question that the interviewer puts")]
    criterion: Annotated[Slug, Field(description="the criterion on which it bears")]
    caps_at: Annotated[
        Level | None, Field(description="the level that this criterion cannot exceed")
    ] = None
    traits: tuple[Slug, ...] = ()
    in_steps: tuple[Slug, ...] = ()
    all_of: tuple[Terms, ...] = ()
    unless: tuple[Text, ...] = ()
    unless_seen: tuple[Slug, ...] = ()
    missing: bool = False

    @model_validator(mode="after")
    def _said_or_missing(self) -> Self:
        if self.missing == bool(self.all_of):
            raise ValueError(
                "a red flag has either `all_of` (what is said) or `missing: true`, not both or none"
            )
        return self


class Contradiction(Frozen):
    """Two positions that do not go together without a word about why the mind was changed."""

    id: Slug
    one: Terms
    other: Terms
    reconciled_by: tuple[Text, ...] = ()
    challenge: Text


class Step(Frozen):
    """A stage of the interview: its budget, the question that opens it, and its criteria."""

    id: Slug
    title: Text
    minutes: Annotated[float, Field(gt=0, le=240)]
    turns: Annotated[int, Field(ge=2, le=40, description="candidate turns in the relaxed pace")]
    goal: Text
    opening: Annotated[Text, Field(description="the question that opens the step")]
    called: Annotated[Terms, Field(description="how candidates name the step")]
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    red_flags: tuple[RedFlag, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


class Overall(Frozen):
    """Criteria that are judged over the whole interview and have no step of their own."""

    id: Slug
    title: Text
    goal: Text
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]


class Bands(Frozen):
    """From which percentage on a decision is reached, for one seniority.

    `strong_no_hire` is what lies below `no_hire`. A must-have below `must_have_level` keeps
    the decision at or below `lean_no_hire`; 0 switches that off.
    """

    no_hire: Annotated[float, Field(ge=0, le=100)]
    lean_no_hire: Annotated[float, Field(ge=0, le=100)]
    lean_hire: Annotated[float, Field(ge=0, le=100)]
    hire: Annotated[float, Field(ge=0, le=100)]
    strong_hire: Annotated[float, Field(ge=0, le=100)]
    must_have_level: Level = 2

    @model_validator(mode="after")
    def _rising(self) -> Self:
        bounds = [floor for _, floor in self.floors()]
        if any(upper <= lower for lower, upper in zip(bounds, bounds[1:], strict=False)):
            raise ValueError("the bands must rise strictly from no_hire to strong_hire")
        return self

    def floors(self) -> tuple[tuple[Decision, float], ...]:
        """Each decision with the lowest percentage that reaches it, worst first."""
        return (
            (Decision.strong_no_hire, -1.0),
            (Decision.no_hire, self.no_hire),
            (Decision.lean_no_hire, self.lean_no_hire),
            (Decision.lean_hire, self.lean_hire),
            (Decision.hire, self.hire),
            (Decision.strong_hire, self.strong_hire),
        )


class Rubric(Frozen):
    """An ordered list of steps with their criteria, and how scores become a decision."""

    id: Slug
    version: Text
    title: Text
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    overall: Overall | None = None
    bands: dict[Seniority, Bands]
    synonyms: Annotated[
        tuple[Terms, ...],
        Field(description="phrases that mean the same; a term stands for all of its group"),
    ] = ()
    giveaways: Annotated[
        tuple[Text, ...],
        Field(description="terms of art that the interviewer must not bring in by himself"),
    ] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        require_unique("step id", [step.id for step in self.steps])
        require_unique("criterion id", [criterion.id for criterion in self.criteria()])
        require_unique("red flag id", [flag.id for flag in self.red_flags()])
        questions = [step.opening for step in self.steps]
        questions += [
            text
            for criterion in self.criteria()
            for kind in ProbeKind
            for text in criterion.probes.of(kind)
        ]
        questions += [flag.challenge for flag in self.red_flags()]
        questions += [pair.challenge for step in self.steps for pair in step.contradictions]
        require_unique("question", questions)
        if missing := [level for level in Seniority if level not in self.bands]:
            raise ValueError(f"bands are missing for {', '.join(missing)}")
        for step in self.steps:
            first = {criterion.id for criterion in step.criteria if criterion.follows is None}
            for criterion in step.criteria:
                if criterion.follows is not None and criterion.follows not in first:
                    raise ValueError(
                        f"criterion {criterion.id!r} follows {criterion.follows!r}; it may follow "
                        f"one of the step {step.id!r} that follows none itself"
                    )
        known = {criterion.id for criterion in self.criteria()}
        steps = {step.id for step in self.steps}
        for flag in self.red_flags():
            for name in (flag.criterion, *flag.unless_seen):
                if name not in known:
                    raise ValueError(f"red flag {flag.id!r} names an unknown criterion {name!r}")
            for name in flag.in_steps:
                if name not in steps:
                    raise ValueError(f"red flag {flag.id!r} names an unknown step {name!r}")
        return self

    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria, in the order of the steps, those over the whole last."""
        whole = self.overall.criteria if self.overall else ()
        return (*(criterion for step in self.steps for criterion in step.criteria), *whole)

    def red_flags(self) -> tuple[RedFlag, ...]:
        """All red flags, in the order of the steps."""
        return tuple(flag for step in self.steps for flag in step.red_flags)

    def step(self, step_id: str) -> Step:
        """The step of this id; raises KeyError for an unknown one."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion of this id; raises KeyError for an unknown one."""
        for criterion in self.criteria():
            if criterion.id == criterion_id:
                return criterion
        raise KeyError(criterion_id)

    def section_of(self, criterion_id: str) -> Step | Overall:
        """The step, or the part over the whole, to which a criterion belongs."""
        for step in self.steps:
            if any(criterion.id == criterion_id for criterion in step.criteria):
                return step
        if self.overall and any(c.id == criterion_id for c in self.overall.criteria):
            return self.overall
        raise KeyError(criterion_id)
