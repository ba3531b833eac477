"""A business that offers its leads: own people with office hours, and partners; and what became of offers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models.access.work_link import OfferLink
from models.database import engine
from models.playbook import Playbook, apply
from models.routing.offers import accept, decline, expire_due_offers, next_offer_due, offer_leads
from tests.support.database import rows
from tests.support.playbook import the_shipped_playbook
from tests.support.web_pages import a_contact

MONDAY_NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
"""12:00 in New York."""
OFFICE = {"mon-fri": "09:00-18:00"}
ANN, BEN, CAT, PAT = (f"{name}@example.com" for name in ("ann", "ben", "cat", "pat"))
MANAGER, PARTNERS_MANAGER = "boss@example.com", "other.boss@example.com"


def a_business(*, members: tuple[Any, ...] = (ANN, BEN, CAT), kind: str = "round robin", **terms: Any) -> Playbook:
    """Ann, Ben and Cat, and Pat of another organisation; the router "leads" offers to its members."""
    own = {"name": "Own", "manager_email": MANAGER, "time_zone": "America/New_York", "hours": OFFICE}
    partner = own | {"name": "Partners", "manager_email": PARTNERS_MANAGER, "partner": True}
    playbook = the_shipped_playbook().model_dump(mode="json") | {
        "teams": [
            own | {"reps": [_rep("Ann Archer", ANN), _rep("Ben Bolt", BEN), _rep("Cat Cole", CAT)]},
            partner | {"reps": [_rep("Pat Park", PAT)]},
        ],
        "routers": [{"name": "leads", "kind": kind, "members": list(members), "offer": terms}],
        "routing": {},
    }
    read = Playbook.model_validate(playbook)
    with engine().begin() as connection:
        apply(connection, read)
    return read


def _rep(name: str, email: str) -> dict[str, Any]:
    return {"name": name, "email": email}


def begin_offers(now: datetime, *contacts: int, lasts: timedelta | None = None, anew: bool = False) -> None:
    """Begin to offer these."""
    with engine().begin() as connection:
        offer_leads(connection, [(contact, "leads", "a test", lasts) for contact in contacts], now, anew=anew)


def a_lead_on_offer(now: datetime = MONDAY_NOON, **columns: Any) -> int:
    contact = a_contact(**columns)
    begin_offers(now, contact)
    return contact


def expire_offers(now: datetime) -> int:
    """The clock comes by at a moment."""
    with engine().begin() as connection:
        return expire_due_offers(connection, now)


def next_due_now() -> datetime | None:
    """When the clock has to come by next."""
    with engine().connect() as connection:
        return next_offer_due(connection)


def offers(contact: int) -> list[tuple[str, str | None]]:
    """First name of whoever was asked, and the answer."""
    asked = rows(
        "SELECT rep.name, answer FROM offer JOIN rep ON rep.id = rep_id WHERE contact_id = :contact ORDER BY offer.id",
        contact=contact,
    )
    return [(name.split()[0], answer) for name, answer in asked]


def open_offer(contact: int) -> int:
    return int(rows("SELECT id FROM offer WHERE contact_id = :contact AND answer IS NULL", contact=contact)[0][0])


def newest_offer(contact: int) -> int:
    return int(rows("SELECT max(id) FROM offer WHERE contact_id = :contact", contact=contact)[0][0])


def offer_path(offer: int) -> str:
    return OfferLink(offer).path


def accepts(offer: int, now: datetime) -> bool:
    with engine().begin() as connection:
        return accept(connection, offer, now)


def declines(offer: int, now: datetime, reason: str = "") -> bool:
    with engine().begin() as connection:
        return decline(connection, offer, reason, now)


def owner(contact: int) -> str | None:
    found = rows(
        "SELECT rep.name FROM contact LEFT JOIN rep ON rep.id = owner_id WHERE contact.id = :contact", contact=contact
    )
    return found[0][0] and found[0][0].split()[0]


def mails(template: str) -> list[str]:
    """To whom mails of a template are queued."""
    return [row[0] for row in rows("SELECT to_address FROM message WHERE template = :t ORDER BY id", t=template)]
