"""Whom the causes are looked for among: temporary tables, one row per lead, talk, request or mail of two spans of time.

Each has `team_id`, `rep_id`, `source`, `product`, `journey`, and `is_now`: whether it is of the span that is asked
about, or of the one before it, of which there are only requests and mails. Only those are in it whose outcome could be
waited for, so that new ones do not count as failures. Of the other columns those are made that the rules ask about.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.diagnosis.office_hours import holidays_between, make_office_hours
from models.kpi.diagnosis.population_tables import (
    ASKED,
    CAME,
    CONTACTS,
    LEADS,
    LEADS_TO_TALK,
    MAILS,
    NOTIFIED,
    REQUESTED,
    REQUESTS,
    TALKED,
    TALKS,
    WRONG_NUMBER,
)
from models.kpi.diagnosis.rules import RULES, Population, Rule, thresholds
from models.kpi.window import CountingWindow
from models.tables.contact import Stage

DAY = timedelta(days=1)
MONTH_DAYS = 365.25 / 12
SPAN = timedelta(days=90)
"""What is looked at; and as long before it, to compare with."""
TALK_WITHIN = timedelta(days=14)
"""A lead that is talked with later counts as one that was not."""
OPENED_WITHIN = timedelta(days=7)
SHORTEST_CYCLE, LONGEST_CYCLE = 30, 120
"""Days within which an order is waited for, at the least and at the most."""


THRESHOLDS = {
    "owner_within": thresholds.OWNER_WITHIN,
    "owner_of_request": thresholds.OWNER_OF_REQUEST_WITHIN,
    "notice_within": thresholds.NOTICE_WITHIN,
    "first_attempt": thresholds.FIRST_ATTEMPT,
    "call_within": thresholds.CALL_WITHIN,
    "call_high_scores": thresholds.CALL_HIGH_SCORES_WITHIN,
    "first_mails": thresholds.FIRST_MAILS,
    "answer_within": thresholds.ANSWER_WITHIN,
    "busy_times": thresholds.BUSY_TIMES,
}
"""By the names under which the statements bind them."""


@dataclass(frozen=True)
class Cycle:
    """How long this business waits for an order, in days: three quarters of the buyers need no longer."""

    lead_days: int
    """From when a lead came."""
    talk_days: int
    """From the first talk."""


READ_CYCLE = text("""
-- Each buyer once, by when they bought. Buyers who were talked with only after they had bought are left out there.
WITH took AS (
    SELECT begin, days, sum(sum(count)) OVER (PARTITION BY begin ORDER BY days) AS so_far,
           sum(sum(count)) OVER (PARTITION BY begin) AS everybody
    FROM kpi_cohort
    WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0 AND goal = 'customer'
      AND (begin = 'lead' OR begin = 'connected' AND days >= 0) AND day + days BETWEEN :first AND :last
    GROUP BY begin, days
)
SELECT min(days) FILTER (WHERE begin = 'lead') AS lead_days, min(days) FILTER (WHERE begin = 'connected') AS talk_days
FROM took WHERE so_far >= 0.75 * everybody
""")


def read_cycle(connection: Connection, last: date) -> Cycle:
    """How long to wait for an order, by who bought within the last year."""
    row = connection.execute(READ_CYCLE, {"first": last - timedelta(days=365), "last": last}).one()
    lead_days, talk_days = (
        min(LONGEST_CYCLE, max(SHORTEST_CYCLE, days or 0)) for days in (row.lead_days, row.talk_days)
    )
    return Cycle(lead_days, talk_days)


@dataclass(frozen=True)
class Spans:
    """Of one population: the days that are asked about, and from when on it is compared with."""

    before: date
    now: date
    until: date
    """The last day; what began later could not be waited for."""

    def months(self, begun: date) -> float:
        """How many months are asked about of a business whose first lead came on the day `begun`."""
        days = (self.until - max(self.now, begun)).days + 1
        return max(days, 1) / MONTH_DAYS


def spans(population: Population, cycle: Cycle, last: date) -> Spans:
    """Of those who can be judged on the day `last`."""
    wait = {
        Population.LEAD_TO_TALK: TALK_WITHIN,
        Population.TALK: timedelta(days=cycle.talk_days),
        Population.LEAD: timedelta(days=cycle.lead_days),
        Population.REQUEST: timedelta(),
        Population.MAIL: OPENED_WITHIN,
    }[population]
    until = last - wait
    return Spans(until - 2 * SPAN + DAY, until - SPAN + DAY, until)


MAKING: dict[Population, dict[str, str]] = {
    Population.LEAD_TO_TALK: {
        "diagnosed_asked": ASKED,
        "diagnosed_notified": NOTIFIED,
        Population.LEAD_TO_TALK: LEADS_TO_TALK,
    },
    Population.TALK: {"diagnosed_talked": TALKED, Population.TALK: TALKS},
    Population.LEAD: {"diagnosed_came": CAME, Population.LEAD: LEADS},
    Population.REQUEST: {"diagnosed_requested": REQUESTED, Population.REQUEST: REQUESTS},
    Population.MAIL: {Population.MAIL: MAILS},
}
"""The tables that are made for each population, in order. Whom it is of is a table of its own, so that the planner
knows how many they are."""


OF_CONTACTS = (Population.LEAD_TO_TALK, Population.TALK, Population.LEAD)
"""Those with a contact once: of these the span that is asked about alone is looked at."""


ALWAYS = frozenset(
    {
        *("contact_id", "team_id", "rep_id", "source", "product", "journey"),
        *("is_now", "is_ripe", "ordered", "answered_in_time"),
    }
)
"""Columns that are there whatever is asked: whose they are, and those that tell what a success is worth."""


def make_populations(
    connection: Connection,
    window: CountingWindow,
    cycle: Cycle,
    needed: Collection[Population] = tuple(Population),
    rules: Iterable[Rule] = RULES,
) -> None:
    """Make the temporary tables with the columns that these rules ask about; they are gone at the end of the
    transaction, or when they are made again.
    """
    values = _values(window, cycle)
    _make(connection, "diagnosed_contact", CONTACTS, values)
    if Population.REQUEST in needed:
        make_office_hours(connection, window.playbook)
    words = _words_of(rules)
    for population in needed:
        asked = values | asdict(spans(population, cycle, window.last))
        asked |= {"notices": "notified_in_time" in words[population]}
        for name, statement in MAKING[population].items():
            _make(connection, name, statement, asked, words[population] if name == population else None)


def _words_of(rules: Iterable[Rule]) -> dict[Population, frozenset[str]]:
    """Population -> every word that the rules ask of it, columns among them."""
    words: dict[Population, frozenset[str]] = dict.fromkeys(Population, ALWAYS)
    for rule in rules:
        asked = f"{rule.success} {rule.exposed} {rule.group} {rule.among} {rule.alike}"
        words[rule.population] |= set(re.findall(r"\w+", asked))
    return words


def _make(
    connection: Connection, name: str, select: str, values: dict[str, Any], words: Collection[str] | None = None
) -> None:
    """With all columns, or those of these names."""
    connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
    if words is None:
        connection.execute(text(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS {select}"), values)
        # The planner joins them by the contact.
        connection.execute(text(f"ANALYZE {name} (contact_id)"))
        return
    columns = connection.execute(text(f"SELECT * FROM ({select}) AS whole LIMIT 0"), values).keys()
    kept = ", ".join(column for column in columns if column in words)
    connection.execute(
        text(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT {kept} FROM ({select}) AS whole"), values
    )


def _values(window: CountingWindow, cycle: Cycle) -> dict[str, Any]:
    opening = window.playbook.stages.get(Stage.OPPORTUNITY)
    return {
        "first": min(spans(population, cycle, window.last).now for population in OF_CONTACTS),
        "last": window.last,
        "ripe": spans(Population.LEAD, cycle, window.last).until,
        "talk_within": TALK_WITHIN,
        "opened_within": OPENED_WITHIN,
        "lead_days": cycle.lead_days,
        "talk_days": cycle.talk_days,
        "zone": window.playbook.company.time_zone,
        "known_at": window.known_at,
        "triggers": list(opening.on if opening else ()),
        "wrong_number": WRONG_NUMBER,
        "holidays": holidays_between(window.playbook, window.last - 2 * SPAN, window.last),
        **THRESHOLDS,
    }
