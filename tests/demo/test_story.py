"""The story that the demo tells: when its leads come, who of them wants to buy, and that clocks go on at its end."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from deployments.demo.arrivals import schedule_arrivals
from deployments.demo.command import LEADS
from deployments.demo.people import DemoLead, Interest
from deployments.demo.scheduled_jobs import SCHEDULED_JOBS
from deployments.demo.simulation import Simulation, pause_clocks
from deployments.demo.spend import A_DAY, schedule_spend
from models.access.demo import is_playing
from models.database import engine
from models.leads.files.csv_file import read_rows
from tests.support.database import rows, write
from tests.support.playbook import apply_playbook

NEW_YORK = ZoneInfo("America/New_York")
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
END = BEGIN + timedelta(weeks=8)


def arrivals() -> list[datetime]:
    simulation = Simulation(BEGIN)
    assert schedule_arrivals(simulation, LEADS, END) == len(simulation.scheduled)
    return sorted(at for at, _, _ in simulation.scheduled)


def test_most_leads_come_early_and_some_are_new_at_the_end() -> None:
    came = arrivals()
    assert len(came) == 300
    assert BEGIN < came[0] < came[-1] < END
    assert sum(at < BEGIN + timedelta(weeks=4) for at in came) > 250
    assert came[-1] > END - timedelta(days=3)
    assert came == arrivals()


def test_every_source_that_costs_something_has_a_bill_for_each_month(database_url: str) -> None:
    simulation = Simulation(BEGIN)
    schedule_spend(simulation, END)
    for at, _, store in simulation.scheduled:
        assert BEGIN < at < END
        store(at)
    bills = rows("SELECT to_char(month, 'YYYY-MM'), amount FROM source_spend WHERE source = 'tradeshow' ORDER BY 1")
    # 30 days of March from the 2nd on, and 27 of April.
    assert bills == [("2026-03", 30 * A_DAY["tradeshow"]), ("2026-04", 27 * A_DAY["tradeshow"])]
    assert set(A_DAY) <= {row["source"] for part in read_rows(LEADS) for row in part}


@pytest.mark.parametrize(
    ("job_title", "employees", "likely"),
    [("Owner", 40, Interest.HOT), ("Operations Manager", 3, Interest.COLD), (None, None, Interest.COLD)],
)
def test_who_decides_alone_in_a_firm_that_can_pay_wants_to_buy(
    job_title: str | None, employees: int | None, likely: Interest
) -> None:
    people = [DemoLead(f"{number}@example.com", job_title, employees) for number in range(200)]
    assert Counter(person.interest for person in people).most_common(1)[0][0] is likely


@pytest.mark.parametrize(("weeks_ago", "days"), [(7, 7), (1, 1)])
def test_the_report_comes_weekly_at_first_and_each_night_at_last(database_url: str, weeks_ago: int, days: int) -> None:
    apply_playbook()
    last = datetime.now(UTC) - timedelta(weeks=weeks_ago)
    write("INSERT INTO kpi_run (known_at, first_day, last_day) VALUES (:last, :last, :last)", last=last)
    with engine(database_url).connect() as connection:
        due = {job.perform.__name__: job.next_due(connection, last) for job in SCHEDULED_JOBS}["_report"]
    assert due is not None
    assert (due.astimezone(NEW_YORK).date() - last.astimezone(NEW_YORK).date()).days == days
    assert f"{due.astimezone(NEW_YORK):%H:%M}" == "00:40"


def test_clocks_pause_for_as_long_as_the_demo_plays_and_not_longer(database_url: str) -> None:
    with engine(database_url).connect() as other:
        with pause_clocks():
            assert is_playing(other)
        assert not is_playing(other)
