"""Rows of a file of deals that could not be taken: their keys, and taking one that a person has repaired."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from models.leads.capture import CaptureResult, capture
from models.leads.opportunities.columns import FIELDS, read_map
from models.leads.opportunities.date_column import DateColumn
from models.leads.opportunities.deal import Deal, DealReading, read_deal
from models.leads.opportunities.deal_contacts import account_key, account_leads, own_contacts
from models.leads.opportunities.file_scan import words_of
from models.leads.opportunities.product_names import match_products
from models.leads.opportunities.sales_team import known_team
from models.leads.opportunities.store_deals import PlacedDeal, store_deals
from models.leads.reading.lead import UnreadableLead
from models.leads.reading.source_match import find_source
from models.leads.rejected_lead import close_repaired, lock_rejected, repair_lead
from models.playbook import current_playbook
from models.playbook.document import Playbook
from models.values.readers.bad_value import quote_value
from models.values.sanitize import Problem
from models.values.storable import storable

DEAL_ROW = ":deal row "
"""What stands in the key of a row between its source and its digest."""


def deal_row_key(source: str, values: Mapping[str, Any]) -> str:
    """The key of a row: a digest of what it says."""
    digest = hashlib.sha256(json.dumps(sorted(values.items()), default=str).encode()).hexdigest()[:32]
    return f"{source}{DEAL_ROW}{digest}"


def is_deal_row(key: str | None) -> bool:
    """Whether a rejected lead is the row of a file of deals."""
    return key is not None and DEAL_ROW in key


def repair_row(connection: Connection, number: int, source: str, values: Any, now: datetime) -> Sequence[CaptureResult]:
    """Take a rejected lead or the row of a deal with repaired values, as of the time it was received.

    Raises what repair_lead raises.
    """
    kept = lock_rejected(connection, number)
    if not is_deal_row(kept.key):
        return repair_lead(connection, number, source, values, now)
    if not isinstance(values, Mapping):
        expected = "the parts of a deal by their names"
        raise UnreadableLead([Problem(field="row", found=quote_value(values), expected=expected)])
    captured = take_repaired_deal(connection, current_playbook(connection), source, values, now)
    close_repaired(connection, number, captured.event_id, now)
    return [captured]


def take_repaired_deal(
    connection: Connection, playbook: Playbook, source: str, values: Mapping[str, Any], now: datetime
) -> CaptureResult:
    """Store the deal in a row whose values are named by the parts of a deal.

    Raises UnreadableLead while something is wrong with it, UnknownSource for a source that there is not.
    """
    rules = find_source(source, playbook)
    country = rules.country or playbook.company.country
    given = storable({name: str(value) for name, value in values.items() if value not in (None, "")})
    parts = {name: text for name, text in given.items() if name in FIELDS}
    said = read_map((), rules.opportunities)
    product, currency = words_of(parts, "product"), playbook.orders.currency
    spelled = {product: said.spelled("product", product)}
    words = {product: 1} if product else {}
    reading = DealReading(
        source=source,
        country=country,
        zone=ZoneInfo(playbook.company.time_zone),
        now=now,
        said=said,
        products=match_products(connection, words, spelled, currency, has_list=True),
        team=known_team(connection),
        opened=DateColumn(country),
        closed=DateColumn(country),
        largest=playbook.orders.largest,
    )
    deal = read_deal(parts, reading)
    contact = _contact(connection, deal, reading, playbook)
    others = {name: text for name, text in given.items() if name not in FIELDS}
    stored = store_deals(connection, [PlacedDeal(deal, contact, others)], reading, currency)
    return CaptureResult(contact, stored.events[deal.reference], True, False, True)


def _contact(connection: Connection, deal: Deal, reading: DealReading, playbook: Playbook) -> int:
    if not deal.account or deal.email:
        return own_contacts(connection, [deal], reading)[deal.reference]
    lead = account_leads((), {deal.account: deal.opened_on}, reading, playbook)[account_key(deal.account)]
    [captured] = capture(connection, [lead], reading.now)
    return captured.contact_id
