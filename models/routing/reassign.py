"""Reassigns leads to a named rep, or by routing; open tasks move along."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.database import locking_contacts
from models.playbook import Playbook, current_playbook
from models.routing import (
    AssignedOwner,
    OwnerChange,
    change_owners,
    lock_contacts_and_routers,
    pick_routers,
    route_contacts,
)
from models.routing.lead_selection import BadReassignment, SelectedRep
from models.routing.new_owners import Handover, mail_new_owners
from models.routing.reassignment import ReassignmentResult
from models.tasks.handover import without_mails

LOCK_WITH_OWNERS = text(
    locking_contacts("""
SELECT contact.id, contact.owner_id, (SELECT name FROM rep WHERE rep.id = contact.owner_id) AS owner_name,
       (SELECT count(*) FROM task WHERE task.contact_id = contact.id AND task.rep_id IS NOT NULL
        AND task.done_at IS NULL AND task.closed_at IS NULL) AS tasks
FROM contact WHERE contact.id = ANY(:contacts)
""")
)

OWNERS = text("SELECT id, owner_id FROM contact WHERE id = ANY(:contacts)")

MOVED_SINCE = text("""
SELECT DISTINCT a.contact_id, coalesce(rep.name, 'nobody') AS name
FROM assignment a JOIN contact ON contact.id = a.contact_id LEFT JOIN rep ON rep.id = contact.owner_id
WHERE a.contact_id = ANY(:contacts) AND a.at > :shown_at
""")

LAST_ROUTERS = text("""
-- The router that assigned each lead last, if it still exists.
SELECT DISTINCT ON (a.contact_id) a.contact_id, a.router
FROM assignment a JOIN router ON router.name = a.router
WHERE a.contact_id = ANY(:contacts) ORDER BY a.contact_id, a.id DESC
""")


class _Before(NamedTuple):
    owner: int | None
    owner_name: str | None
    tasks: int


def reassign(
    connection: Connection,
    contacts: Sequence[int],
    to: SelectedRep | None,
    *,
    by: str,
    reason: str,
    now: datetime,
    mailed: Handover | None = None,
    shown_at: datetime | None = None,
    router: str | None = None,
) -> ReassignmentResult:
    """Reassign leads to a rep, or without one by `router`, else the routing rules, else the router that assigned them
    last.

    The present owner is passed over. Leads that `to` owns already stay. Each new owner gets one mail, about all of
    theirs where they are several; `mailed` is what it says of who did it and why, without it the reason. `shown_at` is
    when somebody saw whose they are: those that went to somebody since stay, so that of two who give them away, or of a
    form that is sent twice, the second moves nothing. The caller commits.
    """
    if to and not to.active:
        raise BadReassignment(f"{to.name} is not active and gets no leads. Name somebody who is in the playbook.")
    locked = {
        row.id: _Before(row.owner_id, row.owner_name, row.tasks)
        for row in connection.execute(LOCK_WITH_OWNERS, {"contacts": list(contacts)})
    }
    meanwhile = _moved_since(connection, locked, shown_at)
    locked = {contact: before for contact, before in locked.items() if contact not in meanwhile}
    full_reason = f"{by}: {reason}" if reason else by
    with without_mails() as moved:
        done = (
            _to_rep(connection, locked, to, full_reason, now)
            if to
            else _by_routing(connection, locked, full_reason, now, router)
        )
    mail_new_owners(connection, list(done.assigned), moved, mailed or Handover(reason=reason), now)
    done.tasks = len(moved)
    done.kept_tasks = sum(locked[contact].tasks for contact in done.assigned) - len(moved)
    done.unchanged |= meanwhile
    done.had = {contact: name for contact in done.assigned if (name := locked[contact].owner_name)}
    return done


def _moved_since(connection: Connection, contacts: Iterable[int], shown_at: datetime | None) -> dict[int, str]:
    """Contact -> the words about whom it went to after a moment."""
    if shown_at is None:
        return {}
    rows = connection.execute(MOVED_SINCE, {"contacts": list(contacts), "shown_at": shown_at})
    return {row.contact_id: f"went to {row.name} meanwhile" for row in rows}


def _to_rep(
    connection: Connection, locked: Mapping[int, _Before], to: SelectedRep, full_reason: str, now: datetime
) -> ReassignmentResult:
    moving = [contact for contact, before in locked.items() if before.owner != to.id]
    change_owners(connection, [OwnerChange(contact, to.id, None, "reassigned", full_reason) for contact in moving], now)
    theirs = {contact: f"is {to.name}'s already" for contact in locked if contact not in moving}
    return ReassignmentResult(assigned=dict.fromkeys(moving, to.name), unchanged=theirs)


def _by_routing(
    connection: Connection, locked: Mapping[int, _Before], full_reason: str, now: datetime, router: str | None
) -> ReassignmentResult:
    playbook = current_playbook(connection)
    named = dict.fromkeys(locked, (router, "the router that was chosen")) if router else None
    routes = named or _routes(connection, playbook, list(locked))
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for contact, route in routes.items():
        groups[route].append(contact)
    lock_contacts_and_routers(connection, playbook, list(locked), [one for one, _ in groups])
    placed: dict[int, object] = {}
    for (chosen, rule), leads in sorted(groups.items()):
        reason = f"{full_reason}; {rule}"
        placed |= route_contacts(connection, playbook, leads, router=chosen, anew=True, reason=reason, now=now)
    return _result(connection, locked, placed)


def _routes(connection: Connection, playbook: Playbook, contacts: list[int]) -> dict[int, tuple[str, str]]:
    """Contact -> router, and the rule that says so."""
    found = pick_routers(connection, playbook, contacts)
    last = connection.execute(LAST_ROUTERS, {"contacts": [one for one in contacts if one not in found]})
    return found | {contact: (router, "the router that gave it before") for contact, router in last}


def _result(connection: Connection, locked: Mapping[int, _Before], placed: Mapping[int, object]) -> ReassignmentResult:
    owners = {row.id: row.owner_id for row in connection.execute(OWNERS, {"contacts": list(locked)})}
    done = ReassignmentResult()
    for contact, before in locked.items():
        result = placed.get(contact)
        if result is None:
            done.unchanged[contact] = "no routing rule is for it"
        elif not isinstance(result, AssignedOwner):
            done.pending.append(contact)
        elif owners[contact] == before.owner:
            done.unchanged[contact] = f"nobody but {result.name} can have it"
        else:
            done.assigned[contact] = result.name
    return done
