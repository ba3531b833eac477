"""The views for spreadsheets and BI tools: what they list, what they hold, who may read them."""

from datetime import date

import pytest
from sqlalchemy import Connection, text

from models.kpi.views import VIEWS, View, refresh_views
from models.tables.kpi import KpiMessage
from tests.support.database import rows, write
from tests.support.kpi_tables import cohort, daily, store

pytestmark = pytest.mark.usefixtures("database_url")

FIRST, SECOND, APRIL = date(2026, 3, 1), date(2026, 3, 2), date(2026, 4, 1)


@pytest.fixture
def teams(database_url: str) -> None:
    write(
        "INSERT INTO team (id, name, manager, region) OVERRIDING SYSTEM VALUE "
        "VALUES (1, 'West', 'Dustin Brinkmann', 'Central'), (2, 'East', 'Summer Sewald', 'West')"
    )
    write(
        "INSERT INTO rep (id, name, email, team_id) OVERRIDING SYSTEM VALUE "
        "VALUES (1, 'Ann', 'ann@x.example', 1), (2, 'Bob', 'bob@x.example', 2)"
    )


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_lists_its_columns_with_what_they_are(view: View) -> None:
    listed = rows(
        "SELECT column_name, col_description(to_regclass(table_name), ordinal_position) "
        "FROM information_schema.columns WHERE table_name = :name ORDER BY ordinal_position",
        name=view.name,
    )
    assert [tuple(row) for row in listed] == list(view.columns.items())
    assert rows("SELECT obj_description(to_regclass(:name))", name=view.name)[0][0].startswith(view.about)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_answers_as_metabase_and_spreadsheets_ask(view: View, connection: Connection) -> None:
    quoted = ", ".join(f'"source"."{column}" AS "{column}"' for column in view.columns)
    connection.execute(text(f'SELECT {quoted} FROM (SELECT * FROM "public"."{view.name}") "source" LIMIT 2000'))
    connection.execute(text(f'SELECT count(*) AS "count" FROM "public"."{view.name}"'))


def test_a_month_by_region_is_a_sum_of_days(teams: None, connection: Connection) -> None:
    for day in (FIRST, SECOND, APRIL):
        daily(day, "won", 3, amount=30, currency="USD", value=6.0)
        for team, count in ((1, 2), (2, 1)):
            daily(day, "won", count, amount=count * 10, currency="USD", value=2.0 * count, team_id=team)
            person = {"dimension": "person", "member": str(team), "team_id": team}
            daily(day, "won", count, amount=count * 10, currency="USD", value=2.0 * count, **person)
    months = """
    SELECT date_trunc('month', "public"."report_by_person"."day") AS "month", "region", "person",
           sum("count") AS "sum", sum("amount") AS "amount"
    FROM "public"."report_by_person" WHERE "measure" = 'won'
    GROUP BY date_trunc('month', "public"."report_by_person"."day"), "region", "person" ORDER BY 1, 2"""
    assert [(row.month.month, row.region, row.person, row.sum, row.amount) for row in rows(months)] == [
        (3, "Central", "Ann", 4, 40),
        (3, "West", "Bob", 2, 20),
        (4, "Central", "Ann", 2, 20),
        (4, "West", "Bob", 1, 10),
    ]
    for view in ("report_daily", "report_by_team", "report_by_person"):
        assert rows(f"SELECT sum(count), sum(amount) FROM {view} WHERE measure = 'won'") == [(9, 90)]


def test_a_pivot_of_a_kpi_is_numerator_by_denominator(teams: None) -> None:
    for member, won, lost in (("1", 6, 4), ("2", 1, 3)):
        person = {"dimension": "person", "member": member, "team_id": int(member)}
        daily(FIRST, "won", won, currency="USD", amount=won, **person)
        daily(SECOND, "lost", lost, **person)
    pivot = """
    SELECT person, sum(numerator) / sum(denominator) AS rate FROM report_kpi_by_person
    WHERE kpi = 'win_rate' AND reading = 'period' GROUP BY person ORDER BY person"""
    assert [(row.person, float(row.rate)) for row in rows(pivot)] == [("Ann", 0.6), ("Bob", 0.25)]


def test_the_views_give_what_the_pages_give(connection: Connection) -> None:
    daily(FIRST, "lead", 40)
    daily(SECOND, "customer", 3, amount=1, currency="EUR")
    daily(SECOND, "sale", 2, amount=50, currency="USD", value=2.0)
    daily(SECOND, "order", 4, amount=50, currency="USD", value=4.0)
    daily(SECOND, "reversal", 1, amount=50, currency="USD", value=1.0)
    cohort(FIRST, "lead", "customer", 1, 5)
    cohort(FIRST, "lead", "customer", -1, 1)
    store(KpiMessage, {"day": FIRST, "template": "hello", "sent": 11, "reached": 10, "opened": 3})
    store(KpiMessage, {"day": SECOND, "template": "hello", "sent": 9, "reached": 9, "opened": 6})
    found = {
        (row.kpi, row.reading): (float(row.numerator), None if row.denominator is None else float(row.denominator))
        for row in rows(
            "SELECT kpi, reading, sum(numerator) AS numerator, sum(denominator) AS denominator "
            "FROM report_kpi GROUP BY kpi, reading"
        )
    }
    assert found["order_share", "period"] == (3, 40)
    assert found["order_share", "cohort"] == (6, 40)
    assert found["open_rate", "cohort"] == (9, 19)
    assert found["revenue", "period"] == (50, None)
    assert found["order_value", "period"] == (50, 2)
    assert found["net_new_customers", "period"] == (3, None)
    assert found["time_to_buy", "period"] == (5, 5)
    assert "stalled_leads" not in {kpi for kpi, _ in found}


def test_what_was_reported_before_is_in_no_view() -> None:
    daily(FIRST, "lead", 40, known_until=date(2026, 5, 1))
    daily(FIRST, "lead", 41, known_from=date(2026, 5, 1))
    assert rows("SELECT count FROM report_daily") == [(41,)]


def test_refreshing_twice_changes_nothing_and_a_view_that_was_changed_comes_back(connection: Connection) -> None:
    assert not refresh_views(connection)
    connection.execute(text("DROP VIEW report_runs; DROP VIEW report_daily; CREATE VIEW report_daily AS SELECT 1 AS x"))
    assert refresh_views(connection)
    assert not refresh_views(connection)
    assert list(connection.execute(text("SELECT * FROM report_daily")).keys())[:2] == ["day", "measure"]


def test_a_role_that_may_read_the_views_alone_still_may_after_they_changed(
    connection: Connection, database_url: str
) -> None:
    connection.execute(text("CREATE ROLE reader LOGIN PASSWORD 'reader-of-tests'"))
    try:
        connection.execute(text("GRANT SELECT ON report_daily, report_runs TO reader"))
        connection.execute(text("COMMENT ON VIEW report_runs IS 'old'; DROP VIEW report_back_test"))
        connection.execute(text("ALTER VIEW report_daily RENAME COLUMN measure TO what"))
        assert refresh_views(connection)
        connection.execute(text("SET ROLE reader"))
        connection.execute(text("SELECT * FROM report_daily"))
        with pytest.raises(Exception, match="permission denied"):
            connection.execute(text("SELECT * FROM contact"))
    finally:
        connection.rollback()
