"""Where a contact's number leads to now: to the contact that it was merged into, or to itself."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from models.database import id_list

KEPT = text("""
-- Merged again and again: the end of the chain. A number that is in use again leads to itself.
WITH RECURSIVE chain AS (
    SELECT id AS start, id AS number, 0 AS length FROM unnest(CAST(:contacts AS bigint[])) AS id
    UNION ALL
    SELECT chain.start, m.kept_id, chain.length + 1 FROM chain JOIN contact_merge m ON m.merged_id = chain.number
    WHERE m.separated_at IS NULL AND chain.length < 1000
)
SELECT DISTINCT ON (start) start, number FROM chain ORDER BY start, length DESC
""")

LARGEST = 2**63 - 1
"""What Postgres can count to; no contact has a larger number."""


def kept_contacts(connection: Connection, contacts: Iterable[int]) -> dict[int, int]:
    """Each of these numbers -> the number of the contact that it leads to now.

    A number that never was a contact's leads to itself.
    """
    asked = set(contacts)
    found = connection.execute(KEPT, {"contacts": id_list(one for one in asked if abs(one) <= LARGEST)})
    return {one: one for one in asked} | {row.start: row.number for row in found}


def kept_contact(connection: Connection, contact: int) -> int:
    """The number of the contact that this one leads to now; itself unless it was merged."""
    return kept_contacts(connection, [contact])[contact]
