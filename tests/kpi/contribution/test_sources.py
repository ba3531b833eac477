"""What a source brought in a month, by what became of its leads and by what happened in the month; and what it cost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from models.database import engine
from models.kpi.contribution.spend import MonthSpend, store_spend
from models.playbook import Playbook
from tests.support.contribution import (
    DAY,
    HOUR,
    a_lead,
    a_talk,
    an_event,
    an_order,
    count_contribution,
    insert,
    reported,
    without_versions,
)
from tests.support.database import rows, write
from tests.support.mail.outbox import NOON
from tests.support.playbook import apply_playbook, the_shipped_playbook

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
IN_APRIL = datetime(2026, 4, 10, 16, tzinfo=UTC)
IN_MAY = datetime(2026, 5, 10, 16, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 16, tzinfo=UTC)
COUNTS = "leads, qualified, opportunities, connected, customers, orders, revenue"


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def playbook(**reports: Any) -> Playbook:
    """The shipped one with these reports, in US dollars."""
    document = the_shipped_playbook().model_dump(mode="json")
    document["reports"] |= {"currency": "USD", **reports}
    return Playbook.model_validate(document)


def cells(reading: str, columns: str = f"month, source, form, currency, {COUNTS}, spend") -> list[Any]:
    return reported("kpi_source", columns, f"reading = '{reading}'")


def test_a_lead_of_march_who_orders_in_april_counts_for_march_by_cohort_and_for_april_by_period() -> None:
    ann = a_lead("ann@example.com", source="website")
    a_lead("bob@example.com", source="website", form="workshop")
    a_lead("eve@example.com", source="fair", form=None)
    a_talk(ann, NOON + DAY)
    write("UPDATE contact SET sql_at = :at, opportunity_at = :at WHERE id = :id", at=NOON + DAY, id=ann)
    an_order(ann, IN_APRIL, 120)
    an_order(ann, IN_MAY, 30, refunded=10)
    an_order(ann, IN_MAY, 70, cancelled_at=IN_MAY + DAY)
    count_contribution(NOW, playbook=playbook())
    assert cells("cohort") == [
        (MARCH, "fair", "", "USD", 1, 0, 0, 0, 0, 0, 0, None),
        (MARCH, "website", "request-info", "USD", 1, 1, 1, 1, 1, 2, 140, None),
        (MARCH, "website", "workshop", "USD", 1, 0, 0, 0, 0, 0, 0, None),
    ]
    assert cells("period") == [
        (MARCH, "fair", "", "USD", 1, 0, 0, 0, 0, 0, 0, None),
        (MARCH, "website", "request-info", "USD", 1, 1, 1, 1, 0, 0, 0, None),
        (MARCH, "website", "workshop", "USD", 1, 0, 0, 0, 0, 0, 0, None),
        (APRIL, "website", "request-info", "USD", 0, 0, 0, 0, 1, 1, 120, None),
        (MAY, "website", "request-info", "USD", 0, 0, 0, 0, 0, 1, 20, None),
    ]


def test_whoever_came_by_an_order_is_in_no_cohort() -> None:
    contact = insert("contact", email="shop@example.com", source="shop", created_at=NOON)
    an_order(contact, NOON, 50)
    count_contribution(NOW, playbook=playbook())
    assert cells("cohort") == []
    assert cells("period", "source, leads, customers, orders, revenue") == [("shop", 0, 1, 1, 50)]


def test_money_without_a_rate_stands_apart_and_its_order_counts_once() -> None:
    ann = a_lead("ann@example.com")
    an_order(ann, NOON + DAY, 100, "EUR")
    an_order(ann, NOON + 2 * DAY, 1000, "CHF")
    an_order(ann, NOON + 3 * DAY, 10, "USD")
    rates = [{"currency": "EUR", "since": "2026-01-01", "rate": "1.1"}]
    count_contribution(NOW, playbook=playbook(rates=rates))
    for reading in ("cohort", "period"):
        found = cells(reading, "currency, leads, customers, orders, revenue")
        assert found == [("CHF", 0, 0, 0, 1000), ("USD", 1, 1, 3, 120)]


def spend(source: str, month: str, amount: float, currency: str | None = None) -> dict[str, Any]:
    return {"source": source, "month": month, "amount": amount, "currency": currency}


def test_what_a_source_cost_stands_beside_its_leads_and_also_where_there_were_none() -> None:
    a_lead("ann@example.com", source="website")
    spent = [spend("website", "2026-03", 300), spend("website", "2026-05", 80), spend("billboard", "2026-03", 1000)]
    count_contribution(NOW, playbook=playbook(spend=spent))
    for reading in ("cohort", "period"):
        assert cells(reading, "month, source, form, leads, spend") == [
            (MARCH, "billboard", "", 0, 1000),
            (MARCH, "website", "", 0, 300),
            (MARCH, "website", "request-info", 1, None),
            (MAY, "website", "", 0, 80),
        ]


def test_several_entries_of_a_month_add_up_and_the_playbook_comes_before_a_file() -> None:
    with engine().begin() as connection:
        store_spend(
            connection,
            [
                MonthSpend("website", MARCH, "USD", Decimal(999)),
                MonthSpend("website", APRIL, "USD", Decimal("10.50")),
                MonthSpend("website", APRIL, "USD", Decimal("0.25")),
            ],
            NOW,
        )
    spent = [spend("website", "2026-03", 300), spend("website", "2026-03", 20)]
    count_contribution(NOW, playbook=playbook(spend=spent))
    assert cells("cohort", "month, spend") == [(MARCH, 320), (APRIL, Decimal("10.75"))]


def test_a_file_that_is_imported_again_replaces_its_months_in_whatever_currency() -> None:
    for amount, currency in ((10, "EUR"), (12, "EUR"), (15, "USD")):
        with engine().begin() as connection:
            store_spend(connection, [MonthSpend("website", MARCH, currency, Decimal(amount))], NOW)
    assert rows("SELECT source, month, currency, amount FROM source_spend") == [("website", MARCH, "USD", 15)]


def test_spend_is_in_the_currency_of_the_reports_by_the_rate_of_its_month() -> None:
    rates = [
        {"currency": "EUR", "since": "2026-01-01", "rate": "1.1"},
        {"currency": "EUR", "since": "2026-04-15", "rate": "1.2"},
    ]
    spent = [
        spend("fair", "2026-03", 100, "EUR"),
        spend("fair", "2026-04", 100, "EUR"),
        spend("fair", "2025-12", 100, "EUR"),
        spend("fair", "2026-03", 100, "CHF"),
    ]
    count_contribution(NOW, playbook=playbook(rates=rates, spend=spent))
    assert cells("period", "month, currency, spend") == [
        (date(2025, 12, 1), "EUR", 100),
        (MARCH, "CHF", 100),
        (MARCH, "USD", 110),
        (APRIL, "USD", 120),
    ]


@pytest.mark.parametrize("spelled", ["Google Ads", "google-ads", "GOOGLE_ADS", " google ads "])
def test_a_source_is_found_however_it_is_spelled(spelled: str) -> None:
    a_lead("ann@example.com", source="google-ads")
    count_contribution(NOW, playbook=playbook(spend=[spend(spelled, "2026-03", 5)]))
    assert {source for (source,) in cells("cohort", "source")} == {"google-ads"}


def test_of_two_sources_that_are_spelled_alike_the_exact_name_counts() -> None:
    a_lead("ann@example.com", source="Google")
    a_lead("bob@example.com", source="google")
    count_contribution(NOW, playbook=playbook(spend=[spend("google", "2026-03", 5), spend("Google", "2026-03", 7)]))
    assert cells("period", "source, spend") == [("Google", 7), ("Google", None), ("google", 5), ("google", None)]


def test_the_next_run_adds_what_is_new_and_takes_out_what_is_no_longer_so() -> None:
    ann, bob = a_lead("ann@example.com"), a_lead("bob@example.com", source="fair", form=None)
    an_event(bob, "lead_imported", NOON)
    order = an_order(ann, NOON + DAY, 100)
    first = NOON + 40 * DAY
    count_contribution(first, playbook=playbook())
    write('UPDATE "order" SET cancelled_at = :at WHERE id = :id', at=first, id=order)
    an_order(bob, first + HOUR, 60)
    write("UPDATE contact SET source = 'website' WHERE id = :id", id=bob)
    eve = a_lead("eve@example.com", first)
    count_contribution(first + DAY, before=first, contacts=[ann, bob, eve], playbook=playbook())
    assert cells("cohort", f"month, source, form, {COUNTS}") == [
        (MARCH, "website", "", 1, 0, 0, 0, 1, 1, 60),
        (MARCH, "website", "request-info", 1, 0, 0, 0, 0, 0, 0),
        (APRIL, "website", "request-info", 1, 0, 0, 0, 0, 0, 0),
    ]
    nightly = without_versions("kpi_source")
    assert count_contribution(first + 2 * DAY, playbook=playbook())[3].added == 0
    assert without_versions("kpi_source") == nightly


def test_who_is_gone_stays_counted() -> None:
    ann = a_lead("ann@example.com")
    an_order(ann, NOON + DAY, 100)
    count_contribution(NOON + 2 * DAY, playbook=playbook())
    before = without_versions("kpi_source")
    write('DELETE FROM "order"')
    write("DELETE FROM contact")
    count_contribution(NOON + 3 * DAY, before=NOON + 2 * DAY, playbook=playbook())
    count_contribution(NOON + 4 * DAY, playbook=playbook())
    assert without_versions("kpi_source") == before
