"""The recorded interviews that tests and benchmarks replay: who is interviewed, and how they
are made.

    python -m evals.recorded draft [NAME...]     drafts by the offline engine, for an author to edit
    python -m evals.recorded rekey [NAME...]     authored replies, for the prompts as they are now
    python -m evals.recorded show NAME           what was noted, decided and said, turn by turn
    python -m evals.recorded record --model NAME [--base-url URL] [--out FOLDER]

A candidate is a script in tests/recordings/candidates; the replies stand beside that folder in a
file of the same name. What an authored file holds was written by people and programs, and its
header says so: it is no model's output. Serving them is the business of `evals.fakellm`.
"""

import asyncio
import os
import sys
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.catalog import Catalog, read_yaml_mapping
from agent.errors import InputError, SevenstepError
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.llm.chat import Limits
from agent.llm.engine import LlmEngine, connected
from agent.move import Move, Open
from agent.offline.engine import OfflineEngine
from agent.offline.speaker import words_for
from agent.offline.text import sentences
from agent.ports import (
    Engine,
    EngineChoice,
    Graded,
    Grading,
    Intent,
    Listening,
    Observation,
    Speaking,
)
from agent.record import InterviewRecord
from agent.store.memory import MemoryLog
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.nearest import abridged
from evals.fakellm.recorder import Recorder
from evals.fakellm.recordings import Exchange, NotRecorded, dump, load
from evals.fakellm.server import FakeLLM

RECORDINGS = Path(__file__).resolve().parent.parent / "tests" / "recordings"
CANDIDATES = RECORDINGS / "candidates"
AUTHORED = "authored"
_COMMANDS = {"/hint": Intent.ask_hint, "/next": Intent.move_on}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Names = Annotated[list[str] | None, typer.Argument(help="Candidates; all without a name.")]


@dataclass(frozen=True)
class Candidate:
    """A scripted candidate: what he is asked about, and what he says."""

    name: str
    scenario: str
    options: Options
    turns: tuple[str, ...]

    async def say(self, session: Session, turn: str) -> None:
        """Send one of his turns, a command or an answer."""
        if turn in _COMMANDS:
            await session.command(turn, _COMMANDS[turn])
        else:
            await session.answer(turn)

    @property
    def recording(self) -> Path:
        """The file with the replies to him."""
        return RECORDINGS / f"{self.name}.yaml"


def candidates(names: Iterable[str] | None = None) -> list[Candidate]:
    """The candidates of these names, or all; raises InputError for an unknown one."""
    known = {path.stem: path for path in sorted(CANDIDATES.glob("*.yaml"))}
    for name in names or ():
        if name not in known:
            raise InputError(f"unknown candidate {name!r}; known are {', '.join(known)}")
    found = []
    for name in names or known:
        raw = read_yaml_mapping(known[name])
        turns, scenario = raw.pop("candidate_turns"), raw.pop("scenario")
        found.append(Candidate(name, scenario, Options.model_validate(raw), tuple(turns)))
    return found


async def interviewed(
    candidate: Candidate,
    base_url: str,
    engine_of: Callable[[LlmEngine], Engine] | None = None,
    model: str = "recorded",
) -> InterviewRecord:
    """The whole interview of a candidate, with the model behind `base_url`."""
    shelf = Catalog()
    choice = EngineChoice(model=f"openai:{model}", base_url=base_url)
    models = await connected(choice, Limits(attempts=2, backoff=0.05))
    engine = LlmEngine(shelf.rubric(), shelf.scenario(candidate.scenario), models)
    session = await Session.start(
        MemoryLog(),
        engine_of(engine) if engine_of else engine,
        candidate.options,
        ScriptClock(),
        source="script",
    )
    left = list(candidate.turns)
    while left and session.is_open:
        await candidate.say(session, left.pop(0))
    await session.leave()
    await session.finish()
    await engine.close()
    return session.record(len(left))


class InOrder:
    """Replies taken in their order: one queue for notes, one for speech, one for each grade.

    A draft is taken only where its queue is empty.
    """

    def __init__(self, replies: Iterable[Reply] = ()) -> None:
        self._queues: dict[object, deque[Reply]] = defaultdict(deque)
        self._drafts: dict[object, Reply] = {}
        self.drafted = 0
        self.exchanges: dict[str, Exchange] = {}
        for reply in replies:
            self._queues[_kind_of(reply)].append(reply)

    def draft(self, reply: Reply) -> None:
        """Offer a reply for the next request of its kind."""
        self._drafts[_kind_of(reply)] = reply

    def reply(self, request: ChatRequest) -> Reply:
        """The next reply of the kind that is asked for; raises NotRecorded if there is none."""
        kind = _kind_asked(request)
        queue = self._queues[kind]
        if not queue and kind not in self._drafts:
            raise NotRecorded(f"no more replies for: {request.last[-600:]}")
        reply = queue.popleft() if queue else self._drafts[kind]
        self.drafted += reply is self._drafts.get(kind)
        self.exchanges[request.key] = Exchange(request.key, abridged(request.last), reply)
        return reply

    @property
    def left_over(self) -> list[Reply]:
        """What was not asked for."""
        return [reply for queue in self._queues.values() for reply in queue]


class Drafting:
    """An engine with a model whose replies the offline engine drafts just before each call."""

    def __init__(self, replies: InOrder, engine: LlmEngine) -> None:
        self._engine = engine
        self._offline = OfflineEngine(engine.rubric, engine.scenario)
        self._replies = replies
        self.name, self.note = engine.name, engine.note
        self.prompts, self.choice = engine.prompts, engine.choice
        self.rubric, self.scenario = engine.rubric, engine.scenario
        self.spent, self.methods, self.close = engine.spent, engine.methods, engine.close

    @property
    def observer(self) -> "Drafting":
        """Itself."""
        return self

    speaker = grader = observer

    async def observe(self, listening: Listening) -> Observation:
        """Draft a reading, and have it read over the wire."""
        text = listening.transcript.turns[-1].text
        seen = await self._offline.observer.observe(listening)
        self._replies.draft(Reply(json=_note_of(seen, text)))
        return await self._engine.observer.observe(listening)

    async def say(self, speaking: Speaking) -> AsyncIterator[str]:
        """Draft an utterance, and have it said over the wire."""
        self._replies.draft(Reply(_utterance_of(speaking)))
        async for piece in self._engine.speaker.say(speaking):
            yield piece

    async def grade(self, grading: Grading) -> Graded:
        """Draft all grades, and have them given over the wire."""
        graded = await self._offline.grader.grade(grading)
        verdicts = {verdict.criterion: verdict for verdict in graded.verdicts}
        whole = (self.rubric.overall,) if self.rubric.overall else ()
        for section in (*self.rubric.steps, *whole):
            names = [c.id for c in section.criteria if c.id in grading.assessed]
            flags = {flag.id for flag in getattr(section, "red_flags", ())}
            grades = [
                {
                    "criterion": name,
                    "quotes": [e.model_dump() for e in verdicts[name].evidence],
                    "reason": verdicts[name].reason,
                    "level": verdicts[name].level or 0,
                    "confidence": "medium",
                }
                for name in names
            ]
            seen = [f.model_dump() for f in graded.flags if f.flag in flags and f.quote]
            if grades:
                self._replies.draft(Reply(json={"grades": grades, "red_flags": seen}))
        return await self._engine.grader.grade(grading)


@app.command()
def draft(names: Names = None) -> None:
    """Write first recordings for an author to edit; an existing one is left alone."""
    for candidate in candidates(names):
        if candidate.recording.exists():
            typer.echo(f"{candidate.name}: has a recording; remove it first")
            continue
        replies = InOrder()
        record = asyncio.run(_against(replies, candidate, partial(Drafting, replies)))
        _write(candidate, replies, record)


@app.command()
def rekey(
    names: Names = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="Draft what is missing, drop what is left over.")
    ] = False,
) -> None:
    """Give authored replies the keys of the present prompts, by playing them in their order."""
    for candidate in candidates(names):
        recording = load([candidate.recording])
        source = read_yaml_mapping(candidate.recording)["source"]
        if source != AUTHORED:
            raise InputError(f"{candidate.recording}: recorded from {source}; record it anew")
        replies = InOrder(exchange.reply for exchange in recording)
        engine_of = partial(Drafting, replies) if complete else None
        record = asyncio.run(_against(replies, candidate, engine_of))
        if replies.left_over and not complete:
            raise InputError(
                f"{candidate.name}: {len(replies.left_over)} replies were not asked for: "
                f"{replies.left_over[0]!r:.300}"
            )
        _write(candidate, replies, record)


@app.command()
def show(names: Names = None) -> None:
    """Play recordings, and print what was noted, decided and said, turn by turn."""
    for candidate in candidates(names):
        record = asyncio.run(_against(load([candidate.recording]), candidate))
        for event in record.events:
            match event.type:
                case "candidate_said":
                    typer.echo(f"\nCANDIDATE {event.text}")
                case "observed" if event.observation is not None:
                    typer.echo(
                        f"  noted {event.observation.model_dump_json(exclude_defaults=True)}"
                    )
                case "observed":
                    typer.echo(f"  unobserved: {event.error}")
                case "moved":
                    typer.echo(f"  move  {event.move.model_dump_json(exclude_defaults=True)}")
                case "interviewer_said":
                    typer.echo(f"INTERVIEWER {event.text}")
                    typer.echo(f"  refused {event.spent.refused}" if event.spent.refused else "")
        typer.echo(f"\n{candidate.name}: {_told(record)}\n")


@app.command()
def record(
    model: Annotated[str, typer.Option(help="The model's name at the endpoint.")],
    base_url: Annotated[str, typer.Option(help="The endpoint.")] = "https://api.openai.com/v1",
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = RECORDINGS / "real",
    names: Names = None,
) -> None:
    """Interview the candidates with a real model and record it; the key is OPENAI_API_KEY."""
    out.mkdir(parents=True, exist_ok=True)
    for candidate in candidates(names):
        recorder = Recorder(base_url, os.environ.get("OPENAI_API_KEY", ""), source=model)
        told = asyncio.run(_against(recorder, candidate, model=model))
        recorder.save(out / f"{candidate.name}.yaml", _about(candidate))
        typer.echo(f"{candidate.name}: {len(recorder.exchanges)} replies; {_told(told)}")


async def _against(
    replies: Any,
    candidate: Candidate,
    engine_of: Callable[[LlmEngine], Engine] | None = None,
    model: str = "recorded",
) -> InterviewRecord:
    async with FakeLLM(replies) as server:
        record = await interviewed(candidate, server.url, engine_of, model)
        if server.unrecorded:
            raise InputError(f"{candidate.name}: {server.unrecorded[0]}")
        return record


def _write(candidate: Candidate, replies: InOrder, record: InterviewRecord) -> None:
    dump(
        candidate.recording,
        list(replies.exchanges.values()),
        source=AUTHORED,
        about=_about(candidate),
    )
    typer.echo(
        f"{candidate.name}: {len(replies.exchanges)} replies, {replies.drafted} of them drafted, "
        f"{len(replies.left_over)} left over; {_told(record)}"
    )


def _about(candidate: Candidate) -> str:
    level = candidate.options.level.value
    return (
        f"{candidate.name.replace('_', ' ')}: an interview on {candidate.scenario}, {level} level"
    )


def _told(record: InterviewRecord) -> str:
    """What an author should know of how the interview went."""
    refused = [
        reason
        for event in record.events
        if event.type == "interviewer_said"
        for reason in event.spent.refused
    ]
    card = record.scorecard
    return (
        f"{card.percent} percent, {card.decision}, unobserved turns {list(card.unobserved_turns)}, "
        f"refused sentences {refused}, turns left over {record.turns_left_over}"
    )


def _kind_of(reply: Reply) -> object:
    if not isinstance(reply.json, dict):
        return "speak"
    grades = reply.json.get("grades")
    if not isinstance(grades, list):
        return "note"
    return frozenset(one["criterion"] for one in grades)


def _kind_asked(request: ChatRequest) -> object:
    if request.schema != "grades":
        return request.schema or "speak"
    schema = request.body["response_format"]["json_schema"]["schema"]
    return frozenset(criteria_asked(request.last, schema))


def criteria_asked(text: str, schema: Mapping[str, Any]) -> list[str]:
    """The criteria that a prompt to grade asks for: the schema names all that there are."""
    known = schema["properties"]["grades"]["items"]["properties"]["criterion"]["enum"]
    return [name for name in known if f"\n\n{name}: " in text]


def _note_of(seen: Observation, text: str) -> dict[str, Any]:
    question = next((piece.text for piece in sentences(text) if piece.is_question), text[:200])
    return {
        "evidence": [s.model_dump(mode="json") for s in seen.sightings],
        "red_flags": [f.model_dump() for f in seen.flags],
        "facts_asked": [{"fact": fact, "quote": question} for fact in seen.facts],
        "asked_beyond_sheet": seen.asked_beyond_sheet,
        "intent": seen.intent.value,
        "target_step": seen.target_step,
        "topic": seen.topic,
    }


def _utterance_of(speaking: Speaking) -> str:
    """The authored words without what the speaker says by himself before the model's."""
    lead = speaking.move.lead
    if isinstance(lead, Open) and lead.cause == "start":
        return lead.question or words_for(speaking)
    if speaking.facts:
        return words_for(speaking.model_copy(update={"move": Move(lead=lead)}))
    return words_for(speaking)


def main() -> None:
    """Run the command line; a user's mistake is one line and exit code 2."""
    try:
        app()
    except SevenstepError as error:
        typer.echo(f"recorded: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
