"""The playbook's rules, applied to what has just happened."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from models.id_list import id_list
from models.playbook import Playbook
from models.scoring.behaviour import earn
from models.scoring.belonging import follow
from models.scoring.counting import LOCK, recount


def score_events(
    connection: Connection,
    playbook: Playbook,
    events: Sequence[int],
    patterns: frozenset[str] | set[str],
    contacts: Sequence[int],
    now: datetime,
) -> None:
    """What these events, named by `patterns`, earn their contacts, and what the contacts' fields are worth by now."""
    _hold(connection, contacts)
    changed = earn(connection, playbook, events, patterns)
    if any(rule.is_explicit for rule in playbook.scoring.rules):
        changed |= follow(connection, playbook, contacts, now)
    recount(connection, playbook, sorted(changed), now, events=events)


def follow_fields(connection: Connection, playbook: Playbook, contacts: Collection[int], now: datetime) -> None:
    """The points of explicit rules, after something has changed these contacts."""
    _hold(connection, contacts)
    changed = follow(connection, playbook, list(contacts), now)
    recount(connection, playbook, sorted(changed), now)


def _hold(connection: Connection, contacts: Collection[int]) -> None:
    """Whoever changes entries holds the contact: the same one must not be written by two at once."""
    connection.execute(LOCK, {"contacts": id_list(contacts)})
