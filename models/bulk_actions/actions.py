"""Actions for many contacts: asked for once, worked off in batches that each commit whole, stopped, and looked at."""

import logging
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col

from models.bulk_actions.assign import Assign
from models.bulk_actions.decide_mail import DecideMail
from models.bulk_actions.give_task import GiveTask
from models.bulk_actions.kinds import ActionKind, BadChoice, Choices, Doing
from models.bulk_actions.set_field import SetField
from models.bulk_actions.start_journey import StartJourney
from models.conditions.parse import BadCondition
from models.contacts.views.conditions import KnownWords, parse_list_condition
from models.contacts.views.find import TooSlow, select_ids, time_limit
from models.contacts.views.known import known_words
from models.contacts.views.sample import estimate
from models.contacts.views.search import fits_search
from models.database import to_json
from models.tables.contact import Contact
from models.wording import counted

log = logging.getLogger("tend.contacts")

KINDS: Mapping[str, ActionKind] = {
    "journey": StartJourney(),
    "assign": Assign(),
    "task": GiveTask(),
    "field": SetField(),
    "mail": DecideMail(),
}
"""Every kind by the name under which it is stored."""
AT_ONCE = 500
"""Contacts of one transaction: what is locked is locked for a moment only."""
COUNTING_MS = 3_000
"""What counting for the form may take."""

ASK = text("""
-- The same sending of the form twice is one action.
INSERT INTO bulk_action (kind, condition, search, choices, made_by, login_id, key, asked_at, last_contact)
SELECT :kind, :condition, :search, CAST(:choices AS jsonb), :by, :login, :key, :now, coalesce(max(id), 0) FROM contact
ON CONFLICT (key) DO NOTHING RETURNING id
""")
BY_KEY = text("SELECT id FROM bulk_action WHERE key = :key")
READ = """
SELECT id, kind, condition, search, choices, made_by, asked_at, last_contact, found, place, handled, changed, began_at,
       finished_at, stop_at, problem FROM bulk_action
"""
READ_ONE = text(f"{READ} WHERE id = :id")
READ_NEWEST = text(f"{READ} ORDER BY id DESC LIMIT :most")
OPEN = text("SELECT id FROM bulk_action WHERE finished_at IS NULL ORDER BY id")
OLDEST_OPEN = text("SELECT asked_at FROM bulk_action WHERE finished_at IS NULL ORDER BY id LIMIT 1")
LOCK = text(f"{READ} WHERE id = :id FOR NO KEY UPDATE")
BEGIN = text("""
UPDATE bulk_action SET began_at = coalesce(began_at, :now), found = coalesce(found, :found) WHERE id = :id
""")
ADVANCE = text("""
UPDATE bulk_action SET place = :place, handled = handled + :handled, changed = changed + :changed WHERE id = :id
""")
FINISH = text("""
UPDATE bulk_action SET finished_at = :now, problem = coalesce(:problem, problem) WHERE id = :id AND finished_at IS NULL
""")
STOP = text("UPDATE bulk_action SET stop_at = :now WHERE id = :id AND finished_at IS NULL AND stop_at IS NULL")


@dataclass(frozen=True)
class Selection:
    """Whom an action is for, as the list finds them; both empty: everybody."""

    condition: str = ""
    search: str = ""

    def conditions(self, known: KnownWords) -> list[ColumnElement[bool]]:
        """As expressions over Contact. Raises BadCondition."""
        parsed = [parse_list_condition(self.condition, known)] if self.condition else []
        searched = fits_search(self.search)
        return [*parsed, *([] if searched is None else [searched])]


@dataclass(frozen=True)
class Preview:
    """What an action would do, before it is done."""

    count: int
    is_estimate: bool
    whom: str
    """`1,234 contacts`."""
    sentence: str
    """What happens to them, after whom it is."""
    remarks: Sequence[str]
    """For how many of them it is different, in sentences; none when they are too many to look at each."""


@dataclass(frozen=True)
class BulkActionState:
    """An action as it stands."""

    id: int
    kind: str
    condition: str
    search: str
    choices: Choices
    made_by: str
    asked_at: datetime
    last_contact: int
    found: int | None
    place: int
    handled: int
    changed: int
    began_at: datetime | None
    finished_at: datetime | None
    stop_at: datetime | None
    problem: str | None


def preview(connection: Connection, kind: str, selection: Selection, choices: Choices) -> Preview:
    """What it would do. Raises BadCondition or BadChoice."""
    conditions = selection.conditions(known_words(connection))
    chosen = KINDS[kind].read(connection, choices)
    remarks = KINDS[kind].remarks(connection, chosen)
    sentence = KINDS[kind].sentence(connection, chosen)
    counts = [func.count().filter(remark.condition) for remark in remarks]
    try:
        with time_limit(connection, COUNTING_MS):
            wanted = select(func.count(), *counts).select_from(Contact).where(*conditions)
            count, *found = connection.execute(wanted).one()
    except TooSlow:
        about = estimate(connection, conditions)
        return Preview(about, True, f"about {counted(about, 'contact')}", sentence, [])
    said = [
        f"{number:,} of them {remark.one if number == 1 else remark.more}."
        for number, remark in zip(found, remarks, strict=True)
        if number
    ]
    return Preview(count, False, counted(count, "contact"), sentence, said)


def ask_for(
    connection: Connection,
    kind: str,
    selection: Selection,
    choices: Choices,
    *,
    by: str,
    key: str,
    now: datetime,
    login_id: int | None = None,
) -> tuple[int, bool]:
    """Ask for an action, which the clock works off; gives its number, and whether it is new. The caller commits.

    Raises BadCondition or BadChoice, and asks for nothing.
    """
    selection.conditions(known_words(connection))
    chosen = KINDS[kind].read(connection, choices)
    values = {"kind": kind, "condition": selection.condition, "search": selection.search, "choices": to_json(chosen)}
    values |= {"by": by, "login": login_id, "key": key, "now": now}  # type: ignore[dict-item]
    made = connection.execute(ASK, values).scalar_one_or_none()
    if made is None:
        return int(connection.execute(BY_KEY, {"key": key}).scalar_one()), False
    return int(made), True


def read_action(connection: Connection, action_id: int) -> BulkActionState | None:
    """One of them as it stands; None when it is not there."""
    row = connection.execute(READ_ONE, {"id": action_id}).one_or_none()
    return BulkActionState(*row) if row else None


def newest_actions(connection: Connection, most: int) -> list[BulkActionState]:
    """The newest ones."""
    return [BulkActionState(*row) for row in connection.execute(READ_NEWEST, {"most": most})]


def stop_action(connection: Connection, action_id: int, now: datetime) -> bool:
    """Let it end after the batch that is under way; what is done stays done. False when it had ended. The caller
    commits.
    """
    return bool(connection.execute(STOP, {"id": action_id, "now": now}).rowcount)


def open_actions(connection: Connection) -> list[int]:
    """Those that are not finished, in the order in which they were asked for."""
    return list(connection.execute(OPEN).scalars())


def next_action_due(connection: Connection) -> datetime | None:
    """Since when the oldest one waits; None when all are done."""
    return connection.execute(OLDEST_OPEN).scalar()


def begin_action(connection: Connection, action_id: int, now: datetime) -> list[int]:
    """The contacts that are still to be dealt with, by number. The caller commits.

    They are looked for once: whoever fits only after that is not meant, and what is done for one changes nothing for
    the others. An action that cannot be done any more is finished with a problem.
    """
    action = read_action(connection, action_id)
    if action is None or action.finished_at is not None:
        return []
    try:
        conditions = Selection(action.condition, action.search).conditions(known_words(connection))
        KINDS[action.kind].read(connection, action.choices)
    except (BadCondition, BadChoice) as error:
        connection.execute(FINISH, {"id": action_id, "now": now, "problem": str(error)})
        return []
    within = [col(Contact.id) > action.place, col(Contact.id) <= action.last_contact]
    contacts = list(connection.execute(select_ids([*conditions, *within])).scalars())
    connection.execute(BEGIN, {"id": action_id, "now": now, "found": action.handled + len(contacts)})
    return contacts


def perform_batch(connection: Connection, action_id: int, contacts: Sequence[int], now: datetime) -> bool:
    """Do it for the next few of these contacts; false when nothing is left to do. The caller commits.

    Whoever works on the same action at the same time waits, and goes on behind them: each contact is dealt with once.
    """
    action = _lock(connection, action_id)
    if action is None:
        return False
    behind = bisect_right(contacts, action.place)
    batch = contacts[behind : behind + AT_ONCE]
    if not batch or action.stop_at is not None:
        connection.execute(FINISH, {"id": action_id, "now": now, "problem": "It was stopped." if batch else None})
        return False
    doing = Doing(
        choices=action.choices, contacts=batch, by=action.made_by, key=f"all:{action.id}:{action.kind}", now=now
    )
    try:
        with connection.begin_nested():
            changed = KINDS[action.kind].perform(connection, doing)
    except (OperationalError, InterfaceError):
        # The database is away, or two waited for each other: the batch is tried again.
        raise
    except BadChoice as error:
        connection.execute(FINISH, {"id": action_id, "now": now, "problem": str(error)})
        return False
    except Exception as error:
        # Tried again it would fail again, and all that waits behind it with it.
        log.exception("Action %s for many contacts failed.", action_id)
        problem = f"Something went wrong ({type(error).__name__}); the log of the clock says what."
        connection.execute(FINISH, {"id": action_id, "now": now, "problem": problem})
        return False
    connection.execute(ADVANCE, {"id": action_id, "place": batch[-1], "handled": len(batch), "changed": changed})
    return True


def _lock(connection: Connection, action_id: int) -> BulkActionState | None:
    row: Any = connection.execute(LOCK, {"id": action_id}).one_or_none()
    action = BulkActionState(*row) if row else None
    return action if action and action.finished_at is None else None
