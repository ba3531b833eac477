"""A lead as it is read from what a source sent, before it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.leads.reading.told_late import GivenConsent
from models.values.readers.bad_value import quote_value
from models.values.sanitize import Problem, problems_text

OWN_KEYS = ("post:", "spool:")
"""How keys begin that a post gets from us, so that it is stored once. Its sender says nothing by them."""

FORM_SUBMITTED = "form_submitted"


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
    is_dated: bool = False
    """Its sender told when it happened; otherwise `at` is when we were told."""
    has_bought: bool = False
    """A file says that they bought, and not what or for how much."""
    is_history: bool = False
    """It was told late: it is recorded and scored, and nobody is asked or mailed."""


class UnreadableLead(ValueError):
    """A lead that names nobody: it has no address, number or sender's id that can be used."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(f"This cannot be used as it is. {problems_text(problems)}.")
