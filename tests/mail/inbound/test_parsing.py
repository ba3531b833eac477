"""Parsing and classifying inbound mail, however broken it is."""

from typing import Any

import pytest

from models.mail.inbound.classify import classify
from models.mail.inbound.mime import ParsedMail, addresses
from models.mail.inbound.sendgrid_post import parse_post
from tests.support.database import rows
from tests.support.mail.inbound_mail import post_parts, receive
from tests.support.paths import SHARED
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser

CONTRACTS = SHARED / "contracts" / "sendgrid"


@pytest.mark.skipif(not CONTRACTS.exists(), reason="the samples are not here")
@pytest.mark.parametrize(
    ("name", "subject"), [("default", "Inbound Parse Test Data"), ("raw", "Inbound Parse Test Raw Data")]
)
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_sendgrids_own_samples_are_read(name: str, subject: str, newline: bytes) -> None:
    raw = (CONTRACTS / f"{name}_data.txt").read_bytes().replace(b"\n", newline)
    mail = parse_post("multipart/form-data; boundary=xYzZY", raw)
    assert (mail.from_address, mail.subject, mail.text.strip()) == (
        "test@example.com",
        subject,
        "Hello Twilio SendGrid!",
    )
    assert mail.return_path == "test@example.com"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "reply"),
        ({"auto-submitted": "no"}, "reply"),
        ({"auto-submitted": "auto-replied", "subject": "Out of Office: Hello"}, "out of office"),
        ({"x-autoreply": "yes", "subject": "Abwesenheitsnotiz"}, "out of office"),
        ({"auto-submitted": "auto-generated", "subject": "[#123] Your ticket"}, "auto-reply"),
        ({"x-auto-response-suppress": "All"}, "reply"),
        ({"list-id": "<news.example.com>"}, "reply"),
        ({"feedback-id": "1:1:fastmail"}, "reply"),
        ({"precedence": "bulk"}, "reply"),
        ({"content-type": "multipart/report; report-type=disposition-notification"}, "auto-reply"),
        ({"content-type": 'multipart/report; report-type="delivery-status"'}, "bounce"),
        ({"from": "mailer-daemon@example.com"}, "bounce"),
        ({"from": "postmaster@example.com"}, "reply"),
        ({"from": "postmaster@example.com", "subject": "Undeliverable: Hello"}, "bounce"),
        ({"x-failed-recipients": "ana@example.com", "auto-submitted": "auto-replied"}, "bounce"),
    ],
)
def test_programs_are_distinguished_from_people(headers: dict[str, str], kind: str) -> None:
    mail = ParsedMail(
        headers=headers,
        subject=headers.get("subject", "Re: Hello"),
        from_address=headers.get("from", "ana@example.com"),
        return_path="ana@example.com",
        text="Received.",
    )
    found = classify(mail)
    assert (found.kind, bool(found.reason)) == (kind, kind != "reply")


def test_a_missing_return_path_alone_proves_nothing() -> None:
    assert classify(ParsedMail(subject="Hello", text="Call me.", return_path="")).kind == "reply"
    away = ParsedMail(
        subject="Hello",
        text="I am on holiday, back on Monday. Our catalogue is out. Thank you for your mail.",
        return_path="",
    )
    assert classify(away).kind == "out of office"


def hostile() -> list[Any]:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(2000))
    latin = "Grüße, ça va?".encode("latin-1")
    return [
        pytest.param(post_parts(email=deep + b"hi"), id="nested two thousand deep"),
        pytest.param(post_parts(email=b"\x00\xff\xfe no mail at all"), id="no mail"),
        pytest.param(post_parts(email=b"From: \r\n\r\nhello\x00 \xff"), id="nobody, with a null byte"),
        pytest.param(post_parts(email=b"Content-Type: text/plain; charset=nonsense\r\n\r\nhello"), id="charset"),
        pytest.param(post_parts(email=b"From: =?x?q?=ZZ?= <a@b\r\nSubject: =?utf-8?b?!!?=\r\n\r\nhi"), id="headers"),
        pytest.param(
            post_parts(email=b"From: a\0@b.example\r\nIn-Reply-To: <\0@b>\r\n\r\nhi"), id="null bytes in headers"
        ),
        pytest.param(
            post_parts(
                headers=b"From: =?utf-7?q?+2AA-a@b.example?=\r\nReferences: <=?utf-7?q?+2AA-?=>",
                dkim=b"{@b.example : pass}",
                text=b"hi",
            ),
            id="half a letter in headers",
        ),
        pytest.param(post_parts(text=latin, charsets=b"{", envelope=b"[1]", headers=b"\xff"), id="latin"),
        pytest.param(post_parts(html=b"<p>" * 5000 + b"hello"), id="deep html"),
        pytest.param({"content": b"not a form", "headers": {"content-type": "text/plain"}}, id="no form"),
        pytest.param({"content": b"", "headers": {"content-type": "multipart/form-data; boundary=x"}}, id="empty"),
        pytest.param({"content": b"--x", "headers": {"content-type": "multipart/form-data"}}, id="no boundary"),
    ]


@pytest.mark.usefixtures("database_url")
@pytest.mark.parametrize("post", hostile())
def test_a_mail_that_no_standard_allows_is_kept_for_a_person(post: dict[str, Any]) -> None:
    apply_playbook()
    answer = receive(post)
    assert (answer.status_code, answer.json()) == (200, {"stored": True})
    [(number, contact, raw)] = rows("SELECT id, contact_id, raw FROM inbound_mail")
    assert (contact, bytes(raw)[:1] == b"") == (None, not post.get("content", b"x"))
    assert browser().get(f"/replies/{number}").status_code == 200
    assert f"/replies/{number}" in browser().get("/replies").text


def test_texts_are_read_in_the_charset_that_they_are_said_to_be_in() -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    fields = {b"text": "Grüße".encode("iso-8859-15"), b"charsets": b'{"text": "iso-8859-15"}'}
    raw = b"".join(form % field for field in fields.items()) + b"--x--"
    assert parse_post("multipart/form-data; boundary=x", raw).text == "Grüße"


def test_an_empty_or_broken_header_hides_no_other_address() -> None:
    found = addresses("R-1@Reply.Example.com", "", "Ann <", "", "Bob <bob@example.com>, r-1@reply.example.com")
    assert found == ("r-1@reply.example.com", "bob@example.com")
