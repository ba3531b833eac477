"""What is typed into the search box of the list: words of a name or company, an address, a number, a sender's id."""

import re
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, false, literal_column, or_, select, union_all
from sqlmodel import col

from models.search import spellings
from models.tables.contact import Contact
from models.tables.identifier import Identifier

LONGEST = 200
FEWEST_DIGITS = 5
"""Digits that are looked for as part of a phone number; fewer are in too many."""
PHONE = re.compile(r"[\d\s()+./-]+")
_TEXT: ColumnElement[str] = literal_column("search_text(contact.first_name, contact.last_name, contact.company)")
# In these words, for their indexes are of a part of the table.
_IS_PHONE: ColumnElement[bool] = literal_column("identifier.kind = 'phone'", Boolean())
_IS_NO_PHONE: ColumnElement[bool] = literal_column("identifier.kind <> 'phone'", Boolean())


def fits_search(typed: str) -> ColumnElement[bool] | None:
    """The contacts whose name or company has all words, or who are known by what was typed; None: nothing was."""
    words = _readable(typed)
    if not words:
        return None
    # Each part has an index of its own, which no condition of one SELECT could use together.
    found = union_all(_named(words), _known(words), _called(words), _current(words)).subquery()
    return col(Contact.id).in_(select(found.c.id))


def _named(typed: str) -> Select[Any]:
    each = [[_escaped(way) for way in spellings(word) if way.strip()] for word in typed.split()]
    named = [or_(*(_TEXT.like(f"%{way}%") for way in ways)) for ways in each if ways]
    return select(col(Contact.id).label("id")).where(*named or [false()])


def _known(typed: str) -> Select[Any]:
    known = col(Identifier.value).like(f"%{_escaped(typed.lower())}%")
    return select(col(Identifier.contact_id).label("id")).where(_IS_NO_PHONE, known)


def _called(typed: str) -> Select[Any]:
    """Numbers have no trigrams, which cost each lead more than they save: all of them are read in their index."""
    value, is_number = col(Identifier.value), bool(PHONE.fullmatch(typed))
    ways: list[ColumnElement[bool]] = [value.like(f"%{_escaped(typed)}%")] if is_number else [false()]
    # The first zeros stand for a country or are dialled within one only.
    digits = re.sub(r"\D", "", typed).lstrip("0") if is_number else ""
    if len(digits) >= FEWEST_DIGITS:
        ways.append(value.like(f"%{digits}%"))
    return select(col(Identifier.contact_id).label("id")).where(_IS_PHONE, or_(*ways))


def _current(typed: str) -> Select[Any]:
    current = or_(col(Contact.email) == typed.lower(), col(Contact.phone) == typed)
    return select(col(Contact.id).label("id")).where(current)


def _readable(typed: str) -> str:
    return " ".join("".join(letter for letter in typed if letter.isprintable()).split())[:LONGEST]


def _escaped(words: str) -> str:
    for special in ("\\", "%", "_"):
        words = words.replace(special, f"\\{special}")
    return words
