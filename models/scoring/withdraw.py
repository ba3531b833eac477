"""Takes back the points of events that a person found to be misread."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import id_list
from models.playbook import Playbook
from models.scoring.recount import lock_and_catch_up, recount

WITHDRAW = text("""
UPDATE score_entry SET withdrawn_at = :now
WHERE event_id = ANY(CAST(:events AS bigint[])) AND rule IS NOT NULL AND withdrawn_at IS NULL RETURNING contact_id
""")


def withdraw_points(
    connection: Connection, playbook: Playbook, events: Sequence[int], contacts: Collection[int], now: datetime
) -> None:
    """Withdraw what these events of these contacts have earned by the rules, and count the scores anew.

    The caller commits.
    """
    lock_and_catch_up(connection, playbook, contacts, now)
    changed = set(connection.execute(WITHDRAW, {"events": id_list(events), "now": now}).scalars())
    recount(connection, playbook, sorted(changed), now)
