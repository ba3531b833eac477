"""Each thing that somebody does on a page for ops is a row of the audit, in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from sqlalchemy import Connection

from models.access.audit import Act, Change, record
from web.frame.network import network_address
from web.frame.who import Who, acting

LONGEST_PATH = 500


def audit(
    connection: Connection,
    request: Request,
    action: str,
    *,
    contact_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    changes: Sequence[Change] = (),
    who: Who | None = None,
) -> Who:
    """Record what whoever sends this request does; gives who that is, whose name is the `by` of events.

    `action` goes on after their name: `merged two contacts`. `data` is what somebody may ask about later, without texts
    of contacts; secrets are left out. `changes` say from what to what something went. `who` is for whoever is only just
    logging in. The caller commits.
    """
    who = who or acting(request)
    act = Act(
        who=who.name,
        action=action,
        path=request.scope["path"][:LONGEST_PATH],
        login_id=who.login_id,
        contact_id=contact_id,
        network_address=network_address(request),
        data=data or {},
        changes=changes,
    )
    record(connection, act, datetime.now(UTC))
    return who
