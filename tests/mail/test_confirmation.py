"""Double opt-in: a yes on a form counts once its receiver has clicked, and the proof of it is kept."""

import re
from typing import Any

import httpx
import pytest

from flows.runtime.prefect_flow import discover
from flows.runtime.virtual_time import run_due
from models.access.token import sign_token
from models.database import engine
from models.mail.claim import claim_messages
from models.mail.rules import MailRules
from models.playbook import apply
from models.playbook.source import Source
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook, the_shipped_playbook
from tests.support.web_pages import HERE, Browser

ANN = {"email": "ann@example.com", "name": "Ann Lee", "form": "ebook", "consent": "yes"}
VISITOR, RECEIVER = "203.0.113.7", "198.51.100.20"

pytestmark = pytest.mark.usefixtures("german_website")


@pytest.fixture
def german_website(database_url: str) -> None:
    apply_playbook()
    shipped = the_shipped_playbook()
    website = Source.model_validate(shipped.sources["website"].model_dump(mode="json") | {"double_opt_in": True})
    with engine().begin() as connection:
        apply(connection, shipped.model_copy(update={"sources": shipped.sources | {"website": website}}))


def posts(source: str = "website", **values: Any) -> int:
    answer = Browser(HERE, VISITOR).post(f"/leads/{source}", data=ANN | values, headers={"accept": "*/*"})
    assert answer.status_code in (200, 201), answer.text
    return int(answer.json()["contact_id"])


def now() -> Any:
    return rows("SELECT now()")[0][0]


def react() -> None:
    """What journeys do at once."""
    run_due(discover(), now())


def deliver() -> list[str]:
    """The templates of what goes out to contacts now."""
    react()
    rules = MailRules.from_playbook(the_shipped_playbook())
    with engine().begin() as connection:
        claimed = claim_messages(connection, rules, now(), sender=1, size=1_000, max_sends=1_000).claimed
    write("UPDATE message SET state = 'sent', sent_at = now() WHERE state = 'sending'")
    return [
        template
        for (template,) in rows(
            "SELECT template FROM message WHERE id = ANY(:ids) AND kind IN ('transactional', 'marketing') ORDER BY id",
            ids=claimed,
        )
    ]


def links() -> list[str]:
    found = rows("SELECT data ->> 'url' FROM message WHERE template = 'consent/confirm' ORDER BY id")
    return [re.sub(r"^https?://[^/]+", "", url) for (url,) in found]


def clicks(link: str | None = None) -> httpx.Response:
    reader = Browser(HERE, RECEIVER)
    link = link or links()[-1]
    assert reader.get(link).status_code == 200
    answer = reader.post(link)
    assert answer.status_code == 303
    return reader.get(link)


def suppressed(contact: int) -> str | None:
    found: str | None = rows("SELECT suppressed FROM contact WHERE id = :id", id=contact)[0][0]
    return found


def happened(contact: int) -> list[str]:
    return [name for (name,) in rows("SELECT name FROM event WHERE contact_id = :id ORDER BY id", id=contact)]


def test_until_the_click_only_the_mail_that_asks_for_it_goes_out_and_then_what_was_asked_for() -> None:
    ann = posts()
    assert deliver() == ["consent/confirm"]
    assert suppressed(ann) == "unconfirmed"
    assert rows("SELECT consent_at FROM contact") == [(None,)]
    [(reason, waits)] = rows(
        "SELECT reason, due_at - now() > interval '13 days' FROM message WHERE template = 'welcome/delivery'"
    )
    assert (reason, waits) == ("waits for the contact to confirm the address", True)
    assert "Thank you, that is confirmed" in clicks().text
    assert suppressed(ann) is None
    assert deliver() == ["welcome/delivery"]
    react()
    assert rows("SELECT ending FROM journey_run WHERE journey = 'welcome'") == [("handed over to reading_list",)]


def test_looking_at_the_page_confirms_nothing() -> None:
    ann = posts()
    for _ in range(3):
        assert "May we write to you?" in Browser(HERE).get(links()[0]).text
        Browser(HERE).request("HEAD", links()[0])
    assert suppressed(ann) == "unconfirmed"


def test_the_proof_says_who_agreed_to_what_when_where_and_who_clicked() -> None:
    ann = posts(consent_words="You may write to me.", consent_page="https://example.com/book", consent_ip="1.2.3.4")
    clicks()
    [proof] = rows("SELECT * FROM consent")
    assert (proof.contact_id, proof.is_given, proof.source, proof.network_address) == (ann, True, "website", VISITOR)
    assert (proof.address, proof.confirmed_from) == ("ann@example.com", RECEIVER)
    assert proof.confirmed_at > proof.at
    assert (proof.words, proof.page) == ("You may write to me.", "https://example.com/book")
    assert rows("SELECT template FROM message WHERE key = :key", key=proof.message_key) == [("consent/confirm",)]
    assert rows("SELECT name FROM event WHERE id = :id", id=proof.event_id) == [("form_submitted",)]


def test_who_does_not_agree_is_asked_nothing_and_gets_what_they_asked_for_and_no_marketing() -> None:
    ann = posts(consent="")
    assert deliver() == ["welcome/delivery"]
    assert suppressed(ann) == "unconfirmed"
    assert not links()


def test_signing_up_for_the_newsletter_is_a_yes_that_waits_too() -> None:
    posts(form="newsletter", consent="")
    assert deliver() == ["consent/confirm"]


def test_however_often_the_form_is_posted_one_mail_a_day_asks_and_three_in_all() -> None:
    posts()
    for number in range(3):
        posts(form="ebook", goal=f"goal {number}")
        posts(form="checklist", goal=f"goal {number}")
    assert deliver() == ["consent/confirm"]
    for _ in range(5):
        write(
            "UPDATE message SET key = key || '-' || id, queued_at = queued_at - interval '1 day' WHERE run_id IS NULL"
        )
        write("UPDATE event SET received_at = received_at - interval '1 day', at = at - interval '1 day'")
        write("DELETE FROM form_post")
        posts()
    assert len(links()) == 3


def test_one_click_confirms_what_was_agreed_to_before_it_with_that_address() -> None:
    posts()
    posts(form="checklist")
    clicks()
    assert rows("SELECT count(*), count(confirmed_at) FROM consent") == [(2, 2)]


def test_a_second_click_changes_nothing() -> None:
    ann = posts()
    clicks()
    before = rows("SELECT * FROM consent"), happened(ann)
    assert "Thank you, that is confirmed" in clicks().text
    assert (rows("SELECT * FROM consent"), happened(ann)) == before
    assert happened(ann).count("consent_confirmed") == 1


def test_who_has_confirmed_is_not_asked_again() -> None:
    ann = posts()
    clicks()
    posts(form="checklist")
    assert len(links()) == 1
    assert suppressed(ann) is None


def test_after_two_weeks_the_link_confirms_nothing_and_what_waited_is_left_out() -> None:
    ann = posts()
    deliver()
    write("UPDATE consent SET at = at - interval '15 days', received_at = received_at - interval '15 days'")
    write("UPDATE message SET due_at = due_at - interval '15 days' WHERE due_at > 'epoch'")
    assert "This link has expired" in clicks().text
    assert suppressed(ann) == "unconfirmed"
    assert deliver() == []
    assert rows("SELECT state, reason FROM message WHERE template = 'welcome/delivery'") == [
        ("skipped", "the contact did not confirm the address within 2w")
    ]


def test_a_forged_or_cut_link_is_none_of_ours() -> None:
    ann = posts()
    [link] = links()
    for wrong in (f"{link}x", link[:-4], "/confirm/forged", f"/confirm/{sign_token('unsubscribe', ann)}"):
        for method in ("GET", "POST"):
            assert Browser(HERE).request(method, wrong).status_code == 404
    assert suppressed(ann) == "unconfirmed"


def test_who_unsubscribed_after_the_form_stays_unsubscribed_whatever_is_clicked() -> None:
    ann = posts()
    _unsubscribe(ann)
    assert "You have unsubscribed since" in clicks().text
    assert suppressed(ann) == "unsubscribed"
    assert rows("SELECT confirmed_at FROM consent WHERE is_given AND needs_confirmation") == [(None,)]


def test_a_stranger_cannot_bring_back_who_has_unsubscribed_but_they_themselves_can() -> None:
    ann = posts()
    clicks()
    _unsubscribe(ann)
    posts(form="checklist")
    assert suppressed(ann) == "unsubscribed"
    clicks()
    assert suppressed(ann) is None


def test_a_known_contact_gets_on_with_what_they_agreed_to_before() -> None:
    ann = posts(source="campaign")
    assert suppressed(ann) is None
    posts(form="checklist")
    assert suppressed(ann) is None
    assert not links()


def test_a_link_does_not_confirm_an_address_that_the_mail_did_not_go_to() -> None:
    ann = posts()
    write("UPDATE contact SET email = 'victim@example.com'")
    assert "another address" in clicks().text
    assert suppressed(ann) == "unconfirmed"


def test_a_contact_who_is_gone_has_nothing_to_confirm() -> None:
    posts()
    link = links()[0]
    write("DELETE FROM contact")
    assert "nothing to confirm" in clicks(link).text


def test_a_bounced_address_is_not_mailed_after_a_click() -> None:
    ann = posts()
    write("UPDATE contact SET suppressed = 'bounced'")
    clicks()
    assert suppressed(ann) == "bounced"


def test_a_salesperson_who_has_talked_to_them_may_write_about_it() -> None:
    ann = posts(form="request-info", phone="+1 207 555 0123")
    assert deliver() == ["consent/confirm"]
    assert rows("SELECT count(*) FROM task WHERE contact_id = :id", id=ann) == [(1,)], "the call does not wait"
    write("UPDATE task SET done_at = now(), outcome = 'Had Call: Qualified Lead'")
    write("UPDATE message SET due_at = 'epoch' WHERE state = 'queued'")
    assert "lead_qualification/thanks" in deliver()


def test_a_refusal_needs_no_confirmation() -> None:
    ann = posts(consent="", do_not_email="yes")
    assert suppressed(ann) == "unsubscribed"
    assert not links()


def test_a_held_lead_asks_for_the_click_too() -> None:
    held = Browser(HERE, VISITOR).post("/leads/website", data=ANN | {"_gotcha": "x"}, headers={"accept": "*/*"})
    assert not links()
    Browser(HERE).post(f"/rejected/{held.json()['held_lead']}/lead")
    assert len(links()) == 1
    assert rows("SELECT network_address, needs_confirmation FROM consent") == [(VISITOR, True)]


def _unsubscribe(contact: int) -> None:
    Browser(HERE).post(f"/unsubscribe/{sign_token('unsubscribe', contact)}/all")
