"""Likely duplicates: contacts that may be one person, found for all contacts at once, and what people say of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from models.database import to_json
from models.identity.name_comparison import PersonName, is_plainly_other
from models.merging.duplicate_search import SEARCHES
from models.merging.pair import Pair
from models.tables.contact import STAGES, Stage
from models.tables.identifier import DuplicateReason

LIKELIHOODS = {
    DuplicateReason.MAILBOX: 97,
    DuplicateReason.NUMBER_AND_NAME: 90,
    DuplicateReason.ADDRESS: 80,
    DuplicateReason.NUMBER: 65,
    DuplicateReason.COMPANY: 60,
    DuplicateReason.SENDER_ID: 60,
    DuplicateReason.LOCAL_PART: 60,
    DuplicateReason.SHARED_MAILBOX: 30,
}
"""Of 100 pairs found by one reason alone, about how many are one person: judged, not measured. Only the order of the
list follows from it."""

CERTAIN = (DuplicateReason.MAILBOX,)
"""Reasons that are proof by themselves."""

BATCH = 5_000
"""Pairs stored per statement."""

STORE = text("""
INSERT INTO likely_duplicate (contact_id, other_id, reasons, likelihood, found_at)
SELECT n.contact_id, n.other_id, n.reasons, n.likelihood, :now
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (contact_id bigint, other_id bigint, reasons jsonb, likelihood int)
-- Those who were merged or erased meanwhile.
JOIN contact one ON one.id = n.contact_id JOIN contact other ON other.id = n.other_id
ON CONFLICT (contact_id, other_id) DO UPDATE
SET reasons = excluded.reasons, likelihood = excluded.likelihood, found_at = excluded.found_at
""")

FORGET = text("DELETE FROM likely_duplicate WHERE found_at < :now AND decided_at IS NULL")

TWO_PEOPLE = text("""
INSERT INTO likely_duplicate (contact_id, other_id, likelihood, found_at, decided_at, decided_by)
SELECT least(one.id, other.id), greatest(one.id, other.id), 0, :now, :now, :by
FROM contact one, contact other WHERE one.id = :one AND other.id = :other AND one.id <> other.id
ON CONFLICT (contact_id, other_id) DO UPDATE SET decided_at = excluded.decided_at, decided_by = excluded.decided_by
""")

UNDECIDED = text("""
SELECT d.contact_id, d.other_id, d.reasons ->> 0 AS reason, one.stage, other.stage AS other_stage,
       one.email IS NOT NULL AS has_email, other.email IS NOT NULL AS other_has_email
FROM likely_duplicate d JOIN contact one ON one.id = d.contact_id JOIN contact other ON other.id = d.other_id
WHERE d.decided_at IS NULL AND d.reasons ?| CAST(:reasons AS text[])
ORDER BY d.likelihood DESC, d.id LIMIT :most
""")


class Found(NamedTuple):
    """Two contacts that one search has found, the lower number first, with what tells whether it means anything."""

    contact_id: int
    other_id: int
    first_name: str | None
    last_name: str | None
    other_first_name: str | None
    other_last_name: str | None
    extensions_differ: bool


def find_duplicates(engine: Engine, now: datetime) -> int:
    """Search all contacts for likely duplicates and store them; gives how many pairs were found.

    What a person has decided stays. Pairs that are found no longer are forgotten. Twice is the same as once.
    """
    with engine.connect() as connection:
        pairs = _search(connection)
        connection.rollback()
        for rows in _batches(_rows(pairs)):
            with connection.begin():
                connection.execute(STORE, {"rows": to_json(rows), "now": now})
        with connection.begin():
            connection.execute(FORGET, {"now": now})
    return len(pairs)


def _search(connection: Connection) -> dict[tuple[int, int], set[DuplicateReason]]:
    reasons: defaultdict[tuple[int, int], set[DuplicateReason]] = defaultdict(set)
    for reason, search in SEARCHES.items():
        for row in connection.execute(search):
            if meant := reason_meant(reason, Found(*row)):
                reasons[row.contact_id, row.other_id].add(meant)
    return reasons


def reason_meant(reason: DuplicateReason, found: Found) -> DuplicateReason | None:
    """What a pair that shares a mailbox or a number means, by the names; None when it means nothing. Pure.

    A family, a switchboard and a shared mailbox are several people.
    """
    one = PersonName(found.first_name, found.last_name)
    other = PersonName(found.other_first_name, found.other_last_name)
    is_other = is_plainly_other(one, other)
    if reason is DuplicateReason.MAILBOX:
        return DuplicateReason.SHARED_MAILBOX if is_other else reason
    if reason is DuplicateReason.NUMBER:
        if is_other or found.extensions_differ:
            return None
        is_named = all((one.first, one.last, other.first, other.last))
        return DuplicateReason.NUMBER_AND_NAME if is_named else reason
    return reason


def likelihood(reasons: Iterable[DuplicateReason]) -> int:
    """How likely two contacts are one person, from 0 to 99, if each reason counts for itself. Pure."""
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - LIKELIHOODS[reason] / 100
    return min(99, int(100 * (1 - doubt)))


def _rows(pairs: Mapping[tuple[int, int], set[DuplicateReason]]) -> Iterator[dict[str, Any]]:
    order = list(DuplicateReason)
    for (one, other), found in pairs.items():
        yield {"contact_id": one, "other_id": other, "reasons": sorted(found, key=order.index)} | {
            "likelihood": likelihood(found)
        }


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def say_two_people(connection: Connection, one: int, other: int, by: str, now: datetime) -> None:
    """Remember that these are two people, so that nobody is asked again. The caller commits."""
    connection.execute(TWO_PEOPLE, {"one": one, "other": other, "by": by, "now": now})


def pairs_to_merge(connection: Connection, reasons: Sequence[DuplicateReason], limit: int) -> list[Pair]:
    """Up to `limit` undecided pairs with one of these reasons, the likeliest first, each with whom to keep."""
    asked = {"reasons": [str(reason) for reason in reasons], "most": limit}
    return [
        Pair(
            *in_order_to_keep(
                (row.contact_id, row.stage, row.has_email), (row.other_id, row.other_stage, row.other_has_email)
            ),
            row.reason,
        )
        for row in connection.execute(UNDECIDED, asked)
    ]


def in_order_to_keep(one: tuple[int, str, bool], other: tuple[int, str, bool]) -> tuple[int, int]:
    """Of two contacts (number, stage, has an email) whom to keep: the further one, then the one with an email, then the
    older one. Pure.
    """
    kept, merged = sorted((one, other), key=lambda who: (-STAGES.index(Stage(who[1])), not who[2], who[0]))
    return kept[0], merged[0]
