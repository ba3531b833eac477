"""The identifiers of contacts: locked, found, and recorded as held by a contact. The only writer of new ones."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zlib import crc32

from sqlalchemy import Connection, text

from models.database import IDENTIFIER_LOCKS, id_list, to_json
from models.tables.identifier import IdentifierKind

DETAILS_CHANGED = "details_changed"
"""The event that a filled name, address or number was changed: `before` and `after` by column."""

KINDS = {str(kind): kind for kind in IdentifierKind}

BUCKETS = 512
"""Identifiers share so many locks, so that a batch of any size takes a bounded number of them."""

CROWD = 100
"""A number held by more contacts than this is a switchboard's: it is looked up together with the last name."""

LOCK = text(f"SELECT pg_advisory_xact_lock({IDENTIFIER_LOCKS}, bucket) FROM unnest(CAST(:buckets AS int[])) AS bucket")

FIND = text("""
-- Whoever holds one of these, and whether a lead that gives it can be about them: a number tells nothing about contacts
-- with an email of their own if the lead has one as well.
SELECT contact_id, kind, value, true AS matters FROM identifier WHERE kind = 'email' AND value = ANY(:emails)
UNION ALL
SELECT id, 'email', email, true FROM contact WHERE email = ANY(:emails)
UNION ALL
SELECT contact_id, kind, value, true FROM identifier WHERE kind = 'source_key' AND value = ANY(:keys)
UNION ALL
SELECT held.contact_id, held.kind, held.value,
       (contact.email IS NULL OR held.value = ANY(:lone_phones))
       AND (held.holders <= :crowd OR lower(contact.last_name) = ANY(:last_names)
            OR contact.last_name IS NULL AND contact.email IS NULL)
FROM (SELECT contact_id, kind, value, count(*) OVER (PARTITION BY value) AS holders
      FROM (SELECT contact_id, kind, value FROM identifier WHERE kind = 'phone' AND value = ANY(:phones)
            UNION SELECT id, 'phone', phone FROM contact WHERE phone = ANY(:phones)) given) held
JOIN contact ON contact.id = held.contact_id
""")

OF_CONTACTS = text("SELECT contact_id, kind, value FROM identifier WHERE contact_id = ANY(CAST(:contacts AS bigint[]))")

RECORD = text("""
-- What a contact gives again is noted once a day: a row that is rewritten with each lead costs more than it tells.
INSERT INTO identifier (contact_id, kind, value, source, first_seen_at, last_seen_at)
SELECT contact_id, kind, value, source, :now, :now
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS given (contact_id bigint, kind text, value text, source text)
ON CONFLICT (contact_id, kind, value) DO UPDATE SET last_seen_at = excluded.last_seen_at
WHERE identifier.last_seen_at < excluded.last_seen_at - interval '1 day'
""")

RECORD_CURRENT = text("""
-- What stands on the contacts now.
INSERT INTO identifier (contact_id, kind, value, source, first_seen_at, last_seen_at)
SELECT DISTINCT id, kind, value, CAST(:source AS text), CAST(:now AS timestamptz), CAST(:now AS timestamptz)
FROM contact, LATERAL (VALUES ('email', email), ('phone', phone), ('phone', mobile_phone)) AS given (kind, value)
WHERE id = ANY(CAST(:contacts AS bigint[])) AND value IS NOT NULL
ON CONFLICT (contact_id, kind, value) DO UPDATE SET last_seen_at = excluded.last_seen_at
""")


class Held(NamedTuple):
    """An identifier and the contact that holds it."""

    contact_id: int
    kind: IdentifierKind
    value: str


@dataclass(frozen=True)
class Wanted:
    """The identifiers of some leads, to be locked and looked up together."""

    emails: Collection[str] = ()
    keys: Collection[str] = ()
    """As `source:id`."""
    phones: Collection[str] = ()
    lone_phones: Collection[str] = ()
    """Those of `phones` that came without an email."""
    last_names: Collection[str] = ()
    """In lower case."""


def lock_identifiers(connection: Connection, wanted: Wanted) -> None:
    """Lock these identifiers until the transaction ends, known ones and new ones alike.

    So two first posts of one person, which find nobody each, are taken one after the other. It comes before every other
    lock; see `locking_contacts`.
    """
    kinds = ((IdentifierKind.EMAIL, wanted.emails), (IdentifierKind.SOURCE_KEY, wanted.keys))
    named = [f"{kind}:{value}" for kind, values in (*kinds, (IdentifierKind.PHONE, wanted.phones)) for value in values]
    buckets = sorted({crc32(name.encode()) % BUCKETS for name in named})
    if buckets:
        connection.execute(LOCK, {"buckets": buckets})


def find_holders(connection: Connection, wanted: Wanted) -> dict[Held, bool]:
    """Who holds these identifiers, and whether the lead that gives it can be about them."""
    values = {
        "emails": list(wanted.emails),
        "keys": list(wanted.keys),
        "phones": list(wanted.phones),
        "lone_phones": list(wanted.lone_phones),
        "last_names": list(wanted.last_names),
        "crowd": CROWD,
    }
    rows = connection.execute(FIND, values).all()
    return {Held(contact, KINDS[kind], value): matters for contact, kind, value, matters in rows}


def identifiers_of(connection: Connection, contacts: Iterable[int]) -> list[Held]:
    """All that these contacts are or were recognised by."""
    rows = connection.execute(OF_CONTACTS, {"contacts": id_list(contacts)}).all()
    return [Held(contact, KINDS[kind], value) for contact, kind, value in rows]


def record_identifiers(connection: Connection, given: Sequence[tuple[Held, str]], now: datetime) -> None:
    """Record what contacts have given, each with the source that told it. An email or a sender's id that another
    contact holds is refused by the database.
    """
    rows: list[Mapping[str, object]] = [
        {"contact_id": held.contact_id, "kind": held.kind, "value": held.value, "source": source}
        for held, source in dict(given).items()
    ]
    if rows:
        connection.execute(RECORD, {"rows": to_json(rows), "now": now})


def record_current(connection: Connection, contacts: Iterable[int], source: str, now: datetime) -> None:
    """Record the email and the numbers that stand on these contacts, after something else than a lead has set them."""
    connection.execute(RECORD_CURRENT, {"contacts": id_list(contacts), "source": source, "now": now})
