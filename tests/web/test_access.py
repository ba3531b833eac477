"""Who gets to the pages for ops and to the addresses of providers: this machine alone, a proxy on it, the world."""

import asyncio
from typing import Any

import pytest

from models.access.reach import ContradictorySettings, Reach, is_loopback, read_reach
from tests.support.playbook import apply_playbook
from tests.support.web_pages import PAGE, Browser, a_contact, browser
from web.app import app

OPS_PAGE = "/contacts"
WORLD = "https://tend.example.com"


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEND_WEB_URL", "TEND_SENDGRID_PUBLIC_KEY", "TEND_TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    apply_playbook()
    a_contact()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others reach the pages by a proxy on this machine, as TEND_WEB_URL says."""
    monkeypatch.setenv("TEND_WEB_URL", WORLD)


def ask(path: str, *, method: str = "GET", body: bytes = b"", **scope: Any) -> int:
    """The status of an answer to a request as it comes from the server, by default from this machine."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    headers = {"host": "127.0.0.1:8000", "accept": PAGE["accept"]} | scope.pop("headers", {})
    request = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http"}
    request |= {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": ""}
    request |= {"client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", 8000)} | scope
    request["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(app(request, receive, send))
    return statuses[0]


def test_this_machine_sees_the_pages_for_ops() -> None:
    assert ask(OPS_PAGE) == 200
    for host in ("localhost:8000", "LOCALHOST:8000", "localhost.:8000", "[::1]:8000", "127.0.0.2:8000"):
        assert ask(OPS_PAGE, headers={"host": host}) == 200, host


@pytest.mark.usefixtures("world")
def test_behind_a_proxy_that_looks_like_this_machine_the_pages_ask_for_the_password() -> None:
    # What nginx sends by `proxy_pass http://127.0.0.1:8000;` and nothing else, in its older and newer versions.
    assert ask(OPS_PAGE, http_version="1.0", headers={"connection": "close"}) == 303
    assert ask(OPS_PAGE) == 303


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("path", ["/sendgrid/events", "/sendgrid/inbound"])
def test_behind_a_proxy_nobody_posts_as_a_provider_without_a_key(path: str) -> None:
    posted = {"method": "POST", "body": b"[]", "headers": {"content-type": "application/json"}}
    assert ask(path, **posted) in (401, 403)


@pytest.mark.parametrize("path", ["/sendgrid/events", "/sendgrid/inbound"])
def test_at_this_machine_alone_providers_are_tried_out_without_a_key(path: str) -> None:
    posted = {"method": "POST", "body": b"[]", "headers": {"content-type": "application/json"}}
    assert ask(path, **posted) == 200


def test_a_proxy_with_its_defaults_is_seen_even_where_nobody_said_that_there_is_one() -> None:
    assert ask(OPS_PAGE, http_version="1.0") == 303


@pytest.mark.parametrize(
    "header",
    [
        *("forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"),
        # cloudflared, ngrok, tailscale funnel
        *("cf-connecting-ip", "cf-ray", "cdn-loop", "ngrok-skip-browser-warning", "tailscale-user-login"),
    ],
)
def test_what_a_proxy_or_a_tunnel_adds_is_no_sign_of_this_machine(header: str) -> None:
    assert ask(OPS_PAGE, headers={header: "x"}) == 303


@pytest.mark.parametrize(
    "host",
    [
        "tend.example.com",
        "evil.example.com:8000",
        "localhost.evil.com",
        "127.0.0.1.nip.io",
        "localhost@evil.com",
        "127.0.0.1:8000@evil.com",
        "0.0.0.0:8000",
        "[::]:8000",
        "2130706433",
        "",
    ],
)
def test_a_name_that_leads_here_from_elsewhere_is_not_this_machine(host: str) -> None:
    assert ask(OPS_PAGE, headers={"host": host}) != 200


def test_a_neighbour_who_spoofs_the_host_is_not_this_machine() -> None:
    assert ask(OPS_PAGE, client=("192.168.1.7", 50_000), server=("192.168.1.2", 8000)) == 303
    assert ask(OPS_PAGE, client=None, server=("/run/tend.sock", None)) == 303


@pytest.mark.parametrize("told", ["0.0.0.0", "::", "192.168.1.2", "tend.internal"])
def test_where_it_listens_for_others_nobody_is_this_machine(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEND_HOST", told)
    assert ask(OPS_PAGE) == 303


def test_what_nobody_said_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEND_HOST")
    assert ask(OPS_PAGE) == 303
    monkeypatch.setenv("TEND_WEB_URL", "http://localhost:8000")
    assert ask(OPS_PAGE) == 200


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        *(("127.0.0.1", True), ("127.8.9.1", True), ("localhost", True), ("localhost.", True), ("::1", True)),
        *(("[::1]", True), ("::ffff:127.0.0.1", True), ("0:0:0:0:0:0:0:1", True), ("LocalHost", True)),
        *(("0.0.0.0", False), ("::", False), ("::ffff:10.0.0.1", False), ("127.0.0.1.", True), ("", False)),
        *(("127.1", False), ("0x7f000001", False), ("localhost.localdomain", False), ("10.0.0.1", False)),
    ],
)
def test_hosts_are_read_as_addresses(host: str, is_this_machine: bool) -> None:
    assert is_loopback(host) is is_this_machine


@pytest.mark.parametrize(
    ("reach", "what_to_set"),
    [
        (Reach("127.0.0.1", "tend.example.com"), r"TEND_WEB_URL is 'tend.example.com'.*https://tend.example.com"),
        (Reach("127.0.0.1", "ftp://tend.example.com"), r"no address of pages"),
        (Reach("0.0.0.0", "http://localhost:8000"), r"listen on 0\.0\.0\.0.*Set TEND_WEB_URL"),
        (Reach("::", "http://[::1]:8000"), r"listen on ::.*Set TEND_WEB_URL"),
        (Reach("127.0.0.1", "", "10.0.0.0/8"), r"TEND_TRUSTED_PROXIES.*open to everybody.*Set TEND_WEB_URL"),
        (Reach("127.0.0.1", "http://127.0.0.1:8000", "127.0.0.1"), r"TEND_TRUSTED_PROXIES.*Set TEND_WEB_URL"),
    ],
)
def test_a_start_that_would_be_open_says_what_to_set(reach: Reach, what_to_set: str) -> None:
    with pytest.raises(ContradictorySettings, match=what_to_set):
        reach.check()


@pytest.mark.parametrize(
    "reach",
    [
        Reach(),
        Reach("127.0.0.1"),
        Reach("127.0.0.1", WORLD),
        Reach("127.0.0.1", WORLD, "127.0.0.1"),
        Reach("0.0.0.0", WORLD),
        Reach("0.0.0.0", "", "10.0.0.0/8"),
        Reach("127.0.0.1", "http://localhost:8000"),
    ],
)
def test_settings_that_agree_start(reach: Reach) -> None:
    reach.check()


def test_the_host_is_read_where_uvicorn_is_started_by_hand() -> None:
    for arguments in (["web.app:app", "--host", "0.0.0.0"], ["web.app:app", "--host=0.0.0.0"]):
        assert read_reach({}, arguments) == Reach("0.0.0.0")
    assert read_reach({"UVICORN_HOST": "::"}) == Reach("::")
    assert read_reach({"TEND_HOST": "127.0.0.1"}, ["--port", "80"]) == Reach("127.0.0.1")


def test_pages_that_would_be_open_do_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start() -> None:
        async with app.router.lifespan_context(app):
            pass

    monkeypatch.setenv("TEND_TRUSTED_PROXIES", "10.0.0.0/8")
    with pytest.raises(ContradictorySettings, match="Set TEND_WEB_URL"):
        asyncio.run(start())


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("origin", [WORLD, "https://tend.example.com:443", "HTTPS://TEND.example.com"])
def test_forms_work_behind_a_proxy_that_puts_its_own_name_into_host(
    origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (WORLD, "https://Tend.Example.com:443/", f"{WORLD}/"):
        monkeypatch.setenv("TEND_WEB_URL", url)
        headers = {"origin": origin, "content-type": "application/x-www-form-urlencoded"}
        assert ask("/login", method="POST", body=b"password=guess", headers=headers) in (403, 429)
        assert ask("/logout", method="POST", headers=headers) == 303
    evil = {"origin": "https://tend.example.com.evil.com"}
    assert ask("/logout", method="POST", headers=evil) == 403


@pytest.mark.usefixtures("world")
def test_the_login_leads_back_to_the_page_by_the_address_that_the_world_uses() -> None:
    ops = browser(WORLD)
    answer = ops.get("/contacts?q=ana")
    assert answer.headers["location"] == "/login?next=%2Fcontacts%3Fq%3Dana"
    assert ops.get("/login").status_code == 200


@pytest.mark.usefixtures("world")
def test_who_has_no_login_gets_no_detail_of_health_even_at_this_machine() -> None:
    assert Browser("http://127.0.0.1:8000").get("/health").json() == {"status": "up"}
