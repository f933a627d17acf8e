"""Says what is configured and found on this machine, and tests a model for what an interview needs.

Every test returns a result with its remedy and raises nothing for what a model or server does.
No value of a key, nor a part of one, is in any result. Printing is left to `agent.cli.doctor`.
"""

import asyncio
import difflib
import os
import re
import shlex
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal

from pydantic import BaseModel, ValidationError

from agent import __version__
from agent.catalog import Catalog
from agent.errors import EngineError, InputError
from agent.frozen import Frozen
from agent.llm.chat import Chat, Completion, Finish, Limits, Message, Method, Shape
from agent.llm.connect import OPENAI_KEYS, connect, official_base_url, openai_key, parsed
from agent.llm.faults import Kind, ModelError
from agent.llm.observer import observing_rules
from agent.llm.patience import closing
from agent.llm.providers import ANY_MODEL, OFFLINE, PROVIDERS, Chosen
from agent.llm.redact import HIDDEN, redacted, without_credentials
from agent.llm.servers import Answer, asked, local_servers
from agent.llm.structured import (
    NotAnObjectError,
    UnusableAnswerError,
    asking_for,
    corrected,
    object_in,
)
from agent.llm.tokens import count

_TRACING = (
    "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING_V2", "LANGSMITH_TRACING", "LANGCHAIN_TRACING"
)  # fmt: skip
"""The first that is set decides, as in LangSmith."""
_OFFICIAL = "https://api.openai.com/v1"
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_MASKED = re.compile(r"\S*(?:\*{2,}|…|\.{3})\S+")
_OBSERVER_ANSWER = 2_500
_BESIDE_RULES = 8_000
"""Tokens for an answer and a conversation that need not be condensed at once."""
_MOST = 512
"""Tokens of an answer in words; models that think take hundreds for a word."""
_TRIES = 2
_CALLS = 3
_SLOW = 6.0
_NEAREST = 5
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
TITLES = {
    Method.json_schema: "JSON schema",
    Method.tool_call: "tool call",
    Method.json_mode: "JSON mode",
    Method.prompted: "prompted JSON",
}
Doing = Callable[[str], None]
Role = Literal["interviewer", "observer"]


class Package(Frozen):
    """Whether a provider's package is there, `install` being the command that installs it.

    `key` is the variable that holds the provider's key, None if none is set.
    """

    provider: str
    is_installed: bool
    key: str | None
    install: str


class Configuration(Frozen):
    """What the environment and the options say.

    `keys` are the names of the variables that hold keys; the next four are the values of
    SEVENSTEP_MODEL, SEVENSTEP_OBSERVER_MODEL, SEVENSTEP_BASE_URL and OPENAI_BASE_URL, without
    credentials. `counts_tokens` is false where they are estimated from the number of bytes.
    `engine` is what `sevenstep practice` would use with the same options, and `why` says why.
    """

    keys: tuple[str, ...]
    model: str | None
    observer_model: str | None
    base_url: str | None
    openai_base_url: str | None
    packages: tuple[Package, ...]
    is_traced: bool
    counts_tokens: bool
    engine: str
    why: str


class Served(Frozen):
    """A model that a server lists; `context` in tokens, None if the server does not say."""

    name: str
    context: int | None


class Server(Frozen):
    """A server on this machine; `command` practises with its first model, if it has one."""

    title: str
    url: str
    models: tuple[Served, ...]
    command: str | None


class Status(StrEnum):
    """How a check went; `failed` means that an interview is not possible."""

    ok = "ok"
    warning = "warning"
    failed = "failed"


class Check(Frozen):
    """One thing that was tested.

    `seconds` are those of the call, for streaming until the first piece, for latency the median;
    None where nothing was measured. `remedy` is empty where nothing has to be done.
    """

    name: str
    status: Status
    result: str
    seconds: float | None = None
    remedy: str = ""


class Outcome(StrEnum):
    """How one way of getting structured answers went."""

    works = "works"
    refused = "refused"
    """The server or the model does not take it; practice turns to the next."""
    no_json = "no_json"
    """It is accepted and not heeded; practice turns to the next after two answers."""
    unfit = "unfit"
    """Nothing came, or JSON of another form than was asked for; practice asks again."""
    fault = "fault"


class Way(Frozen):
    """One way of getting structured answers, and how it went."""

    method: Method
    outcome: Outcome
    told: str
    seconds: float


class Examined(Frozen):
    """A model and how it did. `ways` are in the order in which practice tries them.

    `method` is the one that practice would use. The checks after one that stops all are left out.
    """

    name: str
    role: Role
    checks: tuple[Check, ...]
    ways: tuple[Way, ...] = ()
    method: Method | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it can do its part in an interview."""
        return all(check.status is not Status.failed for check in self.checks)


class Findings(Frozen):
    """All that `sevenstep doctor --json` prints; `is_usable` goes with exit code 0.

    `models` is empty for the offline engine, which needs no test.
    """

    version: str = __version__
    configuration: Configuration
    servers: tuple[Server, ...]
    models: tuple[Examined, ...]
    is_usable: bool


def configured(chosen: Chosen, environment: Mapping[str, str] | None = None) -> Configuration:
    """What is configured; nothing is called."""
    known = os.environ if environment is None else environment
    tracing = next((known[name] for name in _TRACING if known.get(name, "").strip()), "")
    names = [*OPENAI_KEYS, *(key for provider in PROVIDERS for key in provider.keys)]
    model, url = known.get("SEVENSTEP_MODEL"), known.get("SEVENSTEP_BASE_URL")
    choice = chosen.choice
    if choice.model == OFFLINE and chosen.told:
        why = chosen.told if "is set" in chosen.told else "no key is set and no model named"
        if known.get("OPENAI_BASE_URL"):
            why += "; OPENAI_BASE_URL alone names no model"
    elif chosen.told:
        why = chosen.told.partition(":")[0]
    elif choice.model == ANY_MODEL:
        why = f"named by {'SEVENSTEP_BASE_URL' if choice.base_url == url else '--base-url'}"
    else:
        why = f"named by {'SEVENSTEP_MODEL' if choice.model == model else '--model'}"
    return Configuration(
        keys=tuple(name for name in dict.fromkeys(names) if known.get(name)),
        model=_clean(model) or None,
        observer_model=_clean(known.get("SEVENSTEP_OBSERVER_MODEL")) or None,
        base_url=_clean(without_credentials(url or "")) or None,
        openai_base_url=_clean(without_credentials(known.get("OPENAI_BASE_URL", ""))) or None,
        packages=tuple(
            Package(
                provider=provider.title,
                is_installed=provider.is_installed,
                key=provider.key(known),
                install=provider.install,
            )
            for provider in PROVIDERS
        ),
        is_traced=tracing == "true",
        # With the encoding a run of blanks is one token, by the number of bytes it is twenty.
        counts_tokens=count(" " * 80) < 20,
        engine=shown(choice.model, choice.base_url),
        why=why,
    )


def shown(model: str, base_url: str | None) -> str:
    """How a model is called before its server has been asked for its name."""
    if model == OFFLINE:
        return "the offline engine"
    if model == ANY_MODEL:
        return f"the first model of {_clean(without_credentials(base_url or _OFFICIAL))}"
    return _clean(model)


async def found(addresses: Sequence[tuple[str, str]] | None = None) -> tuple[Server, ...]:
    """The servers that answer at these addresses (title and URL) or at the usual ones."""
    servers = []
    for title, url, listed in await local_servers(addresses):
        models = tuple(Served(name=_clean(one.name), context=one.context) for one in listed)
        model = shlex.quote(f"openai:{models[0].name}") if models else ""
        command = f"sevenstep practice --base-url {url} --model {model}" if models else None
        servers.append(Server(title=title, url=url, models=models, command=command))
    return tuple(servers)


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
    target, title = _Target(parsed(model, base_url).full, base_url), shown(model, base_url)
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
        failed = await _failed("reachable", fault, target, None)
        return Examined(name=title, role=role, checks=(failed,))
    except (InputError, EngineError) as error:
        result, _, remedy = _clean(str(error)).partition("; ")
        if not remedy and "install" not in result:
            remedy = _set_key(target.name) or "correct --model"
        failed = _check("reachable", Status.failed, result, remedy=remedy)
        return Examined(name=title, role=role, checks=(failed,))
    try:
        return await _tested(_Patient(chat, limits, _Target(chat.name, base_url)), role, doing)
    finally:
        await chat.close()


async def _tested(patient: "_Patient", role: Role, doing: Doing) -> Examined:
    """All checks of a model that could be connected."""
    title, traits, is_own = _clean(patient.chat.name), patient.chat.traits, patient.target.is_own
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
class _Target:
    """Where the calls to a model go."""

    name: str
    base_url: str | None

    @property
    def model(self) -> str:
        return self.name.partition(":")[2]

    @property
    def url(self) -> str | None:
        """The server's base URL if it speaks OpenAI's protocol."""
        if not self.name.startswith("openai:"):
            return None
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or _OFFICIAL

    @property
    def is_own(self) -> bool:
        """Whether it is a server of one's own, as far as is known."""
        return self.url is not None and not official_base_url(self.base_url)

    @property
    def key(self) -> str | None:
        """The variable that holds the key that is sent."""
        if self.url is not None:
            return openai_key()
        return next((one.key() for one in PROVIDERS if self.name.startswith(f"{one.id}:")), None)

    async def listed(self) -> Answer:
        """What the server says that it has."""
        return await self.listed_at(self.url) if self.url else Answer(0)

    async def listed_at(self, url: str) -> Answer:
        return await asked(url, os.environ.get(self.key or ""))


@dataclass(frozen=True)
class _Patient:
    """A model under test."""

    chat: Chat
    limits: Limits
    target: _Target

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
        return await _failed("reachable", fault, patient.target, time.monotonic() - began)
    if not patient.target.is_own:
        return _check("reachable", Status.ok, "it answers", seconds)
    name = patient.target.model
    has = [one.name for one in (await patient.target.listed()).models or ()]
    if not has or {name, f"{name}:latest"} & set(has):
        return _check("reachable", Status.ok, "it answers", seconds)
    result = f"it answers, though the server does not list {_clean(name)!r}"
    remedy = f"check --model; the server has {_nearest(name, has)}"
    return _check("reachable", Status.warning, result, seconds, remedy)


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
        return await _failed(name, fault, patient.target, time.monotonic() - began)
    if pieces > 1:
        return _check(name, Status.ok, f"{pieces} pieces; the time is that to the first", first)
    if pieces == 1:
        remedy = "words will not flow; perhaps a gateway in between holds them back"
        return _check(name, Status.warning, "all came in one piece", first, remedy)
    took = time.monotonic() - began
    return _check(name, Status.failed, "the answer is empty", took, "choose another model")


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
            told = _clean(fault.message)
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
        return _check(name, Status.failed, result, remedy=remedy)
    if used.outcome is Outcome.works:
        return _check(name, Status.ok, f"practice uses {TITLES[used.method]}")
    result = f"practice uses {TITLES[used.method]}, which does not work"
    status = Status.failed if used.outcome is Outcome.fault else Status.warning
    return _check(name, status, result, remedy=f"try again; if it stays so, {remedy}")


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
        return _check(name, Status.warning, f"the server does not say; {wanted}", remedy=remedy)
    if tokens is None:
        return _check(name, Status.ok, f"not known; {wanted}")
    if tokens >= enough:
        return _check(name, Status.ok, f"{tokens:,} tokens; {wanted}")
    if tokens >= least:
        result = f"{tokens:,} tokens; {wanted}, else older turns are shortened"
        return _check(name, Status.warning, result, remedy=remedy)
    result = f"{tokens:,} tokens; the rules and an answer alone take {round(least, -2):,}"
    return _check(name, Status.failed, result, remedy=remedy)


async def latency(patient: _Patient) -> Check:
    """The median of a few small calls; a turn of an interview takes two larger ones."""
    name, taken = "latency", list[float]()
    try:
        while len(taken) < _CALLS:
            taken.append((await patient.answer(_SMALL))[1])
    except ModelError as fault:
        failed = await _failed(name, fault, patient.target, None)
        status = Status.warning if fault.kind in _BUSY else Status.failed
        return failed.model_copy(update={"status": status})
    median, result = statistics.median(taken), f"median of {_CALLS} small calls"
    if median <= _SLOW:
        return _check(name, Status.ok, result, median)
    remedy = "each turn takes two larger ones; choose a quicker model, or --observer-model"
    return _check(name, Status.warning, result, median, remedy)


async def _failed(name: str, fault: ModelError, target: _Target, seconds: float | None) -> Check:
    """A fault as the result of a check, with what can be done about it."""
    result, remedy = _clean(fault.message), fault.remedy
    own = "--base-url" if target.base_url else "OPENAI_BASE_URL"
    if fault.kind is Kind.key:
        remedy = _set_key(target.name) or f"put a valid key into {target.key}"
        if fault.status == 401:
            # Servers like to send a part of the key back.
            sent = f"the key in {target.key} is refused" if target.key else "a key is needed"
            result = f"{sent} (HTTP 401)"
        elif target.key:
            remedy = f"check what the key in {target.key} may use, and --model"
    elif fault.kind is Kind.model:
        remedy = await _other_name(target, own)
    elif fault.kind is Kind.connection and target.url:
        result = f"no connection to {_clean(without_credentials(target.url))}"
        remedy = f"start the server, or correct {own}" if target.is_own else "check the network"
        if proxy := next((one for one in _PROXIES if _proxy(one)), None):
            remedy += f"; {proxy} is set, and NO_PROXY exempts servers from it"
    elif fault.kind is Kind.timeout and seconds:
        result = f"no answer in {seconds:.3g} s"
    elif fault.retry_after:
        remedy = f"wait {fault.retry_after:.0f} s, or choose another model"
    elif fault.kind in (Kind.request, Kind.unsupported):
        remedy = _set_key(target.name) or "choose another model or server"
    return _check(name, Status.failed, result, seconds, remedy)


def _check(
    name: str, status: Status, result: str, seconds: float | None = None, remedy: str = ""
) -> Check:
    took = None if seconds is None else round(seconds, 3)
    return Check(name=name, status=status, result=result, seconds=took, remedy=remedy)


def _proxy(name: str) -> str | None:
    return os.environ.get(name) or os.environ.get(name.lower())


def _set_key(name: str) -> str:
    """What to set where the provider's key is missing."""
    for provider in PROVIDERS:
        keys = OPENAI_KEYS if provider.id == "openai" else provider.keys
        if name.startswith(f"{provider.id}:") and keys and not any(map(os.environ.get, keys)):
            return f"set {' or '.join(keys)}"
    return ""


async def _other_name(target: _Target, own: str) -> str:
    """What to do about a 404: another name, or another address."""
    if target.url is None:
        return "check the model's name"
    answer = await target.listed()
    if answer.models:
        has = [one.name for one in answer.models]
        return f"check --model; the server has {_nearest(target.model, has)}"
    if answer.models is not None:
        return "the server has no model; load one"
    longer = f"{target.url.rstrip('/')}/v1"
    if target.is_own and (await target.listed_at(longer)).models is not None:
        return f"write {own} {_clean(without_credentials(longer))}"
    if target.is_own:
        return f"check --model and {own}, which usually ends in /v1"
    return "check --model"


def _nearest(name: str, has: Sequence[str]) -> str:
    """Those of the names that are most like this one, or the first ones."""
    near = difflib.get_close_matches(name, has, _NEAREST, 0.5) or list(has[:_NEAREST])
    more = len(has) - len(near)
    return ", ".join(map(_clean, near)) + (f" and {more} more" if more else "")


def _clean(text: str | None) -> str:
    """Text from elsewhere, on one line, without keys, parts of keys and what steers a terminal."""
    printable = "".join(c if c.isprintable() else " " for c in redacted(text or ""))
    return " ".join(_MASKED.sub(HIDDEN, printable).split())
