"""Schemas for JSON values, which report errors in SendGrid's words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

ADDRESS = re.compile(r"""[^\s@"(),:;<>\[\\\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+""", re.ASCII)
LINE_BREAK = re.compile(r"[\r\n]")


@dataclass(frozen=True)
class RequestError:
    """One thing that is wrong with a request, as SendGrid would say it."""

    message: str
    field: str | None = None


class Schema(Protocol):
    """Yields the errors of a value; `at` is its path in the request, such as `personalizations.0.to`."""

    def errors(self, value: Any, at: str) -> Iterator[RequestError]: ...


@dataclass(frozen=True)
class StringSchema:
    """Text of limited length; in one line where it becomes a header."""

    min_length: int = 0
    max_length: int | None = None
    one_line: bool = False
    enum: tuple[str, ...] = ()

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        if not isinstance(value, str):
            yield RequestError(f"The value must be a string, not {_kind(value)}.", at)
        elif len(value) < self.min_length:
            yield RequestError(f"The value must be a string at least {self.min_length} character(s) in length.", at)
        elif self.max_length is not None and len(value) > self.max_length:
            yield RequestError(f"The value must not be longer than {self.max_length} characters.", at)
        elif self.one_line and LINE_BREAK.search(value):
            yield RequestError("The value must not contain a line break.", at)
        elif self.enum and value not in self.enum:
            yield RequestError(f"The value must be one of {', '.join(self.enum)}.", at)


@dataclass(frozen=True)
class EmailSchema:
    """An email address alone, in ASCII."""

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        if not (isinstance(value, str) and value.isascii() and ADDRESS.fullmatch(value)):
            yield RequestError("Does not contain a valid address.", at)


@dataclass(frozen=True)
class IntegerSchema:
    """A whole number."""

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield RequestError(f"The value must be an integer, not {_kind(value)}.", at)


@dataclass(frozen=True)
class BooleanSchema:
    """True or false."""

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        if not isinstance(value, bool):
            yield RequestError(f"The value must be a boolean, not {_kind(value)}.", at)


@dataclass(frozen=True)
class ArraySchema:
    """A list of items of one schema."""

    items: Schema
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        if not isinstance(value, list):
            yield RequestError(f"The value must be an array, not {_kind(value)}.", at)
            return
        if len(value) < self.min_items:
            yield RequestError(f"The {at} field is required and must have at least {self.min_items} element(s).", at)
        if self.max_items is not None and len(value) > self.max_items:
            yield RequestError(f"There must not be more than {self.max_items} elements, found {len(value)}.", at)
        if self.unique and any(one in value[:number] for number, one in enumerate(value)):
            yield RequestError("The elements must be unique.", at)
        for number, one in enumerate(value):
            yield from self.items.errors(one, f"{at}.{number}")


@dataclass(frozen=True)
class MapSchema:
    """An object with any field names, whose values have one schema."""

    values: Schema

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        if not isinstance(value, dict):
            yield RequestError(f"The value must be an object, not {_kind(value)}.", at)
            return
        for name, one in value.items():
            yield from self.values.errors(one, f"{at}.{name}")


@dataclass(frozen=True)
class ObjectSchema:
    """An object with these fields and no others."""

    fields: Mapping[str, Schema]
    required: tuple[str, ...] = field(default=())

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        if not isinstance(value, dict):
            yield RequestError(f"The value must be an object, not {_kind(value)}.", at or None)
            return
        prefix = f"{at}." if at else ""
        for name in self.required:
            if name not in value:
                yield RequestError(f"The {name} field is required.", prefix + name)
        for name, one in value.items():
            if name in self.fields:
                yield from self.fields[name].errors(one, prefix + name)
            else:
                yield RequestError(f"Additional property {name} is not allowed.", prefix + name)


@dataclass(frozen=True)
class AnySchema:
    """Any value: SendGrid does not check it."""

    def errors(self, value: Any, at: str) -> Iterator[RequestError]:
        yield from ()


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "an array" if isinstance(value, list) else "an object")
