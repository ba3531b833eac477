"""Separating merged contacts again, by the trace of their merge.

The contact comes back under its old number with its own fields and all rows that changed hands. What happened since
stays with the kept contact, except what belongs to a run that goes back. What the merge ended stays ended: a journey
that was left alone for weeks does not go on as if nothing had been.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from models.contacts.merged_into import kept_contacts
from models.database import id_list, to_json
from models.events.emit import NewEvent, emit
from models.journeys.runs import move_runs_back
from models.mail.consent import IS_CHOICE
from models.merging.duplicates import say_two_people
from models.merging.follow_through import SOURCE, emit_separated
from models.merging.locking import LOCKED_BY_OTHERS, PAUSE_SECONDS, TRIES, ContactsBusy, lock_whole, short_waits
from models.merging.references import DROPPED_DUPLICATES, ContactReference, contact_references
from models.merging.rows import MOVED_ELSEWHERE
from models.playbook import current_playbook
from models.routing import OwnerChange
from models.routing.assignment.owner_change import follow_owners
from models.scoring.explicit_rules import sync_explicit_points
from models.scoring.recount import recount
from models.tables.contact import Contact
from models.tasks.requests import ask_again_without_task

MERGE = text("SELECT * FROM contact_merge WHERE id = :merge FOR UPDATE")

MERGED_SINCE = text("""
SELECT id, kept_id FROM contact_merge WHERE merged_id = :contact AND separated_at IS NULL ORDER BY id DESC LIMIT 1
""")

HOLDER = text("SELECT id FROM contact WHERE email = :email")

GOES_BACK = text("""
-- The kept contact's email, if it is one of the identifiers that go back.
SELECT email FROM contact JOIN identifier i ON i.contact_id = contact.id AND i.kind = 'email' AND i.value = email
WHERE contact.id = :kept AND i.id = ANY(CAST(:identifiers AS bigint[]))
""")

KEPT_NOW = text("SELECT to_jsonb(contact) FROM contact WHERE id = :kept")

LATER_MERGES = text("""
SELECT id, trace FROM contact_merge WHERE kept_id = :kept AND id > :merge AND separated_at IS NULL
ORDER BY id FOR UPDATE
""")

STORE_TRACE = text("UPDATE contact_merge SET trace = CAST(:trace AS jsonb) WHERE id = :merge")

COUNT_POINTS_AGAIN = text("""
UPDATE score_entry e SET withdrawn_at = NULL
WHERE e.id = ANY(CAST(:entries AS bigint[])) AND NOT EXISTS (
    SELECT FROM score_entry o WHERE o.contact_id = e.contact_id AND o.rule = e.rule AND o.slot = e.slot
      AND o.withdrawn_at IS NULL)
""")

SUPPRESSED_OTHERWISE = text("""
-- They said so themselves since, or somebody else who is still merged into them did. What the other one brought along
-- may be of the moment of the merge, as in a file.
SELECT EXISTS (SELECT FROM event WHERE contact_id = :kept AND name IN ('unsubscribed', 'suppressed')
               AND source <> :source AND received_at >= :since AND id <> ALL(CAST(:events AS bigint[])))
    OR EXISTS (SELECT FROM consent WHERE contact_id = :kept AND NOT is_given AND source <> :source
               AND received_at >= :since AND id <> ALL(CAST(:statements AS bigint[])))
    OR EXISTS (SELECT FROM contact_merge WHERE kept_id = :kept AND id <> :merge AND separated_at IS NULL
               AND trace -> 'merged' ->> 'suppressed' IS NOT NULL)
""")

SAID_NO = text(f"""
SELECT NOT is_given FROM consent WHERE id = ANY(CAST(:statements AS bigint[])) AND {IS_CHOICE}
ORDER BY at DESC, id DESC LIMIT 1
""")

TAKE_BACK_STATEMENTS = text("""
DELETE FROM consent WHERE contact_id = :kept AND source = :source AND received_at = :since
""")

PAIR_COLUMNS = ("contact_id", "other_id")

THERE = text("SELECT id FROM contact WHERE id = ANY(CAST(:contacts AS bigint[]))")

GIVE_BACK_STATEMENTS = text("""
-- What the merge told of the kept contact was true of the other one alone.
UPDATE consent SET contact_id = :merged WHERE contact_id = :kept AND source = :source AND received_at = :since
""")

GIVE_BACK_EVENTS = text("""
UPDATE event SET contact_id = :merged WHERE contact_id = :kept AND source = :source AND received_at = :since
  AND name IN ('unsubscribed', 'suppressed')
""")

MARK_SEPARATED = text("UPDATE contact_merge SET separated_at = :now, separated_by = :by WHERE id = :merge")


class CannotSeparate(ValueError):
    """Two contacts that cannot be separated (yet); the sentence says why, and what to do."""


def separate_contacts(connection: Connection, merge_id: int, by: str, now: datetime) -> int:
    """Undo a merge; gives the number of the contact that is back. The caller commits.

    Fields of the kept contact that still say what the merge gave them say again what they said before. Both scores are
    counted anew. Runs, placements and conflicts that the merge ended stay ended, and an owner that it gave stays.

    Raises CannotSeparate, and ContactsBusy when somebody else has locked the kept contact for more than a second.
    """
    for attempt in range(TRIES):
        try:
            with connection.begin_nested(), short_waits(connection):
                return _separate(connection, merge_id, by, now)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in LOCKED_BY_OTHERS:
                raise
        except ContactsBusy:
            if attempt == TRIES - 1:
                raise
        time.sleep(PAUSE_SECONDS)
    raise ContactsBusy(ContactsBusy.__doc__)


def _separate(connection: Connection, merge_id: int, by: str, now: datetime) -> int:
    merge = connection.execute(MERGE, {"merge": merge_id}).one_or_none()
    if merge is None:
        raise CannotSeparate(f"There is no merge {merge_id}.")
    if merge.separated_at is not None:
        raise CannotSeparate(f"Contacts {merge.kept_id} and {merge.merged_id} were separated already.")
    _require_last(connection, merge)
    if not lock_whole(connection, [merge.kept_id]):
        raise ContactsBusy(ContactsBusy.__doc__)
    _restore_kept(connection, merge, now)
    _bring_back(connection, merge)
    _move_back(connection, merge)
    _recount_and_emit(connection, merge, by, now)
    return int(merge.merged_id)


def _require_last(connection: Connection, merge: Row[Any]) -> None:
    """A contact that was merged on has to come back first."""
    later = connection.execute(MERGED_SINCE, {"contact": merge.kept_id}).one_or_none()
    if later is not None:
        raise CannotSeparate(
            f"Contact {merge.kept_id} was itself merged into contact {later.kept_id} after that. "
            f"Separate those two first (merge {later.id})."
        )
    if connection.execute(KEPT_NOW, {"kept": merge.kept_id}).scalar() is None:
        raise CannotSeparate(f"Contact {merge.kept_id} is not there any more, so nothing can be taken out of it.")


def _restore_kept(connection: Connection, merge: Row[Any], now: datetime) -> None:
    """The columns that still hold what the merge gave them, and what later merges remember of those."""
    current = connection.execute(KEPT_NOW, {"kept": merge.kept_id}).scalar_one()
    restored = restored_columns(current, merge.trace)
    if _inherited_suppression(connection, merge, current):
        restored |= {name: merge.trace["kept"][name] for name in ("suppressed", "suppressed_at")}
        lifted = NewEvent(
            name="suppression_lifted", topic=current["suppressed"], contact_id=merge.kept_id, source=SOURCE
        )
        emit(connection, [lifted], now)
    _update_contact(connection, merge.kept_id, restored | {"updated_at": now})
    for later in connection.execute(LATER_MERGES, {"kept": merge.kept_id, "merge": merge.id}).all():
        remembered = restored_columns(later.trace["kept"], merge.trace)
        trace = later.trace | {"kept": later.trace["kept"] | remembered}
        connection.execute(STORE_TRACE, {"merge": later.id, "trace": to_json(trace)})


def restored_columns(current: dict[str, Any], trace: dict[str, Any]) -> dict[str, Any]:
    """Of the columns that a merge changed those that nobody has changed since, with what they held before. Pure."""
    before, given = trace["kept"], {name: value for name, value in trace["given"].items() if name != "score"}
    columns = {name: before[name] for name, value in given.items() if name != "custom" and current[name] == value}
    if "custom" in given:
        old, new, custom = before["custom"] or {}, given["custom"], dict(current["custom"] or {})
        for name in [name for name in new if new[name] != old.get(name) and custom.get(name) == new[name]]:
            custom.pop(name)
        columns["custom"] = custom | {name: value for name, value in old.items() if name not in custom}
    return columns


def _update_contact(connection: Connection, contact: int, columns: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = n.{name}" for name in columns)
    statement = f"""
        UPDATE contact SET {names} FROM jsonb_populate_record(CAST(NULL AS contact), CAST(:row AS jsonb)) AS n
        WHERE contact.id = :contact
    """
    connection.execute(text(statement), {"row": to_json(columns), "contact": contact})


def _bring_back(connection: Connection, merge: Row[Any]) -> None:
    """The merged contact's row under its old number. Columns that are newer than the trace get their defaults."""
    row = {name: value for name, value in merge.trace["merged"].items() if name in Contact.model_fields}
    if (holder := connection.execute(HOLDER, {"email": row["email"]}).scalar()) is not None:
        raise CannotSeparate(
            f"Contact {holder} has meanwhile got the email that contact {merge.merged_id} had. "
            f"Give contact {holder} another email first."
        )
    moved = id_list(merge.trace["moved"].get("identifier.contact_id", []))
    if email := connection.execute(GOES_BACK, {"kept": merge.kept_id, "identifiers": moved}).scalar():
        raise CannotSeparate(
            f"Contact {merge.kept_id} is written to at {email} by now, which contact {merge.merged_id} had. "
            f"Give contact {merge.kept_id} another email first."
        )
    _insert_rows(connection, "contact", [row])


def _insert_rows(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Rows as they were; those that are there again are left as they are."""
    names = ", ".join(f'"{name}"' for name in rows[0])
    statement = f"""
        INSERT INTO "{table}" ({names})
        SELECT {names} FROM jsonb_populate_recordset(CAST(NULL AS "{table}"), CAST(:rows AS jsonb))
        ON CONFLICT DO NOTHING
    """
    connection.execute(text(statement), {"rows": to_json(rows)})


def _move_back(connection: Connection, merge: Row[Any]) -> None:
    about = {"kept": merge.kept_id, "merged": merge.merged_id}
    moved, dropped = merge.trace["moved"], merge.trace["dropped"]
    _give_back_what_was_told(connection, merge)
    runs = move_runs_back(connection, moved.get("journey_run.contact_id", []), merge.kept_id, merge.merged_id)
    for reference in contact_references():
        if reference.name in moved and reference.name not in MOVED_ELSEWHERE:
            keys = [str(key) for key in moved[reference.name]]
            connection.execute(_move_back_statement(reference), about | {"keys": keys})
        if "run_id" in SQLModel.metadata.tables[reference.table].columns and reference.key == "id":
            connection.execute(_follow_runs_statement(reference), about | {"runs": id_list(runs)})
    for table in DROPPED_DUPLICATES:
        if dropped.get(table):
            _insert_rows(connection, table, dropped[table])
    if pairs := _as_called_now(connection, dropped.get("likely_duplicate", []), merge.merged_id):
        _insert_rows(connection, "likely_duplicate", pairs)
    connection.execute(COUNT_POINTS_AGAIN, {"entries": id_list(merge.trace["withdrawn_points"])})


def _give_back_what_was_told(connection: Connection, merge: Row[Any]) -> None:
    """A no that the merge said anew was the one of the contact that comes back, unless they had said none. Who has
    their own statement of it needs no other.
    """
    statements = id_list(merge.trace["moved"].get("consent.contact_id", []))
    has_own = connection.execute(SAID_NO, {"statements": statements}).scalar()
    if not has_own and merge.trace["merged"]["suppressed"] is None:
        return
    told = {"kept": merge.kept_id, "merged": merge.merged_id, "source": SOURCE, "since": merge.merged_at}
    connection.execute(TAKE_BACK_STATEMENTS if has_own else GIVE_BACK_STATEMENTS, told)
    connection.execute(GIVE_BACK_EVENTS, told)


def _as_called_now(connection: Connection, pairs: Sequence[dict[str, Any]], back: int) -> list[dict[str, Any]]:
    """Pairs of likely duplicates by the contacts that they are about now, as `back` is one again; those of whom one is
    gone are left out.
    """
    called = kept_contacts(connection, {pair[name] for pair in pairs for name in PAIR_COLUMNS}) | {back: back}
    there = set(connection.execute(THERE, {"contacts": id_list(called.values())}).scalars())
    found = []
    for pair in pairs:
        one, other = sorted(called[pair[name]] for name in PAIR_COLUMNS)
        if one != other and {one, other} <= there:
            found.append(pair | dict(zip(PAIR_COLUMNS, (one, other), strict=True)))
    return found


def _move_back_statement(reference: ContactReference) -> Any:
    kind = "text" if reference.key != "id" else "bigint"
    return text(f"""
        UPDATE "{reference.table}" SET {reference.column} = :merged
        WHERE {reference.key} = ANY(CAST(:keys AS {kind}[])) AND {reference.column} = :kept
    """)


def _follow_runs_statement(reference: ContactReference) -> Any:
    """What a run has done since the merge goes with it, or it would wait for an answer that another contact gets."""
    return text(f"""
        UPDATE "{reference.table}" SET {reference.column} = :merged
        WHERE run_id = ANY(CAST(:runs AS bigint[])) AND {reference.column} = :kept
    """)


def _inherited_suppression(connection: Connection, merge: Row[Any], current: dict[str, Any]) -> bool:
    """Whether the kept contact is suppressed by the merge alone."""
    reason = merge.trace["suppressed"]
    if reason is None or current["suppressed"] != reason:
        return False
    moved = merge.trace["moved"]
    about = {"kept": merge.kept_id, "merge": merge.id, "source": SOURCE, "since": merge.merged_at}
    about |= {"events": id_list(moved.get("event.contact_id", []))}
    about |= {"statements": id_list(moved.get("consent.contact_id", []))}
    return not connection.execute(SUPPRESSED_OTHERWISE, about).scalar_one()


def _recount_and_emit(connection: Connection, merge: Row[Any], by: str, now: datetime) -> None:
    both, playbook = [merge.kept_id, merge.merged_id], current_playbook(connection)
    owner = merge.trace["merged"]["owner_id"]
    if owner is not None:
        reason = f"separated from contact {merge.kept_id}"
        follow_owners(connection, [OwnerChange(merge.merged_id, owner, None, "separated", reason)], now)
    sync_explicit_points(connection, playbook, both, now)
    recount(connection, playbook, both, now)
    say_two_people(connection, merge.kept_id, merge.merged_id, by, now)
    # The run that was to answer them may have ended by the merge, or gone with the other one.
    ask_again_without_task(connection, both, SOURCE, f"{SOURCE}:{merge.id}", now)
    connection.execute(MARK_SEPARATED, {"merge": merge.id, "by": by, "now": now})
    emit_separated(connection, merge.id, merge.kept_id, merge.merged_id, by, now)
