"""Mails of strangers are read in a time that grows with their length and no faster."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from models.mail.inbound.bounce_report import parse_bounce_report
from models.mail.inbound.classify import classify
from models.mail.inbound.opt_out import read_opt_out
from models.mail.inbound.reply_text import reply_text
from models.mail.inbound.sendgrid_post import parse_post

SHORT, LONG = 2_500, 10_000
UNNOTICED_SECONDS = 0.05
REPEATED = (
    "a",
    " ",
    "\n",
    "<",
    "-",
    ">",
    "_",
    "=",
    "@",
    "On ",
    "> ",
    "\n\n",
    " \n",
    "-\n",
    "a ",
    ".",
    ":",
    "\xa0",
    "550 ",
    "--\n",
    "a:\n",
    "On a\n",
    "From: a\n",
    ">a\nb\n",
    "x@y\n",
    "Am a schrieb ",
    "写道：\n",
    "<p>",
    "<br>",
    "<blockquote type=cite>",
    "<div id=appendonsend>",
    "<div class=yahoo_quoted>x</div>",
)
HEADERS = "From: Ann <ann@example.com>\nTo: r@x.example\nSubject: Re: Hi\nMessage-ID: <1@x>\n"


def post(**fields: str) -> bytes:
    mail = {"headers": HEADERS, "from": "Ann <ann@example.com>", "to": "r@x.example", "subject": "Re: Hi"} | fields
    parts = (f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in mail.items())
    return ("".join(parts) + "--b--\r\n").encode()


def read(raw: bytes) -> Any:
    mail = parse_post("multipart/form-data; boundary=b", raw)
    written = reply_text(mail.text, mail.subject)
    return classify(mail), written, read_opt_out(written, mail.subject), parse_bounce_report(mail)


def seconds(make: Callable[[int], bytes], size: int) -> float:
    raw, began = make(size), time.process_time()
    read(raw)
    return time.process_time() - began


@pytest.mark.parametrize("field", ["text", "html", "subject", "dkim"])
@pytest.mark.parametrize("repeated", REPEATED)
def test_a_long_mail_takes_as_much_longer_as_it_is_longer(field: str, repeated: str) -> None:
    def make(size: int) -> bytes:
        return post(**{field: repeated * (size // len(repeated)) + "\x01"})

    if seconds(make, LONG) > UNNOTICED_SECONDS:
        short, long = (min(seconds(make, size) for _ in range(3)) for size in (SHORT, LONG))
        assert long <= 10 * short
