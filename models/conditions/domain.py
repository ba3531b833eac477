"""The possible values of a contact's field, and sample values around the constants of a condition. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, product
from typing import Any

from models.conditions.fields import FLAGS, KINDS, MOMENTS, NUMBERS
from models.tables.contact import STAGES, Suppression
from models.values.custom_field import CustomField, FieldType

MOST_WORDS = 6
ONE_DAY = timedelta(days=1)
INTEGER_FIELDS = {"employees", "mql_level"}
CLOSED_TYPES = {FieldType.DROPDOWN, FieldType.LIST}
"""Fields whose values are always one of their options; in others, options are suggestions only."""
NEVER_NULL = {"score", "stage", "created_at"}
OPTIONS: dict[str, tuple[Any, ...]] = {
    "stage": tuple(str(stage) for stage in STAGES),
    "suppressed": tuple(str(reason) for reason in Suppression),
    "mql_level": (1, 2, 3),
}


@dataclass(frozen=True)
class Domain:
    """The values that a field can have."""

    kind: str
    options: tuple[Any, ...] = ()
    """All of them, where they are few."""
    is_integer: bool = False
    is_nullable: bool = True

    def parse_literal(self, value: Any) -> Any:
        """A literal of a condition as a value of this field."""
        if isinstance(value, list | tuple | set):
            return [self.parse_literal(one) for one in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return Decimal(str(value))
        if isinstance(value, str) and self.kind in ("date", "moment"):
            return datetime.fromisoformat(value).astimezone(UTC)
        return value

    def sample_values(self, mentioned: Sequence[Any], words: Sequence[str] = ()) -> list[Any]:
        """Values at, between and beside those that a condition mentions: others make no difference to it.

        `words` are those that it looks for in a text, at most MOST_WORDS.
        """
        known = [value for value in mentioned if value is not None]
        unknown = [None] if self.is_nullable else []
        return [*unknown, *(self.options if self.options and self.kind != "list" else self._samples(known, words))]

    def _samples(self, known: Sequence[Any], words: Sequence[str]) -> list[Any]:
        match self.kind:
            case "flag":
                return [True, False]
            case "number":
                return _numbers(known, self.is_integer)
            case "date" | "moment":
                return _moments(known, self.kind == "date")
        return [*known, *_texts(words)]


def domain_of(name: str, fields: Mapping[str, CustomField]) -> Domain:
    """Of a field of contacts, or one that the playbook declares."""
    declared = fields.get(name)
    if declared is None:
        kinds = (("number", NUMBERS), ("flag", FLAGS), ("moment", MOMENTS))
        kind = next((kind for kind, names in kinds if name in names), "text")
        return Domain(kind, OPTIONS.get(name, ()), name in INTEGER_FIELDS, name not in NEVER_NULL)
    kind = "list" if declared.type is FieldType.LIST else KINDS.get(declared.type, "text")
    return Domain(kind, declared.options if declared.type in CLOSED_TYPES else ())


def _numbers(known: Sequence[Decimal], is_integer: bool) -> list[Decimal]:
    values = sorted({Decimal(0), *known})
    if is_integer:
        return [Decimal(int(value) + step) for value in values for step in (-2, -1, 0, 1, 2)]
    between = [(low + high) / 2 for low, high in pairwise(values)]
    return [values[0] - 1, *values, *between, values[-1] + 1]


def _texts(words: Sequence[str]) -> Iterator[str]:
    """Texts that have each word whole, inside a longer word, or not at all, and are nothing else."""
    for chosen in product(*(("", word, f"z{word}z") for word in dict.fromkeys(words))):
        yield " ~ ".join(["~", *filter(None, chosen)])


def _moments(known: Sequence[datetime], is_date: bool) -> list[datetime]:
    values = sorted(set(known)) or [datetime(2026, 1, 1, tzinfo=UTC)]
    between = [] if is_date else [low + (high - low) / 2 for low, high in pairwise(values)]
    return [*between, *(value + step for value in values for step in (-ONE_DAY, timedelta(0), ONE_DAY))]
