"""Merging: contacts that turn out to be one person become one, with everything that is about them.

A merge waits for nobody. It locks the open runs and the contacts of a pair, in the order of `locking_contacts`, and
leaves a pair whose rows somebody else has locked for later. So it takes part in no deadlock, whatever runs beside it.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from models.contacts.merged_into import kept_contacts
from models.database import id_list
from models.mail.consent import LAST_CHOICE
from models.merging.combine import combine
from models.merging.follow_through import follow_through
from models.merging.locking import LOCKED_BY_OTHERS, PAUSE_SECONDS, TRIES, ContactsBusy, lock_whole, short_waits
from models.merging.pair import Choice, Merge, Pair, Trace, pairs_json, rounds
from models.merging.rows import move_rows, store_contacts
from models.playbook import current_playbook
from models.scoring.recount import lock_and_catch_up

BATCH = 100
"""Merges per transaction: others wait for one for a moment only."""

CONTACTS = text(f"""
SELECT contact.id, to_jsonb(contact) AS row, choice.is_given,
       CASE WHEN isfinite(choice.at) THEN choice.at END AS said_at
FROM contact LEFT JOIN LATERAL {LAST_CHOICE} AS choice ON true WHERE contact.id = ANY(CAST(:contacts AS bigint[]))
""")


class CannotMerge(ValueError):
    """Two contacts that cannot be merged; the sentence says why."""


@dataclass
class MergeReport:
    """What became of pairs."""

    merged: dict[Pair, int] = field(default_factory=dict)
    """Pair -> the number of its merge. The pair names the contacts as they are called now."""
    busy: list[Pair] = field(default_factory=list)
    """Somebody else had locked something of them: try again."""
    left_out: dict[Pair, str] = field(default_factory=dict)
    """Pair -> why there is nothing to merge (any more)."""

    def __iadd__(self, other: "MergeReport") -> "MergeReport":
        self.merged |= other.merged
        self.busy += other.busy
        self.left_out |= other.left_out
        return self


def merge_contacts(connection: Connection, kept: int, merged: int, reason: str, by: str, now: datetime) -> int:
    """Merge one contact into another; gives the number of the merge. The caller commits.

    `reason` is what shows that they are one person, and `by` who says so: a person, a flow, or a source. Numbers of
    contacts that were merged before stand for those they were merged into. Everything about the merged contact is the
    kept one's afterwards, and `separate_contacts` undoes it.

    Raises CannotMerge when there are no two contacts, and ContactsBusy when somebody else has locked one of them for
    more than a second; then nothing has changed.
    """
    for attempt in range(TRIES):
        report = merge_many(connection, [Pair(kept, merged, reason)], by, now)
        if report.left_out:
            raise CannotMerge(next(iter(report.left_out.values())))
        if report.merged:
            return next(iter(report.merged.values()))
        if attempt < TRIES - 1:
            time.sleep(PAUSE_SECONDS)
    raise ContactsBusy(ContactsBusy.__doc__)


def merge_many(connection: Connection, pairs: Sequence[Pair], by: str, now: datetime) -> MergeReport:
    """Merge pairs, as `merge_contacts` does, a few statements for all of them. The caller commits.

    What cannot be merged now is in the report and holds up no other pair.
    """
    report = MergeReport()
    for disjoint in rounds(pairs):
        report += _merge_resolved(connection, disjoint, by, now)
    return report


def merge_all(engine: Engine, pairs: Sequence[Pair], by: str, now: datetime) -> Iterator[MergeReport]:
    """Merge any number of pairs, a transaction per batch; yields what became of each batch.

    If the process dies, what was committed is merged whole and the rest not at all. Pairs that are busy are tried again
    and again for as long as any of them can be merged; what is busy still comes last.
    """
    remaining, fruitless = list(pairs), 0
    while remaining and fruitless < TRIES:
        asked, remaining, fruitless = remaining, [], fruitless + 1
        for report in _merge_once(engine, asked, by, now):
            remaining += report.busy
            fruitless = 0 if report.merged else fruitless
            yield MergeReport(report.merged, [], report.left_out)
        if remaining:
            time.sleep(PAUSE_SECONDS)
    if remaining:
        yield MergeReport(busy=remaining)


def _merge_once(engine: Engine, pairs: Sequence[Pair], by: str, now: datetime) -> Iterator[MergeReport]:
    for disjoint in rounds(pairs):
        for first in range(0, len(disjoint), BATCH):
            with engine.begin() as connection:
                report = merge_many(connection, disjoint[first : first + BATCH], by, now)
            yield report


def _merge_resolved(connection: Connection, pairs: Sequence[Pair], by: str, now: datetime) -> MergeReport:
    """Merge pairs by the numbers that their contacts have now."""
    now_called = kept_contacts(connection, {one for pair in pairs for one in (pair.kept, pair.merged)})
    report, current = MergeReport(), []
    for pair in pairs:
        found = Pair(now_called[pair.kept], now_called[pair.merged], pair.reason)
        if found.kept == found.merged:
            report.left_out[pair] = f"Contacts {pair.kept} and {pair.merged} are one contact already."
        else:
            current.append(found)
    for disjoint in rounds(current):
        report += _merge_or_halve(connection, disjoint, by, now)
    return report


def _merge_or_halve(connection: Connection, pairs: Sequence[Pair], by: str, now: datetime) -> MergeReport:
    """Merge pairs that have no contact in common; of a batch in which a row is locked, all others."""
    if not pairs:
        return MergeReport()
    try:
        with connection.begin_nested(), short_waits(connection):
            return _merge(connection, pairs, by, now)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in LOCKED_BY_OTHERS:
            raise
    if len(pairs) == 1:
        return MergeReport(busy=list(pairs))
    half = len(pairs) // 2
    report = _merge_or_halve(connection, pairs[:half], by, now)
    report += _merge_or_halve(connection, pairs[half:], by, now)
    return report


def _merge(connection: Connection, pairs: Sequence[Pair], by: str, now: datetime) -> MergeReport:
    report, free = _lock(connection, pairs)
    if not free:
        return report
    contacts = [one for pair in free for one in (pair.kept, pair.merged)]
    playbook = current_playbook(connection)
    lock_and_catch_up(connection, playbook, contacts, now)
    merges = _read(connection, free, contacts)
    numbered = pairs_json(free)
    move_rows(connection, merges, numbered, by, now)
    store_contacts(connection, merges, numbered, now)
    follow_through(connection, playbook, merges, by, now)
    report.merged = {one.pair: one.number for one in merges}
    return report


def _lock(connection: Connection, pairs: Sequence[Pair]) -> tuple[MergeReport, list[Pair]]:
    """Lock what can be locked at once: the pairs that are, and what became of the others."""
    contacts = [one for pair in pairs for one in (pair.kept, pair.merged)]
    locked = lock_whole(connection, contacts)
    there = {row.id for row in connection.execute(CONTACTS, {"contacts": id_list(contacts)})}
    report, free = MergeReport(), []
    for pair in pairs:
        both = {pair.kept, pair.merged}
        if unknown := both - there:
            report.left_out[pair] = f"There is no contact {', '.join(map(str, sorted(unknown)))}."
        elif both <= locked:
            free.append(pair)
        else:
            report.busy.append(pair)
    return report, free


def _read(connection: Connection, pairs: Sequence[Pair], contacts: Sequence[int]) -> list[Merge]:
    rows: dict[int, Any] = {row.id: row for row in connection.execute(CONTACTS, {"contacts": id_list(contacts)})}
    return [_merge_of(pair, rows[pair.kept], rows[pair.merged]) for pair in pairs]


def _merge_of(pair: Pair, kept: Any, merged: Any) -> Merge:
    combined = combine(kept.row, merged.row)
    trace = Trace(kept=kept.row, merged=merged.row, given=combined.columns)
    said = {one.id: Choice(one.is_given, one.said_at) for one in (kept, merged) if one.is_given is not None}
    return Merge(pair, combined, trace, kept_said=said.get(pair.kept), merged_said=said.get(pair.merged))
