"""Many bounces at once, for ops: whose addresses are dead is said by a person, who lets marketing go out again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import text

from models.access.audit import Change
from models.database import engine
from models.mail.sending_notices import resume_sending
from models.mail.sending_pause import open_pauses
from models.mail.server_answer import answer_excerpt
from models.mail.tracking.bounces import DOMAIN, keep_held, suppress_held
from models.tables.message import PauseScope
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page

router = APIRouter(prefix="/bounces", dependencies=[Depends(require_ops)])

MOST_DOMAINS = 200

Domains = Annotated[list[str], Form(default_factory=list, max_length=MOST_DOMAINS)]
"""The domains that were ticked."""

HELD = text(f"""
SELECT {DOMAIN} AS domain,
       count(DISTINCT contact.id) AS contacts, min(e.at) AS since, max(e.reason) AS answer
FROM mail_event e JOIN message m ON m.id = e.message_id JOIN contact ON contact.id = m.contact_id
WHERE e.decision = 'held' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_DOMAINS}
""")


COLLECTING = text(
    "SELECT count(*) AS bounces, max(decide_at) AS decided_at FROM mail_event WHERE decide_at IS NOT NULL"
)
"""What has just come in, and waits until it is clear whether it is one of many at once."""


@dataclass(frozen=True)
class HeldDomain:
    """The bounces of a domain that wait for a decision."""

    domain: str
    contacts: int
    since: datetime
    answer: str


@router.get("")
def show_bounces(request: Request) -> Response:
    """What is held, by domain, and whether marketing is paused."""
    with engine().connect() as connection:
        domains = [
            HeldDomain(row.domain, row.contacts, row.since, answer_excerpt(row.answer or ""))
            for row in connection.execute(HELD)
        ]
        pause = open_pauses(connection).get(PauseScope.MARKETING)
        collecting = connection.execute(COLLECTING).one()
    return page(request, "mail/bounces.html", domains=domains, pause=pause, collecting=collecting)


@router.post("/suppress", dependencies=[Depends(require_role("set up"))])
def suppress(request: Request, domain: Domains) -> Response:
    """The addresses of these domains are dead: suppress them all."""
    with engine().begin() as connection:
        who = audit(connection, request, "suppressed bounced addresses", data={"domains": ", ".join(domain)})
        suppress_held(connection, domain, datetime.now(UTC), who.name)
    return RedirectResponse("/bounces", 303)


@router.post("/keep", dependencies=[Depends(require_role("set up"))])
def keep(request: Request, domain: Domains) -> Response:
    """The addresses of these domains are not to blame: keep them all."""
    with engine().begin() as connection:
        audit(connection, request, "kept bounced addresses", data={"domains": ", ".join(domain)})
        keep_held(connection, domain)
    return RedirectResponse("/bounces", 303)


@router.post("/resume", dependencies=[Depends(require_role("set up"))])
def resume(request: Request) -> Response:
    """Let marketing go out again."""
    with engine().begin() as connection:
        changes = [Change("marketing mail", "paused", "goes out")]
        who = audit(connection, request, "let paused mail go out again: marketing", changes=changes)
        resume_sending(connection, PauseScope.MARKETING, who.name, datetime.now(UTC))
    return RedirectResponse("/bounces", 303)
