"""Nightly decay: recounts all scores for today, a batch of contacts per transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from models.contacts.qualification import update_qualification
from models.database import id_list, lock_contacts, locking_contacts
from models.playbook import Playbook, current_playbook
from models.scoring.apply import score_fields
from models.scoring.recount import catch_up, recount_locked
from models.wording import day_of

BATCH_SIZE = 10_000
"""Contacts per transaction: enough to share the cost of a statement, few enough to be locked for a moment only."""

END_OF_BATCH = text("""
SELECT max(id) FROM (SELECT id FROM contact WHERE id > :last ORDER BY id LIMIT :batch) AS batch
""")

# A locked contact is being recounted elsewhere. Waiting for it with thousands of locks could end in a deadlock.
LOCK_UNLOCKED = text(
    locking_contacts("SELECT id FROM contact WHERE id > :last AND id <= :end ORDER BY id", skip_locked=True)
)

IN_BATCH = text("SELECT id FROM contact WHERE id > :last AND id <= :end")

SCORED = text("""
SELECT id, scored_on FROM contact
WHERE id = ANY(CAST(:contacts AS bigint[]))
  AND (scored_on IS NOT NULL OR EXISTS (SELECT FROM score_entry WHERE contact_id = contact.id))
""")


def decay_all_scores(engine: Engine, now: datetime) -> Iterator[int]:
    """Count every score for today, a commit per portion; yields how many contacts have been dealt with so far.

    Doing it again changes nothing. After an outage the missed nights are made up one by one, so that what crosses a
    threshold does so at the midnight at which it would have. Those who are locked come last.
    """
    last, done = 0, 0
    locked: list[int] = []
    while True:
        with engine.begin() as connection:
            end = connection.execute(END_OF_BATCH, {"last": last, "batch": BATCH_SIZE}).scalar()
            if end is None:
                break
            free = connection.execute(LOCK_UNLOCKED, {"last": last, "end": end}).scalars().all()
            there = connection.execute(IN_BATCH, {"last": last, "end": end}).scalars()
            locked += sorted(set(there) - set(free))
            _decay_batch(connection, current_playbook(connection), free, now)
        last, done = end, done + len(free)
        yield done
    for contact in locked:
        with engine.begin() as connection:
            lock_contacts(connection, [contact])
            _decay_batch(connection, current_playbook(connection), [contact], now)
    if locked:
        yield done + len(locked)


def _decay_batch(connection: Connection, playbook: Playbook, contacts: Sequence[int], now: datetime) -> None:
    """One portion, locked by the caller: night after night, then what the fields are worth, then levels."""
    scored = connection.execute(SCORED, {"contacts": id_list(contacts)}).all()
    catch_up(connection, playbook, {row.id: row.scored_on for row in scored if row.scored_on}, now)
    # Those of today as well: another playbook may say something else of the same day.
    today = day_of(now, playbook.company.time_zone)
    recount_locked(connection, playbook.scoring, [row.id for row in scored], today, now)
    score_fields(connection, playbook, contacts, now)
    update_qualification(connection, playbook, contacts)
