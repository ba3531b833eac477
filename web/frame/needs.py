"""How much waits for a person, for the figures beside the navigation: counted up to a limit, so it costs little."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import Request
from sqlalchemy import text

from models.database import engine
from models.response.promise import late_tasks

AT_MOST = 100
"""Nobody reads more than that there is much to do; and no page waits for the rest to be counted."""
NEEDS = "tend.needs"

WAITING = {
    "/tasks": f"SELECT 1 FROM {late_tasks(AT_MOST)}",
    "/replies": "SELECT 1 FROM inbound_mail WHERE contact_id IS NULL AND reviewed_at IS NULL",
    "/duplicates": """SELECT 1 FROM likely_duplicate WHERE decided_at IS NULL
                      UNION ALL SELECT 1 FROM identity_conflict WHERE decided_at IS NULL""",
    "/rejected": "SELECT 1 FROM rejected_lead WHERE repaired_at IS NULL",
    "/unread": "SELECT 1 FROM unread_value WHERE repaired_at IS NULL",
    "/routers": "SELECT 1 FROM placement WHERE closed_at IS NULL AND NOT offered",
    "/messages": """SELECT 1 FROM message WHERE state IN ('unknown', 'failed')
                    UNION ALL SELECT 1 FROM mail_event WHERE decision = 'held'""",
    "/runs": "SELECT 1 FROM journey_run WHERE status = 'stuck'",
}
"""Path of a page -> SQL for the rows there that a person has to deal with."""

COUNT = text(
    "SELECT "
    + ", ".join(
        f'(SELECT count(*) FROM ({rows} LIMIT {AT_MOST}) AS waiting) AS "{path}"' for path, rows in WAITING.items()
    )
)


def read_needs(request: Request) -> None:
    """Count for the page that is asked for; nothing for downloads and programs, which have no navigation."""
    if "text/html" not in request.headers.get("accept", "") or NEEDS in request.scope:
        return
    with engine().connect() as connection:
        request.scope[NEEDS] = dict(connection.execute(COUNT, {"now": datetime.now(UTC)}).mappings().one())


def needs(request: Request) -> Mapping[str, int]:
    """What was counted for this request, by the path of the page that shows it."""
    found: Mapping[str, int] = request.scope.get(NEEDS, {})
    return found
