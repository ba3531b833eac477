"""Stores the deals of a file as history: what differs from what is known of a deal becomes an event of its contact."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.contacts.lifecycle_stage import raise_stages_by_opportunities
from models.database import lock_contacts
from models.events.emit import NewEvent, emit
from models.leads.opportunities.deal import Deal, DealReading, deal_data
from models.orders.opportunity_state import stored_moment
from models.orders.read_opportunity import CHANGED, LOST, OPENED, WON
from models.orders.record_opportunities import lock_opportunities, record_opportunities
from models.tables.event import ABOUT_OPPORTUNITIES
from models.tables.sales import DealStage

EVENTS = {DealStage.OPEN: OPENED, DealStage.WON: WON, DealStage.LOST: LOST}

KNOWN = text("""
SELECT o.reference, o.contact_id, o.rep_id, product.code AS product, o.stage, o.detail, o.amount, o.currency,
       CAST(o.opened_at AT TIME ZONE :zone AS date) AS opened_on,
       CAST(o.closed_at AT TIME ZONE :zone AS date) AS closed_on, o.event_id
FROM opportunity o LEFT JOIN product ON product.id = o.product_id WHERE o.reference = ANY(:references)
""")


TOLD = text(f"""
SELECT data ->> 'reference' AS reference, name, at, data ->> 'changed_at' AS changed_at,
       coalesce(data ->> 'restated', '') = 'true' AS is_row
FROM event WHERE {ABOUT_OPPORTUNITIES} AND data ->> 'reference' = ANY(:references)
""")


@dataclass(frozen=True)
class PlacedDeal:
    """A deal with its contact, and what else stands in its row."""

    deal: Deal
    contact_id: int
    others: Mapping[str, Any]


@dataclass(frozen=True)
class StoredDeals:
    """What became of some deals."""

    counts: Counter[str]
    """`new`, `changed`, `known` or `older` -> deals."""
    events: Mapping[str, int]
    """Reference -> the newest event of the deal."""


def store_deals(
    connection: Connection, placed: Sequence[PlacedDeal], reading: DealReading, currency: str
) -> StoredDeals:
    """Store deals whose references all differ, and all that follows from them, in the caller's transaction.

    A deal that is known and stands as its row says changes nothing, nor does a row that is older than what is known.
    All of it is history: nobody is mailed or asked, and no journey starts that does not want history. `currency` is
    that of deals that say none.
    """
    contacts = {one.contact_id for one in placed}
    lock_contacts(connection, contacts)
    lock_opportunities(connection)
    about = {"references": [one.deal.reference for one in placed], "zone": reading.zone.key}
    known = {row.reference: row for row in connection.execute(KNOWN, about)}
    told = _told(connection, about)
    counts: Counter[str] = Counter()
    events: list[NewEvent] = []
    for one in placed:
        before = known.get(one.deal.reference)
        if before is None:
            counts["new"] += 1
            events += _first_events(one, reading)
        elif not _differs(one, before):
            counts["known"] += 1
        elif _is_older(one.deal, told[one.deal.reference], reading):
            counts["older"] += 1
        else:
            counts["changed"] += 1
            events.append(_change(one, before, reading))
    stored = [number for number in emit(connection, events, reading.now) if number is not None]
    changed = record_opportunities(connection, stored, currency, reading.now)
    raise_stages_by_opportunities(connection, sorted(changed))
    newest = {row.reference: row.event_id for row in connection.execute(KNOWN, about)}
    return StoredDeals(counts, newest)


@dataclass(frozen=True)
class _Told:
    """One thing that is known of a deal."""

    name: str
    at: datetime
    changed_at: datetime | None
    is_row: bool
    """It is from a file; only the other system's own date says how old that is."""


def _told(connection: Connection, about: Mapping[str, Any]) -> defaultdict[str, list[_Told]]:
    found: defaultdict[str, list[_Told]] = defaultdict(list)
    for row in connection.execute(TOLD, about):
        found[row.reference].append(_Told(row.name, row.at, stored_moment(row.changed_at), row.is_row))
    return found


def _is_older(deal: Deal, told: Sequence[_Told], reading: DealReading) -> bool:
    """Whether a row tells of an earlier time than what is known: an export of last month does not undo this one.

    It is as old as it says that it was changed. One that does not say so is as old as the end of its deal, beside what
    was told of an end or a beginning as it happened; one of an open deal is of today.
    """
    if deal.changed_at is not None:
        dates = [one.changed_at or one.at for one in told if one.changed_at or not one.is_row]
        return any(at > deal.changed_at for at in dates)
    if deal.closed_on is None:
        return False
    ends = [one.at for one in told if not one.is_row and one.name in EVENTS.values()]
    return any(at.astimezone(reading.zone).date() > deal.closed_on for at in ends)


def _differs(one: PlacedDeal, before: Row[Any]) -> bool:
    deal = one.deal
    said = (one.contact_id, deal.rep_id, deal.product, deal.stage, deal.detail, deal.opened_on, deal.closed_on)
    stored = (before.contact_id, before.rep_id, before.product, before.stage, before.detail, before.opened_on)
    if said != (*stored, before.closed_on) or deal.amount != before.amount:
        return True
    return deal.currency is not None and deal.currency != before.currency


def _first_events(one: PlacedDeal, reading: DealReading) -> list[NewEvent]:
    """When it was opened, and how it ended; the last of them says how it stands."""
    deal = one.deal
    data = deal_data(deal, reading, one.others)
    opened_at = reading.moment(deal.opened_on) if deal.opened_on else reading.now
    if deal.stage is DealStage.OPEN:
        return [_event(one, OPENED, opened_at, data, "opened", reading)]
    opening: dict[str, Any] = {name: data[name] for name in ("reference", "rep", "rep_id", "product") if name in data}
    opened = [_event(one, OPENED, opened_at, opening, "opened", reading)] if deal.opened_on else []
    return [*opened, _event(one, EVENTS[deal.stage], _closed_at(deal, reading), data, deal.stage, reading)]


def _change(one: PlacedDeal, before: Row[Any], reading: DealReading) -> NewEvent:
    """What the row says now and did not before. Of a deal that has ended it is dated by its end, else it is new."""
    deal = one.deal
    is_other_stage = deal.stage != before.stage
    name = EVENTS[deal.stage] if is_other_stage or deal.stage is not DealStage.OPEN else CHANGED
    at = deal.changed_at or reading.now if deal.stage is DealStage.OPEN else _closed_at(deal, reading)
    data = deal_data(deal, reading, one.others)
    return _event(one, name, at, data, f"{deal.stage} after {before.event_id}", reading)


def _closed_at(deal: Deal, reading: DealReading) -> datetime:
    if deal.closed_on is None:
        raise ValueError(f"{deal.reference} has ended without a day.")
    return reading.moment(deal.closed_on)


def _event(
    one: PlacedDeal, name: str, at: datetime, data: Mapping[str, Any], what: str, reading: DealReading
) -> NewEvent:
    return NewEvent(
        name=name,
        topic=one.deal.product,
        contact_id=one.contact_id,
        source=reading.source,
        key=f"{reading.source}:deal {one.deal.reference} {what}",
        data=data,
        at=at,
        is_history=True,
    )
