"""Contacts by whatever is known of them: words of the name and company, an address, a number in any spelling."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.playbook import NoPlaybook, current_playbook
from models.search import spellings
from models.values.readers.bad_value import BadValue
from models.values.readers.phone import read_phones
from web.frame.typed_text import PHONE, phone_digits

AT_MOST = 20
"""Contacts that are shown."""
CANDIDATES = 300
"""Of how many these are the best: of a name that thousands have nobody reads all."""
SHORTEST = 2
LONGEST_WORDS = 6

# Where a word begins comes before its middle: those who have it in the middle are looked for only as long as few have
# it at the beginning. OFFSET 0 keeps the planner from reading all contacts in the order of their numbers.
CONTACTS = f"""
WITH named AS MATERIALIZED (
    SELECT id, 2 AS rank FROM contact WHERE {{begin}} LIMIT {CANDIDATES}
), within AS MATERIALIZED (
    SELECT id, 3 AS rank FROM contact
    WHERE {{inside}} AND (SELECT count(*) FROM named) < {AT_MOST} LIMIT {CANDIDATES}
), known AS MATERIALIZED (
    SELECT contact_id AS id, CASE WHEN value = :exact OR (kind = 'phone' AND value = ANY(CAST(:phones AS text[])))
                                  THEN 0 WHEN starts_with(value, :exact) THEN 1 ELSE 3 END AS rank
    FROM (
        SELECT * FROM identifier WHERE kind <> 'phone' AND value LIKE :anywhere
        UNION ALL SELECT * FROM identifier WHERE kind = 'phone' AND value = ANY(CAST(:phones AS text[]))
        -- Numbers have no trigrams, which cost each lead more than they save: all of them are read in their index.
        UNION ALL SELECT * FROM identifier
        WHERE kind = 'phone' AND (value LIKE :number_part OR value LIKE '%' || CAST(:digits AS text) || '%')
    ) AS identifier LIMIT {CANDIDATES}
), found AS (
    SELECT id, min(rank) AS rank FROM (
        SELECT * FROM named UNION ALL SELECT * FROM within UNION ALL SELECT * FROM known
        UNION ALL SELECT id, 0 FROM contact WHERE id = CAST(:number AS bigint)) AS one GROUP BY id
)
SELECT contact.id, {DISPLAY_NAME} AS who, contact.email, contact.phone, contact.company, contact.stage, contact.score,
       rep.name AS owner
FROM found JOIN contact USING (id) LEFT JOIN rep ON rep.id = contact.owner_id
ORDER BY found.rank, lower(concat_ws(' ', contact.first_name, contact.last_name)) <> :whole, contact.score DESC,
         contact.id DESC
LIMIT {AT_MOST} + 1
"""

SEARCH_TEXT = "search_text(first_name, last_name, company)"


@dataclass(frozen=True)
class FoundContact:
    """A contact that fits."""

    id: int
    who: str
    email: str | None
    phone: str | None
    company: str | None
    stage: str
    score: Decimal
    owner: str | None


def find_contacts(connection: Connection, typed: str) -> tuple[list[FoundContact], bool]:
    """The contacts that fit best, and whether there are more than are shown."""
    words = typed.split()[:LONGEST_WORDS]
    begin, inside, values = _name_conditions(words)
    values |= {
        "exact": typed.lower(),
        "anywhere": f"%{like(typed.lower())}%" if len(typed) > SHORTEST and " " not in typed else None,
        "number_part": f"%{like(typed)}%" if len(typed) > SHORTEST and PHONE.fullmatch(typed) else None,
        "digits": phone_digits(typed.replace("(0)", "")),
        "phones": _phones(connection, typed),
        "number": int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None,
        "whole": typed.lower(),
    }
    statement = text(CONTACTS.format(begin=begin, inside=inside))
    found = [FoundContact(*row) for row in connection.execute(statement, values)]
    return found[:AT_MOST], len(found) > AT_MOST


def like(words: str) -> str:
    """A text as a part of a LIKE pattern that stands for itself."""
    for special in ("\\", "%", "_"):
        words = words.replace(special, f"\\{special}")
    return words


def _name_conditions(words: Sequence[str]) -> tuple[str, str, dict[str, Any]]:
    """SQL for names in which each word begins one, and in which each stands anywhere, and the values of both."""
    values: dict[str, Any] = {}
    begin, inside = [], []
    for place, word in enumerate(words):
        ways = [like(way) for way in spellings(word) if way.strip()]
        values[f"begin_{place}"] = [f"% {way}%" for way in ways]
        values[f"inside_{place}"] = [f"%{way}%" for way in ways]
        begin.append(f"{SEARCH_TEXT} LIKE ANY(CAST(:begin_{place} AS text[]))")
        inside.append(f"{SEARCH_TEXT} LIKE ANY(CAST(:inside_{place} AS text[]))")
    # Two letters stand in the middle of too many names to be worth a look.
    too_short = not words or max(map(len, words)) <= SHORTEST
    return " AND ".join(begin) or "false", "false" if too_short else " AND ".join(inside), values


def _phones(connection: Connection, typed: str) -> list[str]:
    """The numbers that were typed, as they are stored; none where it is no number."""
    if sum(letter.isdigit() for letter in typed) < SHORTEST:
        return []
    try:
        country = current_playbook(connection).company.country
        return [phone.number for phone in read_phones(typed, country)]
    except (BadValue, NoPlaybook):
        return []
