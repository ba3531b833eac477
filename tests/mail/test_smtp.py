"""The SMTP mailer: what each answer of the server means for an email, against a real server on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller

from blocks.send_result import SendStatus
from blocks.smtp import Encryption, SmtpMailer
from tests.support.mail.emails import an_email
from tests.support.servers.ports import free_port


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
        [delivery] = mailer.deliver([an_email()])

    assert delivery.status == SendStatus.ACCEPTED
    assert delivery.provider_id == "<tend-1@brightwater.example.com>"
    mail = message_from_bytes(server.taken[0], policy=policy.default)
    assert mail["Subject"] == "Grüße & more"
    assert mail["From"] == '"Nora, at Brightwater" <hello@brightwater.example.com>'
    assert mail["Reply-To"] == "answers@brightwater.example.com"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_smtp_answers_decide_email_by_email() -> None:
    server = SmtpServer()
    names = ["ana", "nobody", "busy", "spam", "bo"]
    with smtp(server) as mailer:
        deliveries = mailer.deliver([an_email(n, f"{name}@example.com") for n, name in enumerate(names)])

    assert [delivery.status for delivery in deliveries] == ["accepted", "bounced", "deferred", "refused", "accepted"]
    assert deliveries[1].reason == "550 no such mailbox"
    assert len(server.taken) == 2


def test_a_cut_after_the_content_is_unknown_and_the_rest_waits() -> None:
    with smtp(SmtpServer()) as mailer:
        names = ["ana", "cut", "bo"]
        deliveries = mailer.deliver([an_email(n, f"{name}@example.com") for n, name in enumerate(names)])

    assert [delivery.status for delivery in deliveries] == ["accepted", "unknown", "later"]


def test_smtp_that_is_down_takes_nothing_and_loses_nothing() -> None:
    mailer = SmtpMailer(host="127.0.0.1", port=free_port(), encryption=Encryption.NONE)

    assert [delivery.status for delivery in mailer.deliver([an_email(1), an_email(2)])] == ["later", "later"]
