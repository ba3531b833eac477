"""Charts in mails: drawn from points, attached by the mailers, shown by the local mailbox as they are."""

import re
from base64 import b64decode
from email import message_from_bytes, policy
from typing import Any

from blocks.sendgrid_request import build_request
from blocks.smtp_message import as_mime
from deployments.sendgrid_double.mail_send_rules import validation_errors
from models.mail.rendering.chart import chart
from models.mail.rendering.pictures import attach_pictures
from tests.support.mail.emails import an_email
from tests.support.mail.outbox import NOON

PNG = b"\x89PNG\r\n\x1a\n"
POINTS: dict[str, Any] = {"labels": ["Jan", "Feb", "Mar"], "values": [3, None, 7]}


def a_letter_with(*pictures: str) -> str:
    return "".join(f'<p>3 in January</p><img src="{picture}" alt="Orders a month">' for picture in pictures)


def test_a_chart_is_a_small_picture_and_the_same_points_are_the_same_bytes() -> None:
    drawn = chart(POINTS | {"low": [None, None, 5], "high": [None, None, 9], "expected": 1, "line": [2, 2, None]})
    content = b64decode(drawn.partition(",")[2])
    assert content.startswith(PNG)
    assert 3_000 < len(content) < 100_000
    assert chart(dict(reversed((POINTS | {"expected": 0}).items()))) == chart(POINTS | {"expected": 0})


def test_a_chart_of_nothing_and_of_one_bar_and_of_very_much_can_be_drawn() -> None:
    for points in (
        {"labels": [], "values": []},
        {"labels": ["x"], "values": [0]},
        {"labels": ["x"], "values": [10**9]},
    ):
        assert chart(points).startswith("data:image/png;base64,")


def test_pictures_are_named_by_content_and_each_is_attached_once() -> None:
    first, second = chart(POINTS), chart(POINTS | {"values": [1, 2, 3]})
    html, pictures = attach_pictures(a_letter_with(first, second, first))
    assert len(pictures) == 2
    assert "data:" not in html
    assert re.findall(r'src="cid:([^"]+)"', html) == [pictures[i].content_id for i in (0, 1, 0)]


def test_a_mail_without_pictures_goes_out_as_before() -> None:
    email = an_email()
    assert [part.get_content_type() for part in as_mime(email).iter_parts()] == ["text/plain", "text/html"]
    assert "attachments" not in build_request(email, tracked=False)


def test_over_smtp_the_picture_stands_beside_the_html_that_shows_it() -> None:
    content = as_mime(an_email(html=a_letter_with(chart(POINTS)))).as_bytes()
    mail = message_from_bytes(content, policy=policy.default.clone(raise_on_defect=True))
    text, related = mail.iter_parts()  # type: ignore[attr-defined]
    assert (text.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    page, picture = related.iter_parts()
    [content_id] = re.findall(r'src="cid:([^"]+)"', page.get_content())
    assert picture["Content-ID"] == f"<{content_id}>"
    assert (picture.get_content_type(), picture.get_content_disposition()) == ("image/png", "inline")
    assert picture.get_content().startswith(PNG)
    assert content.isascii()


def test_sendgrid_gets_it_as_an_inline_attachment() -> None:
    request = build_request(an_email(html=a_letter_with(chart(POINTS))), tracked=False)
    [attached] = request["attachments"]
    assert f'src="cid:{attached["content_id"]}"' in request["content"][1]["value"]
    assert (attached["type"], attached["disposition"]) == ("image/png", "inline")
    assert b64decode(attached["content"]).startswith(PNG)
    assert [complaint.message for complaint in validation_errors(request, NOON)] == []
