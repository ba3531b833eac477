"""Whatever happens in whatever order, nights of reports end at what one count of everything gives."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.database import rows, write
from tests.support.playbook import apply_playbook
from tests.support.random_business import ACTIONS, HOUR, Business
from tests.support.reports import report, reported, version_count

STANDING = """
SELECT d.day, s.stage, count(*) AS standing, count(*) FILTER (WHERE s.is_stalled) AS stalled
FROM (SELECT DISTINCT day FROM kpi_funnel WHERE known_until IS NULL) d
JOIN kpi_stage_spell s ON s.from_at < ((d.day + 1)::timestamp AT TIME ZONE 'America/New_York')
    AND (s.until_at IS NULL OR s.until_at >= ((d.day + 1)::timestamp AT TIME ZONE 'America/New_York'))
WHERE s.known_until IS NULL GROUP BY 1, 2
"""


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6), st.lists(st.sampled_from([*ACTIONS, "erase"]), min_size=4, max_size=30))
def test_nights_of_reports_end_at_what_one_count_of_everything_gives(
    make_story: Callable[..., Any], seed: int, actions: list[str]
) -> None:
    make_story()
    write("TRUNCATE contact, contact_merge, kpi_run CASCADE")
    for name in reported():
        write(f"TRUNCATE {name}")
    apply_playbook()
    business = Business(seed)
    known: dict[datetime, Any] = {}
    for action in actions:
        business.pass_hours(30)
        business.happens(action)
        if business.chance.random() < 0.4:
            done = report(business.now)
            known[done.known_at] = reported()
    business.pass_hours(24 * 20)
    done = report(business.now)
    known[done.known_at] = reported()
    versions = version_count()
    again = report(business.now + HOUR / 60)
    everything = report(business.now + HOUR / 30, full=True)
    assert (sum(again.rows.values()), again.changed, everything.rows) == (0, (), dict.fromkeys(everything.rows, 0))
    assert version_count() == versions
    for at, was in known.items():
        assert reported(at) == was
    each_way_of_cutting_adds_up_to_all()
    assert {(row.day, row.stage): (row.standing, row.stalled) for row in rows(STANDING)} == standing()


def each_way_of_cutting_adds_up_to_all() -> None:
    """By person, source, product and journey, whatever is counted; and each team is what its people are."""
    sums: dict[str, Counter[Any]] = {}
    for row in rows("SELECT * FROM kpi_daily WHERE known_until IS NULL"):
        if row.team_id == 0 or row.dimension == "person":
            sums.setdefault(row.dimension, Counter())[row.day, row.measure, row.currency] += row.count
    assert all(counted == sums["all"] for counted in sums.values())
    people = rows("SELECT * FROM kpi_daily WHERE known_until IS NULL AND dimension = 'person' AND team_id > 0")
    of_people: Counter[Any] = Counter()
    for row in people:
        of_people[row.day, row.measure, row.currency, row.team_id] += row.count
    teams = rows("SELECT * FROM kpi_daily WHERE known_until IS NULL AND dimension = 'all' AND team_id > 0")
    assert of_people == {(row.day, row.measure, row.currency, row.team_id): row.count for row in teams}


def standing() -> dict[tuple[date, str], tuple[int, int]]:
    """What kpi_funnel says of everybody."""
    found = rows("SELECT * FROM kpi_funnel WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0")
    return {(row.day, row.stage): (row.standing, row.stalled) for row in found if row.standing}
