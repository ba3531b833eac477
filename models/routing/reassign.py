"""Leads go from one salesperson to another because somebody said so; open tasks move along."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from models.playbook import Playbook, current
from models.routing import Gift, Owner, give, hold_for, place, route_by_rules
from models.routing.lead_selection import BadReassignment, Person
from models.tasks.handover import move_open_tasks

__all__ = ["Reassigned", "move_open_tasks", "reassign"]

HOLD = text("""
SELECT contact.id, contact.owner_id,
       (SELECT count(*) FROM task WHERE task.contact_id = contact.id AND task.rep_id IS NOT NULL
        AND task.done_at IS NULL AND task.closed_at IS NULL) AS tasks
FROM contact WHERE contact.id = ANY(:contacts) ORDER BY contact.id FOR NO KEY UPDATE
""")

OWNERS = text("SELECT id, owner_id FROM contact WHERE id = ANY(:contacts)")

LAST_ROUTERS = text("""
-- The router that gave each lead last, if it is still there.
SELECT DISTINCT ON (a.contact_id) a.contact_id, a.router
FROM assignment a JOIN router ON router.name = a.router
WHERE a.contact_id = ANY(:contacts) ORDER BY a.contact_id, a.id DESC
""")


class _Held(NamedTuple):
    owner: int | None
    tasks: int


@dataclass
class Reassigned:
    """What became of the leads."""

    given: dict[int, str] = field(default_factory=dict)
    """Contact -> its new owner's name."""
    waiting: list[int] = field(default_factory=list)
    """Nobody can have them now: they wait, or are being offered, and stay where they are until then."""
    left: dict[int, str] = field(default_factory=dict)
    """Contact -> why it stays."""
    tasks: int = 0
    """Open tasks that moved along."""

    def __str__(self) -> str:
        counts = ((len(self.given), "moved"), (len(self.waiting), "waiting for somebody"), (len(self.left), "left"))
        leads = ", ".join(f"{count} {what}" for count, what in counts if count) or "none to move"
        return f"leads: {leads}; {self.tasks} open {'task' if self.tasks == 1 else 'tasks'} moved along"


def reassign(
    connection: Connection, contacts: Sequence[int], to: Person | None, *, by: str, because: str, now: datetime
) -> Reassigned:
    """Give leads to somebody, or to nobody in particular: by the routing rules, else by the router that gave them last.

    Whoever has them now is passed over. Leads that are `to`'s already stay. The caller commits.
    """
    if to and not to.active:
        raise BadReassignment(f"{to.name} is not active and gets no leads. Name somebody who is in the playbook.")
    held = {row.id: _Held(row.owner_id, row.tasks) for row in connection.execute(HOLD, {"contacts": list(contacts)})}
    says = f"{by}: {because}" if because else by
    done = _to_somebody(connection, held, to, says, now) if to else _by_routing(connection, held, says, now)
    done.tasks = sum(held[contact].tasks for contact in done.given)
    return done


def _to_somebody(connection: Connection, held: Mapping[int, _Held], to: Person, says: str, now: datetime) -> Reassigned:
    moving = [contact for contact, before in held.items() if before.owner != to.id]
    give(connection, [Gift(contact, to.id, None, "reassigned", says) for contact in moving], now)
    theirs = {contact: f"is {to.name}'s already" for contact in held if contact not in moving}
    return Reassigned(given=dict.fromkeys(moving, to.name), left=theirs)


def _by_routing(connection: Connection, held: Mapping[int, _Held], says: str, now: datetime) -> Reassigned:
    playbook = current(connection)
    ways = _ways(connection, playbook, list(held))
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for contact, way in ways.items():
        groups[way].append(contact)
    hold_for(connection, playbook, list(held), [router for router, _ in groups])
    placed: dict[int, object] = {}
    for (router, rule), leads in sorted(groups.items()):
        because = f"{says}; {rule}"
        placed |= place(connection, playbook, leads, router=router, anew=True, because=because, now=now)
    return _told(connection, held, placed)


def _ways(connection: Connection, playbook: Playbook, contacts: list[int]) -> dict[int, tuple[str, str]]:
    """Contact -> router, and the rule that says so."""
    found = route_by_rules(connection, playbook, contacts)
    last = connection.execute(LAST_ROUTERS, {"contacts": [one for one in contacts if one not in found]})
    return found | {contact: (router, "the router that gave it before") for contact, router in last}


def _told(connection: Connection, held: Mapping[int, _Held], placed: Mapping[int, object]) -> Reassigned:
    owners = {row.id: row.owner_id for row in connection.execute(OWNERS, {"contacts": list(held)})}
    done = Reassigned()
    for contact, before in held.items():
        came = placed.get(contact)
        if came is None:
            done.left[contact] = "no routing rule is for it"
        elif not isinstance(came, Owner):
            done.waiting.append(contact)
        elif owners[contact] == before.owner:
            done.left[contact] = f"nobody but {came.name} can have it"
        else:
            done.given[contact] = came.name
    return done
