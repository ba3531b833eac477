"""Leavers: salespeople who are no longer in the playbook, what they leave, and giving it to others by the routers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from models.database import locking_contacts
from models.playbook import Playbook
from models.playbook.routing import LeaversLeads
from models.routing.new_owners import Handover
from models.routing.reassign import ReassignmentResult, reassign
from models.tasks.handover import move_open_tasks
from models.wording import counted

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
            done = reassign(
                connection,
                contacts,
                None,
                by="the playbook",
                reason=f"{leaver.name} has left",
                now=now,
                mailed=Handover(leaver=leaver.name),
            )
            _add(total, done)
            after = contacts[-1]
    with engine.begin() as connection:
        stray = list(connection.execute(STRAY_TASKS, {"rep": leaver.id}).scalars())
        total.tasks += move_open_tasks(connection, stray, now) if stray else 0
    return total


def _add(total: ReassignmentResult, done: ReassignmentResult) -> None:
    total.assigned |= done.assigned
    total.pending += done.pending
    total.unchanged |= done.unchanged
    total.tasks += done.tasks
