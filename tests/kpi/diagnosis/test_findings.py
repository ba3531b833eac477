"""When causes are looked for, what a finding says, and what it may cost."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from sqlalchemy import Connection, text

from models.database import engine
from models.kpi.diagnosis import RULES, Finding, count_findings, read_findings
from models.kpi.diagnosis.count import read_cells
from models.kpi.diagnosis.judgement import GroupCounts
from models.kpi.diagnosis.populations import make_populations, read_cycle
from models.kpi.diagnosis.rules import Population, Rule
from models.kpi.period import Period
from models.kpi.read import Question
from models.kpi.versions import VersionCount
from models.tables.kpi import KpiName
from tests.support.database import rows, write
from tests.support.kpi_tables import a_run
from tests.support.made_business import (
    DAY,
    HOUR,
    KNOWN_AT,
    LAST,
    MINUTE,
    MadeLead,
    make_leads,
    miss_goals,
    store_business,
    the_window,
)
from tests.support.playbook import apply_playbook

MONTH = Period(LAST - timedelta(days=29), LAST)


@pytest.fixture(autouse=True)
def business(database_url: str) -> None:
    apply_playbook()


def no_numbers(lead: MadeLead, chance: Random) -> None:
    lead.talks = 0.6 if lead.has_number else 0.2


def look() -> VersionCount:
    with engine().begin() as connection:
        count = count_findings(connection, the_window(connection))
    a_run(KNOWN_AT + HOUR, last_day=LAST)
    return count


def findings(question: Question | None = None) -> list[Finding]:
    with engine().connect() as connection:
        return read_findings(connection, question or Question(MONTH))


def test_a_finding_says_what_was_seen_what_it_may_cost_and_what_to_try() -> None:
    store_business(make_leads(1, 2400, no_numbers))
    miss_goals(KpiName.CONNECTION_RATE)
    look()

    [finding] = findings()
    assert (finding.title, finding.rank, finding.link) == ("Leads without a phone number", 1, "/reports/sources")
    assert "leads without a phone number" in finding.sentence
    assert "were talked with within 14 days" in finding.sentence
    assert finding.sentence.endswith("This is seen, not proven: a split test can tell whether it is the cause.")
    assert "require it" in finding.advice
    without, with_one, difference, talks, orders = finding.figures
    assert without.of is not None
    assert with_one.of is not None
    assert without.number / without.of == pytest.approx(0.2, abs=0.1)
    assert with_one.number / with_one.of == pytest.approx(0.6, abs=0.1)
    assert difference.low is not None
    assert difference.high is not None
    assert difference.low < 40 < difference.high
    assert orders.low is not None
    assert orders.high is not None
    assert orders.low < orders.number < orders.high < talks.number


def test_what_it_costs_is_what_was_planted() -> None:
    store_business(make_leads(1, 2400, no_numbers))
    miss_goals(KpiName.CONNECTION_RATE)
    look()

    [finding] = findings()
    # 2,400 leads in 300 days are 243.5 a month, of whom a fifth had no number and 40 points fewer talked with us; of
    # those who talk three in ten order, for 1,000 each.
    *_, talks, orders = finding.figures
    assert talks.low is not None
    assert talks.high is not None
    assert talks.low < 2400 / 300 * 365.25 / 12 * 0.2 * 0.4 < talks.high
    assert finding.orders_a_month == orders.number == pytest.approx(talks.number * 0.3, rel=0.35)
    assert finding.revenue_a_month == pytest.approx(
        Decimal(1000) * Decimal(finding.orders_a_month), rel=Decimal("0.01")
    )
    assert finding.currency == "USD"


def test_a_goal_that_is_met_or_missed_by_chance_asks_nothing() -> None:
    store_business(make_leads(1, 1500, no_numbers))
    miss_goals(KpiName.CONNECTION_RATE, is_chance=True)
    miss_goals(KpiName.CLOSING_RATE, status="met")
    look()
    assert findings() == []


def test_a_goal_that_was_missed_and_has_been_met_since_asks_nothing() -> None:
    store_business(make_leads(1, 1500, no_numbers))
    miss_goals(KpiName.CONNECTION_RATE)
    write(
        "INSERT INTO kpi_goal (first_day, last_day, kpi, team_id, target, status, known_from) "
        "VALUES (:first, :last, 'connection_rate', 0, 1, 'met', :at)",
        first=LAST,
        last=LAST + timedelta(days=6),
        at=KNOWN_AT,
    )
    look()
    assert findings() == []


def test_without_a_goal_a_kpi_is_held_against_its_own_past() -> None:
    def lately(lead: MadeLead, chance: Random) -> None:
        if lead.came_at > KNOWN_AT - 104 * DAY:
            lead.has_number = chance.random() < 0.4
        lead.talks = 0.6 if lead.has_number else 0.2

    store_business(make_leads(1, 2400, lately))
    look()
    assert [(finding.kpi, finding.cause) for finding in findings()] == [(KpiName.CONNECTION_RATE, "missing_numbers")]


def test_without_a_goal_a_cause_that_was_always_there_is_not_news() -> None:
    store_business(make_leads(1, 1500, no_numbers))
    look()
    assert findings() == []


def test_a_team_that_misses_its_goal_has_findings_of_its_own() -> None:
    store_business(make_leads(1, 2400, no_numbers))
    [inbound] = rows("SELECT id FROM team WHERE name = 'Inbound'")
    miss_goals(KpiName.CONNECTION_RATE, team_id=inbound.id)
    look()
    assert findings() == []
    [finding] = findings(Question(MONTH, team_id=inbound.id))
    assert finding.cause == "missing_numbers"


def test_whoever_gets_the_poor_leads_is_not_blamed_for_them() -> None:
    def poor_source_for_one(lead: MadeLead, chance: Random) -> None:
        if lead.source == "tradeshow":
            lead.rep, lead.talks = 1, 0.25

    store_business(make_leads(1, 2400, poor_source_for_one))
    miss_goals(KpiName.CONNECTION_RATE)
    look()
    assert "numbers_of_a_source" in [finding.cause for finding in findings()]
    assert "connection_of_a_person" not in [finding.cause for finding in findings()]


def test_who_was_erased_still_counts_in_what_facts_alone_tell() -> None:
    def poor_person(lead: MadeLead, chance: Random) -> None:
        lead.talks = 0.25 if lead.rep == 1 else 0.6

    store_business(make_leads(1, 2400, poor_person))
    miss_goals(KpiName.CONNECTION_RATE, KpiName.IN_SERVICE_LEVEL)
    look()
    [before] = [finding for finding in findings() if finding.cause == "connection_of_a_person"]
    with engine().begin() as connection:
        make_populations(connection, the_window(connection), read_cycle(connection, LAST))
        counts = [row_counts(connection, population) for population in Population]
    write("DELETE FROM contact WHERE id % 3 = 0")
    look()
    [after] = [finding for finding in findings() if finding.cause == "connection_of_a_person"]
    assert [(one.number, one.of) for one in after.figures] == [(one.number, one.of) for one in before.figures]
    with engine().begin() as connection:
        make_populations(connection, the_window(connection), read_cycle(connection, LAST))
        assert [row_counts(connection, population) for population in Population] == counts


def row_counts(connection: Connection, population: Population) -> tuple[int, ...]:
    """Rows, and those of them with each outcome."""
    outcomes = {
        Population.LEAD_TO_TALK: "talked",
        Population.TALK: "ordered",
        Population.LEAD: "ordered",
        Population.REQUEST: "answered_in_time",
        Population.MAIL: "opened",
    }
    statement = f"SELECT count(*), count(*) FILTER (WHERE {outcomes[population]}) FROM {population}"
    return tuple(connection.execute(text(statement)).one())


def test_what_a_rule_is_told_does_not_depend_on_what_other_rules_ask() -> None:
    store_business(make_leads(1, 600, no_numbers))

    def told(rules: Sequence[Rule]) -> dict[str, list[GroupCounts]]:
        with engine().begin() as connection:
            window, cycle = the_window(connection), read_cycle(connection, LAST)
            make_populations(connection, window, cycle, {rule.population for rule in rules}, rules)
            return {rule.cause: sorted(read_cells(connection, rule), key=repr) for rule in rules}

    together = told(RULES)
    assert sum(map(bool, together.values())) > len(RULES) / 2
    assert told(RULES[::2]) | told(RULES[1::2]) == together


def test_working_hours_are_those_of_the_playbook() -> None:
    def answered_slowly_at_night(lead: MadeLead, chance: Random) -> None:
        # In New York; the owners work from six to two.
        local = (lead.came_at - 5 * HOUR).replace(minute=0)
        lead.called_after = (10 if 6 <= local.hour < 14 and local.weekday() < 5 else 12 * 60) * MINUTE

    write("UPDATE rep SET hours = jsonb_build_object('mon-fri', '06:00-14:00'), time_zone = 'Etc/GMT+5'")
    store_business(make_leads(1, 1200, answered_slowly_at_night))
    with engine().begin() as connection:
        make_populations(connection, the_window(connection), read_cycle(connection, LAST), [Population.REQUEST])
        [(inside, outside)] = connection.execute(
            text(f"""
            SELECT count(*) FILTER (WHERE is_at_work AND NOT answered_in_an_hour),
                   count(*) FILTER (WHERE NOT is_at_work AND answered_in_an_hour) FROM {Population.REQUEST}""")
        )
    assert (inside, outside) == (0, 0)


def test_what_makes_two_kpis_miss_is_told_once_under_the_nearest() -> None:
    store_business(make_leads(1, 2400, no_numbers))
    miss_goals(KpiName.ORDERS, KpiName.REVENUE, KpiName.CONNECTION_RATE)
    look()
    assert [(finding.kpi, finding.cause) for finding in findings()] == [(KpiName.CONNECTION_RATE, "missing_numbers")]


def test_looking_again_changes_nothing_and_what_was_told_stays_as_it_was_told() -> None:
    store_business(make_leads(1, 2400, no_numbers))
    miss_goals(KpiName.CONNECTION_RATE)
    assert look() == VersionCount(closed=0, added=1)
    with engine().begin() as connection:
        assert count_findings(connection, the_window(connection)) == VersionCount(closed=0, added=0)
    told = findings()

    write("UPDATE kpi_goal SET status = 'met'")
    with engine().begin() as connection:
        window = the_window(connection)
        later = type(window)(**vars(window) | {"known_at": KNOWN_AT + 2 * HOUR})
        assert count_findings(connection, later) == VersionCount(closed=1, added=0)
    assert findings() == []
    assert findings(Question(MONTH, known_at=KNOWN_AT + HOUR)) == told


def test_a_day_on_which_nothing_was_found_does_not_show_what_was_found_before() -> None:
    store_business(make_leads(1, 2400, no_numbers))
    miss_goals(KpiName.CONNECTION_RATE)
    look()
    a_run(KNOWN_AT + DAY, last_day=LAST + timedelta(days=1))
    assert len(findings()) == 1
    assert findings(Question(Period(LAST, LAST + timedelta(days=1)))) == []


def test_an_empty_database_has_nothing_to_find() -> None:
    miss_goals(*KpiName)
    assert look() == VersionCount(closed=0, added=0)


def test_a_source_with_odd_characters_is_only_a_name() -> None:
    def odd(lead: MadeLead, chance: Random) -> None:
        lead.has_number = True
        lead.source = {"tradeshow": "{x} :y '); DROP", "api": ""}.get(lead.source, lead.source)
        lead.talks = 0.2 if lead.source.startswith("{") else 0.5

    store_business(make_leads(1, 2400, odd))
    miss_goals(KpiName.CONNECTION_RATE)
    look()
    [finding] = findings()
    assert "leads of {x} :y '); DROP that had a number" in finding.sentence


def test_few_leads_are_not_judged() -> None:
    store_business(make_leads(1, 90, no_numbers))
    miss_goals(*KpiName)
    look()
    assert findings() == []


def test_every_rule_says_where_it_is_set_and_what_to_try() -> None:
    assert len({rule.cause for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.link.startswith("/")
        assert bool(rule.exposed) != bool(rule.group), rule.cause
        assert rule.advice.endswith(".")
        assert ("{group}" in rule.who) == bool(rule.group), rule.cause
