"""Tells new owners of the leads that were reassigned to them, each person in one mail."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.access.work_link import sign_work_token
from models.database import id_list
from models.display_name import DISPLAY_NAME
from models.mail.managers import list_excerpt
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.tasks.handover import mail_moved_tasks
from models.tasks.last_said import last_said
from models.wording import moment

TAKEN_OVER = text(f"""
-- The newest assignment is the one by which they came; it is in one such mail only.
SELECT contact.id, {DISPLAY_NAME} AS who, nullif(contact.company, {DISPLAY_NAME}) AS company,
       rep.id AS rep_id, rep.email, rep.name AS owner, rep.link_number,
       coalesce(rep.time_zone, team.time_zone, :zone) AS zone, came.id AS assignment, before.name AS before,
       (SELECT array_agg(task.id) FROM task
        WHERE task.contact_id = contact.id AND task.id = ANY(CAST(:moved AS bigint[]))) AS moved,
       (SELECT count(*) FROM task WHERE task.contact_id = contact.id AND task.rep_id = rep.id
        AND task.done_at IS NULL AND task.closed_at IS NULL) AS tasks,
       (SELECT min(due_at) FROM task WHERE task.contact_id = contact.id AND task.rep_id = rep.id
        AND task.done_at IS NULL AND task.closed_at IS NULL) AS due_at,
       {last_said("contact.id", "rep.id")} -> 'said' AS said
FROM contact JOIN rep ON rep.id = contact.owner_id LEFT JOIN team ON team.id = rep.team_id
CROSS JOIN LATERAL (SELECT id, previous_rep_id FROM assignment a WHERE a.contact_id = contact.id
                    ORDER BY a.id DESC LIMIT 1) AS came
LEFT JOIN rep before ON before.id = came.previous_rep_id
WHERE contact.id = ANY(CAST(:contacts AS bigint[])) ORDER BY due_at, contact.id
""")


@dataclass(frozen=True)
class Handover:
    """What new owners are told of why leads come to them."""

    by: str | None = None
    """Who gave them, as the mail calls them; None for what nobody did by hand."""
    reason: str = ""
    leaver: str | None = None
    """Who has left, where that is why."""


def mail_new_owners(
    connection: Connection, contacts: Sequence[int], moved: Sequence[int], handover: Handover, now: datetime
) -> None:
    """Queue a mail to the owner of each of these leads, which have just come to them with the tasks that `moved`.

    One lead comes with the instructions of its tasks; several leads, or one without a task, come as one list.
    """
    if not contacts:
        return
    about = {
        "contacts": id_list(contacts),
        "moved": id_list(moved),
        "zone": current_playbook(connection).company.time_zone,
    }
    by_owner: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(TAKEN_OVER, about):
        by_owner[row.rep_id].append(row)
    single = [leads[0] for leads in by_owner.values() if len(leads) == 1 and leads[0].moved]
    several = [leads for leads in by_owner.values() if len(leads) > 1 or not leads[0].moved]
    mail_moved_tasks(connection, [task for lead in single for task in lead.moved], now)
    queue_staff_mail(connection, [_mail(leads, handover) for leads in several], now)


def _mail(leads: Sequence[Row[Any]], handover: Handover) -> StaffMail:
    first, before = leads[0], {lead.before for lead in leads}
    lines: list[dict[str, object]] = [
        {
            "path": f"/work/{sign_work_token(lead.rep_id, lead.link_number)}/leads/{lead.id}",
            "who": lead.who,
            "company": lead.company,
            "due": moment(lead.due_at, lead.zone) if lead.due_at else None,
            "said": lead.said,
        }
        for lead in leads
    ]
    work = f"/work/{sign_work_token(first.rep_id, first.link_number)}"
    about = {
        "name": before.pop() if len(before) == 1 else None,
        "owner": first.owner,
        "tasks": sum(lead.tasks for lead in leads),
        "worklist": work,
        "by": handover.by,
        "reason": handover.reason,
        "left": handover.leaver is not None,
    }
    return StaffMail(
        key=f"taken over:{max(lead.assignment for lead in leads)}",
        to_address=first.email,
        template="team/taken_over",
        data=list_excerpt(lines, f"{work}/leads") | about,
    )
