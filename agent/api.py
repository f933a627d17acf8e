"""sevenstep for other programs: grade answers, hold an interview.

Each of the two comes in a form that waits (`grade`, `practice`) and one to be awaited
(`grade_async`, `practice_async`). They print nothing and raise errors of `agent.errors`.
"""

import asyncio
import inspect
import tempfile
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar, Unpack, overload

from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.batch.calibrating import read_calibration
from agent.batch.given import Given
from agent.batch.job import Job, Order
from agent.batch.settings import Limitations, Settings
from agent.calibration import Calibration
from agent.catalog import DEFAULT_RUBRIC, Catalog, check_together
from agent.engines import open_engine
from agent.errors import RunStoppedError
from agent.graded import GradedAnswer
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options, checked_steps
from agent.interview.session import EventLog, Session
from agent.llm.providers import OFFLINE
from agent.llm.unit import Calls
from agent.ports import EngineChoice
from agent.record import InterviewRecord
from agent.rubric import Rubric, Seniority
from agent.scenario import Scenario
from agent.store.ledger import Ledger
from agent.store.memory import MemoryLog
from agent.transcript import Party

Gradable = str | Answer | InterviewRecord
Candidate = Callable[[str], str | Awaitable[str | None] | None]
"""Is given what the interviewer says and gives the candidate's answer; None to leave."""
_T = TypeVar("_T")


class GradeOptions(TypedDict, total=False):
    """How answers are graded; all may be left out.

    `rubric` is an id, a file or a rubric (else the seven steps), `scenario` an id or a file,
    `prompt` what was asked if it is no scenario, `reference` how a full answer reads. `model` is
    `offline` (so it is unless another is named), `provider:name`, or several of these as a panel.
    `prices` are dollars for a million tokens in and out (and cached) on a server of one's own.
    `calibration` is a file of `sevenstep eval calibrate`, or what it holds.
    With a `folder` results are kept there as by `sevenstep grade --out`, and what is there
    already is not graded again.
    """

    rubric: str | Rubric | AnswerRubric | None
    scenario: str | None
    prompt: str | None
    reference: str | None
    level: Literal["junior", "mid", "senior", "staff"]
    steps: Sequence[str]
    model: str | Sequence[str]
    base_url: str | None
    samples: int
    calls: Literal["auto", "step", "answer", "criterion"]
    calibration: Calibration | Path | str | None
    max_cost: float | None
    max_tokens: int | None
    prices: tuple[float, ...]
    folder: Path | str | None
    catalog: Catalog


class PracticeOptions(TypedDict, total=False):
    """How an interview is held; all may be left out.

    `log` keeps the events, an `agent.store.sql.SqlStore` for example.
    """

    rubric: str | Rubric
    level: Literal["junior", "mid", "senior", "staff"]
    pace: Literal["timed", "relaxed"]
    minutes: float
    steps: Sequence[str]
    style: Literal["neutral", "friendly", "tough"]
    model: str
    observer_model: str | None
    base_url: str | None
    log: EventLog
    catalog: Catalog


# A text is iterable, too: the first signature is meant for it.
@overload
async def grade_async(  # type: ignore[overload-overlap]
    answers: Gradable, **options: Unpack[GradeOptions]
) -> GradedAnswer: ...
@overload
async def grade_async(
    answers: Iterable[Gradable], **options: Unpack[GradeOptions]
) -> list[GradedAnswer]: ...
async def grade_async(
    answers: Gradable | Iterable[Gradable], **options: Unpack[GradeOptions]
) -> GradedAnswer | list[GradedAnswer]:
    """Grade one answer, or many, in the order in which they are given.

    An answer is its text, an `Answer` with an id of its own, or an interview's record. Texts
    are numbered from 1.

    Raises InputError for what is wrong in the call, EngineUnavailableError if the model cannot
    be used, and RunStoppedError, with what was graded, if it ended before its time.
    """
    if isinstance(answers, (str, Answer, InterviewRecord)):
        return (await _graded([answers], options))[0]
    return await _graded(list(answers), options)


@overload
def grade(  # type: ignore[overload-overlap]
    answers: Gradable, **options: Unpack[GradeOptions]
) -> GradedAnswer: ...
@overload
def grade(answers: Iterable[Gradable], **options: Unpack[GradeOptions]) -> list[GradedAnswer]: ...
def grade(
    answers: Gradable | Iterable[Gradable], **options: Unpack[GradeOptions]
) -> GradedAnswer | list[GradedAnswer]:
    """As `grade_async`, but waits for the result; also where an event loop runs already."""
    if isinstance(answers, (str, Answer, InterviewRecord)):
        return _waited(_graded([answers], options))[0]
    return _waited(_graded(list(answers), options))


async def practice_async(
    candidate: Candidate | Sequence[str],
    scenario: str | Scenario,
    **options: Unpack[PracticeOptions],
) -> InterviewRecord:
    """Hold an interview with a candidate that is a function, or a list of his turns.

    The clock runs on words, 150 a minute, so that the same turns give the same interview.

    Raises InputError for what is wrong in the call and EngineUnavailableError if the model
    cannot be used.
    """
    shelf = options.get("catalog") or Catalog()
    rubric = options.get("rubric") or DEFAULT_RUBRIC
    rubric = rubric if isinstance(rubric, Rubric) else shelf.rubric(rubric)
    if not isinstance(scenario, Scenario):
        path = shelf.scenario_path(scenario)
        scenario = shelf.scenario(scenario)
        check_together(scenario, rubric, path)
    choice = EngineChoice(
        model=options.get("model") or OFFLINE,
        observer_model=options.get("observer_model"),
        base_url=options.get("base_url"),
    )
    engine = await open_engine(choice, rubric, scenario)
    try:
        session = await Session.start(
            options.get("log") or MemoryLog(),
            engine,
            _plan(options, rubric),
            ScriptClock(),
            source="script",
        )
        answer = candidate if callable(candidate) else _in_turn(candidate)
        while session.is_open:
            said = answer(_last_words(session))
            text = await said if inspect.isawaitable(said) else said
            if text is None:
                await session.leave()
            else:
                await session.answer(text)
        await session.finish()
        return session.record()
    finally:
        await engine.close()


def practice(
    candidate: Candidate | Sequence[str],
    scenario: str | Scenario,
    **options: Unpack[PracticeOptions],
) -> InterviewRecord:
    """As `practice_async`, but waits for the result; also where an event loop runs already."""
    return _waited(practice_async(candidate, scenario, **options))


async def _graded(given: Sequence[Gradable], options: GradeOptions) -> list[GradedAnswer]:
    model = options.get("model") or OFFLINE
    with tempfile.TemporaryDirectory(prefix="sevenstep-") as spare:
        order = Order(
            paths=(),
            folder=Path(options.get("folder") or spare),
            catalog=options.get("catalog") or Catalog(),
            rubric=options.get("rubric"),
            scenario=options.get("scenario"),
            prompt=options.get("prompt"),
            reference=options.get("reference"),
            seniority=Seniority(options.get("level") or "mid"),
            steps=tuple(options.get("steps") or ()),
            settings=Settings(
                models=(model,) if isinstance(model, str) else tuple(model),
                base_url=options.get("base_url"),
                samples=options.get("samples") or 1,
                calls=Calls(options.get("calls") or "auto"),
                calibration=_calibration(options.get("calibration")),
            ),
            limitations=Limitations(
                most_cost=options.get("max_cost"),
                most_tokens=options.get("max_tokens"),
                prices=options.get("prices") or (),
            ),
        )
        answers = [_answer(value, number) for number, value in enumerate(given, 1)]
        with Job(order, Given(answers)) as job:
            done = await job.run()
        with Ledger(order.folder, reading=True) as ledger:
            graded = list(ledger.graded())
    stopped, left = done.ending.stopped, done.ending.progress.left
    if stopped is not None:
        raise RunStoppedError(f"{stopped}; {left} of {len(answers)} answers are left", graded)
    return graded


def _calibration(given: Calibration | Path | str | None) -> Calibration | None:
    return read_calibration(Path(given)) if isinstance(given, (Path, str)) else given


def _plan(options: PracticeOptions, rubric: Rubric) -> Options:
    return Options.model_validate(
        {
            "level": options.get("level") or "mid",
            "pace": options.get("pace") or "timed",
            "minutes": options.get("minutes"),
            "steps": checked_steps(rubric, tuple(options.get("steps") or ())),
            "style": options.get("style") or "neutral",
        }
    )


def _answer(value: Gradable, number: int) -> Answer:
    if isinstance(value, Answer):
        return value
    if isinstance(value, InterviewRecord):
        turns = tuple(t.text for t in value.transcript if t.speaker is Party.candidate)
        return Answer(id=value.interview, turns=turns or ("",), interview=value)
    return Answer(id=str(number), turns=(value,))


def _in_turn(turns: Sequence[str]) -> Candidate:
    following = iter(turns)
    return lambda _: next(following, None)


def _last_words(session: Session) -> str:
    """What the interviewer has said since the candidate's last turn."""
    words: list[str] = []
    for turn in reversed(session.state.turns):
        if turn.speaker is Party.candidate:
            break
        words.insert(0, turn.text)
    return "\n\n".join(words)


def _waited(work: Coroutine[Any, Any, _T]) -> _T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    # In a notebook a loop runs already, and only another thread can have one of its own.
    outcome: list[_T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=run, name="sevenstep")
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return outcome[0]
