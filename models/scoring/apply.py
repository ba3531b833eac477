"""The playbook's rules, applied to what has just happened."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from models.playbook import Playbook
from models.scoring.behavioral_rules import award_points
from models.scoring.explicit_rules import sync_explicit_points
from models.scoring.recount import lock_and_catch_up, recount


def score_events(
    connection: Connection,
    playbook: Playbook,
    events: Sequence[int],
    patterns: frozenset[str] | set[str],
    contacts: Sequence[int],
    now: datetime,
) -> None:
    """Award the points that these events earn by the rules (`patterns` are their names), and bring the explicit points
    of these contacts up to date.
    """
    lock_and_catch_up(connection, playbook, contacts, now)
    changed = award_points(connection, playbook, events, patterns)
    if any(rule.is_explicit for rule in playbook.scoring.rules):
        changed |= sync_explicit_points(connection, playbook, contacts, now)
    recount(connection, playbook, sorted(changed), now, events=events)


def score_fields(
    connection: Connection, playbook: Playbook, contacts: Collection[int], now: datetime, *, events: Sequence[int] = ()
) -> None:
    """Bring the explicit points of these contacts up to date after their fields have changed; `events` are what changed
    them, if events did.
    """
    lock_and_catch_up(connection, playbook, contacts, now)
    changed = sync_explicit_points(connection, playbook, list(contacts), now)
    recount(connection, playbook, sorted(changed), now, events=events)
