"""Starting the server: what it refuses, and what it says."""

import socket
import sys
from pathlib import Path

import pytest

from tests.cli_support import refused, run, spawn
from tests.web_support import Server


@pytest.mark.parametrize("command", [["serve"], ["password", "ada"]])
def test_without_its_extra_the_way_to_install_it_is_told(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.startswith("agent.web")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "nicegui", None)
    monkeypatch.setitem(sys.modules, "argon2", None)
    assert "pip install 'sevenstep[web]'" in refused(run(*command))


def test_beyond_loopback_it_needs_a_login() -> None:
    assert "--auth password" in refused(run("serve", "--host", "0.0.0.0"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--rubrics", "/no/such/folder"), "/no/such/folder"),
        (("--scenarios", "/no/such/folder"), "/no/such/folder"),
        (("--model", "nobody:x"), "unknown provider 'nobody'"),
    ],
)
def test_a_wrong_folder_or_model_is_told_at_the_start(options: tuple[str, str], told: str) -> None:
    assert told in refused(run("serve", "--port", "0", *options))


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = spawn("serve", "--port", port)
    assert said.returncode == 2
    assert f"127.0.0.1:{port} cannot be listened at" in said.stderr
    assert "Traceback" not in said.stderr


def test_it_ends_in_order_and_says_nothing_more(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        server.stop()
    assert server.complaints() == ""
