"""A router locked for assignment, with its members' credits."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.playbook import Playbook
from models.playbook.routing import RouterKind
from models.wording import did_you_mean

LOCK_ROUTER = text("""
-- Two that assign at once take turns, so shares stay exact.
SELECT id, kind, seed, assigned_count FROM router WHERE name = :name FOR UPDATE
""")

LOCK_ROUTERS = text("""
-- In the order in which Python sorts names, whatever the database's language is: the same for everybody.
SELECT id FROM router WHERE name = ANY(:names) ORDER BY name COLLATE "C" FOR UPDATE
""")

SET_ASSIGNED_COUNT = text("UPDATE router SET assigned_count = :assigned_count WHERE id = :router")

SET_CREDITS = text("""
UPDATE router_member m SET credit = n.credit
FROM unnest(CAST(:reps AS bigint[]), CAST(:credits AS bigint[])) AS n (rep_id, credit)
WHERE m.router_id = :router AND m.rep_id = n.rep_id AND m.credit <> n.credit
""")


class UnknownRouter(LookupError):
    """There is no router of this name."""


def unknown_router(name: str | None, playbook: Playbook) -> str | None:
    """The sentence about a router that the playbook does not have; None when it has it, or none is named."""
    known = [router.name for router in playbook.routers]
    if name is None or name in known:
        return None
    return (
        f"There is no router '{name}'.{did_you_mean(name, known)} There are: {', '.join(known)}. Take one, or add it "
        "to the playbook."
    )


@dataclass(frozen=True, slots=True)
class LockedRouter:
    """No other transaction assigns leads through it until this one ends."""

    id: int
    name: str
    kind: RouterKind
    seed: str
    assigned_count: int
    """How many leads it has assigned."""


def lock_router(connection: Connection, name: str) -> LockedRouter:
    """Lock the router until the transaction ends. Raises UnknownRouter when there is none of that name."""
    row = connection.execute(LOCK_ROUTER, {"name": name}).one_or_none()
    if row is None:
        raise UnknownRouter(f"There is no router '{name}'. Add it to the playbook and apply that.")
    return LockedRouter(row.id, name, RouterKind(row.kind), row.seed, row.assigned_count)


def lock_routers(connection: Connection, playbook: Playbook, names: Iterable[str]) -> None:
    """Lock several routers at once, with their `otherwise` routers, before any of their members.

    A transaction that locked a rep and then waited for a second router could deadlock with one that locked that router
    and waits for the rep.
    """
    wanted = set(names)
    wanted |= {one.otherwise for one in playbook.routers if one.name in wanted and one.otherwise}
    connection.execute(LOCK_ROUTERS, {"names": sorted(wanted)})


def store_credits(connection: Connection, router: LockedRouter, assigned_count: int, credits: dict[int, int]) -> None:
    """Store the router's number of assigned leads and each member's credit."""
    connection.execute(SET_ASSIGNED_COUNT, {"router": router.id, "assigned_count": assigned_count})
    columns = {"reps": list(credits), "credits": list(credits.values())}
    connection.execute(SET_CREDITS, {"router": router.id, **columns})
