"""Conditions for journeys about what has happened to a contact so far: `await j.check(was_sent("..."), name="...")`."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.tables.consent import Consent
from models.tables.contact import Contact, Suppression
from models.tables.event import Event
from models.tables.journey.journey_run import JourneyRun
from models.tables.message import Message, MessageState
from models.tables.sales import Order, Product, ProductTier

NOT_SENT = (MessageState.FAILED, MessageState.EXPIRED, MessageState.SKIPPED, MessageState.WITHDRAWN)


@lru_cache(maxsize=1_000)
def completed_journey(journey: str) -> ColumnElement[bool]:
    """A past run of that journey ended with `handed over …`; runs that ended early, by an order or a refusal, do not
    count.
    """
    past = aliased(JourneyRun)
    return exists().where(
        col(past.contact_id) == Contact.id, col(past.journey) == journey, col(past.ending).startswith("handed over")
    )


@lru_cache(maxsize=1_000)
def is_on_journey(*journeys: str) -> ColumnElement[bool]:
    """They are on one of these journeys now."""
    other = aliased(JourneyRun)
    return exists().where(
        col(other.contact_id) == Contact.id, col(other.journey).in_(journeys), col(other.ended_at).is_(None)
    )


@lru_cache(maxsize=1_000)
def was_sent(template: str) -> ColumnElement[bool]:
    """They have had this mail, `journey/template`, or it is on its way."""
    return exists().where(
        col(Message.contact_id) == Contact.id,
        col(Message.template) == template,
        col(Message.state).not_in(NOT_SENT),
    )


@lru_cache(maxsize=1_000)
def submitted_form(form: str, since: datetime | None = None) -> ColumnElement[bool]:
    """They have sent us that form; `since` a moment, if it matters when."""
    sent = [col(Event.contact_id) == Contact.id, col(Event.name) == "form_submitted", col(Event.topic) == form]
    return exists().where(*sent if since is None else (*sent, col(Event.at) >= since))


@lru_cache(maxsize=1_000)
def has_bought(*tiers: ProductTier) -> ColumnElement[bool]:
    """They have an order that stands, of a product of one of these tiers."""
    return exists().where(
        col(Order.contact_id) == Contact.id,
        col(Order.cancelled_at).is_(None),
        or_(col(Order.refunded) < Order.amount, col(Order.amount) == 0),
        col(Product.id) == Order.product_id,
        col(Product.tier).in_(tiers),
    )


AGREED_TO_MAIL = and_(
    or_(col(Contact.consent_at).is_not(None), submitted_form("newsletter")),
    col(Contact.suppressed).is_distinct_from(Suppression.UNCONFIRMED),
)
"""They said that we may write to them; who signs up for the newsletter says so by that."""

AWAITS_CONFIRMATION = and_(
    or_(col(Contact.consent_at).is_(None), col(Contact.suppressed).is_not(None)),
    exists().where(
        col(Consent.contact_id) == Contact.id,
        col(Consent.needs_confirmation),
        col(Consent.confirmed_at).is_(None),
        col(Consent.message_key).is_not(None),
    ),
)
"""They were asked to confirm that they agree to mail (double opt-in), and have not done so."""

HAS_OWNER = col(Contact.owner_id).is_not(None)
"""They have a salesperson."""


def _names_nobody() -> ColumnElement[bool]:
    # Of the same run, under another name: what a check reads of the run itself is recorded with its answer.
    asked = aliased(JourneyRun)
    nobody = and_(col(asked.start_data)["to"].is_(None), col(asked.start_data)["rep_id"].is_(None))
    return exists().where(col(asked.id) == JourneyRun.id, nobody)


IS_FOR_OWNER = _names_nobody()
"""The task that the run was started with names nobody, so it is the owner's."""
