"""The fake SendGrid: as strict as the real one, in its words, and it fails and posts events when asked."""

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console
from sendgrid.helpers.eventwebhook import EventWebhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments import sendgrid_double
from deployments.sendgrid_double import CUT, FakeSendGrid, FakeSettings, run_fake
from deployments.sendgrid_double.command import introduce
from deployments.sendgrid_double.mail_send_rules import validation_errors
from tests.house.imports import below, imported_names
from tests.support.paths import SHARED
from tests.support.servers.http_server import run_server

REAL_EVENTS = SHARED / "contracts" / "sendgrid" / "anymail_sendgrid_events.json"
MAILERS = ("blocks", "flows", "models", "web", "templates", "sendgrid")
DEADLINE = 60.0
NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
MAIL: dict[str, Any] = {
    "personalizations": [{"to": [{"email": "ana@example.com"}]}],
    "from": {"email": "hello@brightwater.example.com", "name": "Nora"},
    "subject": "Hello",
    "content": [
        {"type": "text/plain", "value": "Hello"},
        {"type": "text/html", "value": '<p>Hello <a href="https://example.com/a?b=1&amp;c=2">you</a></p>'},
    ],
    "custom_args": {"tend_message_id": "41"},
    "categories": ["journey", "journey/step"],
}


def test_it_shares_no_code_with_the_mailer() -> None:
    files = [path for path in Path(sendgrid_double.__path__[0]).glob("*.py") if path.stem != "__init__"]
    modules = {name for path in files for name, _ in imported_names(f"{sendgrid_double.__name__}.{path.stem}")}

    assert len(files) > 5
    assert {module for module in modules if below(module, "deployments")} - {"deployments.stack.ports"} == {
        module for module in modules if below(module, "deployments.sendgrid_double")
    }
    assert not [module for module in modules if module.partition(".")[0] in MAILERS]


def changed(**parts: Any) -> dict[str, Any]:
    """The mail with other parts; None leaves one out."""
    return {name: value for name, value in (deepcopy(MAIL) | parts).items() if value is not None}


def person(number: int) -> dict[str, str]:
    return {"email": f"a{number}@example.com"}


A_THOUSAND = [{"to": [person(n) for n in range(1000)]}]
TWICE = [{"to": [person(1)], "cc": [{"email": "A1@example.com"}]}]
IN_FOUR_DAYS = int((NOW + timedelta(days=4)).timestamp())


def test_a_good_mail_has_no_complaints() -> None:
    assert validation_errors(MAIL, NOW) == []
    assert validation_errors(changed(personalizations=A_THOUSAND), NOW) == []
    assert validation_errors(changed(send_at=int(NOW.timestamp())), NOW) == []


@pytest.mark.parametrize(
    ("mail", "field"),
    [
        ([], None),
        (changed(personalizations=None), "personalizations"),
        (changed(personalizations=[]), "personalizations"),
        (changed(personalizations=[{}]), "personalizations.0.to"),
        (changed(personalizations=[{"to": []}]), "personalizations.0.to"),
        (changed(personalizations=[{"to": [{"email": "Ana <ana@example.com>"}]}]), "personalizations.0.to.0.email"),
        (changed(personalizations=[{"to": [{"email": "jörg@example.com"}]}]), "personalizations.0.to.0.email"),
        (changed(personalizations=TWICE), "personalizations.0.cc"),
        (changed(personalizations=[*A_THOUSAND, {"to": [person(1)]}]), "personalizations"),
        (changed(**{"from": None}), "from"),
        (changed(**{"from": {"email": "a@example.com", "name": "a\r\nBcc: x@example.com"}}), "from.name"),
        (changed(subject=None), "subject"),
        (changed(subject=""), "subject"),
        (changed(subject="  "), "subject"),
        (changed(subject="a\nb"), "subject"),
        (changed(content=None), "content"),
        (changed(content=[]), "content"),
        (changed(content=[{"type": "text/html", "value": ""}]), "content.0.value"),
        (changed(content=MAIL["content"][::-1]), "content"),
        (changed(content=MAIL["content"][:1] * 2), "content"),
        (changed(headers={"Reply-To": "a@example.com"}), "headers.Reply-To"),
        (changed(headers={"X-Ours": "a\nb"}), "headers.X-Ours"),
        (changed(headers={"X Ours": "a"}), "headers"),
        (changed(headers={"X-Ours": 1}), "headers.X-Ours"),
        (changed(categories=["a"] * 2), "categories"),
        (changed(categories=[str(n) for n in range(11)]), "categories"),
        (changed(categories=["x" * 256]), "categories.0"),
        (changed(custom_args={"a": 1}), "custom_args.a"),
        (changed(custom_args={"a": "x" * 10_000}), "custom_args"),
        (changed(send_at=IN_FOUR_DAYS), "send_at"),
        (changed(send_at=True), "send_at"),
        (changed(reply_to={"email": "a@b.example"}, reply_to_list=[person(1)]), "reply_to_list"),
        (changed(tracking_settings={"open_tracking": {"enable": "yes"}}), "tracking_settings.open_tracking.enable"),
        (changed(tracking_settings={"opens": {}}), "tracking_settings.opens"),
        (changed(colour="red"), "colour"),
        (changed(attachments=[{"content": "eA=="}]), "attachments.0.filename"),
    ],
)
def test_what_is_wrong_is_found_with_its_field(mail: Any, field: str | None) -> None:
    assert [error.field for error in validation_errors(mail, NOW)][:1] == [field]


@contextmanager
def a_fake(**settings: Any) -> Iterator[tuple[FakeSendGrid, httpx.Client]]:
    with (
        run_fake(FakeSettings(**settings)) as fake,
        httpx.Client(base_url=fake.url, headers={"Authorization": "Bearer SG.double"}, timeout=10) as client,
    ):
        yield fake, client


@pytest.fixture(scope="module")
def shared_fake() -> Iterator[tuple[FakeSendGrid, httpx.Client]]:
    with a_fake(senders=("hello@brightwater.example.com",)) as both:
        yield both


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        ({"json": MAIL}, 202, None),
        ({"json": MAIL, "headers": {"Authorization": ""}}, 401, "Permission denied, wrong credentials"),
        ({"json": MAIL, "headers": {"Authorization": "Bearer SG.other"}}, 401, "The provided authorization grant"),
        ({"content": json.dumps(MAIL), "headers": {"Content-Type": "text/plain"}}, 415, "Content-Type should be"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "Bad Request"),
        ({"content": b" " * 30_000_000, "headers": {"Content-Type": "application/json"}}, 413, "Payload Too Large"),
        ({"json": changed(**{"from": {"email": "who@example.com"}})}, 403, "The from address does not match"),
        ({"json": changed(subject=None)}, 400, "The subject is required."),
    ],
)
def test_it_answers_in_sendgrids_words(
    shared_fake: tuple[FakeSendGrid, httpx.Client], sent: dict[str, Any], status: int, message: str | None
) -> None:
    fake, client = shared_fake
    fake.reset()

    answer = client.post("/v3/mail/send", **sent)

    assert answer.status_code == status
    assert len(fake.accepted) == (status == 202)
    if message is None:
        assert (answer.content, answer.headers["X-Message-Id"]) == (b"", fake.accepted[0].id)
    else:
        [error] = answer.json()["errors"]
        assert set(error) == {"message", "field", "help"}
        assert error["message"].startswith(message)


def test_wrong_paths_and_methods_are_errors_of_the_same_kind(shared_fake: tuple[FakeSendGrid, httpx.Client]) -> None:
    _, client = shared_fake
    answers = [client.get("/v3/mail/send"), client.post("/v3/mail/sent", json=MAIL)]
    assert [(answer.status_code, answer.json()["errors"][0]["message"]) for answer in answers] == [
        (405, "method not allowed"),
        (404, "not found"),
    ]


def test_it_fails_as_often_as_asked_and_may_have_taken_the_mail(shared_fake: tuple[FakeSendGrid, httpx.Client]) -> None:
    fake, client = shared_fake
    fake.reset()
    client.post("/failures", json={"kind": "429", "times": 2, "reset_seconds": 30}).raise_for_status()
    client.post("/failures", json={"kind": "cut", "accepts": True}).raise_for_status()

    answers = [client.post("/v3/mail/send", json=MAIL) for _ in range(2)]
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/v3/mail/send", json=MAIL)

    assert [answer.status_code for answer in answers] == [429, 429]
    assert 28 <= int(answers[0].headers["X-RateLimit-Reset"]) - time.time() <= 32
    assert len(fake.accepted) == 1
    assert client.post("/v3/mail/send", json=MAIL).status_code == 202
    assert client.post("/failures", json={"kind": "sulk"}).status_code == 400


def test_more_than_its_rate_is_answered_429() -> None:
    with a_fake(rate=2) as (_, client):
        statuses = Counter(client.post("/v3/mail/send", json=MAIL).status_code for _ in range(8))

    assert statuses[202] >= 2
    assert statuses[429] >= 2


def test_the_pages_show_what_was_taken(shared_fake: tuple[FakeSendGrid, httpx.Client]) -> None:
    fake, client = shared_fake
    fake.reset()
    assert "No mail yet" in client.get("/").text
    client.post("/v3/mail/send", json=changed(subject="<b>Grüße</b>"))

    page = client.get("/").text
    [listed] = client.get("/messages").json()
    assert "&lt;b&gt;Grüße" in page
    assert "ana@example.com" in page
    assert (listed["to"], listed["custom_args"]) == ("ana@example.com", {"tend_message_id": "41"})
    mail = client.get(f"/messages/{listed['id']}")
    assert "<p>Hello" in mail.text
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert client.get("/counts").json()["accepted"] == 1


def test_a_sandboxed_mail_is_checked_and_forgotten(shared_fake: tuple[FakeSendGrid, httpx.Client]) -> None:
    fake, client = shared_fake
    fake.reset()
    sandboxed = changed(mail_settings={"sandbox_mode": {"enable": True}})

    assert client.post("/v3/mail/send", json=sandboxed).status_code == 200
    assert fake.accepted == []


class Listener:
    """Takes events, after refusing as many batches as it is given."""

    def __init__(self, refusals: int = 0) -> None:
        self.requests: list[tuple[httpx.Headers, bytes]] = []
        self.refusals = refusals
        self.app = Starlette(routes=[Route("/events", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        self.requests.append((httpx.Headers(request.headers.raw), await request.body()))
        self.refusals -= 1
        return Response(status_code=503 if self.refusals >= 0 else 200)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for _, body in self.requests for event in json.loads(body)]


@contextmanager
def listening(listener: Listener, **settings: Any) -> Iterator[tuple[FakeSendGrid, httpx.Client]]:
    with (
        run_server(listener.app) as url,
        a_fake(events_url=f"{url}/events", post_every_seconds=0.02, **settings) as both,
    ):
        yield both


def until(happened: Callable[[], bool]) -> None:
    give_up = time.monotonic() + DEADLINE
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def mail_to(name: str, **parts: Any) -> dict[str, Any]:
    return changed(personalizations=[{"to": [{"email": f"{name}@example.com"}]}], **parts)


SEQUENCES = {
    "ana": ["processed", "delivered", "open", "click"],
    "bounce": ["processed", "bounce"],
    "blocked": ["processed", "bounce"],
    "dropped": ["dropped"],
    "deferred": ["processed", "deferred", "delivered"],
    "spam": ["processed", "delivered", "spamreport"],
    "unsubscribe": ["processed", "delivered", "unsubscribe"],
}


def test_the_address_decides_which_events_a_mail_gets() -> None:
    listener = Listener()
    with listening(listener, opens=1.0, clicks=1.0, read_after_seconds=0.0) as (_, client):
        for name in SEQUENCES:
            client.post("/v3/mail/send", json=mail_to(name)).raise_for_status()
        until(lambda: len(listener.events) >= sum(map(len, SEQUENCES.values())))

    posted = {name: [e["event"] for e in listener.events if e["email"].startswith(name)] for name in SEQUENCES}
    assert posted == SEQUENCES
    assert {event["tend_message_id"] for event in listener.events} == {"41"}
    assert {event.get("type") for event in listener.events if event["email"].startswith("blocked")} == {None, "blocked"}
    [click] = [event for event in listener.events if event["event"] == "click"]
    assert click["url"] == "https://example.com/a?b=1&c=2"


def test_events_have_the_fields_of_real_ones() -> None:
    if not REAL_EVENTS.exists():
        pytest.skip("SendGrid's real events are not beside this checkout")
    real: dict[str, set[str]] = {}
    for example in json.loads(REAL_EVENTS.read_text()):
        for event in example["events"]:
            real.setdefault(event["event"], set()).update(set(event) - {"anymail_id", "custom1", "custom2"})
    listener = Listener()
    with listening(listener, opens=1.0, clicks=1.0, read_after_seconds=0.0) as (_, client):
        for name in SEQUENCES:
            client.post("/v3/mail/send", json=mail_to(name))
        until(lambda: len(listener.events) >= sum(map(len, SEQUENCES.values())))

    for event in listener.events:
        missing = real.get(event["event"], set()) - set(event)
        assert not missing, event["event"]


def test_opens_and_clicks_of_untracked_mails_are_not_posted() -> None:
    untracked = {"open_tracking": {"enable": False}, "click_tracking": {"enable": False, "enable_text": False}}
    listener = Listener()
    with listening(listener, opens=1.0, clicks=1.0, read_after_seconds=0.0) as (_, client):
        client.post("/v3/mail/send", json=changed(tracking_settings=untracked)).raise_for_status()
        client.post("/v3/mail/send", json=mail_to("bo")).raise_for_status()
        until(lambda: "click" in [event["event"] for event in listener.events])

    assert [e["event"] for e in listener.events if e["email"] == "ana@example.com"] == ["processed", "delivered"]


def test_events_come_twice_and_out_of_order_when_so_set() -> None:
    listener = Listener()
    with listening(listener, duplicates=1.0, shuffled=True) as (_, client):
        for number in range(30):
            client.post("/v3/mail/send", json=mail_to(f"c{number}")).raise_for_status()
        until(lambda: len(listener.events) >= 120)

    assert set(Counter(event["sg_event_id"] for event in listener.events).values()) == {2}
    order = [(event["email"], event["event"]) for event in listener.events]
    assert any(order.index((email, "delivered")) < order.index((email, "processed")) for email, _ in order)


def test_events_are_signed_over_the_bytes_that_go_out() -> None:
    listener = Listener()
    with listening(listener, signed=True) as (fake, client):
        client.post("/v3/mail/send", json=mail_to("zoë".encode("idna").decode())).raise_for_status()
        until(lambda: bool(listener.requests))

    headers, body = listener.requests[0]
    theirs = EventWebhook(fake.public_key)
    signature = headers["X-Twilio-Email-Event-Webhook-Signature"]
    timestamp = headers["X-Twilio-Email-Event-Webhook-Timestamp"]
    assert body.endswith(b"\r\n")
    assert theirs.verify_signature(body.decode(), signature, timestamp)
    assert not theirs.verify_signature(body.decode().strip(), signature, timestamp)


def test_events_that_were_refused_are_posted_again() -> None:
    listener = Listener(refusals=2)
    with listening(listener) as (_, client):
        client.post("/v3/mail/send", json=MAIL).raise_for_status()
        until(lambda: client.get("/counts").json()["events"].get("posted") == 2)

    assert Counter(event["event"] for event in listener.events) == {"processed": 3, "delivered": 3}


def test_a_person_can_make_something_happen() -> None:
    listener = Listener()
    with listening(listener) as (fake, client):
        client.post("/v3/mail/send", json=MAIL).raise_for_status()
        asked = {"message": fake.accepted[0].id, "event": "click", "url": "https://example.com/offer"}
        client.post("/events", json=asked).raise_for_status()
        until(lambda: "click" in [event["event"] for event in listener.events])
        assert client.post("/events", json=asked | {"event": "dance"}).status_code == 400
        assert client.post("/events", json=asked | {"message": "none"}).status_code == 404


def test_failures_by_chance_are_of_all_kinds_and_the_same_each_time() -> None:
    with a_fake(failure_rate=0.5) as (fake, client):
        for _ in range(40):
            try:
                client.post("/v3/mail/send", json=MAIL)
            except httpx.TransportError:
                continue
        answers = fake.app.account.answers

    assert set(answers) == {"202", "429", "500", CUT}
    assert len(fake.accepted) > answers["202"]


def test_the_terminal_says_how_to_use_it() -> None:
    console = Console(record=True, width=80, file=io.StringIO())
    with a_fake(signed=True) as (fake, _):
        introduce(fake, fake.app.settings, console)

    said = console.export_text()
    assert fake.url in said
    assert f"TEND_SENDGRID_PUBLIC_KEY={fake.public_key}" in said
