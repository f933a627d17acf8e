"""Who may use the site, and that nobody else does."""

import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import typer
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocket, WebSocketDisconnect
from typer.testing import CliRunner

from agent.cli.password import password
from agent.errors import FileError, InputError
from agent.web.access.attempts import LIMIT, WINDOW, Attempts
from agent.web.access.auth import (
    LOOPBACK,
    Auth,
    Local,
    Passwords,
    ProxyHeader,
    auth_for,
    is_loopback,
    is_own_origin,
)
from agent.web.access.door import guarded
from agent.web.access.login import COOKIE, caller, local_path
from agent.web.access.sessions import LASTS, kept_secret
from agent.web.access.users import UsersFile, is_password, parse_users, user_name, with_user

PAGE = {"Accept": "text/html,application/xhtml+xml"}
SECRET = bytes(32)
SITE = "https://room.example.org"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = QUICK.hash("correct horse", salt=bytes(16))


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


async def _who(request: Request) -> Response:
    return JSONResponse(request.state.owner)


async def _framed(_: Request) -> Response:
    return PlainTextResponse("report", headers={"Content-Security-Policy": "sandbox"})


async def _echo(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(f"{socket.state.owner}: {text}")


APP = Starlette(
    routes=[
        Route("/", _who, methods=["GET", "POST"]),
        Route("/report", _framed),
        WebSocketRoute("/socket", _echo),
    ]
)


def client(plan: Auth, *, url: str = SITE, peer: str = "10.1.1.1", **given: Any) -> TestClient:
    """A browser at `peer` that looks at `url`."""
    site = guarded(APP, plan, secret=SECRET, **given)
    return TestClient(site, base_url=url, client=(peer, 5000), follow_redirects=False)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.txt"
    path.write_text(f"# the team\nann:{HASH}\nbob:{QUICK.hash('battery staple')}\n")
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def browser(users: Path, clock: Clock) -> Iterator[TestClient]:
    with client(Passwords(users), now=clock) as opened:
        yield opened


def log_in(browser: TestClient, name: str = "ann", word: str = "correct horse", **more: str) -> Any:
    return browser.post("/login", data={"name": name, "password": word, **more})


def socket_of(browser: TestClient, **headers: str) -> AbstractContextManager[WebSocketTestSession]:
    """A websocket that a page of this browser opens."""
    url = str(browser.base_url).replace("http", "ws", 1).rstrip("/")
    return browser.websocket_connect(f"{url}/socket", headers=headers)


def plan_for(host: str, option: str | None = None, **given: Any) -> Auth:
    return auth_for(host, option, users=Path("users.txt"), **given)


# The plan


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "[::1]"])
def test_a_site_of_this_machine_needs_no_login(host: str) -> None:
    assert plan_for(host) == Local()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "example.org", "", "127.0.0.1.org"])
def test_a_site_that_others_reach_does_not_start_without_a_login(host: str) -> None:
    with pytest.raises(InputError, match="--auth password"):
        plan_for(host)


def test_a_login_may_be_asked_for_on_this_machine_too() -> None:
    assert plan_for("127.0.0.1", "password") == Passwords(Path("users.txt"))


def test_a_proxy_is_trusted_by_address_or_network() -> None:
    plan = plan_for("0.0.0.0", "header:X-Remote-User", trusted_proxies=["10.0.0.5", "fd00::/8"])
    assert isinstance(plan, ProxyHeader)
    assert plan.header == "x-remote-user"
    assert [str(network) for network in plan.proxies] == ["10.0.0.5/32", "fd00::/8"]


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("passwords", {}),
        ("header:", {}),
        ("header:X Remote", {}),
        ("password", {"trusted_proxies": ["proxy.example.org"]}),
        ("password", {"trusted_proxies": ["10.0.0.1/8"]}),
        ("password", {"trusted_proxies": ["0.0.0.0/0"]}),
        ("password", {"public_url": "example.org"}),
        ("password", {"public_url": "https://example.org/room"}),
        ("password", {"public_url": "https://example.org:port"}),
        (None, {"public_url": "https://example.org"}),
        (None, {"trusted_proxies": ["10.0.0.5"]}),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(
    option: str | None, given: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=r"--(auth|trusted-proxy|public-url)"):
        plan_for("127.0.0.1", option, **given)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Room.example.org:443/", "https://room.example.org"),
        ("http://room.example.org:8080", "http://room.example.org:8080"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_the_public_url_is_kept_as_browsers_send_it(url: str, origin: str) -> None:
    plan = plan_for("0.0.0.0", "password", public_url=url)
    assert plan == Passwords(Path("users.txt"), LOOPBACK, origin)


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://room.org", "room.org:443", True),
        ("https://outer.org", "inner:8080", True),
        ("http://localhost:8081", "localhost:8080", False),
        ("https://evil.org", "room.org", False),
        ("https://room.org.evil.org", "room.org", False),
        ("null", "null", False),
        ("https://", "", False),
    ],
)
def test_an_origin_is_ours_or_not(origin: str, host: str, own: bool) -> None:
    assert is_own_origin(origin, host, "https://outer.org") is own


def test_an_address_in_ipv6_clothes_is_known() -> None:
    assert is_loopback("::ffff:127.0.0.1")


# Users


@pytest.mark.parametrize("name", ["", "..", "-x", "a b", "a:b", "a/b", "ä", "\u212a", "a" * 65])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="user's name"):
        user_name(name)


def test_names_do_not_depend_on_case() -> None:
    assert user_name("Ann.B@example.org") == "ann.b@example.org"


@pytest.mark.parametrize("line", ["secretword", "bob:secretword", f":{HASH}", HASH, f"ANN:{HASH}"])
def test_a_wrong_line_is_named_but_not_shown(line: str) -> None:
    with pytest.raises(FileError, match="line 3") as caught:
        parse_users(f"\nann:{HASH}\n{line}\n", Path("users.txt"))
    assert "secretword" not in str(caught.value)
    assert "$argon2" not in str(caught.value)


def test_a_new_password_leaves_the_other_lines_alone() -> None:
    text = with_user("# team\nann:old\n\nbob:kept", "ann", "new")
    assert text == "# team\nann:new\n\nbob:kept\n"


def test_a_password_is_the_same_however_the_keyboard_composes_it() -> None:
    assert is_password("caf\u0065\u0301", QUICK.hash("caf\u00e9"))


@pytest.mark.parametrize("text", [None, "# nobody yet\n"])
def test_a_site_without_users_does_not_start(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "users.txt"
    if text is not None:
        path.write_text(text)
    with pytest.raises(FileError, match="sevenstep password NAME"):
        client(Passwords(path))


# `sevenstep password`


def set_password(path: Path, name: str, typed: str | bytes) -> Any:
    app = typer.Typer()
    app.command()(password)
    return CliRunner().invoke(app, [name, "--users", str(path)], input=typed)


def test_a_user_is_made_with_the_piped_line(tmp_path: Path) -> None:
    path = tmp_path / "new" / "users.txt"
    assert "can now log in" in set_password(path, "Ann", "correct horse\r\nmore\n").output
    assert is_password("correct horse", UsersFile(path).hash_of("ann"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "typed"), [("a b", "long enough\n"), ("ann", "short\n"), ("ann", b"\xff" * 9)]
)
def test_a_bad_name_or_password_changes_nothing(users: Path, name: str, typed: str | bytes) -> None:
    before = users.read_text()
    assert isinstance(set_password(users, name, typed).exception, InputError)
    assert users.read_text() == before


# No login


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080"])
def test_without_a_login_everyone_is_the_local_user(host: str) -> None:
    assert client(Local(), url=f"http://{host}").get("/").json() == ""


@pytest.mark.parametrize("host", ["evil.example.org:8080", "127.0.0.1.evil.org", "10.0.0.5"])
def test_a_foreign_name_for_this_machine_is_refused(host: str) -> None:
    assert client(Local(), url=f"http://{host}").get("/").status_code == 421


# Every plan


@pytest.fixture(params=["local", "password", "header"])
def signed_in(request: pytest.FixtureRequest, users: Path) -> TestClient:
    """A user for whom the site is open, one for each plan."""
    if request.param == "local":
        return client(Local(), url="http://localhost:8080")
    if request.param == "password":
        browser = client(Passwords(users))
        assert log_in(browser).status_code == 303
        return browser
    browser = client(ProxyHeader("x-remote-user"), peer="127.0.0.1")
    browser.headers["X-Remote-User"] = "Ann"
    return browser


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null"])
def test_what_another_site_sends_is_refused(signed_in: TestClient, origin: str) -> None:
    assert signed_in.post("/", headers={"Origin": origin}).status_code == 403
    with pytest.raises(WebSocketDisconnect), socket_of(signed_in, Origin=origin):
        pass


def test_what_our_own_pages_send_is_taken(signed_in: TestClient) -> None:
    origin = str(signed_in.base_url).rstrip("/")
    assert signed_in.post("/", headers={"Origin": origin}).status_code == 200
    with socket_of(signed_in, Origin=origin) as socket:
        socket.send_text("hello")
        assert socket.receive_text() in (": hello", "ann: hello")


def test_every_response_has_the_headers(signed_in: TestClient) -> None:
    headers = signed_in.get("/").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_policy_that_a_page_has_itself_stands(signed_in: TestClient) -> None:
    assert signed_in.get("/report").headers.get_list("Content-Security-Policy") == ["sandbox"]


def test_the_start_and_the_end_of_the_program_reach_the_site(users: Path) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for step in ("startup", "shutdown"):
            seen.append((await receive())["type"])
            scope["state"]["kept"] = True
            await send({"type": f"lifespan.{step}.complete"})

    for plan in (Local(), Passwords(users), ProxyHeader("x-remote-user")):
        with TestClient(guarded(app, plan, secret=SECRET)) as opened:
            assert opened.app_state == {"kept": True}
    assert seen == ["lifespan.startup", "lifespan.shutdown"] * 3


# A proxy's header


def test_a_trusted_proxy_names_the_user() -> None:
    browser = client(ProxyHeader("x-remote-user"), peer="::ffff:127.0.0.1")
    assert browser.get("/", headers={"X-Remote-User": "Ann"}).json() == "ann"


@pytest.mark.parametrize(
    ("peer", "names"),
    [
        ("10.1.1.1", ["ann"]),
        ("127.0.0.1", []),
        ("127.0.0.1", ["ann", "bob"]),
        ("127.0.0.1", [""]),
        ("127.0.0.1", ["<b>ann</b>"]),
    ],
)
def test_whom_no_trusted_proxy_names_is_refused(peer: str, names: list[str]) -> None:
    browser = client(ProxyHeader("x-remote-user"), peer=peer)
    headers = [*PAGE.items(), *(("X-Remote-User", name) for name in names)]
    refused = browser.get("/", headers=headers)
    assert refused.status_code == 403
    assert "Not logged in" in refused.text
    assert "<b>ann" not in refused.text


# Passwords


def test_a_page_leads_to_the_login_and_back(browser: TestClient) -> None:
    sent = browser.get("/?step=2&x=a%20b", headers=PAGE)
    assert sent.status_code == 303
    page = browser.get(sent.headers["Location"])
    assert 'value="/?step=2&amp;x=a%20b"' in page.text
    back = log_in(browser, next="/?step=2&x=a%20b")
    assert (back.status_code, back.headers["Location"]) == (303, "/?step=2&x=a%20b")
    assert browser.get("/").json() == "ann"


def test_all_else_needs_a_login(browser: TestClient) -> None:
    assert browser.get("/").status_code == 401
    assert browser.post("/", headers=PAGE).status_code == 401
    assert browser.get("/_nicegui/client/1/upload/2", headers=PAGE).status_code == 401
    download = {**PAGE, "Sec-Fetch-Dest": "empty"}
    assert browser.get("/report", headers=download).status_code == 401
    with pytest.raises(WebSocketDisconnect), socket_of(browser):
        pass


@pytest.mark.parametrize(
    "goal", ["https://evil.org", "//evil.org", "/\\evil.org", "/\t/evil.org", "javascript:x", ""]
)
def test_a_login_leads_nowhere_else(goal: str) -> None:
    assert local_path(goal) == "/"


def test_the_cookie_is_for_this_site_and_its_pages_only(browser: TestClient) -> None:
    cookie = log_in(browser).headers["Set-Cookie"].lower()
    assert {"httponly", "samesite=lax", "secure", "path=/", f"max-age={LASTS}"} <= set(
        cookie.split("; ")
    )


def test_the_cookie_goes_over_plain_http_only_where_the_site_does(users: Path) -> None:
    inner = client(Passwords(users), url="http://room:8080")
    assert "secure" not in log_in(inner).headers["Set-Cookie"].lower()
    behind = client(Passwords(users, origin=SITE), url="http://room:8080")
    assert "secure" in log_in(behind).headers["Set-Cookie"].lower()


@pytest.mark.parametrize(
    ("name", "word"), [("ann", "wrong"), ("eve", "correct horse"), ("<b>", "x"), ("", "")]
)
def test_a_wrong_name_or_password_is_not_told_apart(
    browser: TestClient, name: str, word: str
) -> None:
    page = log_in(browser, name, word)
    assert page.status_code == 401
    assert "The name or the password is wrong." in page.text
    assert COOKIE not in page.headers.get("Set-Cookie", "")
    assert "<b>" not in page.text


def test_an_unknown_name_costs_a_check_as_well(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = mock.Mock(side_effect=VerifyMismatchError)
    monkeypatch.setattr(PasswordHasher, "verify", verify)
    log_in(browser, "eve")
    verify.assert_called_once()


def test_too_long_a_form_is_no_login(browser: TestClient) -> None:
    assert log_in(browser, padding="x" * 40_000).status_code == 401


def test_a_forged_cookie_is_nobody(browser: TestClient, users: Path) -> None:
    stranger = guarded(APP, Passwords(users), secret=bytes(31) + b"1")
    other = TestClient(stranger, base_url=SITE, follow_redirects=False)
    log_in(other)
    browser.cookies.set(COOKIE, other.cookies[COOKIE])
    assert browser.get("/").status_code == 401


def test_logging_out_ends_the_session_and_not_just_the_cookie(browser: TestClient) -> None:
    log_in(browser)
    kept = browser.cookies[COOKIE]
    assert browser.get("/logout").status_code == 405
    assert browser.post("/logout").headers["Location"] == "/login"
    assert COOKIE not in browser.cookies
    browser.cookies.set(COOKIE, kept)
    assert browser.get("/").status_code == 401


def test_a_new_password_ends_the_sessions_of_its_user_only(
    browser: TestClient, users: Path
) -> None:
    log_in(browser)
    ann = browser.cookies[COOKIE]
    log_in(browser, "bob", "battery staple")
    users.write_text(with_user(users.read_text(), "ann", QUICK.hash("another one")))
    assert browser.get("/").json() == "bob"
    browser.cookies.clear()
    browser.cookies.set(COOKIE, ann)
    assert browser.get("/").status_code == 401


def test_a_login_lasts_a_fortnight(browser: TestClient, clock: Clock) -> None:
    log_in(browser)
    kept = browser.cookies[COOKIE]
    clock.now += LASTS - 1
    assert browser.get("/", headers={"Cookie": f"{COOKIE}={kept}"}).json() == "ann"
    clock.now += 1
    assert browser.get("/", headers={"Cookie": f"{COOKIE}={kept}"}).status_code == 401


def test_an_open_websocket_ends_with_the_login(browser: TestClient) -> None:
    log_in(browser)
    with socket_of(browser) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "ann: hello"
        browser.post("/logout")
        socket.send_text("still there?")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_failed_tries_are_limited_by_name(users: Path, clock: Clock) -> None:
    site = guarded(APP, Passwords(users), secret=SECRET, now=clock)
    for number in range(LIMIT):
        log_in(TestClient(site, base_url=SITE, client=(f"10.0.0.{number}", 1)), word="wrong")
    late = TestClient(site, base_url=SITE, client=("10.0.1.1", 1), follow_redirects=False)
    clock.now += 60
    refused = log_in(late)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "240")
    assert "wait 4 minutes" in refused.text
    assert log_in(late, "bob", "battery staple").status_code == 303
    clock.now += 240
    assert log_in(late).status_code == 303


def test_failed_tries_are_limited_by_address(browser: TestClient) -> None:
    for name in ("ann", "bob", "ann", "bob", "ann"):
        assert log_in(browser, name, "wrong").status_code == 401
    assert log_in(browser, "bob", "battery staple").status_code == 429


def test_tries_that_went_well_are_not_counted(browser: TestClient) -> None:
    assert [log_in(browser).status_code for _ in range(LIMIT + 1)] == [303] * (LIMIT + 1)


def test_many_tries_at_once_count_before_any_has_failed() -> None:
    attempts = Attempts()
    waits = [attempts.begin(("as ann",), 10.0) for _ in range(LIMIT + 1)]
    assert waits == [0] * LIMIT + [WINDOW]


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("10.1.1.1", "203.0.113.5", "10.1.1.1"),
        ("127.0.0.1", "198.51.100.9, 203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "203.0.113.5, ::1", "203.0.113.5"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("2001:db8::1:2:3", "", "2001:db8::/64"),
    ],
)
def test_an_address_is_that_of_the_caller_and_not_of_a_proxy(
    peer: str, forwarded: str, counted: str
) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    assert caller(scope, LOOPBACK) == counted


def test_a_broken_users_file_lets_nobody_in_and_is_logged(
    browser: TestClient, users: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log_in(browser)
    users.write_text("ann\n")
    assert browser.get("/").status_code == 401
    page = log_in(browser)
    assert page.status_code == 503
    assert "users.txt" not in page.text
    assert "line 1" in caplog.text
    assert "correct horse" not in caplog.text


# The secret


def test_the_secret_is_made_once_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret"
    secret = kept_secret(path)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept_secret(path) == secret


def test_a_secret_that_was_cut_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"short")
    with pytest.raises(FileError, match="32 bytes"):
        kept_secret(path)
