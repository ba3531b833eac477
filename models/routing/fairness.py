"""Fairness of a router: the leads each rep got beside the leads they were due by their shares."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from models.playbook.routing import RouterKind

KINDS_WITH_SHARES = (RouterKind.ROUND_ROBIN, RouterKind.WEIGHTED, RouterKind.WEIGHTED_RANDOM)
"""Kinds of routers that aim at a share for each; the others go by something else."""

SHARES = text("""
-- What somebody is due is the sum of the shares they had when each lead was given, not of today's. A candidate set
-- holds for many leads, so the leads are counted by set before the sets are opened.
WITH given AS (
    SELECT router, candidate_set_id, rep_id, count(*) AS leads
    FROM assignment WHERE router = ANY(:routers) GROUP BY router, candidate_set_id, rep_id),
got AS (
    SELECT router, rep_id, sum(leads) AS leads,
           coalesce(sum(leads) FILTER (WHERE candidate_set_id IS NOT NULL), 0) AS by_share
    FROM given GROUP BY router, rep_id),
by_set AS (
    SELECT router, candidate_set_id, sum(leads) AS leads FROM given WHERE candidate_set_id IS NOT NULL GROUP BY 1, 2),
due AS (
    SELECT by_set.router, one.rep AS rep_id, sum(by_set.leads * one.share) AS leads
    FROM by_set JOIN candidate_set s ON s.id = by_set.candidate_set_id
    CROSS JOIN LATERAL jsonb_to_recordset(s.candidates) AS one (rep bigint, share float8)
    WHERE one.share IS NOT NULL GROUP BY 1, 2)
SELECT router, rep_id, coalesce(got.leads, 0) AS got, coalesce(got.by_share, 0) AS got_by_share,
       coalesce(due.leads, 0) AS due
FROM got FULL JOIN due USING (router, rep_id)
""")

ROUTERS = text("""
SELECT router.id, router.name, router.kind, router.assigned_count,
       (SELECT count(*) FROM placement p WHERE p.router = router.name AND p.closed_at IS NULL AND NOT p.offered)
           AS waiting,
       (SELECT count(*) FROM placement p WHERE p.router = router.name AND p.closed_at IS NULL AND p.offered)
           AS offered,
       coalesce((SELECT array_agg(rep.name ORDER BY m.position) FROM router_member m JOIN rep ON rep.id = m.rep_id
                 WHERE m.router_id = router.id), '{}') AS members
FROM router ORDER BY router.name
""")

INACTIVE_OWNERS = text("""
-- People who get no leads any more, and still have some.
SELECT rep.name, rep.email, count(*) AS leads
FROM rep JOIN contact ON contact.owner_id = rep.id WHERE NOT rep.active
GROUP BY rep.id ORDER BY rep.name, rep.id
""")


@dataclass(frozen=True)
class Share:
    """What one person got through a router, and what they were due."""

    got: int
    """All leads of the router, also those that somebody else took over later."""
    got_by_share: int
    """Those that were given by shares, which alone can be compared."""
    due: float
    """How many of these were theirs by the shares that held for each lead."""

    @property
    def difference(self) -> float:
        """How many leads they are ahead; below 0 behind."""
        return self.got_by_share - self.due


@dataclass(frozen=True)
class RouterLine:
    """A router in the list."""

    id: int
    name: str
    kind: str
    assigned_count: int
    waiting: int
    """Queued leads."""
    offered: int
    """Leads that are being offered."""
    members: list[str]
    largest_deviation: float | None
    """How many leads whoever is furthest from their share is off; None where shares are not aimed at."""


@dataclass(frozen=True)
class InactiveOwner:
    """Somebody who is not active and still has leads."""

    name: str
    email: str
    leads: int


def shares_by_router(connection: Connection, routers: Sequence[str]) -> dict[str, dict[int, Share]]:
    """Router -> salesperson -> what they got, for everybody who ever got or was due a lead."""
    found: dict[str, dict[int, Share]] = {router: {} for router in routers}
    for row in connection.execute(SHARES, {"routers": list(routers)}):
        found[row.router][row.rep_id] = Share(int(row.got), int(row.got_by_share), row.due)
    return found


def router_lines(connection: Connection) -> list[RouterLine]:
    """All routers, by name."""
    lines = list(connection.execute(ROUTERS).mappings())
    shares = shares_by_router(connection, [line["name"] for line in lines])
    return [
        RouterLine(**line, largest_deviation=_largest_deviation(line["kind"], shares[line["name"]])) for line in lines
    ]


def _largest_deviation(kind: str, shares: dict[int, Share]) -> float | None:
    if kind not in KINDS_WITH_SHARES:
        return None
    return max((abs(share.difference) for share in shares.values()), default=0.0)


def inactive_owners(connection: Connection) -> list[InactiveOwner]:
    """Inactive reps who still own leads."""
    return [InactiveOwner(**row) for row in connection.execute(INACTIVE_OWNERS).mappings()]
