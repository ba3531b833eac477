"""The offer's page and mail: nothing to find the lead by until it is taken, one winner, a sentence for the others."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.letter import Draft, Letterhead, write_letter
from blocks.links import links_to
from flows.operations.deliver_messages import deliver_due
from models import MessageKind
from models.database import engine, to_json
from models.event_log import add_event
from tests.offer_story import (
    ANN,
    BEN,
    a_business,
    accepts,
    declines,
    newest_offer,
    offered,
    offers,
    open_offer,
    owner,
    pass_time,
    path,
    rows,
    write,
)
from tests.outbox_story import FakeMailer
from tests.playbooks import the_shipped_playbook
from tests.web_story import a_contact, a_run, a_task, browser

pytestmark = pytest.mark.usefixtures("database_url")

NOW = datetime.now(UTC)
SECRETS = {
    "email": "wilhelmina@quillfeather.example",
    "first_name": "Wilhelmina",
    "last_name": "Ostrowski",
    "company": "Quillfeather & Daughters",
    "phone": "+12075550177",
    "mobile_phone": "+12075550178",
    "job_title": "Owner of Quillfeather",
    "street": "77 Larkspur Lane",
    "postal_code": "04099",
}
GIVEAWAY = re.compile(
    r"wilhelmina|ostrowski|quillfeather|daughters|0177|0178|555.?01|larkspur|04099|ring me|my secret", re.IGNORECASE
)


def a_known_lead(**columns: Any) -> int:
    """All is known of them, and they have written their name into every field."""
    known = {
        "city": "Portland",
        "state": "ME",
        "country": "US",
        "industry": "Joinery",
        "employees": 14,
        "product": "growth-programme",
        "score": 42,
        "mql_level": 2,
        "custom": {
            "challenge": "Customer loyalty",
            "request": "Ring me at 207 555 0177, Wilhelmina",
            "goal": "my secret plan",
            "sms_number": "+12075550177",
        },
    }
    lead = a_contact(**SECRETS | known | columns)
    with engine().begin() as connection:
        data = {"form": "request-demo", "message": "Ring me, Wilhelmina", "email": SECRETS["email"]}
        add_event(connection, "form_submitted", contact_id=lead, at=NOW, topic="request-demo", source="test", data=data)
    return lead


def on_offer(**columns: Any) -> int:
    """Around the clock, so that tests hold at any hour."""
    a_business()
    write("UPDATE rep SET hours = NULL")
    lead = a_known_lead(**columns)
    offered(NOW, lead, lasts=timedelta(hours=1))
    return lead


def the_mail(template: str) -> Any:
    """The newest mail of a template as its receiver reads it."""
    message = rows(f"SELECT id, key, data, to_address FROM message WHERE template = '{template}' ORDER BY id DESC")[0]
    playbook = the_shipped_playbook()
    draft = Draft(
        message_id=message.id,
        key=message.key,
        kind=MessageKind.TEAM,
        template=template,
        to_address=message.to_address,
        data=message.data,
        contact={},
        owner={},
        form={},
        task={},
    )
    head = Letterhead(playbook=playbook, links=links_to(playbook.company.website), at=NOW, track_links=False)
    return write_letter(draft, head)


def test_the_page_tells_what_it_is_worth_and_nothing_to_find_it_by() -> None:
    lead = on_offer()

    shown = browser().get(path(open_offer(lead)))

    assert shown.status_code == 200
    for fact in ("Portland, ME", "Joinery", "14 people", "Demo", "12-Week Growth Programme", "MQL 2", "42"):
        assert fact in shown.text
    assert "Customer loyalty" in shown.text
    assert not GIVEAWAY.search(shown.text)
    assert not GIVEAWAY.search(str(shown.headers))


def test_the_mail_tells_no_more_than_the_page() -> None:
    lead = on_offer()

    mail = the_mail("team/offer")

    assert path(open_offer(lead)) in mail.html
    assert "Portland, ME" in mail.text
    assert mail.subject.startswith("A lead for you, until ")
    assert not GIVEAWAY.search(mail.html + mail.text + mail.subject + str(mail.headers))
    kept = to_json([list(row) for row in rows("SELECT data, key FROM message WHERE template = 'team/offer'")])
    assert not GIVEAWAY.search(kept)


@pytest.mark.parametrize(
    "field",
    [
        {"city": "Wilhelmina"},
        {"city": "at quillfeather.example"},
        {"industry": "call 207 555 0177"},
        {"industry": "Ostrowski joinery"},
        {"state": "wilhelmina@quillfeather.example"},
        {"product": "ring me, Wilhelmina"},
        {"country": "https://quillfeather.example"},
    ],
)
def test_a_name_in_a_wrong_field_is_not_told_either(field: dict[str, str]) -> None:
    lead = on_offer(**field)

    assert not GIVEAWAY.search(browser().get(path(open_offer(lead))).text)


def test_looking_takes_nothing() -> None:
    lead = on_offer()

    for method in ("GET", "HEAD", "GET"):
        browser().request(method, path(open_offer(lead)))
    browser().get(f"{path(open_offer(lead))}/accept")
    browser().get(f"{path(open_offer(lead))}/decline")

    assert (owner(lead), offers(lead)) == (None, [("Ann", None)])


def test_taking_shows_the_lead_and_what_to_do() -> None:
    lead = on_offer()
    link = path(open_offer(lead))
    a_task(lead, a_run(lead), name="first_call", assignee=ANN)

    answer = browser().post(f"{link}/accept")
    shown = browser().get(answer.headers["location"])

    assert answer.status_code == 303
    for fact in ("Wilhelmina Ostrowski", "+12075550177", SECRETS["email"], "First call", "/tasks/"):
        assert fact in shown.text
    assert browser().post(f"{link}/accept").status_code == 303
    assert rows("SELECT count(*) FROM assignment") == [(1,)]


def test_whoever_comes_too_late_reads_who_has_it_and_nothing_more() -> None:
    lead = on_offer()
    anns = path(open_offer(lead))
    pass_time(NOW + timedelta(hours=1))
    accepts(open_offer(lead), NOW + timedelta(hours=1, seconds=1))

    answer = browser().post(f"{anns}/accept")

    assert answer.status_code == 409
    assert "Ben Bolt has this lead" in answer.text
    assert not GIVEAWAY.search(answer.text)


def test_an_expired_offer_says_until_when_it_was() -> None:
    lead = on_offer()
    write("UPDATE offer SET expires_at = :past", past=NOW - timedelta(seconds=1))

    answer = browser().post(f"{path(open_offer(lead))}/accept")

    assert answer.status_code == 409
    assert "Your time for this lead is over" in answer.text
    assert owner(lead) is None


def test_a_lead_that_was_taken_away_again_is_hidden_again() -> None:
    lead = on_offer()
    link = path(open_offer(lead))
    browser().post(f"{link}/accept")
    write("UPDATE contact SET owner_id = (SELECT id FROM rep WHERE email = :ben)", ben=BEN)

    assert not GIVEAWAY.search(browser().get(link).text)


def test_leaving_it_keeps_the_reason_and_asks_the_next() -> None:
    lead = on_offer()
    link = path(open_offer(lead))

    answer = browser().post(f"{link}/decline", data={"because": "on holiday from tomorrow"})

    assert answer.status_code == 303
    assert "You left this lead to others" in browser().get(link).text
    assert offers(lead) == [("Ann", "declined"), ("Ben", None)]
    assert rows("SELECT because FROM offer WHERE answer = 'declined'") == [("on holiday from tomorrow",)]
    assert browser().post(f"{link}/decline").status_code == 303
    assert browser().post(f"{link}/accept").status_code == 409


@pytest.mark.parametrize("because", ["x" * 501, "a\0b"])
def test_a_reason_that_cannot_be_kept_is_asked_again(because: str) -> None:
    lead = on_offer()

    answer = browser().post(f"{path(open_offer(lead))}/decline", data={"because": because})

    assert answer.status_code == 422
    assert offers(lead) == [("Ann", None)]


def test_when_everybody_said_no_the_page_says_so() -> None:
    lead = on_offer()
    for _ in range(3):
        link = path(open_offer(lead))
        declines(open_offer(lead), NOW, "<b>no</b>")

    assert "Nobody took this lead" in browser().get(link).text
    mail = the_mail("team/offer_exhausted")
    assert "Ann Archer" in mail.text
    assert "<b>no</b>" not in mail.html


def test_a_forged_link_opens_nothing() -> None:
    on_offer()

    assert browser().get("/offers/eyJvZmZlciI6MX0.forged").status_code == 404
    assert browser().post("/offers/eyJvZmZlciI6MX0.forged/accept").status_code == 404


def test_an_erased_lead_is_gone_from_the_page() -> None:
    lead = on_offer()
    link = path(open_offer(lead))
    write("DELETE FROM message")
    write("DELETE FROM contact")

    assert browser().get(link).status_code == 404
    assert browser().post(f"{link}/accept").status_code == 404


def test_only_the_open_offer_may_run_its_script() -> None:
    lead = on_offer()
    link = path(open_offer(lead))

    assert "script-src 'self'" in browser().get(link).headers["content-security-policy"]
    browser().post(f"{link}/accept")
    assert "script-src" not in browser().get(link).headers["content-security-policy"]
    assert browser().get("/static/countdown.js").status_code == 200


def test_of_two_hundred_who_accept_at_once_exactly_one_has_it() -> None:
    lead = on_offer()
    anns = path(open_offer(lead))
    declines(open_offer(lead), NOW)
    bens = path(open_offer(lead))
    write("UPDATE offer SET expires_at = :past WHERE answer IS NULL", past=NOW)
    pass_time(NOW)
    cats = path(newest_offer(lead))
    links = [anns, bens, *[cats] * 8] * 20

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda link: (link, browser().post(f"{link}/accept")), links))

    assert len(answers) == 200
    assert rows("SELECT count(*), count(DISTINCT rep_id) FROM assignment") == [(1, 1)]
    assert rows("SELECT count(*) FROM event WHERE name IN ('lead_assigned', 'lead_accepted')") == [(2,)]
    assert offers(lead) == [("Ann", "declined"), ("Ben", "expired"), ("Cat", "accepted")]
    assert {answer.status_code for link, answer in answers if link == cats} == {303}
    late = [answer for link, answer in answers if link != cats]
    assert {answer.status_code for answer in late} == {409}
    assert "Cat Cole has this lead" in late[-1].text


def test_accepting_declining_and_expiring_at_once_leave_one_ending() -> None:
    lead = on_offer()
    offer = open_offer(lead)

    def act(number: int) -> bool:
        acts = (accepts, declines)
        return acts[number % 2](offer, NOW + timedelta(seconds=1))

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(act, range(64)))

    assert won.count(True) == 1
    assert offers(lead) in ([("Ann", "accepted")], [("Ann", "declined"), ("Ben", None)])


def test_different_leads_of_one_person_can_be_taken_at_once() -> None:
    a_business(members=(ANN,))
    write("UPDATE rep SET hours = NULL")
    leads = [a_contact(email=f"{number}@example.com") for number in range(40)]
    offered(NOW, *leads, lasts=timedelta(hours=1))
    found = [open_offer(lead) for lead in leads]

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda offer: accepts(offer, NOW), found))

    assert [row[0] for row in rows("SELECT received FROM assignment ORDER BY received")] == list(range(1, 41))


def deliver(now: datetime) -> list[tuple[str, str, str | None]]:
    asyncio.run(deliver_due(FakeMailer(), now))
    return rows("SELECT to_address, state, because FROM message ORDER BY id")


def test_an_offer_is_mailed_while_it_is_open() -> None:
    on_offer()

    assert deliver(NOW) == [(ANN, "sent", None)]


@pytest.mark.parametrize("passed", [timedelta(0), timedelta(hours=1)])
def test_after_an_outage_an_offer_that_is_over_is_not_mailed(passed: timedelta) -> None:
    lead = on_offer()
    if not passed:
        declines(open_offer(lead), NOW)
        write("DELETE FROM message WHERE to_address <> :ann", ann=ANN)

    assert deliver(NOW + passed) == [(ANN, "failed", "the offer was over before this went out")]


def test_the_timeline_of_the_contact_tells_who_was_asked_and_what_they_said() -> None:
    lead = on_offer()
    declines(open_offer(lead), NOW, "on the road")
    accepts(open_offer(lead), NOW)

    shown = re.sub(r"\s+", " ", browser().get(f"/contacts/{lead}").text)

    for told in ("Offered to Ann Archer", "declined", "on the road", "Offered to Ben Bolt", "accepted"):
        assert told in shown
