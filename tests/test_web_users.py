"""Several people at one server: each sees only what is his own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from agent.interview.clock import ScriptClock
from agent.interview.plan import Options
from agent.interview.session import Session
from agent.store.sql import SqlStore
from tests.support import engine
from tests.web_support import Server

HEADER = "X-Remote-User"
ANSWER = "I would rank titles by the probability of a play, because plays matter."


async def _interviews_of_ann(store: SqlStore) -> tuple[str, str]:
    """One that is graded, and one that goes on."""
    ids = []
    for is_over in (True, False):
        session = await Session.open(store, engine(), Options(), ScriptClock(), owner="ann")
        await session.work()
        await session.answer(ANSWER)
        if is_over:
            await session.leave()
            await session.finish()
        ids.append(session.state.interview)
    return ids[0], ids[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The address, and Ann's two interviews."""
    folder: Path = tmp_path_factory.mktemp("site")
    store = SqlStore(str(folder / "all.db"))
    graded, begun = asyncio.run(_interviews_of_ann(store))
    store.close()
    options = ("--auth", f"header:{HEADER}", "--db", str(folder / "all.db"))
    with Server(folder, *options) as server:
        yield server.url, graded, begun


def _asked(site: str, path: str, user: str) -> httpx2.Response:
    return httpx2.get(f"{site}{path}", headers={HEADER: user, "Accept": "text/html"}, timeout=30)


def test_an_owner_finds_interviews_reports_and_progress(site: tuple[str, str, str]) -> None:
    url, graded, begun = site
    assert f"/room/{begun}" in _asked(url, "/", "ann").text
    assert ANSWER in _asked(url, f"/room/{begun}", "ann").text
    assert ANSWER in _asked(url, f"/interviews/{graded}/report", "ann").text
    assert f"/interviews/{graded}/report" in _asked(url, "/progress", "ann").text


@pytest.mark.parametrize(
    "place",
    ["/room/{begun}", "/interviews/{graded}/report", "/interviews/{graded}/report.json"],
)
def test_another_does_not(site: tuple[str, str, str], place: str) -> None:
    url, graded, begun = site
    answer = _asked(url, place.format(graded=graded, begun=begun), "grace")
    assert answer.status_code == 404
    assert ANSWER not in answer.text


def test_the_lists_of_another_are_empty(site: tuple[str, str, str]) -> None:
    url, graded, begun = site
    for path in ("/", "/progress"):
        page = _asked(url, path, "grace").text
        assert begun not in page
        assert graded not in page


def test_without_a_name_nothing_is_shown(site: tuple[str, str, str]) -> None:
    url, graded, _ = site
    assert httpx2.get(f"{url}/interviews/{graded}/report").status_code == 403
