"""Own links and pixels track clicks and opens where the mailer does not: those of recipients, and nobody else's."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from models.access.token import sign_token
from models.database import engine
from models.mail.rendering.links import Links, add_tracking, count_links
from models.mail.tracking.own_pixel import store_own_event
from models.tables.mail_event import MailEventKind
from tests.support.database import rows
from tests.support.mail.mail_events import LATER, emitted_events, process_all_events
from tests.support.playbook import apply_playbook
from tests.support.web_pages import PAGE, a_contact, a_letter, a_message, browser

FIREFOX = PAGE["user-agent"]
ARTICLE = "http://127.0.0.1:8000/site/articles/find-the-bottleneck"
MAIL = """<html><body><p>Hello</p><a href="https://example.com/a?x=1&amp;y=2">A</a>
<a href="https://example.com/b">B</a> <a href="https://example.com/b">B again</a>
<a href="https://example.com/off" clicktracking="off">Leave</a></body></html>"""


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def a_sent(seconds_ago: float = 60, contact: int | None = None, **columns: object) -> int:
    sent_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return a_message(contact or a_contact(), **{"state": "sent", "sent_at": sent_at} | columns)


def pixel(message: int) -> str:
    return f"/o/{sign_token('open', message)}.gif"


def click(message: int, url: str = ARTICLE, links: int = 3) -> str:
    return f"/c/{sign_token('click', [message, url, links])}"


def classified() -> list[tuple[str, bool, str | None]]:
    """What was made of the opens and clicks, once they are counted."""
    process_all_events(datetime.now(UTC) + LATER)
    return rows("SELECT kind, is_machine, reason FROM mail_event ORDER BY id")


def test_a_mail_has_one_picture_at_its_end_and_links_that_say_how_many_they_are() -> None:
    links = Links("https://tend.example.com", "/site", lambda purpose, value: f"{purpose}-{value}".replace("/", "-"))
    html = add_tracking(MAIL, links, 9)
    last = '<img src="https://tend.example.com/o/open-9.gif" width="1" height="1" alt=""></body></html>'
    assert html.endswith(last)
    assert html.count("/c/click-[9, &#x27;https:--example.com") == 3
    assert html.count(", 2]") == 3
    assert 'href="https://example.com/off"' in html
    assert (count_links(MAIL), count_links("<p>x</p>")) == (2, 0)


def test_looking_at_the_picture_is_an_open_and_is_asked_for_each_time() -> None:
    message = a_sent()
    reader = browser()

    answer = reader.get(pixel(message))

    assert (answer.status_code, answer.headers["content-type"], answer.content[:6]) == (200, "image/gif", b"GIF89a")
    assert answer.headers["cache-control"] == "no-store"
    assert not reader.cookies
    assert classified() == [("opened", False, None)]
    assert emitted_events() == [("email_opened", "lead_nurture/article_1")]
    assert rows("SELECT opened_at IS NOT NULL, clicked_at FROM message") == [(True, None)]


def test_a_program_that_asks_whether_the_picture_is_there_has_not_looked() -> None:
    assert browser().request("HEAD", pixel(a_sent())).status_code == 200
    assert classified() == []


def test_staff_forged_tokens_and_mail_that_is_gone_open_nothing() -> None:
    assert browser().get(pixel(a_sent(kind="task"))).status_code == 200
    assert browser().get(pixel(999)).status_code == 200
    assert browser().get(f"/o/{sign_token('click', 1)}.gif").status_code == 404
    assert classified() == []


def test_whoever_reads_an_email_in_the_local_mailbox_opens_it_for_nobody() -> None:
    links = Links("http://127.0.0.1:8000", "/site", sign_token)
    letter = a_letter(html=add_tracking(MAIL, links, a_sent()))
    shown = browser().get(f"/mailbox/{letter}/html").text
    assert (re.search("/o/", shown), shown.count("/c/")) == (None, 3)


def test_somebody_who_tries_a_mail_out_is_a_person_ten_seconds_after_it_was_sent() -> None:
    soon, later = a_sent(2), a_sent(10, a_contact(email="tom@example.com"), key="later")
    browser().get(click(soon))
    browser().get(click(later))
    assert classified() == [
        ("clicked", True, "clicked within 5 seconds of the mail's arrival"),
        ("clicked", False, None),
    ]


def test_a_scanner_that_follows_every_link_is_recognised_by_all_of_them() -> None:
    message = a_sent()
    scanner = browser()
    for url in (ARTICLE, "https://example.com/b"):
        scanner.get(click(message, url, links=2))
    browser().get(pixel(message))
    assert {is_machine for _, is_machine, _ in classified()} == {True}
    assert rows("SELECT clicked_at, opened_at FROM message") == [(None, None)]


def test_a_library_is_sent_on_and_not_remembered_as_the_reader() -> None:
    message = a_sent()
    library = browser()
    answer = library.get(click(message), headers={"user-agent": "python-requests/2.32"})
    assert (answer.headers["location"], dict(library.cookies)) == (ARTICLE, {})
    assert classified() == [("clicked", True, "called itself 'python-requests/2.32', which is no browser")]


def test_a_double_click_is_one() -> None:
    message, now = a_sent(), datetime.now(UTC)
    with engine().begin() as connection:
        for _ in range(3):
            store_own_event(connection, MailEventKind.CLICKED, message, now, user_agent=FIREFOX, url=ARTICLE)
        store_own_event(
            connection, MailEventKind.CLICKED, message, now + timedelta(seconds=1), user_agent=FIREFOX, url=ARTICLE
        )
    assert len(classified()) == 2
    assert len(emitted_events()) <= 2  # a minute may end in between


def test_links_of_mails_that_are_out_already_still_work() -> None:
    old = f"/c/{sign_token('click', [a_sent(), ARTICLE])}"
    assert browser().get(old, headers=PAGE).headers["location"] == ARTICLE
    assert classified() == [("clicked", False, None)]


def test_the_timeline_says_what_became_of_a_mail_and_what_only_a_program_did() -> None:
    ana = a_contact()
    browser().get(click(a_sent(contact=ana)), headers={"user-agent": "curl/8.5.0"})
    classified()
    page = browser().get(f"/contacts/{ana}").text
    assert ("by a program" in page, "which is no browser" in page, ">clicked<" in page) == (True, True, False)

    browser().get(click(a_sent(contact=ana, key="another")))
    classified()
    assert ">clicked<" in browser().get(f"/contacts/{ana}").text
