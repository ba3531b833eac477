"""What an offer tells before it is taken: on its page and in its mail, which goes out only while it is open."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from flows.operations.mail.deliver_messages import deliver_due
from models import MessageKind
from models.database import to_json
from models.mail.rendering.email import EmailDraft, RenderContext, render_email
from models.mail.rendering.links import links_to
from tests.support.database import rows, write
from tests.support.mail.outbox import FakeMailer
from tests.support.offered_lead import GIVEAWAY, NOW, a_known_lead, on_offer
from tests.support.offers import ANN, a_business, begin_offers, declines, expire_offers, offer_path, open_offer
from tests.support.playbook import the_shipped_playbook
from tests.support.web_pages import browser

pytestmark = pytest.mark.usefixtures("database_url")


def deliver(now: datetime) -> list[tuple[str, str, str | None]]:
    asyncio.run(deliver_due(FakeMailer(), now))
    return rows("SELECT to_address, state, reason FROM message ORDER BY id")


def test_an_offer_is_mailed_while_it_is_open() -> None:
    on_offer()

    assert deliver(NOW) == [(ANN, "sent", None)]


@pytest.mark.parametrize("passed", [timedelta(0), timedelta(hours=1)])
def test_after_an_outage_an_offer_that_is_over_is_not_mailed(passed: timedelta) -> None:
    lead = on_offer()
    if not passed:
        declines(open_offer(lead), NOW)
        write("DELETE FROM message WHERE to_address <> :ann", ann=ANN)

    assert deliver(NOW + passed) == [(ANN, "withdrawn", "the offer was over before this went out")]


def the_mail(template: str) -> Any:
    """The newest mail of a template as its receiver reads it."""
    message = rows(f"SELECT id, key, data, to_address FROM message WHERE template = '{template}' ORDER BY id DESC")[0]
    playbook = the_shipped_playbook()
    draft = EmailDraft(
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
    head = RenderContext(playbook=playbook, links=links_to(playbook.company.website), at=NOW, own_tracking=False)
    return render_email(draft, head)


def test_the_mail_tells_no_more_than_the_page() -> None:
    lead = on_offer()

    mail = the_mail("team/offer")

    assert offer_path(open_offer(lead)) in mail.html
    assert "Portland, ME" in mail.text
    assert mail.subject.startswith("A lead for you, until ")
    assert not GIVEAWAY.search(mail.html + mail.text + mail.subject + str(mail.headers))
    kept = to_json([list(row) for row in rows("SELECT data, key FROM message WHERE template = 'team/offer'")])
    assert not GIVEAWAY.search(kept)


def test_the_page_tells_what_it_is_worth_and_nothing_to_find_it_by() -> None:
    lead = on_offer()

    shown = browser().get(offer_path(open_offer(lead)))

    assert shown.status_code == 200
    for fact in ("Portland, ME", "Joinery", "14 people", "Demo", "12-Week Growth Programme", "MQL 2", "42"):
        assert fact in shown.text
    assert "Customer loyalty" in shown.text
    assert not GIVEAWAY.search(shown.text)
    assert not GIVEAWAY.search(str(shown.headers))


@pytest.mark.parametrize(
    "field",
    [
        {"city": "Wilhelmina"},
        {"city": "at quillfeather.example"},
        {"industry": "call 207 555 0177"},
        {"industry": "Ostrowski joinery"},
        {"industry": "Quillfeather joinery"},
        {"city": "207/555/01/77"},
        {"state": "wilhelmina@quillfeather.example"},
        {"product": "ring me, Wilhelmina"},
        {"country": "https://quillfeather.example"},
    ],
)
def test_a_name_in_a_wrong_field_is_not_told_either(field: dict[str, str]) -> None:
    lead = on_offer(**field)

    assert not GIVEAWAY.search(browser().get(offer_path(open_offer(lead))).text)


def test_when_everybody_said_no_the_page_says_so() -> None:
    lead = on_offer()
    for _ in range(3):
        link = offer_path(open_offer(lead))
        declines(open_offer(lead), NOW, "<b>no</b>")

    assert "Nobody took this lead" in browser().get(link).text
    mail = the_mail("team/offer_exhausted")
    assert "Ann Archer" in mail.text
    assert "<b>no</b>" not in mail.html


def test_of_many_leads_that_nobody_takes_the_manager_reads_in_one_mail() -> None:
    a_business(members=(ANN,))
    write("UPDATE rep SET hours = NULL")
    leads = [a_known_lead(email=f"{number}@quillfeather.example", phone=None) for number in range(30)]
    begin_offers(NOW, *leads, lasts=timedelta(hours=1))

    expire_offers(NOW + timedelta(hours=1))

    assert rows("SELECT count(*) FROM message WHERE template NOT IN ('team/offer', 'team/leads_untaken')") == [(0,)]
    assert rows("SELECT count(*) FROM message WHERE template = 'team/leads_untaken'") == [(1,)]
    mail = the_mail("team/leads_untaken")
    assert mail.subject == "30 leads of leads: nobody took them"
    assert f"/contacts/{leads[0]}" in mail.html
    assert "And 10 more" in mail.text
    assert not GIVEAWAY.search(mail.html + mail.text)
