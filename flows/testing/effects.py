"""What events and steps change of a contact at once. What the playbook's scoring, stages and levels make of them is
theirs: give a trip the score or stage that its contact shall have.
"""

from typing import Any

from flows.testing.answers import Happening
from flows.testing.made_contact import orders_of
from flows.testing.world import World
from models import Suppression
from models.mail.rules.consent import SUPPRESSION_PRECEDENCE
from models.tables.contact import STAGES, Contact, Stage


def set_column(contact: dict[str, Any], name: str, value: Any) -> None:
    """A field as the verb `set` leaves it: stages never fall, and a weightier reason against mail stays."""
    match name:
        case "stage":
            contact[name] = max(Stage(contact[name]), Stage(value), key=STAGES.index)
        case "suppressed":
            _suppress(contact, Suppression(value) if value is not None else None)
        case _ if name in Contact.model_fields:
            contact[name] = value
        case _:
            contact["custom"][name] = value


def _suppress(contact: dict[str, Any], reason: Suppression | None) -> None:
    """None takes back what we decided ourselves only."""
    now = contact["suppressed"]
    if reason is None:
        contact["suppressed"] = None if now in (Suppression.REMOVED, Suppression.MANUAL) else now
    elif now is None or SUPPRESSION_PRECEDENCE.index(reason) > SUPPRESSION_PRECEDENCE.index(now):
        contact["suppressed"] = reason


def happen_to_contact(world: World, event: Happening) -> None:
    """What an event means for the contact whatever journeys are there."""
    match event.name:
        case "unsubscribed":
            _suppress(world.contact, Suppression.UNSUBSCRIBED)
        case "order_placed":
            product = next((one for one in world.playbook.products if one.code == event.topic), None)
            if product is not None:
                world.rows("order").extend(orders_of([product.tier])["order"])
        case "consent_confirmed":
            world.contact["consent_at"] = world.now
            if world.contact["suppressed"] == Suppression.UNCONFIRMED:
                world.contact["suppressed"] = None
            world.rows("consent").clear()
