"""What outsiders reach by a link: clicks, unsubscribing, the sample site. Scanners leave no trace."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url, text

from models.access.token import sign_token
from models.database import engine
from models.mail.tracking import process_mail_events
from models.playbook import apply, current_playbook
from tests.support.database import rows
from tests.support.playbook import apply_playbook
from tests.support.web_pages import HERE, Browser, a_contact, a_message, browser, events
from web.leads.sample_site import TEMPLATES

ARTICLE = f"{HERE}/site/articles/find-the-bottleneck"


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def click(message: int, url: str = ARTICLE) -> str:
    return f"/c/{sign_token('click', [message, url])}"


def heard() -> list[tuple[str, str | None]]:
    """The stream once the clicks are counted."""
    with engine().begin() as connection:
        process_mail_events(connection, datetime.now(UTC) + timedelta(minutes=1))
    return events()


def close_database(address: str) -> None:
    """Let nobody connect any more."""
    engine(address).dispose()
    database = make_url(address).database
    outside = make_url(address).set(database="postgres").render_as_string(hide_password=False)
    with engine(outside).begin() as connection:
        connection.execute(text(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false"))


def visitor(contact: int) -> Browser:
    """Someone who came to the site by a link in a mail."""
    came = browser()
    came.get(click(a_message(contact, key=f"a mail to {contact}")))
    return came


def test_a_click_is_noted_and_leads_to_the_page() -> None:
    ana = a_contact()
    message = a_message(ana)

    answer = browser().get(click(message))

    assert (answer.status_code, answer.headers["location"]) == (302, ARTICLE)
    assert heard() == [("link_clicked", "lead_nurture/article_1")]
    assert rows("SELECT contact_id, data FROM event") == [
        (ana, {"url": ARTICLE, "message": message, "is_machine": False})
    ]


def test_a_scanner_that_asks_with_head_is_sent_on_but_not_noted() -> None:
    answer = browser().request("HEAD", click(a_message(a_contact())))
    assert (answer.status_code, answer.headers["location"]) == (302, ARTICLE)
    assert heard() == []


def test_a_link_of_a_message_that_is_gone_still_works() -> None:
    assert browser().get(click(999)).headers["location"] == ARTICLE
    assert heard() == []


def test_what_a_colleague_clicks_says_nothing_about_the_lead() -> None:
    came = browser()
    came.get(click(a_message(a_contact(), kind="task")))
    assert heard() == []
    assert not came.cookies


@pytest.mark.parametrize("change", ["?url=https://evil.example.com", "x", "/https://evil.example.com"])
def test_nobody_can_bend_where_a_link_leads(change: str) -> None:
    answer = browser().get(click(a_message(a_contact())) + change)
    assert answer.headers.get("location") in (None, ARTICLE)


def test_a_token_made_for_something_else_leads_nowhere() -> None:
    assert browser().get(f"/c/{sign_token('task', [1, 'https://evil.example.com'])}").status_code == 404


def test_a_click_leads_on_even_without_the_database(database_url: str) -> None:
    path = click(a_message(a_contact()))
    close_database(database_url)

    assert browser().get(path).headers["location"] == ARTICLE
    assert browser().get("/site").status_code == 503


def test_the_form_on_the_site_makes_a_lead_and_says_thanks() -> None:
    page = browser().get("/site").text
    sent = {"name": "Ana Ribeiro", "email": "ana@example.com", "challenge": "Customer loyalty", "consent": "yes"}
    assert [field for field in (*sent, "phone", "company") if f'name="{field}"' not in page] == []

    answer = browser().post("/leads/website", data={**sent, "form": "request-info", "redirect": "/site/thanks"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/site/thanks")
    assert events() == [("form_submitted", "request-info")]
    assert "mailbox" in browser().get("/site/thanks").text


def test_every_article_that_a_mail_links_to_is_written() -> None:
    mails = (TEMPLATES.parent / "mail").rglob("*.html")
    slugs = {slug for mail in mails for slug in re.findall(r'site\("/articles/([^"]+)"\)', mail.read_text())}
    assert slugs
    assert [slug for slug in slugs if "being rewritten" in browser().get(f"/site/articles/{slug}").text] == []
    assert "being rewritten" in browser().get("/site/articles/anything-else").text


def test_a_known_visitor_on_the_order_page_is_an_event_and_may_order_once_a_day() -> None:
    ana = a_contact()
    came = visitor(ana)

    assert "Ana, choose what fits" in came.get("/site/order").text
    came.request("HEAD", "/site/order")
    assert came.post("/site/order", data={"product": "strategy-session"}).status_code == 409
    heard()
    assert [came.post("/site/order", data={"product": "strategy-session"}).status_code for _ in range(2)] == [303, 303]

    assert sorted(events()) == [
        ("link_clicked", "lead_nurture/article_1"),
        ("order_placed", "strategy-session"),
        ("page_visited", "order"),
    ]
    [(data,)] = rows("SELECT data FROM event WHERE name = 'order_placed'")
    assert data == {"product": "strategy-session", "amount": "190.00", "currency": "USD"}


def scans(contact: int, *links: str) -> Browser:
    """A scanner of mail that calls itself a browser: it follows all links at once, and looks at what is there."""
    came, message = browser(), a_message(contact, key="scanned")
    for link in links:
        came.get(f"/c/{sign_token('click', [message, link, len(links)])}")
    return came


def test_a_scanner_that_follows_a_link_visits_nothing_and_orders_nothing() -> None:
    scanner = scans(a_contact(), ARTICLE, f"{HERE}/site/order", f"{HERE}/site/call")
    scanner.get("/site/order")
    assert {(name, topic) for name, topic in heard() if name != "link_clicked"} == set()
    assert rows("SELECT DISTINCT is_machine FROM mail_event") == [(True,)]
    assert scanner.post("/site/order", data={"product": "strategy-session"}).status_code == 403
    assert "order_placed" not in dict(events())


def test_a_visit_within_seconds_of_the_mails_arrival_is_a_scanners() -> None:
    ana, came = a_contact(), browser()
    now = datetime.now(UTC)
    came.get(click(a_message(ana, state="sent", sent_at=now, handed_at=now)))
    came.get("/site/order")
    assert "page_visited" not in dict(heard())


def test_a_person_visits_again_weeks_after_the_click() -> None:
    came = visitor(a_contact())
    assert dict(heard()) == {"link_clicked": "lead_nurture/article_1"}
    came.get("/site/order")
    assert dict(heard())["page_visited"] == "order"


def test_a_stranger_leaves_no_event_and_cannot_order() -> None:
    assert "by a link in one of our mails" in browser().get("/site/order").text
    assert browser().post("/site/order", data={"product": "strategy-session"}).status_code == 403
    forged = {"cookie": f"visitor={sign_token('task', a_contact())}"}
    assert browser().post("/site/order", data={"product": "strategy-session"}, headers=forged).status_code == 403
    assert visitor(a_contact(email="tom@example.com")).post("/site/order", data={"product": "x"}).status_code == 422
    assert events() == []


def test_the_sample_site_is_off_for_a_business_with_its_own_website() -> None:
    with engine().begin() as connection:
        playbook = current_playbook(connection)
        company = playbook.company.model_copy(update={"website": "https://brightwater.example.com"})
        own = playbook.model_copy(update={"company": company})
        apply(connection, own)

    for path in ("/site", "/site/order", "/site/articles/still-here"):
        answer = browser().get(path)
        assert (answer.status_code, "https://brightwater.example.com" in answer.text) == (404, True)
