"""Fields of a source that are no column of Contact by themselves, and the columns that each fills."""

from collections.abc import Callable, Mapping
from typing import Any

from models.values.readers.bad_value import BadValue
from models.values.readers.checkbox import read_checkbox
from models.values.readers.count import read_employees
from models.values.readers.person_name import LONGEST_NAME, company_in, read_full_name
from models.values.readers.phone import clean_extension
from models.values.readers.text import clean_text


def _full_name(value: Any, country: str) -> dict[str, Any]:
    text = clean_text(value)
    try:
        name = read_full_name(text, country)
    except BadValue:
        if len(text) > LONGEST_NAME or not company_in(text):
            raise
        return {"company": text}
    return {column: part for column, part in (("first_name", name.first), ("last_name", name.last)) if part}


def _employees(value: Any, country: str) -> dict[str, Any]:
    return {"employees": read_employees(value, country)}


def _phone_extension(value: Any, _country: str) -> dict[str, Any]:
    return {"phone_extension": clean_extension(value)}


def _consent(value: Any, _country: str) -> dict[str, Any]:
    return {"consent": True} if read_checkbox(value) else {}


def _do_not_email(value: Any, _country: str) -> dict[str, Any]:
    return {"wants_mail": False} if read_checkbox(value) else {}


SPECIAL_READERS: Mapping[str, Callable[[Any, str], dict[str, Any]]] = {
    "full_name": _full_name,
    "employees": _employees,
    "phone_extension": _phone_extension,
    "consent": _consent,
    "do_not_email": _do_not_email,
}

UNREAD_MEANS: dict[str, dict[str, Any]] = {"do_not_email": {"wants_mail": False}}
"""What holds until a person has read it: who may have asked for no mail gets none."""
