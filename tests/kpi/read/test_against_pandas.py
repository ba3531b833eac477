"""KPIs of made facts beside what plain pandas says of the same facts: by period, by cohort, by person, over weeks."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import insert

from models.database import engine
from models.kpi.period import Period
from models.kpi.read import KpiValue, Question, read_response, read_series, read_time_to_buy, read_values
from models.tables.kpi import Dimension, KpiFact, KpiName
from tests.support.playbook import apply_playbook
from tests.support.reported_business import count

COUNTED_AT = datetime(2026, 7, 1, 5, tzinfo=UTC)
PERIOD = Period(date(2026, 3, 1), date(2026, 5, 31))
SHARES = {
    KpiName.CONNECTION_RATE: ("opportunity_connected", "opportunity"),
    KpiName.CLOSING_RATE: ("customer", "connected"),
    KpiName.QUALIFIED_SHARE: ("sql", "lead"),
    KpiName.ORDER_SHARE: ("customer", "lead"),
}


def made_facts(seed: int, contacts: int = 400) -> pd.DataFrame:
    """Contacts who come over half a year; each goes on by chance, after a time by chance, with an owner by chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for contact in range(1, contacts + 1):
        at = datetime(2026, 1, 1, 15, tzinfo=UTC) + timedelta(days=float(rng.uniform(0, 175)))
        rep, source = int(rng.integers(0, 4)), str(rng.choice(["web", "fair", ""]))
        for measure, chance in (
            ("lead", 1.0),
            ("sql", 0.6),
            ("opportunity", 0.7),
            ("connected", 0.7),
            ("customer", 0.4),
        ):
            at += timedelta(days=float(rng.exponential(6))) if measure != "lead" else timedelta(0)
            if rng.random() < chance and at < COUNTED_AT:
                rows.append((contact, measure, "", at, rep, source, None))
                if measure == "connected" and rows[-2][:2] == (contact, "opportunity"):
                    rows.append((contact, "opportunity_connected", "", at, rep, source, None))
        if rng.random() < 0.8:
            asked = at - timedelta(days=1)
            rows.append((contact, "request", "follow_up:1", asked, rep, source, None))
            if rng.random() < 0.8:
                rows.append(
                    (contact, "first_contact", "follow_up:1", asked, rep, source, float(rng.exponential(9_000)))
                )
    facts = pd.DataFrame(rows, columns=["contact_id", "measure", "ref", "at", "rep_id", "source", "value"])
    facts["day"] = [at.date() for at in facts["at"]]
    return facts[facts["at"] < COUNTED_AT]


@pytest.fixture(params=[1, 2])
def facts(request: pytest.FixtureRequest, database_url: str) -> pd.DataFrame:
    apply_playbook()
    made = made_facts(request.param)
    empty = {"team_id": 0, "product": "", "journey": "", "amount": None, "currency": "", "known_from": COUNTED_AT}
    rows = [
        empty | {**row, "value": None if pd.isna(row["value"]) else row["value"]} for row in made.to_dict("records")
    ]
    with engine().begin() as connection:
        connection.execute(insert(KpiFact), rows)
        count(connection, COUNTED_AT)
    return made


def values(dimension: Dimension = Dimension.ALL) -> dict[tuple[KpiName, str, str], KpiValue]:
    with engine().connect() as connection:
        found = read_values(connection, Question(PERIOD), dimension)
    return {(value.kpi, value.reading.value, value.member): value for value in found}


def inside(facts: pd.DataFrame) -> pd.Series:
    return (facts["day"] >= PERIOD.first) & (facts["day"] <= PERIOD.last)


def test_by_period_it_is_what_happened_by_what_happened(facts: pd.DataFrame) -> None:
    counts = facts[inside(facts)].groupby("measure").size()
    found = values()
    for kpi, (numerator, denominator) in SHARES.items():
        assert found[kpi, "period", ""].value == pytest.approx(counts[numerator] / counts[denominator])


def test_by_cohort_it_is_how_many_of_those_who_began_have_come_to_it(facts: pd.DataFrame) -> None:
    found = values()
    for kpi, (goal, begin) in SHARES.items():
        began = facts[(facts["measure"] == begin) & inside(facts)]
        goals = facts[facts["measure"] == goal][["contact_id", "day"]]
        both = began.merge(goals, on="contact_id", suffixes=("", "_goal"))
        if kpi is KpiName.CLOSING_RATE:
            both = both[both["day_goal"] >= both["day"]]
        assert found[kpi, "cohort", ""].value == pytest.approx(len(both) / len(began)), kpi


@pytest.mark.parametrize(("dimension", "column"), [(Dimension.PERSON, "rep_id"), (Dimension.SOURCE, "source")])
def test_members_have_what_their_own_facts_give(facts: pd.DataFrame, dimension: Dimension, column: str) -> None:
    found = values(dimension)
    table = facts[inside(facts)].pivot_table(
        index=column, columns="measure", values="ref", aggfunc="size", fill_value=0
    )
    for member, row in table.iterrows():
        assert found[KpiName.LEADS, "period", str(member)].value == row["lead"]
        rate = found[KpiName.CLOSING_RATE, "period", str(member)]
        assert (rate.numerator, rate.denominator) == (row["customer"], row["connected"])


def test_weeks_begin_on_monday_and_add_up(facts: pd.DataFrame) -> None:
    leads = facts[inside(facts) & (facts["measure"] == "lead")]
    monday = pd.to_datetime(leads["day"]).dt.to_period("W-SUN").dt.start_time.dt.date
    expected = leads.groupby(monday).size()
    with engine().connect() as connection:
        weeks = read_series(connection, Question(PERIOD), KpiName.LEADS, "week")
    assert {week.begin: week.value for week in weeks if week.value} == expected.to_dict()


def test_quantiles_of_the_response_count_those_who_wait(facts: pd.DataFrame) -> None:
    asked = facts[inside(facts) & (facts["measure"] == "request")]
    answered = facts[facts["measure"] == "first_contact"].set_index("contact_id")["value"]
    took = asked["contact_id"].map(answered)
    with engine().connect() as connection:
        [times] = read_response(connection, Question(PERIOD)).contact
    assert (times.requests, times.followed_up) == (len(asked), took.notna().sum())
    # All who wait have waited for longer than any answer took: then the quantile is that of the sorted times.
    waited_long = np.sort(took.fillna(np.inf))
    assert times.median is not None
    assert times.median.time == pytest.approx(waited_long[int(np.ceil(len(took) / 2)) - 1])
    assert times.within(1_800) == (took <= 1_800).sum()


def test_the_mean_time_to_buy_is_that_of_who_bought_in_the_period(facts: pd.DataFrame) -> None:
    wide = facts[facts["measure"].isin(["lead", "customer"])].pivot(index="contact_id", columns="measure", values="day")
    bought = wide.dropna()
    bought = bought[(bought["customer"] >= PERIOD.first) & (bought["customer"] <= PERIOD.last)]
    days = [(row.customer - row.lead).days for row in bought.itertuples()]
    with engine().connect() as connection:
        any_product, *_ = read_time_to_buy(connection, Question(PERIOD))
    assert any_product.buyers == len(days)
    assert any_product.mean == pytest.approx(np.mean(days))
    came = wide[(wide["lead"] >= PERIOD.first) & (wide["lead"] <= PERIOD.last)]
    assert (any_product.waits.n, any_product.waits.happened_count) == (len(came), came["customer"].notna().sum())
