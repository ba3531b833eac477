"""The nightly check for orphaned leads: no owner, no next step, stuck, parked, or queued for too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, TextClause, text

from models.display_name import DISPLAY_NAME
from models.mail.managers import list_excerpt
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.tables.feedback import IS_FOR_CONTACT
from models.values.furthest_date import FURTHEST_AHEAD

LOOK_BACK = timedelta(days=30)
"""What is older was told on thirty mornings."""


LIMIT_PER_KIND = 1000
"""Of one kind; whoever has more of them has one cause to mend, not a thousand."""


def _query(problem: str, found: str, contact: str, so_that: str) -> TextClause:
    """SQL for contacts with a problem: a sentence about it, the owner, and the manager to notify."""
    return text(f"""
        SELECT contact.id AS contact_id, {DISPLAY_NAME} AS who,
               nullif(contact.company, {DISPLAY_NAME}) AS company, rep.name AS owner,
               {problem} AS problem, coalesce(team.manager_email, :company) AS manager
        FROM {found} JOIN contact ON contact.id = {contact}
        LEFT JOIN rep ON rep.id = contact.owner_id LEFT JOIN team ON team.id = rep.team_id
        WHERE {so_that} ORDER BY contact.id LIMIT {LIMIT_PER_KIND}
    """)


NO_OWNER = _query(
    "'asked for a person and has no owner, and nobody is being looked for'",
    "follow_up f",
    "f.contact_id",
    """f.first_contact_at IS NULL AND contact.owner_id IS NULL AND f.received_at > :since
       AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = f.contact_id AND p.closed_at IS NULL)""",
)
NO_TASK = _query(
    "'asked for a person, and nobody has a task to answer'",
    "follow_up f",
    "f.contact_id",
    f"""f.first_contact_at IS NULL AND f.received_at > :since
       AND NOT EXISTS (SELECT FROM task WHERE task.contact_id = f.contact_id AND task.created_at >= f.received_at)
       AND NOT EXISTS (SELECT FROM journey_run r WHERE r.contact_id = f.contact_id AND {IS_FOR_CONTACT}
                       AND (r.ended_at IS NULL OR r.ended_at > f.received_at))""",
)
NO_JOURNEY = _query(
    "'sent the form ' || coalesce(e.topic, 'without a name') || ', which started no journey'",
    "event e",
    "e.contact_id",
    f"""e.name = 'form_submitted' AND e.reacted_at IS NOT NULL AND NOT e.is_history AND e.at > :since
       AND NOT EXISTS (SELECT FROM journey_run r WHERE r.contact_id = e.contact_id AND {IS_FOR_CONTACT}
                       AND (r.ended_at IS NULL OR r.ended_at >= e.at))""",
)
STUCK = _query(
    "'is stuck on ' || replace(r.journey, '_', ' ') || ': ' || coalesce(r.stuck_reason, 'no reason was kept')",
    "journey_run r",
    "r.contact_id",
    "r.status = 'stuck'",
)
PARKED = _query(
    "'waits on ' || replace(r.journey, '_', ' ') || ' until ' || to_char(r.resume_at, 'FMDD Mon YYYY')"
    " || ', further ahead than anybody remembers'",
    "journey_run r",
    "r.contact_id",
    "r.status = 'waiting' AND r.resume_at > :furthest",
)
STILL_QUEUED = _query(
    "'waits for an owner, and the managers were told so before'",
    "placement p",
    "p.contact_id",
    "p.closed_at IS NULL AND p.escalated_at IS NOT NULL",
)

OWNER_LEFT = _query(
    "'belongs to somebody who has left'",
    "rep gone",
    "contact.id",
    """NOT gone.active AND contact.owner_id = gone.id
       AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = contact.id AND p.closed_at IS NULL)""",
)
ASSIGNEE_LEFT = _query(
    "'has an open task, ' || replace(task.name, '_', ' ') || ', for ' || task.assignee || ', who has left'",
    "task JOIN rep gone ON gone.email = task.assignee",
    "task.contact_id",
    """NOT gone.active AND task.done_at IS NULL AND task.closed_at IS NULL
       AND contact.owner_id IS DISTINCT FROM gone.id""",
)
ASKED_AGAIN = _query(
    "'has asked again for a person, and nobody has a task to answer'",
    "repeated_request q JOIN event e ON e.id = q.event_id",
    "e.contact_id",
    """q.answered_at IS NULL AND e.received_at > :since
       AND EXISTS (SELECT FROM journey_run r WHERE r.contact_id = e.contact_id)
       AND NOT EXISTS (SELECT FROM task WHERE task.contact_id = e.contact_id AND task.rep_id IS NOT NULL
                       AND task.done_at IS NULL AND task.closed_at IS NULL)
       AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = e.contact_id AND p.closed_at IS NULL)""",
)

ORPHAN_CHECKS = {
    "no owner": NO_OWNER,
    "no task": NO_TASK,
    "no journey": NO_JOURNEY,
    "stuck": STUCK,
    "parked": PARKED,
    "still waiting": STILL_QUEUED,
    "owner left": OWNER_LEFT,
    "assignee left": ASSIGNEE_LEFT,
    "asked again": ASKED_AGAIN,
}
"""The checks, by the name of what each finds."""


@dataclass(frozen=True, kw_only=True)
class OrphanedLead:
    """A lead that needs a person to look after it."""

    kind: str
    contact_id: int
    who: str
    company: str | None
    owner: str | None
    problem: str
    """The sentence that follows `who`."""
    manager: str


def find_orphaned_leads(connection: Connection, now: datetime) -> list[OrphanedLead]:
    """Every lead that nobody looks after, by kind."""
    about = {
        "company": current_playbook(connection).company.inbox,
        "since": now - LOOK_BACK,
        "furthest": now + FURTHEST_AHEAD,
    }
    return [
        OrphanedLead(
            kind=kind, **{name: row[name] for name in ("contact_id", "who", "company", "owner", "problem", "manager")}
        )
        for kind, look in ORPHAN_CHECKS.items()
        for row in connection.execute(look, about).mappings()
    ]


def notify_managers(connection: Connection, orphans: Sequence[OrphanedLead], now: datetime) -> int:
    """Mail each manager about their orphaned leads, at most once a day; returns how many mails were queued."""
    mails = [_mail(manager, orphans, now) for manager in sorted({orphan.manager for orphan in orphans})]
    return queue_staff_mail(connection, mails, now)


def _mail(manager: str, orphans: Sequence[OrphanedLead], now: datetime) -> StaffMail:
    lines: list[dict[str, object]] = [
        {name: getattr(orphan, name) for name in ("who", "company", "problem", "owner")}
        | {"path": f"/contacts/{orphan.contact_id}"}
        for orphan in orphans
        if orphan.manager == manager
    ]
    return StaffMail(
        key=f"lead check:{now:%Y-%m-%d}:{manager}",
        to_address=manager,
        template="team/lead_check",
        data=list_excerpt(lines, "/follow-up"),
    )
