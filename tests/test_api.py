"""sevenstep from Python: `from agent import grade, practice`."""

import asyncio
import gc
import re
from pathlib import Path

import pytest

from agent import grade, grade_async, practice, practice_async
from agent.batch.answer import Answer
from agent.errors import InputError, RunStoppedError
from agent.store.memory import MemoryLog
from tests.plain_model import plain_model
from tests.support import written_rubric

PAGE = Path(__file__).resolve().parent.parent / "docs" / "grading.md"
GOOD = "Slow start doubles the window each round trip. Then it grows linearly."


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("congestion.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    (example,) = blocks("python")
    exec(compile(example, "docs/grading.md", "exec"), {})
    assert "of 4.0" in capsys.readouterr().out
    assert Path("results/grades.jsonl").read_text().count("\n") == 2


def test_one_text_gives_one_outcome_and_many_give_a_list() -> None:
    one = grade(GOOD, rubric=written_rubric())
    many = grade([GOOD, ""], rubric=written_rubric())
    assert one.id == "1"
    assert [graded.id for graded in many] == ["1", "2"]
    assert many[0].scorecard.percent == one.scorecard.percent
    assert many[1].scorecard.percent == 0


def test_answers_may_have_ids_of_their_own() -> None:
    (graded,) = grade([Answer(id="kim", turns=(GOOD,))], rubric=written_rubric())
    assert graded.id == "kim"


def test_it_works_where_a_loop_runs_already() -> None:
    async def in_a_notebook() -> str:
        return grade(GOOD, rubric=written_rubric()).status

    assert asyncio.run(in_a_notebook()) == "graded"


def test_it_can_be_awaited() -> None:
    graded = asyncio.run(grade_async(GOOD, rubric=written_rubric()))
    assert graded.status == "graded"


@pytest.mark.parametrize("threshold", [700, 0, 50_000])
def test_runs_at_the_same_time_leave_the_garbage_collector_as_it_was(threshold: int) -> None:
    async def both(url: str) -> None:
        short, long = [GOOD], [f"{GOOD} Number {number}." for number in range(20)]
        await asyncio.gather(
            *(
                grade_async(texts, rubric=written_rubric(), model="openai:x", base_url=url)
                for texts in (short, long)
            )
        )

    before = gc.get_threshold()
    gc.set_threshold(threshold, *before[1:])
    try:
        with plain_model(latency=0.02) as server:
            asyncio.run(both(server.url))
        assert gc.get_threshold() == (threshold, *before[1:])
    finally:
        gc.set_threshold(*before)


def test_a_folder_keeps_what_was_paid_for(tmp_path: Path) -> None:
    with plain_model() as server:
        how = {"rubric": written_rubric(), "model": "openai:x", "base_url": server.url}
        for _ in range(2):
            grade([GOOD, "Other words."], folder=tmp_path, **how)  # type: ignore[call-overload]
        assert server.served == 2


def test_a_run_that_is_stopped_gives_what_it_has(tmp_path: Path) -> None:
    with plain_model() as server, pytest.raises(RunStoppedError, match="max-tokens") as stopped:
        grade(
            [f"{GOOD} Number {number}." for number in range(60)],
            rubric=written_rubric(),
            model="openai:x",
            base_url=server.url,
            max_tokens=8_000,
            folder=tmp_path,
        )
    assert 0 < len(stopped.value.graded) < 60


def test_a_mistake_is_an_input_error() -> None:
    with pytest.raises(InputError, match="what was asked"):
        grade(GOOD)
    with pytest.raises(InputError, match="no answers"):
        grade([])


def test_an_interview_is_held_with_a_function() -> None:
    asked: list[str] = []

    def candidate(said: str) -> str | None:
        asked.append(said)
        return "I would predict whether a member plays a title." if len(asked) < 3 else None

    record = practice(candidate, "netflix_recs")
    assert record.ended == "left"
    assert "Netflix" in asked[0]
    assert len(asked) == 3


def test_an_interview_is_held_with_turns_and_graded_again() -> None:
    record = practice(["We want members to stay; I predict the chance of a play."], "netflix_recs")
    again = grade(record)
    assert again.scorecard.percent == record.scorecard.percent


def test_a_candidate_may_take_his_time() -> None:
    async def candidate(said: str) -> str | None:
        await asyncio.sleep(0)
        return None

    log = MemoryLog()
    record = asyncio.run(practice_async(candidate, "netflix_recs", log=log, level="senior"))
    assert record.options.level == "senior"
    assert asyncio.run(log.events(record.interview)) == record.events
