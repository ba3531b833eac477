"""Applies a playbook: makes teams, reps, routers and products what it says, and lists the changes."""

from typing import Any

from sqlalchemy import Connection, Text, cast, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from models.database import to_json
from models.geo.distance import locate_reps
from models.playbook.document import Playbook
from models.playbook.routing import MemberEntry
from models.tables.installation import AppliedPlaybook
from models.tables.sales import Product
from models.tables.team import Rep, Router, RouterMember, Team

Rows = dict[str, dict[str, Any]]
"""Rows of a table, present or wanted, by the name that identifies each."""


LOCK_ALL_ROUTERS = text("""
-- Whoever gives leads holds routers in this order, before their people; taken the same way round, neither waits for the
-- other.
SELECT id FROM router ORDER BY name COLLATE "C" FOR UPDATE
""")

SEED_ROUTERS = text("UPDATE router SET seed = gen_random_uuid() WHERE seed = ''")

RECOGNISE_IMPORTED = text("""
-- Somebody whom a file of deals named, without an address, and who is in the playbook now: their deals stay theirs.
UPDATE rep SET email = n.email FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (email text, name text)
WHERE NOT rep.active AND rep.email LIKE '%.invalid' AND lower(rep.name) = lower(n.name)
  AND NOT EXISTS (SELECT FROM rep known WHERE known.email = n.email)
  -- Two people may be called so.
  AND (SELECT count(*) FROM rep namesake WHERE NOT namesake.active AND namesake.email LIKE '%.invalid'
       AND lower(namesake.name) = lower(n.name)) = 1
  AND (SELECT count(*) FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS other (name text)
       WHERE lower(other.name) = lower(n.name)) = 1
""")

RETRY_QUEUED_LEADS = text("""
-- Queued leads: a rep may be available now. One that is locked is being assigned just now.
UPDATE placement SET try_at = queued_at
WHERE id IN (SELECT id FROM placement WHERE closed_at IS NULL AND try_at IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED)
""")


class NoPlaybook(RuntimeError):
    """No playbook has been applied to this database yet. `./tend up` applies deployments/playbook.yaml."""


_parsed_playbooks: dict[str, Playbook] = {}


def current_playbook(connection: Connection) -> Playbook:
    """The playbook in force: the newest that was applied. Raises NoPlaybook before the first."""
    newest = select(col(AppliedPlaybook.id)).order_by(col(AppliedPlaybook.id).desc()).limit(1).scalar_subquery()
    in_force = col(AppliedPlaybook.id) == newest
    # Parsing it takes milliseconds and happens with every lead; by its digest a document is parsed once.
    digest = connection.execute(select(func.md5(cast(col(AppliedPlaybook.document), Text))).where(in_force)).scalar()
    if digest is None:
        raise NoPlaybook(NoPlaybook.__doc__)
    if digest not in _parsed_playbooks:
        document = connection.execute(select(col(AppliedPlaybook.document)).where(in_force)).scalar_one()
        _parsed_playbooks.clear()
        _parsed_playbooks[digest] = Playbook.model_validate(document)
    return _parsed_playbooks[digest]


def apply(connection: Connection, playbook: Playbook) -> list[str]:
    """Make teams, reps, routers and products what the playbook says, and return what changed, a line for each.

    Applying the same playbook again changes nothing and returns []. Nobody is deleted: reps who are no longer in the
    playbook become inactive, products stay for the orders made of them. The caller commits, or rolls back to have
    only asked. Two at once take turns.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('tend playbook'))"))
    connection.execute(LOCK_ALL_ROUTERS)
    lines = [
        *_apply_teams(connection, playbook),
        *_apply_reps(connection, playbook),
        *_apply_routers(connection, playbook),
        *_apply_products(connection, playbook),
        *_keep_document(connection, playbook),
    ]
    if lines:
        connection.execute(RETRY_QUEUED_LEADS)
    return lines


def _apply_teams(connection: Connection, playbook: Playbook) -> list[str]:
    wanted = {team.name: team.model_dump(exclude={"name", "hours", "reps"}) for team in playbook.teams}
    return _upsert(connection, Team, "name", wanted)


def _apply_reps(connection: Connection, playbook: Playbook) -> list[str]:
    teams = dict(connection.execute(select(col(Team.name), col(Team.id))).tuples().all())
    wanted = {
        rep.email: rep.model_dump(exclude={"email", "postal_code"})
        | {"hours": rep.hours or team.hours, "team_id": teams[team.name], "active": True}
        for team, rep in playbook.reps()
    }
    connection.execute(
        RECOGNISE_IMPORTED, {"rows": to_json([{"email": e, "name": r["name"]} for e, r in wanted.items()])}
    )
    lines = _upsert(connection, Rep, "email", wanted)
    left_out = update(Rep).where(col(Rep.active), col(Rep.email).not_in(wanted)).values(active=False)
    gone = connection.execute(left_out.returning(col(Rep.email))).scalars()
    lines += [f"rep {email}: no longer active" for email in gone]
    codes = {rep.email: rep.postal_code for _, rep in playbook.reps()}
    return lines + locate_reps(connection, codes, playbook.company.country)


def _apply_products(connection: Connection, playbook: Playbook) -> list[str]:
    wanted = {product.code: product.model_dump(exclude={"code"}) for product in playbook.products}
    return _upsert(connection, Product, "code", wanted)


def _upsert(connection: Connection, table: Any, key: str, wanted: Rows) -> list[str]:
    """Insert and update the rows of a table that are not as wanted; rows that nobody asks for are left alone."""
    name, lines = table.__tablename__, []
    columns = table.__table__.columns
    present = {row[key]: row for row in connection.execute(select(*columns)).mappings()}
    for value, row in wanted.items():
        if value not in present:
            connection.execute(insert(table).values(row | {key: value}))
            lines.append(f"{name} {value}: new")
        elif changes := {column: new for column, new in row.items() if present[value][column] != new}:
            connection.execute(update(table).where(columns[key] == value).values(changes))
            lines += [f"{name} {value}: {column} {present[value][column]} -> {new}" for column, new in changes.items()]
    return lines


def _apply_routers(connection: Connection, playbook: Playbook) -> list[str]:
    lines = _upsert(connection, Router, "name", {router.name: {"kind": router.kind} for router in playbook.routers})
    connection.execute(SEED_ROUTERS)
    routers = dict(connection.execute(select(col(Router.name), col(Router.id))).tuples().all())
    reps = dict(connection.execute(select(col(Rep.email), col(Rep.id))).tuples().all())
    for name, router_id in routers.items():
        wanted = next((list(router.members) for router in playbook.routers if router.name == name), [])
        before = _members(connection, router_id)
        if before != wanted:
            _set_members(connection, router_id, [(reps[member.rep], member) for member in wanted])
            lines.append(f"router {name}: {_listed(before)} -> {_listed(wanted)}")
    return lines


def _members(connection: Connection, router_id: Any) -> list[MemberEntry]:
    columns = (col(Rep.email), col(RouterMember.weight), col(RouterMember.preferred))
    seated = select(*columns).join(RouterMember, col(RouterMember.rep_id) == col(Rep.id))
    in_order = seated.where(col(RouterMember.router_id) == router_id).order_by(col(RouterMember.position))
    return [MemberEntry(rep=rep, weight=weight, preferred=best) for rep, weight, best in connection.execute(in_order)]


def _set_members(connection: Connection, router_id: Any, members: list[tuple[int | None, MemberEntry]]) -> None:
    """Replace the members of a router. Members who stay keep their place in the rotation; new ones start at zero."""
    gone = col(RouterMember.rep_id).not_in([rep for rep, _ in members])
    connection.execute(delete(RouterMember).where(col(RouterMember.router_id) == router_id, gone))
    for position, (rep, member) in enumerate(members, start=1):
        seat = {"position": position, "weight": member.weight, "preferred": member.preferred}
        taken = postgresql.insert(RouterMember).values(router_id=router_id, rep_id=rep, **seat)
        connection.execute(taken.on_conflict_do_update(index_elements=["router_id", "rep_id"], set_=seat))


def _listed(members: list[MemberEntry]) -> str:
    return ", ".join(_with_terms(member) for member in members) or "nobody"


def _with_terms(member: MemberEntry) -> str:
    terms = [f"weight {member.weight}"] if member.weight != 1 else []
    terms += ["preferred"] if member.preferred else []
    return f"{member.rep} ({', '.join(terms)})" if terms else member.rep


def _keep_document(connection: Connection, playbook: Playbook) -> list[str]:
    """Store the playbook, which puts it in force, unless it already is; say which parts differ from the one before."""
    document = playbook.model_dump(mode="json")
    newest = select(col(AppliedPlaybook.document)).order_by(col(AppliedPlaybook.id).desc()).limit(1)
    before = connection.execute(newest).scalar()
    if before == document:
        return []
    connection.execute(insert(AppliedPlaybook).values(document=document))
    parts = [part for part in document if (before or {}).get(part) != document[part]]
    return [f"{part}: {'new' if before is None else 'changed'}" for part in parts]
