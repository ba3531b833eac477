"""Escalation: mails managers about leads that stayed queued for too long."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import locking_contacts
from models.display_name import DISPLAY_NAME
from models.events.emit import emit_from
from models.mail.managers import LEADS_IN_A_MAIL
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook
from models.routing.assignment.availability import rep_candidates
from models.wording import moment

LEAD_ESCALATED = """
SELECT 'lead_escalated', router, contact_id, 'routing', 'routing:escalated:' || id,
       jsonb_build_object('reason', reason, 'waits_since', queued_at), CAST(:now AS timestamptz)
FROM emitted
"""

DUE = """
    SELECT p.id FROM placement p JOIN contact ON contact.id = p.contact_id
    WHERE p.closed_at IS NULL AND NOT p.offered AND p.escalate_at <= :now
    ORDER BY p.queued_at, p.id
"""

MARK_ESCALATED = text(f"""
-- Once for each lead. One that is locked is being given away at this moment.
WITH due AS (
    {locking_contacts(DUE, skip_locked=True)} FOR NO KEY UPDATE OF p SKIP LOCKED
), emitted AS (
    UPDATE placement SET escalate_at = NULL, escalated_at = :now FROM due
    WHERE placement.id = due.id AND closed_at IS NULL
    RETURNING placement.*
), happened AS (
    {emit_from(LEAD_ESCALATED)}
)
SELECT emitted.id, emitted.router, emitted.contact_id, emitted.reason, emitted.queued_at, {DISPLAY_NAME} AS who
FROM emitted JOIN contact ON contact.id = emitted.contact_id ORDER BY emitted.router, emitted.queued_at, emitted.id
""")

MANAGERS = text("""
-- Of all members, also those who have left. Managers of partners learn nothing of our leads.
SELECT DISTINCT team.manager_email FROM router
JOIN router_member m ON m.router_id = router.id JOIN rep ON rep.id = m.rep_id JOIN team ON team.id = rep.team_id
WHERE router.name = :router AND team.manager_email IS NOT NULL AND NOT team.partner ORDER BY 1
""")


def escalate(connection: Connection, playbook: Playbook, now: datetime) -> int:
    """Tell the managers of each router about leads that have waited too long, in one mail; gives how many leads."""
    rows = connection.execute(MARK_ESCALATED, {"now": now}).all()
    for router in dict.fromkeys(row.router for row in rows):
        leads = [row for row in rows if row.router == router]
        mails = _mails(connection, playbook, router, leads, now)
        queue_staff_mail(connection, mails, now)
    return len(rows)


def _mails(
    connection: Connection, playbook: Playbook, router: str, leads: Sequence[Any], now: datetime
) -> list[StaffMail]:
    people = rep_candidates(connection, playbook, router, now)
    data = {
        "router": router,
        "count": len(leads),
        "leads": [_lead_line(lead, playbook) for lead in leads[:LEADS_IN_A_MAIL]],
        "people": [{"name": one.name, "why": one.left_out or "is there again by now"} for one in people],
    }
    return [
        StaffMail(
            key=f"nobody available:{leads[0].id}:{address}",
            to_address=address,
            template="team/nobody_available",
            data=data,
            contact_id=leads[0].contact_id if len(leads) == 1 else None,
        )
        for address in _managers(connection, playbook, router)
    ]


def _lead_line(lead: Any, playbook: Playbook) -> dict[str, str]:
    return {
        "who": lead.who,
        "since": moment(lead.queued_at, playbook.company.time_zone),
        "reason": lead.reason,
        "path": f"/contacts/{lead.contact_id}",
    }


def _managers(connection: Connection, playbook: Playbook, router: str) -> Iterable[str]:
    """Without a manager it goes to the company's own address, not nowhere."""
    return connection.execute(MANAGERS, {"router": router}).scalars().all() or [playbook.company.inbox]
