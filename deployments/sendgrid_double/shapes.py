"""What a piece of JSON has to look like, and what is to be said where it does not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

ADDRESS = re.compile(r"""[^\s@"(),:;<>\[\\\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+""", re.ASCII)
LINE_BREAK = re.compile(r"[\r\n]")


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong with a request, as SendGrid would say it."""

    message: str
    field: str | None = None


class Shape(Protocol):
    """Looks at a value; `at` is where it stands, such as `personalizations.0.to`."""

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]: ...


@dataclass(frozen=True)
class Text:
    """Text of some length, in one line if it becomes a header."""

    shortest: int = 0
    longest: int | None = None
    one_line: bool = False
    among: tuple[str, ...] = ()

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        if not isinstance(value, str):
            yield Complaint(f"The value must be a string, not {_kind(value)}.", at)
        elif len(value) < self.shortest:
            yield Complaint(f"The value must be a string at least {self.shortest} character(s) in length.", at)
        elif self.longest is not None and len(value) > self.longest:
            yield Complaint(f"The value must not be longer than {self.longest} characters.", at)
        elif self.one_line and LINE_BREAK.search(value):
            yield Complaint("The value must not contain a line break.", at)
        elif self.among and value not in self.among:
            yield Complaint(f"The value must be one of {', '.join(self.among)}.", at)


@dataclass(frozen=True)
class Address:
    """An email address alone, in ASCII."""

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        if not (isinstance(value, str) and value.isascii() and ADDRESS.fullmatch(value)):
            yield Complaint("Does not contain a valid address.", at)


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield Complaint(f"The value must be an integer, not {_kind(value)}.", at)


@dataclass(frozen=True)
class Truth:
    """True or false."""

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        if not isinstance(value, bool):
            yield Complaint(f"The value must be a boolean, not {_kind(value)}.", at)


@dataclass(frozen=True)
class Many:
    """A list of things that look alike."""

    of: Shape
    fewest: int = 0
    most: int | None = None
    unique: bool = False

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        if not isinstance(value, list):
            yield Complaint(f"The value must be an array, not {_kind(value)}.", at)
            return
        if len(value) < self.fewest:
            yield Complaint(f"The {at} field is required and must have at least {self.fewest} element(s).", at)
        if self.most is not None and len(value) > self.most:
            yield Complaint(f"There must not be more than {self.most} elements, found {len(value)}.", at)
        if self.unique and any(one in value[:number] for number, one in enumerate(value)):
            yield Complaint("The elements must be unique.", at)
        for number, one in enumerate(value):
            yield from self.of.complaints(one, f"{at}.{number}")


@dataclass(frozen=True)
class Pairs:
    """Names of the sender's choice, all with values of one shape."""

    of: Shape

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield Complaint(f"The value must be an object, not {_kind(value)}.", at)
            return
        for name, one in value.items():
            yield from self.of.complaints(one, f"{at}.{name}")


@dataclass(frozen=True)
class Record:
    """Names that are known beforehand; no others."""

    fields: Mapping[str, Shape]
    needed: tuple[str, ...] = field(default=())

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        if not isinstance(value, dict):
            yield Complaint(f"The value must be an object, not {_kind(value)}.", at or None)
            return
        prefix = f"{at}." if at else ""
        for name in self.needed:
            if name not in value:
                yield Complaint(f"The {name} field is required.", prefix + name)
        for name, one in value.items():
            if name in self.fields:
                yield from self.fields[name].complaints(one, prefix + name)
            else:
                yield Complaint(f"Additional property {name} is not allowed.", prefix + name)


@dataclass(frozen=True)
class Anything:
    """What SendGrid hands on without looking."""

    def complaints(self, value: Any, at: str) -> Iterator[Complaint]:
        yield from ()


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string"}
    return names.get(type(value), "an array" if isinstance(value, list) else "an object")
