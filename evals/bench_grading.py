"""What grading in bulk takes (part of `make bench`, alone `python -m evals.bench_grading NAME`).

Everything goes through a `Job`, as with `sevenstep grade`; the server has a process of its own,
and so has each run whose memory or computing time is measured. The figures are ratios and counts
within one run. How grades agree with people's is measured elsewhere.
"""

import asyncio
import contextlib
import itertools
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from os.path import commonprefix
from pathlib import Path
from typing import Any, TypeVar

import openai

from agent.batch.job import Job, Order
from agent.batch.outputs import GradesFile
from agent.batch.results import write_results
from agent.batch.run import Progress
from agent.batch.settings import Settings
from agent.cli.turns import script_turns
from agent.llm.limiter import limiter_for
from agent.llm.tokens import count
from agent.llm.unit import Calls
from agent.store.ledger import Ledger
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.server import FakeLLM, Scripted
from evals.offline import SCRIPTS
from evals.recorded import criteria_asked

_T = TypeVar("_T")
_EARLY = 2_000
_CPU_CALLS = 1_500
_LATENCY = 0.3
_LEAST_CACHED = 1_024
_CACHED_PRICE = 0.25
_LEAST_TOKENS = (6_000, 12_000)
_TRANSCRIPTS = 4
_WORDS = 60_000
_SYLLABLES = (
    "ba cor de fin gra hel i jo ka lum me nor o pra qui ra sten tu ver wil xa yo zen".split()
)
_PLAIN = (
    "the of and to in is that it for as with on by this are from at be which or because so a an "
    "when not have each more than into their was if they can one all will its then"
).split()
_RUBRIC = """\
id: consistency
title: Consistency of caches
question: Why do caches go stale, and what can be done about it?
reference: >-
  A cache holds a copy, and the source changes without telling it. A time to live bounds how old
  an entry may get. Invalidation by events removes an entry as soon as the source changes, but an
  event may be lost or late. Versioned keys make old entries unreachable. Write-through keeps cache
  and source together, at the price of slower writes.
criteria:
  - id: cause
    title: The cause
    judges: Whether it is said why a cached entry goes stale.
    levels:
      0: Not said.
      1: Said that data changes.
      2: Said that the source changes while the copy does not.
  - id: remedies
    title: Remedies
    judges: Which remedies are named, and how they work.
    levels:
      0: None.
      1: One remedy is named.
      2: Two remedies are named.
      3: Three remedies are explained.
  - id: price
    title: The price
    judges: Whether the costs of the remedies are weighed.
    levels:
      0: Not weighed.
      1: One cost is named.
      2: Costs of several remedies are compared.
"""


def main(names: Sequence[str] = ()) -> None:
    """Print the figures, of all cases or of those named."""
    cases = {"memory": _memory, "limits": _limits, "caching": _caching, "cost": _cost}
    for name, case in cases.items():
        if not names or name in names:
            case()


# The cases.


def _memory() -> None:
    """Many answers: the memory must not grow with their number."""
    for number, latency in ((100_000, None), (20_000, 0.001)):
        with _server(latency or 0.0) as server:
            ran = _apart(_graded, number, None if latency is None else server.url)
        told = "offline" if latency is None else f"at {latency * 1000:g} ms a call"
        print(
            f"{number:,} short answers {told}: {number / ran.seconds:.0f} answers a second, "
            f"{ran.lost} criteria without a level; most memory at the end: "
            f"{ran.most_memory / ran.early_memory:.2f} times that after {_EARLY:,}"
        )


def _limits() -> None:
    """A server that takes only so many calls at once."""
    for cap, number in ((20, 600), (100, 3_000)):
        with _server(_LATENCY, cap) as server:
            ran = _apart(_graded, number, server.url)
            told = server.told()
        ideal = number / cap * _LATENCY
        print(
            f"{number:,} answers where {cap} calls at once are taken, {_LATENCY} s each: "
            f"{ran.graded / ideal:.2f} times the least time until all are graded and kept "
            f"({ran.seconds / ideal:.2f} with table, report and pages), "
            f"{100 * told.refused / (told.served + told.refused):.1f} % refused, "
            f"{ran.lost} criteria without a level, at most {told.peak} at once; "
            f"the CPU was busy for {100 * ran.graded_cpu / ran.graded:.0f} % of it"
        )


def _caching() -> None:
    """What of the prompts for long answers a provider's cache serves."""
    for least in _LEAST_TOKENS:
        lengths = [count(text) for text in _long_answers(least)]
        print(f"{len(lengths)} answers of {min(lengths):,} to {max(lengths):,} tokens, many turns:")
        for calls in (Calls.step, Calls.criterion):
            with _server(0.0, keeps=True) as server:
                _apart(_graded_long, least, calls, server.url)
                answers = _by_answer(server.told().requests)
            prompts = sum(map(len, answers))
            asked = [[one.rules + one.answer + one.criteria for one in told] for told in answers]
            print(f"  one call a {calls.value}, {prompts} calls: {_billed(asked)}")
            turned = [[one.rules + one.criteria + one.answer for one in told] for told in answers]
            print(f"    with the criteria before the answer: {_billed(turned)}")
            formed = [
                [one.schema + text for one, text in zip(*two, strict=True)]
                for two in zip(answers, asked, strict=True)
            ]
            print(f"    where the schema of the reply stands before all: {_billed(formed)}")


def _cost() -> None:
    """Computing time of an answer, and which part of it is for keeping the results."""
    with _server(0.0, keeps=True) as server:
        ran = _apart(_graded, _CPU_CALLS, server.url)
        body = dict(server.told().requests[-1])
        bare = min(_apart(_bare_cpu, server.url, body) for _ in range(3))
    each, whole = ran.graded_cpu / _CPU_CALLS, ran.cpu / _CPU_CALLS
    print(
        f"CPU time of a graded answer (one call): {each / bare:.2f} times that of the bare call "
        f"with the openai client ({bare * 1000:.2f} ms); "
        f"{whole / bare:.2f} times with table, report and pages; "
        f"keeping the results takes {ran.keeping / _CPU_CALLS / bare:.2f} times that, "
        f"{ran.kept / _CPU_CALLS / bare:.2f} of it for ledger and grades.jsonl"
    )


# A run, in a process of its own.


@dataclass
class _Ran:
    """What a run took: seconds and CPU seconds until the last answer was kept, and until all
    files stood; memory in kB; CPU seconds for keeping results, in the ledger and with files."""

    graded: float
    graded_cpu: float
    seconds: float
    cpu: float
    early_memory: int
    most_memory: int
    lost: int
    kept: float = 0.0
    keeping: float = 0.0


def _graded(number: int, url: str | None) -> _Ran:
    """Grade so many short answers, one call each, or offline."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rubric = folder / "rubric.yaml"
        rubric.write_text(_RUBRIC, encoding="utf-8")
        answers = folder / "answers.jsonl"
        with answers.open("w", encoding="utf-8") as file:
            for at, text in enumerate(short_answers(number)):
                file.write(json.dumps({"id": f"a{at}", "answer": text}) + "\n")
        order = Order(
            (answers,), folder / "out", rubric=str(rubric), settings=_settings(url, Calls.answer)
        )
        ran = _run(order)
        ran.kept, ran.keeping = _keeping_cpu(order.folder, folder / "again")
    return ran


def _graded_long(least: int, calls: Calls, url: str) -> _Ran:
    """Grade the long answers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers = folder / "answers.jsonl"
        with answers.open("w", encoding="utf-8") as file:
            for at, text in enumerate(_long_answers(least)):
                file.write(json.dumps({"id": f"a{at}", "turns": text.split("\n\n")}) + "\n")
        return _run(
            Order(
                (answers,),
                folder / "out",
                scenario="netflix_recs",
                settings=_settings(url, calls),
            )
        )


def _settings(url: str | None, calls: Calls) -> Settings:
    if url is None:
        return Settings()
    return Settings(models=("openai:fake-model",), base_url=url, calls=calls)


def _run(order: Order) -> _Ran:
    early = 0
    graded = graded_cpu = 0.0

    def told(progress: Progress) -> None:
        nonlocal early, graded, graded_cpu
        if progress.done == _EARLY and not early:
            early = _most_memory()
        if progress.done == progress.total and not graded:
            graded, graded_cpu = time.perf_counter() - began, time.process_time() - cpu

    began, cpu = time.perf_counter(), time.process_time()
    with Job(order) as job:
        done = asyncio.run(job.run(told))
    seconds, whole_cpu = time.perf_counter() - began, time.process_time() - cpu
    at_end = _most_memory()
    with Ledger(order.folder, reading=True) as ledger:
        lost = sum(
            not isinstance(grade.level, int)
            for graded in ledger.graded()
            for grade in graded.scorecard.criteria
        )
    if done.ending.stopped is not None:
        raise RuntimeError(done.ending.stopped)
    return _Ran(graded, graded_cpu, seconds, whole_cpu, early or at_end, at_end, lost)


def _keeping_cpu(folder: Path, again: Path) -> tuple[float, float]:
    """CPU seconds to keep what is in a ledger once more: in a ledger, and with the files."""
    with Ledger(folder, reading=True) as ledger:
        graded = list(itertools.islice(ledger.graded(), _CPU_CALLS))
        texts = [ledger.text_of(one.id) or "" for one in graded]
        usage = ledger.usage()
    card = graded[0].model_dump_json()
    cpu = time.process_time()
    with Ledger(again) as ledger, GradesFile(again, ledger) as grades:
        ledger.begin_run()
        for at, (one, text) in enumerate(zip(graded, texts, strict=True)):
            if usage:
                ledger.put_unit(one.key, card, usage)
            ledger.put(one, text, at)
            grades.add(one.id)
        grades.finish()
        kept = time.process_time() - cpu
        write_results(again, ledger)
    return kept, time.process_time() - cpu


def _most_memory() -> int:
    """The most memory that this process has held so far, in kB.

    That of `getrusage` may be the parent's, from before this program was begun.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def _bare_cpu(url: str, body: dict[str, Any]) -> float:
    """CPU seconds of a call with the bare client, as many at once as a run begins with."""

    async def calls() -> float:
        room = asyncio.Semaphore(limiter_for("bench").limit)
        async with openai.AsyncOpenAI(
            base_url=url,
            api_key="none",
            max_retries=0,
            http_client=openai.DefaultAioHttpClient(),
        ) as client:

            async def call() -> None:
                async with room:
                    await client.chat.completions.create(**body)

            await call()
            before = time.process_time()
            await asyncio.gather(*(call() for _ in range(_CPU_CALLS)))
            return (time.process_time() - before) / _CPU_CALLS

    return asyncio.run(calls())


def _apart(function: Callable[..., _T], *arguments: object) -> _T:
    """The function's result in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


# The answers.


def short_answers(number: int, seed: int = 1) -> Iterator[str]:
    """Answers of about forty words; few of their words are frequent and thousands are rare."""
    chance = random.Random(seed)
    known = _RUBRIC.partition("reference: >-")[2].partition("criteria:")[0].split()
    for _ in range(number):
        said = []
        for _ in range(chance.randint(2, 4)):
            words = [_word(chance, known) for _ in range(chance.randint(8, 18))]
            said.append(f"{' '.join(words).capitalize()}.")
        yield " ".join(said)


def _word(chance: random.Random, known: Sequence[str]) -> str:
    drawn = chance.random()
    if drawn < 0.4:
        return chance.choice(_PLAIN)
    if drawn < 0.6:
        return chance.choice(known).strip(".,").lower()
    # By Zipf's law the word of rank n is drawn 1/n times as often as the first.
    rank = int(_WORDS ** chance.random())
    spelt = ""
    while rank:
        rank, syllable = divmod(rank, len(_SYLLABLES))
        spelt += _SYLLABLES[syllable]
    return spelt + "ed" if chance.random() < 0.2 else spelt


def _long_answers(least: int) -> list[str]:
    """Answers of thousands of tokens: the scripted interviews, strung together."""
    scripts = itertools.cycle(sorted((SCRIPTS / "tuned_a").rglob("*.yaml")))
    found = []
    for _ in range(_TRANSCRIPTS):
        turns: list[str] = []
        while count("\n\n".join(turns)) < least:
            turns += [turn.replace("\n\n", "\n") for turn in script_turns(next(scripts))]
        found.append("\n\n".join(turn for turn in turns if not turn.startswith("/")))
    return found


# The prompts, as they reached the server.


@dataclass
class _Prompt:
    """A prompt in its parts; `schema` is that of the answer, which is sent beside it."""

    schema: str
    rules: str
    answer: str
    criteria: str


def _by_answer(requests: Iterable[dict[str, Any]]) -> list[list[_Prompt]]:
    """The prompts in the order of their coming, answer by answer."""
    answers: dict[str, list[_Prompt]] = {}
    for body in requests:
        rules, asked = (message["content"] for message in body["messages"])
        text, end, criteria = asked.rpartition("</candidate>")
        schema = json.dumps(body["response_format"])
        answers.setdefault(text, []).append(_Prompt(schema, rules, text + end, criteria))
    return list(answers.values())


def _billed(answers: Iterable[Sequence[str]]) -> str:
    """What is billed, in words, if the beginnings that prompts share come from a cache."""
    total = cached = 0
    for prompts in answers:
        for at, prompt in enumerate(prompts):
            begun = (commonprefix((prompt, one)) for one in prompts[:at])  # noqa: RUF071 (texts)
            alike = max(begun, key=len, default="")
            shared = count(alike)
            total += count(prompt)
            cached += shared if shared >= _LEAST_CACHED else 0
    billed = total - cached * (1 - _CACHED_PRICE)
    return (
        f"{total:,} tokens, {100 * cached / total:.0f} % from a cache, billed as {billed:,.0f} "
        f"({billed / total:.2f})"
    )


# The server, in a process of its own.


@dataclass
class _Told:
    """What a server counted, and the bodies of its requests if it keeps them."""

    served: int
    refused: int
    peak: int
    requests: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class _Server:
    url: str
    _line: Connection

    def told(self) -> _Told:
        """What it has counted up to now."""
        self._line.send("told")
        told = self._line.recv()
        assert isinstance(told, _Told)
        return told


@contextlib.contextmanager
def _server(latency: float, cap: int | None = None, *, keeps: bool = False) -> Iterator[_Server]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, latency, cap, keeps), daemon=True)
    process.start()
    try:
        url = ours.recv()
        assert isinstance(url, str)
        yield _Server(url, ours)
    finally:
        process.terminate()
        process.join()
        ours.close()


def _serve(line: Connection, latency: float, cap: int | None, keeps: bool) -> None:
    async def serve() -> None:
        server = FakeLLM(Scripted(_reply), latency=latency, max_in_flight=cap, keep_requests=keeps)
        async with server:
            line.send(server.url)
            while await asyncio.to_thread(line.recv):
                bodies = [dict(one.body) for one in server.requests]
                line.send(_Told(server.served, server.refused, server.peak_in_flight, bodies))

    asyncio.run(serve())


def _reply(request: ChatRequest) -> Reply:
    """Level 1 on every criterion that the form asks for; the beginning is the quote."""
    form = request.body["response_format"]["json_schema"]["schema"]
    _, _, said = request.last.partition('<candidate turn="0">\n')
    quote = {"turn": 0, "quote": said.partition("\n")[0][:80].strip()}
    grade = {
        "quotes": [quote],
        "reason": "You say that the source changes. What a copy does not notice is missing.",
        "level": 1,
        "confidence": "high",
    }
    grades = [{"criterion": name, **grade} for name in criteria_asked(request.last, form)]
    return Reply(json={"grades": grades, "red_flags": []})


if __name__ == "__main__":
    main(sys.argv[1:])
