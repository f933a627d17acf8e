"""Tests a model for what an interview needs of it.

Every test returns a result with its remedy and raises nothing for what a model or server does.
No value of a key, nor a part of one, is in any result. What is configured says
`agent.llm.setting`, what can be done `agent.llm.remedies`; `agent.cli.doctor` prints.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ValidationError

from agent.catalog import Catalog
from agent.errors import EngineError, InputError
from agent.llm.chat import Chat, Completion, Finish, Limits, Message, Method, Shape
from agent.llm.connect import connect, parsed
from agent.llm.faults import Kind, ModelError
from agent.llm.findings import TITLES, Check, Examined, Outcome, Role, Status, Way
from agent.llm.observer import observing_rules
from agent.llm.patience import closing
from agent.llm.providers import ANY_MODEL
from agent.llm.remedies import Target, check, clean, failed, nearest, set_key
from agent.llm.servers import Answer
from agent.llm.setting import shown
from agent.llm.structured import (
    NotAnObjectError,
    UnusableAnswerError,
    asking_for,
    corrected,
    object_in,
)
from agent.llm.tokens import count

_OBSERVER_ANSWER = 2_500
_BESIDE_RULES = 8_000
"""Tokens for an answer and a conversation that need not be condensed at once."""
_MOST = 512
"""Tokens of an answer in words; models that think take hundreds for a word."""
_TRIES = 2
_CALLS = 3
_SLOW = 6.0
_BUSY = (Kind.rate_limit, Kind.server)
_SMALL = (Message("user", "Reply with the single word: ready"),)
_LONGER = (Message("user", "Count from one to twelve in words, with commas between them."),)
_STRUCTURED = (
    Message(
        "user",
        "A candidate said: 'I would look at click-through rate online and at NDCG offline.' "
        "Note the topic, each measure that he names and where it is taken, and a remark, or "
        "null if there is none.",
    ),
)
_MEASURE = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "where": {"type": "string", "enum": ["online", "offline"]},
    },
    "required": ["name", "where"],
    "additionalProperties": False,
}
_SHAPE = Shape(
    "note",
    {
        "type": "object",
        "properties": {
            "topic": {"type": "string", "enum": ["data", "metrics", "model"]},
            "measures": {"type": "array", "items": _MEASURE},
            "remark": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["topic", "measures", "remark"],
        "additionalProperties": False,
    },
)
Doing = Callable[[str], None]


@cache
def needed_context() -> tuple[int, int]:
    """Tokens that the observer cannot do without, and those that an interview should have.

    Measured on the shipped rubric and scenarios: the rules are the same at every turn.
    """
    shelf = Catalog()
    rubric = shelf.rubric("ml_system_design")
    rules = max(count(observing_rules(rubric, scenario)) for scenario in shelf.scenarios())
    return rules + _OBSERVER_ANSWER, rules + _BESIDE_RULES


async def examined(
    model: str, base_url: str | None, limits: Limits, *, role: Role, doing: Doing
) -> Examined:
    """Test one model, ending early if it cannot be reached.

    `doing` is told what is tested. Raises InputError for a name that is none.
    """
    target, title = Target(parsed(model, base_url).full, base_url), shown(model, base_url)
    doing(f"{title}: connection")
    try:
        if (
            model == ANY_MODEL
            and target.is_own
            and (fault := _without_models(await target.listed()))
        ):
            raise fault
        chat = await connect(model, base_url, limits)
    except ModelError as fault:
        fallen = await failed("reachable", fault, target, None)
        return Examined(name=title, role=role, checks=(fallen,))
    except (InputError, EngineError) as error:
        result, _, remedy = clean(str(error)).partition("; ")
        if not remedy and "install" not in result:
            remedy = set_key(target.name) or "correct --model"
        fallen = check("reachable", Status.failed, result, remedy=remedy)
        return Examined(name=title, role=role, checks=(fallen,))
    try:
        return await _tested(_Patient(chat, limits, Target(chat.name, base_url)), role, doing)
    finally:
        await chat.close()


async def _tested(patient: "_Patient", role: Role, doing: Doing) -> Examined:
    """All checks of a model that could be connected."""
    title, traits, is_own = clean(patient.chat.name), patient.chat.traits, patient.target.is_own
    checks, ways = [await reachable(patient)], list[Way]()
    if checks[0].status is not Status.failed:
        if role == "interviewer":
            doing(f"{title}: streaming")
            checks.append(await streaming(patient))
        for method in traits.methods:
            doing(f"{title}: structured output, {TITLES[method]}")
            is_settled = any(way.outcome is Outcome.works for way in ways)
            ways.append(await structured(patient, method, is_brief=is_settled))
        checks += judged(ways, is_own=is_own), context(traits.context, is_own=is_own)
        doing(f"{title}: latency")
        checks.append(await latency(patient))
    used = used_of(ways)
    return Examined(
        name=title,
        role=role,
        checks=tuple(checks),
        ways=tuple(ways),
        method=used and used.method,
    )


@dataclass(frozen=True)
class _Patient:
    """A model under test."""

    chat: Chat
    limits: Limits
    target: Target

    async def answer(
        self,
        messages: tuple[Message, ...],
        shape: Shape | None = None,
        method: Method = Method.prompted,
        max_tokens: int = _MOST,
    ) -> tuple[Completion, float]:
        """An answer and its seconds. A busy server is waited for, as in an interview."""
        tries = 0
        while True:
            began = time.monotonic()
            try:
                given = await self.chat.complete(
                    messages, shape=shape, method=method, max_tokens=max_tokens
                )
            except ModelError as fault:
                tries += 1
                wait = self.limits.backoff * 2 ** (tries - 1)
                wait = wait if fault.retry_after is None else fault.retry_after
                busy = fault.kind in _BUSY and wait <= self.limits.longest_wait
                if not busy or tries >= self.limits.attempts:
                    raise
                await asyncio.sleep(wait)
                continue
            return given, time.monotonic() - began


def _without_models(answer: Answer) -> ModelError | None:
    """What is wrong with a server whose first model is wanted, or None."""
    if answer.models:
        return None
    if answer.status == 0:
        return ModelError(Kind.connection, "")
    kind = Kind.key if answer.status in (401, 403) else Kind.model
    return ModelError(kind, f"HTTP {answer.status}: it lists no model", status=answer.status)


async def reachable(patient: _Patient) -> Check:
    """Whether it gives a tiny answer, whatever that holds."""
    began = time.monotonic()
    try:
        _, seconds = await patient.answer(_SMALL)
    except ModelError as fault:
        return await failed("reachable", fault, patient.target, time.monotonic() - began)
    if not patient.target.is_own:
        return check("reachable", Status.ok, "it answers", seconds)
    name = patient.target.model
    has = [one.name for one in (await patient.target.listed()).models or ()]
    if not has or {name, f"{name}:latest"} & set(has):
        return check("reachable", Status.ok, "it answers", seconds)
    result = f"it answers, though the server does not list {clean(name)!r}"
    remedy = f"check --model; the server has {nearest(name, has)}"
    return check("reachable", Status.warning, result, seconds, remedy)


async def streaming(patient: _Patient) -> Check:
    """Whether the answer comes in pieces, and after how long the first one."""
    name, began, first, pieces = "streaming", time.monotonic(), 0.0, 0
    try:
        async with closing(patient.chat.stream(_LONGER, max_tokens=_MOST)) as stream:
            async for piece in stream:
                if piece.text:
                    first = first or time.monotonic() - began
                    pieces += 1
    except ModelError as fault:
        return await failed(name, fault, patient.target, time.monotonic() - began)
    if pieces > 1:
        return check(name, Status.ok, f"{pieces} pieces; the time is that to the first", first)
    if pieces == 1:
        remedy = "words will not flow; perhaps a gateway in between holds them back"
        return check(name, Status.warning, "all came in one piece", first, remedy)
    took = time.monotonic() - began
    return check(name, Status.failed, "the answer is empty", took, "choose another model")


class _Measure(BaseModel):
    name: str
    where: Literal["online", "offline"]


class _Note(BaseModel):
    topic: Literal["data", "metrics", "model"]
    measures: list[_Measure]
    remark: str | None


async def structured(patient: _Patient, method: Method, *, is_brief: bool = False) -> Way:
    """Whether this way of asking gets an answer of the form that was asked for.

    With `is_brief` it gets one try and few tokens: small models may write JSON without end.
    """
    began, reason, most = time.monotonic(), "", _MOST if is_brief else _OBSERVER_ANSWER
    for _ in range(1 if is_brief else _TRIES):
        messages = asking_for(_STRUCTURED, _SHAPE, method)
        messages = corrected(messages, reason) if reason else messages
        began = time.monotonic()
        try:
            given, seconds = await patient.answer(messages, _SHAPE, method, most)
            _read(given, method)
        except ModelError as fault:
            outcome = Outcome.refused if fault.kind is Kind.unsupported else Outcome.fault
            told = clean(fault.message)
            break
        except NotAnObjectError as error:
            reason = str(error)
            outcome, told = Outcome.no_json, f"accepted, but not heeded: {reason}"
        except UnusableAnswerError as error:
            outcome, told = Outcome.unfit, (reason := str(error))
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
            outcome, told = Outcome.unfit, f"JSON, but of another form ({reason})"
        else:
            told = "works at the second try" if reason else "works"
            return Way(method=method, outcome=Outcome.works, told=told, seconds=round(seconds, 3))
    seconds = round(time.monotonic() - began, 3)
    return Way(method=method, outcome=outcome, told=told, seconds=seconds)


def _read(given: Completion, method: Method) -> None:
    """Raise ValidationError or UnusableAnswerError for what could not be used."""
    if given.finish in (Finish.refusal, Finish.content_filter):
        raise UnusableAnswerError("the model declined to answer")
    if not given.text.strip():
        raise UnusableAnswerError("the answer is empty")
    if given.finish is Finish.length:
        raise UnusableAnswerError("the answer was cut off before its end")
    _Note.model_validate(object_in(given.text, mend=method is Method.prompted))


def used_of(ways: Sequence[Way]) -> Way | None:
    """The way that practice would use: the first that it does not give up, see Caller."""
    given_up = (Outcome.refused, Outcome.no_json)
    return next((way for way in ways if way.outcome not in given_up), None)


def judged(ways: Sequence[Way], *, is_own: bool) -> Check:
    """What the ways together mean for an interview."""
    name, used = "structured output", used_of(ways)
    remedy = "choose another model"
    if is_own:
        remedy += ", or a server that keeps to a schema (Ollama, LM Studio, llama.cpp, vLLM do)"
    if used is None or not any(way.outcome is Outcome.works for way in ways):
        result = "no way works: answers could be neither read nor graded"
        return check(name, Status.failed, result, remedy=remedy)
    if used.outcome is Outcome.works:
        return check(name, Status.ok, f"practice uses {TITLES[used.method]}")
    result = f"practice uses {TITLES[used.method]}, which does not work"
    status = Status.failed if used.outcome is Outcome.fault else Status.warning
    return check(name, status, result, remedy=f"try again; if it stays so, {remedy}")


def context(tokens: int | None, *, is_own: bool) -> Check:
    """Whether the context is long enough, as far as it is known."""
    name, (least, enough) = "context length", needed_context()
    wanted = f"about {round(enough, -3):,} are needed"
    remedy = "choose a model with a longer one"
    if is_own:
        remedy = "start the server with more (llama.cpp: -c 16384, vLLM: --max-model-len 16384)"
    if tokens is None and is_own:
        # Neither of them tells, and Ollama cuts what is longer without a word.
        remedy = (
            "Ollama may cut at 4,096: start it with OLLAMA_CONTEXT_LENGTH=16384; in LM Studio "
            "set it when the model is loaded"
        )
        return check(name, Status.warning, f"the server does not say; {wanted}", remedy=remedy)
    if tokens is None:
        return check(name, Status.ok, f"not known; {wanted}")
    if tokens >= enough:
        return check(name, Status.ok, f"{tokens:,} tokens; {wanted}")
    if tokens >= least:
        result = f"{tokens:,} tokens; {wanted}, else older turns are shortened"
        return check(name, Status.warning, result, remedy=remedy)
    result = f"{tokens:,} tokens; the rules and an answer alone take {round(least, -2):,}"
    return check(name, Status.failed, result, remedy=remedy)


async def latency(patient: _Patient) -> Check:
    """The median of a few small calls; a turn of an interview takes two larger ones."""
    name, taken = "latency", list[float]()
    try:
        while len(taken) < _CALLS:
            taken.append((await patient.answer(_SMALL))[1])
    except ModelError as fault:
        fallen = await failed(name, fault, patient.target, None)
        status = Status.warning if fault.kind in _BUSY else Status.failed
        return fallen.model_copy(update={"status": status})
    median, result = statistics.median(taken), f"median of {_CALLS} small calls"
    if median <= _SLOW:
        return check(name, Status.ok, result, median)
    remedy = "each turn takes two larger ones; choose a quicker model, or --observer-model"
    return check(name, Status.warning, result, median, remedy)
