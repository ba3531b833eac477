"""One router: who is in it, what each got beside what they were due, and which leads wait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.display_name import DISPLAY_NAME
from models.playbook import Playbook, current_playbook
from models.routing.assignment.availability import rep_candidates
from models.routing.assignment.rep_performance import PERIOD, Performance, performances
from models.routing.fairness import KINDS_WITH_SHARES, Share, shares_by_router
from models.routing.offers.metrics import OfferMetrics, offer_metrics

ROUTER = text("""
-- By its name; by its number where no router is called so.
SELECT id, name, kind, assigned_count,
       (SELECT count(*) FROM placement p WHERE p.router = router.name AND p.closed_at IS NULL) AS waiting_total
FROM router WHERE name = :which OR CAST(id AS text) = :which ORDER BY name = :which DESC LIMIT 1
""")

ROUTER_MEMBERS = text("""
-- Members, and those who once got leads.
SELECT rep.id, rep.name, rep.email, rep.active, m.rep_id IS NOT NULL AS is_member, coalesce(m.weight, 0) AS weight,
       coalesce(m.preferred, false) AS preferred, rep.most_a_day, rep.most_open,
       (SELECT count(DISTINCT task.contact_id) FROM task JOIN contact ON contact.id = task.contact_id
        WHERE contact.owner_id = rep.id AND task.done_at IS NULL AND task.closed_at IS NULL) AS open_leads,
       (SELECT count(*) FROM task WHERE task.rep_id = rep.id AND task.done_at IS NULL AND task.closed_at IS NULL
        AND task.due_at < :now) AS overdue,
       (SELECT count(*) FROM assignment a WHERE a.rep_id = rep.id
        AND a.at >= date_trunc('day', CAST(:now AS timestamptz) AT TIME ZONE zone.name) AT TIME ZONE zone.name) AS today
FROM rep LEFT JOIN team ON team.id = rep.team_id
CROSS JOIN LATERAL (SELECT coalesce(rep.time_zone, team.time_zone, :zone) AS name) zone
LEFT JOIN router_member m ON m.rep_id = rep.id AND m.router_id = :router
WHERE m.rep_id IS NOT NULL OR rep.id = ANY(:others)
ORDER BY m.position NULLS LAST, rep.name
""")

QUEUED_LEADS = text(f"""
SELECT p.contact_id, {DISPLAY_NAME} AS who, p.reason, p.offered, p.queued_at, p.escalate_at, p.escalated_at,
       rep.name AS offered_to, offer.expires_at
FROM placement p JOIN contact ON contact.id = p.contact_id
LEFT JOIN offer ON offer.placement_id = p.id AND offer.answer IS NULL LEFT JOIN rep ON rep.id = offer.rep_id
WHERE p.router = :router AND p.closed_at IS NULL ORDER BY p.queued_at, p.id LIMIT 20
""")


@dataclass(frozen=True)
class MemberLine:
    """A salesperson in this router."""

    id: int
    name: str
    email: str
    active: bool
    is_member: bool
    weight: int
    preferred: bool
    most_a_day: int | None
    most_open: int | None
    open_leads: int
    overdue: int
    today: int
    left_out: str | None
    """Why they get nothing now; None for who is available."""
    share: Share
    target: float
    """The part of all leads that is theirs, from 0 to 1."""
    actual: float
    offers: OfferMetrics | None
    performance: Performance


@dataclass(frozen=True)
class QueuedLeadLine:
    """A lead with an open placement."""

    contact_id: int
    who: str
    reason: str
    offered: bool
    queued_at: datetime
    escalate_at: datetime | None
    escalated_at: datetime | None
    offered_to: str | None
    """The rep with the open offer."""
    expires_at: datetime | None


@dataclass(frozen=True)
class RouterPage:
    """The whole page without its assignment log."""

    id: int
    name: str
    kind: str
    assigned_count: int
    waiting_total: int
    members: list[MemberLine]
    waiting: list[QueuedLeadLine]
    """Those that have waited longest."""
    with_shares: bool
    """Whether a router of this kind aims at shares at all."""

    @property
    def largest_fraction(self) -> float:
        """The greatest part of the leads that anybody got or was due, for the bars."""
        return max((max(one.target, one.actual) for one in self.members), default=0.0) or 1.0


def find_router(connection: Connection, which: str) -> Mapping[Any, Any] | None:
    """Number, name, kind and how many leads it gave."""
    if "\0" in which:  # which Postgres takes in no text
        return None
    return connection.execute(ROUTER, {"which": which}).mappings().one_or_none()


def router_page(connection: Connection, which: str, now: datetime) -> RouterPage | None:
    """A router by name or number; None when there is none."""
    found = find_router(connection, which)
    if found is None:
        return None
    return RouterPage(
        **found,
        members=_members(connection, found, now),
        waiting=[
            QueuedLeadLine(**line) for line in connection.execute(QUEUED_LEADS, {"router": found["name"]}).mappings()
        ],
        with_shares=found["kind"] in KINDS_WITH_SHARES,
    )


def _members(connection: Connection, router: Mapping[Any, Any], now: datetime) -> list[MemberLine]:
    playbook = current_playbook(connection)
    shares = shares_by_router(connection, [router["name"]])[router["name"]]
    about = {"router": router["id"], "others": list(shares), "now": now, "zone": playbook.company.time_zone}
    people = connection.execute(ROUTER_MEMBERS, about).mappings().all()
    judged = performances(connection, [person["id"] for person in people], now)
    offers = {one.rep_id: one for one in offer_metrics(connection, now - PERIOD)}
    exclusions = _exclusions(connection, playbook, router["name"], now)
    targets, actuals = _targets(people, shares), _fractions({rep: share.got for rep, share in shares.items()})
    return [
        MemberLine(
            **person,
            left_out=exclusions.get(person["id"], "is no longer a member"),
            share=shares.get(person["id"], Share(0, 0, 0.0)),
            target=targets.get(person["id"], 0.0),
            actual=actuals.get(person["id"], 0.0),
            offers=offers.get(person["id"]),
            performance=judged[person["id"]],
        )
        for person in people
    ]


def _exclusions(connection: Connection, playbook: Playbook, router: str, now: datetime) -> dict[int, str | None]:
    entry = next((one for one in playbook.routers if one.name == router), None)
    partners = bool(entry and entry.offer and entry.offer.partners)
    people = rep_candidates(connection, playbook, router, now, partners=partners)
    return {person.rep_id: person.left_out for person in people}


def _targets(people: Sequence[Mapping[Any, Any]], shares: Mapping[int, Share]) -> dict[int, float]:
    """By the shares that held for each lead; before the first lead by the weights."""
    due = {rep: share.due for rep, share in shares.items()}
    return _fractions(due if any(due.values()) else {person["id"]: person["weight"] for person in people})


def _fractions(amounts: Mapping[int, float]) -> dict[int, float]:
    whole = sum(amounts.values())
    return {rep: amount / whole for rep, amount in amounts.items()} if whole else {}
