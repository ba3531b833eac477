"""Reads what a source sent about a person by that source's rules, into what we know and store."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.leads.reading.lead import Lead, Unread, UnreadableLead
from models.leads.reading.lead_parser import LeadParser
from models.leads.reading.order_row import read_order_row
from models.leads.reading.source_match import match_source
from models.leads.reading.told_late import STRANGER, Sending, read_consent, read_told
from models.playbook.document import Playbook
from models.playbook.source import IDENTITIES, Source
from models.values.custom_field import FieldType
from models.values.readers.bad_value import BadValue
from models.values.sanitize import Problem


def read_lead(
    source: str, playbook: Playbook, raw: Mapping[str, Any], now: datetime, *, sending: Sending = STRANGER
) -> Lead:
    """The lead in a payload; what cannot be read of it is in `unread`. Who names no form filled in the source's own,
    unless it is a row of a file.

    Raises UnreadableLead only where it names nobody. A source that the playbook does not name is read by what all
    sources call our fields.
    """
    source_name, rules = match_source(source, playbook)
    reading = LeadParser(rules, playbook, raw)
    values = reading.values()
    if source_name not in playbook.sources:
        reading.note("source", source, f"one of {', '.join(sorted(playbook.sources))}")
    moments = reading.moments(now)
    happened_at, is_history = read_told(moments, rules, sending)
    has_agreed = values.pop("consent", False)
    consent = read_consent(moments, sending, has_agreed=has_agreed, happened_at=happened_at)
    key, event_key = reading.key("key", rules.key), reading.key("event_id", rules.event_key)
    topic = reading.form(None if sending.is_file else rules.form)
    email, phone = values.pop("email", None), _own_number(values, playbook)
    identities = {"email": email, "phone": phone, "key": key}
    found = values.keys() | {name for name, value in identities.items() if value}
    spoken_of = {one.field for one in reading.unread}
    missing = list(_missing_fields(rules.required, rules, found, spoken_of))
    if not (email or phone or key):
        identity = _missing_fields(("|".join(IDENTITIES) if rules.key else "email|phone",), rules, found, spoken_of)
        raise UnreadableLead([one.problem for one in (*reading.unread, *(missing or identity))])
    lead = Lead(
        source=source_name,
        at=happened_at or now,
        is_dated=happened_at is not None,
        is_history=is_history,
        topic=topic,
        wants_mail=values.pop("wants_mail", None),
        consent=consent,
        email=email,
        phone=phone,
        source_key=f"{source_name}:{key}" if key else None,
        event_key=f"{source_name}:{event_key}" if event_key else None,
        custom={name: values.pop(name) for name in playbook.fields if name in values},
        fields=values,
        data=reading.data,
        has_bought=sending.is_file and reading.has_bought(),
        unread=(*reading.unread, *missing),
    )
    return _as_order(lead, rules.event, reading, sending, dated=happened_at is not None) if rules.event else lead


def _as_order(lead: Lead, event: str, reading: LeadParser, sending: Sending, *, dated: bool) -> Lead:
    """The lead as the event of an order. Raises UnreadableLead for an amount or a day that cannot be read: an order
    that counts as another is worse than one that waits for a person.

    A row of a file that does not say when is of the past.
    """
    problems = [one.problem for one in reading.unread if one.field == "at"]

    def note(field: str, found: str, expected: str) -> None:
        problems.append(Problem(field=field, found=found, expected=expected))

    row = read_order_row(event, reading.given, lead.data, reading.playbook, reading.country, note)
    if problems:
        raise UnreadableLead(problems)
    key = lead.event_key or (f"{lead.source}:{row.key}" if row.key else None)
    is_history = lead.is_history or (sending.is_file and not dated)
    fields = {name: value for name, value in lead.fields.items() if name != "product"}
    return replace(
        lead, name=row.name, topic=row.topic, data=row.data, event_key=key, is_history=is_history, fields=fields
    )


def read_value(field: str, text: str, source: str, playbook: Playbook) -> dict[str, Any]:
    """What a value that a person typed for one field of ours becomes, by column; BadValue if it cannot be read."""
    reading = LeadParser(match_source(source, playbook)[1], playbook, {field: text}, sets_any_field=True)
    values = reading.values()
    if not values:
        raise BadValue(text, reading.unread[0].expected if reading.unread else "a value that is not empty")
    return values


def _own_number(values: dict[str, Any], playbook: Playbook) -> str | None:
    """The number that the contact is known by: of who gives no other, that of their mobile or for text messages."""
    texts = (name for name, field in playbook.fields.items() if field.type is FieldType.SMS_NUMBER)
    others = (values.get(name) for name in ("mobile_phone", *texts))
    return values.pop("phone", None) or next((number for number in others if number), None)


def _missing_fields(required: Iterable[str], source: Source, found: set[str], spoken_of: set[str]) -> Iterator[Unread]:
    for alternatives in required:
        names = alternatives.split("|")
        if not set(names) & (found | spoken_of):
            own_id = f"the source's own id ({', '.join(source.key)})"
            yield Unread(field=alternatives, value=None, expected=" or ".join(names).replace("key", own_id))
