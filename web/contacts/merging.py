"""Merging two contacts by hand: choose the other one, see what stays, confirm; and separating them again."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models.contacts.merged_into import LARGEST, kept_contact
from models.database import engine
from models.display_name import DISPLAY_NAME
from models.merging import CannotMerge, CannotSeparate, ContactsBusy, merge_contacts, separate_contacts
from models.merging.preview import preview_merge
from models.values.readers.phone import readable_phone
from models.wording import counted
from web.contacts.contact import NO_CONTACT
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText, phone_digits, validate_text
from web.frame.who import acting
from web.frame.words import label

router = APIRouter(dependencies=[Depends(require_ops)])

"""Who merges on these pages: whoever has the ops password."""

FIND = text("""
SELECT id FROM contact WHERE email = lower(:typed) OR CAST(id AS text) = :typed
   OR phone = :typed OR phone LIKE '%' || CAST(:digits AS text)
UNION
SELECT contact_id FROM identifier WHERE value IN (lower(:typed), :typed)
   OR kind = 'phone' AND value LIKE '%' || CAST(:digits AS text)
ORDER BY 1 LIMIT 2
""")

MERGE = text(f"""
SELECT m.id, m.kept_id, m.merged_id, m.reason, m.merged_by, m.merged_at, m.separated_at, m.separated_by, m.trace,
       (SELECT {DISPLAY_NAME} FROM contact WHERE id = m.kept_id) AS kept_who,
       (SELECT {DISPLAY_NAME} FROM jsonb_populate_record(CAST(NULL AS contact), m.trace -> 'merged') AS contact)
           AS merged_who
FROM contact_merge m WHERE m.id = :merge
""")

NO_MERGE = "There is no merge with this number. Open it from the timeline of a contact."
SHOWN = (
    *("first_name", "last_name", "email", "phone", "phone_extension", "mobile_phone", "company", "job_title"),
    *("street", "city", "state", "postal_code", "country", "source", "stage", "score", "suppressed", "custom"),
)
"""Fields of the merged contact that the page shows."""
KINDS = {
    "activity": ("activity", "activities"),
    "fulfilment_entry": ("thing sent by hand", "things sent by hand"),
    "follow_up": ("follow-up", None),
    "inbound_mail": ("reply", "replies"),
    "journey_run": ("run", None),
    "message": ("mail", None),
    "score_entry": ("score entry", "score entries"),
    "topic_opt_out": ("topic that they left", "topics that they left"),
}
"""Table -> one and several of its rows, where people do not call them by the table's name."""
NOBODY = "Nobody has the number, email or phone “{typed}”. Type it as it stands on the other contact's page."
SEVERAL = "Several contacts have “{typed}”. Type the number of one: it stands in the address of its page."
SAME = "That is this contact itself. Type the number or the email of the other one."


@router.get("/contacts/{contact_id}/merge")
def choose_other(request: Request, contact_id: int, other: str = "", problem: str | None = None) -> Response:
    """Choose the other contact; once it is chosen, what would stay."""
    with engine().connect() as connection:
        contact_id = kept_contact(connection, contact_id)
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


@router.post("/contacts/{contact_id}/merge", dependencies=[Depends(require_role("set up"))])
def merge(
    request: Request, contact_id: int, other: Annotated[int, Form()], reason: Annotated[str, Form()] = ""
) -> Response:
    """Merge the other contact into this one; a second time changes nothing."""
    try:
        why = validate_text(reason, "The reasons", longest=1_000) or "said to be the same person"
        with engine().begin() as connection:
            merge_contacts(connection, contact_id, other, why, acting(request).name, datetime.now(UTC))
            both = {"merged contact": other, "reason": why}
            audit(connection, request, "merged another contact into this one", contact_id=contact_id, data=both)
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
    found = set(connection.execute(FIND, {"typed": typed, "digits": phone_digits(typed)}).scalars())
    if not found and typed.isdecimal() and len(typed) < 19:
        found = {kept_contact(connection, int(typed))} - {int(typed)}
    others = found - {contact}
    if not others:
        raise UnreadableText(SAME if found else NOBODY.format(typed=typed))
    if len(others) > 1:
        raise UnreadableText(SEVERAL.format(typed=typed))
    return others.pop()


@dataclass(frozen=True)
class MergeRecord:
    """A merge, for the page that tells of it and undoes it."""

    id: int
    kept_id: int
    kept_who: str | None
    """None when that contact is gone."""
    merged_id: int
    merged_who: str
    reason: str
    merged_by: str
    merged_at: datetime
    separated_at: datetime | None
    separated_by: str | None
    fields: list[tuple[str, Any]]
    """What the merged contact said."""
    rows: list[str]
    """How much of each kind changed hands, such as `2 mails`."""
    ended: list[str]
    """How much of each kind the merge closed."""


@router.get("/merges/{merge_id}")
def show_merge(request: Request, merge_id: int, problem: str | None = None) -> Response:
    """What came together, and the button that separates them."""
    with engine().connect() as connection:
        record = _record(connection, merge_id)
    return page(request, "contacts/merge_record.html", status=409 if problem else 200, merge=record, problem=problem)


@router.post("/merges/{merge_id}/separate", dependencies=[Depends(require_role("set up"))])
def separate(request: Request, merge_id: int) -> Response:
    """Separate them again, and show the contact that is back."""
    try:
        with engine().begin() as connection:
            contact = separate_contacts(connection, merge_id, acting(request).name, datetime.now(UTC))
            audit(connection, request, "separated merged contacts", contact_id=contact, data={"merge": merge_id})
    except (CannotSeparate, ContactsBusy) as error:
        return show_merge(request, merge_id, str(error))
    return RedirectResponse(f"/contacts/{contact}", 303)


def _counted(table: str, count: int) -> str:
    one, more = KINDS.get(table, (table.replace("_", " "), None))
    return counted(count, one, more)


def _shown(name: str, value: Any) -> Any:
    return readable_phone(value) if name in ("phone", "mobile_phone") else value


def _record(connection: Connection, merge_id: int) -> MergeRecord:
    found = connection.execute(MERGE, {"merge": merge_id}).mappings().one_or_none() if merge_id <= LARGEST else None
    if found is None:
        raise HTTPException(404, NO_MERGE)
    row = dict(found)
    trace = row.pop("trace")
    shown = [name for name in SHOWN if trace["merged"].get(name) not in (None, "", {})]
    moved = Counter({name.partition(".")[0]: len(rows) for name, rows in trace["moved"].items()})
    return MergeRecord(
        **row,
        fields=[(label(name), _shown(name, trace["merged"][name])) for name in shown],
        rows=[_counted(table, count) for table, count in sorted(moved.items())],
        ended=[_counted(table, len(rows)) for table, rows in sorted(trace["closed"].items()) if rows],
    )
