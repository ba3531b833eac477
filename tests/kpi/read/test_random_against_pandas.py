"""KPIs of a business to which anything happens, beside plain pandas of contacts, events and orders."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from models.database import engine
from models.kpi.period import Period
from models.kpi.read import KpiValue, Question, read_values
from models.tables.event import CONTACT_ACTION
from models.tables.kpi import KpiName, Reading
from tests.support.playbook import apply_playbook
from tests.support.random_business import ACTIONS, Business
from tests.support.reports import report

SEEDS = range(int(os.environ.get("TEND_TEST_SEEDS", "2")))
STEPS = 60
FIRST = date(2025, 12, 1)


def table(query: str) -> pd.DataFrame:
    """The rows of a SELECT."""
    with engine().connect() as connection:
        return pd.read_sql(query, connection)


@pytest.fixture(params=SEEDS)
def question(request: pytest.FixtureRequest, make_story: Callable[..., Any]) -> Question:
    """A history by chance, and the days that have all of it."""
    make_story()
    apply_playbook()
    business = Business(request.param)
    # Contacts who are merged and come apart again have the tests of merging; here nobody changes who they are.
    possible = [action for action in ACTIONS if action not in ("merge", "separate")]
    for _ in range(STEPS):
        business.pass_hours(30)
        business.happens(business.chance.choice(possible))
    report(business.now + timedelta(hours=1))
    return Question(Period(FIRST, business.now.date() + timedelta(days=1)))


def read(question: Question) -> dict[tuple[KpiName, Reading, str], KpiValue]:
    with engine().connect() as connection:
        found = read_values(connection, question)
    return {(one.kpi, one.reading, one.currency): one for one in found}


def first_talks() -> pd.Series:
    """Contact -> when a person of ours first talked with them."""
    return table("SELECT contact_id, at FROM event WHERE name = 'call_connected'").groupby("contact_id")["at"].min()


def standing_orders() -> pd.DataFrame:
    """Orders that were neither cancelled nor wholly paid back, the oldest first."""
    orders = table('SELECT * FROM "order"').astype({"amount": float, "refunded": float})
    is_paid_back = (orders["refunded"] >= orders["amount"]) & (orders["amount"] > 0)
    return orders[orders["cancelled_at"].isna() & ~is_paid_back].sort_values(["placed_at", "id"])


def test_what_is_counted_is_what_pandas_counts(question: Question) -> None:
    found = read(question)
    orders, stands, talks = table('SELECT * FROM "order"'), standing_orders(), first_talks()
    attempts = table("SELECT id FROM event WHERE name IN ('task_done', 'call_connected')")
    offers = table("SELECT answer FROM offer")
    gone = orders.groupby("contact_id")["id"].count().index.difference(stands["contact_id"])
    dollars = stands[stands["currency"] == "USD"]
    expected: dict[tuple[KpiName, str], float] = {
        (KpiName.ORDERS, ""): len(stands),
        (KpiName.REVENUE, "USD"): (dollars["amount"] - dollars["refunded"]).sum(),
        (KpiName.CONNECTIONS, ""): len(talks),
        (KpiName.TOUCHES, ""): len(attempts),
        (KpiName.OFFERS, ""): len(offers),
        (KpiName.NET_NEW_PEOPLE, ""): orders["contact_id"].nunique() - len(gone),
    }
    for (kpi, currency), number in expected.items():
        if (one := found.get((kpi, Reading.PERIOD, currency))) and one.not_recorded is None:
            assert one.value == pytest.approx(float(number), abs=0.005), kpi
        else:
            assert not number, kpi


def test_shares_are_what_pandas_divides(question: Question) -> None:
    found = read(question)
    contacts = table("SELECT id, created_at, opportunity_at FROM contact").set_index("id")
    talks, stands = first_talks(), standing_orders()
    customers = stands.groupby("contact_id")["placed_at"].min()
    deals = table("SELECT contact_id, stage FROM opportunity")
    by_stage = contacts[contacts["opportunity_at"].notna() & ~contacts.index.isin(deals["contact_id"])]
    pairs: dict[KpiName, tuple[float, float]] = {
        KpiName.CLOSING_RATE: (len(customers), len(talks)),
        KpiName.CONNECTION_RATE: (
            deals["contact_id"].isin(talks.index).sum() + by_stage.index.isin(talks.index).sum(),
            len(deals) + len(by_stage),
        ),
    }
    for kpi, (numerator, denominator) in pairs.items():
        one = found[kpi, Reading.PERIOD, ""]
        if one.not_recorded is None:
            assert (one.numerator, one.denominator) == (numerator, denominator), kpi
    after = [talks[contact] <= customers[contact] for contact in talks.index.intersection(customers.index)]
    cohort = found[KpiName.CLOSING_RATE, Reading.COHORT, ""]
    if cohort.not_recorded is None:
        # To the day: what is not told to the minute counts as after it.
        assert cohort.denominator == len(talks)
        assert sum(after) <= (cohort.numerator or 0) <= len(after)


def test_leads_are_those_whose_first_trace_is_no_order(question: Question) -> None:
    events = table(f"SELECT contact_id, name, at, {CONTACT_ACTION} AS is_own FROM event")
    contacts = table("SELECT id FROM contact")["id"]
    first = events.groupby("contact_id")["at"].transform("min")
    at_first = events[events["at"] == first]
    told = at_first[at_first["name"].isin(["form_submitted", "lead_imported"])]["contact_id"]
    bought = at_first[at_first["name"] == "order_placed"]["contact_id"]
    leads = set(contacts) - (set(bought) - set(told))
    found = read(question)
    assert found[KpiName.LEADS, Reading.PERIOD, ""].value == len(leads)
    engaged = set(events[events["is_own"] & (events["at"] > first)]["contact_id"])
    share = found[KpiName.ENGAGEMENT_RATE, Reading.COHORT, ""]
    if share.not_recorded is None:
        assert (share.numerator, share.denominator) == (len(engaged & leads), len(leads))


def test_nothing_is_left_out_at_the_edges_of_the_period(question: Question) -> None:
    """Days by themselves come to what all of them come to."""
    days = [
        read(Question(Period(day, day)))
        for day in (question.period.first + timedelta(days=number) for number in range(question.period.days))
        if not nothing_on(day)
    ]
    whole = read(question)
    for kpi in (KpiName.ORDERS, KpiName.CONNECTIONS, KpiName.TOUCHES, KpiName.LEADS):
        key = (kpi, Reading.PERIOD, "")
        if whole[key].not_recorded is None:
            assert sum(day[key].value or 0 for day in days) == whole[key].value


def nothing_on(day: date) -> bool:
    """Whether nothing was counted on a day."""
    return table(f"SELECT id FROM kpi_daily WHERE known_until IS NULL AND day = '{day}' LIMIT 1").empty
