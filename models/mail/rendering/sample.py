"""Recipients for previews: a sample with every field filled, one with an address only, or a real contact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from models.playbook import Playbook
from models.values.custom_field import CustomField, FieldType

ADDRESS = "ana@acme.example.com"

# As READ of the outbox gathers it for a message, but for a contact whom none is for.
CONTACT_RECIPIENT = text("""
    SELECT contact.custom || (to_jsonb(contact) - 'custom') AS contact, to_jsonb(rep) AS owner,
           form.data || jsonb_build_object('name', form.topic) AS form, told.answers,
           to_jsonb(reply) AS reply
    FROM contact
    LEFT JOIN rep ON rep.id = contact.owner_id
    LEFT JOIN LATERAL (
        SELECT topic, data FROM event
        WHERE contact_id = contact.id AND name = 'form_submitted' ORDER BY id DESC LIMIT 1
    ) form ON true
    LEFT JOIN LATERAL (
        SELECT answers FROM task
        WHERE contact_id = contact.id AND done_at IS NOT NULL AND answers <> '{}' ORDER BY done_at DESC, id DESC LIMIT 1
    ) told ON true
    LEFT JOIN LATERAL (
        SELECT from_address AS address, subject, left(body, 4000) AS text FROM inbound_mail
        WHERE contact_id = contact.id AND kind = 'reply' ORDER BY id DESC LIMIT 1
    ) reply ON true
    WHERE contact.email = :email OR (CAST(:email AS text) IS NULL AND contact.email IS NOT NULL)
    ORDER BY contact.id DESC LIMIT 1
""")

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
    """Whom a mail is for, and what it may name of them."""

    contact: Mapping[str, Any]
    owner: Mapping[str, Any] = field(default_factory=dict)
    form: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    reply: Mapping[str, Any] = field(default_factory=dict)


def bare_recipient() -> Recipient:
    """Somebody of whom we have the address and nothing else, not even an owner."""
    return Recipient(contact={"id": 0, "email": ADDRESS, "score": 0.0})


def full_recipient(playbook: Playbook) -> Recipient:
    """Somebody of whom everything is known, the fields of the playbook too; owned by its first salesperson."""
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


def _value(declared: CustomField) -> Any:
    """Something that such a field may hold; the first of its options where there are any."""
    if declared.options:
        return [declared.options[0]] if declared.type is FieldType.LIST else declared.options[0]
    return LONG if declared.long else BY_TYPE[declared.type]
