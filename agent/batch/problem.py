"""What an answer is judged by: rubric and scenario of an interview, or rubric and question.

A problem makes the sheet that graders read and the scorecard that comes of it. Who grades, and
what is kept, is the business of others.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Annotated, Literal, Protocol

from pydantic import Field, TypeAdapter

from agent import __version__
from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.calibration import Calibration
from agent.catalog import DEFAULT_RUBRIC, Catalog, check_together
from agent.errors import InputError
from agent.frozen import Frozen, Slug, content_hash
from agent.grading.evidence import counted
from agent.grading.flags import EMPTY
from agent.grading.interviewed import grading_of, sitting_of
from agent.grading.scoring import Sitting, rubric_wording, scorecard
from agent.grading.sheet import Sheet, answer_sheet, interview_sheet
from agent.grading.standing import Calibrated, by_words
from agent.grading.written import written_scorecard
from agent.interview.state import fold
from agent.offline.grader import OfflineGrader
from agent.offline.levels import Reader
from agent.offline.text import FUNCTION_WORDS, words_of
from agent.offline.written import WrittenGrader
from agent.ports import Graded, GradedFlag, Grading, TurnNote, Verdict
from agent.record import InterviewRecord
from agent.rubric import Rubric, Seniority
from agent.scenario import Scenario
from agent.scorecard import Provenance, Review, Scorecard
from agent.usage import ModelUsage, cost_of, summed

_KEPT = 64

_LEAST_LETTERS = 4


@dataclass(frozen=True)
class Made:
    """What made the grades of an answer, and what it took."""

    engine: str
    note: str
    prompts_hash: str | None = None
    parameters: str | None = None
    calibration: str | None = None
    methods: tuple[str, ...] = ()
    usage: tuple[ModelUsage, ...] = ()

    def provenance(
        self, rubric: Rubric | AnswerRubric, rubric_hash: str, **problem: str | None
    ) -> Provenance:
        """Together with what was graded by."""
        models = summed(self.usage)
        return Provenance(
            version=__version__,
            engine=self.engine,
            rubric=rubric.id,
            rubric_version=rubric.version,
            rubric_hash=rubric_hash,
            prompts_hash=self.prompts_hash,
            parameters=self.parameters,
            calibration=self.calibration,
            structured_output=self.methods,
            cost_usd=cost_of(models),
            calls=sum(one.calls for one in models),
            models=models,
            note=self.note,
            **problem,
        )


class Problem(Protocol):
    """What an answer is judged by. `digest` is the hash of all of it."""

    title: str
    digest: str
    rubric_hash: str

    @property
    def spec(self) -> "DesignSpec | QuestionSpec":
        """All of it, as it is kept."""
        ...

    def sheet(self, answer: Answer) -> Sheet:
        """What a grader is to judge."""
        ...

    def notes(self, answer: Answer) -> tuple[TurnNote, ...]:
        """What is worth keeping of each turn, where that is known."""
        ...

    def offline(self, answer: Answer) -> Graded:
        """The grades of the offline engine."""
        ...

    def card(
        self,
        answer: Answer,
        graded: Graded,
        made: Made,
        reviews: Sequence[Review],
        calibration: Calibration | None = None,
    ) -> Scorecard:
        """The scorecard that grades come to.

        A `calibration` is for grades that are not calibrated yet.
        """
        ...


class DesignSpec(Frozen):
    """All that a problem of design is, as it is kept."""

    kind: Literal["design"] = "design"
    rubric: Rubric
    scenario: Scenario
    seniority: Seniority
    steps: tuple[Slug, ...] = ()


class QuestionSpec(Frozen):
    """All that a question is, as it is kept."""

    kind: Literal["question"] = "question"
    rubric: AnswerRubric
    question: str
    reference: str = ""


Spec = Annotated[DesignSpec | QuestionSpec, Field(discriminator="kind")]
_SPEC: TypeAdapter[Spec] = TypeAdapter(Spec)


class DesignProblem:
    """A rubric for interviews and a scenario: for interviews, and for answers in writing."""

    def __init__(self, spec: DesignSpec) -> None:
        self.spec = spec
        self.title = spec.scenario.title
        self.digest = content_hash(spec)
        self._rubric, self._scenario = spec.rubric, spec.scenario
        self._seniority, self._steps = spec.seniority, spec.steps
        self.rubric_hash = content_hash(spec.rubric)
        self._scenario_hash = content_hash(spec.scenario)
        self._sheets: dict[tuple[tuple[str, ...], str | None], Sheet] = {}

    def sheet(self, answer: Answer) -> Sheet:
        """What a grader is to judge; the same object for the same criteria."""
        given = self._grading(answer)
        key = (given.assessed, given.curveball)
        if key not in self._sheets:
            sheet = interview_sheet(self._rubric, self._scenario, given.assessed, given.curveball)
            self._sheets[key] = sheet.model_copy(
                update={"is_interview": answer.interview is not None}
            )
        return self._sheets[key]

    def notes(self, answer: Answer) -> tuple[TurnNote, ...]:
        """The observer's quotes of an interview."""
        return self._grading(answer).notes

    def offline(self, answer: Answer) -> Graded:
        """The grades of the offline engine."""
        given = self._grading(answer)
        wording = rubric_wording(self._rubric, self._scenario)
        text = counted(given.transcript, wording)
        found = self._offline.read(given.model_copy(update={"transcript": text}))
        return by_words(found, given.transcript, wording)

    def card(
        self,
        answer: Answer,
        graded: Graded,
        made: Made,
        reviews: Sequence[Review],
        calibration: Calibration | None = None,
    ) -> Scorecard:
        """The scorecard that grades come to."""
        if answer.interview is not None:
            sitting = sitting_of(fold(answer.interview.events), reviews)
        else:
            sitting = Sitting(
                transcript=answer.transcript,
                seniority=self._seniority,
                reviews=tuple(reviews),
                in_writing=True,
            )
        is_bare = not self._scenario.facts
        provenance = made.provenance(
            self._rubric,
            self.rubric_hash,
            scenario=None if is_bare else self._scenario.id,
            scenario_version=None if is_bare else self._scenario.version,
            scenario_hash=None if is_bare else self._scenario_hash,
            question_hash=self._scenario_hash if is_bare else None,
        )
        return scorecard(
            self._rubric,
            self._scenario,
            sitting,
            graded,
            provenance,
            _calibrated(calibration, self.digest),
        )

    def require_fitting(self, record: InterviewRecord) -> None:
        """Raise InputError for an interview with a change that the scenario no longer has."""
        change = fold(record.events).curveball
        if change and change not in [ball.id for ball in self._scenario.curveballs]:
            raise InputError(
                f"the interview has the change {change!r}, which the scenario "
                f"{self._scenario.id!r} does not have; grade it with the scenario it was held on"
            )

    def _grading(self, answer: Answer) -> Grading:
        if answer.interview is not None:
            return grading_of(self._rubric, fold(answer.interview.events))
        return Grading(transcript=answer.transcript, assessed=self._assessed)

    @cached_property
    def _assessed(self) -> tuple[str, ...]:
        """In writing everything may be judged but what only a change could have shown."""
        chosen = self._steps or tuple(step.id for step in self._rubric.steps)
        whole = self._rubric.overall.criteria if self._rubric.overall and not self._steps else ()
        criteria = [c for step in self._rubric.steps if step.id in chosen for c in step.criteria]
        return tuple(c.id for c in (*criteria, *whole) if c.when == "always")

    @cached_property
    def _offline(self) -> OfflineGrader:
        return OfflineGrader(Reader(self._rubric, self._scenario))


class QuestionProblem:
    """A rubric for answers, and a question, perhaps with a reference answer."""

    def __init__(self, spec: QuestionSpec) -> None:
        self.spec = spec
        self.title = " ".join(spec.question.split())[:200] or spec.rubric.title
        self.digest = content_hash(spec)
        self._rubric = spec.rubric
        self._sheet = answer_sheet(spec.rubric, spec.question, spec.reference)
        self.rubric_hash = content_hash(spec.rubric)
        self._question_hash = content_hash(self._sheet)

    def sheet(self, answer: Answer) -> Sheet:  # noqa: ARG002 (the same for all answers)
        """What a grader is to judge."""
        return self._sheet

    def notes(self, answer: Answer) -> tuple[TurnNote, ...]:  # noqa: ARG002
        """None."""
        return ()

    def offline(self, answer: Answer) -> Graded:
        """The grades of the offline engine."""
        wording = self._sheet.wording()
        found = self._offline.grade(counted(answer.transcript, wording))
        return by_words(found, answer.transcript, wording)

    def card(
        self,
        answer: Answer,
        graded: Graded,
        made: Made,
        reviews: Sequence[Review],
        calibration: Calibration | None = None,
    ) -> Scorecard:
        """The scorecard that grades come to."""
        provenance = made.provenance(
            self._rubric, self.rubric_hash, question_hash=self._question_hash
        )
        return written_scorecard(
            self._rubric,
            answer.transcript,
            graded,
            provenance,
            reviews,
            self._sheet.prompt,
            _calibrated(calibration, self.digest),
        )

    @cached_property
    def _offline(self) -> WrittenGrader:
        return WrittenGrader(self._rubric, self.spec.question, self.spec.reference)


def _calibrated(calibration: Calibration | None, digest: str) -> Calibrated | None:
    return None if calibration is None else partial(calibration.level, question=digest)


def kept(problem: Problem) -> str:
    """A problem as JSON."""
    return problem.spec.model_dump_json(by_alias=True)


def problem_in(text: str) -> Problem:
    """The problem that was kept as this JSON."""
    spec = _SPEC.validate_json(text)
    return DesignProblem(spec) if isinstance(spec, DesignSpec) else QuestionProblem(spec)


class Problems:
    """Finds the problem of each answer; the latest ones are kept, as making one costs."""

    def __init__(
        self,
        catalog: Catalog,
        rubric: str | Rubric | AnswerRubric | None,
        *,
        scenario: str | None = None,
        prompt: str | None = None,
        reference: str | None = None,
        seniority: Seniority = Seniority.mid,
        steps: Sequence[str] = (),
    ) -> None:
        """`rubric` and `scenario` are ids or files; what comes with an answer goes first.

        None takes the rubric of the seven steps, for an interview its own.

        Raises InputError or FileError for those that there are not.
        """
        if scenario and prompt:
            raise InputError("give either a scenario or a prompt, not both")
        self._catalog = catalog
        self._named = rubric
        if rubric is None or isinstance(rubric, str):
            rubric = catalog.any_rubric(rubric or DEFAULT_RUBRIC)
        self._rubric = rubric
        self._scenario = scenario
        self._scenario_id = catalog.scenario(scenario).id if scenario else None
        self._prompt = prompt
        self._reference = reference
        self._seniority = seniority
        self._steps = self._checked(steps)
        self._kept: OrderedDict[tuple[str | None, ...], Problem] = OrderedDict()

    def of(self, answer: Answer) -> Problem:
        """The problem of an answer; raises InputError if it cannot be told, naming the answer."""
        try:
            return self._of(answer)
        except InputError as error:
            raise InputError(f"{answer.source or answer.id}: {error}") from error

    def _of(self, answer: Answer) -> Problem:
        key: tuple[str | None, ...]
        if answer.interview is not None:
            key = ("interview", answer.interview.rubric, answer.interview.scenario)
        else:
            key = (None, answer.scenario, answer.prompt, answer.reference)
        problem = self._kept.get(key)
        if problem is None:
            problem = self._kept[key] = self._made(answer)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        if answer.interview is not None and isinstance(problem, DesignProblem):
            problem.require_fitting(answer.interview)
        return problem

    def _made(self, answer: Answer) -> Problem:
        record = answer.interview
        rubric: Rubric | AnswerRubric = self._rubric
        if record is not None and self._named is None:
            rubric = self._catalog.rubric(record.rubric)
        scenario = answer.scenario or (None if answer.prompt else self._scenario)
        if record is not None:
            # Its own, which may lie in the file that was named.
            scenario = self._scenario if self._scenario_id == record.scenario else record.scenario
        prompt = answer.prompt or (None if scenario else self._prompt)
        if isinstance(rubric, AnswerRubric):
            question = prompt or rubric.question or ""
            if scenario:
                question = self._catalog.scenario(scenario).prompt
            reference = answer.reference or self._reference or rubric.reference or ""
            return QuestionProblem(
                QuestionSpec(rubric=rubric, question=question, reference=reference)
            )
        if scenario:
            found = self._catalog.scenario(scenario)
            check_together(found, rubric, self._catalog.scenario_path(scenario))
        elif prompt:
            found = Scenario.bare(prompt, _own_words(prompt))
        else:
            known = ", ".join(self._catalog.scenario_paths())
            raise InputError(
                "it is not known what was asked; name --scenario ID or --prompt TEXT, or give it "
                f"in a column `scenario` or `prompt` (scenarios are {known})"
            )
        return DesignProblem(
            DesignSpec(rubric=rubric, scenario=found, seniority=self._seniority, steps=self._steps)
        )

    def _checked(self, steps: Sequence[str]) -> tuple[str, ...]:
        if not steps:
            return ()
        if isinstance(self._rubric, AnswerRubric):
            raise InputError("--steps is for rubrics of interviews; this one has no steps")
        known = [step.id for step in self._rubric.steps]
        for step in steps:
            if step not in known:
                raise InputError(f"unknown step {step!r}; the rubric has {', '.join(known)}")
        return tuple(step for step in known if step in steps)


def is_blank(answer: Answer) -> bool:
    """Whether nothing was handed in."""
    return answer.interview is None and not any(turn.strip() for turn in answer.turns)


def nothing(sheet: Sheet) -> Graded:
    """The grades of an empty answer: it holds nothing, which needs no grader."""
    return Graded(
        verdicts=tuple(
            Verdict(criterion=item.id, reason="The answer is empty.", level=0)
            for item in sheet.items()
        ),
        flags=(GradedFlag(flag=EMPTY, turn=None, quote=None),),
    )


def _own_words(prompt: str) -> tuple[str, ...]:
    """The content words of a question: by them an answer shows that it is meant."""
    words = dict.fromkeys(
        word
        for word in words_of(prompt)
        if len(word) >= _LEAST_LETTERS and word not in FUNCTION_WORDS
    )
    return tuple(words) or (prompt,)
