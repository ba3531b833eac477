"""Recipients for previews: a sample with every field filled, one with an address only, or a real contact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list
from models.mail.rendering.contact_data import CONTACT, FORM, NEWEST_FORM, NEWEST_REPLY
from models.playbook import Playbook
from models.values.custom_field import CustomField, FieldType

ADDRESS = "ana@acme.example.com"

# What the outbox loads for a message, for a contact without one.
RECIPIENT = f"""
    SELECT {CONTACT} AS contact, to_jsonb(rep) AS owner, {FORM} AS form, report.answers, to_jsonb(reply) AS reply
    FROM contact
    LEFT JOIN rep ON rep.id = contact.owner_id
    LEFT JOIN LATERAL {NEWEST_FORM} form ON true
    LEFT JOIN LATERAL (
        SELECT answers FROM task
        WHERE contact_id = contact.id AND done_at IS NOT NULL AND answers <> '{{}}'
        ORDER BY done_at DESC, id DESC LIMIT 1
    ) report ON true
    LEFT JOIN LATERAL {NEWEST_REPLY} reply ON true
"""

CONTACT_RECIPIENT = text(f"""{RECIPIENT}
    WHERE contact.email = :email OR (CAST(:email AS text) IS NULL AND contact.email IS NOT NULL)
    ORDER BY contact.id DESC LIMIT 1
""")

RECIPIENTS = text(f"""{RECIPIENT} WHERE contact.id = ANY(CAST(:contacts AS bigint[]))""")

BY_TYPE: Mapping[FieldType, Any] = {
    FieldType.CHECKBOX: True,
    FieldType.DATE: "2026-03-12",
    FieldType.TEXT: "We lose one lead in five, and nobody knows where.",
    FieldType.NUMBER: 12,
    FieldType.PRICE: "250000.00",
    FieldType.PHONE: "+12075550199",
    FieldType.SMS_NUMBER: "+12075550199",
    FieldType.STATE: "ME",
    FieldType.EMAIL: ADDRESS,
    FieldType.ADDRESS: "12 Mill Lane",
    FieldType.DROPDOWN: "",
    FieldType.LIST: [],
}

REPLY = {
    "address": ADDRESS,
    "subject": "Re: What I would do in your place",
    "text": "It sounds good.\nCan we begin in May?",
}
LONG = "You want to lose fewer leads.\nThe first step is a rule for who calls back, and by when."


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """The contact that an email is for, with all that its template may use about them."""

    contact: Mapping[str, Any]
    owner: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    reply: Mapping[str, Any] = field(default_factory=dict)


def bare_recipient() -> Recipient:
    """A contact with an email address and nothing else, not even an owner."""
    return Recipient(contact={"id": 0, "email": ADDRESS, "score": 0.0})


def full_recipient(playbook: Playbook) -> Recipient:
    """A contact with every field filled, the playbook's too, owned by the first salesperson of the playbook."""
    custom = {name: _value(declared) for name, declared in playbook.fields.items()}
    known = {
        "id": 0,
        "email": ADDRESS,
        "first_name": "Ana",
        "last_name": "Ribeiro",
        "company": "Acme Joinery",
        "job_title": "Owner",
        "industry": "Construction",
        "employees": 14,
        "phone": "+12075550199",
        "mobile_phone": "+12075550177",
        "street": "12 Mill Lane",
        "city": "Portland",
        "state": "ME",
        "postal_code": "04101",
        "country": "US",
        "time_zone": playbook.company.time_zone,
        "preferred_time": "mornings",
        "score": 35.0,
    }
    _, rep = next(playbook.reps())
    form = {"name": "request-info"} | custom
    owner = rep.model_dump(mode="json")
    return Recipient(contact=custom | known, owner=owner, form=form, answers=custom, reply=REPLY)


def contact_recipient(connection: Connection, email: str | None) -> Recipient | None:
    """The contact with this address, or the newest that has one; None when there is none."""
    row = connection.execute(CONTACT_RECIPIENT, {"email": email}).mappings().one_or_none()
    return Recipient(**{name: value or {} for name, value in row.items()}) if row else None


def recipients(connection: Connection, contacts: Iterable[int]) -> dict[int, Recipient]:
    """Contact -> the same for each of these; contacts that are gone are missing."""
    rows = connection.execute(RECIPIENTS, {"contacts": id_list(contacts)}).mappings()
    found = [Recipient(**{name: value or {} for name, value in row.items()}) for row in rows]
    return {int(one.contact["id"]): one for one in found}


def _value(declared: CustomField) -> Any:
    """A possible value of a field; the first of its options where it has any."""
    if declared.options:
        return [declared.options[0]] if declared.type is FieldType.LIST else declared.options[0]
    return LONG if declared.long else BY_TYPE[declared.type]
