"""Takes back leads that somebody has just given away by hand: the way back from a reassignment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.access.ops_names import name_in_mail
from models.database import locking_contacts
from models.routing.lead_selection import SelectedRep
from models.routing.new_owners import Handover
from models.routing.reassign import reassign
from models.routing.reassignment import ReassignmentResult

LASTS = timedelta(days=1)
"""How long a reassignment can be taken back from the page."""
REASON = "taken back"

STILL_AWAY = """
SELECT a.contact_id, a.at, rep.name FROM assignment a JOIN contact ON contact.id = a.contact_id
JOIN rep ON rep.id = a.rep_id
WHERE a.previous_rep_id = :rep AND a.at > :since AND a.rep_id = contact.owner_id
  AND NOT starts_with(a.reason, 'the playbook') AND NOT EXISTS (
    SELECT FROM assignment later WHERE later.contact_id = a.contact_id AND later.id > a.id)
"""

NEWEST = text(f"""
SELECT at, count(*) AS leads, array_agg(DISTINCT name ORDER BY name) AS receivers
FROM ({STILL_AWAY}) AS away GROUP BY at ORDER BY at DESC LIMIT 1
""")

LEADS = text(
    locking_contacts("""
SELECT contact.id FROM contact JOIN assignment a ON a.contact_id = contact.id
WHERE a.previous_rep_id = :rep AND a.at = :at AND a.rep_id = contact.owner_id
  AND NOT EXISTS (SELECT FROM assignment later WHERE later.contact_id = a.contact_id AND later.id > a.id)
""")
)


@dataclass(frozen=True)
class GivenAway:
    """Leads that went from somebody to others at one moment, and are still there."""

    at: datetime
    leads: int
    receivers: list[str]


def newest_given_away(connection: Connection, rep: int, now: datetime) -> GivenAway | None:
    """What was given away last within a day by hand, and can be taken back; None without."""
    row = connection.execute(NEWEST, {"rep": rep, "since": now - LASTS}).one_or_none()
    return GivenAway(*row) if row else None


def take_back(connection: Connection, rep: SelectedRep, at: datetime, *, by: str, now: datetime) -> ReassignmentResult:
    """Give leads that went away at this moment back to whoever had them; what went on to others stays there.

    Doing it again moves nothing. The caller commits.
    """
    leads = list(connection.execute(LEADS, {"rep": rep.id, "at": at}).scalars()) if now - at < LASTS else []
    mailed = Handover(by=name_in_mail(by), reason=REASON)
    return reassign(connection, leads, rep, by=by, reason=REASON, now=now, mailed=mailed)
