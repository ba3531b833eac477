"""The columns that the list of contacts can have: what each is called, and where its value is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, literal_column, select, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.conditions.fields import ContactFields
from models.contacts.views.conditions import LAST_ACTIVITY
from models.display_name import DISPLAY_NAME
from models.tables.contact import RANK, Contact
from models.tables.event import CONTACT_ACTION, Event
from models.tables.team import Rep
from models.titles import in_words
from models.values.custom_field import CustomField

OWNER = aliased(Rep, name="owner")
"""Whose name the column of owners shows; the list joins it."""


def from_contacts(wanted: Select[Any]) -> Select[Any]:
    """With the name of the owner beside it, which Postgres leaves out where nobody asks for it."""
    return wanted.select_from(Contact).outerjoin(OWNER, col(OWNER.id) == col(Contact.owner_id))


@dataclass(frozen=True)
class ListColumn:
    """A column of the list."""

    name: str
    title: str
    kind: str
    """`text`, `number`, `flag`, `date`, `moment` or `list`, as in conditions."""
    value: ColumnElement[Any]
    key: ColumnElement[Any]
    """What it is sorted by."""
    is_nullable: bool = True
    near: Callable[[Any, bool], ColumnElement[bool]] | None = None
    """A condition that all contacts meet whose key is at least this value, or at most when it is not descending, where
    one finds them sooner than the key."""

    @property
    def is_sortable(self) -> bool:
        """Lists have no order."""
        return self.kind != "list"


TITLES = {
    "who": "Who",
    "stage": "Stage",
    "score": "Score",
    "owner": "Owner",
    "source": "From",
    "created_at": "Came",
    "last_activity": "Last active",
    "suppressed": "Mail",
    "probability": "Chance of buying",
    "mql_level": "MQL level",
    "state": "State",
}
USUAL = ("company", "stage", "score", "owner", "source", "created_at")
"""What the list shows when nobody has chosen."""
BY_NAME: ColumnElement[Any] = literal_column(
    "lower(coalesce(contact.last_name, contact.first_name, contact.company, contact.email, ''))", Text()
)
"""Postgres keeps statistics of these very words, by which it knows how few the beginning of the list holds."""
NEVER_NULL = {"score", "stage", "created_at"}
OWN = (
    *("company", "stage", "score", "owner", "source", "created_at", "last_activity", "email", "phone", "job_title"),
    *("industry", "employees", "city", "state", "postal_code", "country", "product", "suppressed", "mql_level"),
    *("probability", "consent_at", "customer_at"),
)
"""What every company can choose from, in this order; the fields of the playbook follow."""


def columns_of(fields: Mapping[str, CustomField]) -> dict[str, ListColumn]:
    """Every column by name, with the fields that the playbook declares; `who` comes first."""
    made = [_who(), *(_column(name, fields) for name in OWN if name not in fields)]
    made += [_column(name, fields) for name in fields]
    return {column.name: column for column in made}


def _who() -> ListColumn:
    return ListColumn("who", "Who", "text", literal_column(DISPLAY_NAME), BY_NAME, is_nullable=False)


def _column(name: str, fields: Mapping[str, CustomField]) -> ListColumn:
    if name not in fields and name in _ELSEWHERE:
        kind, value = _ELSEWHERE[name]
        return ListColumn(
            name, TITLES[name], kind, value, value, near=_active_near if name == "last_activity" else None
        )
    found = ContactFields(fields).find(name, None)
    if found is None:
        raise LookupError(f"The list cannot have the column {name}: contacts have no such field.")
    title = (fields[name].label if name in fields else None) or TITLES.get(name) or in_words(name)
    key = RANK if name == "stage" and name not in fields else found.column
    return ListColumn(name, title, found.kind, found.column, key, name not in NEVER_NULL or name in fields)


def _active_near(moment: Any, is_descending: bool) -> ColumnElement[bool]:
    """They did something by then, or since: few did, where the list begins."""
    at = col(Event.at) >= moment if is_descending else col(Event.at) <= moment
    return col(Contact.id).in_(select(col(Event.contact_id)).where(text(CONTACT_ACTION), at))


_ELSEWHERE: Mapping[str, tuple[str, Any]] = {
    "owner": ("text", col(OWNER.name)),
    "last_activity": ("moment", LAST_ACTIVITY),
}
