"""Fields that the playbook declares beside those every contact has: their types, and checking what comes in."""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.values.readers.amount import read_amount
from models.values.readers.bad_value import BadValue
from models.values.readers.checkbox import read_checkbox
from models.values.readers.day import read_date
from models.values.readers.email_address import clean_email, read_emails
from models.values.readers.number import LARGEST_NUMBER, read_number
from models.values.readers.phone import read_phones
from models.values.readers.text import clean_text
from models.values.us_state import state_code

MONEY = "a price such as 4800 or 190.00"


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
    """Text in E.164, such as +14155550123, or with an extension +14155550123;ext=12 (RFC 3966)."""
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
    ahead: bool = False
    """A day that is still to come: forms take none that is over."""

    @model_validator(mode="after")
    def _dropdowns_offer_something(self) -> "CustomField":
        if self.type is FieldType.DROPDOWN and not self.options:
            raise ValueError("a dropdown needs its choices: add `options: [...]`")
        if self.long and self.type is not FieldType.TEXT:
            raise ValueError(f"a {self.type} has one line: only `type: text` can be `long: true`")
        if self.ahead and self.type is not FieldType.DATE:
            raise ValueError(f"a {self.type} is no day: only `type: date` can be `ahead: true`")
        return self


DeclaredFields = tuple[tuple[str, CustomField], ...]
"""The playbook's own fields by name, hashable: a statement that depends on them is built once, not for each event."""


def clean(field: CustomField, value: Any, *, country: str = "US", phone_country: str | None = None) -> Any:
    """The JSON value to store for what somebody wrote, or BadValue.

    `country`, two letters, is where it was written: its numbers, dates and states are read as people write them there.
    A phone number without a country code is of `phone_country`, when that is another one.
    """
    if field.type in (FieldType.PHONE, FieldType.SMS_NUMBER):
        return CLEANERS[field.type](field, value, phone_country or country)
    return CLEANERS[field.type](field, value, country)


def other_values(field: CustomField, value: Any, *, phone_country: str) -> tuple[str, ...]:
    """What a field that holds one number or address was given besides the one that `clean` takes."""
    if field.type in (FieldType.PHONE, FieldType.SMS_NUMBER):
        return tuple(phone.text for phone in read_phones(value, phone_country)[1:])
    return read_emails(value)[1:] if field.type is FieldType.EMAIL and str(value).count("@") > 1 else ()


def is_sentence(field: CustomField, value: Any) -> bool:
    """Whether words stand beside the number or address of a field, which a person should read as well."""
    if field.type not in (FieldType.PHONE, FieldType.SMS_NUMBER, FieldType.EMAIL) or not isinstance(value, str):
        return False
    return "<" not in value and len(re.findall(r"(?<![^\s])[^\W\d]{2,}(?=[\s,.!]|$)", value)) > 1


def clean_number(value: Any, country: str = "US") -> int | float:
    """A finite number; `1,200` is twelve hundred where people write it so."""
    number = read_number(value, country)
    return int(number) if number == number.to_integral_value() else float(number)


def _phone(_field: CustomField, value: Any, country: str) -> str:
    return read_phones(value, country)[0].text


def _sms_number(_field: CustomField, value: Any, country: str) -> str:
    phone = read_phones(value, country)[0]
    if phone.extension:
        raise BadValue(value, "a number for text messages, which has no extension,")
    return phone.number


def _list(field: CustomField, value: Any, _country: str) -> list[str]:
    parts = re.split(r"[;,\n]", value) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise BadValue(value, "a list of texts")
    texts = [text for part in parts if (text := clean_text(part))]
    if field.options:
        texts = [_one_of(field.options, text) for text in texts]
    return list(dict.fromkeys(texts))


def _price(_field: CustomField, value: Any, country: str) -> str:
    try:
        amount = read_amount(value, country).amount
    except BadValue:
        raise BadValue(value, MONEY) from None
    if not Decimal(0) <= amount < LARGEST_NUMBER:
        raise BadValue(value, MONEY)
    return f"{amount:.2f}"


def _state(_field: CustomField, value: Any, country: str) -> str:
    text = clean_text(value)
    code = state_code(text, country)
    if code is None and country == "US":
        raise BadValue(value, "a US state, such as CA or California,")
    return code or text


def _dropdown(field: CustomField, value: Any, _country: str) -> str:
    return _one_of(field.options, clean_text(value))


def _one_of(options: tuple[str, ...], text: str) -> str:
    for option in options:
        if option.casefold() == text.casefold():
            return option
    raise BadValue(text, "one of " + ", ".join(f'"{option}"' for option in options))


def _address(_field: CustomField, value: Any, _country: str) -> str:
    if isinstance(value, dict):
        value = ", ".join(clean_text(part) for part in value.values() if part not in (None, ""))
    return " ".join(clean_text(value).split())


CLEANERS: dict[FieldType, Callable[[CustomField, Any, str], Any]] = {
    FieldType.CHECKBOX: lambda field, value, _country: read_checkbox(value, (field.label,)),
    FieldType.DATE: lambda _field, value, country: read_date(value, country).isoformat(),
    FieldType.LIST: _list,
    FieldType.TEXT: lambda _field, value, _country: clean_text(value),
    FieldType.NUMBER: lambda _field, value, country: clean_number(value, country),
    FieldType.PRICE: _price,
    FieldType.PHONE: _phone,
    FieldType.STATE: _state,
    FieldType.DROPDOWN: _dropdown,
    FieldType.EMAIL: lambda _field, value, _country: clean_email(value),
    FieldType.SMS_NUMBER: _sms_number,
    FieldType.ADDRESS: _address,
}
