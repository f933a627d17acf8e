"""One interview going on: stores each event before it acts on it.

The only door to an interview. It asks the observer, the policy and the speaker in turn, and
the grader at the end; it decides nothing itself. After a crash `Session.resume` goes on
exactly where the stored events end.
"""

import asyncio
import statistics
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypedDict

from agent import __version__
from agent.errors import EngineError, EngineUnavailableError, InputError, StoreError
from agent.frozen import content_hash
from agent.grading.evidence import counted
from agent.grading.interviewed import grading_of, sitting_of
from agent.grading.scoring import rubric_wording, scorecard
from agent.grading.standing import by_words
from agent.interview import events as ev
from agent.interview.clock import Clock, Stopwatch
from agent.interview.plan import Options, Plan, checked_steps
from agent.interview.policy import decide
from agent.interview.state import InterviewState, apply, fold
from agent.move import Reveal
from agent.ports import Engine, Intent, Listening, Observation, Speaking
from agent.record import InterviewRecord
from agent.scenario import Scenario
from agent.scorecard import FirstWord, Provenance, Scorecard
from agent.transcript import Transcript
from agent.usage import cost_of, summed

MAX_MESSAGE_CHARACTERS = 200_000
_RECENT_TURNS = 8


class _Stamp(TypedDict):
    clock: float
    at: datetime


class EventLog(Protocol):
    """Where events are kept; see `agent.store.sql.SqlStore`."""

    async def append(self, interview: str, seq: int, event: ev.Event) -> None: ...

    async def events(self, interview: str) -> tuple[ev.Event, ...]: ...


class Session:
    """An interview. Make it with `start` or `resume`, or with `open` or `reopen` and `work`.

    Whatever asks the engine may raise EngineUnavailableError. The interview then stands where
    it stood: `work` (after the end, `finish`) tries again, `switch` takes another engine.
    """

    def __init__(
        self,
        log: EventLog,
        engine: Engine,
        clock: Clock,
        state: InterviewState,
        events: tuple[ev.Event, ...],
        hear: Callable[[str], None] | None,
    ) -> None:
        self._log = log
        self._engine = engine
        self._clock = clock
        self._watch = Stopwatch(clock, state.clock, running=not state.paused)
        self._hear = hear
        self._events = list(events)
        self._committing: asyncio.Task[None] | None = None
        self.state = state
        self.told: Callable[[], None] = lambda: None
        """Called after each event that was stored, for those who show the interview."""
        self.plan = Plan(rubric=engine.rubric, scenario=engine.scenario, options=state.options)

    @classmethod
    async def start(
        cls,
        log: EventLog,
        engine: Engine,
        options: Options,
        clock: Clock,
        *,
        hear: Callable[[str], None] | None = None,
        source: ev.Source = "live",
    ) -> "Session":
        """Begin an interview and put its first question; see `open`."""
        session = await cls.open(log, engine, options, clock, hear=hear, source=source)
        await session.work()
        return session

    @classmethod
    async def open(
        cls,
        log: EventLog,
        engine: Engine,
        options: Options,
        clock: Clock,
        *,
        hear: Callable[[str], None] | None = None,
        source: ev.Source = "live",
        owner: str = "",
    ) -> "Session":
        """Begin an interview; `work` puts its first question.

        `hear` is called with each piece of the interviewer's words as it becomes ready.
        `owner` is whose it is, where several people share a store.
        Raises InputError for a step that the rubric does not have.
        """
        options = options.model_copy(update={"steps": checked_steps(engine.rubric, options.steps)})
        session = cls(log, engine, clock, InterviewState(options=options), (), hear)
        await session._store(
            ev.Started(
                clock=0.0,
                at=clock.now(),
                interview=uuid.uuid4().hex[:10],
                scenario=engine.scenario.id,
                scenario_hash=content_hash(engine.scenario),
                rubric=engine.rubric.id,
                rubric_hash=content_hash(engine.rubric),
                options=options,
                engine=engine.name,
                choice=engine.choice,
                version=__version__,
                source=source,
                owner=owner,
            )
        )
        return session

    @classmethod
    async def resume(
        cls,
        log: EventLog,
        engine: Engine,
        interview: str,
        clock: Clock,
        *,
        hear: Callable[[str], None] | None = None,
    ) -> "Session":
        """Go on with a stored interview; work that was cut off is done first; see `reopen`."""
        session = await cls.reopen(log, engine, interview, clock, hear=hear)
        await session.work()
        return session

    @classmethod
    async def reopen(
        cls,
        log: EventLog,
        engine: Engine,
        interview: str,
        clock: Clock,
        *,
        hear: Callable[[str], None] | None = None,
        stay_paused: bool = False,
    ) -> "Session":
        """Take up a stored interview; `work` does what was cut off.

        An engine other than the one it was held with so far is noted in the events. A paused
        interview goes on, unless it is to `stay_paused`.
        Raises InputError for an unknown interview.
        """
        events = await log.events(interview)
        if not events:
            raise InputError(f"there is no interview {interview!r}; `sevenstep history` lists them")
        session = cls(log, engine, clock, fold(events), events, hear)
        if session.state.pending != "done":
            if not stay_paused:
                await session.unpause()
            if engine.choice != session.state.choice:
                await session.switch(engine)
        return session

    @property
    def events(self) -> tuple[ev.Event, ...]:
        """All events so far."""
        return tuple(self._events)

    @property
    def is_open(self) -> bool:
        """Whether the candidate may still answer."""
        return self.state.pending == "listen"

    @property
    def active_seconds(self) -> float:
        """The interview's time so far, pauses left out."""
        return self._watch.read()

    async def answer(self, text: str) -> None:
        """Take a message of the candidate and put the next question; see `receive`."""
        await self.receive(text)
        await self.work()

    async def command(self, typed: str, intent: Intent, step: str | None = None) -> None:
        """Take a wish that needs no observer and do what follows from it; see `wish`."""
        await self.wish(typed, intent, step)
        await self.work()

    async def receive(self, text: str, *, key: str = "") -> None:
        """Store a message of the candidate; `work` puts the next question.

        A message whose `key` was taken before is not taken again. Raises InputError for an
        empty or enormous message, or when it is not the candidate's turn.
        """
        if not text.strip():
            raise InputError("the answer is empty; write something, or /next to move on")
        if len(text) > MAX_MESSAGE_CHARACTERS:
            raise InputError(
                f"the answer has {len(text):,} characters, more than "
                f"{MAX_MESSAGE_CHARACTERS:,}; send it in parts"
            )
        await self._take(text, None, key)

    async def wish(
        self, typed: str, intent: Intent, step: str | None = None, *, key: str = ""
    ) -> None:
        """Store a wish that needs no observer: a hint, moving on, moving to `step`, the end.

        `typed` is how it stands in the transcript. Raises InputError for a step that this
        interview does not have; see also `receive`.
        """
        known = [one.id for one in self.plan.steps()]
        if step is not None and step not in known:
            raise InputError(f"unknown step {step!r}; this interview has {', '.join(known)}")
        await self._take(typed, Observation(intent=intent, target_step=step), key)

    async def switch(self, engine: Engine) -> None:
        """Hold the rest of the interview with another engine for the same rubric and scenario."""
        changed = ev.EngineChanged(engine=engine.name, choice=engine.choice, **self._stamp())
        await self._store(changed)
        self._engine = engine

    async def note(self, text: str) -> None:
        """Keep a private note; it is no evidence."""
        await self._store(ev.Noted(text=text, **self._stamp()))

    async def pause(self) -> None:
        """Stop the clock, also while the engine is at work."""
        if not self.state.paused and self.state.pending not in ("grade", "done"):
            await self._store(ev.Paused(**self._stamp()))
            self._watch.pause()

    async def unpause(self) -> None:
        """Let the clock run again."""
        if self.state.paused:
            await self._store(ev.Resumed(**self._stamp()))
            self._watch.resume()

    async def leave(self) -> None:
        """Close the interview because the candidate has left."""
        if self.state.pending not in ("grade", "done"):
            await self._store(ev.Left(**self._stamp()))

    async def finish(self) -> Scorecard:
        """Grade the closed interview, or return the scorecard that it has.

        Raises EngineError if the interview is still open or the grader could not work.
        """
        if self.state.scorecard is not None:
            return self.state.scorecard
        if self.state.pending != "grade":
            raise EngineError("the interview is not over yet; it cannot be graded")
        await self._store(ev.Graded(scorecard=await self._graded(), **self._stamp()))
        assert self.state.scorecard is not None
        return self.state.scorecard

    def record(self, turns_left_over: int = 0) -> InterviewRecord:
        """The graded interview as one value; raises EngineError before it is graded."""
        return record_of(self.plan.scenario, self.events, turns_left_over)

    async def work(self) -> None:
        """Do whatever is pending until it is the candidate's turn or the interview is over."""
        while True:
            match self.state.pending:
                case "observe":
                    await self._observe()
                case "decide":
                    move = decide(self.plan, self.state)
                    await self._store(ev.Moved(move=move, **self._stamp()))
                case "speak":
                    await self._speak()
                case _:
                    return

    async def _take(self, text: str, command: Observation | None, key: str) -> None:
        if key in self.state.keys:
            return
        if self.state.pending in ("observe", "decide", "speak"):
            raise InputError("the interviewer is still answering; send it again in a moment")
        if not self.is_open:
            raise InputError("the interview is over; `sevenstep practice` begins another")
        await self.unpause()
        self._clock.spoken("" if command else text)
        await self._store(ev.CandidateSaid(text=text, command=command, key=key, **self._stamp()))

    async def _observe(self) -> None:
        state = self.state
        if state.command is not None:
            await self._store(ev.Observed(observation=state.command, **self._stamp()))
            return
        listening = Listening(
            transcript=state.transcript,
            step=state.step or "",
            focus=state.focus,
            curveball=state.curveball if state.curveball_turn is None else None,
            seen=tuple(state.seen),
            notes=state.quotes,
        )
        observed, fault = None, None
        try:
            observed = await self._engine.observer.observe(listening)
        except EngineUnavailableError:
            raise
        except EngineError as error:
            fault = str(error)
        spent = self._engine.spent()
        await self._store(
            ev.Observed(observation=observed, error=fault, spent=spent, **self._stamp())
        )

    async def _speak(self) -> None:
        state, scenario = self.state, self.plan.scenario
        assert state.move is not None
        reply = state.move.reply
        revealed = reply.facts if isinstance(reply, Reveal) else ()
        # The move already points at the new step; bridges also need the one that was left.
        left = next((turn.step for turn in reversed(state.turns) if turn.step), state.step)
        speaking = Speaking(
            move=state.move,
            turn=len(state.turns),
            style=state.options.style,
            seniority=state.options.level,
            subject=self.plan.rubric.title,
            prompt=scenario.prompt,
            facts=tuple(scenario.fact(fact).text for fact in revealed),
            step=left,
            titles={step.id: step.title for step in self.plan.rubric.steps},
            recent=Transcript(turns=state.turns[-_RECENT_TURNS:]),
            known_facts=tuple(
                scenario.fact(fact).text for fact in state.facts if fact not in revealed
            ),
            asked=tuple(sorted(state.asked - {state.move.question})),
            notes=state.quotes,
        )
        pieces = []
        async for piece in self._engine.speaker.say(speaking):
            pieces.append(piece)
            if self._hear is not None:
                self._hear(piece)
        spent = self._engine.spent()
        await self._store(ev.InterviewerSaid(text="".join(pieces), spent=spent, **self._stamp()))

    async def _graded(self) -> Scorecard:
        state, plan = self.state, self.plan
        given = grading_of(plan.rubric, state)
        if self._engine.prompts is None:
            # Without a model words are counted, those of an order as well.
            wording = rubric_wording(plan.rubric, plan.scenario)
            text = counted(given.transcript, wording)
            found = await self._engine.grader.grade(given.model_copy(update={"transcript": text}))
            graded = by_words(found, given.transcript, wording)
        else:
            graded = await self._engine.grader.grade(given)
        models = summed((*state.usage, *self._engine.spent().models))
        provenance = Provenance(
            version=__version__,
            engine=_engines(state),
            rubric=plan.rubric.id,
            rubric_version=plan.rubric.version,
            rubric_hash=content_hash(plan.rubric),
            scenario=plan.scenario.id,
            scenario_version=plan.scenario.version,
            scenario_hash=content_hash(plan.scenario),
            prompts_hash=self._engine.prompts,
            structured_output=self._engine.methods(),
            cost_usd=cost_of(models),
            calls=sum(usage.calls for usage in models),
            models=models,
            first_word=first_word_of(state),
            note=self._engine.note,
        )
        return scorecard(plan.rubric, plan.scenario, sitting_of(state), graded, provenance)

    def _stamp(self) -> _Stamp:
        return {"clock": max(self._watch.read(), self.state.clock), "at": self._clock.now()}

    async def _store(self, event: ev.Event) -> None:
        """Commit an event, and only then let it change the state.

        Who is cancelled meanwhile leaves it being committed; the next one waits for it.
        """
        if self._committing is not None:
            await asyncio.wait({self._committing})
        self._committing = asyncio.create_task(self._commit(event))
        await asyncio.shield(self._committing)

    async def _commit(self, event: ev.Event) -> None:
        state = apply(self.state, event)
        await self._log.append(state.interview, len(self._events), event)
        self._events.append(event)
        self.state = state
        self.told()


def record_of(
    scenario: Scenario, events: tuple[ev.Event, ...], turns_left_over: int = 0
) -> InterviewRecord:
    """A graded interview's record from its events; raises StoreError if it is not graded."""
    state = fold(events)
    if state.scorecard is None or state.started is None:
        raise StoreError(
            f"the interview {state.interview!r} is not graded yet; "
            f"`sevenstep resume {state.interview}` goes on with it"
        )
    return InterviewRecord(
        interview=state.interview,
        scenario=state.started.scenario,
        scenario_title=scenario.title,
        rubric=state.started.rubric,
        started_at=state.started.at,
        ended=state.ended or "left",
        minutes=round(state.clock / 60, 1),
        options=state.options,
        transcript=state.turns,
        notes=state.notes,
        turns_left_over=turns_left_over,
        scorecard=state.scorecard,
        events=events,
    )


def first_word_of(state: InterviewState) -> FirstWord | None:
    """Median and worst time to the first word so far; None where no model speaks."""
    if not state.first_words:
        return None
    return FirstWord(
        median=round(statistics.median(state.first_words), 3), worst=max(state.first_words)
    )


def _engines(state: InterviewState) -> str:
    """The engine, or all of them with the turns from which they were used."""
    (_, first), *others = state.engines
    return ", ".join([first, *(f"from turn {turn} on {name}" for turn, name in others)])
