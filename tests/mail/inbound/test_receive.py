"""Inbound mail: stored in full, matched to its contact, classified as written by a person or a program."""

import json
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from typing import Any

import pytest

from models.database import engine
from models.mail.tracking import process_mail_events
from models.playbook.mail import Bounces
from tests.support.database import rows, write
from tests.support.mail.inbound_mail import (
    AUTHENTICATED,
    DOMAIN,
    a_parsed_mail,
    a_raw_mail,
    post_parts,
    receive,
    reply_to,
    stored_mails,
)
from tests.support.playbook import apply_playbook
from tests.support.web_pages import a_contact, a_message, browser, events


@pytest.fixture(autouse=True)
def playbook(database_url: str) -> None:
    """As it is delivered."""
    apply_playbook()


def sent(contact: int, template: str = "offer_sequence/offer", **columns: Any) -> int:
    """A mail of ours to them."""
    return a_message(contact, template=template, state="sent", key=f"{contact}:{template}", **columns)


# Whose it is.


def test_a_reply_is_known_by_the_address_whoever_writes_from_wherever() -> None:
    ana = a_contact()
    message = sent(ana, run_id=7)
    answer = receive(a_parsed_mail("Call me.", to=reply_to(message).upper(), sender="pa@other.org"))
    assert (answer.status_code, answer.json()) == (200, {"stored": True})

    assert stored_mails() == [("reply", ana, "reply address", "Call me.")]
    [(topic, data)] = rows("SELECT topic, data FROM event WHERE name = 'replied'")
    assert topic == "offer_sequence/offer"
    assert {name: data[name] for name in ("text", "from", "message", "run")} == {
        "text": "Call me.",
        "from": "pa@other.org",
        "message": message,
        "run": 7,
    }


def test_the_same_mail_again_changes_nothing() -> None:
    post = a_parsed_mail("Call me.", to=reply_to(sent(a_contact())))
    assert [receive(post).json()["stored"] for _ in range(3)] == [True, False, False]
    receive(a_parsed_mail("Something else under the same Message-ID.", to="x@y.example"))
    assert len(stored_mails()) == 2
    assert events() == [("replied", "offer_sequence/offer")]


@pytest.mark.parametrize(
    ("answers", "sender"),
    [("<14c5.dfd.64b@ismtpd-555>", "ana@example.com"), ("<tend-{}@brightwater.example.com>", "bob@example.com")],
)
def test_a_reply_to_the_companys_address_is_known_by_what_it_refers_to(answers: str, sender: str) -> None:
    ana = a_contact()
    message = sent(ana)
    called = answers.format(message)
    provider_id = called if "tend-" in called else "14c5.dfd.64b"
    write("UPDATE message SET provider_id = :called", called=provider_id)
    refer = {"References": f"<other@x> {called}"}

    receive(a_parsed_mail("From somebody else.", to="hello@x.example", sender="eve@evil.org", headers=refer))
    receive(a_parsed_mail("From them, or a colleague.", to="hello@x.example", sender=sender, headers=refer))

    assert [(who, by) for _, who, by, _ in stored_mails()] == [(None, None), (ana, "references")]


def test_a_sender_counts_only_where_their_domain_vouches_for_it() -> None:
    ana = a_contact()
    receive(a_parsed_mail("Hello?", to="hello@x.example"))
    receive(a_parsed_mail("Hello, again?", to="hello@x.example", SPF="pass", return_path="x@evil.org"))
    receive(a_parsed_mail("It is me.", to="hello@x.example", **AUTHENTICATED))
    assert [(who, by) for _, who, by, _ in stored_mails()] == [(None, None), (None, None), (ana, "sender")]
    assert events() == [("replied", None)]


def test_a_forged_reply_address_is_nobodys() -> None:
    message = sent(a_contact())
    receive(a_parsed_mail("Hello?", to=f"r-{message}-{'0' * 20}@{DOMAIN}"))
    assert stored_mails() == [("reply", None, None, "Hello?")]


# What people and programs write.

OUT = {"Auto-Submitted": "auto-replied", "Subject": "Automatic reply: Hello"}


def test_an_automatic_reply_is_no_reply() -> None:
    receive(a_parsed_mail("I am away until Monday.", to=reply_to(sent(a_contact())), headers=OUT))
    assert events() == [("auto_replied", "out-of-office")]


def test_whoever_answers_stop_is_off_the_list_and_nobody_has_to_answer() -> None:
    ana = a_contact()
    receive(a_parsed_mail("Unsubscribe.", to=reply_to(sent(ana))))
    assert (rows("SELECT suppressed FROM contact"), events()) == ([("unsubscribed",)], [("unsubscribed", None)])
    assert "Unsubscribe." in browser().get(f"/contacts/{ana}").text


# What comes back.


def report(message: int, status: str, action: str = "failed") -> Message:
    """A mail server's report about a mail of ours, with the headers of that mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "MAILER-DAEMON@mx.example.com", "bounces@x.example", "Undelivered"
    mail.set_content("It could not be delivered.")
    mail.make_mixed()
    mail.replace_header("Content-Type", 'multipart/report; report-type=delivery-status; boundary="b"')
    mail.set_boundary("b")
    raw = mail.as_bytes().replace(
        b"--b--",
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        + f"Final-Recipient: rfc822; ana@example.com\nAction: {action}\nStatus: {status}\n\n".encode()
        + b"--b\nContent-Type: text/rfc822-headers\n\n"
        + f"Reply-To: {reply_to(message)}\nSubject: Hello\n\n--b--".encode(),
    )
    return message_from_bytes(raw)


@pytest.mark.parametrize(
    ("status", "action", "kind", "suppressed"),
    [
        ("5.1.1", "failed", "bounced", "bounced"),
        ("5.2.2", "failed", "blocked", None),
        ("5.7.1", "failed", "blocked", None),
        ("4.4.1", "delayed", "deferred", None),
    ],
)
def test_a_report_that_holds_our_signature_counts_as_the_providers_own(
    status: str, action: str, kind: str, suppressed: str | None
) -> None:
    message = sent(a_contact())
    receive(a_raw_mail(report(message, status, action), to="bounces@x.example", return_path=""))
    said = f"{status} It could not be delivered."
    assert rows("SELECT kind, message_id, reason FROM mail_event") == [(kind, message, said)]
    with engine().begin() as connection:
        later = rows("SELECT max(received_at) FROM mail_event")[0][0] + timedelta(minutes=1)
        process_mail_events(connection, later)
        process_mail_events(connection, later + Bounces().decide_after)
    assert rows("SELECT suppressed FROM contact") == [(suppressed,)]
    assert "replied" not in [name for name, _ in events()]


def test_a_made_up_report_suppresses_nobody() -> None:
    message = sent(a_contact())
    made_up = report(message, "5.1.1")
    raw = made_up.as_bytes().replace(reply_to(message).encode(), f"r-{message}-{'0' * 20}@{DOMAIN}".encode())
    receive(post_parts(email=raw, envelope=json.dumps({"to": ["x@y.example"], "from": ""})))
    assert rows("SELECT count(*) FROM mail_event") == [(0,)]
    assert [(kind, who) for kind, who, _, _ in stored_mails()] == [("bounce", None)]


def test_files_leave_their_names_and_the_text_stays_whole() -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ana@example.com", "Signed"
    mail.set_content("Here it is. " + "x" * 3_000)
    mail.add_attachment(b"%PDF" + b"0" * 2_000_000, maintype="application", subtype="pdf", filename="Vertrag ü.pdf")
    receive(a_raw_mail(mail, to=reply_to(sent(a_contact()))))

    [(_, _, _, body)] = stored_mails()
    assert body.startswith("Here it is. x")
    assert body.endswith("x" * 50 + "\n\n[attached: Vertrag ü.pdf]")
    assert rows("SELECT octet_length(raw) FROM inbound_mail") == [(1024 * 1024,)]
    assert rows("SELECT length(data ->> 'text') FROM event WHERE name = 'replied'") == [(2_000,)]
