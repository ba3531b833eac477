"""Brings the tables to what a playbook says, and tells what that changes."""

from typing import Any

from sqlalchemy import Connection, Text, cast, delete, func, insert, select, text, update
from sqlmodel import col

from models.installation import AppliedPlaybook
from models.playbook.document import Playbook
from models.sales import Product
from models.team import Rep, Router, RouterMember, Team

Rows = dict[str, dict[str, Any]]
"""What a table says or shall say, by the name that tells its rows apart."""


class NoPlaybook(RuntimeError):
    """No playbook has been applied to this database yet. `./tend up` applies deployments/playbook.yaml."""


_read: dict[str, Playbook] = {}


def current(connection: Connection) -> Playbook:
    """The playbook in force: the newest that was applied. Raises NoPlaybook before the first."""
    newest = select(col(AppliedPlaybook.id)).order_by(col(AppliedPlaybook.id).desc()).limit(1).scalar_subquery()
    in_force = col(AppliedPlaybook.id) == newest
    # Reading it takes milliseconds and happens with every lead; its digest tells whether it is one read before.
    digest = connection.execute(select(func.md5(cast(col(AppliedPlaybook.document), Text))).where(in_force)).scalar()
    if digest is None:
        raise NoPlaybook(NoPlaybook.__doc__)
    if digest not in _read:
        document = connection.execute(select(col(AppliedPlaybook.document)).where(in_force)).scalar_one()
        _read.clear()
        _read[digest] = Playbook.model_validate(document)
    return _read[digest]


def apply(connection: Connection, playbook: Playbook) -> list[str]:
    """Make teams, reps, routers and products what the playbook says, and return what changed, a line for each.

    Applying the same playbook again changes nothing and returns []. Nobody is deleted: reps who are no longer in the
    playbook become inactive, products stay for the orders made of them. The caller commits, or rolls back to have
    only asked. Two at once take turns.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('tend playbook'))"))
    return [
        *_apply_teams(connection, playbook),
        *_apply_reps(connection, playbook),
        *_apply_routers(connection, playbook),
        *_apply_products(connection, playbook),
        *_keep_document(connection, playbook),
    ]


def _apply_teams(connection: Connection, playbook: Playbook) -> list[str]:
    wanted = {team.name: {"manager_email": team.manager_email} for team in playbook.teams}
    return _bring(connection, Team, "name", wanted)


def _apply_reps(connection: Connection, playbook: Playbook) -> list[str]:
    teams = dict(connection.execute(select(col(Team.name), col(Team.id))).all())
    wanted = {
        rep.email: rep.model_dump(exclude={"email"}) | {"team_id": teams[team.name], "active": True}
        for team, rep in playbook.reps()
    }
    lines = _bring(connection, Rep, "email", wanted)
    left_out = update(Rep).where(col(Rep.active), col(Rep.email).not_in(wanted)).values(active=False)
    gone = connection.execute(left_out.returning(col(Rep.email))).scalars()
    return lines + [f"rep {email}: no longer active" for email in gone]


def _apply_products(connection: Connection, playbook: Playbook) -> list[str]:
    wanted = {product.code: product.model_dump(exclude={"code"}) for product in playbook.products}
    return _bring(connection, Product, "code", wanted)


def _bring(connection: Connection, table: Any, key: str, wanted: Rows) -> list[str]:
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
    lines = _bring(connection, Router, "name", {router.name: {} for router in playbook.routers})
    routers = dict(connection.execute(select(col(Router.name), col(Router.id))).all())
    reps = dict(connection.execute(select(col(Rep.email), col(Rep.id))).all())
    for name, router_id in routers.items():
        wanted = next((router.members for router in playbook.routers if router.name == name), ())
        before = _members(connection, router_id)
        if before != list(wanted):
            _seat(connection, router_id, [reps[email] for email in wanted])
            lines.append(f"router {name}: {_listed(before)} -> {_listed(list(wanted))}")
    return lines


def _members(connection: Connection, router_id: Any) -> list[str]:
    seated = select(col(Rep.email)).join(RouterMember, col(RouterMember.rep_id) == col(Rep.id))
    in_order = seated.where(col(RouterMember.router_id) == router_id).order_by(col(RouterMember.position))
    return list(connection.execute(in_order).scalars())


def _seat(connection: Connection, router_id: Any, reps: list[int | None]) -> None:
    connection.execute(delete(RouterMember).where(col(RouterMember.router_id) == router_id))
    if reps:
        seats = [{"router_id": router_id, "rep_id": rep, "position": i} for i, rep in enumerate(reps, start=1)]
        connection.execute(insert(RouterMember), seats)


def _listed(emails: list[str]) -> str:
    return ", ".join(emails) or "nobody"


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
