"""Killed at any moment and called again, grading loses no answer, doubles none, pays none twice."""

import csv
import json
import random
import re
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.graded import GradedAnswer
from agent.store.ledger import Ledger, is_ledger
from evals.fakellm.chat import ChatRequest, Reply
from evals.fakellm.server import FakeLLM, Scripted, serving
from tests.forked import forked
from tests.plain_model import plain_reply

ANSWERS = 300
KILLS = 10
"""For each seed."""
AT_ONCE = 16
_NUMBER = re.compile(r"Answer number (\d+) ")
RUBRIC = """\
id: caches
title: Caches
question: Why do caches go stale?
criteria:
  - {id: cause, title: Cause, levels: {0: Not said, 1: Hinted at, 2: Said}}
  - {id: remedy, title: Remedy, levels: {0: None, 1: Named, 2: Explained}}
"""


@dataclass
class _Counting:
    """The model, which counts how often each answer was graded to the end."""

    served: Counter[str] = field(default_factory=Counter)

    def reply(self, request: ChatRequest) -> Reply:
        number = _NUMBER.search(request.last)
        assert number is not None
        self.served[number[1]] += 1
        return plain_reply(request)


@dataclass
class _Folder:
    """A folder that was graded into to the end, after some kills."""

    path: Path
    served: Counter[str]
    wasted: list[int]
    """For each kill the calls that were served and whose results were not kept."""


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_again_and_again_it_ends_as_if_nothing_had_happened(
    tmp_path: Path, seed: int
) -> None:
    model = _Counting()
    server = FakeLLM(Scripted(model.reply), latency=0.01, max_in_flight=AT_ONCE, retry_after=0.02)
    with serving(server):
        folders = _folders(tmp_path, server.url, model, random.Random(seed))
    assert sum(len(folder.wasted) for folder in folders) == KILLS
    for folder in folders:
        _every_answer_stands_once(folder.path)
        _only_what_was_in_flight_was_paid_for_twice(folder)
        _the_spending_is_that_of_what_was_kept(folder.path)


def _every_answer_stands_once(folder: Path) -> None:
    ids = [f"a{number}" for number in range(ANSWERS)]
    lines = (folder / "grades.jsonl").read_text().splitlines()
    found = [GradedAnswer.model_validate_json(line) for line in lines]
    assert [one.id for one in found] == ids
    assert {one.status for one in found} == {"graded"}
    with (folder / "grades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ids
    assert {row["status"] for row in rows} == {"graded"}


def _only_what_was_in_flight_was_paid_for_twice(folder: _Folder) -> None:
    assert set(folder.served) == {str(number) for number in range(ANSWERS)}
    assert all(0 <= wasted <= AT_ONCE for wasted in folder.wasted), folder.wasted
    assert sum(times - 1 for times in folder.served.values()) == sum(folder.wasted)


def _the_spending_is_that_of_what_was_kept(folder: Path) -> None:
    lines = (folder / "grades.jsonl").read_text().splitlines()
    made = [json.loads(line)["scorecard"]["provenance"]["models"] for line in lines]
    with Ledger(folder, reading=True) as ledger:
        (spent,) = ledger.usage()
    assert spent.calls == ANSWERS == sum(one["calls"] for (one,) in made)
    assert {spent.model} == {one["model"] for (one,) in made}
    assert spent.input_tokens == sum(one["input_tokens"] for (one,) in made)
    assert spent.output_tokens == sum(one["output_tokens"] for (one,) in made)


def _folders(home: Path, url: str, model: _Counting, chance: random.Random) -> list[_Folder]:
    """Grade into one folder after the other until there were enough kills."""
    table, rubric = home / "many.csv", home / "rubric.yaml"
    rubric.write_text(RUBRIC)
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "answer"])
        for number in range(ANSWERS):
            rows.writerow([f"a{number}", f"Answer number {number} says why. A copy is not told."])
    order = ["grade", str(table), "--rubric", str(rubric), "--model", "openai:x"]
    folders: list[_Folder] = []
    while (left := KILLS - sum(len(folder.wasted) for folder in folders)) > 0:
        model.served = Counter()
        out = home / f"out{len(folders)}"
        command = [*order, "--at-once", str(AT_ONCE), "--base-url", url, "--out", str(out)]
        folders.append(_folder(command, out, model, left, chance))
    return folders


def _folder(
    command: list[str], out: Path, model: _Counting, most: int, chance: random.Random
) -> _Folder:
    """Call the command until it is through, and kill it at most so often."""
    wasted: list[int] = []
    while True:
        before = model.served.total() - _kept(out)
        killed = _killed(command, model, chance.uniform(0, 0.4) if len(wasted) < most else None)
        if not killed:
            return _Folder(out, model.served, wasted)
        time.sleep(0.05)  # the server learns that nobody waits any more
        wasted.append(model.served.total() - _kept(out) - before)


def _killed(command: list[str], model: _Counting, seconds: float | None) -> bool:
    """Run a command and kill it so many seconds after its first call; whether that came first."""
    before = model.served.total()
    with tempfile.TemporaryFile("w+") as told:
        process = forked(*command, end=told.fileno())
        while model.served.total() == before and process.is_alive():
            time.sleep(0.002)
        process.join(seconds)
        process.kill()
        process.join()
        told.seek(0)
        assert process.exitcode in (0, -signal.SIGKILL), told.read()
    return process.exitcode != 0


def _kept(folder: Path) -> int:
    """The calls whose results the ledger holds."""
    if not is_ledger(folder):
        return 0
    with Ledger(folder, reading=True) as ledger:
        return sum(one.calls for one in ledger.usage())
