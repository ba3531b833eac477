"""The chapter about sources: what they bring and cost in both readings, and whether to keep, raise or cut them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert

from models.database import engine
from models.kpi.contribution.read import Action, SourceLine, SourcesReading, read_sources
from models.kpi.contribution.read.advice import Advice, Costs, OrderCost, OtherCosts, advise
from models.kpi.contribution.read.quality import UNKNOWN, WeekOfLeads, compare_quality
from models.kpi.contribution.read.source_metrics import SourceMetrics
from models.kpi.period import Period
from models.kpi.read.question import Question
from models.playbook import Playbook, apply
from models.tables.kpi import KpiSource
from tests.support.kpi_tables import COUNTED_AT, cohort, daily
from tests.support.playbook import apply_playbook, the_shipped_playbook

MARCH = date(2026, 3, 1)
SPRING = Period(date(2026, 3, 10), date(2026, 5, 20))
COUNTS = ("leads", "qualified", "opportunities", "connected", "customers", "orders")


@pytest.fixture(autouse=True)
def _playbook(database_url: str) -> None:
    apply_playbook()


def a_source(source: str, month: date = MARCH, **columns: Any) -> None:
    """The same in both readings, unless said otherwise, in US dollars."""
    readings = [columns.pop("reading")] if "reading" in columns else ["cohort", "period"]
    whole = dict.fromkeys(COUNTS, 0) | {"form": "", "currency": "USD", "revenue": Decimal(0), "spend": None}
    row = whole | {"source": source, "month": month, "known_from": COUNTED_AT, "known_until": None} | columns
    with engine().begin() as connection:
        connection.execute(insert(KpiSource), [row | {"reading": reading} for reading in readings])


def weekly_leads(source: str, leads: int, customers: int, weeks: int = 10) -> None:
    """As many leads each week from March on, and customers among them."""
    for number in range(weeks):
        day = date(2026, 3, 3) + timedelta(weeks=number)
        daily(day, "lead", leads, dimension="source", member=source)
        if customers:
            cohort(day, "lead", "customer", 5, customers, dimension="source", member=source)


def read(period: Period = SPRING) -> SourcesReading:
    with engine().connect() as connection:
        return read_sources(connection, Question(period))


def line(source: str) -> SourceLine:
    return next(one for one in read().lines if one.source == source)


def test_a_period_is_read_by_the_whole_months_that_it_touches() -> None:
    for month in (2, 3, 4, 5, 6):
        a_source("website", date(2026, month, 1), leads=month)
    found = read()
    assert found.months == Period(date(2026, 3, 1), date(2026, 5, 31))
    assert found.cohort.leads == 12
    assert found.before.leads == 2


def test_costs_are_by_lead_by_qualified_lead_and_by_order_and_empty_where_there_is_nothing_to_divide_by() -> None:
    a_source("website", form="guide", leads=20, qualified=10, orders=4, revenue=Decimal(1000))
    a_source("website", spend=Decimal(500))
    a_source("fair", leads=5)
    a_source("billboard", spend=Decimal(300))
    website, fair, billboard = (line(name).cohort for name in ("website", "fair", "billboard"))
    assert (website.cost_per_lead, website.cost_per_qualified, website.cost_per_order) == (25, 50, 125)
    assert website.return_on_spend == 2
    assert (fair.cost_per_lead, fair.return_on_spend) == (None, None)
    assert (billboard.leads, billboard.spend, billboard.cost_per_lead, billboard.return_on_spend) == (0, 300, None, 0)
    assert [one.form for one in line("website").forms] == ["guide"]
    assert read().remarks == (
        "billboard cost $300, and no lead of these months came from it. If its leads have another source, write that "
        "name in the playbook or the file.",
    )


def test_free_of_charge_is_not_unknown() -> None:
    a_source("referral", leads=40, orders=4, spend=Decimal(0))
    assert line("referral").cohort.cost_per_order == 0
    assert line("referral").cohort.return_on_spend is None


def test_money_in_another_currency_is_named_and_not_added() -> None:
    a_source("website", leads=1, orders=1, revenue=Decimal(100))
    a_source("website", currency="CHF", revenue=Decimal(70))
    a_source("website", currency="EUR", spend=Decimal(30))
    found = line("website").cohort
    assert (found.revenue, found.spend, found.orders) == (100, None, 1)
    assert {name: (of.revenue, of.spend) for name, of in found.other_money.items()} == {
        "CHF": (70, None),
        "EUR": (0, 30),
    }
    assert read().remarks == (
        "What website cost, €30, is not added up: the playbook has no rate from EUR to USD (reports: rates).",
        "Revenue in CHF is not added up: the playbook has no rate from CHF to USD (reports: rates).",
    )


def test_the_two_readings_stand_side_by_side() -> None:
    a_source("website", reading="cohort", leads=30, orders=2, revenue=Decimal(50))
    a_source("website", reading="period", leads=30, orders=9, revenue=Decimal(90))
    found = line("website")
    assert (found.cohort.orders, found.period.orders) == (2, 9)


def test_nothing_is_said_of_fewer_than_thirty_leads() -> None:
    a_source("website", leads=29, customers=0, spend=Decimal(9999))
    weekly_leads("website", 29, 0, weeks=1)
    assert line("website").advice.action is Action.TOO_FEW
    assert line("website").advice.reason == "29 leads, of which little can be said: 30 are needed."


def test_a_source_whose_leads_seldom_buy_is_cut_and_the_reason_has_the_figures() -> None:
    a_source("good", leads=400, customers=80, orders=80, revenue=Decimal(8000))
    a_source("bad", leads=400, customers=10, orders=10, revenue=Decimal(1000))
    weekly_leads("good", 40, 8)
    weekly_leads("bad", 40, 1)
    bad, good = line("bad"), line("good")
    assert (bad.advice.action, good.advice.action) == (Action.CUT, Action.RAISE)
    assert bad.advice.reason.startswith(
        "2.5% of 400 leads have become customers, less than the 20.0% of other leads of the same weeks (-"
    )
    assert bad.advice.reason.endswith("Nobody has said what it cost.")
    assert bad.quality.difference == pytest.approx(-0.175)


def test_a_source_that_began_last_week_is_not_blamed_that_its_leads_have_not_bought_yet() -> None:
    a_source("old", leads=1000, customers=200, orders=200, revenue=Decimal(20000))
    a_source("new", leads=200, customers=2, orders=2, revenue=Decimal(200))
    weekly_leads("old", 100, 22, weeks=9)
    last_week = date(2026, 3, 3) + timedelta(weeks=9)
    for source, leads, customers in (("old", 100, 1), ("new", 200, 2)):
        daily(last_week, "lead", leads, dimension="source", member=source)
        cohort(last_week, "lead", "customer", 1, customers, dimension="source", member=source)
    assert line("new").advice.action is Action.KEEP


def test_a_source_that_costs_more_than_its_orders_bring_is_cut_only_if_both_readings_say_so() -> None:
    month = {"leads": 100, "customers": 10, "orders": 10, "revenue": Decimal(1000)}
    a_source("dear", **month, spend=Decimal(5000))
    a_source("young", reading="cohort", **month, spend=Decimal(5000))
    a_source("young", reading="period", leads=100, orders=60, revenue=Decimal(6000), spend=Decimal(5000))
    a_source("cheap", **month, spend=Decimal(100))
    actions = {name: line(name).advice.action for name in ("dear", "young", "cheap")}
    assert actions == {"dear": Action.CUT, "young": Action.KEEP, "cheap": Action.RAISE}
    assert "It cost $5,000, $500 an order, where an order brings on average $100." in line("dear").advice.reason


def test_the_playbook_may_say_what_an_order_may_cost() -> None:
    document = the_shipped_playbook().model_dump(mode="json")
    document["reports"] |= {"cost_per_order": "600"}
    with engine().begin() as connection:
        apply(connection, Playbook.model_validate(document))
    a_source("dear", leads=100, customers=10, orders=10, revenue=Decimal(1000), spend=Decimal(5000))
    assert line("dear").advice.action is Action.KEEP
    assert "where an order may cost by the playbook $600" in line("dear").advice.reason


def advice(figures: SourceMetrics, limit: OrderCost | None, others: OtherCosts | None = None) -> Advice:
    costs = Costs(figures, others or OtherCosts())
    return advise(costs, costs, UNKNOWN, limit, "USD")


def test_a_source_with_spend_and_no_orders_is_not_cut_while_chance_explains_that() -> None:
    limit = OrderCost(Decimal(100), is_set=True)
    assert advice(SourceMetrics(leads=50, spend=Decimal(300)), limit).action is Action.KEEP
    much = SourceMetrics(leads=50, spend=Decimal(400))
    assert advice(much, limit).action is Action.CUT
    assert "none of its leads has ordered yet." in advice(much, limit).reason
    assert advice(much, None).action is Action.KEEP


def test_a_source_is_raised_for_its_cost_by_what_the_playbook_says_else_by_other_sources() -> None:
    figures = SourceMetrics(leads=400, orders=40, spend=Decimal(400))
    may_cost, brings = (OrderCost(Decimal(100), is_set=is_set) for is_set in (True, False))
    assert advice(figures, may_cost).action is Action.RAISE
    # That it brings more than it costs is no reason to spend more on it than on others.
    assert advice(figures, brings).action is Action.KEEP
    assert advice(figures, brings, OtherCosts(Decimal(400), 40)).action is Action.KEEP
    cheap = advice(figures, brings, OtherCosts(Decimal(4000), 40))
    assert cheap.action is Action.RAISE
    assert cheap.reason.startswith(
        "It cost $400, $10 an order, where an order brings on average $100. That is less than"
    )


def test_two_sources_that_cost_the_same_are_neither_cut_nor_raised_for_it() -> None:
    claimed = 0
    for seed in range(300):
        random = Random(seed)
        one, other = (sum(random.random() < 0.1 for _ in range(300)) for _ in range(2))
        figures = SourceMetrics(leads=300, orders=one, spend=Decimal(3000))
        found = advice(figures, OrderCost(Decimal(100), is_set=False), OtherCosts(Decimal(3000), other))
        claimed += found.action is not Action.KEEP
    assert claimed <= 15


def test_equal_sources_are_neither_cut_nor_raised_whatever_weeks_they_came_in() -> None:
    claimed = 0
    for seed in range(300):
        random = Random(seed)
        weeks = {name: [random.randrange(30) for _ in range(20)] for name in ("a", "b", "c", "d")}
        bought = {
            name: [sum(random.random() < 0.2 * (20 - week) / 20 for _ in range(leads)) for week, leads in enumerate(of)]
            for name, of in weeks.items()
        }
        for name in weeks:
            rest = [other for other in weeks if other != name]
            beside = [
                WeekOfLeads(
                    weeks[name][week],
                    bought[name][week],
                    sum(weeks[other][week] for other in rest),
                    sum(bought[other][week] for other in rest),
                )
                for week in range(20)
            ]
            quality = compare_quality(beside, 4)
            claimed += quality.is_better or quality.is_worse
    assert claimed <= 15


def test_the_difference_of_sources_is_that_of_mantel_and_haenszel() -> None:
    from statsmodels.stats.contingency_tables import StratifiedTable

    random = Random(7)
    weeks = []
    for _ in range(12):
        leads, others = random.randrange(1, 60), random.randrange(1, 200)
        weeks.append(WeekOfLeads(leads, random.randrange(leads), others, random.randrange(others)))
    tables = [
        [[w.customers, w.leads - w.customers], [w.other_customers, w.other_leads - w.other_customers]] for w in weeks
    ]
    statistic = (
        StratifiedTable([[list(map(float, row)) for row in table] for table in tables]).test_null_odds().statistic
    )
    excess, variance = sum(week.excess for week in weeks), sum(week.variance for week in weeks)
    assert excess**2 / variance == pytest.approx(statistic)


def test_as_known_on_a_past_day_is_read_as_it_was() -> None:
    a_source("website", leads=5, known_until=COUNTED_AT + timedelta(days=2))
    a_source("website", leads=6, known_from=COUNTED_AT + timedelta(days=2))
    with engine().connect() as connection:
        then = read_sources(connection, Question(SPRING, known_at=datetime(2026, 4, 2, tzinfo=UTC)))
    assert (then.cohort.leads, read().cohort.leads) == (5, 6)
