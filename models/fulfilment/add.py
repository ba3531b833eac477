"""Putting contacts on the lists of what is sent by hand, such as thank-you notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.playbook.document import Playbook
from models.wording import did_you_mean

ADD = text("""
-- A key that was used before changes nothing: each is sent once.
INSERT INTO fulfilment_entry (key, list, contact_id, run_id, data, created_at)
SELECT n.key, n.list, n.contact_id, n.run_id, n.data, :now
FROM jsonb_to_recordset(CAST(:requests AS jsonb))
     AS n (key text, list text, contact_id bigint, run_id bigint, data jsonb)
ON CONFLICT (key) DO NOTHING
""")


@dataclass(frozen=True)
class FulfilmentRequest:
    """One thing to send to one contact."""

    key: str
    list: str
    contact_id: int
    run_id: int | None
    data: Mapping[str, Any]


def add_to_lists(connection: Connection, requests: Sequence[FulfilmentRequest], now: datetime) -> int:
    """Write them down for the next time that their list goes out; gives how many are new. The caller commits."""
    if not requests:
        return 0
    return connection.execute(
        ADD, {"requests": to_json([request.__dict__ for request in requests]), "now": now}
    ).rowcount


def unknown_list(name: str, playbook: Playbook) -> str | None:
    """The sentence about a list that the playbook does not have; None when it has it."""
    if name in playbook.fulfilment:
        return None
    known = ", ".join(sorted(playbook.fulfilment)) or "none yet"
    return (
        f"There is no list '{name}' under `fulfilment` in the playbook, so nobody would get it. Add it there, with "
        f"`to` and `every`.{did_you_mean(name, playbook.fulfilment)} There are: {known}."
    )
