"""No more of a request is read than its address takes, and not slower than people send."""

import asyncio
import gzip
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request

from models.access.token import read_secret, sign_token
from models.database import engine
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.raw_request import FORM, RawRequest, RawResponse, ask, ask_all
from tests.support.servers.http_server import run_server
from tests.support.web_pages import a_contact, a_task, task_path
from web.app import app
from web.body_limits import LIMITS, OTHERWISE
from web.frame.errors import install_error_handlers
from web.frame.limits.body import FOR_ANYBODY, LARGEST, BodyLimit
from web.frame.limits.http_connection import HttpConnection
from web.frame.limits.request_limits import Patience, RequestLimits
from web.mail.inbound import PATH, PURPOSE

CHUNK = b"x" * 65_536
ENDLESS = 150 * 1024 * 1024 // len(CHUNK)
LEAD = b"email=ann%40example.com&form=request-info"
DEADLINE = 60.0


@pytest.fixture(autouse=True)
def business(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEND_HOST", "TEND_WEB_URL"):
        monkeypatch.delenv(name, raising=False)
    apply_playbook()


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The web listens where others can reach it."""
    monkeypatch.setenv("TEND_HOST", "0.0.0.0")


def post(path: str, *body: bytes, headers: Any = (FORM,), chunks: int = 1, client: str = "203.0.113.7") -> RawResponse:
    path, _, query = path.partition("?")
    content = (chunk for _ in range(chunks) for chunk in body)
    [answer] = ask_all([RawRequest("POST", path.encode(), query.encode(), headers, content, client)])
    return answer


def bearer() -> tuple[bytes, bytes]:
    with engine().connect() as connection:
        return (b"authorization", f"Bearer {read_secret(connection, 'api key')}".encode())


STRANGERS = """
    /login /logout /tasks /tasks/ /tasks/FORGED /tasks/FORGED/qualify /unsubscribe/FORGED/topics /offers/FORGED/decline
    /confirm/FORGED /site/order /contacts/1/qualify /rejected/1 /unread /nowhere /sendgrid/nowhere /sendgrid/events
    /sendgrid/inbound /events /static/tend.css
"""


@pytest.mark.parametrize("path", STRANGERS.split())
def test_of_150_megabytes_of_a_stranger_hardly_anything_is_read(reachable: None, path: str) -> None:
    limit = LIMITS.get(path, OTHERWISE)
    answer = post(path, CHUNK, chunks=ENDLESS)
    assert 400 <= answer.status < 500
    assert answer.headers["connection"] == "close"
    assert answer.taken <= FOR_ANYBODY + len(CHUNK) + limit.discards


def test_what_is_announced_as_too_large_is_refused_before_anything_is_read() -> None:
    announced = [FORM, (b"content-length", b"157286400")]
    sent = RawRequest("POST", b"/login", headers=announced, body=slowly())
    answer = asyncio.run(ask(sent, to=echo(Patience(discard_seconds=0.05))))
    assert (answer.status, answer.taken, answer.headers["connection"]) == (413, 0, "close")


def test_a_too_large_form_is_told_so_in_a_sentence(reachable: None) -> None:
    answer = post("/login", b"password=" + CHUNK)
    assert answer.status == 413
    assert "65,536 bytes were sent" in json.loads(answer.body)["detail"]


def test_whoever_may_send_more_may(reachable: None) -> None:
    notes = b"notes=" + b"%E6%97%A5" * 9_000
    assert post(task_path(a_task(a_contact())), notes + b"&outcome=x").status == 422
    assert post("/events", b"[" + b" " * 100_000 + b"]", headers=[bearer()]).status == 422
    key = sign_token(PURPOSE, "sendgrid")
    mail = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"x" * 30_000_000 + b"\r\n--b--\r\n"
    form = (b"content-type", b"multipart/form-data; boundary=b")
    assert post(f"{PATH}?key={key}", mail, headers=[form]).status == 200


def test_an_inbound_mail_of_a_stranger_is_told_that_it_lacks_the_key(reachable: None) -> None:
    assert post(PATH, CHUNK, chunks=600).status == 401
    assert post("/sendgrid/events", CHUNK, chunks=200).status == 403
    assert post("/events", CHUNK, chunks=10).status == 401


def test_a_lead_that_is_too_large_is_kept_before_the_rest_of_it_has_come() -> None:
    kept: list[Any] = []

    async def photo() -> AsyncIterator[bytes]:
        for number in range(ENDLESS):
            if number == 40:
                kept.extend(rows("SELECT raw FROM rejected_lead"))
            yield CHUNK

    answer = asyncio.run(ask(RawRequest("POST", b"/leads/website", headers=[FORM], body=photo())))
    assert answer.status == 413
    assert [bytes(raw) for (raw,) in kept] == [CHUNK]
    assert answer.taken <= LARGEST + len(CHUNK) + LIMITS["/leads"].discards


@pytest.mark.parametrize("path", ["/login", "/unsubscribe/FORGED/topics"])
def test_a_compressed_body_is_not_opened(path: str) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    answer = post(path, bomb, headers=[FORM, (b"content-encoding", b"gzip")])
    assert answer.status == 415
    assert "not compressed" in json.loads(answer.body)["detail"]


def test_a_compressed_lead_is_kept_as_it_came() -> None:
    sent = gzip.compress(b'{"email": "ann@example.com"}')
    assert post("/leads/website", sent, headers=[(b"content-encoding", b"gzip")]).status == 415
    assert [bytes(raw) for (raw,) in rows("SELECT raw FROM rejected_lead")] == [sent]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/contacts?q=%00", []),
        ("/contacts?unknown=a%00", []),
        ("/mails/lead_nurture/article_1?receiver=%00", []),
        ("/contacts/%00", []),
        ("/static/%00", []),
        ("/", [(b"cookie", b"tend_session=a\0b")]),
        ("/", [(b"cookie", b"tend_session=a%00b")]),
        ("/", [(b"user-agent", b"a\0b")]),
    ],
)
def test_a_null_byte_in_an_address_or_a_header_is_told_to_the_sender(path: str, headers: Any) -> None:
    path, _, query = path.partition("?")
    [answer] = ask_all([RawRequest("GET", path.encode(), query.encode(), headers)])
    assert answer.status == 400
    assert "null byte" in json.loads(answer.body)["detail"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (b"application/x-www-form-urlencoded", b"contact=a%00b"),
        (b"application/x-www-form-urlencoded", b"contact=a\0b"),
        (b"application/x-www-form-urlencoded; charset=utf-8", b"con%00tact=a"),
        (
            b"multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="contact"\r\n\r\na\0\r\n--b--',
        ),
        (
            b"Multipart/Form-Data; boundary=b; charset=utf-7",
            b'--b\r\nContent-Disposition: form-data; name="contact"\r\n\r\n+AAA-\r\n--b--',
        ),
        (
            b'multipart/form-data; boundary=b; charset="unicode_escape"',
            b'--b\r\nContent-Disposition: form-data; name="contact"\r\n\r\n\\x00\r\n--b--',
        ),
    ],
)
def test_a_null_byte_in_a_form_is_told_to_the_sender(content_type: bytes, body: bytes) -> None:
    answer = post("/replies/1/assign", body, headers=[(b"content-type", content_type)], client="127.0.0.1")
    assert answer.status in (400, 415)


def test_null_bytes_lose_no_lead() -> None:
    assert post("/leads/website?page=%00", LEAD + b"&company=Ac%00me").status == 201
    assert rows("SELECT email FROM contact") == [("ann@example.com",)]


def echo(patience: Patience, largest: int = LARGEST) -> FastAPI:
    """An app that says how much it was sent."""
    found = FastAPI()

    @found.post("/{path:path}")
    async def count(request: Request) -> int:
        return len(await request.body())

    install_error_handlers(found)
    found.add_middleware(RequestLimits, limits={}, otherwise=BodyLimit(largest=largest), patience=patience)
    return found


async def slowly(*chunks: bytes) -> AsyncIterator[bytes]:
    """Chunks, and then nothing for ever."""
    for chunk in chunks:
        yield chunk
    await asyncio.Event().wait()


def test_a_body_that_does_not_come_to_its_end_is_cut_off_with_a_sentence() -> None:
    patience = Patience(first_seconds=0.05, bytes_a_second=10**9, discard_seconds=0.05)
    for chunks in ([], [b"password="], [b"x"] * 20):
        sent = RawRequest("POST", b"/login", headers=[FORM], body=slowly(*chunks))
        answer = asyncio.run(ask(sent, to=echo(patience)))
        assert answer.status == 408


def test_bodies_that_are_too_much_all_together_are_put_off() -> None:
    patience = Patience(most_held=100_000)
    body = b"x" * (FOR_ANYBODY + 60_000)
    held = echo(patience)

    async def two_at_once() -> list[RawResponse]:
        small = ask(RawRequest("POST", b"/", body=[b"x" * 100]), held)
        first = ask(RawRequest("POST", b"/", body=slowly(body)), held)
        waiting = asyncio.create_task(first)
        await asyncio.sleep(0)
        found = [await ask(RawRequest("POST", b"/", body=[body]), held), await small]
        waiting.cancel()
        return found

    large, small = asyncio.run(two_at_once())
    assert (large.status, large.headers["retry-after"], small.status) == (503, "5", 200)
    assert asyncio.run(ask(RawRequest("POST", b"/", body=[body]), held)).status == 200


class ShortOfPatience(HttpConnection):
    head_seconds = 0.5
    answer_seconds = 0.5


class FewConnections(HttpConnection):
    most_sending = 20


@contextmanager
def connections(address: str, count: int) -> Iterator[list[socket.socket]]:
    where = urlsplit(address)
    found = [socket.create_connection((where.hostname, where.port)) for _ in range(count)]
    try:
        yield found
    finally:
        for one in found:
            one.close()


def answer_on(one: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\r\n\r\n1"):
        found += one.recv(65_536)
    return found


def is_cut_off(one: socket.socket) -> bool:
    one.settimeout(DEADLINE)
    try:
        while one.recv(65_536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


SLOW = (
    b"",
    b"POST /leads/website HTTP/1.1\r\nHost: x\r\nX-A: ",
    b"POST /leads/website HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nemail=",
    b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npassw",
)


def test_three_hundred_slow_senders_hold_up_no_lead() -> None:
    with run_server(app, HttpConnection) as address, connections(address, 300) as slow:
        for number, one in enumerate(slow):
            one.sendall(SLOW[number % len(SLOW)])
        with httpx.Client(base_url=address) as client:
            for number in range(30):
                lead = {"email": f"{number}@example.com", "form": "request-info"}
                assert client.post("/leads/website", json=lead).status_code == 201
    assert rows("SELECT count(*) FROM contact") == [(30,)]


def test_whoever_does_not_come_to_the_end_of_a_head_is_cut_off() -> None:
    patience = Patience(first_seconds=0.5, bytes_a_second=10**9, discard_seconds=0.1)
    with run_server(echo(patience), ShortOfPatience) as address, connections(address, len(SLOW)) as slow:
        for one, sent in zip(slow, SLOW, strict=True):
            one.sendall(sent)
        assert all(is_cut_off(one) for one in slow)


def test_a_head_that_comes_letter_by_letter_is_cut_off() -> None:
    with run_server(echo(Patience()), ShortOfPatience) as address, connections(address, 1) as [one]:
        give_up, is_open = time.monotonic() + DEADLINE, True
        while is_open and time.monotonic() < give_up:
            is_open = not _has_hung_up(one)
        assert not is_open


def test_a_second_request_on_a_connection_has_its_own_time() -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
    with run_server(echo(Patience()), ShortOfPatience) as address, connections(address, 1) as [one]:
        for _ in range(3):
            one.sendall(request)
            assert b"200 OK" in answer_on(one)
        one.sendall(request[:20])
        assert is_cut_off(one)


def test_whoever_does_not_take_the_answer_is_cut_off() -> None:
    large = FastAPI()

    @large.get("/")
    async def answer() -> str:
        return "x" * 50_000_000

    with run_server(large, ShortOfPatience) as address, connections(address, 1) as [one]:
        one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        give_up, is_open = time.monotonic() + DEADLINE, True
        while is_open and time.monotonic() < give_up:
            is_open = not _has_hung_up(one)
        assert not is_open


def _has_hung_up(one: socket.socket) -> bool:
    try:
        one.send(b"X")
    except (ConnectionResetError, BrokenPipeError):
        return True
    return False


def test_of_too_many_slow_senders_the_slowest_goes_and_leads_come_in() -> None:
    with run_server(app, FewConnections) as address, connections(address, 60) as slow:
        for one in slow:
            one.sendall(SLOW[1])
        with httpx.Client(base_url=address) as client:
            assert client.post("/leads/website", json={"email": "ann@example.com"}).status_code == 201
        assert all(is_cut_off(one) for one in slow[:39])


@pytest.mark.parametrize("length", [b"-1", b"1e3", b"99999999999999999999999", b"5, 6", b"\xb2"])
def test_a_length_that_is_none_is_refused(length: bytes) -> None:
    with run_server(app, HttpConnection) as address, connections(address, 1) as [one]:
        one.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + b"\r\n\r\nx")
        assert one.recv(12) in (b"HTTP/1.1 400", b"HTTP/1.1 413")
