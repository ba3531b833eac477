"""All contacts, newest first, and the search for one."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import text

from models.database import engine
from models.display_name import DISPLAY_NAME
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.pagination import AT_ONCE, BeforeId, paginate
from web.frame.typed_text import phone_digits, searchable

router = APIRouter(dependencies=[Depends(require_ops)])

CONTACTS = text(f"""
    SELECT contact.id, {DISPLAY_NAME} AS who, contact.email, contact.phone, company,
           stage, score, suppressed, source, created_at, rep.name AS owner
    FROM contact LEFT JOIN rep ON rep.id = contact.owner_id
    WHERE (CAST(:before AS bigint) IS NULL OR contact.id < :before)
      AND (:all OR contact.email ILIKE :search OR concat_ws(' ', first_name, last_name) ILIKE :search
           OR company ILIKE :search OR contact.phone LIKE :search
           OR contact.id IN (SELECT contact_id FROM identifier WHERE value ILIKE :search)
           OR contact.phone LIKE '%' || CAST(:digits AS text) || '%'
           OR contact.id IN (SELECT contact_id FROM identifier
                             WHERE kind = 'phone' AND value LIKE '%' || CAST(:digits AS text) || '%'))
    ORDER BY contact.id DESC LIMIT :at_once + 1
""")


@dataclass(frozen=True)
class ContactLine:
    """A contact in the list."""

    id: int
    who: str
    email: str | None
    phone: str | None
    company: str | None
    stage: str
    score: Decimal
    suppressed: str | None
    source: str | None
    created_at: datetime
    owner: str | None


@router.get("/contacts")
def show_contacts(request: Request, q: str = "", before: BeforeId = None) -> Response:
    """The newest contacts, or those whose name, company, or any address, number or id contains the search text."""
    about = {"search": searchable(q), "digits": phone_digits(q), "all": not q.strip(), "before": before}
    with engine().connect() as connection:
        newest = [ContactLine(**line) for line in connection.execute(CONTACTS, about | {"at_once": AT_ONCE}).mappings()]
    lines, older = paginate(newest)
    return page(request, "contacts/contacts.html", lines=lines, older=older, q=q)
