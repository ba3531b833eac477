"""SLA alerts: a manager is mailed once about each lead without a first contact in time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.display_name import DISPLAY_NAME
from models.events.emit import NewEvent, emit
from models.mail.gather import queue_manager_mails
from models.mail.managers import list_excerpt
from models.mail.staff_mail import StaffMail
from models.playbook import Playbook, current_playbook
from models.response.first_contact import CONVERSATION_OUTCOMES
from models.wording import duration, moment

SPOKE = " OR ".join(f"starts_with(t.outcome, '{beginning}')" for beginning in CONVERSATION_OUTCOMES)

# A lead in a router's queue is escalated by its placement instead. Whoever reported has answered it, also while the
# report can be taken back: a salesperson, or an office that spoke to them, and since they asked. A report that cannot
# be told keeps the alert for a day, and not for ever.
HAS_ALERT_DUE = f"""alert_at IS NOT NULL AND NOT (rep_id IS NULL AND EXISTS (
    SELECT FROM placement p WHERE p.contact_id = follow_up.contact_id AND p.closed_at IS NULL))
    AND NOT EXISTS (SELECT FROM task t WHERE t.contact_id = follow_up.contact_id AND t.emit_at IS NOT NULL
                    AND t.done_at >= follow_up.received_at AND t.emit_at < t.done_at + interval '1 day'
                    AND (t.rep_id IS NOT NULL OR {SPOKE}))"""

NEXT_ALERT = text(f"SELECT min(alert_at) FROM follow_up WHERE {HAS_ALERT_DUE}")

MARK_ALERTED = text(f"""
-- Each follow-up is alerted once, also when two processes do this at the same time. A lead that has ordered meanwhile
-- needs no alert.
WITH due AS (
    SELECT id FROM follow_up WHERE alert_at <= :now AND {HAS_ALERT_DUE} ORDER BY id FOR UPDATE SKIP LOCKED),
late AS (
    UPDATE follow_up f SET alert_at = NULL, alerted_at = CASE WHEN NOT EXISTS (
        SELECT FROM "order" o WHERE o.contact_id = f.contact_id AND o.placed_at >= f.received_at) THEN :now END
    FROM due WHERE f.id = due.id RETURNING f.*)
SELECT late.id, late.contact_id, {DISPLAY_NAME} AS who, contact.company,
       late.received_at, late.due_at, e.topic AS asked_for,
       rep.name AS owner, doer.name AS has_task, coalesce(team.manager_email, :company) AS manager,
       coalesce(team.time_zone, :zone) AS zone
FROM late JOIN contact ON contact.id = late.contact_id JOIN event e ON e.id = late.event_id
LEFT JOIN rep ON rep.id = contact.owner_id LEFT JOIN team ON team.id = rep.team_id
LEFT JOIN LATERAL (
    SELECT colleague.name FROM task t JOIN rep colleague ON colleague.id = t.rep_id
    WHERE t.contact_id = late.contact_id AND t.rep_id <> rep.id AND t.done_at IS NULL AND t.closed_at IS NULL
    ORDER BY t.due_at, t.id LIMIT 1) AS doer ON true
WHERE late.alerted_at IS NOT NULL
ORDER BY late.received_at, late.id
""")


def next_alert(connection: Connection) -> datetime | None:
    """When the next SLA alert is due; None while none is."""
    return connection.execute(NEXT_ALERT).scalar()


def send_alerts(connection: Connection, now: datetime) -> int:
    """Mail managers about every lead whose SLA alert is due, one mail to each manager, and emit `follow_up_late`.

    Returns how many leads are late. After an outage it is one mail as well, with all that came due meanwhile.
    """
    playbook = current_playbook(connection)
    company = {"company": playbook.company.inbox, "zone": playbook.company.time_zone}
    late = connection.execute(MARK_ALERTED, company | {"now": now}).all()
    emit(connection, [_event(one) for one in late], now)
    queue_manager_mails(connection, _mails(late, playbook, now), now)
    return len(late)


def _event(one: Row[Any]) -> NewEvent:
    return NewEvent(
        name="follow_up_late",
        contact_id=one.contact_id,
        source="response",
        key=f"response:{one.id}:late",
        data={"owner": one.owner} | ({"task_of": one.has_task} if one.has_task else {}),
    )


def _mails(late: Sequence[Row[Any]], playbook: Playbook, now: datetime) -> list[StaffMail]:
    by_manager: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for one in late:
        by_manager[one.manager].append(one)
    level = duration(playbook.service_levels.first_contact)
    return [_mail(manager, leads, level, now) for manager, leads in by_manager.items()]


def _mail(manager: str, late: Sequence[Row[Any]], level: str, now: datetime) -> StaffMail:
    lines = [_line(one, now) for one in late]
    return StaffMail(
        # Every follow-up is alerted once, so the first of them is in no other alert.
        key=f"alarm:{min(one.id for one in late)}",
        to_address=manager,
        template="team/alarm",
        data=list_excerpt(lines, "/follow-up") | {"level": level},
        contact_id=late[0].contact_id if len(late) == 1 else None,
    )


def _line(one: Row[Any], now: datetime) -> dict[str, object]:
    return {
        "path": f"/contacts/{one.contact_id}",
        "who": one.who,
        "company": one.company if one.company != one.who else None,
        "owner": one.owner,
        "has_task": one.has_task,
        "asked_for": (one.asked_for or "").replace("-", " "),
        "since": moment(one.received_at, one.zone),
        "waits": duration(now - one.received_at),
    }
