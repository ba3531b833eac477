"""One contact: who they are, where they stand, and their whole story with the reason for each step."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection, text

from models import Stage
from models.access.audit import AuditFilter, AuditLine, read_audit
from models.contacts.merged_into import kept_contact
from models.database import engine
from models.display_name import DISPLAY_NAME
from models.leads.unread import field_label, open_unread
from models.playbook import Playbook, current_playbook
from models.scoring.explanation import Explanation, explain
from models.values.readers.phone import Phone, readable_phone
from web.contacts.acts.act import Act, Changed
from web.contacts.acts.acts import ACTS
from web.contacts.acts.done import DONE
from web.contacts.acts.forms import ActForms, act_forms
from web.contacts.consent import StatementLine, consent_statements
from web.contacts.contact_mail import ContactMail, contact_mail
from web.contacts.deals import ContactDeals, contact_deals
from web.contacts.glance import Glance, glance, main_reasons
from web.contacts.history import RunRow, open_runs
from web.contacts.known_by import Claim, KnownBy, known_by, open_claims
from web.contacts.orders import OrderLine, contact_orders
from web.contacts.prediction import Prediction, prediction_of
from web.contacts.qualification import (
    GivenAnswers,
    QualificationForm,
    qualification_changes,
    qualification_form,
    save_qualification,
)
from web.contacts.readable_data import ReadableData
from web.contacts.story import StoryFilter, StoryPage, StoryPlace, place_of_event, story_page
from web.frame.audit import audit
from web.frame.login import require_ops, require_role
from web.frame.pages import page
from web.frame.typed_text import UnreadableText
from web.frame.who import acting
from web.frame.words import label

router = APIRouter(dependencies=[Depends(require_ops)])

NO_CONTACT = "There is no contact with this number. It may have been erased; search for the name or the email instead."

CONTACT = text(f"""
    SELECT contact.*, {DISPLAY_NAME} AS who, rep.name AS owner_name, rep.email AS owner_email
    FROM contact LEFT JOIN rep ON rep.id = contact.owner_id WHERE contact.id = :id
""")

PENDING_OWNER = text("""
-- The router that looks for an owner just now, and who is being asked.
SELECT p.router, p.offered, rep.name AS offered_to, offer.expires_at FROM placement p
LEFT JOIN offer ON offer.placement_id = p.id AND offer.answer IS NULL LEFT JOIN rep ON rep.id = offer.rep_id
WHERE p.contact_id = :id AND p.closed_at IS NULL
""")

MOST_ACTS = 10
"""Of what ops did that are shown; the audit has the others."""

BANT = ("budget", "authority", "need", "timeline")
SHOWN = (
    *("id", "who", "company", "job_title", "email", "score", "mql_level", "mql_level_by"),
    *("owner_name", "owner_email", "suppressed", "suppressed_at", "owner_id"),
)
# What stands elsewhere on the page, and what only machines read.
NOT_LISTED = {
    *(
        "id",
        "who",
        "score",
        "scored_on",
        "mql_level",
        "mql_level_by",
        "stage",
        "owner_id",
        "owner_name",
        "owner_email",
        "suppressed",
        "suppressed_at",
        "custom",
    ),
    *("probability", "probability_reasons", "probability_day", "phone_extension"),
    *(f"{stage}_at" for stage in Stage),
    *(f"has_{name}" for name in BANT),
}


@dataclass(frozen=True)
class StageReached:
    """A stage, and when the contact first came to it."""

    stage: str
    at: datetime | None
    is_now: bool


@dataclass(frozen=True)
class PendingOwner:
    """An open placement: the router that looks for an owner."""

    router: str
    offered: bool
    offered_to: str | None
    """Who has an offer."""
    expires_at: datetime | None


@dataclass(frozen=True)
class ContactPage:
    """The whole page of one contact."""

    id: int
    who: str
    company: str | None
    job_title: str | None
    email: str | None
    phone: str | None
    score: Decimal
    score_explanation: Explanation
    score_reasons: str
    """What counts most in it."""
    mql_level: int | None
    mql_level_by: str | None
    bant: list[tuple[str, bool | None]]
    stages: list[StageReached]
    prediction: Prediction | None
    owner_name: str | None
    owner_email: str | None
    pending_owner: PendingOwner | None
    suppressed: str | None
    suppressed_at: datetime | None
    mail: ContactMail
    fields: list[tuple[str, Any]]
    deals: ContactDeals
    orders: list[OrderLine]
    consent: list[StatementLine]
    known_by: list[KnownBy]
    claims: list[Claim]
    open_runs: list[RunRow]
    story: StoryPage
    glance: Glance
    owner_id: int | None
    acts: list[AuditLine]
    """What ops did about them, the newest first."""
    unread: list[tuple[str, str, str]]
    """What could not be read of their leads: field, what they gave, what was expected."""


@router.get("/contacts/{contact_id}")
def show_contact(
    request: Request,
    contact_id: int,
    story: StoryFilter = StoryFilter.ALL,
    before: Annotated[str, Query(max_length=100)] = "",
    event: Annotated[int | None, Query(ge=1, lt=10**18)] = None,
) -> Response:
    """Everything about one contact; of the timeline the part that begins `before` a place, or with an `event`."""
    with engine().connect() as connection:
        place = place_of_event(connection, contact_id, event) if event else StoryPlace.read(before)
        contact = contact_page(connection, contact_id, story, place)
        form = qualification_form(connection, contact_id)
        forms = act_forms(connection, current_playbook(connection), contact_id)
        return _page(request, contact, form, forms)


def _page(
    request: Request, contact: ContactPage, qualification: QualificationForm, forms: ActForms, status: int = 200
) -> Response:
    shown: dict[str, Any] = {"contact": contact, "qualification": qualification, "forms": forms}
    done = DONE.get(request.query_params.get("done", "")) if status == 200 else None
    return page(request, "contacts/contact.html", status=status, done=done, **shown)


def act_on_contact(request: Request, contact_id: int, given: GivenAnswers) -> Response:
    """Do what a form of the page says, once. What cannot be done is shown in the form, with what was typed."""
    # Not of the URL, which the header Host is a part of.
    name = request.scope["path"].rpartition("/")[2]
    do, in_words = ACTS[name]
    try:
        with engine().begin() as connection:
            contact_id = _present(connection, contact_id)
            by = acting(request).name
            act = Act(connection, current_playbook(connection), contact_id, given, by, datetime.now(UTC), [])
            if do(act):
                audit(connection, request, in_words, contact_id=contact_id, changes=act.changes)
    except UnreadableText as problem:
        with engine().connect() as connection:
            contact, form = contact_page(connection, contact_id), qualification_form(connection, contact_id)
            forms = act_forms(connection, current_playbook(connection), contact_id, given, name, str(problem))
        status = 409 if isinstance(problem, Changed) else 422
        return _page(request, contact, form, forms, status)
    done = "report" if name == "call" and given.get("outcome") else name
    return RedirectResponse(f"/contacts/{contact_id}?done={done}", 303)


for _name in ACTS:
    router.post(f"/contacts/{{contact_id}}/{_name}", dependencies=[Depends(require_role("work"))])(act_on_contact)


def _present(connection: Connection, contact_id: int) -> int:
    """The contact that this one is now. Raises 404 when it has been erased."""
    kept = kept_contact(connection, contact_id)
    if connection.execute(CONTACT, {"id": kept}).one_or_none() is None:
        raise HTTPException(404, NO_CONTACT)
    return kept


@router.post("/contacts/{contact_id}/qualify", dependencies=[Depends(require_role("work"))])
def qualify_contact(request: Request, contact_id: int, given: GivenAnswers) -> Response:
    """Save it for ops."""
    with engine().begin() as connection:
        contact_id = kept_contact(connection, contact_id)
        contact = contact_page(connection, contact_id)
        try:
            by, before = acting(request).name, qualification_form(connection, contact_id)
            if save_qualification(connection, contact_id, given, datetime.now(UTC), by=by):
                changes = qualification_changes(before, qualification_form(connection, contact_id))
                audit(connection, request, "wrote down what was found out", contact_id=contact_id, changes=changes)
        except UnreadableText as problem:
            form = qualification_form(connection, contact_id, given, str(problem))
            forms = act_forms(connection, current_playbook(connection), contact_id)
            return _page(request, contact, form, forms, 422)
    return RedirectResponse(f"/contacts/{contact_id}?done=qualify", 303)


def contact_page(
    connection: Connection,
    contact_id: int,
    story: StoryFilter = StoryFilter.ALL,
    place: StoryPlace | None = None,
) -> ContactPage:
    """Read one contact with its history. Raises 404 when there is none, and leads to the one it was merged into."""
    found = connection.execute(CONTACT, {"id": contact_id}).mappings().one_or_none()
    if found is None:
        raise _gone(connection, contact_id)
    row, playbook = dict(found), current_playbook(connection)
    explanation = explain(connection, playbook, contact_id, datetime.now(UTC))
    return ContactPage(
        **{name: row[name] for name in SHOWN},
        phone=row["phone"] and Phone(row["phone"], row["phone_extension"]).text,
        score_explanation=explanation,
        score_reasons=main_reasons(explanation),
        bant=[(name.capitalize(), row[f"has_{name}"]) for name in BANT],
        prediction=prediction_of(connection, row),
        pending_owner=_pending_owner(connection, contact_id),
        mail=contact_mail(connection, contact_id, row["suppressed"]),
        stages=[StageReached(stage, row[f"{stage}_at"], stage == row["stage"]) for stage in Stage],
        fields=_fields(row, {name: field.label for name, field in playbook.fields.items()}),
        deals=contact_deals(connection, contact_id),
        orders=contact_orders(connection, contact_id),
        consent=consent_statements(connection, contact_id),
        known_by=known_by(connection, contact_id),
        claims=open_claims(connection, contact_id),
        open_runs=open_runs(connection, contact_id),
        story=story_page(connection, contact_id, story, place, ReadableData.of(playbook)),
        glance=glance(connection, contact_id),
        acts=read_audit(connection, AuditFilter(contact_id=contact_id), MOST_ACTS),
        unread=_unread(connection, contact_id, playbook),
    )


def _unread(connection: Connection, contact_id: int, playbook: Playbook) -> list[tuple[str, str, str]]:
    values = open_unread(connection, [contact_id]).get(contact_id, [])
    return [(field_label(one.field, playbook), one.found, one.expected) for one in values]


def _gone(connection: Connection, contact_id: int) -> HTTPException:
    """The way to the contact that this one was merged into, else that there is none."""
    kept = kept_contact(connection, contact_id)
    if kept == contact_id:
        return HTTPException(404, NO_CONTACT)
    return HTTPException(307, f"This is contact {kept} now.", {"location": f"/contacts/{kept}"})


def _pending_owner(connection: Connection, contact_id: int) -> PendingOwner | None:
    found = connection.execute(PENDING_OWNER, {"id": contact_id}).mappings().one_or_none()
    return PendingOwner(**found) if found else None


def _shown(name: str, value: Any, row: dict[str, Any]) -> Any:
    if name == "phone" and value:
        return readable_phone(Phone(value, row["phone_extension"]).text)
    return readable_phone(value) if value and name in ("mobile_phone", "sms_number") else value


def _fields(row: dict[str, Any], labels: dict[str, str | None]) -> list[tuple[str, Any]]:
    """Every field that is not empty; custom fields come last, under their labels in the playbook."""
    own = [(label(name), _shown(name, value, row)) for name, value in row.items() if name not in NOT_LISTED]
    custom = [(labels.get(name) or label(name), value) for name, value in (row["custom"] or {}).items()]
    return [(name, value) for name, value in own + custom if value is not None]
