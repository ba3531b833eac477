"""What stands beside the tasks of a salesperson: offers that wait, what was promised for today, the leads they own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, text

from models.access.work_link import OfferLink
from models.display_name import DISPLAY_NAME
from web.frame.typed_text import phone_digits, searchable

PROMISED_BEFORE = timedelta(days=7)
"""How long a promise that nobody has kept is shown."""

LEADS_AT_ONCE = 50

OFFERS = text("""
SELECT offer.id, offer.expires_at, rep.link_number FROM offer JOIN rep ON rep.id = offer.rep_id
WHERE offer.rep_id = :rep AND offer.answer IS NULL AND offer.expires_at > :now ORDER BY offer.expires_at, offer.id
""")

PROMISED = text(f"""
-- Whom they agreed to talk to today or in the days before, and have not since. Those with a task stand above.
SELECT contact.id, {DISPLAY_NAME} AS who, contact.company, contact.custom ->> 'next_check_in' AS day
FROM contact
WHERE contact.owner_id = :rep AND contact.custom ->> 'next_check_in' BETWEEN :since AND :today
  AND NOT EXISTS (SELECT FROM task WHERE task.contact_id = contact.id AND task.done_at IS NULL
                  AND task.closed_at IS NULL)
  -- Compared as text: what older leads hold there may be no day.
  AND NOT EXISTS (SELECT FROM event e WHERE e.contact_id = contact.id AND e.name = 'call_connected'
                  AND to_char(e.at, 'YYYY-MM-DD') >= contact.custom ->> 'next_check_in')
ORDER BY day, contact.score DESC LIMIT 50
""")

LEADS = text(f"""
SELECT contact.id, {DISPLAY_NAME} AS who, contact.company, contact.stage, contact.score
FROM contact
WHERE contact.owner_id = :rep AND (CAST(:like AS text) IS NULL
      OR concat_ws(' ', contact.first_name, contact.last_name, contact.company, contact.email) ILIKE :like
      OR regexp_replace(coalesce(contact.phone, ''), '[^0-9]', '', 'g') LIKE :digits)
ORDER BY contact.score DESC, contact.id LIMIT :at_most
""")

COUNT_LEADS = text("SELECT count(*) FROM contact WHERE owner_id = :rep")


@dataclass(frozen=True)
class WaitingOffer:
    """A lead that is offered to them alone for a while."""

    id: int
    expires_at: datetime
    link_number: int

    @property
    def path(self) -> str:
        """Where they take it or leave it."""
        return OfferLink(self.id, self.link_number).path


@dataclass(frozen=True)
class Promise:
    """A lead with whom a talk was agreed on."""

    contact_id: int
    who: str
    company: str | None
    day: date


@dataclass(frozen=True)
class OwnLead:
    """A lead that is theirs."""

    contact_id: int
    who: str
    company: str | None
    stage: str
    score: Decimal


def waiting_offers(connection: Connection, rep: int, now: datetime) -> Sequence[WaitingOffer]:
    """Offers that they can still take, the most urgent first."""
    return [WaitingOffer(*row) for row in connection.execute(OFFERS, {"rep": rep, "now": now})]


def promises(connection: Connection, rep: int, today: date) -> Sequence[Promise]:
    """With whom they agreed to talk by today, and have not."""
    days = {"since": str(today - PROMISED_BEFORE), "today": str(today)}
    rows = connection.execute(PROMISED, days | {"rep": rep})
    return [Promise(row.id, row.who, row.company, day) for row in rows if (day := _day(row.day)) is not None]


def own_leads(connection: Connection, rep: int, q: str = "", at_most: int = LEADS_AT_ONCE) -> Sequence[OwnLead]:
    """Their leads, the highest score first; those with `q` in name, company, address or number."""
    digits = phone_digits(q)
    about = {
        "rep": rep,
        "like": searchable(q) if q.strip() else None,
        "digits": f"%{digits}%" if digits else None,
        "at_most": at_most,
    }
    return [OwnLead(*row) for row in connection.execute(LEADS, about)]


def count_leads(connection: Connection, rep: int) -> int:
    """How many leads are theirs."""
    return int(connection.execute(COUNT_LEADS, {"rep": rep}).scalar_one())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
