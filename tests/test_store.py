"""The store: migrations, one writer to an interview, and events committed before they count."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from agent.errors import StoreError
from agent.interview.clock import ScriptClock
from agent.interview.events import EVENT
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.store.memory import MemoryLog
from agent.store.sql import SqlStore
from agent.store.tables import metadata
from tests.cli_support import ANSWER, data_file, run
from tests.support import engine


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = SqlStore(str(tmp_path / "x.db"))
    yield opened
    opened.close()


def begun(store: SqlStore, name: str = "netflix_recs") -> Session:
    return asyncio.run(Session.start(store, engine(name), Options(), ScriptClock()))


def test_migrations_of_an_empty_database_make_the_tables_of_the_code(tmp_path: Path) -> None:
    SqlStore(str(tmp_path / "x.db")).close()
    migrated = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with migrated.connect() as connection:
        found = sa.inspect(connection).get_columns("events")
    migrated.dispose()
    assert [column["name"] for column in found] == [c.name for c in metadata.tables["events"].c]


def test_a_migration_that_is_cut_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    def made_and_killed(*args: Any, **kwargs: Any) -> None:
        make(*args, **kwargs)
        raise OSError("killed")

    make = op.create_table
    with monkeypatch.context() as patch:
        patch.setattr(op, "create_table", made_and_killed)
        with pytest.raises(StoreError, match="killed"):
            SqlStore(str(tmp_path / "x.db"))
    SqlStore(str(tmp_path / "x.db")).close()


def test_opening_again_changes_nothing(store: SqlStore, tmp_path: Path) -> None:
    begun(store)
    before = asyncio.run(store.interviews())
    again = SqlStore(str(tmp_path / "x.db"))
    assert asyncio.run(again.interviews()) == before
    again.close()


def test_events_come_back_as_they_were_stored(store: SqlStore) -> None:
    session = begun(store)
    assert asyncio.run(store.events(session.state.interview)) == session.events


def test_an_unknown_interview_has_no_events(store: SqlStore) -> None:
    assert asyncio.run(store.events("nope")) == ()


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_second_place_cannot_go_on_with_the_same_interview(
    store: SqlStore, in_memory: bool
) -> None:
    log = MemoryLog() if in_memory else store

    async def both() -> None:
        first = await Session.start(log, engine(), Options(), ScriptClock())
        name = first.state.interview
        second = await Session.resume(log, engine(), name, ScriptClock())
        await first.answer(ANSWER)
        with pytest.raises(StoreError, match="continued in another place"):
            await second.answer("Something else")
        assert await log.events(name) == first.events

    asyncio.run(both())


def test_two_interviews_at_once_do_not_meet(store: SqlStore) -> None:
    async def talk(name: str) -> Session:
        session = await Session.start(store, engine(name), Options(), ScriptClock())
        for turn in (ANSWER, "Watch time, because clicks mislead.", "I do not know."):
            await session.answer(turn)
        return session

    async def both() -> None:
        sessions = await asyncio.gather(talk("netflix_recs"), talk("card_fraud"))
        for session in sessions:
            assert await store.events(session.state.interview) == session.events

    asyncio.run(both())


def test_every_event_is_committed_before_the_interviewer_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    store = SqlStore(str(path))
    committed: list[list[str]] = []

    def hear(_: str) -> None:
        with sqlite3.connect(path) as other:
            rows = other.execute("select payload from events order by seq").fetchall()
        other.close()
        committed.append([EVENT.validate_json(row[0]).type for row in rows])

    async def talk() -> None:
        session = await Session.start(store, engine(), Options(), ScriptClock(), hear=hear)
        await session.answer(ANSWER)

    asyncio.run(talk())
    store.close()
    assert committed == [
        ["started", "moved"],
        ["started", "moved", "interviewer_said", "candidate_said", "observed", "moved"],
    ]


def test_several_processes_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    opening = "from agent.store.sql import SqlStore; SqlStore({!r}).close()"
    command = [sys.executable, "-c", opening.format(str(tmp_path / "x.db"))]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in processes] == [b""] * 3


def test_a_memory_database_works_for_one_run() -> None:
    assert run("practice", "netflix_recs", "--db", "sqlite://", stdin=ANSWER).code == 0


def test_the_default_database_lies_in_the_data_folder() -> None:
    run("history")
    assert data_file().is_file()


@pytest.mark.parametrize("scheme", ["", "sqlite:///", "sqlite+aiosqlite:///"])
def test_a_path_and_a_url_name_the_same_database(tmp_path: Path, scheme: str) -> None:
    assert run("history", "--db", f"{scheme}{tmp_path / 'new' / 'x.db'}").code == 0
    assert (tmp_path / "new" / "x.db").is_file()


def test_the_environment_names_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVENSTEP_DATABASE_URL", f"sqlite:///{tmp_path / 'env.db'}")
    run("history")
    assert (tmp_path / "env.db").is_file()


def test_an_empty_environment_variable_names_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVENSTEP_DATABASE_URL", "")
    assert run("history").code == 0
    assert data_file().is_file()
