"""The page of a contact shows their deals: how each stands, what it brings, and since when."""

from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest

from flows.operations.leads.import_opportunities import import_opportunity_file
from models.wording import money
from tests.support.database import rows, write
from tests.support.mail.outbox import a_contact
from tests.support.playbook import apply_playbook
from tests.support.web_pages import browser
from web.contacts.deals import MOST

DEALS = """opportunity_id,opportunity_name,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
A1,Acme <b>first</b>,Ann Lee,GTX Pro,Acme Corp,Won,2017-01-10,2017-03-01,4800
A2,,Ann Lee,,Acme Corp,Lost,2017-01-20,2017-02-01,0
A3,,Bob Ray,MG Special,Acme Corp,Engaging,2017-02-10,,
A4,,Bob Ray,MG Special,Acme Corp,Prospecting,,,
"""


@pytest.fixture(autouse=True)
def database(database_url: str) -> None:
    apply_playbook()


def deals_of(contact: int) -> str:
    page = unescape(browser().get(f"/contacts/{contact}").text)
    return " ".join(page.partition('id="deals"')[2].partition("</section>")[0].split())


def test_each_deal_stands_there_with_its_stage_value_and_days(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_text(DEALS, encoding="utf-8")
    import_opportunity_file(path, "csv", ())
    [contact] = rows("SELECT id FROM contact")
    shown = deals_of(contact.id)
    places = [shown.index(f"csv:{name}") for name in ("A3", "A4", "A1", "A2")]
    assert places == sorted(places)  # open ones first, then the newest
    assert 'MG Special: value not known <span class="badge ">open</span> <span class="small">Engaging</span>' in shown
    assert f'GTX Pro: {money(Decimal("4800.00"), "USD")} <span class="badge good">won</span>' in shown
    assert "after 50 days, Ann Lee" in shown
    assert f'A deal: {money(Decimal("0.00"), "USD")} <span class="badge bad">lost</span>' in shown
    assert "opened on a day that is not known" in shown
    assert "<b>first</b>" not in browser().get(f"/contacts/{contact.id}").text


def test_without_a_deal_there_is_no_list_and_a_long_one_is_cut() -> None:
    contact = a_contact("ann@example.com")
    assert deals_of(contact) == ""
    write(
        "INSERT INTO opportunity (contact_id, reference, currency, event_id, opened_at) "
        "SELECT :contact, 'crm:' || n, 'USD', n, '2026-01-01' FROM generate_series(1, :most + 7) n",
        contact=contact,
        most=MOST,
    )
    assert "and 7 older ones" in deals_of(contact)
