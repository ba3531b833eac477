"""The playbook's rules, applied to what has just happened."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from models.playbook import Playbook
from models.scoring.behavioral_rules import earn
from models.scoring.explicit_rules import follow
from models.scoring.total import hold, recount


def score_events(
    connection: Connection,
    playbook: Playbook,
    events: Sequence[int],
    patterns: frozenset[str] | set[str],
    contacts: Sequence[int],
    now: datetime,
) -> None:
    """What these events, named by `patterns`, earn their contacts, and what the contacts' fields are worth by now."""
    hold(connection, playbook, contacts, now)
    changed = earn(connection, playbook, events, patterns)
    if any(rule.is_explicit for rule in playbook.scoring.rules):
        changed |= follow(connection, playbook, contacts, now)
    recount(connection, playbook, sorted(changed), now, events=events)


def follow_fields(
    connection: Connection, playbook: Playbook, contacts: Collection[int], now: datetime, *, events: Sequence[int] = ()
) -> None:
    """The points of explicit rules, after something, `events` if they did it, has changed these contacts."""
    hold(connection, playbook, contacts, now)
    changed = follow(connection, playbook, list(contacts), now)
    recount(connection, playbook, sorted(changed), now, events=events)
