"""Fields that the playbook declares beside those every contact has: their types, and checking what comes in."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.values.us_state import state_code

LONGEST_TEXT = 10_000
LARGEST_NUMBER = 10**15
MOST_EMPLOYEES = 10_000_000
CURRENCY = re.compile(r"^(?:[A-Z]{3}|[$€£])\s*|\s*(?:[A-Z]{3}|[$€£])$")
YES = ("true", "yes", "y", "on", "1", "1.0", "checked", "x")
NO = ("false", "no", "n", "off", "0", "0.0", "unchecked")
CHECKBOX_WORDS = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)


class FieldType(StrEnum):
    """What a field can hold. Beside each: how its value is stored in JSON."""

    CHECKBOX = "checkbox"
    """true or false."""
    DATE = "date"
    """Text, YYYY-MM-DD."""
    LIST = "list"
    """A list of texts, out of the options when there are any."""
    TEXT = "text"
    NUMBER = "number"
    PRICE = "price"
    """Text with two decimals, so that no cent is lost and mails show it as it is."""
    PHONE = "phone"
    """Text in E.164, such as +14155550123."""
    STATE = "state"
    """The two letters of a US state; in companies of other countries any text."""
    DROPDOWN = "dropdown"
    """One of the options, as the playbook spells it, so that it fits into a sentence of a mail."""
    EMAIL = "email"
    SMS_NUMBER = "sms_number"
    ADDRESS = "address"
    """Text on one line."""


class CustomField(BaseModel):
    """A field as declared: `challenge: {type: dropdown, label: Biggest challenge, options: [...]}`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: FieldType
    label: str = ""
    options: tuple[str, ...] = Field(default=())
    long: bool = False
    """A text of several lines, typed into a larger box."""
    about: str | None = None
    """A sentence under the field in forms, such as who reads what is written there."""

    @model_validator(mode="after")
    def _dropdowns_offer_something(self) -> "CustomField":
        if self.type is FieldType.DROPDOWN and not self.options:
            raise ValueError("a dropdown needs its choices: add `options: [...]`")
        if self.long and self.type is not FieldType.TEXT:
            raise ValueError(f"a {self.type} has one line: only `type: text` can be `long: true`")
        return self


DeclaredFields = tuple[tuple[str, CustomField], ...]
"""The playbook's own fields by name, hashable: a statement that depends on them is built once, not for each event."""


class BadValue(ValueError):
    """A value that does not fit its field: what was found, and what was expected."""

    def __init__(self, value: Any, expected: str) -> None:
        self.found = quote_value(value)
        self.expected = expected
        super().__init__(f"{self.found} was found, {expected} was expected")


def quote_value(value: Any) -> str:
    """A value as a sentence quotes it: on one line, short, and safe to print and store."""
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    # repr leaves unpaired surrogates of nested values alone, and they cannot be encoded.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else f"{text[:77]}..."


def clean(field: CustomField, value: Any, *, region: str = "US") -> Any:
    """The JSON value to store for what a sender wrote, or BadValue. `region` is the country of local phone numbers."""
    return CLEANERS[field.type](field, value, region)


def clean_text(value: Any) -> str:
    """Text without blanks around it; numbers are taken as text, true and false are not."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(value, "text")
    text = str(value).strip()
    if len(text) > LONGEST_TEXT:
        raise BadValue(text, f"text of at most {LONGEST_TEXT:,} characters, not {len(text):,},")
    return text


def clean_email(value: Any) -> str:
    """The address in lower case with its domain in ASCII, the form contacts are recognised by."""
    try:
        address = validate_email(clean_text(value), check_deliverability=False)
    except EmailNotValidError as error:
        raise BadValue(value, f"an email address such as joe@example.com ({str(error).rstrip('.')})") from None
    return f"{address.local_part.lower()}@{address.ascii_domain}"


def clean_phone(value: Any, region: str) -> str:
    """The number in E.164. Numbers without a country code are taken to be of `region`."""
    expected = f"a phone number such as +1 415 555 0123 (without +, a number in {region})"
    try:
        number = phonenumbers.parse(clean_text(value), region)
    except phonenumbers.NumberParseException:
        raise BadValue(value, expected) from None
    # Valid is stricter (it knows which ranges are given out) and refuses the 555 numbers of every example.
    if not phonenumbers.is_possible_number(number):
        raise BadValue(value, expected)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean_checkbox(value: Any) -> bool:
    """True or false from what forms and files write for it."""
    answer = CHECKBOX_WORDS.get(str(value).strip().lower()) if isinstance(value, bool | int | float | str) else None
    if answer is None:
        raise BadValue(value, "yes or no (also true, false, on, off, 1, 0)")
    return answer


def clean_number(value: Any) -> int | float:
    """A finite number; `1,200` is twelve hundred."""
    expected = "a number such as 1200 or 2.5"
    number = _decimal(value, expected)
    if abs(number) >= LARGEST_NUMBER:
        raise BadValue(value, f"{expected}, below {LARGEST_NUMBER:,}")
    return int(number) if number == number.to_integral_value() else float(number)


def clean_employee_count(value: Any) -> int:
    """A whole number of people."""
    count = clean_number(value)
    if not (isinstance(count, int) and 0 <= count <= MOST_EMPLOYEES):
        raise BadValue(value, f"a whole number up to {MOST_EMPLOYEES:,}")
    return count


def _decimal(value: Any, expected: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadValue(value, expected)
    text = str(value).strip()
    if not re.fullmatch(r"[+-]?(\d{1,3}(,\d{3})+|\d{1,30})?(\.\d{1,30})?([eE][+-]?\d{1,3})?", text, re.ASCII):
        raise BadValue(value, expected)
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise BadValue(value, expected) from None


def _date(_field: CustomField, value: Any, _region: str) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    text = clean_text(value)
    try:
        return (datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)).isoformat()[:10]
    except ValueError:
        raise BadValue(value, "a date such as 2026-03-31") from None


def _list(field: CustomField, value: Any, _region: str) -> list[str]:
    parts = re.split(r"[;,\n]", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise BadValue(value, "a list of texts")
    texts = [text for part in parts if (text := clean_text(part))]
    if field.options:
        texts = [_one_of(field.options, text) for text in texts]
    return list(dict.fromkeys(texts))


def _price(_field: CustomField, value: Any, _region: str) -> str:
    expected = "a price such as 4800 or 190.00"
    amount = _decimal(CURRENCY.sub("", value.strip()) if isinstance(value, str) else value, expected)
    if not 0 <= amount < LARGEST_NUMBER:
        raise BadValue(value, expected)
    return f"{amount:.2f}"


def _state(_field: CustomField, value: Any, region: str) -> str:
    text = clean_text(value)
    code = state_code(text)
    if code is None and region == "US":
        raise BadValue(value, "a US state, such as CA or California,")
    return code or text


def _dropdown(field: CustomField, value: Any, _region: str) -> str:
    return _one_of(field.options, clean_text(value))


def _one_of(options: tuple[str, ...], text: str) -> str:
    for option in options:
        if option.casefold() == text.casefold():
            return option
    raise BadValue(text, "one of " + ", ".join(f'"{option}"' for option in options))


def _address(_field: CustomField, value: Any, _region: str) -> str:
    if isinstance(value, dict):
        value = ", ".join(clean_text(part) for part in value.values() if part not in (None, ""))
    return " ".join(clean_text(value).split())


CLEANERS: dict[FieldType, Callable[[CustomField, Any, str], Any]] = {
    FieldType.CHECKBOX: lambda _field, value, _region: clean_checkbox(value),
    FieldType.DATE: _date,
    FieldType.LIST: _list,
    FieldType.TEXT: lambda _field, value, _region: clean_text(value),
    FieldType.NUMBER: lambda _field, value, _region: clean_number(value),
    FieldType.PRICE: _price,
    FieldType.PHONE: lambda _field, value, region: clean_phone(value, region),
    FieldType.STATE: _state,
    FieldType.DROPDOWN: _dropdown,
    FieldType.EMAIL: lambda _field, value, _region: clean_email(value),
    FieldType.SMS_NUMBER: lambda _field, value, region: clean_phone(value, region),
    FieldType.ADDRESS: _address,
}
