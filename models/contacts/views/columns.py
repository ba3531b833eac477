"""The columns that the list of contacts can have: what each is called, and where its value is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.conditions.fields import ContactFields
from models.contacts.views.conditions import LAST_ACTIVITY
from models.display_name import DISPLAY_NAME
from models.tables.contact import RANK, Contact
from models.tables.team import Rep
from models.titles import in_words
from models.values.custom_field import CustomField

OWNER = aliased(Rep, name="owner")
"""Whose name the column of owners shows; the list joins it."""


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
BY_NAME = func.lower(
    func.coalesce(col(Contact.last_name), col(Contact.first_name), col(Contact.company), col(Contact.email), "")
)
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
        return ListColumn(name, TITLES[name], kind, value, value)
    found = ContactFields(fields).find(name, None)
    if found is None:
        raise LookupError(f"The list cannot have the column {name}: contacts have no such field.")
    title = (fields[name].label if name in fields else None) or TITLES.get(name) or in_words(name)
    key = RANK if name == "stage" and name not in fields else found.column
    return ListColumn(name, title, found.kind, found.column, key, name not in NEVER_NULL or name in fields)


_ELSEWHERE: Mapping[str, tuple[str, Any]] = {
    "owner": ("text", col(OWNER.name)),
    "last_activity": ("moment", LAST_ACTIVITY),
}
