"""Who gets the next lead."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

LOCK = text("""
-- Two that route the same contact take turns, and the second sees the owner that the first has given.
SELECT id FROM contact WHERE id = ANY(:contacts) ORDER BY id FOR NO KEY UPDATE
""")

OWNERS = text("""
SELECT c.id, rep.id, rep.name, coalesce(rep.active, false)
FROM contact c LEFT JOIN rep ON rep.id = c.owner_id WHERE c.id = ANY(:contacts)
""")

ROUTER = text("SELECT id, last_rep_id FROM router WHERE name = :name FOR UPDATE")

MEMBERS = text("""
SELECT rep.id, rep.name FROM router_member m JOIN rep ON rep.id = m.rep_id
WHERE m.router_id = :router AND rep.active ORDER BY m.position, rep.id
""")

GIVE = text("""
UPDATE contact SET owner_id = n.rep_id, updated_at = :now
FROM unnest(CAST(:contacts AS bigint[]), CAST(:reps AS bigint[])) AS n (contact_id, rep_id)
WHERE contact.id = n.contact_id
""")

REMEMBER = text("UPDATE router SET last_rep_id = :rep WHERE id = :router")

Member = tuple[int, str]
"""Id and name of a salesperson."""


class NobodyThere(LookupError):
    """A router that does not exist or has nobody to give a lead to."""


def assign(
    connection: Connection, router: str, contacts: Sequence[int], *, anew: bool, now: datetime
) -> dict[int, tuple[str, bool]]:
    """Contact -> (owner's name, whether they kept the one they had).

    A contact with an active owner keeps them, unless `anew`, which moves it to somebody else where there is one.
    The router's row is locked: two that assign at once take turns, so everybody gets the same number of leads.
    """
    connection.execute(LOCK, {"contacts": list(contacts)})
    owners = {row[0]: row[1:] for row in connection.execute(OWNERS, {"contacts": list(contacts)})}
    kept = {} if anew else {contact: (name, True) for contact, (_, name, active) in owners.items() if active}
    waiting = [contact for contact in dict.fromkeys(contacts) if contact not in kept]
    if not waiting:
        return kept
    router_id, last = _router(connection, router)
    members = _members(connection, router, router_id)
    chosen = take_turns(members, last, [owners[contact][0] for contact in waiting])
    reps = [rep for rep, _ in chosen]
    connection.execute(GIVE, {"contacts": waiting, "reps": reps, "now": now})
    connection.execute(REMEMBER, {"router": router_id, "rep": reps[-1]})
    return kept | {contact: (name, False) for contact, (_, name) in zip(waiting, chosen, strict=True)}


def take_turns(members: Sequence[Member], last: int | None, owners: Sequence[int | None]) -> list[Member]:
    """For each lead in order the member after the one who got the last; never the present owner if there is another."""
    order = [rep for rep, _ in members]
    place = order.index(last) + 1 if last in order else 0
    chosen = []
    for owner in owners:
        if members[place % len(members)][0] == owner:
            place += 1
        chosen.append(members[place % len(members)])
        place += 1
    return chosen


def _router(connection: Connection, name: str) -> tuple[int, int | None]:
    row = connection.execute(ROUTER, {"name": name}).one_or_none()
    if row is None:
        raise NobodyThere(f"There is no router '{name}'. Add it to the playbook and apply that.")
    return row[0], row[1]


def _members(connection: Connection, name: str, router_id: int) -> list[Member]:
    members = [(rep_id, rep) for rep_id, rep in connection.execute(MEMBERS, {"router": router_id})]
    if not members:
        raise NobodyThere(f"Router '{name}' has nobody active to give leads to. Add people to it in the playbook.")
    return members
