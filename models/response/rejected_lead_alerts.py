"""Alerts about rejected and held leads: managers are mailed once about each that nobody has looked at in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, text

from models.mail.gather import queue_manager_mails
from models.mail.managers import list_excerpt, manager_addresses
from models.mail.staff_mail import StaffMail
from models.playbook import NoPlaybook, Playbook, current_playbook
from models.wording import duration, moment

IS_OPEN = "repaired_at IS NULL AND alerted_at IS NULL"

HELD_AGAIN = timedelta(days=1)
"""Between two mails because of held leads: most of them are posts of machines, of which there is no end."""

DUE = f"""
SELECT min(received_at) + :alert_after AS at FROM rejected_lead WHERE {IS_OPEN} AND held_reason IS NULL
UNION ALL
SELECT greatest(min(received_at) + :alert_after, (
    SELECT max(alerted_at) FROM rejected_lead WHERE held_reason IS NOT NULL) + :held_again)
FROM rejected_lead WHERE {IS_OPEN} AND held_reason IS NOT NULL HAVING count(*) > 0
"""
"""SQL: when a mail is due for a lead that could not be read, and when for one that is held."""

NEXT = text(f"SELECT min(at) FROM ({DUE}) AS due")

MARK_ALERTED = text(f"""
-- As soon as one is due, all that wait are told of in one mail: a file brings hundreds within a minute.
WITH due AS (
    SELECT id FROM rejected_lead WHERE {IS_OPEN} AND EXISTS (SELECT FROM ({DUE}) AS due WHERE at <= :now)
    ORDER BY id FOR UPDATE SKIP LOCKED)
UPDATE rejected_lead r SET alerted_at = :now FROM due WHERE r.id = due.id
RETURNING r.id, r.source, r.problems, r.received_at, r.held_reason
""")

OVERDUE = text("""
    SELECT count(*) FROM rejected_lead WHERE repaired_at IS NULL AND held_reason IS NULL AND received_at <= :since
""")


def next_rejected_lead_alert(connection: Connection) -> datetime | None:
    """When the next alert is due; None if nothing waits that managers have not been told of."""
    about = {"alert_after": _alert_after(connection), "held_again": HELD_AGAIN}
    at: datetime | None = connection.execute(NEXT, about).scalar()
    return at


def _alert_after(connection: Connection) -> timedelta:
    """How long a lead may wait. Around the clock: a rejected lead has no owner whose hours could count."""
    return current_playbook(connection).service_levels.alert_after


def overdue_rejected_leads(connection: Connection, now: datetime) -> int:
    """How many rejected leads wait longer than the service levels allow."""
    try:
        since = now - _alert_after(connection)
    except NoPlaybook:
        return 0
    return int(connection.execute(OVERDUE, {"since": since}).scalar_one())


def send_rejected_lead_alerts(connection: Connection, now: datetime) -> int:
    """Mail all managers about the rejected and held leads that wait, if one of them is due. The caller commits.

    Returns how many leads the mail is about. Each is in one mail to each manager, also when two processes do this at
    the same time.
    """
    playbook = current_playbook(connection)
    about = {"now": now, "alert_after": playbook.service_levels.alert_after, "held_again": HELD_AGAIN}
    # Those that machines post stand behind the others.
    marked = connection.execute(MARK_ALERTED, about)
    waiting = sorted(marked, key=lambda row: (row.held_reason is not None, int(row.id)))
    if waiting:
        queue_manager_mails(connection, [_mail(to, waiting, playbook, now) for to in manager_addresses(playbook)], now)
    return len(waiting)


def _label(field: str) -> str:
    """The field of a problem as people read it: `data.amount` as Amount, `email|phone` as Email or phone."""
    return field.rpartition(".")[2].replace("|", " or ").replace("_", " ").capitalize()


def _mail(manager: str, waiting: Sequence[Row], playbook: Playbook, now: datetime) -> StaffMail:
    zone = playbook.company.time_zone
    lines: list[dict[str, object]] = [
        {
            "path": f"/rejected/{one.id}",
            "who": f"No. {one.id}, {one.source or 'no source'}",
            "company": None,
            "problem": "; ".join(f"{_label(problem['field'])}: {problem['found']}" for problem in one.problems[:3]),
            "since": moment(one.received_at, zone),
            "waits": duration(now - one.received_at),
        }
        for one in waiting
    ]
    return StaffMail(
        key=f"rejected leads:{waiting[0].id}:{manager}",
        to_address=manager,
        template="team/rejected_leads",
        data=list_excerpt(lines, "/rejected")
        | {"level": duration(playbook.service_levels.alert_after)}
        | {"held": sum(one.held_reason is not None for one in waiting)}
        | {"longest": duration(now - min(one.received_at for one in waiting))},
    )
