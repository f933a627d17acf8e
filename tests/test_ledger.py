"""The ledger keeps all that was put, for one writer and any readers, through any kill."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.errors import StoreError
from agent.graded import GradedAnswer
from agent.scorecard import (
    CriterionGrade,
    Grade,
    HelpSummary,
    Margin,
    Provenance,
    Review,
    Scorecard,
)
from agent.store.ledger import Counts, Ledger
from agent.store.sql import SqlStore
from agent.usage import ModelUsage

AT = datetime(2025, 1, 2, 3, 4, tzinfo=UTC)
ROOT = Path(__file__).parent.parent


def grade(name: str, level: Grade = 2, **changes: Any) -> CriterionGrade:
    fields = {"title": name, "step": "all", "weight": 1, "must_have": False, "reason": "So."}
    return CriterionGrade(**{"id": name, "level": level, **fields, **changes})


def card(*criteria: CriterionGrade, **changes: Any) -> Scorecard:
    """A scorecard with these criteria; `changes` replace its other fields."""
    fields: dict[str, Any] = {
        "percent": 50.0,
        "unprompted_percent": 50.0,
        "coverage": 100.0,
        "level": None,
        "decision": None,
        "decision_reason": "None is made.",
        "margin": Margin(above_floor=None, to_next=None, next=None),
        "help": HelpSummary(
            probes=0,
            hints=0,
            challenges=0,
            points_unprompted=0,
            points_after_probe=0,
            points_after_hint=0,
        ),
        "provenance": Provenance(
            version="0.1.0",
            engine="offline",
            rubric="essay",
            rubric_version="1",
            rubric_hash="a" * 64,
            note="A baseline.",
        ),
    }
    several = ("failed_must_haves", "steps", "flags", "strengths", "gaps", "ledger", "facts")
    empty: dict[str, Any] = dict.fromkeys(several, ())
    return Scorecard(criteria=criteria or (grade("clarity"),), **(fields | empty | changes))


def answer(name: str = "a", *criteria: CriterionGrade, **changes: Any) -> GradedAnswer:
    fields = {"id": name, "key": "k", "graded_at": AT, "scorecard": card(*criteria)}
    return GradedAnswer(**(fields | changes))


def review(level: int = 3, original: Grade = 2, criterion: str = "clarity") -> Review:
    return Review(
        criterion=criterion, original=original, level=level, reason="It is.", by="Ann", at=AT
    )


def used(model: str, calls: int = 1, cost: float | None = 0.5) -> ModelUsage:
    return ModelUsage(model=model, calls=calls, input_tokens=10, output_tokens=2, cost_usd=cost)


def ids(ledger: Ledger) -> list[str]:
    return [one.id for one in ledger.graded()]


def test_a_page_holds_what_fits_of_the_last_run_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.begin_run()
        ledger.put(answer("Änne of an earlier run"), "", 0)
        ledger.begin_run()
        for position, name in enumerate(("Zoë", "änne", "ÄNNE 2", "bob")):
            ledger.put(answer(name), "", position)
        ledger.put(answer("Änne 3", grade("clarity", "ungraded")), "", 4)
        total, found = ledger.page(1, 2, named="Änne")
        assert (total, [one.id for one in found]) == (3, ["ÄNNE 2", "Änne 3"])
        total, found = ledger.page(0, 9, named="änne", status="ungraded")
        assert (total, [one.id for one in found]) == (1, ["Änne 3"])
        assert ledger.page(0, 2)[0] == 5


# Units


def test_a_unit_is_found_again_and_a_later_result_takes_its_place(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put_unit("u", "1")
        ledger.put_unit("u", "2")
    with Ledger(tmp_path) as ledger:
        assert ledger.unit("u") == "2"
        assert ledger.unit("other") is None


def test_replies_are_kept_by_unit_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        for number, payload in ((1, "second"), (0, "first"), (0, "again")):
            ledger.put_reply("u", number, payload)
        assert ledger.replies("u") == ["first", "second"]
        assert ledger.replies("other") == []


def test_spending_is_summed_by_model_over_runs(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put_unit("u", "1", (used("b"), used("a")))
    with Ledger(tmp_path) as ledger:
        ledger.put_unit("u", "paid again", (used("b", calls=2),))
        ledger.add_spent((used("a"),))
        b, a = ledger.usage()
    assert (b.model, b.calls, b.input_tokens, b.cost_usd) == ("b", 3, 20, 1.0)
    assert (a.model, a.calls) == ("a", 2)


def test_a_price_that_is_not_known_once_is_not_known_of_the_sum(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        for cost in (0.5, None, 0.5):
            ledger.add_spent((used("a", cost=cost),))
        assert ledger.usage()[0].cost_usd is None


def test_a_unit_whose_spending_cannot_be_kept_is_not_kept_either(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        with pytest.raises(ZeroDivisionError):
            ledger.put_unit("u", "1", (used("m", calls=1 // 0) for _ in "1"))
        assert ledger.unit("u") is None
        ledger.put_unit("u", "2")
        assert ledger.unit("u") == "2"


# Answers


def test_an_answer_comes_back_as_it_was_put(tmp_path: Path) -> None:
    put = answer("naïve \0 id", source="answers.csv, row 1")
    with Ledger(tmp_path) as ledger:
        ledger.put(put, '["said"]', 0)
    with Ledger(tmp_path) as ledger:
        assert ledger.answer(put.id) == put
        assert ledger.text_of(put.id) == '["said"]'
        assert ledger.key_of(put.id) == ("k", "graded")


def test_an_unknown_answer_is_none(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        assert (ledger.answer("x"), ledger.text_of("x"), ledger.key_of("x")) == (None,) * 3


def test_a_put_replaces_the_answer_of_the_same_id(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put(answer(), "old", 0)
        ledger.put(answer("a", grade("clarity", "ungraded"), key="k2"), "new", 0)
        assert ledger.key_of("a") == ("k2", "ungraded")
        assert ledger.text_of("a") == "new"
        assert ids(ledger) == ["a"]


def test_a_replacement_keeps_text_and_place(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put(answer("b"), "text", 1)
        ledger.put(answer("a"), "text", 2)
        ledger.begin_run()
        ledger.seen("a", 0)
        ledger.replace(answer("b", question="Why?"))
        assert ids(ledger) == ["a"]
        assert ledger.text_of("b") == "text"
        ledger.replace(answer("a", question="Why?"))
        assert [one.question for one in ledger.graded()] == ["Why?"]


def test_what_is_not_there_is_neither_seen_nor_replaced_nor_reviewed(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        with pytest.raises(KeyError):
            ledger.seen("x", 0)
        with pytest.raises(KeyError):
            ledger.replace(answer("x"))
        with pytest.raises(KeyError):
            ledger.add_review("x", review())


# Runs


def test_the_answers_of_the_last_run_come_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        assert ledger.begin_run() == 1
        for position in range(200):
            ledger.put(answer(f"a{position * 7 % 200}"), "", position * 7 % 200)
        assert ids(ledger) == [f"a{position}" for position in range(200)]
    with Ledger(tmp_path) as ledger:
        assert ledger.begin_run() == 2
        assert ids(ledger) == []
        ledger.seen("a9", 0)
        ledger.put(answer("new"), "", 1)
        ledger.seen("a3", 2)
        assert ids(ledger) == ["a9", "new", "a3"]


def test_answers_at_the_same_position_are_all_there(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        for number in range(120):
            ledger.put(answer(f"a{number:03}"), "", 0)
        assert ids(ledger) == [f"a{number:03}" for number in range(120)]


def test_answers_can_be_put_while_others_are_read(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        for position in range(150):
            ledger.put(answer(f"a{position}"), "", position)
        read = []
        for position, one in enumerate(ledger.graded()):
            read.append(one.id)
            if position < 150:
                ledger.put(answer(f"a{position}", question="again"), "", position)
                ledger.put(answer(f"b{position}"), "", 150 + position)
    assert read == [f"a{n}" for n in range(150)] + [f"b{n}" for n in range(150)]


def test_answers_are_counted_by_status_and_those_of_earlier_runs_apart(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        assert ledger.counts() == Counts()
        ledger.begin_run()
        ledger.put(answer("a"), "", 0)
        ledger.put(answer("b"), "", 1)
        ledger.begin_run()
        ledger.seen("b", 0)
        ledger.put(answer("c", grade("clarity", "ungraded")), "", 1)
        ledger.put(answer("d", grade("clarity"), grade("depth", "ungraded")), "", 2)
        assert ledger.counts() == Counts(graded=1, partly=1, ungraded=1, earlier=1)


# Reviews


def test_reviews_apply_to_the_grade_that_was_reviewed(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put(answer(key="k1"), "", 0)
        ledger.add_review("a", review(3))
        ledger.add_review("a", review(4))
        assert ledger.reviews("a") == (review(3), review(4))
        ledger.put(answer(key="k2"), "", 0)
        ledger.add_review("a", review(1))
        assert ledger.reviews("a") == (review(1),)
        assert ledger.stale_reviews("a") == (review(3), review(4))
        ledger.put(answer(key="k1"), "", 0)
        assert ledger.reviews("a") == (review(3), review(4))


# One writer, many readers


def test_a_second_writer_is_told_that_another_is_at_work(tmp_path: Path) -> None:
    with Ledger(tmp_path), pytest.raises(StoreError, match="another sevenstep is at work there"):
        Ledger(tmp_path)
    Ledger(tmp_path).close()


def test_a_reader_sees_what_a_writer_in_another_process_puts(tmp_path: Path) -> None:
    with _writer(tmp_path, 1_000_000) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError, match="another sevenstep is at work"):
            Ledger(tmp_path)
        with Ledger(tmp_path, reading=True) as ledger:
            before = ledger.counts().graded
            process.stdout.readline()
            assert 0 < before < ledger.counts().graded
            assert process.poll() is None
        process.kill()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    Ledger(tmp_path).close()
    with (
        Ledger(tmp_path, reading=True) as ledger,
        pytest.raises(StoreError, match="may not be written"),
    ):
        ledger.put_unit("u", "1")


def test_a_ledger_in_a_folder_that_cannot_be_written_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put(answer(), "", 0)
    # The tests may run as root, who can write everywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    with Ledger(tmp_path, reading=True) as ledger:
        assert ids(ledger) == ["a"]
    assert not (tmp_path / "ledger.db-shm").exists()


# Kills


def _writer(folder: Path, count: int) -> "subprocess.Popen[str]":
    """A process that puts answers, says the first one and each hundredth, and goes on."""
    program = f"""
import sys
from pathlib import Path
from agent.batch.outputs import GradesFile
from agent.store.ledger import Ledger
from tests.test_ledger import answer, grade, used

ledger = Ledger(Path(sys.argv[1]))
ledger.begin_run()
file = GradesFile(Path(sys.argv[1]), ledger)
long = grade("clarity", reason="word " * 2000)
for n in range({count}):
    ledger.put_unit(f"u{{n}}", "1", (used("m"),))
    if ledger.key_of(f"a{{n}}") is None:
        ledger.put(answer(f"a{{n}}", long), "", n)
    else:
        ledger.seen(f"a{{n}}", n)
    file.add(f"a{{n}}")
    if n % 100 == 0:
        print(n, flush=True)
"""
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("after", [1, 2, 5])
def test_a_killed_process_loses_nothing_that_was_put(tmp_path: Path, after: int) -> None:
    for _ in range(2):
        with _writer(tmp_path, 1_000_000) as process:
            assert process.stdout is not None
            for _ in range(after):
                told = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGKILL)
        with Ledger(tmp_path, reading=True) as ledger:
            found = [one.id for one in ledger.graded()]
            spent = ledger.usage()[0].calls
        assert len(found) > told
        assert found == [f"a{n}" for n in range(len(found))]
        assert spent >= len(found)
        # The file may lack the one answer that was in hand, and the last line may be cut off.
        *lines, _ = (tmp_path / "grades.jsonl").read_bytes().split(b"\n")
        written = [GradedAnswer.model_validate_json(line).id for line in lines]
        assert written == found[: len(written)]
        assert len(found) - len(written) <= 1
    Ledger(tmp_path).close()


# What is no ledger


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    SqlStore(str(tmp_path / "ledger.db")).close()
    before = (tmp_path / "ledger.db").read_bytes()
    for reading in (False, True):
        with pytest.raises(StoreError, match=r"ledger\.db: is no ledger; move it away"):
            Ledger(tmp_path, reading=reading)
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("id,answer\n" * 100)
    with pytest.raises(StoreError, match=r"ledger\.db: is no ledger; move it away"):
        Ledger(tmp_path)


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Ledger(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "ledger.db")
    connection.execute("UPDATE meta SET value = 2 WHERE name = 'format'")
    connection.commit()
    connection.close()
    for reading in (False, True):
        with pytest.raises(StoreError, match="made by a newer version; update sevenstep"):
            Ledger(tmp_path, reading=reading)


def test_a_grade_that_this_version_cannot_read_is_told(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put(answer(), "", 0)
        ledger._connection.execute("""UPDATE cards SET card = '{"id": "a"}'""")
        with pytest.raises(StoreError, match="this version cannot read; update sevenstep"):
            ledger.answer("a")


def test_reading_where_nothing_was_graded_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="name the folder that sevenstep grade has written to"):
        Ledger(tmp_path, reading=True)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_was_killed_before_its_tables_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    with pytest.raises(StoreError, match="is empty; run sevenstep grade first"):
        Ledger(tmp_path, reading=True)
    with Ledger(tmp_path) as ledger:
        ledger.put_unit("u", "1")


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(StoreError, match="cannot be made a folder"):
        Ledger(tmp_path / "out")


def test_a_full_disk_loses_nothing_that_was_put(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.put(answer("a"), "", 0)
        pages = ledger._value("PRAGMA page_count")
        ledger._connection.execute(f"PRAGMA max_page_count={pages}")
        with pytest.raises(StoreError, match="the disk is full; free space and run it again"):
            ledger.put(answer("b"), "x" * 100_000, 1)
        assert ids(ledger) == ["a"]
    with Ledger(tmp_path) as ledger:
        assert ids(ledger) == ["a"]


def test_ids_of_any_language_may_be_put(tmp_path: Path) -> None:
    names = ["ответ", "答え", "a'b", "%", "🙂", "A", "a"]
    with Ledger(tmp_path / "a folder? with #signs%") as ledger:
        for position, name in enumerate(names):
            ledger.put(answer(name), "", position)
    with Ledger(tmp_path / "a folder? with #signs%", reading=True) as ledger:
        assert ids(ledger) == names
