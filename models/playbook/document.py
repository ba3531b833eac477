"""What the playbook says: the parts of deployments/playbook.yaml and the shape of each."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from models.contact import Stage
from models.custom_field import CustomField, clean_email
from models.sales import ProductTier
from models.source import Source

UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
EVENT_PATTERN = r"^[a-z][a-z_]*(:\S+)?$"


def read_duration(value: object) -> timedelta:
    """`30m`, `4h`, `1d` or `2w` as a timedelta."""
    match = re.fullmatch(r"(\d{1,4})([mhdw])", value) if isinstance(value, str) else None
    if not match:
        raise ValueError("a duration such as 30m, 4h, 1d or 2w was expected")
    return int(match[1]) * UNITS[match[2]]


def write_duration(duration: timedelta) -> str:
    """The shortest way to write a duration that read_duration understands."""
    fits = ((letter, unit) for letter, unit in UNITS.items() if duration and not duration % unit)
    letter, unit = next(fits, ("m", UNITS["m"]))
    return f"{duration // unit}{letter}"


def known_time_zone(name: str) -> str:
    """The name as it is; ValueError for a zone that does not exist."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("a time zone such as America/New_York was expected") from None


Duration = Annotated[timedelta, BeforeValidator(read_duration), PlainSerializer(write_duration)]
Email = Annotated[str, AfterValidator(clean_email)]
EventPattern = Annotated[str, Field(pattern=EVENT_PATTERN)]
Text = Annotated[str, Field(min_length=1)]


def _to_cents(price: Decimal) -> Decimal:
    return price.quantize(Decimal("0.01"))


class Section(BaseModel):
    """A part of the playbook. A key that it does not know is an error: it would be a setting without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Company(Section):
    """Who writes the mails."""

    name: Text
    postal_address: Text
    """Stands under every marketing mail, as the law asks."""
    website: Text
    """An address, or a path below the address of web/, such as /site."""
    from_name: Text
    from_email: Email
    reply_to: Email | None = None
    phone: str | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "US"
    """Where phone numbers without a country code belong."""
    time_zone: Annotated[str, AfterValidator(known_time_zone)] = "UTC"
    """In which mails to salespeople name due times, such as America/New_York."""


class RepEntry(Section):
    """A salesperson."""

    name: Text
    email: Email
    phone: str | None = None
    job_title: str | None = None
    calendar_url: str | None = None


class TeamEntry(Section):
    """Salespeople with one manager."""

    name: Text
    manager_email: Email | None = None
    reps: tuple[RepEntry, ...] = Field(min_length=1)


class RouterEntry(Section):
    """Gives leads to its members in turn."""

    name: Text
    members: tuple[Email, ...] = Field(min_length=1)
    """Emails of reps."""


class ProductEntry(Section):
    """Something that can be ordered."""

    code: Text
    name: Text
    tier: ProductTier
    price: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2), AfterValidator(_to_cents)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"


class StageRule(Section):
    """What lifts a contact to a stage: one of these events, when the condition (if any) holds at that moment."""

    on: tuple[EventPattern, ...] = ()
    """Without events the condition is looked at with every event of the contact."""
    when: str | None = None


class Playbook(Section):
    """All of it."""

    company: Company
    teams: tuple[TeamEntry, ...] = Field(min_length=1)
    routers: tuple[RouterEntry, ...] = Field(min_length=1)
    products: tuple[ProductEntry, ...] = ()
    fields: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], CustomField] = {}
    sources: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$")], Source] = Field(min_length=1)
    stages: dict[Stage, StageRule] = {}
    reminders: tuple[Duration, ...] = ()
    """How long after a task was due its assignee is chased, once for each."""

    def reps(self) -> Iterator[tuple[TeamEntry, RepEntry]]:
        """Every salesperson with their team."""
        return ((team, rep) for team in self.teams for rep in team.reps)
