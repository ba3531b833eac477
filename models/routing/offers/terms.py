"""How a router offers its leads, as the playbook says, and which of them to people of other organisations."""

from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlmodel import col

from models.conditions.parse import parse_condition
from models.playbook import Playbook
from models.playbook.routing import OfferTerms
from models.tables.contact import Contact

DEFAULT_TERMS = OfferTerms()


def offer_terms(playbook: Playbook, router: str) -> OfferTerms:
    """A router's offer terms; the default ones where its entry has none."""
    return next((one.offer for one in playbook.routers if one.name == router and one.offer), DEFAULT_TERMS)


def open_to_partners(
    connection: Connection, playbook: Playbook, router: str, contacts: Sequence[int]
) -> frozenset[int]:
    """The contacts that may be offered to partner teams too."""
    allowed = offer_terms(playbook, router).partners
    if isinstance(allowed, bool):
        return frozenset(contacts if allowed else ())
    matching = select(col(Contact.id)).where(col(Contact.id).in_(contacts), parse_condition(allowed, playbook.fields))
    return frozenset(row.id for row in connection.execute(matching))
