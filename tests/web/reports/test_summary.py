"""The first screen: what a sales manager sees of a business in a minute, and whom each number opens."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event

from models.database import engine
from models.kpi.definitions import Reading
from models.kpi.period import Period
from models.kpi.read import KpiValue
from models.kpi.read.change import change
from models.tables.kpi import KpiFinding, KpiForecast, KpiGoal, KpiName
from tests.support.kpi_tables import a_run, cohort, daily
from tests.support.playbook import apply_playbook
from tests.support.reported_business import report_on_a_business
from tests.support.web_pages import add, browser
from web.frame.installation.test_mode import test_address
from web.frame.moments import last_company_zone

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
TAG = re.compile(r"<[^>]+>")
LINK = re.compile(r'<a href="(/reports/who[^"]*)">([^<]+)</a>')


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def shown(**query: str) -> str:
    answer = browser().get("/reports", params=query or MARCH)
    assert answer.status_code == 200
    return answer.text


def tile(page: str, title: str) -> str:
    """What one of the tiles says, without tags."""
    tiles = re.findall(r'<article class="kpi">(.*?)</article>', page, flags=re.S)
    [found] = [one for one in tiles if f">{title}</a>" in one]
    return " ".join(unescape(TAG.sub(" ", found)).split()).replace(" ,", ",").replace(" )", ")")


def row(page: str, name: str) -> list[str]:
    """The cells of the row of a table that begins with this name."""
    rows = re.findall(r'<tr>\s*<th scope="row">(.*?)</tr>', page, flags=re.S)
    [found] = [one for one in rows if TAG.sub("", one.partition("</th>")[0]).strip() == name]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", found, flags=re.S)
    return [" ".join(unescape(TAG.sub(" ", cell)).split()) for cell in cells]


def a_march() -> None:
    """100 opportunities with 67 talks, 12 sales; in February 80 leads, in March 120."""
    a_run(datetime(2026, 4, 1, 8, tzinfo=UTC))
    counts = {"lead": 120, "request": 90, "first_contact": 81, "opportunity": 100, "connected": 67, "customer": 12}
    counts |= {"opportunity_connected": 67}
    for measure, count in counts.items():
        daily(date(2026, 3, 10), measure, count)
    daily(date(2026, 3, 10), "sale", 12, amount=Decimal(24_000), currency="USD", value=12.0)
    daily(date(2026, 2, 1), "lead", 80)


def test_the_manager_sees_rates_with_what_they_are_made_of() -> None:
    a_march()
    page = shown()
    assert tile(page, "Connection rate").startswith("Connection rate 67% 67 of 100, by period")
    assert tile(page, "Closing rate").startswith("Closing rate 18% 12 of 67, by period")
    assert tile(page, "Revenue").startswith("Revenue $24,000 by period")
    assert tile(page, "Followed up at all").startswith("Followed up at all 90% 81 of 90, by cohort")


def test_a_kpi_leads_to_its_definition_and_its_number_to_the_people() -> None:
    a_march()
    page = unescape(shown())
    assert 'href="/reports/definitions#connection_rate">Connection rate</a>' in page
    assert '<a href="/reports/who?from=2026-03-01&to=2026-03-31&measure=connected">67</a>' in page


def test_what_grew_more_than_chance_explains_is_marked() -> None:
    a_march()
    leads = tile(shown(), "Leads")
    assert "▲ 50% more (80 before)" in leads
    assert "1 Feb 2026 to 28 Feb 2026" in shown()


def test_without_a_period_before_nothing_is_compared() -> None:
    a_march()
    page = shown(**{"from": "2026-02-01", "to": "2026-02-28"})
    assert "There is nothing to compare with" in page
    assert "before)" not in tile(page, "Leads")


def test_what_cannot_be_divided_is_a_dash_with_a_reason() -> None:
    a_run()
    daily(date(2026, 3, 10), "lead", 3)
    daily(date(2026, 1, 10), "connected", 3)
    daily(date(2026, 1, 10), "customer", 1)
    page = shown()
    assert tile(page, "Closing rate").startswith("Closing rate –")  # noqa: RUF001  a dash, as in other empty places
    assert "Nothing to divide by in these days" in page


def test_what_the_business_does_not_record_is_said_beside_what_to_do() -> None:
    a_run()
    daily(date(2026, 3, 10), "opportunity", 3)
    page = unescape(shown())
    assert "Not measured here: no call or other attempt to reach a lead had been recorded by then." in page
    assert "Report the outcomes of tasks" in page


def test_a_rate_of_few_is_grey_and_says_so() -> None:
    a_run()
    daily(date(2026, 3, 10), "opportunity", 12)
    daily(date(2026, 3, 10), "opportunity_connected", 9)
    page = shown()
    assert re.search(r'class="small-n" title="[^"]*at 95% confidence. Of fewer than 30[^"]*"><a [^>]*>75%</a>', page)


def test_currencies_stand_apart_from_each_other() -> None:
    a_run()
    daily(date(2026, 3, 10), "sale", 2, amount=Decimal(500), currency="USD", value=2.0)
    daily(date(2026, 3, 10), "sale", 1, amount=Decimal(300), currency="CHF", value=1.0)
    said = tile(shown(), "Revenue")
    assert "$500" in said
    assert "CHF" in said
    assert "800" not in said


def test_a_week_before_anything_was_counted_is_no_zero() -> None:
    a_march()
    page = shown(**{"from": "2025-06-01", "to": "2026-03-31"})
    [weeks] = re.findall(r"<caption[^>]*>Leads by month</caption>(.*?)</table>", page, flags=re.S)
    assert re.findall(r'<th scope="row">(.*?)</th>', weeks) == ["from 1 Feb 2026", "from 1 Mar 2026"]


def test_goals_stand_on_top_the_missed_ones_first() -> None:
    a_run()
    month = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31), "known_from": datetime.now(UTC)}
    of = {"numerator": 67, "denominator": 100}
    add(KpiGoal, kpi="connection_rate", target=0.6, reached=0.67, status="met", **of, **month)
    add(KpiGoal, kpi="response_time", target=1_800, reached=5_400, status="missed", **month)
    add(KpiGoal, kpi="orders", target=9, reached=7, status="behind", is_chance=True, **month)
    page = shown()
    titles = re.findall(r"definitions#(\w+)", page.partition("Most important numbers")[0])
    assert titles == ["response_time", "orders", "connection_rate"]
    assert "30m" in page
    assert "1h 30m" in page
    assert "by no more than chance makes" in page


def test_a_week_that_has_just_begun_gives_way_to_the_one_before() -> None:
    a_run()
    monday = date.today() - timedelta(days=1)  # noqa: DTZ011  the goal's own days, whatever the zone
    known = {"kpi": "leads_per_week", "target": 20, "known_from": datetime.now(UTC)}
    for first, reached, status in ((monday - timedelta(7), 23, "met"), (monday, 1, "behind")):
        add(KpiGoal, first_day=first, last_day=first + timedelta(6), reached=reached, status=status, **known)
    page = shown(**{"from": str(monday - timedelta(20)), "to": str(monday)})
    assert row(page, "Leads per week" + f"{Period(monday - timedelta(7), monday - timedelta(1))}")[2:] == [
        "23 a week",
        "met",
    ]


def test_twenty_leads_a_week_of_which_half_pass_each_step_are_two_and_a_half_orders() -> None:
    a_run()
    for measure, count in (("lead", 80), ("sale", 10)):
        money = {"amount": Decimal(200_000), "currency": "USD", "value": 10.0} if measure == "sale" else {}
        daily(date(2026, 3, 2), measure, count, **money)
    for goal, count in (("contacted", 40), ("sql", 20), ("customer", 10)):
        cohort(date(2026, 3, 2), "lead", goal, 3, count)
    page = shown(**{"from": "2026-03-02", "to": "2026-03-29"})
    steps = [row(page, name) for name in ("Leads a week", "Followed up", "Of them qualified", "Of them ordered")]
    assert steps == [["20", "20"], ["50%", "100%"], ["50%", "50%"], ["50%", "50%"]]
    assert (row(page, "Orders a week"), row(page, "Revenue a week")) == (["2.5", "5"], ["$50,000", "$100,000"])


def test_what_to_do_says_what_was_seen_what_to_try_and_where() -> None:
    a_run()
    found = {"made_on": date(2026, 3, 31), "known_from": datetime.now(UTC)}
    says = {"sentence": "Leads of <b>60</b> points closed half as often.", "advice": "Raise it.", "link": "/lists"}
    rows = [{"about": "below 80 points", "number": 9, "of": 120}, {"about": "more orders", "number": 2.3, "low": 1}]
    figures = {"title": "Handed over too early", "rows": rows}
    add(KpiFinding, kpi="closing_rate", cause="threshold", rank=1, figures=figures, **found, **says)
    page = shown()
    assert "Handed over too early" in page
    assert "Leads of &lt;b&gt;60&lt;/b&gt; points" in page
    assert "<dt>below 80 points</dt><dd>9 of 120</dd>" in page
    assert 'href="/lists">' in page
    assert "No cause stands out" not in page
    assert "No cause stands out" in shown(**MARCH, team="Inbound")


def test_the_forecast_is_drawn_beside_the_months_that_came() -> None:
    a_march()
    expected = {"orders": 14.0, "orders_low": 9, "orders_high": 20, "naive_orders": 12.0, "currency": "USD"}
    add(
        KpiForecast,
        made_on=date(2026, 3, 31),
        month=date(2026, 4, 1),
        revenue=Decimal(28_000),
        known_from=datetime.now(UTC),
        **expected,
    )
    page = shown()
    assert "Apr 2026: 14 orders (9 to 20), $28,000" in page
    assert "Mar 2026: 12" in page


def test_too_little_data_for_a_forecast_is_said() -> None:
    a_run()
    about = {"made_on": date(2026, 3, 31), "month": date(2026, 4, 1), "known_from": datetime.now(UTC)}
    add(KpiForecast, reason="Too little data: 3 orders in 20 days.", **about)
    assert "Too little data: 3 orders in 20 days." in shown()


def test_a_person_without_any_lead_is_there_with_zeros() -> None:
    made = report_on_a_business(weeks=5)
    last = made.known_at.date()
    page = shown(**{"from": str(last - timedelta(30)), "to": str(last)})
    assert row(page, "Jackie Lund")[0] == "0"
    assert int(row(page, "Sarah Miller")[0]) > 0


def test_every_count_opens_exactly_those_who_were_counted() -> None:
    made = report_on_a_business(weeks=6, a_day=6)
    last = made.known_at.date()
    page = shown(**{"from": str(last - timedelta(27)), "to": str(last)})
    counted = {unescape(link): says for link, says in LINK.findall(page) if re.fullmatch(r"[0-9,]+", says)}
    assert len(counted) > 40
    wrong = {link: (says, found) for link, says in counted.items() if (found := listed(link)) != says}
    assert not wrong


def listed(link: str) -> str:
    """How many people the list at an address has."""
    return re.findall(r'class="total">([0-9,]+)<', browser().get(link).text)[0]


def test_the_first_screen_asks_the_database_few_times_however_many_people_there_are() -> None:
    a_march()
    first = queries_of_a_look()
    for number in range(40):
        daily(date(2026, 3, 1 + number % 20), "lead", 1, dimension="source", member=f"source {number}")
        daily(date(2026, 3, 1 + number % 20), "lead", 1, dimension="person", team_id=1, member=str(number))
    assert queries_of_a_look() == first


def queries_of_a_look() -> int:
    """How many statements the first screen sends."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    # These are read once a second, and here each time.
    last_company_zone.forget()
    test_address.forget()
    event.listen(engine(), "before_cursor_execute", note)
    try:
        shown()
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    return len(sent)


def a_value(kpi: KpiName, value: float | None, **columns: Any) -> KpiValue:
    return KpiValue(kpi=kpi, reading=Reading.PERIOD, value=value, **columns)


@pytest.mark.parametrize(
    ("kpi", "now", "before", "says", "tone"),
    [
        (KpiName.LEADS, (120, None, None), (80, None, None), "50% more", "good"),
        (KpiName.LEADS, (84, None, None), (80, None, None), "5% more", ""),
        (KpiName.LEADS, (0, None, None), (80, None, None), "100% less", "bad"),
        (KpiName.LEADS, (80, None, None), (80, None, None), "as before", ""),
        (KpiName.LEADS, (5, None, None), (0, None, None), "none before", "good"),
        (KpiName.CLOSING_RATE, (0.3, 90, 300), (0.2, 60, 300), "10 points more", "good"),
        (KpiName.CLOSING_RATE, (0.3, 3, 10), (0.2, 2, 10), "10 points more", ""),
        (KpiName.CLOSING_RATE, (1.2, 12, 10), (0.9, 9, 10), "30 points more", ""),
        (KpiName.STALLED_LEADS, (120, None, None), (80, None, None), "50% more", "bad"),
        (KpiName.REVENUE, (900, None, None), (1000, None, None), "10% less", ""),
    ],
)
def test_a_change_is_good_or_bad_only_where_chance_does_not_explain_it(
    kpi: KpiName,
    now: tuple[float, float | None, float | None],
    before: tuple[float, float | None, float | None],
    says: str,
    tone: str,
) -> None:
    one, other = (a_value(kpi, of[0], numerator=of[1], denominator=of[2]) for of in (now, before))
    found = change(one, other)
    assert found
    assert (found.says, found.tone) == (says, tone)


def test_nothing_changes_from_what_is_not_known() -> None:
    assert change(a_value(KpiName.LEADS, None), a_value(KpiName.LEADS, 3)) is None
