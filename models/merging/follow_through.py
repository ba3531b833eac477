"""What follows from a merge: mail, owner and score of the kept contact, its record, and the event for its timeline."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.display_name import DISPLAY_NAME
from models.events.emit import NewEvent, emit
from models.mail.consent import ConsentStatement
from models.mail.rules.consent import SUPPRESSION_PRECEDENCE
from models.mail.suppression import apply_choices, suppress
from models.merging.pair import Merge, strictest_no
from models.playbook import Playbook
from models.routing import OwnerChange, change_owners
from models.routing.assignment.owner_change import follow_owners
from models.scoring.explicit_rules import sync_explicit_points
from models.scoring.recount import recount
from models.tables.contact import Suppression
from models.tasks.requests import ASKED_AGAIN, add_requests, reopen_requests, show_on_open_tasks

SOURCE = "merging"
"""Of the events that a merge emits."""

RECORD = text("""
INSERT INTO contact_merge (kept_id, merged_id, reason, merged_by, merged_at, trace)
SELECT n.kept, n.merged, n.reason, :by, :now, n.trace
FROM jsonb_to_recordset(CAST(:merges AS jsonb)) AS n (place int, kept bigint, merged bigint, reason text, trace jsonb)
ORDER BY n.place RETURNING merged_id, id
""")

REP_NAMES = text("SELECT id, name FROM rep WHERE id = ANY(CAST(:reps AS bigint[]))")

NAMES = text(f"""
-- Of rows that are in no table any more.
SELECT contact.id, {DISPLAY_NAME} AS who FROM jsonb_populate_recordset(CAST(NULL AS contact), CAST(:rows AS jsonb))
AS contact
""")


def follow_through(connection: Connection, playbook: Playbook, merges: Sequence[Merge], by: str, now: datetime) -> None:
    """Bring everything in line with what the kept contacts are now, record the merges, and say so on the timelines."""
    _suppress(connection, merges, now)
    _give_owners(connection, merges, now)
    _pass_on_requests(connection, playbook, merges, now)
    contacts = [one.pair.kept for one in merges]
    sync_explicit_points(connection, playbook, contacts, now)
    recount(connection, playbook, contacts, now)
    _record(connection, merges, by, now)
    _emit(connection, merges, by, now)


def _suppress(connection: Connection, merges: Sequence[Merge], now: datetime) -> None:
    """The stricter of the two holds. A bounce is the address's, and comes along only with the address."""
    wanted: defaultdict[tuple[str, str | None], list[int]] = defaultdict(list)
    choices: list[ConsentStatement] = []
    for one in merges:
        kept, merged, reason = one.trace.kept, one.trace.merged, _inherited_reason(one)
        if reason and _outranks(reason, kept["suppressed"]):
            one.trace.suppressed = reason
            if reason != Suppression.UNSUBSCRIBED:
                wanted[reason, merged["suppressed_at"]].append(one.pair.kept)
        if at := strictest_no(one.kept_said, one.merged_said, now):
            choices.append(ConsentStatement(contact_id=one.pair.kept, is_given=False, at=at, source=SOURCE))
    apply_choices(connection, choices, now, SOURCE)
    for (reason, said_at), contacts in sorted(wanted.items(), key=str):
        at = datetime.fromisoformat(said_at) if said_at else None
        suppress(connection, contacts, Suppression(reason), now, SOURCE, said_at=at)


def _inherited_reason(one: Merge) -> str | None:
    kept, merged = one.trace.kept, one.trace.merged
    address = one.trace.given.get("email", kept["email"])
    if merged["suppressed"] == Suppression.BOUNCED and address != merged["email"]:
        return None
    return str(merged["suppressed"]) if merged["suppressed"] else None


def _outranks(reason: str, present: str | None) -> bool:
    rank = [str(one) for one in SUPPRESSION_PRECEDENCE].index
    return present is None or rank(reason) > rank(present)


def _give_owners(connection: Connection, merges: Sequence[Merge], now: datetime) -> None:
    """A contact without an owner gets the other one's; else the owner gets what was the other one's to do."""
    new, same = [], []
    for one in merges:
        kept, merged = one.trace.kept["owner_id"], one.trace.merged["owner_id"]
        reason = f"merged with contact {one.pair.merged}: {one.pair.reason}"
        if kept is not None:
            same.append(OwnerChange(one.pair.kept, kept, None, "merged", reason))
        elif merged is not None:
            new.append(OwnerChange(one.pair.kept, merged, None, "merged", reason))
    change_owners(connection, new, now)
    follow_owners(connection, same, now)


def _pass_on_requests(connection: Connection, playbook: Playbook, merges: Sequence[Merge], now: datetime) -> None:
    """What the task of an ended run was about is shown by the task that stays; without one, somebody is asked anew."""
    wanted = {one.pair.kept: one.requests for one in merges if one.requests}
    if not wanted:
        return
    events = [event for requests in wanted.values() for event in requests]
    add_requests(connection, events)
    reopen_requests(connection, events)
    shown = set(show_on_open_tasks(connection, playbook, [requests[-1] for requests in wanted.values()], now))
    again = [
        NewEvent(
            name=ASKED_AGAIN,
            contact_id=contact,
            source=SOURCE,
            key=f"asked again:{SOURCE}:{requests[-1]}",
            data={"request": requests[-1]},
        )
        for contact, requests in wanted.items()
        if requests[-1] not in shown
    ]
    emit(connection, again, now)


def _record(connection: Connection, merges: Sequence[Merge], by: str, now: datetime) -> None:
    rows = [
        {"place": place, "kept": one.pair.kept, "merged": one.pair.merged, "reason": one.pair.reason}
        | {"trace": one.trace.__dict__}
        for place, one in enumerate(merges)
    ]
    found = connection.execute(RECORD, {"merges": to_json(rows), "by": by, "now": now})
    numbers = {row.merged_id: row.id for row in found}
    for one in merges:
        one.number = numbers[one.pair.merged]


def _emit(connection: Connection, merges: Sequence[Merge], by: str, now: datetime) -> None:
    gone = to_json([one.trace.merged for one in merges])
    names = {row.id: row.who for row in connection.execute(NAMES, {"rows": gone})}
    reps = [owner for one in merges for owner in _owners(one) if owner is not None]
    owners = {row.id: row.name for row in connection.execute(REP_NAMES, {"reps": id_list(reps)})}
    events = [
        NewEvent(
            name="contacts_merged",
            topic=str(one.number),
            contact_id=one.pair.kept,
            source=SOURCE,
            key=f"{SOURCE}:{one.number}",
            data=_event_data(one, names[one.pair.merged], by, owners),
        )
        for one in merges
    ]
    emit(connection, events, now)


def _owners(one: Merge) -> tuple[int | None, int | None]:
    return one.trace.kept["owner_id"], one.trace.merged["owner_id"]


def _event_data(one: Merge, who: str, by: str, owners: dict[int, str]) -> dict[str, Any]:
    """The data of the event: what the timeline says of it."""
    kept_owner, other_owner = _owners(one)
    ended = len(one.trace.closed["journey_run"])
    data: dict[str, Any] = {"merge": one.number, "contact": one.pair.merged, "who": who}
    data |= {"reason": one.pair.reason, "by": by}
    if one.combined.differing:
        data["kept"] = {name: kept for name, (kept, _) in one.combined.differing.items()}
        data["was"] = {name: merged for name, (_, merged) in one.combined.differing.items()}
    if kept_owner and other_owner and kept_owner != other_owner:
        data["owner"] = f"{owners[kept_owner]} stays; it was {owners[other_owner]}'s as well"
    if one.trace.suppressed:
        data["mail"] = f"none from now on: {one.trace.suppressed}"
    if ended:
        data["ended"] = f"{ended} {'journey that was' if ended == 1 else 'journeys that were'} running twice"
    return data


def emit_separated(connection: Connection, merge: int, kept: int, merged: int, by: str, now: datetime) -> None:
    """Say on both timelines that a merge was undone."""
    about = {"merge": merge, "by": by}
    events = [
        NewEvent(
            name="contact_separated",
            topic=str(merge),
            contact_id=contact,
            source=SOURCE,
            key=f"{SOURCE}:{merge}:{contact}",
            data=about | {"contact": other},
        )
        for contact, other in ((kept, merged), (merged, kept))
    ]
    emit(connection, events, now)
