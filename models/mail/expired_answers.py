"""Tells whoever is responsible of answers that were never sent because they came too late."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.mail.managers import list_excerpt
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.wording import moment

EXPIRED = text(f"""
SELECT message.id, message.template, message.queued_at, contact.id AS contact_id, {DISPLAY_NAME} AS who,
       contact.company, coalesce(rep.email, :inbox) AS responsible
FROM message JOIN contact ON contact.id = message.contact_id LEFT JOIN rep ON rep.id = contact.owner_id
WHERE message.id = ANY(:messages) AND message.kind = 'transactional' ORDER BY message.id
""")


def report_expired_answers(connection: Connection, messages: Sequence[int], now: datetime) -> None:
    """Mail the owners of these contacts, or the company, about answers that have expired. The caller commits."""
    company = current_playbook(connection).company
    by_person = defaultdict(list)
    for row in connection.execute(EXPIRED, {"messages": list(messages), "inbox": company.inbox}):
        by_person[row.responsible].append(row)
    mails = []
    for person, rows in by_person.items():
        lines: list[dict[str, object]] = [
            {
                "path": f"/contacts/{row.contact_id}",
                "who": row.who,
                "company": row.company,
                "template": row.template,
                "since": moment(row.queued_at, company.time_zone),
            }
            for row in rows
        ]
        key = f"expired answers:{rows[0].id}:{now.isoformat()}:{person}"
        data = list_excerpt(lines, "/messages?state=expired")
        mails.append(StaffMail(key=key, to_address=person, template="team/expired_answers", data=data))
    queue_staff_mail(connection, mails, now)
