"""The page on which people choose what they get: looking changes nothing, one click leaves, it says what is true."""

import re

import pytest

from blocks.smtp_message import as_mime
from models.access.token import sign_token
from models.database import engine
from models.playbook import apply
from models.playbook.mail import Mail
from tests.support.database import rows
from tests.support.mail.emails import an_email
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.web_pages import a_contact, browser, events

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def playbook(database_url: str) -> None:
    """With its topics, articles and offers."""
    apply_playbook()


def page_of(contact: int) -> str:
    return f"/unsubscribe/{sign_token('unsubscribe', contact)}"


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def ticked(html: str) -> list[str]:
    return re.findall(r'value="(\w+)" checked', html)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(method: str) -> None:
    path = page_of(a_contact())
    assert [browser().request(method, f"{path}{more}").status_code for more in ("", "/all", "/topics", "/undo")] == [
        200,
        *[405] * 3,
    ]
    assert (rows("SELECT suppressed FROM contact"), events()) == ([(None,)], [])


@pytest.mark.parametrize(
    "sent",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b"--broken", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {},
    ],
    ids=["form", "multipart", "broken", "empty"],
)
def test_a_mail_program_unsubscribes_with_one_post_that_leads_nowhere_else(sent: dict[str, object]) -> None:
    path = page_of(a_contact())
    answers = [browser().post(path, **sent) for _ in range(2)]  # type: ignore[arg-type]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert "You are unsubscribed" in answers[0].text
    assert rows("SELECT suppressed, suppressed_at IS NOT NULL FROM contact") == [("unsubscribed", True)]
    assert events() == [("unsubscribed", None)]


def test_the_page_offers_the_topics_of_the_playbook_and_keeps_what_is_ticked() -> None:
    path = page_of(a_contact())
    before = browser().get(path).text
    assert sorted(ticked(before)) == ["articles", "offers"]
    assert "Articles and guides One thing worth reading a week" in words(before)

    answer = browser().post(f"{path}/topics", data={"topic": ["offers"]})

    after = browser().get(answer.headers["location"]).text
    assert (answer.status_code, ticked(after)) == (303, ["offers"])
    assert "Saved. ana@example.com now gets: Offers and programmes." in words(after)
    assert events() == [("topic_left", "articles")]


def test_who_comes_back_gets_what_they_had_chosen_before() -> None:
    path = page_of(a_contact())
    browser().post(f"{path}/topics", data={"topic": ["offers"]})
    browser().post(f"{path}/all")
    assert ticked(browser().get(path).text) == []
    for _ in range(2):
        browser().post(f"{path}/undo")

    assert ticked(browser().get(path).text) == ["offers"]
    assert [name for name, _ in events()] == ["topic_left", "unsubscribed", "resubscribed"]


def test_ticking_nothing_is_leaving_and_ticking_one_is_coming_back() -> None:
    path = page_of(a_contact())
    browser().post(f"{path}/topics", data={"topic": ["no such topic"]})
    assert rows("SELECT suppressed FROM contact") == [("unsubscribed",)]
    browser().post(f"{path}/topics", data={"topic": "articles"})
    assert rows("SELECT suppressed FROM contact") == [(None,)]
    assert [name for name, _ in events()] == ["unsubscribed", "resubscribed", "topic_left"]


@pytest.mark.parametrize(
    ("reason", "shown", "after"),
    [
        ("removed", "We have stopped writing to you", "unsubscribed"),
        ("bounced", "came back", "bounced"),
        ("complained", "reported as spam", "complained"),
        ("manual", "sends nothing to ana@example.com any more", "manual"),
    ],
)
def test_whoever_gets_nothing_reads_why_and_may_still_unsubscribe(reason: str, shown: str, after: str) -> None:
    path = page_of(a_contact(suppressed=reason))
    assert shown in words(browser().get(path).text)
    browser().post(path)
    assert (rows("SELECT suppressed FROM contact"), events()) == ([(after,)], [("unsubscribed", None)])


def test_without_topics_it_is_one_button() -> None:
    with engine().begin() as connection:
        apply(connection, the_shipped_playbook().model_copy(update={"mail": Mail()}))
    path = page_of(a_contact())
    assert "Stop our mails?" in browser().get(path).text
    answer = browser().post(f"{path}/all")
    assert "That was a mistake, put me back" in browser().get(answer.headers["location"]).text


def test_a_forged_link_and_somebody_erased_read_a_sentence() -> None:
    forged = browser().get("/unsubscribe/forged")
    assert (forged.status_code, "Open it from the mail again" in forged.text) == (404, True)
    assert browser().post("/unsubscribe/forged").status_code == 404
    gone = page_of(999)
    assert "We hold nothing about you" in browser().get(gone).text
    assert [browser().post(f"{gone}{more}").status_code for more in ("", "/all", "/topics", "/undo")] == [
        200,
        *[303] * 3,
    ]


def test_smtp_leaves_the_address_for_leaving_in_one_line() -> None:
    url = f"<https://tend.brightwater.example.com/unsubscribe/{'x' * 80}>"
    wire = as_mime(an_email(headers={"List-Unsubscribe": url})).as_bytes()
    assert f"\r\nList-Unsubscribe: {url}\r\n".encode() in wire
