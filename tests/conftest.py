"""A tripwire: a test that tries to reach beyond this machine fails. And what saves time."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.llm.providers import PROVIDERS
from tests.terminal import Open, Terminal

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_LOOPBACK = ("127.", "::1", "localhost")


_LONG = """
    test_llm_local_model test_policy_properties test_ray_runner test_grade_killed test_cli_grade
    test_cli_practice test_openai_batch test_cli_terminal test_interview_grades test_recorded
    test_llm_interview_faults test_attacks test_llm_practice test_llm_many_at_once
""".split()
"""The files that take longest, 5 to 60 seconds, besides those that are marked as a group."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: begun last, one would leave the other workers with nothing to do."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    if item.get_closest_marker("xdist_group") is not None:
        return -1
    return _LONG.index(item.path.stem) if item.path.stem in _LONG else len(_LONG)


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


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A real browser. While it is open no event loop can be run beside its own."""
    from tests.web_support import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def at_terminal() -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_(*args: str, columns: int = 80) -> Terminal:
        opened.append(Terminal(*args, columns=columns))
        return opened[-1]

    yield open_
    for terminal in opened:
        terminal.close()
