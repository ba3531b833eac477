"""The date in a field of a contact, as the moment at which something is to happen. Pure."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from models.playbook.document import Playbook
from models.values.custom_field import FieldType
from models.wording import did_you_mean

MORNING = time(9)
"""When people begin to take calls; a date alone says no hour."""


def date_field_problem(name: str, playbook: Playbook) -> str | None:
    """The sentence about a field that holds no date; None when it does."""
    field = playbook.fields.get(name)
    if field is not None and field.type is FieldType.DATE:
        return None
    dates = sorted(name for name, field in playbook.fields.items() if field.type is FieldType.DATE)
    found = f"'{name}' is of type {field.type}" if field else f"contacts have no field '{name}'"
    return (
        f"The journey waits for the date in a field, and {found}.{did_you_mean(name, dates)} Declare it in the "
        f"playbook as `{name}: {{type: date}}`, or take one of: {', '.join(dates) or 'none yet'}."
    )


def morning_of(day: object, zone: ZoneInfo) -> datetime | None:
    """Nine o'clock of a day that is written YYYY-MM-DD; None for anything else."""
    try:
        return datetime.combine(date.fromisoformat(str(day)), MORNING, zone)
    except ValueError:
        return None
