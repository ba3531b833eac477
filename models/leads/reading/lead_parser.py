"""Reads the fields of one payload by its source's rules, and gathers what cannot be read."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from models.leads.reading.flatten import flatten
from models.leads.reading.lead import Unread
from models.leads.reading.sender_id import LONGEST_KEY, is_no_id
from models.leads.reading.source_rules import Reading, rules_for
from models.leads.reading.told_late import MomentReader
from models.playbook.document import Playbook
from models.playbook.source import Source, normalize_name
from models.values.custom_field import CustomField, FieldType, clean, is_sentence, other_values
from models.values.readers.bad_value import BadValue
from models.values.readers.checkbox import read_checkbox
from models.values.readers.country import country_code
from models.values.readers.email_address import likely_domain
from models.values.readers.number import read_degrees
from models.values.readers.person_name import read_first_name, read_last_name
from models.values.readers.special_fields import SPECIAL_READERS, UNREAD_MEANS
from models.values.readers.text import LONGEST_TEXT
from models.values.readers.time_zone import read_time_zone
from models.values.storable import storable, storable_value
from models.values.us_state import state_code

OWN_READERS: Mapping[str, Callable[[Any], Any]] = {
    "first_name": read_first_name,
    "last_name": read_last_name,
    "latitude": partial(read_degrees, most=90),
    "longitude": partial(read_degrees, most=180),
    "time_zone": read_time_zone,
}
"""Columns of Contact that are read more strictly than others of their type."""
OF_ONE = {FieldType.EMAIL, FieldType.PHONE, FieldType.SMS_NUMBER}
"""Types of fields that hold one number or address, where people may write more."""
LONGEST_FORM = 100
NOT_LISTED = "a field that the playbook lists for this source"
ACCENT = re.compile("(?<=[a-z])[\u0300-\u036f]+")


class LeadParser:
    """One payload on its way to values; gathers what cannot be read."""

    def __init__(
        self, source: Source, playbook: Playbook, raw: Mapping[str, Any], *, sets_any_field: bool = False
    ) -> None:
        self.sets_any_field = sets_any_field
        self.source = source
        self.playbook = playbook
        self.rules = rules_for(source, playbook)
        self.unread: list[Unread] = []
        self.country = self.rules.country
        self.sent = flatten(raw)
        self.data = storable(raw)
        self.is_storable = self.data == raw

    @cached_property
    def own_country(self) -> str:
        """Where the person is, and a number without a country code belongs: as the lead says, else as the source."""
        named = (country_code(given) for given in self.given("country") if isinstance(given, str))
        return next(filter(None, named), self.country)

    def values(self) -> dict[str, Any]:
        """The columns of Contact and custom fields that the payload gives."""
        values: dict[str, Any] = {}
        for name in self.rules.fields_in(self.sent):
            if not (self.sets_any_field or self.source.may_set(name)):
                self.note_unlisted(name)
            elif (value := self.read(name, self.rules.fields[name])) is not None:
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

    def note_unlisted(self, field: str) -> None:
        """Keep what was sent for a field that is not the source's to set."""
        if (given := next(self.given(field), None)) is not None:
            self.note(field, given, NOT_LISTED)

    def note(self, field: str, value: Any, expected: str) -> None:
        """Keep what could not be read."""
        noted = Unread(field=field, value=value, expected=expected)
        if noted not in self.unread:
            self.unread.append(noted)

    def read(self, name: str, field: CustomField) -> Any:
        """What the field becomes: of several values that were given for it the first that can be read."""
        for given in self.given(name, is_list=field.type is FieldType.LIST):
            reading = self.read_once(name, given, self.read_column)
            if reading.is_read:
                return reading.value
        return None

    def read_once(self, name: str, given: Any, read: Callable[[str, Any], Reading]) -> Reading:
        """What a value that was given is read as, with notes on it; read anew unless an earlier lead said the same."""
        reading = self.rules.kept_reading(name, given, self.own_country)
        if reading is None:
            reading = read(name, given)
            self.rules.keep(name, given, self.own_country, reading)
        for value, expected in reading.notes:
            self.note(name, value, expected)
        return reading

    def read_column(self, name: str, given: Any) -> Reading:
        """What one value of a field is read as. It depends on nothing else in the lead but the person's country."""
        field = self.rules.fields[name]
        try:
            value = self.clean(name, field, given)
        except BadValue as error:
            start = None if name in OWN_READERS else shortened(field, given)
            return Reading(start, bool(start), ((given, error.expected),))
        return Reading(self.normalize_spelling(name, value), True, tuple(self.remarks(field, given, value)))

    def clean(self, name: str, field: CustomField, given: Any) -> Any:
        """The value of one field as it is stored, or BadValue."""
        if name in OWN_READERS:
            return OWN_READERS[name](given)
        if field.type is FieldType.CHECKBOX:
            # Forms post a ticked box as its label, or as its own name.
            return read_checkbox(given, (field.label, name, *self.source.fields.get(name, ())))
        return clean(field, given, country=self.country, phone_country=self.own_country)

    def remarks(self, field: CustomField, given: Any, value: Any) -> Iterator[tuple[Any, str]]:
        """What a person should see of a value that was read: words, a second number or address, a likely slip."""
        if field.type not in OF_ONE:
            return
        if is_sentence(field, given):
            yield given, "a number or address alone: it was taken, and what stands beside it"
        for other in other_values(field, given, phone_country=self.own_country):
            yield other, "one number or address: the first was taken, and this one"
        if field.type is FieldType.EMAIL and (domain := likely_domain(value)):
            yield given, f"perhaps an address at {domain}"

    def given(self, name: str, *, is_list: bool = False) -> Iterator[Any]:
        """What the payload says for a field of ours under each of its names, each of several values by itself."""
        for sent_name in self.rules.names_of(name):
            if (value := self.sent.get(sent_name)) is None:
                continue
            values = value if isinstance(value, list) and (len(value) == 1 or not is_list) else [value]
            for one in values:
                if not self.is_storable and storable_value(one) != one:
                    self.note(name, one, "a value without null bytes or broken characters")
                elif not self.is_empty(name, one):
                    yield one

    def is_empty(self, name: str, value: Any) -> bool:
        if isinstance(value, str):
            return self.rules.is_empty_word(name, value)
        return value is None or value == [] or value == {}

    def normalize_spelling(self, name: str, value: Any) -> Any:
        if name == "state":
            return state_code(value, "CA" if self.own_country == "CA" else "US") or value
        if not isinstance(value, str):
            return value
        return self.rules.spellings.get(name, {}).get(value.casefold(), value)

    def moments(self, now: datetime) -> MomentReader:
        """Reads what the payload says about when."""
        zone = ZoneInfo(self.playbook.company.time_zone)
        return MomentReader(self.given, self.note, self.country, zone, now)

    def special_values(self) -> dict[str, Any]:
        """Columns that are filled from fields which are none themselves."""
        values: dict[str, Any] = {}
        for name in SPECIAL_READERS:
            for given in self.given(name):
                reading = self.read_once(name, given, self.read_special)
                values |= reading.value
                if reading.is_read:
                    break
        return values

    def has_bought(self) -> bool:
        """Whether the payload says that they bought, where the source says which field tells that."""
        if "has_bought" not in self.source.fields:
            return False
        for given in self.given("has_bought"):
            try:
                return read_checkbox(given, self.source.fields["has_bought"])
            except BadValue as error:
                self.note("has_bought", given, error.expected)
        return False

    def read_special(self, name: str, given: Any) -> Reading:
        """The columns that one value of a field is read as, which is no column itself."""
        try:
            columns = SPECIAL_READERS[name](given, self.own_country if name == "full_name" else self.country)
        except BadValue as error:
            return Reading(UNREAD_MEANS.get(name, {}), False, ((given, error.expected),))
        return Reading(columns, True)

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
