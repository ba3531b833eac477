"""All contacts, newest first, and the search for one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import text

from models.database import engine
from web.login import require_ops
from web.pages import page
from web.typed_text import searchable

router = APIRouter(dependencies=[Depends(require_ops)])

AT_ONCE = 50

CONTACTS = text("""
    SELECT contact.id, concat_ws(' ', first_name, last_name) AS full_name, contact.email, contact.phone, company,
           stage, score, suppressed, source, created_at, rep.name AS owner
    FROM contact LEFT JOIN rep ON rep.id = contact.owner_id
    WHERE (CAST(:before AS bigint) IS NULL OR contact.id < :before)
      AND (:all OR contact.email ILIKE :search OR concat_ws(' ', first_name, last_name) ILIKE :search
           OR company ILIKE :search OR contact.phone LIKE :search)
    ORDER BY contact.id DESC LIMIT :at_once + 1
""")


@dataclass(frozen=True)
class ContactLine:
    """A contact in the list."""

    id: int
    full_name: str
    email: str | None
    phone: str | None
    company: str | None
    stage: str
    score: Decimal
    suppressed: str | None
    source: str | None
    created_at: datetime
    owner: str | None

    @property
    def who(self) -> str:
        """The person's name, else what we have in its place."""
        return self.full_name or self.email or self.phone or f"contact {self.id}"


@router.get("/contacts")
def show_contacts(request: Request, q: str = "", before: int | None = None) -> Response:
    """The newest contacts, or those whose email, name, company or phone holds what is searched for."""
    about = {"search": searchable(q), "all": not q.strip(), "before": before, "at_once": AT_ONCE}
    with engine().connect() as connection:
        lines = [ContactLine(**line) for line in connection.execute(CONTACTS, about).mappings()]
    older = lines[AT_ONCE - 1].id if len(lines) > AT_ONCE else None
    return page(request, "contacts.html", lines=lines[:AT_ONCE], older=older, q=q)
