"""Leavers: salespeople who are no longer in the playbook, what they leave, and giving it to others by the routers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from models.access.work_link import sign_work_token
from models.database import locking_contacts
from models.display_name import DISPLAY_NAME
from models.mail.managers import list_excerpt
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook, current_playbook
from models.playbook.routing import LeaversLeads
from models.routing.reassign import ReassignmentResult, reassign
from models.tasks.handover import move_open_tasks, without_mails
from models.wording import counted, moment

BATCH = 500
"""Leads in one transaction, and in one mail to each of their new owners."""

ON_ITS_WAY = "SELECT FROM placement p WHERE p.contact_id = contact.id AND p.closed_at IS NULL"

LEAVERS = text(f"""
-- A lead that is queued or offered is on its way to somebody else already.
SELECT rep.id, rep.name, rep.email,
       (SELECT count(*) FROM contact WHERE contact.owner_id = rep.id AND NOT EXISTS ({ON_ITS_WAY})) AS leads,
       (SELECT count(*) FROM task JOIN contact ON contact.id = task.contact_id
        WHERE task.rep_id = rep.id AND task.done_at IS NULL AND task.closed_at IS NULL
          AND NOT EXISTS ({ON_ITS_WAY})) AS tasks,
       (SELECT count(*) FROM offer WHERE offer.rep_id = rep.id AND offer.answer IS NULL) AS offers
FROM rep WHERE NOT rep.active ORDER BY rep.id
""")

LEADS = text(
    locking_contacts(f"""
SELECT contact.id FROM contact JOIN rep ON rep.id = contact.owner_id
WHERE contact.owner_id = :rep AND NOT rep.active AND contact.id > :after AND NOT EXISTS ({ON_ITS_WAY})
""")
    + f" LIMIT {BATCH}"
)

STRAY_TASKS = text(
    locking_contacts("""
SELECT contact.id FROM contact
WHERE contact.owner_id <> :rep AND contact.id IN (
    SELECT contact_id FROM task WHERE rep_id = :rep AND done_at IS NULL AND closed_at IS NULL)
""")
)

TAKEN_OVER = text(f"""
SELECT contact.id, {DISPLAY_NAME} AS who, nullif(contact.company, {DISPLAY_NAME}) AS company,
       rep.id AS rep_id, rep.email, rep.name AS owner, rep.link_number, count(task.id) AS tasks,
       min(task.due_at) AS due_at
FROM contact JOIN rep ON rep.id = contact.owner_id
LEFT JOIN task ON task.contact_id = contact.id AND task.rep_id = rep.id
  AND task.done_at IS NULL AND task.closed_at IS NULL
WHERE contact.id = ANY(:contacts) GROUP BY contact.id, rep.id ORDER BY min(task.due_at), contact.id
""")


@dataclass(frozen=True)
class Leaver:
    """Somebody who has left the playbook, and how much is theirs still."""

    id: int
    name: str
    email: str
    leads: int
    tasks: int
    offers: int

    def __str__(self) -> str:
        """Such as "Mike Brandt leaves 12 open tasks and 140 leads"."""
        left = [counted(self.tasks, "open task"), counted(self.leads, "lead")]
        left += [counted(self.offers, "open offer")] if self.offers else []
        return f"{self.name} leaves {', '.join(left[:-1])} and {left[-1]}"


def find_leavers(connection: Connection) -> list[Leaver]:
    """Who is no longer in the playbook and has leads, open tasks or open offers."""
    found = [Leaver(*row) for row in connection.execute(LEAVERS)]
    return [leaver for leaver in found if leaver.leads or leaver.tasks or leaver.offers]


def plan_departures(connection: Connection, playbook: Playbook) -> list[str]:
    """For each leaver what they leave and what becomes of it, as sentences; nothing is changed."""
    keeps = playbook.routing.leavers_leads is LeaversLeads.KEEP
    what = "stay theirs until somebody reassigns them" if keeps else "go to others by the routers"
    return [f"{leaver}, which {what}" for leaver in find_leavers(connection)]


def give_away_all(engine: Engine, playbook: Playbook, now: datetime) -> list[str]:
    """Give what leavers have to others, unless the playbook keeps it; a sentence for each leaver.

    In transactions of some hundred leads. Being killed between two, or two at once, gives nothing away twice; the next
    time goes on with the rest. New owners get one mail for each batch. Open offers pass on to the next by themselves.
    """
    with engine.connect() as connection:
        leavers = find_leavers(connection)
    if playbook.routing.leavers_leads is LeaversLeads.KEEP:
        return [f"{leaver}, which stay theirs until somebody reassigns them" for leaver in leavers]
    return [f"{leaver}; {_give_away(engine, leaver, now)}" for leaver in leavers]


def _give_away(engine: Engine, leaver: Leaver, now: datetime) -> ReassignmentResult:
    total, after = ReassignmentResult(), 0
    while True:
        with engine.begin() as connection:
            contacts = list(connection.execute(LEADS, {"rep": leaver.id, "after": after}).scalars())
            if not contacts:
                break
            _add(total, _give_batch(connection, leaver, contacts, now))
            after = contacts[-1]
    with engine.begin() as connection:
        stray = list(connection.execute(STRAY_TASKS, {"rep": leaver.id}).scalars())
        total.tasks += move_open_tasks(connection, stray, now) if stray else 0
    return total


def _give_batch(connection: Connection, leaver: Leaver, contacts: Sequence[int], now: datetime) -> ReassignmentResult:
    with without_mails():
        done = reassign(connection, contacts, None, by="the playbook", reason=f"{leaver.name} has left", now=now)
    rows = connection.execute(TAKEN_OVER, {"contacts": list(done.assigned)}).all()
    by_owner: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_owner[row.rep_id].append(row)
    zone = current_playbook(connection).company.time_zone
    queue_staff_mail(connection, [_mail(leaver, leads, zone) for leads in by_owner.values()], now)
    return done


def _mail(leaver: Leaver, leads: Sequence[Row[Any]], zone: str) -> StaffMail:
    """The mail to a new owner about all leads of a batch."""
    lines: list[dict[str, object]] = [
        {
            "path": f"/contacts/{lead.id}",
            "who": lead.who,
            "company": lead.company,
            "due": moment(lead.due_at, zone) if lead.due_at else None,
        }
        for lead in leads
    ]
    about = {"name": leaver.name, "owner": leads[0].owner, "tasks": sum(lead.tasks for lead in leads)}
    about["worklist"] = f"/work/{sign_work_token(leads[0].rep_id, leads[0].link_number)}"
    return StaffMail(
        key=f"left:{leaver.id}:{leads[0].rep_id}:{min(lead.id for lead in leads)}:{max(lead.id for lead in leads)}",
        to_address=leads[0].email,
        template="team/taken_over",
        data=list_excerpt(lines, "/contacts") | about,
    )


def _add(total: ReassignmentResult, done: ReassignmentResult) -> None:
    total.assigned |= done.assigned
    total.pending += done.pending
    total.unchanged |= done.unchanged
    total.tasks += done.tasks
