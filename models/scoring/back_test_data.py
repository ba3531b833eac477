"""Reads the data of a back-test: past leads, and the score entries that a playbook's rules would have made for them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Connection, Select, cast, func, literal, select, text
from sqlmodel import col

from models.conditions.parse import fields_in, parse_condition
from models.playbook import Playbook
from models.playbook.scoring import ScoreRule
from models.scoring.back_test import BackTestData
from models.scoring.behavioral_rules import ENTRY_COLUMNS, award_query
from models.tables.contact import Contact
from models.tables.sales import STANDS
from models.tables.score import ScoreEntry

OUTCOME_FIELDS = {
    *("stage", "score", "suppressed", "suppressed_at", "mql_level", "probability"),
    *("mgl_at", "mql_at", "sql_at", "sal_at", "opportunity_at", "customer_at"),
    *("has_budget", "has_authority", "has_need", "has_timeline"),
}
"""Fields that are set by the outcome of a lead or by salespeople afterwards.

Using them in a back-test would leak the outcome.
"""

LEADS = text(f"""
-- Everybody who was a lead for a while: not those who had bought before anything else was known of them.
SELECT id, CAST(extract(epoch FROM seen_at) * 1000000 AS bigint) AS seen_at,
       CAST(extract(epoch FROM bought_at) * 1000000 AS bigint) AS bought_at
FROM (
    SELECT contact.id, least(contact.created_at, e.at) AS seen_at, o.at AS bought_at
    FROM contact
    LEFT JOIN (SELECT contact_id, min(at) AS at FROM event GROUP BY 1) e ON e.contact_id = contact.id
    LEFT JOIN (SELECT contact_id, min(placed_at) AS at FROM "order" o WHERE {STANDS} GROUP BY 1) o
      ON o.contact_id = contact.id
) AS lead
WHERE (CAST(:since AS timestamptz) IS NULL OR seen_at >= :since) AND (bought_at IS NULL OR bought_at > seen_at)
""")

FIRST_DAY = literal("1970-01-01")
ENTRY = ["contact", "at", "day"]


def read_back_test_data(
    connection: Connection, playbook: Playbook, now: datetime, since: datetime | None = None
) -> BackTestData:
    """The leads that we first heard of since a moment, and all points that the playbook would have given them."""
    zone = playbook.company.time_zone
    leads = _frame(connection.execute(LEADS, {"since": since}).all(), ["contact", "seen_at", "bought_at"])
    parts = [_journey_points(connection)]
    for place, rule in enumerate(playbook.scoring.rules):
        if not outcome_fields_in(rule):
            found = (
                _explicit_entries(connection, playbook, rule, leads)
                if rule.is_explicit
                else _behavioural_entries(connection, playbook, rule)
            )
            parts.append(found.assign(rule=place, cents=int(rule.points * 100), decays=rule.decays))
    entries = pd.concat(parts, ignore_index=True)
    entries = entries[entries["contact"].isin(leads["contact"])]
    return BackTestData(leads, entries, _nights(entries, zone, now), pd.Timestamp(now))


def outcome_fields_in(rule: ScoreRule) -> set[str]:
    """The fields because of which a rule is left out of a back-test."""
    return fields_in(rule.when) & OUTCOME_FIELDS if rule.when else set()


def _behavioural_entries(connection: Connection, playbook: Playbook, rule: ScoreRule) -> pd.DataFrame:
    """What events earn by a rule."""
    earned = award_query(rule, playbook.company.time_zone, playbook.fields).subquery()
    found = dict(zip(ENTRY_COLUMNS, earned.c, strict=True))
    columns: Select[Any] = select(found["contact_id"], _microseconds(found["at"]), _day_number(found["day"]))
    return _frame(connection.execute(columns).all(), ENTRY)


def _explicit_entries(connection: Connection, playbook: Playbook, rule: ScoreRule, leads: pd.DataFrame) -> pd.DataFrame:
    """Whom an explicit rule fits as their fields are today, from the moment that we first heard of them."""
    fitting = select(col(Contact.id)).where(parse_condition(rule.when or "", playbook.fields))
    there = leads[leads["contact"].isin(list(connection.scalars(fitting)))]
    at = there["seen_at"]
    return pd.DataFrame({"contact": there["contact"], "at": at, "day": _day_numbers(at, playbook.company.time_zone)})


def _journey_points(connection: Connection) -> pd.DataFrame:
    """What journeys gave; they would have given it under any playbook."""
    kept = (col(ScoreEntry.rule).is_(None), col(ScoreEntry.withdrawn_at).is_(None))
    columns = (col(ScoreEntry.contact_id), _microseconds(col(ScoreEntry.at)), _day_number(col(ScoreEntry.day)))
    cents = cast(col(ScoreEntry.points) * 100, BigInteger)
    found = connection.execute(select(*columns, cents, col(ScoreEntry.decays)).where(*kept)).all()
    return _frame(found, [*ENTRY, "cents", "decays"]).assign(rule=-1)


def _microseconds(moment: Any) -> ColumnElement[int]:
    return cast(func.extract("epoch", moment) * Decimal(1_000_000), BigInteger)


def _day_number(day: Any) -> ColumnElement[int]:
    return day - func.to_date(FIRST_DAY, "YYYY-MM-DD")


def _frame(rows: Any, columns: list[str]) -> pd.DataFrame:
    """Rows as a table; moments come as whole microseconds, which is far faster than as objects."""
    frame = pd.DataFrame(rows, columns=columns)
    for name in columns:
        if name.endswith("at"):
            frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
    return frame.astype({name: kind for name, kind in KINDS.items() if name in columns})


KINDS = {"contact": "int64", "day": "int64", "cents": "int64", "decays": "bool"}


def _day_numbers(moments: "pd.Series[pd.Timestamp]", zone: str) -> "pd.Series[int]":
    midnights = moments.dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None).dt.normalize()
    return (midnights - pd.Timestamp(0)).dt.days


def _nights(entries: pd.DataFrame, zone: str, now: datetime) -> pd.DataFrame:
    """Every midnight since the first entry."""
    today = pd.Timestamp(now.astimezone(ZoneInfo(zone)).date())
    first = pd.Timestamp(0) + pd.Timedelta(days=int(entries["day"].min())) if len(entries) else today
    days = pd.date_range(first, today, freq="D")
    at = days.tz_localize(ZoneInfo(zone), ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")
    return pd.DataFrame({"at": at, "day": (days - pd.Timestamp(0)).days})
