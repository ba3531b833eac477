"""The contact of a trip: its columns, and what has happened to it before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flows.testing.conditions import Row
from flows.testing.suggestion import one_of
from models import Contact, ProductTier, Stage
from models.tables.message import MessageState

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When trips begin, unless they say otherwise."""

LONG_AGO = MONDAY - timedelta(days=90)
"""When that happened which has happened before."""

CONTACT_ID = 1
DEFAULTS: Mapping[str, Any] = dict.fromkeys(Contact.model_fields) | {
    "id": CONTACT_ID,
    "email": "ann@example.com",
    "score": Decimal(0),
    "stage": Stage.MGL,
}


@dataclass(frozen=True)
class MadeContact:
    """A contact as it is when its trip begins."""

    columns: Mapping[str, Any]
    custom: Mapping[str, Any]
    rows: Mapping[str, Sequence[Row]]
    """Table -> rows of what has happened before, as far as conditions of journeys ask for it."""
    opted_out: frozenset[str] = frozenset()
    """Topics that they want no mail about."""


def a_contact(
    *,
    custom: Mapping[str, Any] | None = None,
    has_owner: bool = False,
    agreed_to_mail: bool = True,
    awaits_confirmation: bool = False,
    was_sent: Collection[str] = (),
    completed: Collection[str] = (),
    is_on: Collection[str] = (),
    submitted: Collection[str] = (),
    bought: Collection[ProductTier] = (),
    opted_out: Collection[str] = (),
    **columns: Any,
) -> MadeContact:
    """A contact with an address, who has agreed to mail; say what else is known of them.

    `columns` are those of models.Contact, such as `stage`, `score` or `suppressed`; `custom` are the playbook's fields.
    What has happened before: mails they `was_sent` ("journey/template"), journeys that they `completed` or that they
    `is_on` beside this one, forms that they `submitted`, tiers of products that they have `bought`, and the topics of
    mail that they `opted_out` of. Raises ValueError for a column that contacts do not have.
    """
    for name in columns:
        one_of("column of a contact", name, DEFAULTS)
    given = {**DEFAULTS, "consent_at": MONDAY if agreed_to_mail and not awaits_confirmation else None}
    given |= {"owner_id": 1 if has_owner else None} | columns
    given["score"] = Decimal(given["score"])
    given["custom"] = dict(custom or {})
    confirmation = {"contact_id": CONTACT_ID, "needs_confirmation": True, "confirmed_at": None, "message_key": "1"}
    rows: dict[str, Sequence[Row]] = {
        "message": [_message(template) for template in was_sent],
        "journey_run": [
            *(_past_run(name, "handed over") for name in completed),
            *(_past_run(name, None) for name in is_on),
        ],
        "event": [
            {"contact_id": CONTACT_ID, "name": "form_submitted", "topic": form, "at": LONG_AGO} for form in submitted
        ],
        "consent": [confirmation] if awaits_confirmation else [],
        **orders_of(bought),
    }
    return MadeContact(given, given["custom"], rows, frozenset(opted_out))


def orders_of(tiers: Collection[ProductTier]) -> dict[str, list[Row]]:
    """An order that stands of a product of each tier, and those products."""
    orders = [
        {"contact_id": CONTACT_ID, "cancelled_at": None, "refunded": 0, "amount": 1, "product_id": tier}
        for tier in tiers
    ]
    return {"order": list(orders), "product": [{"id": tier, "tier": tier} for tier in ProductTier]}


def _message(template: str) -> Row:
    return {"contact_id": CONTACT_ID, "template": template, "state": MessageState.SENT}


def _past_run(journey: str, ending: str | None) -> Row:
    return {
        "id": 0,
        "contact_id": CONTACT_ID,
        "journey": journey,
        "ending": ending,
        "ended_at": MONDAY if ending else None,
    }
