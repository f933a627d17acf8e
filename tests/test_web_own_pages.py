"""A page's socket answers to the user whose page it is."""

import asyncio
from types import SimpleNamespace

import pytest
from nicegui import Client, core
from socketio import exceptions as refusals  # type: ignore[import-untyped]

from agent.web.access.own_pages import only_own_pages

_EVENTS = ("handshake", "event", "javascript_response", "ack", "log")


@pytest.fixture
def sio(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    def heard(*_: object) -> bool:
        return True

    async def connected(*_: object) -> bool:
        return True

    made = SimpleNamespace(
        handlers={"/": dict.fromkeys(_EVENTS, heard) | {"connect": connected}},
        get_environ=_environ,
    )
    state = SimpleNamespace(owner="ada")
    page = SimpleNamespace(request=SimpleNamespace(state=state))
    monkeypatch.setattr(core, "sio", made)
    monkeypatch.setitem(Client.instances, "page", page)
    only_own_pages()
    return made


def _environ(owner: str) -> dict[str, object]:
    """That of a socket, which is named after its user here."""
    return {
        "asgi.scope": {"state": {"owner": owner}},
        "QUERY_STRING": "client_id=page&implicit_handshake=true",
    }


@pytest.mark.parametrize("event", ["handshake", "event", "javascript_response", "ack"])
def test_a_page_hears_its_own_user_alone(sio: SimpleNamespace, event: str) -> None:
    handle = sio.handlers["/"][event]
    assert asyncio.run(handle("ada", {"client_id": "page"}))
    for sender, said in (("bob", {"client_id": "page"}), ("ada", {"client_id": []}), ("ada", 5)):
        assert not asyncio.run(handle(sender, said))


def test_a_socket_joins_a_page_of_its_own_user_alone(sio: SimpleNamespace) -> None:
    connect = sio.handlers["/"]["connect"]
    assert asyncio.run(connect("ada", _environ("ada")))
    # The words that make a tab load itself again, as one has to whose server was restarted.
    with pytest.raises(refusals.ConnectionRefusedError, match=r"^Implicit handshake failed$"):
        asyncio.run(connect("bob", _environ("bob")))


def test_a_browser_writes_nothing_into_the_log(sio: SimpleNamespace) -> None:
    assert "log" not in sio.handlers["/"]
