"""Whom deals are with: each account is one contact; a deal that names nobody has a contact of its own."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from models.leads.capture import capture
from models.leads.imported_lead import LEAD_IMPORTED
from models.leads.opportunities.deal import Deal, DealReading
from models.leads.reading.lead import Lead
from models.leads.reading.lead_parser import LeadParser
from models.leads.reading.sender_id import LONGEST_KEY
from models.leads.reading.source_match import find_source
from models.playbook.document import Playbook
from models.playbook.source import normalize_name
from models.values.storable import storable


def account_key(name: str) -> str:
    """By what an account is known: its name without case and punctuation."""
    plain = normalize_name(name) or name.casefold()
    return plain if len(plain) <= LONGEST_KEY // 2 else hashlib.sha256(plain.encode()).hexdigest()[:32]


def account_leads(
    rows: Sequence[Mapping[str, str]],
    named: Mapping[str, date | None],
    reading: DealReading,
    playbook: Playbook,
) -> dict[str, Lead]:
    """A lead for each account of a list, and for whatever else the deals name, by its key.

    `named` are the accounts of the deals with the day of their first one: since then we know them. An account that is
    known is enriched, and blanks nothing.
    """
    days: dict[str, date | None] = {}
    for name, day in named.items():
        before = days.get(account_key(name))
        days[account_key(name)] = min(filter(None, (day, before)), default=None)
    leads = {account_key(row["account"]): _listed(row, days, reading, playbook) for row in rows}
    for name in named:
        leads.setdefault(account_key(name), _named(name, days, reading))
    return leads


def _listed(row: Mapping[str, str], days: Mapping[str, date | None], reading: DealReading, playbook: Playbook) -> Lead:
    plain = storable(dict(row))
    fields = {name: value for name, value in plain.items() if name != "account"} | {"company": plain["account"]}
    parser = LeadParser(find_source(reading.source, playbook), playbook, fields, sets_any_field=True)
    values = parser.values()
    custom = {name: values.pop(name) for name in playbook.fields if name in values}
    digest = hashlib.sha256(json.dumps(sorted(plain.items())).encode()).hexdigest()[:16]
    return _lead(plain["account"], days, reading, f" as of {digest}", plain, values, custom, tuple(parser.unread))


def _named(name: str, days: Mapping[str, date | None], reading: DealReading) -> Lead:
    return _lead(name, days, reading, "", {"account": name}, {"company": name}, {}, ())


def _lead(
    name: str,
    days: Mapping[str, date | None],
    reading: DealReading,
    version: str,
    data: Mapping[str, Any],
    fields: Mapping[str, Any],
    custom: Mapping[str, Any],
    unread: tuple[Any, ...],
) -> Lead:
    key, source = account_key(name), reading.source
    day = days.get(key)
    return Lead(
        source=source,
        name=LEAD_IMPORTED,
        topic=source,
        at=reading.moment(day) if day else reading.now,
        is_dated=day is not None,
        source_key=f"{source}:account {key}",
        event_key=f"{source}:account {key}{version}",
        fields=fields,
        custom=custom,
        data=data,
        unread=unread,
        is_history=True,
    )


def own_contacts(connection: Connection, deals: Sequence[Deal], reading: DealReading) -> dict[str, int]:
    """The contacts of deals that name a person, or nobody; by the reference of the deal."""
    leads = [_own(deal, reading) for deal in deals]
    captured = capture(connection, leads, reading.now) if leads else []
    return {deal.reference: one.contact_id for deal, one in zip(deals, captured, strict=True)}


def _own(deal: Deal, reading: DealReading) -> Lead:
    day = deal.opened_on or deal.closed_on
    who = f"with {deal.email}" if deal.email else "without an account"
    return Lead(
        source=reading.source,
        name=LEAD_IMPORTED,
        topic=reading.source,
        at=reading.moment(day) if day else reading.now,
        is_dated=day is not None,
        email=deal.email,
        source_key=None if deal.email else f"{reading.source}:deal {deal.reference}",
        event_key=f"{reading.source}:deal {deal.reference} {who}",
        fields={"company": deal.account} if deal.account else {},
        data={"reference": deal.reference, **({"account": deal.account} if deal.account else {})},
        is_history=True,
    )
