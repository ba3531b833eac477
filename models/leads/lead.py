"""Reads what a source sent about a person by that source's rules, into what we know and store."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS, SPECIAL_FIELDS, Source, normalize_name
from models.values.custom_field import BadValue, CustomField, clean, clean_checkbox, clean_text, quote_value
from models.values.sanitize import Problem, payload_problems, problems_text
from models.values.us_state import state_code

FORM_SUBMITTED = "form_submitted"
LONGEST_KEY = 200
NAMES_OF_PEOPLE = {"first_name", "last_name", "full_name"}
CONSENT_WORDS = {"agree", "agreed", "i agree", "accept", "accepted", "i accept"}


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
    """False when they ask for none, true when they agree to it in a form; None when nothing is said."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """All that was sent, stored with the event; `problems` says what in it could not be used."""


class UnreadableLead(ValueError):
    """A lead with values that cannot be used."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"This cannot be used as it is. {problems_text(problems)}.")


class UnknownSource(LookupError):
    """A lead of a source that the playbook does not name."""

    def __init__(self, found: str, playbook: Playbook) -> None:
        self.known = sorted(playbook.sources)
        super().__init__(f"There is no source {quote_value(found)}. Known sources are: {', '.join(self.known)}.")


def read_lead(
    source: str, playbook: Playbook, raw: Mapping[str, Any], now: datetime, *, with_default_form: bool = True
) -> Lead:
    """The lead in a payload, or UnreadableLead with every problem. Who names no form filled in the source's own.

    A phone number that cannot be read does not turn away someone who gave an email: it stays in `data`, noted there.
    """
    rules = find_source(source, playbook)
    if problems := list(payload_problems(raw)):
        raise UnreadableLead(problems)
    reading = _LeadParser(rules, playbook, raw)
    values = reading.values(now)
    key, event_key = reading.key("key", rules.key), reading.key("event_id", rules.event_key)
    topic = reading.form(rules.form if with_default_form else None)
    found = values.keys() | ({"key"} if key else set())
    reading.problems += _missing_fields(rules, found, {one["field"] for one in reading.problems})
    if reading.problems:
        raise UnreadableLead(reading.problems)
    # A row of a file does not say when they agreed: a contact who has unsubscribed since stays unsubscribed.
    agreed = True if "consent_at" in values and topic and with_default_form else None
    return Lead(
        source=source,
        at=now,
        topic=topic,
        wants_mail=values.pop("wants_mail", agreed),
        email=values.pop("email", None),
        phone=values.pop("phone", None),
        source_key=f"{source}:{key}" if key else None,
        event_key=f"{source}:{event_key}" if event_key else None,
        custom={name: values.pop(name) for name in playbook.fields if name in values},
        fields=values,
        data=dict(raw) | ({"problems": reading.ignored_problems} if reading.ignored_problems else {}),
    )


def find_source(name: str, playbook: Playbook) -> Source:
    """The rules of a source, or UnknownSource."""
    if name not in playbook.sources:
        raise UnknownSource(name, playbook)
    return playbook.sources[name]


def _missing_fields(source: Source, found: set[str], spoken_of: set[str]) -> Iterator[Problem]:
    for required in source.required:
        names = set(required.split("|"))
        if not names & (found | spoken_of):
            wanted = " or ".join(required.split("|")).replace("key", f"the source's own id ({', '.join(source.key)})")
            yield Problem(field=required, found="nothing", expected=wanted)


class _LeadParser:
    """One payload on its way to values; gathers what cannot be used."""

    def __init__(self, source: Source, playbook: Playbook, raw: Mapping[str, Any]) -> None:
        self.source = source
        self.playbook = playbook
        self.empty = {"", *(word.casefold() for word in source.empty)}
        self.problems: list[Problem] = []
        self.ignored_problems: list[Problem] = []
        self.sent: dict[str, Any] = {}
        for name, value in raw.items():
            if value is not None and self.sent.get(normalize_name(name)) in (None, ""):
                self.sent[normalize_name(name)] = value

    def values(self, now: datetime) -> dict[str, Any]:
        """The columns of Contact and custom fields that the payload gives."""
        values: dict[str, Any] = {}
        fields = CONTACT_FIELDS | self.playbook.fields
        for name in fields:
            if (value := self.read(name, fields[name])) is not None:
                values[name] = value
        self.ignore_bad_phones(values)
        return self.special_values(now) | values

    def read(self, name: str, field: CustomField) -> Any:
        given = self.given(name)
        if given is None:
            return None
        try:
            value = clean(field, given, region=self.playbook.company.country)
        except BadValue as error:
            self.problems.append(Problem(field=name, found=error.found, expected=error.expected))
            return None
        return self.normalize_spelling(name, value)

    def given(self, name: str) -> Any:
        """What the payload says for a field of ours under any of its names, None when that is nothing."""
        for sent_name in self.source.names_of(name):
            value = self.sent.get(sent_name)
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if not self.is_empty(name, value):
                return value
        return None

    def is_empty(self, name: str, value: Any) -> bool:
        if isinstance(value, str):
            return value.strip().casefold() in ({"", "-", "n/a"} if name in NAMES_OF_PEOPLE else self.empty)
        return value is None or value == [] or value == {}

    def normalize_spelling(self, name: str, value: Any) -> Any:
        if name == "state":
            return state_code(value) or value
        if not isinstance(value, str):
            return value
        spellings = {spelling.casefold(): spelling for spelling in self.source.spellings.get(name, ())}
        return spellings.get(value.casefold(), value)

    def ignore_bad_phones(self, values: dict[str, Any]) -> None:
        """Who gave a readable email (or phone, for the mobile) is reached by that; what was typed stays in the data."""
        for name, instead in (("phone", "email"), ("mobile_phone", "phone"), ("mobile_phone", "email")):
            if instead in values:
                self.ignored_problems += [one for one in self.problems if one["field"] == name]
                self.problems = [one for one in self.problems if one["field"] != name]

    def special_values(self, now: datetime) -> dict[str, Any]:
        """Columns that are filled from fields which are none themselves."""
        values: dict[str, Any] = {}
        for name in SPECIAL_FIELDS:
            if (given := self.given(name)) is not None:
                try:
                    values |= SPECIAL_READERS[name](given, now)
                except BadValue as error:
                    self.problems.append(Problem(field=name, found=error.found, expected=error.expected))
        return values

    def key(self, field: str, names: tuple[str, ...]) -> str | None:
        """An id as the sender writes it."""
        for name in names:
            value = self.sent.get(normalize_name(name))
            if self.is_empty(field, value):
                continue
            text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
            if 0 < len(text) <= LONGEST_KEY:
                return text
            expected = f"an id: text or a whole number, at most {LONGEST_KEY} characters,"
            self.problems.append(Problem(field=field, found=quote_value(value), expected=expected))
        return None

    def form(self, default: str | None) -> str | None:
        """The name of the form as journeys write it: `Request Info` is `request-info`."""
        value = self.sent.get("form")
        if self.is_empty("form", value):
            return default
        name = re.sub(r"[\s_]+", "-", value.strip().lower()) if isinstance(value, str) else ""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", name):
            self.problems.append(
                Problem(field="form", found=quote_value(value), expected="a form's name such as request-info")
            )
        return name


def _full_name(value: Any, _now: datetime) -> dict[str, Any]:
    name = " ".join(clean_text(value).split())
    last, comma, first = name.partition(", ")
    if not comma:
        first, _, last = name.partition(" ")
    return {"first_name": first} | ({"last_name": last} if last else {})


def _employees(value: Any, _now: datetime) -> dict[str, Any]:
    text = clean_text(value).replace(",", "")
    number = re.match(r"(\d{1,9})(?:\.0+)?(?=$|\D)", text)
    if not number:
        raise BadValue(value, "a number of people such as 50, or a range such as 51-200,")
    return {"employees": int(number[1])}


def _consent(value: Any, now: datetime) -> dict[str, Any]:
    agreed = isinstance(value, str) and value.strip().casefold() in CONSENT_WORDS
    return {"consent_at": now} if agreed or clean_checkbox(value) else {}


def _do_not_email(value: Any, _now: datetime) -> dict[str, Any]:
    return {"wants_mail": False} if clean_checkbox(value) else {}


SPECIAL_READERS = {
    "full_name": _full_name,
    "employees": _employees,
    "consent": _consent,
    "do_not_email": _do_not_email,
}
