"""A tripwire: a test that tries to reach beyond this machine fails. And what saves time."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.llm.providers import PROVIDERS
from tests.terminal import Open, Terminal

_LOOPBACK = ("127.", "::1", "localhost")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What tests of a file share is set up by one worker for all of them, not by each worker.

    Groups begin before single tests, so that the long ones are not left to the end.
    """
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None:
            shared = [name for name in item.fixturenames if _is_shared(item, name)]
            if shared:
                given = item.callspec.params if hasattr(item, "callspec") else {}
                params = [str(given[name]) for name in shared if name in given]
                item.add_marker(pytest.mark.xdist_group(" ".join((item.path.stem, *params))))


def _is_shared(item: pytest.Function, name: str) -> bool:
    """Whether a fixture of this name lives longer than a test, in the test's own file."""
    file = item.nodeid.partition("::")[0]
    found = item._fixtureinfo.name2fixturedefs.get(name, ())
    return any(one.scope != "function" and one.baseid == file for one in found)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read from or written to the real user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in os.environ:
        if name.startswith(("SEVENSTEP_", "LANGSMITH_", "LANGCHAIN_", "OPENAI_")):
            monkeypatch.delenv(name)
    for provider in PROVIDERS:
        for key in provider.keys:
            monkeypatch.delenv(key, raising=False)


@pytest.fixture
def at_terminal() -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_(*args: str, columns: int = 80) -> Terminal:
        opened.append(Terminal(*args, columns=columns))
        return opened[-1]

    yield open_
    for terminal in opened:
        terminal.close()
