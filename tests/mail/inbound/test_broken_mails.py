"""Mails that no standard allows: whatever comes is stored, and what can be read of it is readable."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.mail.inbound.bounce_report import parse_bounce_report
from models.mail.inbound.classify import classify
from models.mail.inbound.reply_text import reply_text
from models.mail.inbound.sendgrid_post import parse_post
from models.values.sanitize import escape_unstorable
from tests.support.database import rows
from tests.support.mail.inbound_mail import post_parts, receive
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser

ENVELOPE = json.dumps({"to": ["x@y.example"], "from": "ana@example.com"})
REPORT = b"""From: mailer-daemon@mx.example.com\r
Subject: =?x-unknown?q?Unzustellbar=E4?=\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain; charset=x-mac-unknown\r
\r
Nicht zugestellt: gr\xfc\xdfe\r
--b\r
Content-Type: message/delivery-status\r
\r
Final-Recipient: rfc822; ana@example.com\r
Action: failed\r
Status: 5.1.1\r
\r
--b\r
Content-Type: message/rfc822\r
\r
Subject: Gr\xfc\xdfe\r
Content-Type: text/plain; charset=x-nobody-knows\r
Content-Transfer-Encoding: 8bit\r
\r
\xe4\xf6\xfc\r
--b--\r
"""
MAIL = b"""From: =?utf-8?q?J=C3=BCrgen?= <ana@example.com>\r
Subject: Re: Hello\r
Message-ID: <1@x>\r
References: <tend-1@x> <2@y>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="m"\r
\r
--m\r
Content-Type: multipart/alternative; boundary="a"\r
\r
--a\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Gr=C3=BC=C3=9Fe, call me.\r
--a\r
Content-Type: text/html; charset=utf-8\r
\r
<div>Call me.<blockquote type=cite>Hello</blockquote></div>\r
--a--\r
--m\r
Content-Type: application/pdf; name*=utf-8''Vertrag%20%C3%BC.pdf\r
Content-Disposition: attachment; filename="=?utf-8?b?VmVydHJhZw==?="\r
Content-Transfer-Encoding: base64\r
\r
JVBERg==\r
--m--\r
"""
CALENDAR = (
    b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\nMETHOD:REPLY\nATTENDEE;PARTSTAT=ACCEPTED:x\n"
)
SUBJECTS = [
    (b"=?utf-8?b?a?=", "=?utf-8?b?a?="),
    (b"=?utf-8?b?!!?=", None),
    (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    ("Grüße aus Köln".encode(), "Grüße aus Köln"),
    ("Grüße aus Köln".encode("latin-1"), "Grüße aus Köln"),
    (b"=?x-nobody-knows?q?caf=E9?=", "café"),
    (b"=?utf-8?b?R3LDvMOfZQ==?= =?utf-8?b?a?=", None),
    (b"a\x00b", None),
    (b"=?utf-7?q?+2AA-?=", None),
    (b"x" * 100_000, None),
    (b"=?" * 50_000, None),
    (b"", None),
]


@pytest.fixture
def playbook(database_url: str) -> None:
    """As it is delivered."""
    apply_playbook()


def both_forms(headers: bytes, text: bytes = b"Call me.") -> list[dict[str, Any]]:
    """The same mail, as SendGrid posts it parsed and raw."""
    return [
        post_parts(headers=headers, text=text, envelope=ENVELOPE),
        post_parts(email=headers + b"\r\n\r\n" + text, envelope=ENVELOPE),
    ]


@pytest.mark.usefixtures("playbook")
@pytest.mark.parametrize(("subject", "readable"), SUBJECTS)
def test_any_subject_is_stored_and_readable(subject: bytes, readable: str | None) -> None:
    for post in both_forms(b"From: ana@example.com\r\nSubject: " + subject):
        assert receive(post).status_code == 200
    found = rows("SELECT id, subject, body FROM inbound_mail")
    assert found
    for number, stored, body in found:
        assert (body, stored) == ("Call me.", stored if readable is None else readable)
        assert browser().get(f"/replies/{number}").status_code == 200


@pytest.mark.usefixtures("playbook")
@pytest.mark.parametrize(
    "headers",
    [
        b"From: ana@example.com\r\nthis is no header\r\nSubject: Hello",
        b"From: =?utf-8?b?a?= <ana@example.com>\r\nTo: =?utf-8?b?a?=\r\nReferences: =?utf-8?b?a?=\r\nSubject: Hello",
        b"From: ana@example.com\r\nAuto-Submitted: =?utf-8?b?a?=\r\nX-Autoreply: \xff\x00\r\nSubject: Hello",
        b"From: ana@example.com\r\nTo: " + b"a@b.example, " * 8_000 + b"\r\nSubject: Hello",
        b"From: ana@example.com\r\n" + b"X-Y: z\r\n" * 12_000 + b"Subject: Hello",
        b"From: ana@example.com\r\nContent-Type: multipart/mixed\r\nSubject: Hello",
        b'From: ana@example.com\r\nContent-Type: multipart/mixed; boundary=""\r\nSubject: Hello',
        b"From: ana@example.com\r\nContent-Type: \xff/\xfe; charset*=x'y'%zz; name*0*=a\r\nSubject: Hello",
        b"From: ana@example.com\r\nContent-Transfer-Encoding: x-uuencode\r\nSubject: Hello",
        b'From: "\\\r\n (((((\r\nSubject: Hello',
    ],
)
def test_broken_headers_hide_nothing_that_can_be_read(headers: bytes) -> None:
    for post in both_forms(headers):
        assert receive(post).json() == {"stored": True} or rows("SELECT count(*) FROM inbound_mail") == [(1,)]
    assert rows("SELECT DISTINCT subject FROM inbound_mail WHERE subject <> ''") == [("Hello",)]


@pytest.mark.usefixtures("playbook")
def test_a_report_in_a_charset_that_nobody_knows_is_a_readable_report() -> None:
    assert receive(post_parts(email=REPORT, envelope=ENVELOPE)).status_code == 200
    assert rows("SELECT kind, subject FROM inbound_mail") == [("bounce", "Unzustellbarä")]
    report = parse_post("multipart/form-data; boundary=x", form(email=REPORT))
    assert ("Status: 5.1.1" in report.report, "Grüße" in report.report) == (True, True)


def form(**fields: bytes) -> bytes:
    """A posted form, as bytes."""
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    return b"".join(part % (name.encode(), value) for name, value in fields.items()) + b"--x--"


def is_read(raw: bytes) -> None:
    """Nothing is raised for a posted form, and all that comes of it can be stored."""
    mail = parse_post("multipart/form-data; boundary=x", raw)
    found = classify(mail)
    parse_bounce_report(mail)
    for one in (mail.key, mail.from_address, mail.subject, reply_text(mail.text, mail.subject), found.reason or ""):
        escape_unstorable(one).encode()


@given(st.binary(max_size=2_000))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read(raw: bytes) -> None:
    is_read(raw)
    is_read(form(email=raw))
    is_read(form(headers=raw, text=raw, html=raw, envelope=raw, charsets=raw, dkim=raw))


def mutated(draw: st.DrawFn) -> bytes:
    """A mail with a few bytes, lines or words of it changed."""
    raw = bytearray(draw(st.sampled_from([MAIL, REPORT, CALENDAR])))
    for _ in range(draw(st.integers(1, 12))):
        at = draw(st.integers(0, len(raw)))
        by = draw(
            st.sampled_from(
                [b"", b"\x00", b"\xff", b"\r\n", b"\r\n\r\n", b"=?utf-8?b?a?=", b";", b'"', b"--b", b":", b"("]
            )
        )
        raw[at : at + draw(st.integers(0, 20))] = by
    return bytes(raw)


@given(st.composite(mutated)())
@settings(max_examples=400, deadline=None)
def test_mails_that_were_damaged_on_their_way_are_read(raw: bytes) -> None:
    is_read(form(email=raw))
    headers, _, text = raw.partition(b"\r\n\r\n")
    is_read(form(headers=headers, text=text))
