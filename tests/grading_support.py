"""What tests of grading share: a small rubric, answers, runners that give what is wanted."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from agent.answer_rubric import AnswerRubric
from agent.batch.answer import Answer
from agent.batch.outputs import GradesFile
from agent.batch.problem import Made, Problem, Problems
from agent.batch.run import Ending, Progress, Run
from agent.batch.runner import Rated
from agent.calibration import Calibration
from agent.catalog import Catalog
from agent.errors import EngineUnavailableError
from agent.graded import GradedAnswer
from agent.ports import Evidence, Graded, Verdict
from agent.scorecard import Provenance, Review
from agent.store.ledger import Ledger

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
TEXT = "Slow start doubles the window. Then it grows by one."
RUBRIC = """\
id: tcp
title: Congestion control
question: Name the two phases of TCP congestion control.
reference: In slow start cwnd doubles every round trip. In congestion avoidance it grows by one.
criteria:
  - id: slow_start
    title: Slow start
    points: 2
  - id: avoidance
    title: Congestion avoidance
    levels:
      0: Not named, or wrong.
      1: Named.
      2: Linear growth explained.
"""
CRITERIA = ("slow_start", "avoidance")


def rubric_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """The rubric in a file, with these texts in the place of others."""
    text = RUBRIC
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "tcp.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def answers_file(folder: Path, texts: Mapping[str, str]) -> Path:
    """Answers by their ids, in a file of JSON Lines."""
    path = folder / "answers.jsonl"
    lines = (json.dumps({"id": name, "answer": text}) for name, text in texts.items())
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def many(count: int) -> dict[str, str]:
    """So many answers with different texts."""
    return {f"a{number}": f"Answer {number} names slow start. Yes." for number in range(count)}


def kept(folder: Path) -> list[GradedAnswer]:
    """What stands in the results of a run."""
    lines = (folder / "grades.jsonl").read_text(encoding="utf-8").splitlines()
    return [GradedAnswer.model_validate_json(line) for line in lines]


def levels(one: GradedAnswer) -> tuple[object, ...]:
    """The levels of its criteria."""
    return tuple(grade.level for grade in one.scorecard.criteria)


def rubric(**changes: object) -> AnswerRubric:
    """A rubric of two criteria worth two points each."""
    raw: dict[str, object] = {
        "id": "tcp",
        "title": "Congestion control",
        "question": "Name the phases.",
        "criteria": [
            {"id": "slow_start", "title": "Slow start", "points": 2},
            {
                "id": "avoidance",
                "title": "Avoidance",
                "levels": {0: "Not named.", 1: "Named.", 2: "Linear growth explained."},
            },
        ],
    }
    return AnswerRubric.model_validate(raw | changes)


def problem(answer_rubric: AnswerRubric | None = None, prompt: str | None = None) -> Problem:
    """What the answers are judged by."""
    return Problems(Catalog(), answer_rubric or rubric(), prompt=prompt).of(answer())


def answer(name: str = "a", text: str = TEXT) -> Answer:
    """One answer."""
    return Answer(id=name, turns=(text,), source=name)


def verdict(criterion: str, level: int | None, quote: str = "Slow start doubles") -> Verdict:
    """A verdict with the quote for it."""
    evidence = (Evidence(turn=0, quote=quote),) if level else ()
    reason = "It is said." if level is not None else "Not graded: it was unreadable."
    return Verdict(criterion=criterion, evidence=evidence, reason=reason, level=level)


def verdicts(*given: int | None) -> Graded:
    """Grades of the criteria, in their order."""
    pairs = zip(CRITERIA, given, strict=True)
    return Graded(verdicts=tuple(verdict(name, level) for name, level in pairs), flags=())


def provenance() -> Provenance:
    """Some provenance."""
    return Made(engine="fake", note="").provenance(rubric(), "h", question_hash="q")


def review(criterion: str, original: int, level: int, reason: str = "It is there.") -> Review:
    """A person's word."""
    return Review(
        criterion=criterion, original=original, level=level, reason=reason, by="Ann", at=NOW
    )


def calibration(
    made: Provenance, levels: Mapping[str, Sequence[float]], **changes: object
) -> Calibration:
    """A calibration for grades that are made so: expected levels for each of the grader's."""
    raw: dict[str, object] = {
        "version": made.version,
        "method": "isotonic",
        "rubric": made.rubric,
        "rubric_hash": made.rubric_hash,
        "engine": made.engine,
        "prompts_hash": made.prompts_hash,
        "parameters": made.parameters,
        "source": "Sample",
        "answers": 1200,
        "made_at": NOW,
        "criteria": [
            {"criterion": name, "levels": tuple(given), "n": 40} for name, given in levels.items()
        ],
    }
    return Calibration.model_validate(raw | changes)


class FakeRunner:
    """Gives what `found` says of an answer's id, or raises it; remembers who was asked for.

    The answers in `slow` wait until `go` is set.
    """

    how: tuple[str, ...] = ("fake",)

    def __init__(
        self,
        found: Callable[[str], Graded | Exception] = lambda _: verdicts(1, 2),
        *,
        at_once: int = 4,
        slow: Iterable[str] = (),
    ) -> None:
        self.at_once = at_once
        self.asked: list[str] = []
        self.most_active = 0
        self.go = asyncio.Event()
        self._found = found
        self._slow = set(slow)
        self._active = 0

    async def rate(self, answer: Answer, problem: Problem) -> Rated:
        """What is said of this answer."""
        self.asked.append(answer.id)
        self._active += 1
        self.most_active = max(self.most_active, self._active)
        try:
            await (self.go.wait() if answer.id in self._slow else asyncio.sleep(0))
        finally:
            self._active -= 1
        found = self._found(answer.id)
        if isinstance(found, Exception):
            raise found
        return Rated(found, Made(engine="fake", note=""))

    async def close(self) -> None:
        """Nothing is open."""


def graded_by(
    runner: FakeRunner,
    folder: Path,
    answers: list[Answer],
    told: Callable[[Run, Progress], None] = lambda *_: None,
) -> Ending:
    """A run over these answers with results in this folder."""
    runs: list[Run] = []
    with Ledger(folder) as ledger, GradesFile(folder, ledger) as grades:
        runs.append(
            Run(
                answers,
                len(answers),
                Problems(Catalog(), rubric()),
                runner,
                ledger,
                grades,
                now=lambda: NOW,
                told=lambda progress: told(runs[0], progress),
            )
        )
        return asyncio.run(runs[0].go())


def down(_: str = "") -> EngineUnavailableError:
    """The fault that other answers would meet, too."""
    return EngineUnavailableError("fake: the key is wrong; check it")
