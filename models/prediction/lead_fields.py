"""Features from the first form, call or list of a lead, read by the rules of its source.

Pure.

What the contact says today is not asked: salespeople have added to it since, and more to those who were about to buy.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS, EMPTY_WORDS, Source, normalize_name
from models.prediction.binning import Column
from models.prediction.feature import FeatureKind
from models.values.custom_field import CustomField, FieldType, clean
from models.values.readers.bad_value import BadValue
from models.values.readers.checkbox import read_checkbox
from models.values.readers.special_fields import SPECIAL_READERS

PERSONAL = {"email", "phone", "mobile_phone", "first_name", "last_name", "street"}
"""Fields that identify a person: only whether they are given is used."""
PERSONAL_TYPES = {FieldType.EMAIL, FieldType.PHONE, FieldType.SMS_NUMBER, FieldType.ADDRESS}
MANY_VALUED = {FieldType.LIST, FieldType.DATE}
NUMBERS = {FieldType.NUMBER, FieldType.PRICE}
GIVEN = "given"
"""Stands for a value whose content is not used."""
UNKNOWN_SOURCE = Source(label="not in the playbook", fields={})

ReadValue = Callable[[Any], Any]


class FirstEvent(NamedTuple):
    """The event with which somebody became a lead."""

    source: str | None
    topic: str | None
    data: Mapping[str, Any]


class _FieldReader(NamedTuple):
    label: str
    kind: FeatureKind
    read_value: ReadValue
    """A value as sent -> as it stands in the table; BadValue for what cannot be used."""


def field_columns(playbook: Playbook) -> dict[str, Column]:
    """The columns of `field_table`."""
    fields = {f"field:{name}": Column(known.label, known.kind) for name, known in _field_readers(playbook).items()}
    return fields | {
        "field:source": Column("Source", FeatureKind.CATEGORY),
        "form": Column("First form", FeatureKind.CATEGORY),
    }


def field_table(first: Sequence[FirstEvent], playbook: Playbook) -> pd.DataFrame:
    """A row per first event."""
    known = _field_readers(playbook)
    names = {source: _names(rules, tuple(known)) for source, rules in playbook.sources.items()}
    other = _names(UNKNOWN_SOURCE, tuple(known))
    sent = [_sent(one.data, names.get(one.source or "", other)) for one in first]
    columns = {f"field:{name}": _column(name, sent, known[name].read_value) for name in known}
    came = {"field:source": [one.source for one in first], "form": [one.topic for one in first]}
    return pd.DataFrame(columns | {name: pd.Series(values, dtype=object) for name, values in came.items()})


def _field_readers(playbook: Playbook) -> dict[str, _FieldReader]:
    fields, country = CONTACT_FIELDS | playbook.fields, playbook.company.country
    known = {name: _field_reader(name, field, country) for name, field in fields.items()}
    read_employees, read_consent = (SPECIAL_READERS[name] for name in ("employees", "consent"))
    employees = _FieldReader("Employees", FeatureKind.NUMBER, lambda value: read_employees(value, country)["employees"])
    consent = _FieldReader(
        "Consent", FeatureKind.CATEGORY, lambda value: "yes" if read_consent(value, country) else "no"
    )
    return known | {"employees": employees, "consent": consent}


def _field_reader(name: str, field: CustomField, country: str) -> _FieldReader:
    label = field.label or name.replace("_", " ").capitalize()
    if name in PERSONAL or field.type in PERSONAL_TYPES | MANY_VALUED:
        return _FieldReader(label, FeatureKind.CATEGORY, lambda _: GIVEN)
    if field.type is FieldType.CHECKBOX:
        return _FieldReader(label, FeatureKind.CATEGORY, lambda value: "yes" if read_checkbox(value) else "no")
    if field.type in NUMBERS:
        return _FieldReader(label, FeatureKind.NUMBER, lambda value: float(clean(field, value, country=country)))
    return _FieldReader(label, FeatureKind.CATEGORY, lambda value: clean(field, value, country=country))


def _names(rules: Source, fields: tuple[str, ...]) -> dict[str, list[str]]:
    """What a source calls things, in plain spelling -> our fields of that name."""
    called: dict[str, list[str]] = {}
    for field in fields:
        for name in rules.names_of(field):
            called.setdefault(name, []).append(field)
    return called


def _sent(data: Mapping[str, Any], called: Mapping[str, list[str]]) -> dict[str, Any]:
    """Our field -> what was sent for it."""
    sent: dict[str, Any] = {}
    for name, value in data.items():
        if value in (None, "", []):
            continue
        for field in called.get(normalize_name(name), ()):
            sent.setdefault(field, value[0] if isinstance(value, list) and len(value) == 1 else value)
    return sent


def _column(name: str, sent: Sequence[Mapping[str, Any]], read: ReadValue) -> "pd.Series[Any]":
    @lru_cache(maxsize=100_000)
    def once(value: Any) -> Any:
        if isinstance(value, str) and value.strip().casefold() in EMPTY_WORDS:
            return None
        try:
            return read(value)
        except BadValue:
            return None

    values = (one.get(name) for one in sent)
    read_values = [None if value is None else once(value if value.__hash__ else str(value)) for value in values]
    return pd.Series(read_values, dtype=object)
