"""Bad input gets one clear line and exit code 2, and leaves nothing half-written."""

import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from agent.errors import FileError, StoreError
from agent.store import sql
from tests.cli_support import ANSWER, data_file, refused, run, spawn

DRILL = ("practice", "netflix_recs", "--steps", "metrics")


def with_script(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return refused(run(*DRILL, "--script", path))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("candidate_turns:\n\t- x\n", "line 2: not valid YAML"),
        ('candidate_turns:\n  - "x\n', "line 3: not valid YAML"),
        ("candidate_turns: [a]\ncandidate_turns: [b]\n", "stands twice; remove one"),
        ("", "is empty; give the turns"),
        ("just text\n", "holds text where a mapping"),
        ("turns: [a]\n", "candidate_turns: this key is missing"),
        ("candidate_turns: hello\n", "is no list"),
        ("candidate_turns: []\n", "holds no turns"),
        ("candidate_turns: [a, 5]\n", "candidate_turns[1]: 5 is no text"),
        ("candidate_turns: [a, '  ']\n", "candidate_turns[1]: is empty"),
        ("candidate_turns: [2020-99-99]\n", "not valid YAML"),
        (b"\x80\x81", "is not UTF-8 text (byte 0)"),
        (b"a\0b", "holds a NUL byte"),
    ],
)
def test_a_faulty_yaml_script_is_refused(tmp_path: Path, content: str | bytes, told: str) -> None:
    line = with_script(tmp_path / "s.yaml", content)
    assert str(tmp_path / "s.yaml") in line
    assert told in line


def test_half_of_a_character_is_refused(tmp_path: Path) -> None:
    # The parser in C calls it invalid YAML, that in Python lets it through.
    line = with_script(tmp_path / "s.yaml", 'candidate_turns: ["\\ud800"]\n')
    assert "half of a character" in line or "not valid YAML" in line


def test_ctrl_c_in_the_middle_of_work_says_how_to_go_on() -> None:
    from agent.interview.session import Session

    with mock.patch.object(Session, "answer", side_effect=KeyboardInterrupt):
        ran = run(*DRILL, stdin=ANSWER)
    assert ran.code == 130
    assert "What was said is kept; go on with: sevenstep resume" in ran.err


def test_a_text_script_without_turns_is_refused(tmp_path: Path) -> None:
    assert "holds no turns" in with_script(tmp_path / "s.txt", " \n\n")


def test_a_turn_that_is_too_long_is_refused_before_the_interview(tmp_path: Path) -> None:
    assert "more than 200,000" in with_script(tmp_path / "s.txt", "word " * 50_000)
    assert not data_file().exists()


def test_a_missing_script_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refused(run(*DRILL, "--script", tmp_path / "none"))


def test_a_folder_as_a_script_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refused(run(*DRILL, "--script", tmp_path))


@pytest.mark.parametrize("turn", ["/foo", "/back nowhere"])
def test_an_unknown_command_is_refused_before_the_interview(tmp_path: Path, turn: str) -> None:
    line = with_script(tmp_path / "s.txt", f"{ANSWER}\n\n{turn}")
    assert line.startswith("turn 2 of the script:")
    assert run("history", "--all").out.startswith("No interviews yet")


def test_endless_piped_input_is_refused() -> None:
    assert "standard input: holds more than" in refused(run(*DRILL, stdin="y\n" * 1_100_000))


def test_an_unknown_scenario_gets_a_suggestion() -> None:
    assert "did you mean 'netflix_recs'?" in refused(run("practice", "netflx_recs"))


def test_an_unknown_rubric_is_refused() -> None:
    assert "unknown rubric" in refused(run("practice", "--demo", "--rubric", "nope"))


@pytest.mark.parametrize("steps", ["metrix", "metrics,", ",", "Not A Step"])
def test_an_unknown_step_is_refused(steps: str) -> None:
    ran = run("practice", "netflix_recs", "--steps", steps, stdin=ANSWER)
    if steps == "metrics,":
        assert ran.code == 0
    else:
        assert "step" in refused(ran)


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "soon"])
def test_impossible_minutes_are_refused(minutes: str) -> None:
    ran = run("practice", "--demo", "--minutes", minutes)
    assert ran.code == 2
    assert "--minutes" in ran.err
    assert "Traceback" not in ran.err


def test_an_unknown_model_is_refused() -> None:
    assert "unknown model 'gpt'" in refused(run("practice", "--demo", "--model", "gpt"))


def test_minutes_and_the_relaxed_pace_exclude_each_other() -> None:
    assert "--minutes" in refused(run("practice", "--demo", "--pace", "relaxed", "--minutes", "20"))


def test_the_sample_candidate_knows_one_scenario_only() -> None:
    assert "'netflix_recs' only" in refused(run("practice", "card_fraud"))


# Files to write


def test_a_json_file_in_a_missing_folder_is_refused_before_the_interview(tmp_path: Path) -> None:
    line = refused(run(*DRILL, "--json", tmp_path / "none" / "x.json", stdin=ANSWER))
    assert "its folder does not exist" in line
    assert not data_file().exists()


def test_a_folder_as_the_json_file_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refused(run(*DRILL, "--json", tmp_path, stdin=ANSWER))


def test_a_folder_that_cannot_be_written_is_refused() -> None:
    line = refused(run(*DRILL, "--json", "/proc/sevenstep.json", stdin=ANSWER))
    assert line.startswith("/proc/sevenstep.json: its folder cannot be written")


def test_a_full_disk_while_writing_the_json_file_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    full = OSError(28, "No space left on device")
    with mock.patch.object(Path, "write_text", side_effect=full):
        line = refused(run(*DRILL, "--json", path, stdin=ANSWER))
    assert "No space left on device" in line
    assert list(tmp_path.glob("*.json*")) + list(tmp_path.glob(".*")) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_device_is_written_to_and_not_replaced() -> None:
    line = refused(run(*DRILL, "--json", "/dev/full", stdin=ANSWER))
    assert "No space left on device" in line
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)  # noqa: PTH116 (a device is meant)


def test_a_report_that_exists_is_not_harmed_by_a_full_disk(tmp_path: Path) -> None:
    from agent.files import write_whole

    path = tmp_path / "report.md"
    path.write_text("old")
    with (
        mock.patch.object(Path, "replace", side_effect=OSError(28, "No space left on device")),
        pytest.raises(FileError, match="No space left"),
    ):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


# Databases


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("foo://bar", "use sqlite or postgresql"),
        ("://", "is no database URL"),
        ("postgresql://u:secret@h:port/x", "is no database URL"),
        ("postgresql://u:secret@127.0.0.1:1/x", "Connection refused"),
        ("/proc/none/x.db", "No such file or directory"),
        ("/", "is a folder"),
    ],
)
def test_an_impossible_database_is_refused(url: str, told: str) -> None:
    line = refused(run("history", "--db", url))
    assert told in line
    assert "secret" not in line


def test_a_missing_driver_is_named_with_what_to_install() -> None:
    with mock.patch.dict(sys.modules, {"psycopg": None}):
        line = refused(run("history", "--db", "postgresql://u@h/x"))
    assert "pip install 'sevenstep[postgres]'" in line


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"This is no database. " * 300)
    assert "is not an SQLite database" in refused(run("history", "--db", path))
    assert path.read_bytes() == b"This is no database. " * 300


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    assert run(*DRILL, "--db", path, stdin=ANSWER).code == 0
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    path.write_bytes(content)
    assert "is damaged" in refused(run("history", "--db", path))


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as other:
        other.execute("create table events (a)")
    other.close()
    assert "tables of another program" in refused(run("history", "--db", path))


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    run("history", "--db", path)
    with sqlite3.connect(path) as newer:
        newer.execute("update alembic_version set version_num = '9999'")
    newer.close()
    assert "was made by a newer version; update sevenstep" in refused(run("history", "--db", path))


def test_an_event_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    assert run(*DRILL, "--db", path, stdin=ANSWER).code == 0
    with sqlite3.connect(path) as newer:
        newer.execute('update events set payload = \'{"type": "dreamt"}\' where seq = 0')
    newer.close()
    assert "update sevenstep" in refused(run("history", "--db", path))


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sql, "_BUSY_SECONDS", 0.1)
    run("history")
    other = sqlite3.connect(data_file(), isolation_level=None)
    other.execute("begin exclusive")
    yield
    other.close()


@pytest.mark.usefixtures("locked")
def test_a_locked_database_is_refused() -> None:
    assert "is locked by another program" in refused(run(*DRILL, stdin=ANSWER))


@pytest.mark.usefixtures("locked")
def test_a_locked_database_can_still_be_read() -> None:
    assert run("history").code == 0


def test_a_disk_that_fills_up_keeps_what_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(connection: sqlite3.Connection, record: object) -> None:
        durable(connection, record)
        connection.execute("PRAGMA max_page_count=12")

    durable = sql._durable
    path = tmp_path / "x.db"
    with monkeypatch.context() as patch:
        patch.setattr(sql, "_durable", small)
        line = refused(run(*DRILL, "--db", path, stdin=f"{ANSWER}\n\n" * 30))
    assert "the disk is full; free some space and resume" in line
    resumed = run("resume", "--db", path, stdin=f"{ANSWER}\n\n" * 30)
    assert resumed.code == 0, resumed.err


def test_a_read_only_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    run("history", "--db", path)
    url = f"sqlite:///file:{path}?mode=ro&uri=true"
    assert "may not be written" in refused(run(*DRILL, "--db", url, stdin=ANSWER))


def test_a_data_folder_that_cannot_be_made_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/proc/none")
    assert "database sqlite:////proc/none" in refused(run(*DRILL, stdin=ANSWER))


def test_the_real_command_shows_one_line_and_no_traceback() -> None:
    done = spawn("practice", "nope")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_closed_standard_output_is_no_traceback() -> None:
    done = spawn("history", preexec_fn=lambda: os.close(1))
    assert "Traceback" not in done.stderr


def test_nothing_to_resume_is_said() -> None:
    assert "there is no unfinished interview" in refused(run("resume"))


def test_nobody_to_answer_is_said_before_resuming(tmp_path: Path) -> None:
    import asyncio

    from agent.interview.clock import ScriptClock
    from agent.interview.plan import Options
    from agent.interview.session import Session
    from tests.support import engine

    store = sql.SqlStore()
    asyncio.run(Session.start(store, engine(), Options(), ScriptClock()))
    store.close()
    assert "give the next turns with --script" in refused(run("resume"))


def test_store_errors_name_their_cause() -> None:
    with pytest.raises(StoreError) as caught:
        sql.SqlStore("/proc/none/x.db")
    assert caught.value.__cause__ is not None
