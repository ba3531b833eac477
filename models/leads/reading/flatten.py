"""Finds the fields of a lead where form builders and programs put them: in wrappers, in brackets, in lists. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from models.playbook.source import normalize_name
from models.values.sanitize import DEEPEST

WRAPPERS = frozenset(
    normalize_name(name)
    for name in (
        *("answers", "attributes", "body", "contact", "customer", "data", "entry", "field data", "fields", "form data"),
        *("form fields", "form response", "lead", "params", "payload", "person", "properties", "raw request", "record"),
        *("response", "submission", "submission data", "user", "values", "visitor"),
    )
)
"""What holds the fields of a lead in payloads of form builders; anything else that is nested is a field itself."""
NAMES = ("name", "label", "key", "title", "ref", "question", "field", "id")
VALUES = ("value", "values", "answer", "email", "phone_number", "text", "url", "number", "boolean", "date")
"""How an entry of a list of answers calls the name and the value of a field, the first having precedence."""
ANSWERS = {"value", "values", "answer", "field"}
"""What shows that an entry of a list is an answer rather than an object with fields."""
PREFIX = re.compile("^(your|my|contact|customer|lead|applicant|visitor|sender)(?=.)")
"""What stands before a field's own name in many forms: `your-email`, `contact_phone`."""
BRACKETS = re.compile(r"[^\[\].]+")


def flatten(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a payload by their plain names, the plainest having precedence.

    Its own fields come first, then those within wrappers such as `data`, then those that stand behind a word such as
    `your`. Of a name that is there twice the first that is not empty counts.
    """
    fields: dict[str, Any] = {}
    for name, value in _fields(payload, 0):
        _add(fields, name, value)
    for name in [name for name in fields if PREFIX.match(name)]:
        _add(fields, PREFIX.sub("", name), fields[name])
    return fields


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    if value is not None and fields.get(name) in (None, ""):
        fields[name] = value


def _fields(payload: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    wrapped = []
    for name, value in payload.items():
        plain = normalize_name(name)
        value = value["value"] if isinstance(value, Mapping) and "value" in value else value
        yield plain, value
        if plain in WRAPPERS:
            wrapped.append(value)
        elif inner := _name_in_brackets(name):
            yield inner, value
    if depth < DEEPEST:
        for value in wrapped:
            yield from _within(value, depth + 1)


def _name_in_brackets(name: str) -> str | None:
    """The field's own name in `fields[email][value]` and `data.email`; None for a name without brackets and points."""
    if "[" not in name and "." not in name and "]" not in name:
        return None
    *outer, last = BRACKETS.findall(name) or [name]
    if outer and normalize_name(last) == "value":
        return normalize_name(outer[-1])
    return normalize_name(last) if outer and normalize_name(outer[0]) in WRAPPERS else None


def _within(value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """The fields in a wrapper: an object, JSON of one, or a list of names with their values."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) and not set(value[0]) & ANSWERS:
        [value] = value
    if isinstance(value, Mapping):
        yield from _fields(value, depth)
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, Mapping):
            yield from _answer(entry)


def _answer(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A field in a list of answers, under each of the names that it is given: {"label": "Email", "value": ...}."""
    value = next((entry[name] for name in VALUES if entry.get(name) is not None), None)
    question = entry.get("field")
    named = {**question, **entry} if isinstance(question, Mapping) else entry
    for name in NAMES:
        if isinstance(named.get(name), str):
            yield normalize_name(named[name]), value
    if isinstance(entry.get("type"), str) and entry["type"] in entry:
        yield normalize_name(entry["type"]), entry[entry["type"]]
