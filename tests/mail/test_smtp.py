"""The SMTP mailer: what it says and in which words, against a real server on this machine."""

import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from blocks.send_result import SendStatus
from blocks.smtp import MOST_PER_CONNECTION, Encryption, SmtpMailer
from blocks.smtp_message import as_mime
from models.database import engine
from tests.support.mail.emails import an_email
from tests.support.mail.outbox import a_contact, a_message
from tests.support.paths import ROOT
from tests.support.playbook import apply_playbook
from tests.support.servers.ports import free_port


class SmtpServer:
    """Takes mail; a receiver's name says how it is answered."""

    def __init__(self, *, slow: float = 0) -> None:
        self.taken: list[bytes] = []
        self.senders: list[str] = []
        self.options: list[list[str]] = []
        self.hellos: list[str] = []
        self.goodbyes = 0
        self.refused_senders: tuple[str, ...] = ()
        self._slow = slow

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, responses: list[str]) -> Any:
        session.host_name = name
        self.hellos.append(name)
        return responses

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address.startswith(self.refused_senders) and self.refused_senders:
            return "553 5.7.1 Sender address rejected: not owned by user office"
        envelope.mail_from = address
        self.senders.append(address)
        self.options.append(options)
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("busy"):
            return "451 greylisted, try again later"
        if address.startswith("relay"):
            return "554 5.7.1 <relay@example.com>: Relay access denied"
        if address.startswith("bye"):
            return "421 4.7.0 too many messages on this connection"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 looks like spam"
        if self._slow:
            time.sleep(self._slow)
        self.taken.append(envelope.original_content)
        return "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:
        self.goodbyes += 1
        return "221 Bye"


@contextmanager
def smtp(server: SmtpServer, **offers: Any) -> Iterator[SmtpMailer]:
    controller = Controller(server, hostname="127.0.0.1", port=free_port(), **offers)
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
    [delivery] = mailer.deliver([an_email(3)])
    assert delivery.reason == f"127.0.0.1:{mailer.port} could not be used: connection refused"


def test_a_way_that_does_not_relay_keeps_all_mail_and_is_asked_once() -> None:
    server = SmtpServer()
    with smtp(server) as mailer:
        deliveries = mailer.deliver([an_email(n, f"relay{n}@example.com") for n in range(5)])

    assert {delivery.status for delivery in deliveries} == {SendStatus.UNAVAILABLE}
    assert len(server.senders) == 1
    assert "Relay access denied" in (deliveries[4].reason or "")


def test_every_connection_ends_with_a_goodbye_also_after_a_refusal() -> None:
    server = SmtpServer()
    with smtp(server) as mailer:
        mailer.deliver([an_email(1)])
        mailer.deliver([an_email(2, "spam@example.com")])
        mailer.deliver([an_email(3, "relay@example.com")])

    assert (len(server.hellos), server.goodbyes) == (3, 3)


def test_a_connection_carries_a_hundred_mails_and_then_a_new_one_is_opened() -> None:
    server = SmtpServer()
    with smtp(server) as mailer:
        deliveries = mailer.deliver([an_email(n) for n in range(MOST_PER_CONNECTION + 1)])

    assert {delivery.status for delivery in deliveries} == {SendStatus.ACCEPTED}
    assert (len(server.hellos), server.goodbyes) == (2, 2)


def test_a_server_that_ends_the_connection_between_mails_gets_the_next_on_a_new_one() -> None:
    server = SmtpServer()
    with smtp(server) as mailer:
        deliveries = mailer.deliver([an_email(1), an_email(2, "bye@example.com"), an_email(3)])

    assert [delivery.status for delivery in deliveries] == ["accepted", "later", "later"]
    assert len(server.hellos) == 2


def test_the_hello_names_a_whole_host_or_an_address() -> None:
    server = SmtpServer()
    with smtp(server) as mailer:
        mailer.deliver([an_email(1)])

    name = server.hellos[0]
    assert name == "[127.0.0.1]" or ("." in name and name == socket.getfqdn())


class SevenBit(SMTP):
    """A server that offers nothing."""

    async def smtp_EHLO(self, hostname: str) -> None:
        await self.push("502 5.5.1 not implemented")


class SevenBitController(Controller):
    def factory(self) -> SMTP:
        return SevenBit(self.handler)


@pytest.mark.parametrize("is_offered", [True, False])
def test_letters_outside_ascii_go_as_they_are_only_where_the_server_offers_it(is_offered: bool) -> None:
    server = SmtpServer()
    make = Controller if is_offered else SevenBitController
    controller = make(server, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        mailer = SmtpMailer(host="127.0.0.1", port=controller.port, encryption=Encryption.NONE)
        [delivery] = mailer.deliver([an_email()])
    finally:
        controller.stop()

    assert delivery.status is SendStatus.ACCEPTED
    assert server.taken[0].isascii() is not is_offered
    assert ("BODY=8BITMIME" in server.options[0]) is is_offered
    mail = message_from_bytes(server.taken[0], policy=policy.default)
    assert "Grüße" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


@pytest.mark.parametrize("is_offered", [True, False])
def test_an_address_outside_ascii_goes_only_where_the_server_offers_it(is_offered: bool) -> None:
    server = SmtpServer()
    with smtp(server, enable_SMTPUTF8=is_offered) as mailer:
        [delivery] = mailer.deliver([an_email(to="jörg@example.com")])

    assert delivery.status is (SendStatus.ACCEPTED if is_offered else SendStatus.REFUSED)
    assert ("SMTPUTF8" in server.options[0]) if is_offered else not server.options


def test_reports_of_failures_come_to_the_address_that_names_the_message() -> None:
    server = SmtpServer()
    with smtp(server) as mailer:
        mailer.deliver([an_email(1, return_path="r-1-abc@reply.example.com"), an_email(2)])

    assert server.senders == ["r-1-abc@reply.example.com", "hello@brightwater.example.com"]
    mail = message_from_bytes(server.taken[0], policy=policy.default)
    assert mail["From"].addresses[0].addr_spec == "hello@brightwater.example.com"


def test_where_only_the_companys_own_sender_is_taken_mail_goes_out_under_it() -> None:
    server = SmtpServer()
    server.refused_senders = ("r-",)
    emails = [an_email(n, return_path=f"r-{n}-abc@reply.example.com") for n in range(3)]
    with smtp(server) as mailer:
        deliveries = mailer.deliver(emails)

    assert {delivery.status for delivery in deliveries} == {SendStatus.ACCEPTED}
    assert server.senders == ["hello@brightwater.example.com"] * 3


def test_a_sender_that_is_not_taken_at_all_closes_the_way() -> None:
    server = SmtpServer()
    server.refused_senders = ("r-", "hello")
    with smtp(server) as mailer:
        deliveries = mailer.deliver([an_email(n, return_path=f"r-{n}-abc@reply.example.com") for n in range(3)])

    assert {delivery.status for delivery in deliveries} == {SendStatus.UNAVAILABLE}
    assert "not owned by user" in (deliveries[0].reason or "")


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\x85"), max_size=300)


@given(subject=WORDS.map(lambda words: " ".join(words.split())).filter(bool), text_=WORDS, html=WORDS)
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("is_8bit", [True, False])
def test_whatever_is_written_is_read_alike_by_strict_programs(
    is_8bit: bool, subject: str, text_: str, html: str
) -> None:
    url = f"https://x.example.com/u/{'t' * 400}"
    headers = {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    email = an_email(subject=subject, text=f".\n{text_}\n", html=f"<p>{html}</p>" * 40, headers=headers)

    content = as_mime(email, is_8bit=is_8bit).as_bytes()

    head = content.split(b"\r\n\r\n", 1)[0]
    assert head.isascii()
    assert not set(b"\r\n") & set(content.replace(b"\r\n", b""))
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert is_8bit or content.isascii()
    strict = message_from_bytes(content, policy=policy.default.clone(raise_on_defect=True))
    assert strict["Subject"] == subject
    assert strict["List-Unsubscribe"] == f"<{url}>"
    old = message_from_bytes(content, policy=policy.compat32)
    assert str(make_header(decode_header(old["Subject"].replace("\r\n", "")))) == subject
    plain = strict.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert plain.replace("\r\n", "\n") == f".\n{text_}\n"


def test_a_clock_that_is_told_to_stop_finishes_one_mail_and_gives_the_others_back(database_url: str) -> None:
    apply_playbook()
    for n in range(60):
        a_message(a_contact(f"c{n}@example.com"))
    server = SmtpServer(slow=0.1)
    with smtp(server) as mailer:
        command = [sys.executable, "-m", "tests.support.servers.smtp_clock", str(mailer.port)]
        with subprocess.Popen(command, cwd=ROOT) as process:
            give_up = time.monotonic() + 60
            while len(server.taken) < 5 and time.monotonic() < give_up:
                time.sleep(0.01)
            process.terminate()
            assert process.wait(60) == 0

    with engine().connect() as connection:
        states = Counter(connection.scalars(text("SELECT state FROM message")))
        moments = connection.scalars(text("SELECT count(DISTINCT sent_at) FROM message")).one()
    assert states == {"sent": len(server.taken), "queued": 60 - len(server.taken)}
    assert server.goodbyes == 1
    assert moments == 1
