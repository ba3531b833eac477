"""Merging two contacts by hand: choose the other one, see what stays, confirm; and telling them apart again."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.contacts.merged_into import kept_contact
from models.database import engine
from models.merging import CannotMerge, ContactsBusy, merge_contacts
from models.merging.preview import preview_merge
from web.contacts.contact import NO_CONTACT
from web.frame.login import require_ops
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, validate_text

router = APIRouter(dependencies=[Depends(require_ops)])

BY = "ops"
"""Who merges on these pages: whoever has the ops password."""

FIND = text("""
SELECT id FROM contact WHERE email = lower(:typed) OR phone = :typed OR CAST(id AS text) = :typed
UNION
SELECT contact_id FROM identifier WHERE value IN (lower(:typed), :typed)
ORDER BY 1 LIMIT 2
""")

NOBODY = "Nobody has the number, email or phone “{typed}”. Type it as it stands on the other contact's page."
SEVERAL = "Several contacts have “{typed}”. Type the number of one: it stands in the address of its page."
SAME = "That is this contact itself. Type the number or the email of the other one."


@router.get("/contacts/{contact_id}/merge")
def choose_other(request: Request, contact_id: int, other: str = "", problem: str | None = None) -> Response:
    """Choose the other contact; once it is chosen, what would stay."""
    with engine().connect() as connection:
        contact_id = _current(connection, contact_id)
        try:
            found = find_other(connection, contact_id, other) if other.strip() else None
        except UnreadableText as error:
            found, problem = None, str(error)
        preview = preview_merge(connection, contact_id, found) if found else None
    status = 422 if problem else 200
    return page(
        request,
        "contacts/merge.html",
        status=status,
        contact_id=contact_id,
        other=other,
        preview=preview,
        problem=problem,
    )


@router.post("/contacts/{contact_id}/merge")
def merge(
    request: Request, contact_id: int, other: Annotated[int, Form()], reason: Annotated[str, Form()] = ""
) -> Response:
    """Merge the other contact into this one; a second time changes nothing."""
    try:
        why = validate_text(reason, "The reasons", longest=1_000) or "said to be the same person"
        with engine().begin() as connection:
            merge_contacts(connection, contact_id, other, why, BY, datetime.now(UTC))
    except CannotMerge:
        with engine().connect() as connection:
            if kept_contact(connection, other) != kept_contact(connection, contact_id):
                raise HTTPException(404, NO_CONTACT) from None
    except (UnreadableText, ContactsBusy) as error:
        return choose_other(request, contact_id, str(other), str(error))
    return RedirectResponse(f"/contacts/{contact_id}", 303)


def find_other(connection: Connection, contact: int, typed: str) -> int:
    """The one other contact with this number, email or phone. Raises UnreadableText with a sentence."""
    typed = validate_text(typed, "What you typed would", longest=320)
    found = set(connection.execute(FIND, {"typed": typed}).scalars())
    if not found and typed.isdecimal() and len(typed) < 19:
        found = {kept_contact(connection, int(typed))} - {int(typed)}
    others = found - {contact}
    if not others:
        raise UnreadableText(SAME if found else NOBODY.format(typed=typed))
    if len(others) > 1:
        raise UnreadableText(SEVERAL.format(typed=typed))
    return others.pop()


def _current(connection: Connection, contact: int) -> int:
    return kept_contact(connection, contact)
