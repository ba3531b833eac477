"""Base class and value types of the playbook's sections; unknown keys are errors."""

import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer
from pydantic.config import JsonDict

from models.values.readers.email_address import clean_email

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


def web_address(address: str) -> str:
    """The address as it is; ValueError for one that no browser would open."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in address:
        raise ValueError("an address that begins with https:// was expected")
    return address


Duration = Annotated[timedelta, BeforeValidator(read_duration), PlainSerializer(write_duration)]
TimeZone = Annotated[str, AfterValidator(known_time_zone)]
Email = Annotated[str, AfterValidator(clean_email)]
EventPattern = Annotated[str, Field(pattern=EVENT_PATTERN)]
Text = Annotated[str, Field(min_length=1)]
WebAddress = Annotated[str, AfterValidator(web_address)]
"""Stands behind a link in mails."""


def renamed(old: str, new: str, **settings: Any) -> Any:
    """A field `new` whose key was `old` in earlier versions. Both are read; only the new one is written.

    Documents that were applied before the renaming stay readable, and `outdated_keys` finds the old key in a file.
    """
    extra: JsonDict = {"renamed_from": old}
    return Field(validation_alias=AliasChoices(new, old), json_schema_extra=extra, **settings)


class Section(BaseModel):
    """A part of the playbook. A key that it does not know is an error: it would be a setting without effect."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
