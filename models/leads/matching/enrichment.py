"""What a lead changes about its contact: which of its values are taken, and what of the old ones is traced."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.leads.matching.contradictions import is_other_name
from models.leads.matching.match import Match, lead_name
from models.leads.reading.lead import FORM_SUBMITTED
from models.tables.contact import Suppression
from models.tables.identifier import IdentifierKind

NAMES = ("first_name", "last_name")
PERSONAL = (*NAMES, "job_title", "preferred_time")
"""What is true of one person alone, and not of another one who shares their mailbox."""

TRACED = (
    *NAMES,
    *("email", "phone", "phone_extension", "mobile_phone", "company"),
    *("street", "city", "state", "postal_code", "country"),
)
"""Columns whose old value is kept on the timeline when a lead changes it."""


def enrich(match: Match) -> None:
    """Add what a lead gives to its contact. The newest given value wins; what is not given blanks nothing. History only
    fills what is empty, unless all that is known of them is older history.

    Under a plainly different name, as in a mailbox that several people share, no column is overwritten either: what is
    empty is filled unless it is PERSONAL, and the contact keeps its name. Custom fields say what is asked for, so the
    newest count.
    """
    lead, person = match.lead, match.contact
    old = dict(person.row)
    is_other = is_other_name(lead_name(lead), person.name)
    match.other_name = lead_name(lead) if is_other else None
    given: Mapping[str, Any] = {"phone": _new_phone(match), **lead.fields}
    is_older = _is_older(match)
    fills_only = is_other or is_older
    for column, value in given.items():
        if value is None or (is_other and column in PERSONAL):
            continue
        if not fills_only or person.row.get(column) is None:
            person.set(column, value)
    if person.row["phone"] != old["phone"] and "phone_extension" not in lead.fields:
        person.set("phone_extension", None)
    known = person.row["custom"]
    person.set("custom", {**lead.custom, **known} if is_older else {**known, **lead.custom})
    _take_email(match, is_older=is_older)
    person.told_late_until = _told_late_until(match)
    if match.is_first_of_contact:
        return
    match.before = {
        column: old[column] for column in TRACED if old.get(column) and person.row.get(column) != old[column]
    }
    match.after = {column: person.row.get(column) for column in match.before}


def _is_older(match: Match) -> bool:
    """Whether newer things can be known of the contact than this lead, which was told late. Lists of the past come in
    any order.
    """
    lead, known = match.lead, match.contact.told_late_until
    is_newest = match.is_first_of_contact or (lead.is_dated and known is not None and known <= lead.at)
    return lead.is_history and not is_newest


def _told_late_until(match: Match) -> datetime | None:
    lead, known = match.lead, match.contact.told_late_until
    if not lead.is_history:
        return None
    if match.is_first_of_contact:
        return lead.at
    return known and max(known, lead.at)


def _new_phone(match: Match) -> str | None:
    """The number of the lead, unless it only says whom it is about: their mobile's, or an old one in an event."""
    lead, person = match.lead, match.contact
    is_known = lead.phone in person.phones and person.row["phone"] is not None
    is_said = lead.name == FORM_SUBMITTED and lead.phone != person.row.get("mobile_phone")
    return None if is_known and not is_said else lead.phone


def _take_email(match: Match, *, is_older: bool) -> None:
    """The first email stays the current one, unless the sender who knows this contact by an id gives another, or the
    current one takes no mail.
    """
    lead, person = match.lead, match.contact
    refused = {conflict.value for conflict in match.conflicts if conflict.kind is IdentifierKind.EMAIL}
    if not lead.email or lead.email in refused or lead.email == person.row["email"]:
        return
    is_bounced = person.row["suppressed"] == Suppression.BOUNCED
    knows = lead.source_key in person.keys or (is_bounced and lead.name == FORM_SUBMITTED)
    if person.row["email"] is None or (knows and not is_older):
        match.has_new_address = is_bounced
        person.set("email", lead.email)
