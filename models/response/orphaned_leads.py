"""The nightly look for leads that fell between: without an owner, without a next step, stuck, or waiting too long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, TextClause, text

from models.display_name import WHO
from models.mail.managers import company_address, shown
from models.mail.staff_mail import TeamMail, queue_team_mail
from models.playbook import current

LOOK_BACK = timedelta(days=30)
"""What is older was told on thirty mornings."""


MOST = 1000
"""Of one kind; whoever has more of them has one cause to mend, not a thousand."""


def _query(says: str, found: str, contact: str, so_that: str) -> TextClause:
    """Contacts for which something is wrong: a sentence about it, whose they are, and whom to tell."""
    return text(f"""
        SELECT contact.id AS contact_id, {WHO} AS who, nullif(contact.company, {WHO}) AS company, rep.name AS owner,
               {says} AS says, coalesce(team.manager_email, :company) AS manager
        FROM {found} JOIN contact ON contact.id = {contact}
        LEFT JOIN rep ON rep.id = contact.owner_id LEFT JOIN team ON team.id = rep.team_id
        WHERE {so_that} ORDER BY contact.id LIMIT {MOST}
    """)


NO_OWNER = _query(
    "'asked for a person and has no owner, and nobody is being looked for'",
    "follow_up f",
    "f.contact_id",
    """f.first_contact_at IS NULL AND contact.owner_id IS NULL AND f.received_at > :since
       AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = f.contact_id AND p.settled_at IS NULL)""",
)
NO_TASK = _query(
    "'asked for a person, and nobody has a task to answer'",
    "follow_up f",
    "f.contact_id",
    """f.first_contact_at IS NULL AND f.received_at > :since
       AND NOT EXISTS (SELECT FROM task WHERE task.contact_id = f.contact_id AND task.created_at >= f.received_at)
       AND NOT EXISTS (SELECT FROM journey_run r WHERE r.contact_id = f.contact_id
                       AND (r.ended_at IS NULL OR r.ended_at > f.received_at))""",
)
NO_JOURNEY = _query(
    "'sent the form ' || coalesce(e.topic, 'without a name') || ', which started no journey'",
    "event e",
    "e.contact_id",
    """e.name = 'form_submitted' AND e.reacted_at IS NOT NULL AND e.at > :since
       AND NOT EXISTS (SELECT FROM journey_run r WHERE r.contact_id = e.contact_id
                       AND (r.ended_at IS NULL OR r.ended_at >= e.at))""",
)
STUCK = _query(
    "'is stuck on ' || replace(r.journey, '_', ' ') || ': ' || coalesce(r.stuck_because, 'no reason was kept')",
    "journey_run r",
    "r.contact_id",
    "r.status = 'stuck'",
)
STILL_WAITING = _query(
    "'waits for an owner, and the managers were told so before'",
    "placement p",
    "p.contact_id",
    "p.settled_at IS NULL AND p.escalated_at IS NOT NULL",
)

LOOKS = {
    "no owner": NO_OWNER,
    "no task": NO_TASK,
    "no journey": NO_JOURNEY,
    "stuck": STUCK,
    "still waiting": STILL_WAITING,
}
"""What is looked for, by the word for it."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A lead that needs a person to look after it."""

    kind: str
    contact_id: int
    who: str
    company: str | None
    owner: str | None
    says: str
    """The sentence that follows `who`."""
    manager: str


def find_gaps(connection: Connection, now: datetime) -> list[Gap]:
    """Every lead that fell between, by kind."""
    about = {"company": company_address(current(connection)), "since": now - LOOK_BACK}
    return [
        Gap(kind=kind, **{name: row[name] for name in ("contact_id", "who", "company", "owner", "says", "manager")})
        for kind, look in LOOKS.items()
        for row in connection.execute(look, about).mappings()
    ]


def tell_managers(connection: Connection, gaps: Sequence[Gap], now: datetime) -> int:
    """One mail to each whose leads they are, at most one a day; gives how many were new."""
    mails = [_mail(manager, gaps, now) for manager in sorted({gap.manager for gap in gaps})]
    return queue_team_mail(connection, mails, now)


def _mail(manager: str, gaps: Sequence[Gap], now: datetime) -> TeamMail:
    lines: list[dict[str, object]] = [
        {name: getattr(gap, name) for name in ("who", "company", "says", "owner")}
        | {"path": f"/contacts/{gap.contact_id}"}
        for gap in gaps
        if gap.manager == manager
    ]
    return TeamMail(
        key=f"lead check:{now:%Y-%m-%d}:{manager}",
        to_address=manager,
        template="team/lead_check",
        data=shown(lines, "/follow-up"),
    )
