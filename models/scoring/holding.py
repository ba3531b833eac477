"""Takes hold of contacts whose score is about to change, and makes up the nights that nobody has counted for yet."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.id_list import id_list
from models.playbook import Playbook
from models.scoring.counting import count
from models.scoring.decay import day_of

CAUGHT_UP = 7
"""Nights that are made up one by one after an outage; what is older is brought to the first of these at once."""

HOLD = text("""
-- In the order of ids, so that two who count the same contacts take turns; whoever comes second sees all entries.
SELECT id, scored_on FROM contact WHERE id = ANY(CAST(:contacts AS bigint[])) ORDER BY id FOR NO KEY UPDATE
""")


def hold(connection: Connection, playbook: Playbook, contacts: Collection[int], now: datetime) -> None:
    """Whoever changes entries holds the contact until the commit: it must not be written by two at once.

    A score of an earlier day is brought to today first. What it crosses overnight is told as of that midnight, even if
    what happens now, before the nightly flow has come, lifts it to where it was.
    """
    found = connection.execute(HOLD, {"contacts": id_list(contacts)}).all()
    make_up(connection, playbook, {row.id: row.scored_on for row in found if row.scored_on}, now)


def make_up(connection: Connection, playbook: Playbook, scored_on: Mapping[int, date], now: datetime) -> None:
    """Night after night, for those of these contacts, held by the caller, whose score is not of that day yet."""
    zone, today = playbook.company.time_zone, day_of(now, playbook.company.time_zone)
    missed = min((today - min(scored_on.values(), default=today)).days, CAUGHT_UP)
    for back in reversed(range(missed)):
        day = today - timedelta(days=back)
        behind = [contact for contact, on in scored_on.items() if on < day]
        count(connection, playbook.scoring, behind, day, at=min(_midnight(day, zone), now))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
