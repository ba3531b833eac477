"""What is worked out once for a source and not for each of its leads, as a file has many that are alike. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS, SPECIAL_FIELDS, Source
from models.values.custom_field import CustomField, FieldType

ALSO_NAMES = {"null", "none", "nil"}
"""Words for nothing that some people are called."""
NAMES_OF_PEOPLE = {"first_name", "last_name", "full_name"}
NEVER_ALIKE = {FieldType.EMAIL, FieldType.PHONE, FieldType.SMS_NUMBER, FieldType.LIST}
"""Types of fields whose readings are not kept: nearly every lead has another, or the value can be changed later."""
LONGEST_KEPT = 100
"""Letters of a text whose reading is kept."""
MOST_KEPT = 10_000
MOST_SOURCES = 100


class Reading(NamedTuple):
    """What one text, given for one field, is read as."""

    value: Any
    is_read: bool
    notes: Sequence[tuple[Any, str]] = ()
    """What a person has to look at, each with what was expected."""


class SourceRules:
    """A source with all that follows from it and its playbook for each of its leads."""

    def __init__(self, source: Source, playbook: Playbook) -> None:
        self.source = source
        self.playbook = playbook
        self.country = source.country or playbook.company.country
        self.fields: Mapping[str, CustomField] = CONTACT_FIELDS | playbook.fields
        self.readings: dict[tuple[str, str, str], Reading] = {}
        """Field, text, and country of the person -> what it is read as."""
        self.empty = frozenset(("", *(word.casefold() for word in source.empty)))
        self.empty_names = self.empty - ALSO_NAMES
        self.names = {name: source.names_of(name) for name in (*self.fields, *SPECIAL_FIELDS)}
        self.spellings = {
            name: {spelling.casefold(): spelling for spelling in spellings}
            for name, spellings in source.spellings.items()
        }

    @cached_property
    def _fields_by_name(self) -> Mapping[str, Sequence[str]]:
        """What the sender may call a field -> the fields that it can be."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for field in self.fields:
            for name in self.names[field]:
                found[name].append(field)
        return dict(found)

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {field: place for place, field in enumerate(self.fields)}

    def fields_in(self, sent: Iterable[str]) -> list[str]:
        """Which fields a payload with these names can have, in the order of all."""
        known = self._fields_by_name
        return sorted({field for name in sent for field in known.get(name, ())}, key=self._place.__getitem__)

    def names_of(self, field: str) -> Sequence[str]:
        """What the sender may call a field, in plain spelling, the first having precedence."""
        return self.names.get(field) or self.source.names_of(field)

    def is_empty_word(self, field: str, text: str) -> bool:
        """Whether a text says that there is nothing."""
        return text.strip().casefold() in (self.empty_names if field in NAMES_OF_PEOPLE else self.empty)

    def kept_reading(self, field: str, given: Any, country: str) -> Reading | None:
        """What this was read as in an earlier lead."""
        return self.readings.get((field, given, country)) if isinstance(given, str) else None

    def keep(self, field: str, given: Any, country: str, reading: Reading) -> None:
        """Keep a reading for the leads that say the same."""
        is_own = field in self.fields and self.fields[field].type in NEVER_ALIKE
        if not isinstance(given, str) or len(given) > LONGEST_KEPT or is_own:
            return
        if len(self.readings) >= MOST_KEPT:
            self.readings.clear()
        self.readings[field, given, country] = reading


_rules: dict[int, SourceRules] = {}
"""By the number that Python knows a source by: it is the source's own for as long as its rules are here."""


def rules_for(source: Source, playbook: Playbook) -> SourceRules:
    """The rules of a source, worked out once for a playbook."""
    known = _rules.get(id(source))
    if known is None or known.playbook is not playbook:
        if len(_rules) >= MOST_SOURCES:
            _rules.clear()
        known = _rules[id(source)] = SourceRules(source, playbook)
    return known
