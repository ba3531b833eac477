"""Reads what a source sent about a person by that source's rules, into what we know and store."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from models.leads.flatten import flatten
from models.leads.reading.order_row import read_order_row
from models.leads.reading.source_match import match_source
from models.leads.reading.told_late import STRANGER, GivenConsent, MomentReader, Sending, read_consent, read_told
from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS, IDENTITIES, Source, normalize_name
from models.values.custom_field import (
    LONGEST_TEXT,
    BadValue,
    CustomField,
    FieldType,
    clean,
    clean_text,
    is_sentence,
    other_values,
    quote_value,
)
from models.values.readers.checkbox import read_checkbox
from models.values.readers.count import read_employees
from models.values.readers.country import country_code
from models.values.readers.email_address import likely_domain
from models.values.readers.number import read_degrees
from models.values.readers.person_name import LONGEST_NAME, company_in, read_first_name, read_full_name, read_last_name
from models.values.readers.phone import clean_extension
from models.values.sanitize import Problem, problems_text
from models.values.storable import storable, storable_value
from models.values.us_state import state_code

FORM_SUBMITTED = "form_submitted"
LONGEST_KEY = 200
NAMES_OF_PEOPLE = {"first_name", "last_name", "full_name"}
ALSO_NAMES = {"null", "none", "nil"}
"""Words for nothing that some people are called."""
OWN_READERS: Mapping[str, Callable[[Any], Any]] = {
    "first_name": read_first_name,
    "last_name": read_last_name,
    "latitude": partial(read_degrees, most=90),
    "longitude": partial(read_degrees, most=180),
}
"""Columns of Contact that are read more strictly than others of their type."""
LONGEST_FORM = 100
NO_IDS = ("undefined", "nan", "[object object]", "0")
PLACEHOLDER = re.compile(r"^(\{\{.*\}\}|\$?\{.*\}|\[.*\]|<.*>|%.*%)$", re.DOTALL)
"""A field of a template that nobody filled in: {{lead_id}}, [id], %ID%."""
ACCENT = re.compile("(?<=[a-z])[\u0300-\u036f]+")


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A value of a lead that fits no reading of its field, or a value that is missing (None)."""

    field: str
    value: Any
    expected: str

    @property
    def problem(self) -> Problem:
        """The same as a sentence has it."""
        found = "nothing" if self.value is None else quote_value(self.value)
        return Problem(field=self.field, found=found, expected=self.expected)


@dataclass(frozen=True, kw_only=True)
class Lead:
    """One person contacting us once: who, what we learn about them, and the event that it is."""

    source: str
    at: datetime
    name: str = FORM_SUBMITTED
    topic: str | None = None
    """The form that was filled in."""
    contact_id: int | None = None
    """When the sender knows our own number of the person."""
    email: str | None = None
    phone: str | None = None
    source_key: str | None = None
    event_key: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Columns of Contact, apart from those above; only what was given."""
    custom: Mapping[str, Any] = field(default_factory=dict)
    wants_mail: bool | None = None
    """False when they ask for none."""
    consent: GivenConsent | None = None
    """What they agreed to, if they did."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """All that was sent, stored with the event."""
    unread: tuple[Unread, ...] = ()
    """What could not be read, for a person to repair."""
    double_opt_in: bool = False
    """The consent counts once they have confirmed it."""
    is_history: bool = False
    """It was told late: it is recorded and scored, and nobody is asked or mailed."""


class UnreadableLead(ValueError):
    """A lead that names nobody: it has no address, number or sender's id that can be used."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"This cannot be used as it is. {problems_text(problems)}.")


class UnknownSource(LookupError):
    """A lead of a source that the playbook does not name."""

    def __init__(self, found: str, playbook: Playbook) -> None:
        self.known = sorted(playbook.sources)
        super().__init__(f"There is no source {quote_value(found)}. Known sources are: {', '.join(self.known)}.")


def read_lead(
    source: str, playbook: Playbook, raw: Mapping[str, Any], now: datetime, *, sending: Sending = STRANGER
) -> Lead:
    """The lead in a payload; what cannot be read of it is in `unread`. Who names no form filled in the source's own,
    unless it is a row of a file.

    Raises UnreadableLead only where it names nobody. A source that the playbook does not name is read by what all
    sources call our fields.
    """
    source_name, rules = match_source(source, playbook)
    reading = _LeadParser(rules, playbook, raw)
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
        data=storable(raw),
        unread=(*reading.unread, *missing),
    )
    return _as_order(lead, rules.event, reading, sending, dated=happened_at is not None) if rules.event else lead


def _as_order(lead: Lead, event: str, reading: "_LeadParser", sending: Sending, *, dated: bool) -> Lead:
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
    reading = _LeadParser(match_source(source, playbook)[1], playbook, {field: text})
    values = reading.values()
    if not values:
        raise BadValue(text, reading.unread[0].expected if reading.unread else "a value that is not empty")
    return values


def _own_number(values: dict[str, Any], playbook: Playbook) -> str | None:
    """The number that the contact is known by: of who gives no other, that of their mobile or for text messages."""
    texts = (name for name, field in playbook.fields.items() if field.type is FieldType.SMS_NUMBER)
    others = (values.get(name) for name in ("mobile_phone", *texts))
    return values.pop("phone", None) or next((number for number in others if number), None)


def find_source(name: str, playbook: Playbook) -> Source:
    """The rules of a source, or UnknownSource."""
    if name not in playbook.sources:
        raise UnknownSource(name, playbook)
    return playbook.sources[name]


def _missing_fields(required: Iterable[str], source: Source, found: set[str], spoken_of: set[str]) -> Iterator[Unread]:
    for alternatives in required:
        names = alternatives.split("|")
        if not set(names) & (found | spoken_of):
            own_id = f"the source's own id ({', '.join(source.key)})"
            yield Unread(field=alternatives, value=None, expected=" or ".join(names).replace("key", own_id))


class _LeadParser:
    """One payload on its way to values; gathers what cannot be read."""

    def __init__(self, source: Source, playbook: Playbook, raw: Mapping[str, Any]) -> None:
        self.source = source
        self.playbook = playbook
        self.empty = {"", *(word.casefold() for word in source.empty)}
        self.unread: list[Unread] = []
        self.country = source.country or playbook.company.country
        self.sent = flatten(raw)

    @cached_property
    def own_country(self) -> str:
        """Where the person is, and a number without a country code belongs: as the lead says, else as the source."""
        named = (country_code(given) for given in self.given("country") if isinstance(given, str))
        return next(filter(None, named), self.country)

    def values(self) -> dict[str, Any]:
        """The columns of Contact and custom fields that the payload gives."""
        values: dict[str, Any] = {}
        fields = CONTACT_FIELDS | self.playbook.fields
        for name in fields:
            if (value := self.read(name, fields[name])) is not None:
                values[name] = value
        self.split_extensions(values)
        return self.special_values() | values

    def split_extensions(self, values: dict[str, Any]) -> None:
        """The columns of numbers hold the number alone; what is dialled after it has a column for `phone` only."""
        for name in ("phone", "mobile_phone"):
            number, _, extension = values.get(name, "").partition(";ext=")
            if extension:
                values[name] = number
            if extension and name == "phone":
                values["phone_extension"] = extension
            elif extension:
                self.note(name, f"{number};ext={extension}", "a mobile number, which has no extension; without it that")

    def note(self, field: str, value: Any, expected: str) -> None:
        """Keep what could not be read."""
        noted = Unread(field=field, value=value, expected=expected)
        if noted not in self.unread:
            self.unread.append(noted)

    def read(self, name: str, field: CustomField) -> Any:
        """What the field becomes: of several values that were given for it the first that can be read."""
        for given in self.given(name, is_list=field.type is FieldType.LIST):
            try:
                value = self.clean(name, field, given)
            except BadValue as error:
                self.note(name, given, error.expected)
                if name not in OWN_READERS and (value := shortened(field, given)):
                    return value
            else:
                self.note_others(name, field, given, value)
                return self.normalize_spelling(name, value)
        return None

    def clean(self, name: str, field: CustomField, given: Any) -> Any:
        """The value of one field as it is stored, or BadValue."""
        if name in OWN_READERS:
            return OWN_READERS[name](given)
        if field.type is FieldType.CHECKBOX:
            # Forms post a ticked box as its label, or as its own name.
            return read_checkbox(given, (field.label, name, *self.source.fields.get(name, ())))
        return clean(field, given, country=self.country, phone_country=self.own_country)

    def note_others(self, name: str, field: CustomField, given: Any, value: Any) -> None:
        """Keep a second number or address of one field, and say which domain may have been meant."""
        if is_sentence(field, given):
            self.note(name, given, "a number or address alone: it was taken, and what stands beside it")
        for other in other_values(field, given, phone_country=self.own_country):
            self.note(name, other, "one number or address: the first was taken, and this one")
        if field.type is FieldType.EMAIL and (domain := likely_domain(value)):
            self.note(name, given, f"perhaps an address at {domain}")

    def given(self, name: str, *, is_list: bool = False) -> Iterator[Any]:
        """What the payload says for a field of ours under each of its names, each of several values by itself."""
        for sent_name in self.source.names_of(name):
            if (value := self.sent.get(sent_name)) is None:
                continue
            values = value if isinstance(value, list) and (len(value) == 1 or not is_list) else [value]
            for one in values:
                if storable_value(one) != one:
                    self.note(name, one, "a value without null bytes or broken characters")
                elif not self.is_empty(name, one):
                    yield one

    def is_empty(self, name: str, value: Any) -> bool:
        if isinstance(value, str):
            return value.strip().casefold() in (self.empty - ALSO_NAMES if name in NAMES_OF_PEOPLE else self.empty)
        return value is None or value == [] or value == {}

    def normalize_spelling(self, name: str, value: Any) -> Any:
        if name == "state":
            return state_code(value, "CA" if self.own_country == "CA" else "US") or value
        if not isinstance(value, str):
            return value
        spellings = {spelling.casefold(): spelling for spelling in self.source.spellings.get(name, ())}
        return spellings.get(value.casefold(), value)

    def moments(self, now: datetime) -> MomentReader:
        """Reads what the payload says about when."""
        zone = ZoneInfo(self.playbook.company.time_zone)
        return MomentReader(self.given, self.note, self.country, zone, now)

    def special_values(self) -> dict[str, Any]:
        """Columns that are filled from fields which are none themselves."""
        values: dict[str, Any] = {}
        for name in SPECIAL_READERS:
            for given in self.given(name):
                try:
                    values |= SPECIAL_READERS[name](given, self.own_country if name == "full_name" else self.country)
                    break
                except BadValue as error:
                    self.note(name, given, error.expected)
                    values |= UNREAD_MEANS.get(name, {})
        return values

    def key(self, field: str, names: tuple[str, ...]) -> str | None:
        """An id as the sender writes it."""
        for name in names:
            value = self.sent.get(normalize_name(name))
            if self.is_empty(field, value) or (isinstance(value, str | int) and is_no_id(str(value).strip())):
                continue
            text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
            if 0 < len(text) <= LONGEST_KEY:
                return text
            self.note(field, value, f"an id: text or a whole number, at most {LONGEST_KEY} characters,")
        return None

    def form(self, default: str | None) -> str | None:
        """The name of the form as journeys write it: `Request Info` is `request-info`, "Contact Us!" `contact-us`."""
        value = self.sent.get("form")
        for given in value if isinstance(value, list) else [value]:
            if isinstance(given, Mapping):
                given = next((given[name] for name in ("name", "title") if given.get(name)), given)
            if self.is_empty("form", given):
                continue
            if isinstance(given, str | int) and (name := form_name(str(given))):
                return name
            self.note("form", given, "a form's name such as request-info")
        return default


def is_no_id(text: str) -> bool:
    """Whether a program wrote this in place of an id that it does not have. As ids they would make all leads one."""
    return text.casefold() in NO_IDS or bool(PLACEHOLDER.search(text))


def form_name(text: str) -> str:
    """A form's name in lower case with hyphens and without accents; no text for one without letters and digits."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = unicodedata.normalize("NFC", ACCENT.sub("", letters))
    return re.sub(r"[\W_]+", "-", plain).strip("-")[:LONGEST_FORM].strip("-")


def shortened(field: CustomField, value: Any) -> str | None:
    """The beginning of a text that is too long for its field; the whole of it stays with what could not be read."""
    if field.type is FieldType.TEXT and isinstance(value, str) and len(value) > LONGEST_TEXT:
        return value.strip()[:LONGEST_TEXT].strip()
    return None


def _full_name(value: Any, country: str) -> dict[str, Any]:
    text = clean_text(value)
    try:
        name = read_full_name(text, country)
    except BadValue:
        if len(text) > LONGEST_NAME or not company_in(text):
            raise
        return {"company": text}
    return {column: part for column, part in (("first_name", name.first), ("last_name", name.last)) if part}


def _employees(value: Any, country: str) -> dict[str, Any]:
    return {"employees": read_employees(value, country)}


def _phone_extension(value: Any, _country: str) -> dict[str, Any]:
    return {"phone_extension": clean_extension(value)}


def _consent(value: Any, _country: str) -> dict[str, Any]:
    return {"consent": True} if read_checkbox(value) else {}


def _do_not_email(value: Any, _country: str) -> dict[str, Any]:
    return {"wants_mail": False} if read_checkbox(value) else {}


SPECIAL_READERS: Mapping[str, Callable[[Any, str], dict[str, Any]]] = {
    "full_name": _full_name,
    "employees": _employees,
    "phone_extension": _phone_extension,
    "consent": _consent,
    "do_not_email": _do_not_email,
}

UNREAD_MEANS: dict[str, dict[str, Any]] = {"do_not_email": {"wants_mail": False}}
"""What holds until a person has read it: who may have asked for no mail gets none."""
