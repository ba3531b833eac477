"""Mailers: what each answer of the other side means for a letter, against real servers on this machine."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from blocks import SendGridMailer, SmtpMailer
from blocks.letter import Letter
from blocks.mailer import Fate
from blocks.sendgrid import Clicks, as_request
from blocks.smtp import Encryption
from models import MessageKind

# What SendGrid publishes lies beside the checkout, not in it.
CONTRACT = Path(__file__).parents[2] / "shared" / "contracts" / "sendgrid" / "tsg_mail_v3.patched.json"


def a_letter(number: int = 1, to: str = "ana@example.com", kind: MessageKind = MessageKind.MARKETING) -> Letter:
    return Letter(
        key=f"1:{number}",
        message_id=number,
        kind=kind,
        at=datetime(2026, 3, 2, 17, tzinfo=UTC),
        from_name="Nora, at Brightwater",
        from_address="hello@brightwater.example.com",
        to_address=to,
        reply_to="answers@brightwater.example.com",
        subject="Grüße & more",
        html="<p>Grüße</p>",
        text="Grüße\n",
        headers={
            "List-Unsubscribe": "<https://x.example.com/u>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


class SmtpServer:
    """Takes mail; a receiver's name says how it is answered."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("busy"):
            return "451 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 looks like spam"
        self.taken.append(envelope.original_content)
        return "250 OK"


@contextmanager
def smtp(server: SmtpServer) -> Iterator[SmtpMailer]:
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield SmtpMailer(
            host="127.0.0.1", port=controller.port, encryption=Encryption.NONE, username=None, timeout_seconds=5
        )
    finally:
        controller.stop()


def test_smtp_delivers_text_and_html_with_all_headers() -> None:
    server = SmtpServer()
    with smtp(server) as mailer:
        [delivery] = mailer.deliver([a_letter()])

    assert delivery.fate == Fate.ACCEPTED
    assert delivery.provider_id == "<tend-1@brightwater.example.com>"
    mail = message_from_bytes(server.taken[0], policy=policy.default)
    assert mail["Subject"] == "Grüße & more"
    assert mail["From"] == '"Nora, at Brightwater" <hello@brightwater.example.com>'
    assert mail["Reply-To"] == "answers@brightwater.example.com"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_smtp_answers_decide_letter_by_letter() -> None:
    server = SmtpServer()
    names = ["ana", "nobody", "busy", "spam", "bo"]
    with smtp(server) as mailer:
        deliveries = mailer.deliver([a_letter(n, f"{name}@example.com") for n, name in enumerate(names)])

    assert [delivery.fate for delivery in deliveries] == ["accepted", "refused", "later", "refused", "accepted"]
    assert deliveries[1].because == "550 no such mailbox"
    assert len(server.taken) == 2


def test_a_cut_after_the_content_is_unknown_and_the_rest_waits() -> None:
    with smtp(SmtpServer()) as mailer:
        names = ["ana", "cut", "bo"]
        deliveries = mailer.deliver([a_letter(n, f"{name}@example.com") for n, name in enumerate(names)])

    assert [delivery.fate for delivery in deliveries] == ["accepted", "unknown", "later"]


def test_smtp_that_is_down_takes_nothing_and_loses_nothing() -> None:
    mailer = SmtpMailer(host="127.0.0.1", port=free_port(), encryption=Encryption.NONE)

    assert [delivery.fate for delivery in mailer.deliver([a_letter(1), a_letter(2)])] == ["later", "later"]


Answer = tuple[int, dict[str, str], object]
ACCEPTED: Answer = (202, {"X-Message-Id": "sg-1"}, None)


class SendGrid:
    """Answers as told, in order; the last answer is repeated."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def sendgrid(double: SendGrid, **fields: Any) -> Iterator[SendGridMailer]:
    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            double.requests.append({"path": self.path, "key": self.headers["Authorization"], "json": body})
            status, headers, answer = double.next_answer()
            if status == 0:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            content = json.dumps(answer).encode() if answer else b""
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        mailer = SendGridMailer(api_key=SecretStr("SG.test"), host=f"http://127.0.0.1:{server.server_port}", **fields)
        yield mailer
        if mailer._client:
            mailer._client.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_sendgrid_gets_what_its_contract_asks_for() -> None:
    double = SendGrid(ACCEPTED)
    with sendgrid(double) as mailer:
        [delivery] = mailer.deliver([a_letter(41)])

    assert (delivery.fate, delivery.provider_id) == (Fate.ACCEPTED, "sg-1")
    request = double.requests[0]
    assert (request["path"], request["key"]) == ("/v3/mail/send", "Bearer SG.test")
    assert problems(request["json"]) == []
    assert request["json"]["custom_args"] == {"tend_message_id": "41"}
    assert [part["type"] for part in request["json"]["content"]] == ["text/plain", "text/html"]
    assert request["json"]["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_only_mails_to_contacts_are_tracked_by_sendgrid() -> None:
    def tracked(kind: MessageKind) -> bool:
        settings = as_request(a_letter(kind=kind), count_clicks=True)["tracking_settings"]
        return bool(settings["click_tracking"]["enable"])

    assert tracked(MessageKind.MARKETING)
    assert not tracked(MessageKind.TASK)


@pytest.mark.parametrize(("clicks", "ours"), [(Clicks.TEND, True), (Clicks.SENDGRID, False)])
def test_clicks_are_counted_once(clicks: Clicks, ours: bool) -> None:
    assert SendGridMailer(api_key=SecretStr("SG.test"), clicks=clicks).track_links is ours


BAD_ADDRESS = {"errors": [{"message": "Does not contain a valid address.", "field": "personalizations.0.to"}]}


@pytest.mark.parametrize(
    ("status", "body", "fate", "because"),
    [
        (400, BAD_ADDRESS, "refused", "Does not contain a valid address. (personalizations.0.to)"),
        (401, {"errors": [{"message": "The key is invalid", "field": None}]}, "later", "The key is invalid"),
        (200, None, "unknown", "answered 200"),
        (301, None, "unknown", "answered 301"),
        (500, None, "unknown", "answered 500"),
        (503, {"unexpected": 1}, "unknown", "answered 503"),
    ],
)
def test_sendgrid_answers(status: int, body: object, fate: str, because: str) -> None:
    with sendgrid(SendGrid((status, {}, body))) as mailer:
        [delivery] = mailer.deliver([a_letter()])

    assert delivery.fate == fate
    assert because in (delivery.because or "")


def test_a_connection_cut_by_sendgrid_is_unknown_and_not_repeated() -> None:
    double = SendGrid((0, {}, None))
    with sendgrid(double) as mailer:
        [delivery] = mailer.deliver([a_letter()])

    assert delivery.fate == Fate.UNKNOWN
    assert len(double.requests) == 1


def too_many(reset_at: Callable[[], float]) -> Answer:
    return (429, {"X-RateLimit-Reset": str(reset_at())}, {"errors": [{"message": "too many requests", "field": None}]})


def test_too_many_requests_wait_as_long_as_sendgrid_asks() -> None:
    with sendgrid(SendGrid(too_many(lambda: time.time() - 1), ACCEPTED)) as mailer:
        [delivery] = mailer.deliver([a_letter()])

    assert delivery.fate == Fate.ACCEPTED


def test_too_many_requests_for_long_are_left_to_a_later_delivery() -> None:
    with sendgrid(SendGrid(too_many(lambda: time.time() + 600))) as mailer:
        [delivery] = mailer.deliver([a_letter()])

    assert delivery.fate == Fate.LATER


def test_sendgrid_out_of_reach_takes_nothing_and_loses_nothing() -> None:
    mailer = SendGridMailer(api_key=SecretStr("SG.test"), host=f"http://127.0.0.1:{free_port()}")

    assert [delivery.fate for delivery in mailer.deliver([a_letter(1), a_letter(2)])] == ["later", "later"]


def problems(request: dict[str, Any]) -> list[str]:
    """What the published contract has against a request."""
    if not CONTRACT.exists():
        pytest.skip("SendGrid's published contract is not beside this checkout")
    place = "#/components/requestBodies/PostMailSend/content/application~1json/schema"
    schema = {"$ref": place, **json.loads(CONTRACT.read_text())}
    return [error.message for error in Draft202012Validator(schema).iter_errors(request)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
